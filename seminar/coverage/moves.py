"""Who moves school and who leaves with the new year: planned for a school at a time, or from a list."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from seminar.coverage.roll_over import RollOver, RollOverMove
from seminar.ground import history
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.ground.refused_row import RefusedRow
from seminar.ground.sheets import Line
from seminar.people.appointment import Appointment
from seminar.people.person import Person
from seminar.people.school import School

LEAVES = "leaves"
STAYS = "stays"


@dataclass(frozen=True)
class Wanted:
    """Where a teacher's appointment is to go: a school, or None where they leave or stay."""

    kind: str
    school_id: int | None = None
    all_roles: bool = False


@dataclass(frozen=True)
class Planned:
    """A teacher's appointment, and what is planned for it; none is: it stays."""

    appointment: Appointment
    move: RollOverMove | None

    @property
    def kind(self) -> str:
        return self.move.kind if self.move is not None else STAYS

    def is_settled(self, plan: RollOver, today: date) -> bool:
        """It was done and holds since: what is wrong with it is mended on the person's page."""
        return self.move is not None and self.move.done_kind in ("moves", "leaves") and plan.first_day <= today


def teachers_of(plan: RollOver, school_id: int) -> list[Planned]:
    """The school's teachers on the eve of the new year, by name, with what is planned for each. One statement."""
    return _planned(plan, Appointment.school_id == school_id)


def _planned(plan: RollOver, *conditions: ColumnElement[bool]) -> list[Planned]:
    query = (
        select(Appointment, RollOverMove)
        .join(Appointment.person)
        .outerjoin(RollOverMove, (RollOverMove.appointment_id == Appointment.id) & (RollOverMove.roll_over_id == plan.id))
        .where(Appointment.district_id == plan.district_id, Appointment.role == "teacher", Appointment.first_day <= plan.eve)
        .where(or_(Appointment.last_day.is_(None), Appointment.last_day > plan.eve, RollOverMove.done_kind.is_not(None)))
        .where(*conditions)
        # What the plan itself made isn't somebody to move.
        .where(Appointment.id.not_in(select(RollOverMove.next_appointment_id).where(RollOverMove.next_appointment_id.is_not(None))))
        .options(contains_eager(Appointment.person), joinedload(RollOverMove.to_school))
        .order_by(Person.family_name, Person.given_name, Appointment.id)
    )
    return [Planned(appointment, move) for appointment, move in db.session.execute(query)]


def counts_by_school(plan: RollOver) -> list[tuple[School, int, int, int]]:
    """By name each open school, and one that closes while it has teachers: its teachers on the eve, how many move away, and how many
    leave. Two statements."""
    schools = db.session.scalars(select(School).where(School.district_id == plan.district_id).order_by(School.name))
    counted = (
        select(
            Appointment.school_id,
            func.count(),
            func.count().filter(RollOverMove.kind == "moves"),
            func.count().filter(RollOverMove.kind == "leaves"),
        )
        .outerjoin(RollOverMove, (RollOverMove.appointment_id == Appointment.id) & (RollOverMove.roll_over_id == plan.id))
        .where(Appointment.district_id == plan.district_id, Appointment.role == "teacher", Appointment.first_day <= plan.eve)
        .where(or_(Appointment.last_day.is_(None), Appointment.last_day > plan.eve, RollOverMove.done_kind.is_not(None)))
        .group_by(Appointment.school_id)
    )
    found = {school_id: (number, moving, leaving) for school_id, number, moving, leaving in db.session.execute(counted)}
    return [(school, *found.get(school.id, (0, 0, 0))) for school in schools if school.closed_on is None or school.id in found]


def plan_moves(plan: RollOver, planned: list[Planned], wanted: dict[int, Wanted], *, by: Person, today: date, now: datetime) -> int:
    """Plan these teachers' places, by appointment id; answers for how many it is another one than before. What was applied and
    holds since stays. Raises Refused for a move to where they are."""
    changed = 0
    for one in planned:
        want = wanted.get(one.appointment.id)
        if want is None or one.is_settled(plan, today):
            continue
        if want.kind == "moves" and want.school_id == one.appointment.school_id:
            raise Refused(N_("{name} is at this school already."), field=f"place-{one.appointment.id}", name=one.appointment.person.name)
        changed += _plan(plan, one, want)
    db.session.flush()
    if changed:
        history.record(by, "moves drafted", plan, now, people=changed)
    return changed


def _plan(plan: RollOver, one: Planned, want: Wanted) -> int:
    """1 where it is another plan than before."""
    move = one.move
    if move is None:
        if want.kind == STAYS:
            return 0
        move = RollOverMove(roll_over_id=plan.id, appointment_id=one.appointment.id, district_id=plan.district_id)
        db.session.add(move)
    before = (move.kind, move.to_school_id, move.all_roles)
    after = (want.kind, want.school_id if want.kind == "moves" else None, want.all_roles and want.kind == LEAVES)
    move.kind, move.to_school_id, move.all_roles = after
    return int(before != after)


def read_moves(plan: RollOver, file: str, lines: list[Line], *, today: date) -> tuple[list[Planned], dict[int, Wanted], list[RefusedRow]]:
    """The rows of a list (email, and a school's code or "leaves"; with or without headings): who of it is planned how, and the
    rows that can't be taken. Two statements, however many rows."""
    codes = {
        code.lower(): school_id
        for code, school_id in db.session.execute(
            select(School.code, School.id).where(School.district_id == plan.district_id, School.closed_on.is_(None))
        )
    }
    teachers: dict[str, list[Planned]] = {}
    for one in _planned(plan, Person.email.is_not(None)):
        teachers.setdefault(one.appointment.person.email or "", []).append(one)
    taken: dict[int, Planned] = {}
    wanted: dict[int, Wanted] = {}
    refused: list[RefusedRow] = []
    for line, row in lines[1:] if _is_headings(lines) else lines:
        email, place = row[0].lower(), row[1] if len(row) > 1 else ""
        found = teachers.get(email, [])
        wrong = _what_is_wrong(plan, found, place, codes, taken, today)
        if wrong is not None:
            column, reason = wrong
            refused.append(RefusedRow(file, line, column, row[0] if column == "email" else place, reason))
            continue
        (one,) = found
        taken[one.appointment.id] = one
        wanted[one.appointment.id] = _wanted(place, codes)
    return list(taken.values()), wanted, refused


def _is_headings(lines: list[Line]) -> bool:
    return bool(lines) and lines[0][1][0].lower() == "email"


def asked_again(lines: list[Line], refused: list[RefusedRow]) -> list[tuple[int, str, str]]:
    """Of a list's rows, those that are refused again when they are read alone, with those that make them so: line, email and place."""
    at = {row.line for row in refused}
    emails = {row[0].lower() for line, row in lines if line in at}
    return [(line, row[0], row[1] if len(row) > 1 else "") for line, row in lines if row[0].lower() in emails]


def _wanted(place: str, codes: dict[str, int]) -> Wanted:
    said = place.lower()
    return Wanted(said) if said in (LEAVES, STAYS) else Wanted("moves", codes[said])


def _what_is_wrong(
    plan: RollOver, found: list[Planned], place: str, codes: dict[str, int], taken: dict[int, Planned], today: date
) -> tuple[str, str] | None:
    """The column and the sentence of a row that can't be taken; None for one that can."""
    if not found:
        return "email", N_("No teacher of this district has this address.")
    if len(found) > 1:
        return "email", N_("This person teaches at several schools. Plan each of them on the school's page.")
    if found[0].appointment.id in taken:
        return "email", N_("This person is in the list twice; the first row counts.")
    if found[0].is_settled(plan, today):
        return "email", N_("This was applied and holds since the first day. Change it on the person's page.")
    if place.lower() in (LEAVES, STAYS):
        return None
    if place.lower() not in codes:
        return "school", N_("No open school has this code. Write its code, stays or leaves.")
    if codes[place.lower()] == found[0].appointment.school_id:
        return "school", N_("This person is at that school already.")
    return None
