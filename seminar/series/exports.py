"""A series' people, and a season's series, as rows for a sheet."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import case, exists, func, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from seminar.ground.db import db
from seminar.ground.refusal import N_
from seminar.people.appointment import Appointment, Standing, current_on
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.catalog import first_start
from seminar.series.enrollment import LIVE, Enrollment
from seminar.series.series import Series, series_trainer

# What a sheet calls a place's state, and its outcome.
STATES = {
    "requested": N_("Requested"),
    "held": N_("Held"),
    "awaiting_po": N_("Awaits a purchase order"),
    "offered": N_("Offered a seat"),
    "enrolled": N_("Enrolled"),
    "waitlisted": N_("On the waitlist"),
    "withdrawn": N_("Withdrawn"),
    "canceled": N_("Canceled"),
    "declined": N_("Declined"),
    "lapsed": N_("Lapsed"),
    "passed": N_("Passed on"),
    "substituted": N_("Substituted"),
}
OUTCOMES = {
    "completed": N_("Completed"),
    "incomplete": N_("Incomplete"),
    "no_show": N_("Not there"),
}


@dataclass(frozen=True)
class PlaceRow:
    """A place in a series, live or over, and the schools at which its person works on that day."""

    place: Enrollment
    schools: list[str]


@dataclass(frozen=True)
class SeriesRow:
    series: Series
    enrolled: int
    waiting: int

    @property
    def days(self) -> list[datetime]:
        return [meeting.starts_at for meeting in self.series.meetings if meeting.canceled_at is None]


def people_of(series: Series, today: date) -> list[PlaceRow]:
    """Live places first, each by name; two statements."""
    query = select(Enrollment).join(Enrollment.person).where(Enrollment.series_id == series.id).options(contains_eager(Enrollment.person))
    is_over = case((Enrollment.state.in_(LIVE), 0), else_=1)
    found = db.session.scalars(query.order_by(is_over, Person.family_name, Person.given_name, Enrollment.id)).all()
    placed = select(Enrollment.person_id).where(Enrollment.series_id == series.id)
    at = select(Appointment.person_id, School.name).join(School, School.id == Appointment.school_id).distinct()
    schools: dict[int, list[str]] = {}
    for person_id, name in db.session.execute(at.where(Appointment.person_id.in_(placed), current_on(today)).order_by(School.name)):
        schools.setdefault(person_id, []).append(name)
    return [PlaceRow(place, schools.get(place.person_id, [])) for place in found]


def series_of(standing: Standing, school_year: int, season: str) -> list[SeriesRow]:
    """A season's series by their first meeting, drafts and canceled ones too: all for the program manager, for a trainer those that
    they teach. The same statements for any number."""
    enrolled, waiting = (
        select(func.count()).where(Enrollment.series_id == Series.id, Enrollment.state == state).correlate(Series).scalar_subquery()
        for state in ("enrolled", "waitlisted")
    )
    query = select(Series, enrolled, waiting).where(
        Series.district_id == standing.person.district_id, Series.school_year == school_year, Series.season == season
    )
    if not standing.has("program_manager"):
        mine = exists().where(series_trainer.c.series_id == Series.id, series_trainer.c.person_id == standing.person.id)
        query = query.where(mine, Series.published_at.is_not(None))
    query = query.options(joinedload(Series.seminar), selectinload(Series.meetings), selectinload(Series.trainers))
    return [SeriesRow(*row) for row in db.session.execute(query.order_by(first_start(), Series.id))]
