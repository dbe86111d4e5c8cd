"""Who may do what with seminars, series, attendance and sign-offs in a series: contracts.md's table for this room."""

from datetime import datetime

from sqlalchemy import ColumnElement, select

from seminar.people.appointment import Appointment, Standing, current_on
from seminar.people.person import Person
from seminar.series.series import Series


def plans_series(standing: Standing) -> bool:
    return standing.has("program_manager")


def sees_series(standing: Standing | None, series: Series, now: datetime) -> bool:
    """Anybody, once it is published; a draft is only there for who plans."""
    published = series.published_at is not None and series.published_at <= now
    return published or (standing is not None and plans_series(standing))


def opens_teaching(standing: Standing) -> bool:
    """Trainers, coaches, and the program manager, who reads."""
    return standing.has("trainer", "coach", "program_manager")


def teaches(standing: Standing, series: Series) -> bool:
    """Whether the series is theirs to teach today."""
    return standing.has("trainer", "coach") and any(trainer.id == standing.person.id for trainer in series.trainers)


def looks_after(standing: Standing, series: Series) -> bool:
    """Takes the attendance of a series, reads what its people answered, and sees its grid; into that only a cleared trainer writes."""
    return standing.has("program_manager") or teaches(standing, series)


def enrolls_others(standing: Standing) -> bool:
    """Principals their staff, the program manager anyone."""
    return standing.has("principal", "program_manager")


def _works_at(standing: Standing, *schools: ColumnElement[bool]) -> ColumnElement[bool]:
    """That a person holds an appointment of the district today, at a school for which this holds."""
    district_id = standing.person.district_id
    held = select(Appointment.person_id).where(Appointment.district_id == district_id, current_on(standing.day), *schools)
    return (Person.district_id == district_id) & Person.id.in_(held)


def theirs_to_enroll(standing: Standing) -> ColumnElement[bool]:
    """That they may enroll, nominate and withdraw a person: of a school whose principal they are; anyone, for the program
    manager."""
    if plans_series(standing):
        return _works_at(standing)
    return _works_at(standing, Appointment.school_id.in_(standing.school_ids("principal")))


def may_have_the_seat_of(standing: Standing, person_id: int) -> ColumnElement[bool]:
    """That they may give this person's seat to somebody: a colleague of the same school; anyone, for the program manager."""
    if plans_series(standing):
        return _works_at(standing)
    theirs = select(Appointment.school_id).where(Appointment.person_id == person_id, current_on(standing.day))
    schools = standing.school_ids() if person_id == standing.person.id else standing.school_ids("principal")
    return _works_at(standing, Appointment.school_id.in_(theirs), Appointment.school_id.in_(schools))
