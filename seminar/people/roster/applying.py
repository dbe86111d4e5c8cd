"""Doing what an import says, in one transaction: a few statements for any number of rows, each with its line in the audit trail."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Integer, String, and_, bindparam, cast, delete, exists, func, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from seminar.ground import contributions
from seminar.ground.db import UTCDateTime, db
from seminar.ground.history import History
from seminar.ground.refusal import N_
from seminar.people.appointment import Appointment
from seminar.people.calendar import SchoolYear, Term
from seminar.people.leaving import EndedAppointment, Ending
from seminar.people.person import Person
from seminar.people.roster import outcome
from seminar.people.roster.outcome import Rows
from seminar.people.roster.role_settling import resolve_roles
from seminar.people.roster.settling import take_stock
from seminar.people.roster.staged import STAGED, RosterImport, RosterOrg, StagedOrg, StagedPerson, StagedRole, StagedTerm
from seminar.people.school import School

# Read and written so many at a time, where a row's own words go into the audit trail.
BATCH = 1000


def do(one: RosterImport, *, today: date, now: datetime) -> None:
    """Do all of it. What ends goes first, so that an id of the roster that moves on is free."""
    ended = _end_appointments(one, today, now)
    _do_schools(one, today, now)
    _do_terms(one, today, now)
    _do_people(one, now)
    take_stock(School, Person)
    resolve_roles(one)
    take_stock(StagedRole)
    _do_appointments(one, today, now)
    _remember_orgs(one)
    forget_staged([one.id])
    _tell_whom_it_touches(ended, now)


def forget_staged(import_ids: list[int]) -> None:
    for model in STAGED:
        db.session.execute(delete(model).where(model.import_id.in_(import_ids)).execution_options(synchronize_session=False))


def _trail(one: RosterImport, what: str, record: str, ids: Rows, now: datetime) -> None:
    """A line in the audit trail for each of these ids: whoever had the set read did it, or the system in the night."""
    found = ids.subquery()
    said = select(
        literal(one.district_id),
        literal(now, UTCDateTime()),
        literal(one.by_id, Integer()),
        literal(what),
        literal(record),
        next(iter(found.c)),
        literal({"roster": one.id}, History.details.type),
    )
    names = ["district_id", "at", "who_id", "what", "record", "record_id", "details"]
    db.session.execute(insert(History).from_select(names, said))


NOT_TOLD = N_("The roster tells of it no more.")


def _end_appointments(one: RosterImport, today: date, now: datetime) -> list[int]:
    """End what the roster no longer tells, an act for each person, so that it can be taken back; answers whose it was. What hasn't
    begun yet ends on its first day."""
    leaving = outcome.leaving_people(one, today).subquery()
    ended = outcome.ended_appointments(one, today).subquery()
    leaves = ended.c.person_id.in_(select(leaving.c.person_id))
    why = (literal(today), literal(NOT_TOLD), *_by_and_when(one, now))
    acts = select(literal(one.district_id), ended.c.person_id, leaves, *why).distinct()
    columns = ["district_id", "person_id", "leaves", "last_day", "reason", "import_id", "at", "by_id"]
    db.session.execute(insert(Ending).from_select(columns, acts))
    rows = select(Ending.id, ended.c.id, literal(one.district_id), ended.c.last_day_before)
    rows = rows.join(Ending, and_(Ending.import_id == one.id, Ending.person_id == ended.c.person_id))
    columns = ["ending_id", "appointment_id", "district_id", "last_day_before"]
    db.session.execute(insert(EndedAppointment).from_select(columns, rows))
    mine = select(EndedAppointment.appointment_id).join(Ending, Ending.id == EndedAppointment.ending_id).where(Ending.import_id == one.id)
    last = func.max(Appointment.first_day, today) if _on_sqlite() else func.greatest(Appointment.first_day, today)
    change = update(Appointment).where(Appointment.id.in_(mine)).values(last_day=last, sourced_id=None)
    db.session.execute(change.execution_options(synchronize_session=False))
    _trail(one, "appointment ended", "appointment", mine, now)
    return list(db.session.scalars(select(Ending.person_id).where(Ending.import_id == one.id)))


def _by_and_when(one: RosterImport, now: datetime) -> tuple[Any, Any, Any]:
    return literal(one.id), literal(now, UTCDateTime()), literal(one.by_id, Integer())


def _on_sqlite() -> bool:
    return db.session.get_bind().dialect.name == "sqlite"


def _do_schools(one: RosterImport, today: date, now: datetime) -> None:
    _free_names(one)
    _change(one, School, outcome.changed_schools(one), {name: name for name in ("name", "sourced_id", "closed_on")}, now, "school changed")
    closed = list(db.session.scalars(outcome.ended_schools(one)))
    db.session.execute(update(School).where(School.id.in_(closed)).values(closed_on=today).execution_options(synchronize_session=False))
    _trail(one, "school closed", "school", select(School.id).where(School.id.in_(closed)), now)
    new = outcome.new_schools(one).subquery()
    # The roster doesn't say which grades a school has: all, until somebody says so.
    rows = select(literal(one.district_id), new.c.code, new.c.name, literal(0), literal(12), literal(""), literal(""), new.c.sourced_id)
    names = ["district_id", "code", "name", "grade_first", "grade_last", "address", "delivery_stop", "sourced_id"]
    db.session.execute(insert(School).from_select(names, rows))
    added = select(School.id).join(StagedOrg, and_(StagedOrg.import_id == one.id, StagedOrg.sourced_id == School.sourced_id))
    _trail(one, "school added", "school", added.where(School.district_id == one.district_id, StagedOrg.school_id.is_(None)), now)


def _free_names(one: RosterImport) -> None:
    """Two schools may have swapped names, or one got the other's: what is given up is free before it is taken. Until then a school is
    called by its number, which no school is."""
    s, other = StagedOrg, StagedOrg.__table__.alias()
    renamed = exists().where(s.import_id == one.id, s.kind == "school", s.gone.is_(False), s.school_id == School.id, s.name != School.name)
    taken = exists().where(other.c.import_id == one.id, other.c.name == School.name, func.coalesce(other.c.school_id, 0) != School.id)
    free = update(School).where(School.district_id == one.district_id, renamed, taken).values(name=literal("#") + cast(School.id, String))
    db.session.execute(free.execution_options(synchronize_session=False))


def _do_terms(one: RosterImport, today: date, now: datetime) -> None:
    columns = {name: name for name in ("title", "first_day", "last_day", "ends_in", "ended_on")}
    _change(one, Term, outcome.changed_terms(one), columns, now, "term changed")
    ended = list(db.session.scalars(outcome.ended_terms(one)))
    db.session.execute(update(Term).where(Term.id.in_(ended)).values(ended_on=today).execution_options(synchronize_session=False))
    _trail(one, "term ended", "term", select(Term.id).where(Term.id.in_(ended)), now)
    new = outcome.new_terms(one).subquery()
    rows = select(literal(one.district_id), new.c.title, new.c.ends_in, new.c.first_day, new.c.last_day, new.c.sourced_id)
    names = ["district_id", "title", "ends_in", "first_day", "last_day", "sourced_id"]
    db.session.execute(insert(Term).from_select(names, rows))
    added = select(Term.id).join(StagedTerm, and_(StagedTerm.import_id == one.id, StagedTerm.sourced_id == Term.sourced_id))
    _trail(one, "term added", "term", added.where(Term.district_id == one.district_id, StagedTerm.term_id.is_(None)), now)
    _add_school_years(one)


def _add_school_years(one: RosterImport) -> None:
    """A school year that isn't there yet; one that is there is the district's own to change."""
    t = StagedTerm
    there = exists().where(SchoolYear.district_id == one.district_id, SchoolYear.ends_in == t.ends_in)
    years = select(literal(one.district_id), t.ends_in, func.min(t.first_day), func.max(t.last_day))
    years = years.where(t.import_id == one.id, t.kind == "schoolYear", t.gone.is_(False), t.first_day < t.last_day, ~there).group_by(
        t.ends_in
    )
    db.session.execute(insert(SchoolYear).from_select(["district_id", "ends_in", "first_day", "last_day"], years))


def _do_people(one: RosterImport, now: datetime) -> None:
    _free_addresses(one)
    columns = {name: name for name in ("given_name", "family_name", "sourced_id")} | {"may_sign_in": "enabled"}
    before = ("given_before", "family_before", "email_before")
    _change(one, Person, outcome.changed_people(one), columns, now, "person changed", before=before, kept={"email": "email"})
    new = outcome.new_people(one).subquery()
    names = ["district_id", "given_name", "family_name", "email", "sourced_id", "may_sign_in", "theme", "feed_token"]
    values = (new.c.given_name, new.c.family_name, new.c.email, new.c.sourced_id, new.c.enabled, literal(""), new.c.feed_token)
    db.session.execute(insert(Person).from_select(names, select(literal(one.district_id), *values)))
    s = StagedPerson
    added = select(Person.id).join(s, and_(s.import_id == one.id, s.sourced_id == Person.sourced_id, s.person_id.is_(None)))
    _trail(one, "person added", "person", added.where(Person.district_id == one.district_id), now)


def _free_addresses(one: RosterImport) -> None:
    """Two people may have swapped addresses, or one got the other's: what is given up is free before it is taken."""
    s = StagedPerson
    given_up = exists().where(
        s.import_id == one.id, s.follows.is_(False), s.person_id == Person.id, s.email.is_not(None), s.email != Person.email
    )
    taken = exists().where(s.import_id == one.id, s.email == Person.email, func.coalesce(s.person_id, 0) != Person.id)
    free = update(Person).where(Person.district_id == one.district_id, given_up, taken).values(email=None)
    db.session.execute(free.execution_options(synchronize_session=False))


def _do_appointments(one: RosterImport, today: date, now: datetime) -> None:
    changed = outcome.changed_appointments(one, today)
    # Two rows of the roster may have changed places: an id is free before it is given to another.
    renamed, over = select(changed.subquery().c.id), outcome.over_and_told_again(one, today)
    freed = update(Appointment).where(Appointment.id.in_(renamed) | Appointment.id.in_(over)).values(sourced_id=None)
    db.session.execute(freed.execution_options(synchronize_session=False))
    columns = {name: name for name in ("first_day", "last_day", "grade", "sourced_id")}
    _change(one, Appointment, changed, columns, now, "appointment changed", before=("first_day_before", "last_day_before"))
    new = outcome.new_appointments(one, today).subquery()
    names = ["district_id", "person_id", "role", "school_id", "grade", "first_day", "last_day", "source", "sourced_id"]
    first = func.coalesce(new.c.first_day, today)
    at = select(
        literal(one.district_id), new.c.person_id, new.c.role, new.c.school_id, new.c.grade, first, new.c.last_day, literal("roster")
    )
    newest = db.session.scalar(select(func.max(Appointment.id))) or 0
    db.session.execute(insert(Appointment).from_select(names, at.add_columns(new.c.sourced_id)))
    added = select(Appointment.id).where(
        Appointment.id > newest, Appointment.district_id == one.district_id, Appointment.source == "roster"
    )
    _trail(one, "appointed", "appointment", added, now)


def _change(
    one: RosterImport,
    model: type[Any],
    changed: Rows,
    columns: dict[str, str],
    now: datetime,
    what: str,
    *,
    before: tuple[str, ...] = (),
    kept: dict[str, str] | None = None,
) -> None:
    """Write these values and what they were before, batch by batch. `kept` are columns that an empty value leaves as they are.

    A statement here is for a thousand rows, not for one: memory stays flat, and each row's own words get into the trail.
    """
    values: dict[str, Any] = {column: bindparam(f"new_{name}") for column, name in columns.items()}
    values |= {column: func.coalesce(bindparam(f"new_{name}"), getattr(model, column)) for column, name in (kept or {}).items()}
    table = model.__table__
    statement = update(table).where(table.c.id == bindparam("row_id")).values(**values)
    last_id = 0
    while rows := db.session.execute(changed.where(model.id > last_id).order_by(model.id).limit(BATCH)).mappings().all():
        last_id = rows[-1]["id"]
        news = [{"row_id": row["id"]} | {f"new_{name}": row[name] for name in (*columns.values(), *(kept or {}).values())} for row in rows]
        db.session.connection().execute(statement, news)
        details = [{"roster": one.id, **({"before": {name: _said(row[name]) for name in before}} if before else {})} for row in rows]
        told = {"district_id": one.district_id, "at": now, "who_id": one.by_id, "what": what, "record": model.__tablename__}
        db.session.execute(
            insert(History), [told | {"record_id": row["id"], "details": said} for row, said in zip(rows, details, strict=True)]
        )


def _said(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _remember_orgs(one: RosterImport) -> None:
    """Keep what a later delta refers to."""
    s, o = StagedOrg, RosterOrg
    if one.kinds.get("orgs.csv") == "bulk":
        db.session.execute(delete(o).where(o.district_id == one.district_id).execution_options(synchronize_session=False))
    gone = select(s.sourced_id).where(s.import_id == one.id)
    db.session.execute(
        delete(o).where(o.district_id == one.district_id, o.sourced_id.in_(gone)).execution_options(synchronize_session=False)
    )
    rows = select(literal(one.district_id), s.sourced_id, s.kind, s.parent_sourced_id).where(s.import_id == one.id, s.gone.is_(False))
    made = (sqlite.insert if _on_sqlite() else postgresql.insert)(o)
    db.session.execute(made.from_select(["district_id", "sourced_id", "kind", "parent_sourced_id"], rows))


def _tell_whom_it_touches(person_ids: list[int], now: datetime) -> None:
    """What these people answer for is looked at again."""
    for start in range(0, len(person_ids), BATCH):
        people = list(db.session.scalars(select(Person).where(Person.id.in_(person_ids[start : start + BATCH]))))
        for changed in contributions.standing_changed:
            changed(people, now)
