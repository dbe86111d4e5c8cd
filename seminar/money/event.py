"""What Stripe tells of by itself. An event is written down in the transaction that does its work, so that one that comes again does
nothing, and one whose work failed can come again."""

from datetime import datetime

from sqlalchemy import Index, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from seminar.ground.db import Model, db
from seminar.money.found import CardDispute, CardPage, CardRefund
from seminar.money.settling import dispute_told, page_told, refund_told


class StripeEvent(Model):
    """An event of Stripe's whose work is done."""

    id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (Index("ix_stripe_event_at", "at"),)


def known(event_ids: list[str]) -> set[str]:
    """Those of them whose work is done; one statement."""
    return set(db.session.scalars(select(StripeEvent.id).where(StripeEvent.id.in_(event_ids))))


def take(event_id: str, type: str, found: CardPage | CardRefund | CardDispute | None, *, now: datetime) -> bool:
    """Do the work of an event, unless it is done: `found` is what Stripe said when it was asked what the event is about. Answers
    whether there was anything to do. Raises NotYet and NotAsAsked, and is to be rolled back then. Flushes."""
    made = sqlite.insert(StripeEvent) if db.session.get_bind().dialect.name == "sqlite" else postgresql.insert(StripeEvent)
    new = made.values(id=event_id, type=type, at=now).on_conflict_do_nothing(index_elements=["id"])
    if db.session.scalar(new.returning(StripeEvent.id)) is None:
        return False
    if isinstance(found, CardPage):
        page_told(found, now=now)
    elif isinstance(found, CardRefund):
        refund_told(found, now=now)
    elif isinstance(found, CardDispute):
        dispute_told(found, now=now)
    return True
