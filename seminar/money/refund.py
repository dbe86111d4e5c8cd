"""Money that goes back to a card: asked for in the transaction that decides it, sent to Stripe by the worker.

States: requested → submitted (Stripe may know of it) → succeeded | failed; failed → requested, when somebody has it tried again;
succeeded → failed, where the bank sends it back. Laws: the refunds of a payment are never more than it brought (a trigger keeps
`refunded_cents`, a CHECK has the last word), nor than isn't disputed; each has its own idempotency key. Ending a place and refunding it
are two decisions: one made in Stripe's dashboard is written down, and changes nobody's seat.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, func, insert, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from seminar.ground import history, outbox
from seminar.ground.db import Model, db
from seminar.ground.history import Deed
from seminar.ground.outbox import Letter
from seminar.ground.refusal import N_, Refused
from seminar.ground.triggers import keeps_count, listed
from seminar.money.ledger import balances, entry, write
from seminar.money.order import OrderLine
from seminar.money.payment import CAPTURED, Payment, hold
from seminar.people.person import Person
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series

COUNTS = ("requested", "submitted", "succeeded")
STATES = (*COUNTS, "failed")
MOVES = {
    "requested": ("submitted", "failed"),
    "submitted": ("succeeded", "failed"),
    "failed": ("succeeded",),
    "succeeded": ("failed",),
}
# Why; templates/money/order.html says each.
WHYS = ("withdrawn", "canceled", "late", "twice", "office", "at_stripe")


class Refund(Model):
    """Money that goes back to a card."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    amount_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    why: Mapped[str] = mapped_column()
    note: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="requested")
    state_since: Mapped[datetime]
    # The person of the office, or who withdrew; None where it follows by itself.
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    # How often somebody had it tried again, and how often Stripe was asked since without an answer.
    tries: Mapped[int] = mapped_column(default=0)
    unheard: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    failed_because: Mapped[str] = mapped_column(default="")
    stripe_refund_id: Mapped[str | None]

    payment: Mapped[Payment] = relationship()

    __table_args__ = (
        CheckConstraint(f"state IN {listed(STATES)}", name="state"),
        CheckConstraint(f"why IN {listed(WHYS)}", name="why"),
        CheckConstraint("amount_cents > 0", name="amount"),
        UniqueConstraint("stripe_refund_id"),
        Index("ix_refund_payment", "payment_id"),
        Index("ix_refund_state", "district_id", "state"),
        Index(
            "ix_refund_due",
            "next_try_at",
            sqlite_where=state.in_(("requested", "submitted")),
            postgresql_where=state.in_(("requested", "submitted")),
        ),
        Index("ix_refund_at_stripe", "district_id", sqlite_where=why == "at_stripe", postgresql_where=why == "at_stripe"),
    )

    @property
    def key(self) -> str:
        """Ours, by which Stripe knows that a repeated call is the same; a new try after a failure is another one."""
        return f"refund-{self.payment.token}-{self.id}-{self.tries}"


keeps_count("refund_counts", table="refund", states=COUNTS, parent="payment", column="refunded_cents", amount="amount_cents")


def request(payment: Payment, cents: int, *, why: str, by: Person | None, now: datetime, note: str = "") -> Refund:
    """Have so many cents go back; the payment is locked. Raises Refused for more than is left of it. Flushes."""
    if not 0 < cents <= payment.left_cents:
        raise Refused(N_("No more than what was paid and is neither refunded nor disputed can go back."), field="amount")
    (refund_id,) = request_many([(payment, cents)], why=why, by=by, now=now, note=note)
    db.session.refresh(payment, attribute_names=["refunded_cents"])
    return db.session.get_one(Refund, refund_id)


def request_many(those: Sequence[tuple[Payment, int]], *, why: str, by: Person | None, now: datetime, note: str = "") -> list[int]:
    """The same of many at once, each within what is left of its payment; their ids. Two statements."""
    if not those:
        return []
    of = {"why": why, "by_id": by.id if by else None, "state_since": now, "created_at": now, "next_try_at": now, "note": note}
    rows = [
        {**of, "district_id": payment.district_id, "payment_id": payment.id, "amount_cents": cents, "currency": payment.currency}
        for payment, cents in those
    ]
    made = insert(Refund).returning(Refund.id, sort_by_parameter_order=True)
    ids = list(db.session.scalars(made, rows))
    said = [{"cents": row["amount_cents"], "why": why} for row in rows]
    deeds = [Deed("refund requested", "refund", id, details) for id, details in zip(ids, said, strict=True)]
    history.record_many(by, deeds, district_id=those[0][0].district_id, now=now)
    return ids


def move(refund: Refund, state: str, *, now: datetime, **details: Any) -> None:
    """Raises ValueError for a state that may not follow: whoever asks looked before."""
    if state not in MOVES[refund.state]:
        raise ValueError(f"Refund {refund.id} is {refund.state}, which {state} can't follow.")
    refund.state, refund.state_since = state, now
    db.session.flush()
    history.record(None, f"refund {state}", refund, now, cents=refund.amount_cents, **details)


def try_again(refund: Refund, *, by: Person, now: datetime) -> None:
    """Have one that failed sent once more, as another try. Raises Refused where it didn't, and where so much isn't left of its payment
    or isn't owed any more."""
    payment = refund.payment
    hold(payment)
    db.session.refresh(refund, attribute_names=["state"])
    if refund.state != "failed":
        raise Refused(N_("This refund didn't fail."), status=409)
    if refund.amount_cents > min(payment.left_cents, owed_back(payment.line_id)):
        raise Refused(N_("So much isn't owed any more: it went back otherwise, or the payment is disputed."), status=409)
    refund.next_try_at, refund.tries, refund.unheard, refund.failed_because = now, refund.tries + 1, 0, ""
    refund.stripe_refund_id = None
    refund.state, refund.state_since = "requested", now
    db.session.flush()
    history.record(by, "refund tried again", refund, now, cents=refund.amount_cents)


def owed_back(line_id: int) -> int:
    """What the district owes for the line and isn't under way, in cents; two statements."""
    under_way = select(func.sum(Refund.amount_cents)).join(Payment, Payment.id == Refund.payment_id)
    under_way = under_way.where(Payment.line_id == line_id, Refund.state.in_(("requested", "submitted")))
    return -balances([line_id]).get(line_id, 0) - int(db.session.scalar(under_way) or 0)


def went_back(refund: Refund, *, now: datetime) -> None:
    """The money is on its way to the card: the ledger says so, and whoever paid is told."""
    source = f"refund:{refund.id}:{refund.tries}"
    move(refund, "succeeded", now=now)
    line = refund.payment.line
    write([entry(line, "refund", refund.amount_cents, source=source, by=None, now=now, note=refund.note)])
    values = {
        "title": line.enrollment.series.seminar.title,
        "order_id": line.order_id,
        "amount_cents": refund.amount_cents,
        "currency": refund.currency,
        "why": refund.why,
        "note": refund.note,
    }
    outbox.put_all("refunded", [Letter(line.order.person, source, values)], now=now)


def came_to_nothing(refund: Refund, *, because: str, now: datetime) -> None:
    """The bank or Stripe said no; where it had gone back already, it is owed again. It stands on the office's list."""
    had_gone = refund.state == "succeeded"
    move(refund, "failed", now=now, because=because)
    refund.failed_because = because
    if had_gone:
        # What went back came in again.
        source = f"refund-returned:{refund.id}:{refund.tries}"
        line = refund.payment.line
        write([entry(line, "payment", refund.amount_cents, source=source, by=None, now=now)])
    db.session.flush()


def whole_refund() -> Any:
    """What a refund's mail and its list read beside it."""
    line = joinedload(Refund.payment).joinedload(Payment.line)
    series = line.joinedload(OrderLine.enrollment).joinedload(Enrollment.series)
    return (line.joinedload(OrderLine.order), series.joinedload(Series.seminar))


def refunds_of(order_id: int) -> list[Refund]:
    """In the order in which they were asked for; one statement."""
    query = select(Refund).join(Payment, Payment.id == Refund.payment_id).where(Payment.order_id == order_id)
    return list(db.session.scalars(query.order_by(Refund.id)))


def captured(line_ids: Iterable[int]) -> list[Payment]:
    """Payments of these lines of which something is left, the first ones first, locked; one statement."""
    query = select(Payment).where(Payment.line_id.in_(list(line_ids)), Payment.state.in_(CAPTURED))
    locked = query.where(Payment.refunded_cents < Payment.amount_cents).order_by(Payment.id).with_for_update(key_share=True)
    return list(db.session.scalars(locked.execution_options(populate_existing=True)))
