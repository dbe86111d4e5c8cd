"""The public catalog: what can be enrolled in, searched by words in any order, with its seats."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from seminar.ground.counting import count_of
from seminar.ground.db import db
from seminar.people.appointment import Standing
from seminar.people.district import District
from seminar.people.person import Person
from seminar.series.enrollment import TAKES_A_SEAT, Enrollment, takes_them
from seminar.series.open_seats import has_one_aside_for, seats_aside
from seminar.series.seminar import Seminar
from seminar.series.series import Meeting, Series, series_trainer
from seminar.skills.badge import Badge
from seminar.skills.skill import Skill


@dataclass(frozen=True)
class Wanted:
    """What a visitor looks for; every part may be left out."""

    search: str = ""
    skill_id: int | None = None
    season: str = ""
    grades: tuple[int, int] | None = None
    open_only: bool = False
    past: bool = False
    # Who looks: seats may be set aside for them.
    standing: Standing | None = None


@dataclass(frozen=True)
class Listed:
    """A series as the catalog shows it."""

    series: Series
    taken: int
    # Of the free ones, those that are set aside.
    aside: int = 0

    @property
    def group(self) -> tuple[int, str]:
        """What the catalog groups by: the school year, the year-round series before the summer's."""
        return self.series.school_year, "1" if self.series.season == "summer" else "0"

    @property
    def left(self) -> int:
        return self.series.seats - self.taken


def taken_seats() -> ColumnElement[int]:
    """A series' taken seats, counted, as a correlated column."""
    return (
        select(func.count())
        .where(Enrollment.series_id == Series.id, Enrollment.state.in_(TAKES_A_SEAT))
        .correlate(Series)
        .scalar_subquery()
    )


def contains(word: str, *columns: Any) -> ColumnElement[bool]:
    """That one of the columns has the word in it, whatever its case; % and _ stand for themselves."""
    escaped = word.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return or_(*(func.lower(column).like(f"%{escaped}%", escape="\\") for column in columns))


def goes_on(district_id: int, now: datetime) -> ColumnElement[bool]:
    """That a meeting of the series is running or to come."""
    return Series.id.in_(select(Meeting.series_id).where(Meeting.district_id == district_id, Meeting.ends_at > now))


def is_over(district_id: int, now: datetime) -> ColumnElement[bool]:
    """That the series' last meeting has ended; what has no meeting yet is still to come."""
    return exists().where(Meeting.series_id == Series.id) & ~goes_on(district_id, now)


def first_start() -> ColumnElement[datetime]:
    """When a series' first meeting begins, as a correlated column."""
    return select(func.min(Meeting.starts_at)).where(Meeting.series_id == Series.id).correlate(Series).scalar_subquery()


def _matching(district_id: int, wanted: Wanted, day: date, now: datetime) -> Select[Series]:
    query = (
        select(Series)
        .join(Seminar, Seminar.id == Series.seminar_id)
        .join(Skill, Skill.id == Seminar.skill_id)
        .outerjoin(Badge, Badge.id == Seminar.badge_id)
        .where(Series.district_id == district_id, Series.published_at <= now, Series.canceled_at.is_(None))
        .where(is_over(district_id, now) if wanted.past else goes_on(district_id, now))
    )
    trainer = aliased(Person)
    for word in wanted.search.split()[:8]:
        taught = (
            select(trainer.id)
            .join(series_trainer, series_trainer.c.person_id == trainer.id)
            .where(series_trainer.c.series_id == Series.id, contains(word, trainer.given_name, trainer.family_name))
        )
        query = query.where(or_(contains(word, Seminar.title, Seminar.summary, Skill.name, func.coalesce(Badge.name, "")), taught.exists()))
    if wanted.skill_id is not None:
        query = query.where(Seminar.skill_id == wanted.skill_id)
    if wanted.season:
        query = query.where(Series.season == wanted.season)
    if wanted.grades is not None:
        query = query.where(Seminar.grade_first <= wanted.grades[1], Seminar.grade_last >= wanted.grades[0])
    if wanted.open_only:
        is_open = (taken_seats() + seats_aside(day) < Series.seats) | has_one_aside_for(wanted.standing, day)
        query = query.where(is_open, takes_them(now))
    return query


def catalog(district_id: int, wanted: Wanted, *, now: datetime, page: int, size: int) -> tuple[list[Listed], int]:
    """One page of the series that match, by their first meeting, and how many match in all."""
    day = db.session.get_one(District, district_id).day(now)
    query = _matching(district_id, wanted, day, now)
    by_start = first_start()
    order = (by_start.desc(), Series.id) if wanted.past else (Series.school_year, Series.season.desc(), by_start, Series.id)
    shown = (
        query.add_columns(taken_seats(), seats_aside(day))
        .options(
            joinedload(Series.seminar).joinedload(Seminar.skill),
            joinedload(Series.seminar).joinedload(Seminar.badge).joinedload(Badge.skill),
            selectinload(Series.meetings),
            selectinload(Series.trainers),
        )
        .order_by(*order)
        .limit(size)
        .offset((page - 1) * size)
    )
    return [Listed(*row) for row in db.session.execute(shown)], count_of(query.with_only_columns(Series.id))
