"""The pages of money: orders, paying by card, the office's list of them, funding, discount codes, spend, the refund rule, and where Stripe
calls."""

from flask import Blueprint

money: Blueprint = Blueprint("money", __name__)

from seminar.money.views import (  # noqa: E402
    discount,
    discount_codes,
    funding,
    home,
    office,
    order,
    paying,
    refund_rule,
    spend,
    webhook,
)

# Imported for their routes alone, or read by wsgi.py for what they contribute.
__all__ = ["discount", "discount_codes", "funding", "home", "money", "office", "order", "paying", "refund_rule", "spend", "webhook"]
