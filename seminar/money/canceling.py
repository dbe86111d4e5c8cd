"""What canceling a series would send back to the cards that paid, and take off purchase orders."""

from datetime import datetime

from sqlalchemy import func, select

from seminar.ground.contributions import Touched
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.money.covering import LIVE as POSSIBLE
from seminar.money.covering import PurchaseOrderLine
from seminar.money.dollars import dollars
from seminar.money.order import OrderLine
from seminar.money.payment import CAPTURED, Payment
from seminar.series.enrollment import LIVE, Enrollment
from seminar.series.series import Series


def what_goes_back(series: Series, _now: datetime) -> list[Touched]:
    """All that was paid for its places and isn't refunded or disputed, in one line; one statement."""
    query = (
        select(func.count(), func.coalesce(func.sum(Payment.amount_cents - Payment.refunded_cents), 0))
        .join(OrderLine, OrderLine.id == Payment.line_id)
        .join(Enrollment, Enrollment.id == OrderLine.enrollment_id)
        .where(Enrollment.series_id == series.id, Enrollment.state.in_(LIVE), Payment.state.in_(CAPTURED))
        .where(Payment.refunded_cents < Payment.amount_cents)
    )
    number, cents = db.session.execute(query).one()
    if not number:
        return []
    says = Refused(N_("{amount} in all goes back to the cards that paid; payments: {number}."), amount=dollars(int(cents)), number=number)
    return [Touched(N_("Refunds"), None, "money.show_orders", {"show": "all"}, says)]


def what_purchase_orders_lose(series: Series, _now: datetime) -> list[Touched]:
    """How many places of it are on purchase orders, or wait for one, in one line; one statement."""
    covered = PurchaseOrderLine.state == "covered"
    query = (
        select(func.count().filter(covered), func.count(), func.coalesce(func.sum(PurchaseOrderLine.covered_cents).filter(covered), 0))
        .join(OrderLine, OrderLine.id == PurchaseOrderLine.line_id)
        .join(Enrollment, Enrollment.id == OrderLine.enrollment_id)
        .where(Enrollment.series_id == series.id, Enrollment.state.in_(LIVE), PurchaseOrderLine.state.in_(POSSIBLE))
    )
    number, all_of_them, cents = db.session.execute(query).one()
    if not all_of_them:
        return []
    sentence = N_("{number} places come off purchase orders, {amount} in all, with credit notes where invoiced; {waiting} wait for one.")
    says = Refused(sentence, number=number, amount=dollars(int(cents)), waiting=all_of_them - number)
    return [Touched(N_("Purchase orders"), None, "money.show_purchase_orders", {"show": "all"}, says)]
