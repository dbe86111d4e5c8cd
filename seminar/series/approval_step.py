"""Who approves, in which order: a district's list of steps.

A step is decided by the principal of the person's school, by whoever runs the program, or by somebody who is named, within so many
school days. Laws: a step names a person or a role, never both; a request keeps the steps of the day on which it was made. A district
without a list asks the principal alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, delete, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from seminar.ground import history
from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.people.district import District
from seminar.people.person import Person

DECIDERS = {
    "principal": N_("Principal of the person's school"),
    "program_manager": N_("PD office"),
    "person": N_("Somebody named"),
}
MOST_STEPS, MOST_DAYS = 4, 20


class ApprovalStep(Model):
    """A step of the district's list: who decides, and within how many school days."""

    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[str]
    # Who is named.
    approver_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    school_days: Mapped[int]

    approver: Mapped[Person | None] = relationship()

    __table_args__ = (
        CheckConstraint("role IN ('principal', 'program_manager', 'person')", name="role"),
        CheckConstraint("(role = 'person') = (approver_id IS NOT NULL)", name="role_or_person"),
        CheckConstraint(f"school_days BETWEEN 1 AND {MOST_DAYS}", name="school_days"),
        Index("ix_approval_step_approver", "approver_id"),
    )


@dataclass(frozen=True)
class Step:
    """The same, as it is asked for."""

    role: str
    school_days: int
    approver: Person | None = None


WITHOUT_A_LIST = [Step("principal", 3)]


def steps_of(district_id: int) -> list[Step]:
    """The district's list today, in its order; one statement."""
    query = select(ApprovalStep.role, ApprovalStep.school_days, Person).outerjoin(Person, Person.id == ApprovalStep.approver_id)
    found = db.session.execute(query.where(ApprovalStep.district_id == district_id).order_by(ApprovalStep.position))
    return [Step(role, days, approver) for role, days, approver in found] or WITHOUT_A_LIST


def change_steps(district: District, steps: Sequence[Step], *, by: Person, now: datetime) -> None:
    """For requests from now on. Raises Refused where two of them are decided by the same."""
    deciders = [(step.role, step.approver.id if step.approver else None) for step in steps]
    if len({*deciders}) < len(deciders):
        raise Refused(N_("Two steps are decided by the same. Keep one of them."), field="role_0")
    db.session.execute(delete(ApprovalStep).where(ApprovalStep.district_id == district.id))
    rows = [(place, *decider, step.school_days) for place, (decider, step) in enumerate(zip(deciders, steps, strict=True))]
    for place, role, approver_id, days in rows:
        of = {"district_id": district.id, "position": place}
        db.session.add(ApprovalStep(**of, role=role, approver_id=approver_id, school_days=days))
    db.session.flush()
    history.record(by, "approval steps changed", district, now, steps=[list(row[1:]) for row in rows])
