"""Who and what an import is about, by name: the first of each kind, for a page."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from seminar.ground.db import db
from seminar.people.appointment import Appointment
from seminar.people.calendar import Term
from seminar.people.leaving import EndedAppointment, Ending
from seminar.people.person import Person
from seminar.people.roster import outcome
from seminar.people.roster.staged import RosterImport, StagedPerson
from seminar.people.school import School

SHOWN = 25


@dataclass(frozen=True)
class ToCome:
    """Names: of people who are new, who would have no place left, who would run the program or lead a school; of schools new and closed,
    and of terms ended."""

    new_people: list[str]
    leaving: list[str]
    in_charge: list[tuple[str, str]]
    new_schools: list[str]
    closed_schools: list[str]
    ended_terms: list[str]


@dataclass(frozen=True)
class Ended:
    """Somebody whose appointment an import ended."""

    person_id: int
    name: str
    role: str
    school: str | None
    taken_back_at: datetime | None


def what_is_to_come(one: RosterImport, today: date) -> ToCome:
    new = outcome.new_people(one).subquery()
    leaving = outcome.leaving_people(one, today).subquery()
    return ToCome(
        new_people=_names(select(new.c.given_name, new.c.family_name).order_by(new.c.family_name, new.c.given_name)),
        leaving=_names(
            select(Person.given_name, Person.family_name)
            .join(leaving, leaving.c.person_id == Person.id)
            .order_by(Person.family_name, Person.given_name)
        ),
        in_charge=_in_charge(one, today),
        new_schools=list(db.session.scalars(select(outcome.new_schools(one).subquery().c.name).limit(SHOWN))),
        closed_schools=list(db.session.scalars(select(School.name).where(School.id.in_(outcome.ended_schools(one))).limit(SHOWN))),
        ended_terms=list(db.session.scalars(select(Term.title).where(Term.id.in_(outcome.ended_terms(one))).limit(SHOWN))),
    )


def _names(query: outcome.Rows) -> list[str]:
    return [f"{given} {family}" for given, family in db.session.execute(query.limit(SHOWN))]


def _in_charge(one: RosterImport, today: date) -> list[tuple[str, str]]:
    """Who would get one of the roles that see others' records, and which."""
    new, s = outcome.new_appointments(one, today).subquery(), StagedPerson
    query = select(s.given_name, s.family_name, new.c.role).join(s, (s.import_id == one.id) & (s.sourced_id == new.c.user_sourced_id))
    query = query.where(new.c.role.in_(("program_manager", "principal"))).order_by(new.c.role.desc(), s.family_name, s.given_name)
    return [(f"{given} {family}", role) for given, family, role in db.session.execute(query.limit(SHOWN))]


def what_was_ended(one: RosterImport, *, limit: int | None = SHOWN) -> list[Ended]:
    query = (
        select(Person.id, Person.given_name, Person.family_name, Appointment.role, School.name, Ending.taken_back_at)
        .join(EndedAppointment, EndedAppointment.appointment_id == Appointment.id)
        .join(Ending, Ending.id == EndedAppointment.ending_id)
        .join(Person, Person.id == Appointment.person_id)
        .outerjoin(School, School.id == Appointment.school_id)
        .where(Ending.import_id == one.id)
        .order_by(Ending.taken_back_at.is_not(None), Person.family_name, Person.given_name, Appointment.id)
        .limit(limit)
    )
    return [Ended(n, f"{given} {family}", role, school, at) for n, given, family, role, school, at in db.session.execute(query)]
