"""Applying a new school year: what it would change, and the change, in one transaction.

Laws: what is applied is what the preview said; applying again changes nothing; after a correction it does the difference alone.
Appointments end on the eve of the new year and begin on its first day. What a person holds by hand besides teaching goes on, unless
it was chosen to end too. More than a tenth of the staff leaves only when their number is typed.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from seminar.coverage.roll_over import RollOver, RollOverClosedDay, RollOverMove, RollOverTarget, closed_days
from seminar.coverage.target import CoverageTarget
from seminar.ground import contributions, history
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.appointment import Appointment
from seminar.people.calendar import ClosedDay, SchoolYear
from seminar.people.calendar_editing import let_follow, save_year
from seminar.people.leaving import EndedAppointment, Ending, end_in_one_act, refuse_to_end_the_last_program_manager
from seminar.people.person import Person

# More than so many in a hundred of the teachers leave only when it is said twice.
MANY_PERCENT = 10
# So many people are looked at again at a time.
AT_A_TIME = 500
CHANGED_MEANWHILE = N_("Somebody changed the draft since this preview was made. Look at it again: this is what would happen now.")
T = TypeVar("T")


@dataclass
class Difference:
    """What applying would change now."""

    year: str = ""
    days: tuple[date, ...] = ()
    closed_new: list[RollOverClosedDay] = field(default_factory=list)
    closed_gone: list[RollOverClosedDay] = field(default_factory=list)
    moving: list[RollOverMove] = field(default_factory=list)
    leaving: list[RollOverMove] = field(default_factory=list)
    staying: list[RollOverMove] = field(default_factory=list)
    targets: list[RollOverTarget] = field(default_factory=list)
    teachers: int = 0

    @property
    def is_nothing(self) -> bool:
        return not (self.year or self.closed_new or self.closed_gone or self.moves or self.targets)

    @property
    def moves(self) -> list[RollOverMove]:
        return [*self.moving, *self.leaving, *self.staying]

    @property
    def outcome(self) -> str:
        """A short word for all of it: the same where the same would happen."""
        closed = [sorted((row.day, row.reason) for row in rows) for rows in (self.closed_new, self.closed_gone)]
        moves = sorted((move.appointment_id, move.kind, move.to_school_id or 0, move.all_roles) for move in self.moves)
        targets = sorted((target.school_id, target.skill_id, target.percent) for target in self.targets)
        return hashlib.sha256(repr((self.year, self.days, closed, moves, targets)).encode()).hexdigest()[:32]

    @property
    def many_leave(self) -> bool:
        return len(self.leaving) * 100 > self.teachers * MANY_PERCENT


def difference(plan: RollOver) -> Difference:
    """What applying the plan would change; the same few statements however many people move. `year` is "new", "changed" or ""."""
    found = Difference(year=_year_difference(plan), days=(plan.first_day, plan.last_day), teachers=_teachers(plan))
    there = {day: reason for day, reason in db.session.execute(select(ClosedDay.day, ClosedDay.reason).where(_in_the_year(plan)))}
    for row in closed_days(plan):
        if row.wanted and there.get(row.day) != row.reason:
            found.closed_new.append(row)
        elif not row.wanted and row.day in there:
            found.closed_gone.append(row)
    of_kind = {"moves": found.moving, "leaves": found.leaving, "stays": found.staying}
    for move in _open_moves(plan):
        of_kind[move.kind].append(move)
    found.targets = _changed_targets(plan)
    return found


def _year_difference(plan: RollOver) -> str:
    days = db.session.execute(
        select(SchoolYear.first_day, SchoolYear.last_day).where(
            SchoolYear.district_id == plan.district_id, SchoolYear.ends_in == plan.ends_in
        )
    ).one_or_none()
    return "new" if days is None else "" if tuple(days) == (plan.first_day, plan.last_day) else "changed"


def _in_the_year(plan: RollOver) -> ColumnElement[bool]:
    return (ClosedDay.district_id == plan.district_id) & ClosedDay.day.between(plan.first_day, plan.last_day)


def _teachers(plan: RollOver) -> int:
    """How many teachers there are on the eve."""
    query = select(func.count(Appointment.person_id.distinct())).where(
        Appointment.district_id == plan.district_id,
        Appointment.role == "teacher",
        Appointment.first_day <= plan.eve,
        or_(Appointment.last_day.is_(None), Appointment.last_day >= plan.eve),
    )
    return db.session.scalar(query) or 0


def _open_moves(plan: RollOver) -> list[RollOverMove]:
    """The moves whose plan isn't what was done, by the person's name."""
    query = (
        select(RollOverMove)
        .join(Appointment, Appointment.id == RollOverMove.appointment_id)
        .join(Person, Person.id == Appointment.person_id)
        .where(RollOverMove.roll_over_id == plan.id)
        .options(
            joinedload(RollOverMove.appointment).joinedload(Appointment.person),
            joinedload(RollOverMove.appointment).joinedload(Appointment.school),
            joinedload(RollOverMove.next_appointment),
            joinedload(RollOverMove.to_school),
        )
        .order_by(Person.family_name, Person.given_name, RollOverMove.appointment_id)
    )
    return [move for move in db.session.scalars(query) if not move.is_done and not (move.kind == "stays" and move.done_kind is None)]


def _changed_targets(plan: RollOver) -> list[RollOverTarget]:
    now_at = (CoverageTarget.school_id == RollOverTarget.school_id) & (CoverageTarget.skill_id == RollOverTarget.skill_id)
    query = select(RollOverTarget).outerjoin(CoverageTarget, now_at).where(RollOverTarget.roll_over_id == plan.id)
    return list(db.session.scalars(query.where(func.coalesce(CoverageTarget.percent, 0) != RollOverTarget.percent)))


def apply(plan: RollOver, *, outcome: str, confirmed: int | None, by: Person, now: datetime) -> Difference:
    """Do what the preview of that outcome said. Raises Refused where something else would happen now, where a school that somebody
    moves to was closed, and where more than a tenth of the teachers would leave and their number wasn't typed. Flushes."""
    db.session.execute(select(RollOver.id).where(RollOver.id == plan.id).with_for_update(key_share=True))
    db.session.refresh(plan)
    found = difference(plan)
    if found.is_nothing:
        return found
    if found.outcome != outcome:
        raise Refused(CHANGED_MEANWHILE, status=409)
    _refuse_a_closed_school(plan, found)
    if found.many_leave and confirmed != len(found.leaving):
        sentence = N_("{number} of {all} teachers would leave. Type {number} if that is meant.")
        raise Refused(sentence, field="confirmed", number=len(found.leaving), all=found.teachers)
    _set_the_year(plan, found, by=by, now=now)
    _set_closed_days(plan, found)
    changed = _move_people(plan, found, by=by, now=now)
    _set_targets(plan, found)
    if found.closed_new or found.closed_gone:
        db.session.flush()
        let_follow(by.district, by, now)
    plan.applied_at, plan.applied_by_id = now, by.id
    db.session.flush()
    told = {"moved": len(found.moving), "left": len(found.leaving), "stayed": len(found.staying), "targets": len(found.targets)}
    history.record(by, "new year applied", plan, now, **told, closed=len(found.closed_new), opened=len(found.closed_gone))
    for people in _batches(list(changed.values())):
        for look in contributions.standing_changed:
            look(people, now)
    return found


def _refuse_a_closed_school(plan: RollOver, found: Difference) -> None:
    for move in found.moving:
        if move.to_school is not None and not move.to_school.is_open_on(plan.first_day):
            sentence = N_("{school} is closed from {day} on. Choose another place for {name}.")
            school, name = move.to_school, move.appointment.person.name
            raise Refused(sentence, status=409, school=school.name, day=school.closed_on, name=name)


def _batches(rows: list[T]) -> Iterator[list[T]]:
    for start in range(0, len(rows), AT_A_TIME):
        yield rows[start : start + AT_A_TIME]


def _set_the_year(plan: RollOver, found: Difference, *, by: Person, now: datetime) -> None:
    if not found.year:
        return
    of_plan = select(SchoolYear).where(SchoolYear.district_id == plan.district_id, SchoolYear.ends_in == plan.ends_in)
    year = db.session.scalars(of_plan).one_or_none() or SchoolYear(district_id=plan.district_id, ends_in=plan.ends_in)
    save_year(year, first_day=plan.first_day, last_day=plan.last_day, by=by, now=now)


def _set_closed_days(plan: RollOver, found: Difference) -> None:
    there = {row.day: row for row in db.session.scalars(select(ClosedDay).where(_in_the_year(plan)))}
    for row in found.closed_new:
        closed = there.get(row.day) or ClosedDay(district_id=plan.district_id, day=row.day)
        closed.reason, row.applied = row.reason, True
        db.session.add(closed)
    gone = [there[row.day].id for row in found.closed_gone]
    db.session.execute(delete(ClosedDay).where(ClosedDay.id.in_(gone)))
    for row in found.closed_gone:
        row.applied = False


def _set_targets(plan: RollOver, found: Difference) -> None:
    there = {
        (target.school_id, target.skill_id): target
        for target in db.session.scalars(select(CoverageTarget).where(CoverageTarget.district_id == plan.district_id))
    }
    for row in found.targets:
        target = there.get((row.school_id, row.skill_id)) or CoverageTarget(
            school_id=row.school_id, skill_id=row.skill_id, district_id=plan.district_id
        )
        target.percent = row.percent
        db.session.add(target)


def _move_people(plan: RollOver, found: Difference, *, by: Person, now: datetime) -> dict[int, Person]:
    """Do what differs of the moves; answers whose standing changed, by id."""
    _take_back_endings(found, by=by, now=now)
    held = _held_beyond(plan)
    changed: dict[int, Person] = {}
    _begin_elsewhere(plan, [*found.moving, *found.staying], held, by=by, now=now)
    _end_who_leaves(plan, found.leaving, held, by=by, now=now)
    for move in found.moves:
        changed[move.appointment.person_id] = move.appointment.person
        move.done_kind, move.done_school_id, move.done_all_roles = move.kind, move.to_school_id, move.all_roles
    return changed


def _take_back_endings(found: Difference, *, by: Person, now: datetime) -> None:
    """Who was to leave and doesn't, or not so: what that ended holds again as before. An ending that somebody took back is over."""
    before = [move for move in found.moves if move.done_kind == "leaves" and move.ending_id is not None]
    query = (
        select(EndedAppointment, Ending)
        .join(Ending, Ending.id == EndedAppointment.ending_id)
        .where(Ending.id.in_([move.ending_id for move in before]), Ending.taken_back_at.is_(None))
        .options(joinedload(EndedAppointment.appointment))
    )
    for row, ending in db.session.execute(query).all():
        if row.appointment.last_day == ending.last_day:
            row.appointment.last_day = row.last_day_before
            history.record(by, "ending taken back", row.appointment, now, ended=ending.last_day.isoformat())
        ending.taken_back_at, ending.taken_back_by_id = now, by.id
    for move in before:
        move.ending_id = None
    db.session.flush()


def _held_beyond(plan: RollOver) -> dict[int, list[Appointment]]:
    """By person of the plan, what they hold past the eve. One statement."""
    moved = aliased(Appointment)
    people = select(moved.person_id).join(RollOverMove, RollOverMove.appointment_id == moved.id).where(RollOverMove.roll_over_id == plan.id)
    query = select(Appointment).where(Appointment.person_id.in_(people))
    query = query.where(or_(Appointment.last_day.is_(None), Appointment.last_day > plan.eve))
    found: dict[int, list[Appointment]] = {}
    for appointment in db.session.scalars(query.order_by(Appointment.id)):
        found.setdefault(appointment.person_id, []).append(appointment)
    return found


def _begin_elsewhere(plan: RollOver, moves: list[RollOverMove], held: dict[int, list[Appointment]], *, by: Person, now: datetime) -> None:
    """End the old place on the eve and begin the new one. What an earlier application began, and isn't held yet, is given its
    new place; for who stays after all that is the old one."""
    ending: list[Appointment] = []
    begun: list[tuple[RollOverMove, Appointment]] = []
    for move in moves:
        old, school_id = move.appointment, move.to_school_id if move.kind == "moves" else move.appointment.school_id
        if move.next_appointment is not None:
            _place(move.next_appointment, school_id, plan.first_day, None)
            begun.append((move, move.next_appointment))
        elif move.kind == "moves":
            if not any(a.role == "teacher" and a.school_id == school_id for a in held.get(old.person_id, [])):
                begun.append((move, _next(plan, old, school_id)))
            if old.last_day is None or old.last_day > plan.eve:
                ending.append(old)
    if ending:
        end_in_one_act(ending, last_day=plan.eve, reason="", leaves=False, by=by, now=now)
    db.session.add_all(appointment for _, appointment in begun)
    db.session.flush()
    for move, appointment in begun:
        move.next_appointment_id = appointment.id
        history.record(by, "appointed", appointment, now, person=appointment.person_id, role=appointment.role)


def _next(plan: RollOver, old: Appointment, school_id: int | None) -> Appointment:
    return Appointment(
        district_id=plan.district_id,
        person_id=old.person_id,
        role=old.role,
        school_id=school_id,
        grade=old.grade,
        first_day=plan.first_day,
        source=old.source,
    )


def _place(appointment: Appointment, school_id: int | None, first_day: date, last_day: date | None) -> None:
    appointment.school_id, appointment.first_day, appointment.last_day = school_id, first_day, last_day


def _end_who_leaves(plan: RollOver, leaving: list[RollOverMove], held: dict[int, list[Appointment]], *, by: Person, now: datetime) -> None:
    """Of who leaves, end what they teach, and the rest where it was chosen. What an earlier application began for them elsewhere
    never holds: it becomes the last day at the old place, which they held anyway."""
    ending: dict[int, Appointment] = {}
    for move in leaving:
        mine = held.get(move.appointment.person_id, [])
        if move.next_appointment is not None:
            _place(move.next_appointment, move.appointment.school_id, plan.eve, plan.eve)
        for appointment in [*mine, move.appointment]:
            chosen = appointment.id == move.appointment_id or move.all_roles
            lasts = appointment.last_day is None or appointment.last_day > plan.eve
            if chosen and lasts and appointment.first_day <= plan.eve:
                ending[appointment.id] = appointment
    refuse_to_end_the_last_program_manager(ending.values(), plan.eve)
    staying_on = {a.person_id for mine in held.values() for a in mine if a.id not in ending and a.last_day != plan.eve}
    whole = [appointment for appointment in ending.values() if appointment.person_id not in staying_on]
    part = [appointment for appointment in ending.values() if appointment.person_id in staying_on]
    acts = end_in_one_act(whole, last_day=plan.eve, reason="", leaves=True, by=by, now=now)
    acts += end_in_one_act(part, last_day=plan.eve, reason="", leaves=False, by=by, now=now)
    by_person = {act.person_id: act.id for act in acts}
    for move in leaving:
        move.ending_id = by_person.get(move.appointment.person_id)
