"""The places that purchase orders pay for: those that wait for a number that somebody typed, and those that one covers.

States: awaited (a number was typed at the order, and the seat waits for it) → covered (by an accepted purchase order, of whose amount
it uses its own) → over; awaited → over. Laws: a line is awaited or covered once; what is covered is never more than the purchase
order's amount. Locks: the series first, then the purchase orders in the order of their ids, then the invoices' number.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from seminar.ground import history, outbox
from seminar.ground.db import Model, db
from seminar.ground.history import Deed
from seminar.ground.outbox import Letter
from seminar.ground.refusal import N_, Refused
from seminar.ground.triggers import keeps_count
from seminar.money.invoice import write_credit_notes
from seminar.money.ledger import balances
from seminar.money.order import OrderLine
from seminar.money.po_settings import HowTaken, awaited_until, how_taken
from seminar.money.purchase_order import OPEN, PurchaseOrder, hold, move, refuse_unless_it_may_be
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.awaiting_po import end_of, give_awaited_seats, keep_until
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series
from seminar.series.waitlist import pass_on

LIVE = ("awaited", "covered")
EXPIRED = N_("Purchase order {number} was good through {day}. It takes a new one of the buyer's.")
WAITS_FOR_MONEY = ("held", "awaiting_po")


class PurchaseOrderLine(Model):
    """A place that a purchase order is to pay for: its number as it was typed, and the purchase order once it covers the place."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"))
    # Whose purchase order it is; without a school, the district's.
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    number: Mapped[str]
    state: Mapped[str] = mapped_column()
    state_since: Mapped[datetime]
    purchase_order_id: Mapped[int | None] = mapped_column(ForeignKey("purchase_order.id"))
    covered_cents: Mapped[int]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    line: Mapped[OrderLine] = relationship()
    school: Mapped[School | None] = relationship()
    purchase_order: Mapped[PurchaseOrder | None] = relationship()

    __table_args__ = (
        CheckConstraint("state IN ('awaited', 'covered', 'over')", name="state"),
        CheckConstraint("state <> 'covered' OR (purchase_order_id IS NOT NULL AND covered_cents > 0)", name="covered_by_one"),
        CheckConstraint("covered_cents >= 0", name="amount"),
        Index("uq_purchase_order_line_one_live", "line_id", unique=True, sqlite_where=state.in_(LIVE), postgresql_where=state.in_(LIVE)),
        Index("ix_purchase_order_line_order", "purchase_order_id"),
        Index(
            "ix_purchase_order_line_awaited",
            "district_id",
            "number",
            "school_id",
            sqlite_where=state == "awaited",
            postgresql_where=state == "awaited",
        ),
    )


keeps_count(
    "purchase_order_used",
    table="purchase_order_line",
    states=("covered",),
    parent="purchase_order",
    column="used_cents",
    amount="covered_cents",
)


def whole_cover(query: Select[PurchaseOrderLine]) -> Select[PurchaseOrderLine]:
    """With all that covering it, and telling of it, reads beside it; read anew."""
    place = joinedload(PurchaseOrderLine.line).joinedload(OrderLine.enrollment)
    series = place.joinedload(Enrollment.series)
    of_series = (series.joinedload(Series.seminar), series.joinedload(Series.district), series.selectinload(Series.meetings))
    payer = joinedload(PurchaseOrderLine.line).joinedload(OrderLine.order)
    beside = (place.joinedload(Enrollment.person).joinedload(Person.district), *of_series, payer, joinedload(PurchaseOrderLine.school))
    return query.options(*beside).execution_options(populate_existing=True)


def live_covers(line_ids: Sequence[int]) -> list[PurchaseOrderLine]:
    """What these lines wait for or are covered by, read anew; one statement."""
    query = select(PurchaseOrderLine).where(PurchaseOrderLine.line_id.in_(line_ids), PurchaseOrderLine.state.in_(LIVE))
    beside = joinedload(PurchaseOrderLine.school), joinedload(PurchaseOrderLine.purchase_order)
    return list(db.session.scalars(query.options(*beside).execution_options(populate_existing=True)))


def live_cover(line_id: int) -> PurchaseOrderLine | None:
    """The same of one line."""
    return next(iter(live_covers([line_id])), None)


def covered_among(line_ids: Sequence[int]) -> set[int]:
    """Those of the lines that a purchase order covers; one statement."""
    query = select(PurchaseOrderLine.line_id).where(PurchaseOrderLine.line_id.in_(line_ids), PurchaseOrderLine.state == "covered")
    return set(db.session.scalars(query))


def waiting_for(order: PurchaseOrder) -> list[PurchaseOrderLine]:
    """The places that wait for its number, in the order in which it was typed; three statements at most."""
    query = select(PurchaseOrderLine).where(
        PurchaseOrderLine.district_id == order.district_id,
        PurchaseOrderLine.number == order.number,
        PurchaseOrderLine.school_id.is_(None) if order.school_id is None else PurchaseOrderLine.school_id == order.school_id,
        PurchaseOrderLine.state == "awaited",
    )
    return list(db.session.scalars(whole_cover(query).order_by(PurchaseOrderLine.id)).unique())


def covered_by(order: PurchaseOrder) -> list[PurchaseOrderLine]:
    """Every place that was ever on it, by the time it came; three statements at most."""
    query = whole_cover(select(PurchaseOrderLine).where(PurchaseOrderLine.purchase_order_id == order.id))
    return list(db.session.scalars(query.order_by(PurchaseOrderLine.id)).unique())


def hold_with_its_series(order: PurchaseOrder, covers: Sequence[PurchaseOrderLine], now: datetime) -> None:
    """The series of these places, in which what is due has lapsed then, and the purchase order itself."""
    ids = sorted({cover.line.enrollment.series_id for cover in covers})
    if ids:
        locked = select(Series).where(Series.id.in_(ids)).order_by(Series.id).with_for_update(key_share=True)
        pass_on(db.session.scalars(locked.execution_options(populate_existing=True)).all(), now)
    hold(order)


def accept(order: PurchaseOrder, *, by: Person, now: datetime) -> list[PurchaseOrderLine]:
    """It is good: the places that wait for it are covered, the first ones first, as far as it goes; those that don't fit are answered
    and wait on. Raises Refused where it expired, or was decided on already. Flushes."""
    waiting = waiting_for(order)
    hold_with_its_series(order, waiting, now)
    if order.is_expired(order.district.day(now)):
        raise Refused(EXPIRED, status=409, number=order.number, day=order.expires_on)
    move(order, "accepted", by=by, now=now)
    return _cover_as_far_as_it_goes(order, waiting, by=by, now=now)


def cover_waiting(order: PurchaseOrder, *, by: Person, now: datetime) -> list[PurchaseOrderLine]:
    """The same for an accepted one that more places wait for, after its amount was raised. Flushes."""
    waiting = waiting_for(order)
    hold_with_its_series(order, waiting, now)
    if order.state not in OPEN or order.is_expired(order.district.day(now)):
        raise Refused(N_("Purchase order {number} isn't accepted, or is good no more."), status=409, number=order.number)
    return _cover_as_far_as_it_goes(order, waiting, by=by, now=now)


def _cover_as_far_as_it_goes(
    order: PurchaseOrder, seen: Sequence[PurchaseOrderLine], *, by: Person, now: datetime
) -> list[PurchaseOrderLine]:
    locked = {cover.line.enrollment.series_id for cover in seen}
    waiting = waiting_for(order)
    if any(cover.line.enrollment.series_id not in locked for cover in waiting):
        raise Refused(N_("Somebody chose this purchase order at this moment. Press once more."), status=409)
    return cover_what_fits(order, waiting, balances([cover.line_id for cover in waiting]), by=by, now=now)


def cover_what_fits(
    order: PurchaseOrder, waiting: Sequence[PurchaseOrderLine], owed: Mapping[int, int], *, by: Person, now: datetime
) -> list[PurchaseOrderLine]:
    """The first ones first, as far as the purchase order goes, which is held as their series are. Answers those that wait on. Flushes."""
    left = order.left_cents
    fits, waits_on = [], []
    for cover in waiting:
        if 0 < owed.get(cover.line_id, 0) <= left:
            left -= owed[cover.line_id]
            fits.append(cover)
        else:
            waits_on.append(cover)
    if fits:
        _cover(fits, owed, order, how_taken(order.district_id), by=by, now=now)
    return waits_on


def _cover(
    covers: Sequence[PurchaseOrderLine], owed: Mapping[int, int], order: PurchaseOrder, taken: HowTaken, *, by: Person, now: datetime
) -> None:
    """By the purchase order, which is held and has room: the seats are theirs, or, where the district waits for the money, kept to the
    end of their series."""
    for cover in covers:
        cover.state, cover.state_since = "covered", now
        cover.purchase_order_id, cover.covered_cents = order.id, owed[cover.line_id]
    db.session.flush()
    deeds = [Deed("order covered", "orders", cover.line.order_id, {"number": order.number}) for cover in covers]
    history.record_many(by, deeds, district_id=order.district_id, now=now)
    places = [cover.line.enrollment for cover in covers]
    if taken.accepted_confirms:
        give_awaited_seats(places, by=by, now=now)
    else:
        for place in places:
            keep_until(place, end_of(place.series, now))
    db.session.flush()
    _read_anew([order])


def reject(order: PurchaseOrder, *, reason: str, by: Person, now: datetime) -> None:
    """It isn't good, and whoever waits for it is told. Raises Refused without a reason, and once it is decided on. Flushes."""
    _end(order, "rejected", reason=reason, by=by, now=now)


def cancel(order: PurchaseOrder, *, reason: str, by: Person, now: datetime) -> None:
    """The buyer takes it back, or it was entered by mistake. Raises Refused without a reason, and while it covers a place. Flushes."""
    _end(order, "canceled", reason=reason, by=by, now=now)


def _end(order: PurchaseOrder, state: str, *, reason: str, by: Person, now: datetime) -> None:
    hold(order)
    if order.used_cents:
        sentence = N_("It covers places. Cancel those places first, on their series' pages, then the purchase order.")
        raise Refused(sentence, status=409)
    refuse_unless_it_may_be(order, state)
    if not reason:
        raise Refused(N_("Say why; who waits for it is told."), field="reason")
    move(order, state, by=by, now=now, reason=reason)
    waiting = waiting_for(order)
    told = [Letter(cover.line.order.person, f"{cover.id}:{order.id}", {**said_of(cover), "reason": reason}) for cover in waiting]
    outbox.put_all("po_rejected", told, now=now)


def said_of(cover: PurchaseOrderLine) -> dict[str, Any]:
    """What mails about a place that waits say."""
    place = cover.line.enrollment
    return {
        "title": place.series.seminar.title,
        "series_id": place.series_id,
        "order_id": cover.line.order_id,
        "po_number": cover.number,
        "until": place.hold_until,
    }


def letter_before_it_lapses(cover: PurchaseOrderLine) -> Letter:
    return Letter(cover.line.order.person, str(cover.line.enrollment_id), said_of(cover))


def charged_less(less: Mapping[int, int], *, ended: bool, by: Person | None, now: datetime) -> None:
    """So many cents aren't charged any more for these lines, whose series are locked: purchase orders have that room again, and what
    was invoiced has its credit note. `ended`: their places are over, and nothing is awaited for them. As many statements whatever
    their number."""
    # Whatever covers a place holds its series first: none of them changes meanwhile.
    query = select(PurchaseOrderLine).where(PurchaseOrderLine.line_id.in_(list(less)), PurchaseOrderLine.state.in_(LIVE))
    covers = db.session.scalars(query.execution_options(populate_existing=True)).all()
    orders = hold_those({cover.purchase_order_id for cover in covers} - {None})
    for cover in covers:
        left = cover.covered_cents - less[cover.line_id]
        if cover.state == "covered" and left > 0:
            cover.covered_cents = left
        elif cover.state == "covered" or ended:
            cover.state, cover.state_since = "over", now
    db.session.flush()
    _read_anew(orders)
    write_credit_notes({line_id: cents for line_id, cents in less.items() if cents > 0}, by=by, now=now)
    settle(orders, now=now)


def _read_anew(orders: Sequence[PurchaseOrder]) -> None:
    """What is used of them, once somebody asks: a trigger counted it."""
    for order in orders:
        db.session.expire(order, ["used_cents"])


def hold_those(ids: set[Any]) -> list[PurchaseOrder]:
    """These purchase orders, held in the order of their ids; one statement."""
    if not ids:
        return []
    locked = select(PurchaseOrder).where(PurchaseOrder.id.in_(ids)).order_by(PurchaseOrder.id).with_for_update(key_share=True)
    return list(db.session.scalars(locked.execution_options(populate_existing=True)))


def paid_otherwise(line: OrderLine, *, now: datetime) -> None:
    """A card paid for a seat that waited for a purchase order, and whose series is locked: what it was to pay for isn't on it."""
    cover = live_cover(line.id)
    if cover is not None:
        orders = hold_those({cover.purchase_order_id} - {None})
        cover.state, cover.state_since = "over", now
        db.session.flush()
        _read_anew(orders)
        settle(orders, now=now)


def keep_for_its_purchase_order(place: Enrollment, line: OrderLine, *, now: datetime) -> None:
    """Another way to pay came to nothing: a seat whose purchase order, or the money for it, is awaited is kept for that all the same, as
    it was said."""
    cover = live_cover(line.id)
    if cover is None:
        return
    if cover.state == "covered":
        keep_until(place, end_of(place.series, now))
    else:
        keep_until(place, awaited_until(place.series, how_taken(place.district_id).school_days, cover.created_at))


def settle(orders: Sequence[PurchaseOrder], *, now: datetime) -> None:
    """Of these purchase orders, which are held: the invoiced ones of which nothing is owed or to be invoiced any more are paid. Two
    statements at most."""
    invoiced = {order.id: order for order in orders if order.state == "invoiced"}
    if not invoiced:
        return
    on_it = select(PurchaseOrderLine.purchase_order_id, PurchaseOrderLine.line_id)
    lines = db.session.execute(on_it.where(PurchaseOrderLine.purchase_order_id.in_(list(invoiced)))).all()
    owed = balances([line_id for _, line_id in lines])
    still = {order_id for order_id, line_id in lines if owed.get(line_id, 0) > 0}
    for order in orders:
        if order.id in invoiced and order.id not in still:
            move(order, "paid", by=None, now=now)
