"""A new school year, drafted: its days, who moves or leaves, and its targets; kept until it is applied, and after.

States: a draft that can be left and taken up again → applied; an applied one can be corrected and applied again, which does
the difference alone. Laws: one roll-over per district and year; drafting changes nothing else; applying is in
seminar.coverage.applying.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, delete, false, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from seminar.coverage.target import CoverageTarget
from seminar.ground import history
from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.people.appointment import Appointment
from seminar.people.calendar import ClosedDay, SchoolYear
from seminar.people.district import District
from seminar.people.person import Person
from seminar.people.school import School

KINDS = ("stays", "moves", "leaves")
A_YEAR = timedelta(weeks=52)
CORRECTED_FOR = timedelta(days=120)


class RollOver(Model):
    """The plan for a district's new school year, named by the year it ends in."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    ends_in: Mapped[int]
    first_day: Mapped[date]
    last_day: Mapped[date]
    begun_at: Mapped[datetime]
    begun_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    applied_at: Mapped[datetime | None]
    applied_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    __table_args__ = (UniqueConstraint("district_id", "ends_in"), CheckConstraint("first_day < last_day", name="days_in_order"))

    @property
    def eve(self) -> date:
        """The last day on which the old year's appointments hold."""
        return self.first_day - timedelta(days=1)


class RollOverClosedDay(Model):
    """A closed day of the plan. One that was applied and is wanted no more is taken out of the calendar by applying again."""

    roll_over_id: Mapped[int] = mapped_column(ForeignKey("roll_over.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    reason: Mapped[str]
    wanted: Mapped[bool] = mapped_column(default=True)
    applied: Mapped[bool] = mapped_column(default=False)


class RollOverMove(Model):
    """Where a teacher's appointment goes on; what was done of it so far stands beside what is planned."""

    roll_over_id: Mapped[int] = mapped_column(ForeignKey("roll_over.id"), primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    kind: Mapped[str]
    to_school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    # Of who leaves: whether what they hold by hand (trainer, coach, maker contact …) ends too.
    all_roles: Mapped[bool] = mapped_column(default=False)
    done_kind: Mapped[str | None]
    done_school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    done_all_roles: Mapped[bool] = mapped_column(default=False)
    next_appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    ending_id: Mapped[int | None] = mapped_column(ForeignKey("ending.id"))

    appointment: Mapped[Appointment] = relationship(foreign_keys=appointment_id)
    next_appointment: Mapped[Appointment | None] = relationship(foreign_keys=next_appointment_id)
    to_school: Mapped[School | None] = relationship(foreign_keys=to_school_id)

    __table_args__ = (
        CheckConstraint("kind IN ('stays', 'moves', 'leaves')", name="kind"),
        CheckConstraint("(kind = 'moves') = (to_school_id IS NOT NULL)", name="moves_somewhere"),
        CheckConstraint("done_kind IS NULL OR done_kind IN ('stays', 'moves', 'leaves')", name="done_kind"),
        Index("ix_roll_over_move_appointment", "appointment_id"),
    )

    @property
    def is_done(self) -> bool:
        return (self.kind, self.to_school_id, self.all_roles) == (self.done_kind, self.done_school_id, self.done_all_roles)


class RollOverTarget(Model):
    """A target of the plan, and what it was before; so that applying it twice raises it once."""

    roll_over_id: Mapped[int] = mapped_column(ForeignKey("roll_over.id"), primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), primary_key=True)
    skill_id: Mapped[int] = mapped_column(ForeignKey("skill.id"), primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    percent_before: Mapped[int]
    percent: Mapped[int]

    __table_args__ = (CheckConstraint("percent BETWEEN 1 AND 100", name="percent"),)


def latest(district_id: int) -> RollOver | None:
    """The roll-over that is drafted, or was applied last."""
    return db.session.scalars(
        select(RollOver).where(RollOver.district_id == district_id).order_by(RollOver.ends_in.desc()).limit(1)
    ).first()


def in_hand(district_id: int, today: date) -> RollOver | None:
    """The roll-over that is worked on: the latest. An applied one can be corrected for a while into its year, then the next begins."""
    found = latest(district_id)
    if found is None:
        return None
    until = found.last_day if found.applied_at is None else found.first_day + CORRECTED_FOR
    return found if today <= until else None


def year_ahead(day: date) -> date:
    """The same weekday a year on: whichever of 52 and 53 weeks lands nearer to the same date."""
    same_date = date(day.year + 1, day.month, min(day.day, 28)) + timedelta(days=max(0, day.day - 28))
    return min((day + A_YEAR, day + A_YEAR + timedelta(weeks=1)), key=lambda candidate: abs(candidate - same_date))


def proposed_days(district: District, today: date) -> tuple[int, date, date, dict[date, str]]:
    """The new year's name, first and last day, and closed days with their reasons: what the calendar has of it already, and the
    old year's shifted onto the same weekdays. Three statements."""
    years = {year.ends_in: year for year in db.session.scalars(select(SchoolYear).where(SchoolYear.district_id == district.id))}
    begun = [year for year in years.values() if year.first_day <= today]
    old = max(begun, key=lambda year: year.first_day, default=None)
    ends_in = old.ends_in + 1 if old else today.year + (1 if today.month >= 7 else 0)
    if old is None:
        first, last = date(ends_in - 1, 8, 15), date(ends_in, 6, 10)
    else:
        first, last = year_ahead(old.first_day), year_ahead(old.last_day)
    there = years.get(ends_in)
    first, last = (there.first_day, there.last_day) if there else (first, last)
    closed = {}
    if old is not None:
        for day, reason in _closed(district.id, old.first_day, first - timedelta(days=1)):
            closed[year_ahead(day)] = reason
    known = dict(_closed(district.id, first, last))
    shifted = {day: reason for day, reason in closed.items() if first <= day <= last and not (known and reason in known.values())}
    return ends_in, first, last, dict(sorted((shifted | known).items()))


def _closed(district_id: int, first: date, last: date) -> list[tuple[date, str]]:
    query = select(ClosedDay.day, ClosedDay.reason).where(ClosedDay.district_id == district_id, ClosedDay.day.between(first, last))
    return [(day, reason) for day, reason in db.session.execute(query)]


def save_days(
    district: District, *, ends_in: int, first_day: date, last_day: date, closed: dict[date, str], by: Person, now: datetime
) -> RollOver:
    """Begin the draft of the year that is proposed to end in `ends_in`, or change its days; the year is named by its last day.

    Raises Refused for days out of order, for a year that overlaps another or was prepared already, for closed days outside of it,
    and for another first day once people were moved for it."""
    if not first_day < last_day:
        raise Refused(N_("The last day is before the first one."), field="last_day")
    outside = next((day for day in closed if not first_day <= day <= last_day), None)
    if outside is not None:
        raise Refused(N_("{day} is outside of the new year."), field="closed", day=outside)
    plan = latest(district.id)
    if plan is None or plan.ends_in != ends_in:
        plan = RollOver(district_id=district.id, ends_in=last_day.year, begun_at=now, begun_by_id=by.id)
    elif plan.applied_at is not None and plan.first_day != first_day:
        sentence = N_("People were moved for {day} already, so the first day stays.")
        raise Refused(sentence, field="first_day", day=plan.first_day)
    _refuse_another_name(plan, last_day.year)
    _refuse_an_overlap(district.id, last_day.year, first_day, last_day)
    plan.first_day, plan.last_day, plan.ends_in = first_day, last_day, last_day.year
    db.session.add(plan)
    db.session.flush()
    _keep_closed_days(plan, closed)
    db.session.flush()
    history.record(by, "new year drafted", plan, now, first_day=first_day.isoformat(), last_day=last_day.isoformat(), closed=len(closed))
    return plan


def _refuse_another_name(plan: RollOver, ends_in: int) -> None:
    """A year that was applied keeps its name, and there is one plan for each."""
    if plan.applied_at is not None and plan.ends_in != ends_in:
        raise Refused(N_("This is the school year that ends in {year}. Choose a last day in {year}."), field="last_day", year=plan.ends_in)
    others = select(RollOver.id).where(RollOver.district_id == plan.district_id, RollOver.ends_in == ends_in, RollOver.id != (plan.id or 0))
    if db.session.scalar(others) is not None:
        sentence = N_("The school year that ends in {year} was prepared already. Choose the days of the next one.")
        raise Refused(sentence, field="last_day", year=ends_in)


def _refuse_an_overlap(district_id: int, ends_in: int, first_day: date, last_day: date) -> None:
    overlapping = select(SchoolYear).where(
        SchoolYear.district_id == district_id,
        SchoolYear.ends_in != ends_in,
        SchoolYear.first_day <= last_day,
        SchoolYear.last_day >= first_day,
    )
    other = db.session.scalars(overlapping.limit(1)).first()
    if other is not None:
        sentence = N_("The school year that ends on {day} overlaps these days.")
        raise Refused(sentence, field="first_day", day=other.last_day)


def _keep_closed_days(plan: RollOver, closed: dict[date, str]) -> None:
    of_plan = RollOverClosedDay.roll_over_id == plan.id
    db.session.execute(delete(RollOverClosedDay).where(of_plan, RollOverClosedDay.applied == false()))
    db.session.execute(update(RollOverClosedDay).where(of_plan).values(wanted=False))
    kept = {row.day: row for row in closed_days(plan)}
    for day, reason in closed.items():
        row = kept.get(day) or RollOverClosedDay(roll_over_id=plan.id, day=day, district_id=plan.district_id)
        row.reason, row.wanted = reason, True
        db.session.add(row)


def closed_days(plan: RollOver) -> list[RollOverClosedDay]:
    query = select(RollOverClosedDay).where(RollOverClosedDay.roll_over_id == plan.id).order_by(RollOverClosedDay.day)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def drafted_targets(plan: RollOver) -> list[tuple[School, dict[int, tuple[int, int]]]]:
    """Each open school, by name, with its targets by skill: what it is now, or was before this plan, and what it will be."""
    schools = db.session.scalars(
        select(School).where(School.district_id == plan.district_id, School.closed_on.is_(None)).order_by(School.name)
    )
    found: dict[int, dict[int, tuple[int, int]]] = {}
    for target in db.session.scalars(select(CoverageTarget).where(CoverageTarget.district_id == plan.district_id)):
        found.setdefault(target.school_id, {})[target.skill_id] = (target.percent, target.percent)
    for row in db.session.scalars(select(RollOverTarget).where(RollOverTarget.roll_over_id == plan.id)):
        found.setdefault(row.school_id, {})[row.skill_id] = (row.percent_before, row.percent)
    return [(school, found.get(school.id, {})) for school in schools]


def raise_targets(plan: RollOver, points: dict[int, int], *, by: Person, now: datetime) -> None:
    """Plan each school's targets so many points higher than they are in the old year, and never over 100; by school id."""
    kept = {
        (row.school_id, row.skill_id): row
        for row in db.session.scalars(select(RollOverTarget).where(RollOverTarget.roll_over_id == plan.id))
    }
    for school, targets in drafted_targets(plan):
        for skill_id, (before, _) in targets.items():
            row = kept.get((school.id, skill_id)) or RollOverTarget(
                roll_over_id=plan.id, school_id=school.id, skill_id=skill_id, district_id=plan.district_id, percent_before=before
            )
            row.percent = max(1, min(100, before + points.get(school.id, 0)))
            db.session.add(row)
    db.session.flush()
    history.record(by, "new year's targets drafted", plan, now, points={str(school): raised for school, raised in points.items() if raised})
