"""Meetings at the same time, and on closed days: before somebody is in two of them, or comes to a closed door, they are told (rule 2)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BindParameter, Select, bindparam, select
from sqlalchemy.orm import aliased, joinedload

from seminar.ground.db import db
from seminar.people.calendar import ClosedDay
from seminar.people.person import Person
from seminar.series.enrollment import TAKES_A_SEAT, Enrollment
from seminar.series.series import Meeting, Series, series_trainer

# Who is only offered a seat isn't in the series yet.
IS_IN = tuple(state for state in TAKES_A_SEAT if state != "offered")


def _clashes() -> Select[Meeting]:
    """By person_id, series_id and now."""
    other, own = aliased(Meeting), aliased(Meeting)
    person_id: BindParameter[int] = bindparam("person_id")
    enrolled = select(Enrollment.series_id).where(Enrollment.person_id == person_id, Enrollment.state.in_(IS_IN))
    taught = select(series_trainer.c.series_id).where(series_trainer.c.person_id == person_id)
    return (
        select(other)
        .join(own, (own.starts_at < other.ends_at) & (own.ends_at > other.starts_at))
        .where(
            other.series_id.in_(enrolled.union(taught)),
            own.series_id == bindparam("series_id"),
            other.series_id != bindparam("series_id"),
            own.ends_at > bindparam("now"),
            own.canceled_at.is_(None),
            other.canceled_at.is_(None),
        )
        .options(joinedload(other.series).joinedload(Series.seminar))
        .order_by(other.starts_at)
        .distinct()
    )


_CLASHES = _clashes()


def meetings_at_the_same_time(person: Person, series: Series, now: datetime) -> list[Meeting]:
    """Meetings of other series that the person is enrolled in or teaches and that overlap with a coming one of this series
    (rule 2)."""
    return list(db.session.scalars(_CLASHES, {"person_id": person.id, "series_id": series.id, "now": now}))


def meetings_on_closed_days(series: Series, now: datetime) -> list[tuple[Meeting, str]]:
    """The coming meetings of the series on days on which the district is closed, each with the reason; one statement at most. A
    meeting goes on until somebody changes it."""
    ahead = [meeting for meeting in series.meetings if meeting.ends_at > now and meeting.canceled_at is None]
    if not ahead:
        return []
    days = {meeting: series.district.day(meeting.starts_at) for meeting in ahead}
    closed = select(ClosedDay.day, ClosedDay.reason).where(ClosedDay.district_id == series.district_id, ClosedDay.day.in_({*days.values()}))
    reasons = {day: reason for day, reason in db.session.execute(closed)}
    return [(meeting, reasons[day]) for meeting, day in days.items() if day in reasons]


def who_is_elsewhere(person_ids: Sequence[int], series: Series, now: datetime) -> dict[int, Meeting]:
    """The same of many: by person, the first such meeting. One statement."""
    return {person_id: meeting for person_id, _, meeting in _overlaps(person_ids, [series.id], now)}


def where_one_is_elsewhere(person: Person, those: Sequence[Series], now: datetime, *, leaving: Series) -> dict[int, Meeting]:
    """The same of one person in many series: by series, the first such meeting, but for those of the series that they would leave.
    One statement."""
    found = _overlaps([person.id], [series.id for series in those], now)
    return {series_id: meeting for _, series_id, meeting in found if meeting.series_id != leaving.id}


def _overlaps(person_ids: Sequence[int], series_ids: Sequence[int], now: datetime) -> list[tuple[int, int, Meeting]]:
    """By person and series, the meetings of other series at the time of a coming one of that; the first stand last."""
    if not person_ids or not series_ids:
        return []
    other, own = aliased(Meeting), aliased(Meeting)
    enrolled = select(Enrollment.person_id, Enrollment.series_id).where(Enrollment.person_id.in_(person_ids), Enrollment.state.in_(IS_IN))
    taught = select(series_trainer.c.person_id, series_trainer.c.series_id).where(series_trainer.c.person_id.in_(person_ids))
    inside = enrolled.union(taught).subquery()
    query = (
        select(inside.c.person_id, own.series_id, other)
        .join(other, other.series_id == inside.c.series_id)
        .join(own, (own.starts_at < other.ends_at) & (own.ends_at > other.starts_at))
        .where(own.series_id.in_(series_ids), other.series_id != own.series_id, own.ends_at > now)
        .where(own.canceled_at.is_(None), other.canceled_at.is_(None))
        .order_by(other.starts_at.desc())
    )
    return [(person_id, series_id, meeting) for person_id, series_id, meeting in db.session.execute(query)]
