"""A delegate: who decides approvals for somebody, from a day until a day, while they are away.

Laws: what a delegate decides says for whom; nobody decides about their own request, as a delegate neither. It ends early by whoever
named them, and stays on record.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from seminar.ground import history
from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.people.appointment import standing
from seminar.people.person import Person


class ApprovalDelegate(Model):
    """That somebody decides approvals for a person, from a day until a day."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    # For whom.
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    delegate_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    named_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(foreign_keys=person_id)
    delegate: Mapped[Person] = relationship(foreign_keys=delegate_id)

    __table_args__ = (
        CheckConstraint("first_day <= last_day", name="days_in_order"),
        Index("ix_approval_delegate_person", "district_id", "person_id"),
        Index("ix_approval_delegate_delegate", "delegate_id", "last_day"),
    )


def holds_on(day: date) -> ColumnElement[bool]:
    """That it counts on that day."""
    return ApprovalDelegate.ended_at.is_(None) & (ApprovalDelegate.first_day <= day) & (ApprovalDelegate.last_day >= day)


def name_delegate(person: Person, delegate: Person, *, first_day: date, last_day: date, now: datetime) -> ApprovalDelegate:
    """Raises Refused for oneself, for days the wrong way round or gone by, and for somebody who doesn't work here. Flushes."""
    today = person.district.day(now)
    if delegate.id == person.id:
        raise Refused(N_("That is you. Name a colleague."), field="email")
    if last_day < first_day:
        raise Refused(N_("The last day is before the first one."), field="last_day")
    if last_day < today:
        raise Refused(N_("These days have gone by."), field="last_day")
    if not standing(delegate, today).appointments:
        raise Refused(N_("{name} doesn't work here now."), field="email", name=delegate.name)
    of = {"district_id": person.district_id, "person_id": person.id, "delegate_id": delegate.id}
    row = ApprovalDelegate(**of, first_day=first_day, last_day=last_day, named_at=now)
    db.session.add(row)
    db.session.flush()
    history.record(person, "delegate named", row, now, delegate=delegate.id, first=first_day.isoformat(), last=last_day.isoformat())
    return row


def end_delegate(row: ApprovalDelegate, *, by: Person, now: datetime) -> None:
    """They decide for nobody from now on; ended once is ended, also by two presses at one moment."""
    db.session.refresh(row, attribute_names=["ended_at"], with_for_update={"key_share": True})
    if row.ended_at is None:
        row.ended_at = now
        db.session.flush()
        history.record(by, "delegate ended", row, now, delegate=row.delegate_id)


def delegates_of(person: Person, day: date) -> list[ApprovalDelegate]:
    """Whom somebody named, today or for days to come, the first first; one statement."""
    mine = (ApprovalDelegate.district_id == person.district_id) & (ApprovalDelegate.person_id == person.id)
    query = select(ApprovalDelegate).where(mine, ApprovalDelegate.ended_at.is_(None), ApprovalDelegate.last_day >= day)
    in_order = query.order_by(ApprovalDelegate.first_day, ApprovalDelegate.id)
    return list(db.session.scalars(in_order.options(joinedload(ApprovalDelegate.delegate))))
