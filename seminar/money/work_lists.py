"""What of purchase orders waits for the PD office."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import joinedload

from seminar.ground.db import db
from seminar.money.covering import PurchaseOrderLine
from seminar.money.invoice import Invoice, InvoiceLine, open_of, overdue
from seminar.money.ledger import LedgerEntry
from seminar.money.order import OrderLine
from seminar.money.purchase_order import OPEN, OVER, PurchaseOrder
from seminar.money.remittance import Remittance
from seminar.people.school import School
from seminar.series.enrollment import Enrollment

# As many as a list shows; the first ones are the ones to begin with.
SHOWN = 50


@dataclass(frozen=True)
class Awaited:
    """A number that people typed at their orders and that the office has no purchase order of: how many places wait for it, what they
    cost, and when the first of them lapses."""

    number: str
    school: School | None
    places: int
    cents: int
    until: datetime | None


@dataclass(frozen=True)
class Work:
    """The lists, each with the first ones first; `still` is what is open by invoice."""

    to_accept: Sequence[PurchaseOrder]
    awaited: Sequence[Awaited]
    overdue: Sequence[Invoice]
    still: dict[int, int]
    to_invoice: Sequence[PurchaseOrder]
    to_send_back: Sequence[PurchaseOrder]
    expired: Sequence[PurchaseOrder]


def _orders(district_id: int, *wanted: ColumnElement[bool]) -> Sequence[PurchaseOrder]:
    query = select(PurchaseOrder).where(PurchaseOrder.district_id == district_id, *wanted).order_by(PurchaseOrder.id).limit(SHOWN)
    return db.session.scalars(query.options(joinedload(PurchaseOrder.school), joinedload(PurchaseOrder.district))).all()


def work_of(district_id: int, today: date) -> Work:
    """The same statements for any number."""
    late = db.session.scalars(overdue(district_id, today).limit(SHOWN)).all()
    return Work(
        to_accept=_orders(district_id, PurchaseOrder.state == "received"),
        awaited=_awaited(district_id),
        overdue=late,
        still=open_of(late),
        to_invoice=_orders(district_id, PurchaseOrder.state.in_(OPEN), _has_what_was_not_invoiced()),
        to_send_back=_orders(district_id, PurchaseOrder.id.in_(owing_back(district_id))),
        expired=_orders(district_id, PurchaseOrder.state.in_(("received", *OPEN)), PurchaseOrder.expires_on < today, _is_waited_for()),
    )


def _is_waited_for() -> ColumnElement[bool]:
    """That places wait for the purchase order."""
    buyer = PurchaseOrderLine.school_id.is_not_distinct_from(PurchaseOrder.school_id)
    same = (PurchaseOrderLine.district_id == PurchaseOrder.district_id) & (PurchaseOrderLine.number == PurchaseOrder.number) & buyer
    return exists().where(same, PurchaseOrderLine.state == "awaited")


def _has_what_was_not_invoiced() -> ColumnElement[bool]:
    done = exists().where(InvoiceLine.line_id == PurchaseOrderLine.line_id, InvoiceLine.kind == "invoice")
    owed = select(func.sum(LedgerEntry.amount_cents)).where(LedgerEntry.line_id == PurchaseOrderLine.line_id)
    mine = (PurchaseOrderLine.purchase_order_id == PurchaseOrder.id) & (PurchaseOrderLine.state == "covered")
    return exists().where(mine, ~done, owed.correlate(PurchaseOrderLine).scalar_subquery() > 0)


def owing_back(district_id: int) -> Select[Any]:
    """The ids of purchase orders whose buyers have money to get back: what they paid for isn't charged any more."""
    paid = select(Remittance.purchase_order_id).where(Remittance.district_id == district_id, Remittance.kind == "payment")
    query = select(PurchaseOrderLine.purchase_order_id).join(LedgerEntry, LedgerEntry.line_id == PurchaseOrderLine.line_id)
    query = query.where(PurchaseOrderLine.purchase_order_id.in_(paid))
    return query.group_by(PurchaseOrderLine.purchase_order_id, PurchaseOrderLine.line_id).having(func.sum(LedgerEntry.amount_cents) < 0)


def _awaited(district_id: int) -> list[Awaited]:
    """One statement."""
    buyer = PurchaseOrder.school_id.is_not_distinct_from(PurchaseOrderLine.school_id)
    has_it = exists().where(
        PurchaseOrder.district_id == PurchaseOrderLine.district_id,
        PurchaseOrder.number == PurchaseOrderLine.number,
        buyer,
        PurchaseOrder.state.not_in(OVER),
    )
    query = (
        select(PurchaseOrderLine.number, School, func.count(), func.sum(OrderLine.price_cents), func.min(Enrollment.hold_until))
        .join(OrderLine, OrderLine.id == PurchaseOrderLine.line_id)
        .join(Enrollment, Enrollment.id == OrderLine.enrollment_id)
        .outerjoin(School, School.id == PurchaseOrderLine.school_id)
        .where(PurchaseOrderLine.district_id == district_id, PurchaseOrderLine.state == "awaited", ~has_it)
        .group_by(PurchaseOrderLine.number, School.id)
        .order_by(func.min(Enrollment.hold_until))
        .limit(SHOWN)
    )
    return [Awaited(number, school, places, int(cents), until) for number, school, places, cents, until in db.session.execute(query)]


@dataclass(frozen=True)
class Counts:
    """How many of each want something."""

    to_accept: int
    awaited: int
    overdue: int

    @property
    def any(self) -> bool:
        return bool(self.to_accept or self.awaited or self.overdue)


def counts_of(district_id: int, today: date) -> Counts:
    """For the office's home; three statements."""
    received = select(func.count()).where(PurchaseOrder.district_id == district_id, PurchaseOrder.state == "received")
    awaited = select(func.count()).where(PurchaseOrderLine.district_id == district_id, PurchaseOrderLine.state == "awaited")
    late = select(func.count()).select_from(overdue(district_id, today).subquery())
    return Counts(*(db.session.scalar(query) or 0 for query in (received, awaited, late)))
