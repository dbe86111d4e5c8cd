"""What can be done with a roster: read a set, apply it, leave it. What it ended is taken back in `taking_back`.

Its one difference to other verbs: reading fills staging tables that nothing else looks at, and applying works in a few large statements.
"""

from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import and_, exists, select, update

from seminar.ground import history
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.ground.refused_row import RefusedRow
from seminar.people.appointment import Appointment
from seminar.people.district import District
from seminar.people.leaving import running_the_program_after
from seminar.people.person import Person
from seminar.people.roster import applying
from seminar.people.roster.found import UNSURE
from seminar.people.roster.outcome import Outcome, outcome_from, outcome_of
from seminar.people.roster.reading import stage
from seminar.people.roster.settling import settle
from seminar.people.roster.shelf import Source
from seminar.people.roster.staged import RosterFinding, RosterImport


def read(source: Source, *, named: str, district: District, by: Person | None, now: datetime) -> RosterImport:
    """Read the set into the staging tables and settle it. Raises WrongSet where it is wrong as a whole."""
    one = RosterImport(
        district_id=district.id, by_id=by.id if by else None, source=named[:200], read_at=now, version=source.version, kinds=source.kinds
    )
    db.session.add(one)
    db.session.flush()
    stage(one, source, today=district.day(now))
    look(one, today=district.day(now))
    _forget_whose_lines(one)
    return one


def _forget_whose_lines(one: RosterImport) -> None:
    """A line that nobody could tell a role from may be a pupil's: of whom we don't know, not even the id is kept."""
    f = RosterFinding
    unsure = and_(f.import_id == one.id, f.taken.is_(False), f.file.in_(("users.csv", "roles.csv")), f.column.in_(UNSURE))
    known = exists().where(Person.district_id == one.district_id, Person.sourced_id == f.about)
    forgotten = update(f).where(unsure, f.about.is_not(None), ~known).values(about="")
    db.session.execute(forgotten.execution_options(synchronize_session=False))


def look(one: RosterImport, *, today: date) -> Outcome:
    """Settle it beside what is there by now; answers what it would do."""
    settle(one)
    outcome = outcome_of(one, today)
    one.outcome = outcome.as_json()
    db.session.flush()
    return outcome


def keep_wrong(refused: Refused, *, named: str, district: District, by: Person | None, now: datetime) -> RosterImport:
    """Keep that a set was wrong, and why: after the rollback of what was read of it."""
    one = RosterImport(district_id=district.id, by_id=by.id if by else None, source=named[:200], read_at=now, state="wrong")
    one.why, one.why_values = refused.message, refused.values
    db.session.add(one)
    db.session.flush()
    return one


TOO_MANY = N_("{leaving} of {staff} people would have no place any more. If that is right, say so once more.")
NOT_ANY_MORE = N_("This roster was applied or left meanwhile. Look at the newest one.")


CHANGED_MEANWHILE = N_("The district has changed since this was read, so it would do something else by now. Look once more, then apply it.")


def apply(one: RosterImport, *, end_many: bool, by: Person | None, today: date, now: datetime) -> Outcome:
    """Do what it says; answers what that was. Raises Refused where that isn't any more what was shown, and where it would end more
    than a tenth of the staff and wasn't told twice."""
    _hold(one)
    shown = outcome_from(one.outcome)
    outcome = look(one, today=today)
    if outcome != shown:
        raise Refused(CHANGED_MEANWHILE, status=409)
    if outcome.ends_many and not end_many:
        raise Refused(TOO_MANY, field="end_many", leaving=outcome.leaving, staff=outcome.staff)
    one.by_id = by.id if by is not None else one.by_id
    in_charge = _somebody_runs_the_program(one.district_id, today)
    applying.do(one, today=today, now=now)
    if in_charge and not _somebody_runs_the_program(one.district_id, today):
        raise Refused(NOBODY_IN_CHARGE)
    one.state, one.applied_at = "applied", now
    db.session.flush()
    history.record(by, "roster applied", one, now, source=one.source)
    return outcome


NOBODY_IN_CHARGE = N_(
    "After it nobody runs the program who can sign in, and nobody could take it back. Appoint a program manager by hand first, or mend the"
    " roster."
)


def _somebody_runs_the_program(district_id: int, today: date) -> bool:
    """Beyond today, by hand or by the roster."""
    begun = running_the_program_after(today, district_id).where(Appointment.first_day <= today)
    query = begun.join(Person, Person.id == Appointment.person_id).where(Person.may_sign_in)
    return db.session.scalar(query.limit(1)) is not None


def _hold(one: RosterImport) -> None:
    """One import of a district after the other, and each once. Raises Refused for one that isn't to be applied any more."""
    db.session.scalars(select(District.id).where(District.id == one.district_id).with_for_update(key_share=True)).one()
    state = db.session.scalar(select(RosterImport.state).where(RosterImport.id == one.id).with_for_update())
    if state != "read":
        raise Refused(NOT_ANY_MORE, status=409)


def leave(one: RosterImport, *, by: Person, now: datetime) -> None:
    """Nothing of it is done. Raises Refused where it was applied already."""
    _hold(one)
    applying.forget_staged([one.id])
    one.state = "left"
    db.session.flush()
    history.record(by, "roster left", one, now, source=one.source)


def findings(one: RosterImport, *, limit: int | None = None) -> Iterator[RefusedRow]:
    """The rows of it that are wrong, the refused ones first, as the files have them."""
    f = RosterFinding
    query = select(f).where(f.import_id == one.id).order_by(f.taken, f.file, f.line, f.id).limit(limit)
    for row in db.session.scalars(query.execution_options(yield_per=1000)):
        yield RefusedRow(row.file, row.line, row.column, row.value, row.reason, {"value": row.value, "other": row.other}, row.taken)
