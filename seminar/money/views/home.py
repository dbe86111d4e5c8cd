"""What of money needs attention today on somebody's home: a seat that waits to be paid; for a principal,
overdue invoices; and for the office, orders and purchase orders to look at."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from seminar.ground.contributions import Card
from seminar.ground.db import db
from seminar.money.access import keeps_orders
from seminar.money.invoice import Invoice, overdue
from seminar.money.ledger import balances
from seminar.money.order import Order, OrderLine
from seminar.money.views.office import to_look_at
from seminar.money.work_lists import counts_of
from seminar.people.appointment import Standing
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series


def home_cards(standing: Standing, now: datetime) -> list[Card]:
    cards = []
    if lines := _to_pay(standing.person.id, now):
        cards.append(Card("money/card_to_pay.html", {"lines": lines, "owed": balances([line.id for line in lines])}))
    if keeps_orders(standing) and (counts := counts_of(standing.person.district_id, standing.day)).any:
        cards.append(Card("money/card_purchase_orders.html", vars(counts)))
    if (schools := standing.school_ids("principal")) and (count := _overdue(standing, schools)):
        cards.append(Card("money/card_invoices.html", {"count": count}))
    if keeps_orders(standing) and (count := _count(standing.person.district_id)):
        cards.append(Card("money/card_orders.html", {"count": count}))
    return cards


def _to_pay(person_id: int, now: datetime) -> list[OrderLine]:
    query = select(OrderLine).join(Enrollment, Enrollment.id == OrderLine.enrollment_id)
    held = query.where(Enrollment.person_id == person_id, Enrollment.state.in_(("held", "awaiting_po")), Enrollment.hold_until > now)
    place = joinedload(OrderLine.enrollment).joinedload(Enrollment.series).joinedload(Series.seminar)
    return list(db.session.scalars(held.options(place).order_by(Enrollment.hold_until)))


def _overdue(standing: Standing, school_ids: set[int]) -> int:
    """Of the schools whose principal they are."""
    late = overdue(standing.person.district_id, standing.day).where(Invoice.school_id.in_(school_ids))
    return db.session.scalar(select(func.count()).select_from(late.subquery())) or 0


def _count(district_id: int) -> int:
    return db.session.scalar(select(func.count()).select_from(Order).where(to_look_at(district_id))) or 0
