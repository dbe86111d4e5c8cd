"""An attempt to pay an order by card.

States: created (its parameters are stored, Stripe may know of it) → pending (Stripe's page is open, or the money is on its way) →
succeeded | failed | expired; failed and expired → succeeded, where the money came all the same; succeeded → disputed → won | lost.
Laws: one open attempt per order; each has its own idempotency key, and its parameters are stored before Stripe is called, so that a
call that is made again is the same call; refunds are never more than what it brought, by a trigger and a CHECK.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from seminar.ground import history
from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.ground.triggers import listed
from seminar.money.ledger import balances
from seminar.money.order import Order, OrderLine
from seminar.people.person import Person
from seminar.series.enrollment import Enrollment, lock
from seminar.series.series import Series
from seminar.series.waitlist import settled

OPEN = ("created", "pending")
MOVES = {
    "created": ("pending", "succeeded", "failed", "expired"),
    "pending": ("succeeded", "failed", "expired"),
    "failed": ("succeeded",),
    "expired": ("succeeded",),
    "succeeded": ("disputed",),
    "disputed": ("won", "lost"),
    "won": ("disputed",),
}
STATES = ("created", "pending", "succeeded", "failed", "expired", "disputed", "won", "lost")
# What may have brought nothing yet.
NOT_COME = (*OPEN, "failed", "expired")
# What it brought is there to be refunded.
CAPTURED = ("succeeded", "won")
# Stripe's pages live for half an hour at least; the hold outlives them by what an answer may take.
PAGE_LIVES = timedelta(minutes=34)
ANSWERS_WITHIN = timedelta(minutes=5)
# Nobody keeps a seat by opening one page after the other: so many that came to nothing are enough.
MOST_PAGES = 3
# What may have changed since the payment was read.
_CHANGES = ["state", "session_id", "page_url", "payment_intent", "on_its_way_at", "refunded_cents"]


class Payment(Model):
    """An attempt to pay an order by card: what Stripe was asked, and what became of it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"))
    amount_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(default="created")
    state_since: Mapped[datetime]
    # Ours, and nobody can guess it: it names the attempt to Stripe, and makes a repeated call the same one.
    token: Mapped[str]
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    page_until: Mapped[datetime]
    # Theirs.
    session_id: Mapped[str | None]
    page_url: Mapped[str | None]
    payment_intent: Mapped[str | None]
    # The page was finished and the bank takes days.
    on_its_way_at: Mapped[datetime | None]
    # When the worker last asked Stripe of it.
    asked_at: Mapped[datetime | None]
    refunded_cents: Mapped[int] = mapped_column(default=0)

    order: Mapped[Order] = relationship()
    line: Mapped[OrderLine] = relationship()

    __table_args__ = (
        CheckConstraint(f"state IN {listed(STATES)}", name="state"),
        CheckConstraint("amount_cents > 0", name="amount"),
        CheckConstraint("refunded_cents BETWEEN 0 AND amount_cents", name="refunded"),
        UniqueConstraint("token"),
        UniqueConstraint("session_id"),
        UniqueConstraint("payment_intent"),
        Index(
            "uq_payment_one_open",
            "order_id",
            unique=True,
            sqlite_where=state.in_(OPEN),
            postgresql_where=state.in_(OPEN),
        ),
        Index("ix_payment_order", "order_id"),
        Index("ix_payment_line", "line_id"),
        Index("ix_payment_open", "page_until", sqlite_where=state.in_(OPEN), postgresql_where=state.in_(OPEN)),
        Index("ix_payment_state", "district_id", "state"),
    )

    @property
    def left_cents(self) -> int:
        """What of it can be refunded still."""
        return self.amount_cents - self.refunded_cents if self.state in CAPTURED else 0


def move(payment: Payment, state: str, *, now: datetime) -> None:
    """Raises ValueError for a state that may not follow: whoever asks looked before."""
    if state not in MOVES.get(payment.state, ()):
        raise ValueError(f"Payment {payment.id} is {payment.state}, which {state} can't follow.")
    payment.state, payment.state_since = state, now
    db.session.flush()
    history.record(None, f"payment {state}", payment, now, cents=payment.amount_cents)


def begin_payment(line: OrderLine, *, token: str, page: dict[str, Any], by: Person, now: datetime) -> Payment:
    """An attempt to pay what is owed for a seat that is kept for it: the one that is open, or a new one, which Stripe is to be
    told of after the commit. `page` is what Stripe's page says beside the amount. Raises Refused where nothing is to be paid. Flushes."""
    place = line.enrollment
    lock(place.series)
    settled(place.series, now)
    db.session.refresh(place, attribute_names=["state", "hold_until"])
    owed = balances([line.id]).get(line.id, 0)
    if place.state not in ("held", "awaiting_po") or owed <= 0:
        raise Refused(N_("Nothing is to be paid for this seat now. Its series says whether one is free."), status=409)
    open_one = open_payment(line.order_id)
    if open_one is not None:
        if open_one.on_its_way_at is not None:
            raise Refused(N_("Your bank is working on this payment. You needn't pay again: a mail says when it is done."), status=409)
        return open_one
    _keep_the_seat(place, line, now)
    currency = line.order.currency
    payment = Payment(
        district_id=line.district_id,
        order_id=line.order_id,
        line_id=line.id,
        amount_cents=owed,
        currency=currency,
        state_since=now,
        token=token,
        parameters={"amount_cents": owed, "currency": currency, **page},
        created_at=now,
        page_until=now + PAGE_LIVES,
    )
    db.session.add(payment)
    db.session.flush()
    history.record(by, "payment begun", payment, now, cents=owed)
    return payment


def _keep_the_seat(place: Enrollment, line: OrderLine, now: datetime) -> None:
    """Until the page is over and its answer was heard."""
    in_vain = select(func.count()).where(Payment.line_id == line.id, Payment.state.in_(("expired", "failed")))
    if (db.session.scalar(in_vain) or 0) >= MOST_PAGES:
        raise Refused(N_("This seat was kept for long enough without being paid. When it is free again you can enroll anew."), status=409)
    needed = now + PAGE_LIVES + ANSWERS_WITHIN
    place.hold_until = max(place.hold_until or needed, needed)


def open_payment(order_id: int) -> Payment | None:
    """The order's open attempt, read anew."""
    query = select(Payment).where(Payment.order_id == order_id, Payment.state.in_(OPEN))
    return db.session.scalar(query.execution_options(populate_existing=True))


def with_a_bank(order_ids: Sequence[int]) -> set[int]:
    """Those of the orders on whose payment a bank is working; one statement."""
    query = select(Payment.order_id).where(Payment.order_id.in_(order_ids), Payment.state.in_(OPEN))
    return set(db.session.scalars(query.where(Payment.on_its_way_at.is_not(None))))


def page_opened(payment: Payment, *, session_id: str, url: str, now: datetime) -> None:
    """Stripe has a page for it. Twice told is once."""
    hold(payment)
    if payment.session_id is None:
        payment.session_id, payment.page_url = session_id, url
    if payment.state == "created":
        move(payment, "pending", now=now)


def hold(payment: Payment) -> None:
    """Hold the payment's row, read anew, before any of its refunds: in this order, always."""
    db.session.refresh(payment, attribute_names=_CHANGES, with_for_update={"key_share": True})


def lock_payment(payment: Payment) -> None:
    """Hold its series and then itself, read anew: whatever Stripe says of it comes one after the other."""
    place = payment.line.enrollment
    lock(place.series)
    hold(payment)


def payment_named(token: str) -> Payment | None:
    """By the name that Stripe has for it, with all that settling it reads beside it; one statement."""
    of_series = joinedload(Enrollment.series).options(joinedload(Series.seminar), joinedload(Series.meetings))
    place = joinedload(Payment.line).joinedload(OrderLine.enrollment)
    beside = joinedload(Payment.order), place.options(joinedload(Enrollment.person), of_series)
    return db.session.scalars(select(Payment).where(Payment.token == token).options(*beside)).unique().one_or_none()


def payments_of(order_id: int) -> list[Payment]:
    """In the order in which they were begun; one statement."""
    return list(db.session.scalars(select(Payment).where(Payment.order_id == order_id).order_by(Payment.id)))
