"""An order: what a payer owes for places in series.

Laws: rule 4 of the product. What is open or settled is the sum of its ledger's entries (seminar.money.ledger), never a state. A line
is one place, and keeps the refund rule as it was on the day that the place was taken.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from seminar.ground import history
from seminar.ground.db import Model, db
from seminar.ground.history import Deed
from seminar.money.ledger import asked_for, entry, let_a_little_go, write
from seminar.money.refund_rule import tiers_of
from seminar.money.seat_grant import give
from seminar.people.person import Person
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series

# Of the districts of the United States; it is written beside every amount all the same.
CURRENCY = "usd"


class Order(Model):
    """What a payer owes for places in series."""

    # ORDER is a word of SQL itself.
    __tablename__ = "orders"  # type: ignore[assignment]

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    # Who pays.
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    currency: Mapped[str] = mapped_column(String(3))
    created_at: Mapped[datetime]

    person: Mapped[Person] = relationship()
    lines: Mapped[list["OrderLine"]] = relationship(back_populates="order", order_by=lambda: OrderLine.id)

    __table_args__ = (
        Index("ix_orders_district", "district_id", "id"),
        Index("ix_orders_person", "person_id"),
    )


class OrderLine(Model):
    """A place in a series that an order is for, with the refund rule of the day on which it was taken."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    enrollment_id: Mapped[int] = mapped_column(ForeignKey("enrollment.id"))
    price_cents: Mapped[int]
    # [[school days before, percent], …], as refund_rule.tiers_of answers it.
    refund_rule: Mapped[list[Any]] = mapped_column(JSON)

    order: Mapped[Order] = relationship(back_populates="lines")
    enrollment: Mapped[Enrollment] = relationship()

    __table_args__ = (UniqueConstraint("enrollment_id"), Index("ix_order_line_order", "order_id"))


def open_orders(places: Sequence[Enrollment], *, by: Person, now: datetime) -> dict[int, int]:
    """Seats of one series, which is locked, are held: each person owes the price of theirs, but for what others pay of it, in the order
    of the places. Answers by place what is owed for it, in cents. As many statements whatever their number. Flushes."""
    series, tiers = places[0].series, tiers_of(places[0].district_id)
    lines = [_line(place, tiers, now) for place in places]
    db.session.add_all([line.order for line in lines])
    db.session.flush()
    write([entry(line, "charge", line.price_cents, source=f"charge:{line.enrollment_id}", by=by, now=now) for line in lines])
    funded = give({line: line.price_cents for line in lines}, by=by, now=now)
    history.record_many(by, [_opened(line, funded[line.id]) for line in lines], district_id=series.district_id, now=now)
    left = {line: line.price_cents - funded[line.id] for line in lines}
    let_a_little_go({line: cents for line, cents in left.items() if funded[line.id]}, by=by, now=now)
    return {line.enrollment_id: asked_for(cents) if funded[line.id] else cents for line, cents in left.items()}


def _line(place: Enrollment, tiers: list[Any], now: datetime) -> OrderLine:
    of = {"district_id": place.district_id}
    order = Order(**of, person_id=place.person_id, currency=CURRENCY, created_at=now)
    return OrderLine(**of, order=order, enrollment=place, price_cents=place.series.price_cents, refund_rule=tiers)


def _opened(line: OrderLine, funded: int) -> Deed:
    told = {"enrollment": line.enrollment_id, "cents": line.price_cents, "funded": funded}
    return Deed("order opened", "orders", line.order_id, told)


def hand_on(place: Enrollment, successor: Enrollment, *, by: Person, now: datetime) -> None:
    """A colleague took the seat: what was paid for it is for them, and comes back to who paid, if it does."""
    line = db.session.scalar(select(OrderLine).where(OrderLine.enrollment_id == place.id).options(joinedload(OrderLine.order)))
    if line is not None:
        line.enrollment_id = successor.id
        db.session.flush()
        history.record(by, "order handed on", line.order, now, enrollment=successor.id)


def whole_order() -> tuple[Any, ...]:
    """What a page of an order reads beside it."""
    place = joinedload(OrderLine.enrollment)
    series = place.joinedload(Enrollment.series)
    of_line = (series.joinedload(Series.seminar), series.selectinload(Series.meetings), place.joinedload(Enrollment.person))
    return joinedload(Order.person), joinedload(Order.lines).options(*of_line)


def order_of(enrollment_id: int) -> Order | None:
    """The order that this place is a line of."""
    query = select(Order).join(OrderLine, OrderLine.order_id == Order.id).where(OrderLine.enrollment_id == enrollment_id)
    return db.session.scalar(query)
