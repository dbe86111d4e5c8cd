"""Saying that a purchase order pays: whoever pays for a seat says so at their order, and a principal or the PD office for several seats
of a series at once.

Laws: as covering says them; all of the seats are said of, or none is. One lock, one transaction, as many statements for forty seats as
for four.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import contains_eager, joinedload

from seminar.ground import history, outbox
from seminar.ground.db import db
from seminar.ground.history import Deed
from seminar.ground.outbox import Letter
from seminar.ground.refusal import N_, Refused
from seminar.money.covering import EXPIRED, WAITS_FOR_MONEY, PurchaseOrderLine, cover_what_fits, live_covers, said_of
from seminar.money.ledger import balances
from seminar.money.order import Order, OrderLine
from seminar.money.payment import with_a_bank
from seminar.money.po_settings import awaited_until, how_taken
from seminar.money.purchase_order import LONGEST_NUMBER, OPEN, PurchaseOrder, as_number, hold, standing_order
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.awaiting_po import await_purchase_order
from seminar.series.enrollment import Enrollment, lock
from seminar.series.series import Series
from seminar.series.waitlist import settled


@dataclass(frozen=True)
class Typed:
    """What somebody says: the purchase order's number, and whose it is (None: the district's)."""

    number: str
    school: School | None


@dataclass(frozen=True)
class ToPay:
    """A seat that waits for its money, with what is owed for it in cents; and the number of the purchase order that it waits for, or ''."""

    line: OrderLine
    owed: int
    awaits: str

    @property
    def place(self) -> Enrollment:
        return self.line.enrollment


def seats_to_pay(series: Series, whose: ColumnElement[bool], now: datetime) -> list[ToPay]:
    """Of these people's seats in the series those of which a purchase order can be said now, by name; four statements at most."""
    who_has_it = contains_eager(OrderLine.enrollment).contains_eager(Enrollment.person)
    query = (
        select(OrderLine)
        .join(OrderLine.enrollment)
        .join(Enrollment.person)
        .where(Enrollment.series_id == series.id, Enrollment.state.in_(WAITS_FOR_MONEY), Enrollment.hold_until > now, whose)
        .options(who_has_it, joinedload(OrderLine.order).joinedload(Order.person))
        .order_by(Person.family_name, Person.given_name, Person.id)
    )
    lines = list(db.session.scalars(query))
    owed = balances([line.id for line in lines])
    covers = {cover.line_id: cover for cover in live_covers([line.id for line in lines])}
    banks = with_a_bank([line.order_id for line in lines])
    return [
        ToPay(line, owed[line.id], covers[line.id].number if line.id in covers else "")
        for line in lines
        if owed.get(line.id, 0) > 0 and line.order_id not in banks and (line.id not in covers or covers[line.id].state == "awaited")
    ]


def pay_by_purchase_order(lines: Sequence[OrderLine], typed: Typed, *, by: Person, now: datetime) -> list[PurchaseOrderLine]:
    """These seats of one series wait for this purchase order from now on; or are covered by it at once where it is accepted, the first
    ones first, as far as it goes. Raises Refused where nothing is to be paid for one of them, while a card payment for one is on its
    way, where one is covered already, for no number, and for one that expired. Flushes."""
    series, number = lines[0].enrollment.series, as_number(typed.number)
    lock(series)
    settled(series, now)
    owed = balances([line.id for line in lines])
    _refuse_unless_to_be_paid(lines, owed)
    _refuse_what_is_no_number(number)
    order = _held_open_order(series, typed, number, now)
    _end_the_awaited(lines, now)
    covers = [_cover(line, typed, number, by=by, now=now) for line in lines]
    db.session.add_all(covers)
    db.session.flush()
    if held := [line.enrollment for line in lines if line.enrollment.state == "held"]:
        await_purchase_order(held, until=awaited_until(series, how_taken(series.district_id).school_days, now), by=by, now=now)
    deeds = [Deed("purchase order chosen", "orders", line.order_id, {"number": number, "cents": owed[line.id]}) for line in lines]
    history.record_many(by, deeds, district_id=series.district_id, now=now)
    wait_on = cover_what_fits(order, covers, owed, by=by, now=now) if order is not None else covers
    outbox.put_all("awaiting_po", [_letter(cover, owed[cover.line_id]) for cover in wait_on], now=now)
    return covers


def _refuse_unless_to_be_paid(lines: Sequence[OrderLine], owed: Mapping[int, int]) -> None:
    """As the places are, now that their series is locked; two statements."""
    anew = select(Enrollment).where(Enrollment.id.in_([line.enrollment_id for line in lines]))
    db.session.scalars(anew.execution_options(populate_existing=True)).all()
    banks = with_a_bank([line.order_id for line in lines])
    for line in lines:
        name = line.enrollment.person.name
        if line.enrollment.state not in WAITS_FOR_MONEY or owed.get(line.id, 0) <= 0:
            sentence = N_("Nothing is to be paid for the seat of {name} now. The series' page says whether one is free.")
            raise Refused(sentence, status=409, name=name)
        if line.order_id in banks:
            sentence = N_("A bank is working on the payment for the seat of {name}. It needn't be paid again: a mail says when it is done.")
            raise Refused(sentence, status=409, name=name)


def _refuse_what_is_no_number(number: str) -> None:
    if not number:
        raise Refused(N_("Type the purchase order's number, as it stands on it."), field="number")
    if len(number) > LONGEST_NUMBER:
        raise Refused(N_("A purchase order's number has {most} characters at most."), field="number", most=LONGEST_NUMBER)


def _held_open_order(series: Series, typed: Typed, number: str, now: datetime) -> PurchaseOrder | None:
    """The accepted purchase order that is meant, held; None where the office hasn't accepted it."""
    order = standing_order(series.district_id, typed.school.id if typed.school else None, number)
    if order is None:
        return None
    hold(order)
    if order.state in OPEN and order.is_expired(series.district.day(now)):
        raise Refused(EXPIRED, field="number", number=number, day=order.expires_on)
    return order if order.state in OPEN else None


def _end_the_awaited(lines: Sequence[OrderLine], now: datetime) -> None:
    """Whoever types another number has one after all. Raises Refused where a place is covered already."""
    before = live_covers([line.id for line in lines])
    covered = next((cover for cover in before if cover.state == "covered"), None)
    if covered is not None:
        said = {"number": covered.number, "name": covered.line.enrollment.person.name}
        raise Refused(N_("Purchase order {number} covers the seat of {name} already."), status=409, **said)
    for cover in before:
        cover.state, cover.state_since = "over", now
    db.session.flush()


def _cover(line: OrderLine, typed: Typed, number: str, *, by: Person, now: datetime) -> PurchaseOrderLine:
    cover = PurchaseOrderLine(district_id=line.district_id, line=line, school=typed.school, number=number, covered_cents=0)
    cover.state, cover.state_since, cover.created_at, cover.created_by_id = "awaited", now, now, by.id
    return cover


def _letter(cover: PurchaseOrderLine, owed: int) -> Letter:
    payer = cover.line.order
    return Letter(payer.person, str(cover.id), {**said_of(cover), "amount_cents": owed, "currency": payer.currency})
