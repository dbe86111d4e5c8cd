"""Money that a buyer sent by check or transfer for what was invoiced, as the office writes it down; and what it sent back.

Laws: every cent of it is on a line of an order (rule 4): it is split over what the lines owe, exactly; more than is owed is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, func, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from seminar.ground import history
from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.money.covering import PurchaseOrderLine, covered_by, hold_with_its_series, live_cover, settle
from seminar.money.invoice import invoiced_among
from seminar.money.ledger import LedgerEntry, balances, entry, write
from seminar.money.order import Order, OrderLine
from seminar.money.payment import Payment
from seminar.money.purchase_order import PurchaseOrder
from seminar.money.refund import Refund
from seminar.people.person import Person
from seminar.series.awaiting_po import give_awaited_seats
from seminar.series.enrolling import take_paid_seat
from seminar.series.enrollment import lock

LONGEST_REFERENCE = 80
NO_AMOUNT = N_("Type an amount in dollars, like 120 or 120.50.")


class Remittance(Model):
    """Money that came by check or transfer for a purchase order, or an order without one; or that was sent back."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    kind: Mapped[str]
    purchase_order_id: Mapped[int | None] = mapped_column(ForeignKey("purchase_order.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    amount_cents: Mapped[int]
    # The day on the check's stamp, and its number.
    day: Mapped[date]
    reference: Mapped[str]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    created_by: Mapped[Person] = relationship()

    __table_args__ = (
        CheckConstraint("kind IN ('payment', 'sent_back')", name="kind"),
        CheckConstraint("amount_cents > 0", name="amount"),
        CheckConstraint("(purchase_order_id IS NULL) <> (order_id IS NULL)", name="for_one_of_the_two"),
        Index("ix_remittance_purchase_order", "purchase_order_id"),
        Index("ix_remittance_order", "order_id"),
        Index("ix_remittance_district", "district_id", "kind"),
    )


@dataclass(frozen=True)
class Sent:
    """What the office writes down: how much, on which day, and the check's number or what the transfer says."""

    cents: int | None
    day: date | None
    reference: str


def split(cents: int, owed: Mapping[OrderLine, int]) -> dict[OrderLine, int]:
    """So many cents over what each line owes, in proportion; what is left of the division goes to the first ones, a cent each. No
    line has more than it owes."""
    whole = sum(owed.values())
    shares = {line: cents * part // whole for line, part in owed.items()}
    left = cents - sum(shares.values())
    for line, part in owed.items():
        if left and shares[line] < part:
            shares[line] += 1
            left -= 1
    return {line: share for line, share in shares.items() if share}


def record_payment(order: PurchaseOrder, sent: Sent, *, by: Person, now: datetime) -> Remittance:
    """Of what was invoiced for the purchase order, so much was paid. Raises Refused for more than is open on its invoices. Flushes."""
    covers = covered_by(order)
    hold_with_its_series(order, covers, now)
    lines = _invoiced(covered_by(order))
    owed = {line: part for line, part in _owed(lines).items() if part > 0}
    came = _write(order, None, "payment", sent, owed, by=by, now=now)
    paid = balances([line.id for line in owed])
    waited = [line.enrollment for line in owed if line.enrollment.state == "awaiting_po" and paid[line.id] <= 0]
    give_awaited_seats(waited, by=by, now=now)
    settle([order], now=now)
    return came


def record_payment_of_order(line: OrderLine, sent: Sent, *, by: Person, now: datetime) -> Remittance:
    """The same for an order that has an invoice of its own."""
    lock(line.enrollment.series)
    cover = live_cover(line.id)
    if cover is not None and cover.state == "covered":
        raise Refused(N_("Purchase order {number} covers this seat: its payments are written there."), status=409, number=cover.number)
    owed = {one: part for one, part in _owed(_invoiced_lines([line])).items() if part > 0}
    came = _write(None, line.order, "payment", sent, owed, by=by, now=now)
    if balances([line.id])[line.id] <= 0:
        take_paid_seat(line.enrollment, now=now)
        if cover is not None:
            cover.state, cover.state_since = "over", now
            db.session.flush()
    return came


def record_sent_back(order: PurchaseOrder, sent: Sent, *, by: Person, now: datetime) -> Remittance:
    """Of what was paid for the purchase order and isn't charged any more, so much went back to the buyer. Raises Refused for more.
    Flushes."""
    covers = covered_by(order)
    hold_with_its_series(order, covers, now)
    owed = owed_back([cover.line for cover in covers])
    return _write(order, None, "sent_back", sent, owed, by=by, now=now)


def record_sent_back_of_order(line: OrderLine, sent: Sent, *, by: Person, now: datetime) -> Remittance:
    """The same for an order without a purchase order."""
    lock(line.enrollment.series)
    return _write(None, line.order, "sent_back", sent, owed_back([line]), by=by, now=now)


def _invoiced(covers: Sequence[PurchaseOrderLine]) -> list[OrderLine]:
    return _invoiced_lines([cover.line for cover in covers])


def _invoiced_lines(lines: Sequence[OrderLine]) -> list[OrderLine]:
    done = invoiced_among([line.id for line in lines])
    return [line for line in lines if line.id in done]


def _owed(lines: Sequence[OrderLine]) -> dict[OrderLine, int]:
    owed = balances([line.id for line in lines])
    return {line: owed.get(line.id, 0) for line in lines}


def owed_back(lines: Sequence[OrderLine]) -> dict[OrderLine, int]:
    """By line, what came by check, isn't charged any more and wasn't sent back, in cents; what a card has back is none of it. Three
    statements."""
    ids = [line.id for line in lines]
    of_checks = select(LedgerEntry.line_id, func.sum(LedgerEntry.amount_cents)).where(LedgerEntry.line_id.in_(ids))
    came = _by_line(of_checks.where(LedgerEntry.source.startswith("remittance:")).group_by(LedgerEntry.line_id))
    on_cards = select(Payment.line_id, func.sum(Refund.amount_cents)).join(Refund, Refund.payment_id == Payment.id)
    on_cards = on_cards.where(Payment.line_id.in_(ids), Refund.state.in_(("requested", "submitted"))).group_by(Payment.line_id)
    under_way, owed = _by_line(on_cards), balances(ids)
    back = {line: min(-came.get(line.id, 0), -owed.get(line.id, 0) - under_way.get(line.id, 0)) for line in lines}
    return {line: cents for line, cents in back.items() if cents > 0}


def _by_line(query: Select[Any, Any]) -> dict[int, int]:
    return {line_id: int(cents) for line_id, cents in db.session.execute(query)}


def _write(
    order: PurchaseOrder | None,
    single: Order | None,
    kind: str,
    sent: Sent,
    owed: Mapping[OrderLine, int],
    *,
    by: Person,
    now: datetime,
) -> Remittance:
    whole, is_payment = sum(owed.values()), kind == "payment"
    cents, day, reference = sent.cents, sent.day, sent.reference
    if not whole:
        nothing = N_("Nothing that was invoiced is open here.") if is_payment else N_("Nothing is to be sent back here.")
        raise Refused(nothing, status=409)
    if not cents or cents < 0:
        raise Refused(NO_AMOUNT, field="amount")
    if cents > whole:
        more = N_("More than is open on its invoices can't be written down. Send back what is too much, and write down the rest.")
        raise Refused(more if is_payment else N_("No more than what was paid and isn't charged any more goes back."), field="amount")
    if day is None or day > by.district.day(now):
        raise Refused(N_("Type the day on which it came or went, today at the latest."), field="day")
    if not reference:
        raise Refused(N_("Type the check's number, or what the transfer says."), field="reference")
    thing = order or single
    assert thing is not None
    came = Remittance(district_id=thing.district_id, kind=kind, amount_cents=cents, day=day, reference=reference, created_at=now)
    came.purchase_order_id, came.order_id = order.id if order else None, single.id if single else None
    came.created_by_id = by.id
    db.session.add(came)
    db.session.flush()
    of_ledger = "payment" if is_payment else "refund"
    shares = split(cents, owed)
    source = f"remittance:{came.id}"
    write([entry(line, of_ledger, part, source=f"{source}:{line.id}", by=by, now=now, note=reference) for line, part in shares.items()])
    history.record(by, "payment recorded" if is_payment else "money sent back", came, now, cents=cents, reference=reference)
    return came


def remittances_of(order: PurchaseOrder) -> list[Remittance]:
    """In the order in which they were written down; one statement."""
    query = select(Remittance).where(Remittance.purchase_order_id == order.id).options(joinedload(Remittance.created_by))
    return list(db.session.scalars(query.order_by(Remittance.id)))


def is_paid_by_check(order_id: int) -> bool:
    """Whether any came for the order alone."""
    return db.session.scalar(select(Remittance.id).where(Remittance.order_id == order_id).limit(1)) is not None
