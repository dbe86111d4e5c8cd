"""How long orders are kept, and the names of who pays."""

from sqlalchemy import ColumnElement, select

from seminar.ground.refusal import N_
from seminar.ground.retention import Part, RetentionKind, Times, removed
from seminar.money.event import StripeEvent
from seminar.money.order import Order


def people_named(times: Times) -> object:
    """Who pays an order within its time."""
    return select(Order.person_id).where(Order.district_id == times.district_id, Order.created_at >= times.first_kept_at("orders"))


def _events(times: Times) -> ColumnElement[bool]:
    return StripeEvent.at < times.first_kept_at("stripe_events")


ORDERS = RetentionKind(
    name="orders",
    title=N_("Orders"),
    covers=N_("What was owed, paid and refunded for which place; it counts from the order."),
    does=N_("Until then nobody in it loses their name. The amounts stay, as they are."),
    source=N_("Seven years, as auditors of public money ask for."),
    years=7,
    least=7,
)
STRIPE_EVENTS = RetentionKind(
    name="stripe_events",
    title=N_("What Stripe told"),
    covers=N_("The number of each call of Stripe's, so that one that comes again does nothing."),
    does=N_("Removed."),
    source=N_("Stripe calls again for three days, and lists its calls for thirty."),
    days=90,
    parts=(Part(StripeEvent, _events, removed(StripeEvent), counted=False),),
)
KINDS = [ORDERS, STRIPE_EVENTS]
OF_ORDERS = (
    *("orders", "order_line", "ledger_entry", "payment", "refund", "remittance", "seat_grant", "code_use"),
    *("purchase_order", "purchase_order_line", "purchase_order_file", "invoice", "invoice_line", "invoice_number"),
)
TABLES = {
    **dict.fromkeys(OF_ORDERS, "orders"),
    **dict.fromkeys(("refund_tier", "po_settings", "funding_source", "funding_rule", "discount_code"), "program"),
    "stripe_event": "stripe_events",
}
