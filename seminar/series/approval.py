"""An approval: a step of a request for a seat, which one person decides.

A request goes with a place that is requested, and has steps in order. A step waits for those before it; then it is open, until it is
approved, declined, skipped (nobody could decide it) or asked again (the price or the dates changed, and a new round began). Laws:
nobody decides about their own request, by the database itself; a place leaves `requested` for a seat only once its request is approved,
by the database too; what was decided stays, with who, when, and for whom.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ColumnElement, ForeignKey, Index, Text, UniqueConstraint, and_, false, or_, select, text
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from seminar.ground.db import Model, db
from seminar.ground.triggers import Trigger, declare
from seminar.people.appointment import Appointment, Standing, current_on
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.approval_delegate import ApprovalDelegate, holds_on
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series

LONGEST_NOTE, LONGEST_CODE, LONGEST_REASON = 500, 60, 300
# Behind every step of a list: the PD office decides where nobody else can.
LAST_RESORT = 100


class ApprovalRequest(Model):
    """That somebody's seat is to be approved: what it takes besides, and until when it was."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    enrollment_id: Mapped[int] = mapped_column(ForeignKey("enrollment.id"))
    # Who asks, and the school whose principal decides.
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    # It grows when the steps begin again.
    round: Mapped[int] = mapped_column(default=1)
    asked_at: Mapped[datetime]
    # Days on which a substitute teaches their class, as 2027-03-02.
    substitute_days: Mapped[list[str]] = mapped_column(JSON, default=list)
    funding_code: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(Text, default="")
    approved_at: Mapped[datetime | None]

    enrollment: Mapped[Enrollment] = relationship()
    person: Mapped[Person] = relationship(foreign_keys=person_id)
    school: Mapped[School | None] = relationship()
    all_steps: Mapped[list["Approval"]] = relationship(
        back_populates="request", order_by=lambda: (Approval.round, Approval.position), cascade="all"
    )

    __table_args__ = (
        UniqueConstraint("enrollment_id"),
        Index("ix_approval_request_district", "district_id", "school_id"),
        Index("ix_approval_request_person", "person_id"),
    )

    @property
    def steps(self) -> list["Approval"]:
        """Those of this round, in order."""
        return [step for step in self.all_steps if step.round == self.round]

    @property
    def open_step(self) -> "Approval | None":
        """The one that is to be decided now, as far as the seat is still kept."""
        return next((step for step in self.steps if step.begins_at is not None and step.decision is None), None)


class Approval(Model):
    """A step of a request: who may decide it until when, and what was decided by whom."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    request_id: Mapped[int] = mapped_column(ForeignKey("approval_request.id"))
    # Whose request it is.
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    round: Mapped[int] = mapped_column(default=1)
    position: Mapped[int]
    role: Mapped[str]
    approver_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    school_days: Mapped[int]
    begins_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    remind_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    decision: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # For whom a delegate, or the PD office, decided.
    behalf_of_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str | None]

    request: Mapped[ApprovalRequest] = relationship(back_populates="all_steps")
    approver: Mapped[Person | None] = relationship(foreign_keys=approver_id)
    decided_by: Mapped[Person | None] = relationship(foreign_keys=decided_by_id)
    behalf_of: Mapped[Person | None] = relationship(foreign_keys=behalf_of_id)

    __table_args__ = (
        UniqueConstraint("request_id", "round", "position"),
        CheckConstraint("role IN ('principal', 'program_manager', 'person')", name="role"),
        CheckConstraint("(role = 'person') = (approver_id IS NOT NULL)", name="role_or_person"),
        CheckConstraint("decision IN ('approved', 'declined', 'skipped', 'again')", name="decision"),
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided_on_a_day"),
        CheckConstraint("decision NOT IN ('approved', 'declined') OR decided_by_id IS NOT NULL", name="decided_by_somebody"),
        CheckConstraint("decision <> 'declined' OR reason IS NOT NULL", name="declined_with_a_reason"),
        CheckConstraint("decided_by_id <> person_id", name="never_about_oneself"),
        CheckConstraint("(begins_at IS NULL) = (due_at IS NULL)", name="open_until"),
        Index("ix_approval_person", "person_id"),
        Index("ix_approval_decided_by", "decided_by_id", "decided_at"),
        Index(
            "uq_approval_one_open",
            "request_id",
            unique=True,
            sqlite_where=text("begins_at IS NOT NULL AND decision IS NULL"),
            postgresql_where=text("begins_at IS NOT NULL AND decision IS NULL"),
        ),
        Index(
            "ix_approval_remind",
            "remind_at",
            sqlite_where=text("decision IS NULL AND reminded_at IS NULL"),
            postgresql_where=text("decision IS NULL AND reminded_at IS NULL"),
        ),
        Index(
            "ix_approval_open",
            "district_id",
            "due_at",
            sqlite_where=text("begins_at IS NOT NULL AND decision IS NULL"),
            postgresql_where=text("begins_at IS NOT NULL AND decision IS NULL"),
        ),
    )


def _no_seat_before_it_is_approved() -> None:
    name = "enrollment_approved"
    leaves = "OLD.state = 'requested' AND NEW.state IN ('held', 'awaiting_po', 'enrolled')"
    unapproved = "EXISTS (SELECT 1 FROM approval_request r WHERE r.enrollment_id = NEW.id AND r.approved_at IS NULL)"
    says = "a seat is taken once its request is approved"
    declare(
        Trigger(
            name=name,
            table="enrollment",
            sqlite=f"CREATE TRIGGER {name} BEFORE UPDATE ON enrollment WHEN {leaves} AND {unapproved}"
            f" BEGIN SELECT RAISE(ABORT, '{says}'); END",
            body=f"BEGIN IF {leaves} AND {unapproved} THEN RAISE EXCEPTION '{says}'"
            " USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END",
            timing="BEFORE UPDATE",
            reads="approval_request",
        )
    )


_no_seat_before_it_is_approved()


def whole() -> tuple[ORMOption, ...]:
    """What is read of a request wherever it is decided or told of."""
    place = joinedload(ApprovalRequest.enrollment)
    series = place.joinedload(Enrollment.series)
    steps = selectinload(ApprovalRequest.all_steps)
    return (
        joinedload(ApprovalRequest.person).joinedload(Person.district),
        joinedload(ApprovalRequest.school),
        series.joinedload(Series.seminar),
        series.selectinload(Series.meetings),
        steps.joinedload(Approval.approver),
    )


def request_of(place: Enrollment) -> ApprovalRequest | None:
    """The request of a place, with its steps and who decided them; two statements."""
    steps = selectinload(ApprovalRequest.all_steps)
    who = (steps.joinedload(Approval.approver), steps.joinedload(Approval.decided_by), steps.joinedload(Approval.behalf_of))
    query = select(ApprovalRequest).where(ApprovalRequest.enrollment_id == place.id)
    return db.session.scalars(query.options(*who)).one_or_none()


@dataclass
class Deciders:
    """Who may decide which steps, on the day that it is in each district; the requester themself is never among them."""

    principals: dict[int, list[Person]] = field(default_factory=lambda: defaultdict(list))
    office: dict[int, list[Person]] = field(default_factory=lambda: defaultdict(list))
    named: dict[int, Person] = field(default_factory=dict)
    delegates: dict[int, list[Person]] = field(default_factory=lambda: defaultdict(list))

    def of(self, step: Approval, school_id: int | None) -> list[Person]:
        """Those whose step it is."""
        if step.role == "principal":
            found = self.principals.get(school_id or 0, [])
        elif step.role == "program_manager":
            found = self.office.get(step.district_id, [])
        else:
            found = [self.named[step.approver_id]] if step.approver_id in self.named else []
        return [person for person in found if person.id != step.person_id]

    def stand_ins(self, step: Approval, school_id: int | None) -> list[tuple[Person, Person]]:
        """The delegates of those, each with whom they decide for."""
        whose = self.of(step, school_id)
        return [(one, person) for person in whose for one in self.delegates.get(person.id, []) if one.id != step.person_id]

    def everybody(self, step: Approval, school_id: int | None) -> list[tuple[Person, Person | None]]:
        """Each once who is told of the step, with whom they stand in for."""
        found: dict[int, tuple[Person, Person | None]] = {person.id: (person, None) for person in self.of(step, school_id)}
        for one, person in self.stand_ins(step, school_id):
            found.setdefault(one.id, (one, person))
        return list(found.values())

    def may_decide(self, person: Person, step: Approval, school_id: int | None) -> tuple[bool, Person | None]:
        """Whether this person may, and for whom where it isn't their own step: a delegate, or the PD office for anybody."""
        if person.id == step.person_id:
            return False, None
        own = self.of(step, school_id)
        if any(one.id == person.id for one in own):
            return True, None
        for one, whose in self.stand_ins(step, school_id):
            if one.id == person.id:
                return True, whose
        is_office = any(one.id == person.id for one in self.office.get(step.district_id, []))
        return is_office, own[0] if is_office and own else None


def deciders_of(requests: Sequence[ApprovalRequest], days: dict[int, date]) -> Deciders:
    """Who may decide any step of these requests; `days` is by district what day it is there. Two statements for each day, of which
    there are at most three on earth."""
    found = Deciders()
    for day in {*days.values()}:
        those = [request for request in requests if days[request.district_id] == day]
        _find(found, those, day)
    return found


def _find(found: Deciders, requests: Iterable[ApprovalRequest], day: date) -> None:
    districts = {request.district_id for request in requests}
    schools = {request.school_id for request in requests if request.school_id is not None}
    named = {step.approver_id for request in requests for step in request.all_steps if step.approver_id is not None}
    roles = or_(
        (Appointment.role == "principal") & Appointment.school_id.in_(schools),
        Appointment.role == "program_manager",
        Appointment.person_id.in_(named),
    )
    query = select(Appointment).where(Appointment.district_id.in_(districts), current_on(day), roles)
    everybody: set[int] = set()
    for appointment in db.session.scalars(query.options(joinedload(Appointment.person)).order_by(Appointment.id)):
        person = appointment.person
        everybody.add(person.id)
        if person.id in named:
            found.named[person.id] = person
        if appointment.role == "principal" and appointment.school_id is not None and person not in found.principals[appointment.school_id]:
            found.principals[appointment.school_id].append(person)
        if appointment.role == "program_manager" and person not in found.office[appointment.district_id]:
            found.office[appointment.district_id].append(person)
    theirs = (ApprovalDelegate.district_id.in_(districts)) & ApprovalDelegate.person_id.in_(everybody) & holds_on(day)
    query_delegates = select(ApprovalDelegate).where(theirs).options(joinedload(ApprovalDelegate.delegate))
    for row in db.session.scalars(query_delegates.order_by(ApprovalDelegate.id)):
        if row.delegate not in found.delegates[row.person_id]:
            found.delegates[row.person_id].append(row.delegate)


def _steps_of(standing: Standing) -> ColumnElement[bool]:
    """That a step is this person's own, by who they are today."""
    person_id, schools = standing.person.id, standing.school_ids("principal")
    principal = (Approval.role == "principal") & ApprovalRequest.school_id.in_(schools) if schools else false()
    office = (Approval.role == "program_manager") if standing.has("program_manager") else false()
    theirs = or_(principal, office, Approval.approver_id == person_id)
    # Nobody decides about their own, and so nobody for them.
    return and_(theirs, Approval.person_id != person_id)


def standings_to_decide(standing: Standing) -> list[Standing]:
    """Whom somebody decides for today besides themself; two statements at most."""
    query = select(ApprovalDelegate).where(ApprovalDelegate.delegate_id == standing.person.id, holds_on(standing.day))
    people = {row.person_id: row.person for row in db.session.scalars(query.options(joinedload(ApprovalDelegate.person)))}
    if not people:
        return []
    held = select(Appointment).where(Appointment.person_id.in_(people), current_on(standing.day))
    by_person: dict[int, list[Appointment]] = defaultdict(list)
    for appointment in db.session.scalars(held):
        by_person[appointment.person_id].append(appointment)
    return [Standing(person, standing.day, tuple(by_person[person_id])) for person_id, person in people.items()]


def theirs_to_decide(standing: Standing) -> ColumnElement[bool]:
    """That a step is theirs to decide today, as their own or for somebody; of the whole district for who runs the program."""
    mine = Approval.person_id != standing.person.id
    if standing.has("program_manager"):
        return mine
    return mine & or_(*(_steps_of(one) for one in (standing, *standings_to_decide(standing))))


def is_open(now: datetime) -> ColumnElement[bool]:
    """That a step, joined with its request and place, is to be decided now."""
    kept = (Enrollment.state == "requested") & (Enrollment.hold_until > now)
    return kept & Approval.begins_at.is_not(None) & Approval.decision.is_(None)
