"""Whose the roles of a set are and where they are held, and which can't be taken beside the rest."""

from sqlalchemy import ColumnElement, and_, delete, exists, false, func, select

from seminar.ground.db import another, db
from seminar.ground.refusal import N_
from seminar.people.appointment import Appointment
from seminar.people.person import Person
from seminar.people.roster.shelf import TWICE
from seminar.people.roster.staged import RosterFinding, RosterImport, StagedOrg, StagedPerson, StagedRole
from seminar.people.roster.staging import refuse_rows, set_rows
from seminar.people.school import School


def settle_roles(one: RosterImport) -> None:
    _drop_roles_of_who_goes(one)
    active = and_(StagedRole.import_id == one.id, StagedRole.gone.is_(False))
    _refuse_roles_of_nobody(one, active)
    _refuse_roles_nowhere(one, active)
    _refuse_second_roles(one, active)
    _forget_strangers(one)
    resolve_roles(one)


def _drop_roles_of_who_goes(one: RosterImport) -> None:
    """Who goes holds nothing, whatever roles.csv says."""
    r = StagedRole
    goes = exists().where(StagedPerson.import_id == one.id, StagedPerson.gone, StagedPerson.sourced_id == r.user_sourced_id)
    dropped = delete(r).where(r.import_id == one.id, r.gone.is_(False), goes)
    db.session.execute(dropped.execution_options(synchronize_session=False))


def _refuse_roles_of_nobody(one: RosterImport, active: ColumnElement[bool]) -> None:
    r = StagedRole
    staged = exists().where(StagedPerson.import_id == one.id, StagedPerson.sourced_id == r.user_sourced_id)
    known: ColumnElement[bool] = exists().where(Person.district_id == one.district_id, Person.sourced_id == r.user_sourced_id)
    if one.kinds.get("users.csv") == "bulk":
        known = false()
    named = exists().where(RosterFinding.import_id == one.id, RosterFinding.about == r.user_sourced_id, RosterFinding.taken.is_(False))
    nobody = and_(active, r.file == "roles.csv", ~staged)
    waits = N_("The row of users.csv of {value} was refused, so this one waits for it.")
    unknown = N_("users.csv has nobody with the id {value}.")
    for wrong, reason in ((and_(nobody, named), waits), (and_(nobody, ~known), unknown)):
        refuse_rows(r, wrong, "roles.csv", "userSourcedId", r.user_sourced_id, reason, about=r.user_sourced_id)
    # In 1.1 a role is a part of its user's row, which was refused with it.
    db.session.execute(delete(r).where(and_(active, r.file == "users.csv", ~staged)).execution_options(synchronize_session=False))


def _refuse_roles_nowhere(one: RosterImport, active: ColumnElement[bool]) -> None:
    r = StagedRole
    school = exists().where(StagedOrg.import_id == one.id, StagedOrg.sourced_id == r.school_sourced_id, StagedOrg.gone.is_(False))
    there = exists().where(School.district_id == one.district_id, School.sourced_id == r.school_sourced_id)
    lost = and_(active, r.school_sourced_id != "", ~school, ~there)
    waits = N_("The school {value} was refused, so this row waits for it.")
    refuse_rows(r, lost, r.file, "orgSourcedId", r.school_sourced_id, waits, about=r.user_sourced_id)


def _refuse_second_roles(one: RosterImport, active: ColumnElement[bool]) -> None:
    """An id that is there twice is a mistake; the same role twice is held once."""
    r, other = StagedRole, another(StagedRole)
    twin = exists().where(other.import_id == one.id, other.sourced_id == r.sourced_id, other.line < r.line)
    twice = and_(r.import_id == one.id, r.sourced_id.is_not(None), twin)
    refuse_rows(r, twice, "roles.csv", "sourcedId", r.sourced_id, TWICE, about=r.user_sourced_id)
    same = exists().where(
        other.import_id == one.id,
        other.user_sourced_id == r.user_sourced_id,
        other.role == r.role,
        other.school_sourced_id == r.school_sourced_id,
        other.gone.is_(False),
        other.id < r.id,
    )
    db.session.execute(delete(r).where(and_(active, same)).execution_options(synchronize_session=False))


def _forget_strangers(one: RosterImport) -> None:
    """A record that goes and that we don't know was a pupil's, as a rule."""
    s, r = StagedPerson, StagedRole
    holds = exists().where(Appointment.district_id == one.district_id, Appointment.sourced_id == r.sourced_id)
    for model, unknown in ((s, s.person_id.is_(None)), (r, ~holds)):
        gone = delete(model).where(model.import_id == one.id, model.gone, unknown)
        db.session.execute(gone.execution_options(synchronize_session=False))


def resolve_roles(one: RosterImport) -> None:
    """Whose they are and where, as far as those are in our tables by now."""
    r = StagedRole
    person = select(func.coalesce(Person.merged_into_id, Person.id))
    person = person.where(Person.district_id == one.district_id, Person.sourced_id == r.user_sourced_id)
    by_address = select(StagedPerson.person_id).where(StagedPerson.import_id == one.id, StagedPerson.sourced_id == r.user_sourced_id)
    school = select(School.id).where(School.district_id == one.district_id, School.sourced_id == r.school_sourced_id)
    by_code = select(StagedOrg.school_id).where(StagedOrg.import_id == one.id, StagedOrg.sourced_id == r.school_sourced_id)
    set_rows(
        r,
        r.import_id == one.id,
        person_id=func.coalesce(person.scalar_subquery(), by_address.limit(1).scalar_subquery()),
        school_id=func.coalesce(school.scalar_subquery(), by_code.limit(1).scalar_subquery()),
    )
