"""What canceling a series would send back to the cards that paid."""

from datetime import datetime

from sqlalchemy import func, select

from seminar.ground.contributions import Touched
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
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
