"""Taking back what an import ended: people's appointments, schools, terms. The next roster that still doesn't tell of them ends them
again.

Law: what somebody changed since stays as they left it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from seminar.ground import contributions, history
from seminar.ground.db import db
from seminar.ground.history import History
from seminar.people.appointment import Appointment
from seminar.people.calendar import Term
from seminar.people.calendar_editing import take_up_term
from seminar.people.district import District
from seminar.people.leaving import EndedAppointment, Ending
from seminar.people.person import Person
from seminar.people.roster.staged import RosterImport
from seminar.people.school import School
from seminar.people.school_editing import reopen_school


@dataclass(frozen=True)
class TakenBack:
    """How many appointments hold again, and how many were changed or begun anew since, and stay as they are."""

    held_again: int
    stay: int


def take_back(one: RosterImport, person_ids: list[int], *, by: Person, today: date, now: datetime) -> TakenBack:
    """These people hold again what this import ended, as they held it before. Like leaving.take_back_leaving, for many at once."""
    # Whose name went meanwhile stays gone.
    named = select(Person.id).where(Person.id.in_(person_ids), Person.pseudonymised_on.is_(None))
    query = (
        select(Ending, EndedAppointment.last_day_before, Appointment)
        .join(EndedAppointment, EndedAppointment.ending_id == Ending.id)
        .join(Appointment, Appointment.id == EndedAppointment.appointment_id)
        .where(Ending.import_id == one.id, Ending.taken_back_at.is_(None), Ending.person_id.in_(named))
    )
    rows = db.session.execute(query.with_for_update(of=Appointment)).all()
    held = _held_again([appointment for _, _, appointment in rows], today)
    changed = list[int]()
    for ending, last_day_before, appointment in rows:
        ending.taken_back_at, ending.taken_back_by_id = now, by.id
        untouched = appointment.last_day == max(appointment.first_day, ending.last_day)
        if untouched and (appointment.person_id, appointment.role, appointment.school_id) not in held:
            appointment.last_day = last_day_before
            history.record(by, "ending taken back", appointment, now, roster=one.id)
            changed.append(appointment.person_id)
    db.session.flush()
    people = list(db.session.scalars(select(Person).where(Person.id.in_(changed)))) if changed else []
    for tell in contributions.standing_changed if people else ():
        tell(people, now)
    return TakenBack(len(changed), len(rows) - len(changed))


def _held_again(appointments: list[Appointment], today: date) -> set[tuple[int, str, int | None]]:
    """What these people have been given once more since: it isn't held twice."""
    query = select(Appointment.person_id, Appointment.role, Appointment.school_id).where(
        Appointment.person_id.in_({a.person_id for a in appointments}),
        Appointment.id.not_in({a.id for a in appointments}),
        Appointment.last_day.is_(None) | (Appointment.last_day > today),
    )
    return {(person_id, role, school_id) for person_id, role, school_id in db.session.execute(query)}


@dataclass(frozen=True)
class Over:
    """A school or a term that it ended; `stands` while nobody has taken that back."""

    id: int
    name: str
    stands: bool


def closed_schools(one: RosterImport) -> list[Over]:
    return [Over(school.id, school.name, _stands(one, school.closed_on)) for school in _closed(one)]


def ended_terms(one: RosterImport) -> list[Over]:
    return [Over(term.id, term.title, _stands(one, term.ended_on)) for term in _ended(one)]


def _closed(one: RosterImport) -> list[School]:
    return _touched(one, School, "school closed", School.name)


def _ended(one: RosterImport) -> list[Term]:
    return _touched(one, Term, "term ended", Term.first_day)


def _touched(one: RosterImport, model: Any, what: str, order: Any) -> list[Any]:
    """What the audit trail says that it did; by the moment first, which is an index."""
    h = History
    mine = select(h.record_id).where(
        h.district_id == one.district_id, h.at == one.applied_at, h.what == what, h.details["roster"].as_integer() == one.id
    )
    return list(db.session.scalars(select(model).where(model.id.in_(mine)).order_by(order)))


def _stands(one: RosterImport, ended_on: date | None) -> bool:
    """One that was ended on another day since was ended by somebody else."""
    return one.applied_at is not None and ended_on == db.session.get_one(District, one.district_id).day(one.applied_at)


def open_again(one: RosterImport, school_ids: list[int], *, by: Person, now: datetime) -> int:
    """The schools that it closed are open; answers how many."""
    return _again(one, _closed(one), "closed_on", school_ids, reopen_school, by=by, now=now)


def take_up_again(one: RosterImport, term_ids: list[int], *, by: Person, now: datetime) -> int:
    """The terms that it ended are terms again; answers how many."""
    return _again(one, _ended(one), "ended_on", term_ids, take_up_term, by=by, now=now)


def _again(one: RosterImport, records: list[Any], ended_on: str, ids: list[int], take_up: Any, *, by: Person, now: datetime) -> int:
    stand = [record for record in records if record.id in ids and _stands(one, getattr(record, ended_on))]
    for record in stand:
        take_up(record, by=by, now=now)
    return len(stand)
