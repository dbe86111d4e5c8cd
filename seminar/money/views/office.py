"""The PD office's list of orders, and what it decides about one."""

from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from seminar.ground import clock
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.money.access import keeps_orders
from seminar.money.covering import covered_among
from seminar.money.ledger import LedgerEntry, balances
from seminar.money.office import give_back, let_go
from seminar.money.order import Order, OrderLine
from seminar.money.payment import Payment
from seminar.money.refund import Refund, try_again
from seminar.money.remittance import Remittance
from seminar.money.views import money
from seminar.money.views.order import order_or_404, order_page
from seminar.people.person import Person
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series
from seminar.web.amount import cents_of
from seminar.web.asked import page_number
from seminar.web.pages import PAGE_SIZE, done_once, page_of, refusing, told
from seminar.web.requires import requires
from seminar.web.saving import pressed
from seminar.web.viewer import district_or_404, found_or_404, me


def to_look_at(district_id: int) -> ColumnElement[bool]:
    """Orders that want a decision: a refund that failed, a dispute that is open, and money that is gone though the seat isn't: by a
    lost dispute, or a refund made in Stripe's dashboard; and what a check paid that is to be sent back."""
    owed = select(func.sum(LedgerEntry.amount_cents)).where(LedgerEntry.order_id == Order.id).scalar_subquery()
    failed = select(Payment.order_id).join(Refund, Refund.payment_id == Payment.id)
    failed = failed.where(Refund.district_id == district_id, Refund.state == "failed")
    disputed = select(Payment.order_id).where(Payment.district_id == district_id, Payment.state == "disputed")
    lost = select(Payment.order_id).where(Payment.district_id == district_id, Payment.state == "lost")
    at_stripe = select(Payment.order_id).join(Refund, Refund.payment_id == Payment.id)
    at_stripe = at_stripe.where(Refund.district_id == district_id, Refund.why == "at_stripe")
    by_check = select(Remittance.order_id).where(Remittance.district_id == district_id, Remittance.order_id.is_not(None))
    gone = or_(Order.id.in_(lost), Order.id.in_(at_stripe)) & (owed > 0)
    goes_back = or_(Order.id.in_(failed), Order.id.in_(by_check)) & (owed < 0)
    return (Order.district_id == district_id) & or_(goes_back, Order.id.in_(disputed), gone)


def _listed(shown: str, search: str) -> Select[Order]:
    district_id = district_or_404().id
    query = select(Order).join(Person, Person.id == Order.person_id)
    query = query.where(to_look_at(district_id) if shown == "look" else Order.district_id == district_id)
    for word in search.split():
        by_number = Order.id == int(word) if word.isdigit() and len(word) < 10 else Order.id == 0
        query = query.where(or_(by_number, (Person.given_name + " " + Person.family_name).icontains(word, autoescape=True)))
    return query


@money.get("/orders")
@requires(keeps_orders)
def show_orders() -> str:
    search = request.args.get("search", "")[:200]
    shown = "all" if request.args.get("show") == "all" or search else "look"
    query = _listed(shown, search)
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    series = selectinload(Order.lines).joinedload(OrderLine.enrollment).joinedload(Enrollment.series).joinedload(Series.seminar)
    whole = query.options(series, joinedload(Order.person)).order_by(Order.id.desc())
    rows = list(db.session.scalars(whole.limit(PAGE_SIZE).offset((page_number() - 1) * PAGE_SIZE)))
    owed = balances([line.id for order in rows for line in order.lines])
    page = page_of(rows, total, page_number())
    beside = {"owed": owed, "covered": covered_among(list(owed)), "why": _why([order.id for order in rows])}
    return render_template("money/orders.html", page=page, shown=shown, search=search, **beside)


def _why(order_ids: list[int]) -> dict[int, list[str]]:
    """By order, what is the matter with it: failed, disputed, lost; two statements."""
    why: dict[int, list[str]] = {}
    payments = select(Payment.order_id, Payment.state).where(Payment.order_id.in_(order_ids), Payment.state.in_(("disputed", "lost")))
    refunds = select(Payment.order_id, Refund.state).join(Refund, Refund.payment_id == Payment.id)
    for query in (payments, refunds.where(Payment.order_id.in_(order_ids), Refund.state == "failed")):
        for order_id, state in db.session.execute(query):
            why.setdefault(order_id, []).append(state)
    return why


def decided(order_id: int, decide: Callable[[], None], done: str) -> object:
    def work() -> str:
        decide()
        return url_for("money.show_order", order_id=order_id)

    try:
        with refusing():
            address = done_once(work)
    except Refused as refused:
        return order_page(order_or_404(order_id), refused), refused.status
    told(done)
    return redirect(address, 303)


def _reason() -> str:
    return request.form.get("reason", "").strip()[:300]


@money.post("/orders/<int:order_id>/refunds")
@requires(keeps_orders)
def create_refund(order_id: int) -> object:
    def decide() -> None:
        cents = cents_of(request.form.get("amount", ""))
        give_back(order_or_404(order_id).lines[0], cents, note=_reason(), by=me().person, now=clock.now())

    return decided(order_id, decide, gettext("It goes back to the card that paid; that takes the bank some days. The seat stays."))


@money.post("/orders/<int:order_id>/letting-go")
@requires(keeps_orders)
def create_letting_go(order_id: int) -> object:
    def decide() -> None:
        let_go(order_or_404(order_id).lines[0], note=_reason(), by=me().person, now=clock.now())

    return decided(order_id, decide, gettext("Nothing is owed any more."))


@money.post("/refunds/<int:refund_id>/tries")
@requires(keeps_orders)
def create_try(refund_id: int) -> object:
    refund: Refund = found_or_404(db.session.get(Refund, refund_id))
    back = url_for("money.show_order", order_id=refund.payment.order_id)
    return pressed(lambda: try_again(refund, by=me().person, now=clock.now()), gettext("It is sent once more."), back=back)
