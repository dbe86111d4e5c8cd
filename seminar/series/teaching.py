"""A trainer's series and meetings, and what of them is due today."""

from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import joinedload, selectinload

from seminar.ground.clock import at_local
from seminar.ground.db import db
from seminar.people.appointment import Standing
from seminar.series.catalog import Listed, first_start, taken_seats
from seminar.series.enrollment import Enrollment
from seminar.series.seminar import Seminar
from seminar.series.series import Meeting, Series, series_trainer


def meetings_of_trainer(standing: Standing, now: datetime) -> tuple[list[Meeting], list[Meeting]]:
    """The coming meetings (today's first) and those of the last 60 days; of every series for the program manager."""
    district = standing.person.district
    start_of_today = at_local(standing.day, 0, 0, district.timezone)
    query = (
        select(Meeting)
        .join(Series, Series.id == Meeting.series_id)
        .where(Meeting.district_id == district.id, Meeting.ends_at > now - timedelta(days=60), Meeting.canceled_at.is_(None))
        .where(Series.canceled_at.is_(None))
        .options(joinedload(Meeting.series).joinedload(Series.seminar).joinedload(Seminar.skill))
        .order_by(Meeting.starts_at, Meeting.id)
        .limit(200)
    )
    if not standing.has("program_manager"):
        mine = exists().where(series_trainer.c.series_id == Series.id, series_trainer.c.person_id == standing.person.id)
        query = query.where(mine)
    meetings = list(db.session.scalars(query))
    coming = [meeting for meeting in meetings if meeting.starts_at >= start_of_today]
    return coming, [meeting for meeting in reversed(meetings) if meeting.starts_at < start_of_today]


def next_meeting_of(person_id: int, now: datetime) -> Meeting | None:
    """The next meeting that somebody is enrolled in."""
    query = (
        select(Meeting)
        .join(Enrollment, Enrollment.series_id == Meeting.series_id)
        .where(Enrollment.person_id == person_id, Enrollment.state == "enrolled", Meeting.ends_at > now, Meeting.canceled_at.is_(None))
        .options(
            joinedload(Meeting.series).joinedload(Series.seminar).joinedload(Seminar.skill),
            joinedload(Meeting.series).selectinload(Series.trainers),
        )
        .order_by(Meeting.starts_at)
        .limit(1)
    )
    return db.session.scalar(query)


def planned_series(district_id: int, school_year: int, *conditions: ColumnElement[bool]) -> Select[Series]:
    """A school year's series for the program manager, drafts and canceled ones too."""
    return select(Series).where(Series.district_id == district_id, Series.school_year == school_year, *conditions)


def listed(planned: Select[Series], *, page: int, size: int) -> list[Listed]:
    """A page of planned series, by their first meeting, with their taken seats."""
    query = (
        planned.add_columns(taken_seats())
        .options(joinedload(Series.seminar).joinedload(Seminar.skill), selectinload(Series.meetings), selectinload(Series.trainers))
        .order_by(first_start(), Series.id)
    )
    rows = db.session.execute(query.limit(size).offset((page - 1) * size))
    return [Listed(series, taken) for series, taken in rows]


def planned_years(district_id: int, year: int) -> list[int]:
    """The school years that have a series, and this one, in order."""
    years = db.session.scalars(select(Series.school_year).where(Series.district_id == district_id).distinct())
    return sorted({*years, year})


def year_of(day: date) -> int:
    """The school year that planning is about on a day: from July on, the coming one."""
    return day.year + (day.month >= 7)
