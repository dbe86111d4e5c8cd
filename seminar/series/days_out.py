"""The days on which a series takes somebody out of their class, and who else of their school is away on them.

A school's bell times are known to nobody here. On average a public school begins at about 8 and its day lasts a little under seven hours
(NCES, Schools and Staffing Survey), so a meeting that overlaps with 8 to 3 on a school day takes a teacher out of class.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from seminar.ground.clock import at_local
from seminar.ground.db import db
from seminar.people.appointment import Appointment, current_on
from seminar.people.calendar import ClosedDay, SchoolYear, is_school_day
from seminar.people.person import Person
from seminar.series.clash import IS_IN
from seminar.series.enrollment import Enrollment
from seminar.series.series import Meeting, Series

SCHOOL_BEGINS, SCHOOL_ENDS = 8, 15


def days_out_of_class(series: Series, now: datetime) -> list[date]:
    """The days of its coming meetings that are school days and within school hours, in order; two statements at most."""
    zone = series.district.timezone
    ahead = [meeting for meeting in series.meetings if meeting.ends_at > now and meeting.canceled_at is None]
    on_days = [(meeting, series.district.day(meeting.starts_at)) for meeting in ahead]
    days = {day for meeting, day in on_days if _takes_from_class(meeting, day, zone)}
    return sorted(_school_days(series.district_id, days)) if days else []


def _takes_from_class(meeting: Meeting, day: date, zone: str) -> bool:
    begins, ends = at_local(day, SCHOOL_BEGINS, 0, zone), at_local(day, SCHOOL_ENDS, 0, zone)
    return meeting.starts_at < ends and meeting.ends_at > begins


def _school_days(district_id: int, days: set[date]) -> set[date]:
    """Of these, the weekdays that aren't closed and are within a school year; where no year is known, every weekday is."""
    closed = set(db.session.scalars(select(ClosedDay.day).where(ClosedDay.district_id == district_id, ClosedDay.day.in_(days))))
    years = db.session.execute(select(SchoolYear.first_day, SchoolYear.last_day).where(SchoolYear.district_id == district_id)).all()
    within = {day for day in days if not years or any(first <= day <= last for first, last in years)}
    return {day for day in within if is_school_day(day, closed)}


@dataclass(frozen=True)
class Away:
    """Somebody of the school who has, or asks for, a seat in a series that meets on some of the days."""

    person: Person
    series: Series
    state: str
    days: list[date]


def others_away(person: Person, school_id: int | None, days: Sequence[date], today: date) -> list[Away]:
    """Whom their school misses besides on these days, or may, who is out first standing first; one statement."""
    if school_id is None or not days:
        return []
    district = person.district
    first, last = (at_local(day, hour, 0, district.timezone) for day, hour in ((days[0], SCHOOL_BEGINS), (days[-1], SCHOOL_ENDS)))
    at_school = Appointment.district_id == district.id, Appointment.school_id == school_id
    there = select(Appointment.person_id).where(*at_school, current_on(today))
    query = (
        select(Enrollment, Meeting)
        .join(Meeting, Meeting.series_id == Enrollment.series_id)
        .where(Meeting.district_id == district.id, Meeting.starts_at < last, Meeting.ends_at > first, Meeting.canceled_at.is_(None))
        .where(Enrollment.person_id.in_(there), Enrollment.person_id != person.id, Enrollment.state.in_(IS_IN))
        .options(joinedload(Enrollment.person), joinedload(Enrollment.series).joinedload(Series.seminar))
        .order_by(Meeting.starts_at, Enrollment.id)
    )
    found: dict[int, Away] = {}
    for place, meeting in db.session.execute(query):
        day = district.day(meeting.starts_at)
        if day in days and _takes_from_class(meeting, day, district.timezone):
            found.setdefault(place.id, Away(place.person, place.series, place.state, [])).days.append(day)
    return list(found.values())
