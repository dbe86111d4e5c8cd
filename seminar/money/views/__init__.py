"""The pages of money: orders, paying by card and by purchase order, invoices, the office's lists of them, funding, discount codes, spend,
the settings of refunds and purchase orders, and where Stripe calls."""

from flask import Blueprint

money: Blueprint = Blueprint("money", __name__)

from seminar.money.views import (  # noqa: E402
    discount,
    discount_codes,
    funding,
    home,
    invoice,
    office,
    office_checks,
    order,
    paying,
    paying_by_po,
    paying_for_several,
    po_settings,
    purchase_order,
    refund_rule,
    spend,
    webhook,
)

# Imported for their routes alone, or read by wsgi.py for what they contribute.
__all__ = [
    "discount",
    "discount_codes",
    "funding",
    "home",
    "invoice",
    "money",
    "office",
    "office_checks",
    "order",
    "paying",
    "paying_by_po",
    "paying_for_several",
    "po_settings",
    "purchase_order",
    "refund_rule",
    "spend",
    "webhook",
]
