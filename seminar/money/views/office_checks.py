"""Orders whose payer's school pays by check without a purchase order: their invoice, and what came and went back for them."""

from collections.abc import Callable
from typing import Any

from flask import request
from flask_babel import gettext

from seminar.ground import clock
from seminar.money.access import keeps_orders
from seminar.money.invoicing import invoice_order
from seminar.money.remittance import LONGEST_REFERENCE, Sent, record_payment_of_order, record_sent_back_of_order
from seminar.money.views import money
from seminar.money.views.office import decided
from seminar.money.views.order import order_or_404
from seminar.web.amount import cents_of
from seminar.web.asked import typed_day
from seminar.web.requires import requires
from seminar.web.viewer import me


@money.post("/orders/<int:order_id>/invoices")
@requires(keeps_orders)
def create_order_invoice(order_id: int) -> object:
    def decide() -> None:
        invoice_order(order_or_404(order_id).lines[0], by=me().person, now=clock.now())

    return decided(order_id, decide, gettext("The invoice is written; it stands below, and who pays sees it."))


def _record(order_id: int, record: Callable[..., Any], done: str) -> object:
    def decide() -> None:
        sent = {name: request.form.get(name, "").strip() for name in ("amount", "day", "reference")}
        came = Sent(cents_of(sent["amount"]), typed_day(sent["day"]), sent["reference"][:LONGEST_REFERENCE])
        record(order_or_404(order_id).lines[0], came, by=me().person, now=clock.now())

    return decided(order_id, decide, done)


@money.post("/orders/<int:order_id>/checks")
@requires(keeps_orders)
def create_check(order_id: int) -> object:
    return _record(order_id, record_payment_of_order, gettext("Written down."))


@money.post("/orders/<int:order_id>/checks-back")
@requires(keeps_orders)
def create_check_back(order_id: int) -> object:
    return _record(order_id, record_sent_back_of_order, gettext("Written down: so much went back."))
