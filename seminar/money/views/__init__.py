"""The pages of money: orders, paying by card, the office's list of them, the refund rule, and where Stripe calls."""

from flask import Blueprint

money: Blueprint = Blueprint("money", __name__)

from seminar.money.views import home, office, order, paying, refund_rule, webhook  # noqa: E402

# Imported for their routes alone, or read by wsgi.py for what they contribute.
__all__ = ["home", "money", "office", "order", "paying", "refund_rule", "webhook"]
