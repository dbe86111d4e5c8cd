"""Bugs of purchase orders, put in on purpose (see sabotage.py)."""

from typing import Any

from seminar.money import covering
from tests.years.sabotage import Sabotage, forgetting_in_the_trail, forgotten, patched


def one_covers_whatever_waits() -> Any:
    """Beyond its amount; the database has the last word."""
    return patched(("seminar.money.purchase_order.PurchaseOrder.left_cents", property(lambda order: order.cap_cents)))


def one_that_expired_is_good() -> Any:
    return patched(("seminar.money.purchase_order.PurchaseOrder.is_expired", lambda _order, _day: False))


def a_place_that_ended_stays_on_it() -> Any:
    charged_less = covering.charged_less

    def of_office(less: Any, *, ended: bool, by: Any, now: Any) -> None:
        if not ended:
            charged_less(less, ended=ended, by=by, now=now)

    return patched(("seminar.money.settling.charged_less", of_office))


PO_SABOTAGES = [
    Sabotage("a purchase order covers beyond its amount", one_covers_whatever_waits),
    Sabotage("a purchase order that expired is good", one_that_expired_is_good),
    Sabotage("a place that ended stays on its purchase order", a_place_that_ended_stays_on_it),
    Sabotage("an invoice is never lessened", forgotten("seminar.money.covering.write_credit_notes")),
    Sabotage("no trail: purchase order chosen", forgetting_in_the_trail("purchase order chosen")),
]
