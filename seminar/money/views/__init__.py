"""The pages of money: orders, paying by card and by purchase order, invoices, the office's lists of them, the settings of refunds and
purchase orders, and where Stripe calls."""

from flask import Blueprint

money: Blueprint = Blueprint("money", __name__)

from seminar.money.views import (  # noqa: E402
    home,
    invoice,
    office,
    office_checks,
    order,
    paying,
    paying_by_po,
    po_settings,
    purchase_order,
    refund_rule,
    webhook,
)

# Imported for their routes alone, or read by wsgi.py for what they contribute.
__all__ = [
    "home",
    "invoice",
    "money",
    "office",
    "office_checks",
    "order",
    "paying",
    "paying_by_po",
    "po_settings",
    "purchase_order",
    "refund_rule",
    "webhook",
]
