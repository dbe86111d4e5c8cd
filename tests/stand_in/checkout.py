"""Checkout sessions in payment mode: `open` → `complete` (paid, or unpaid while a bank payment is on its way) | `expired`.

https://docs.stripe.com/api/checkout/sessions · laws: a session is paid at most once; only an open one expires, by its time or by hand;
what expired is never paid. A session lives 30 minutes to 24 hours. Its PaymentIntent is made when somebody tries to pay, not before
(https://docs.stripe.com/changelog/2022-08-01/deferred-paymentintent-checkout-session).
"""

import secrets
import time
from typing import Any

from tests.stand_in.errors import StripeError, missing
from tests.stand_in.events import announce
from tests.stand_in.forms import address, known, metadata, whole
from tests.stand_in.store import Store, Thing

METHODS = ("card", "us_bank_account")
SHORTEST_SECONDS, LONGEST_SECONDS = 30 * 60, 24 * 60 * 60
# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
LEAST_CENTS, MOST_CENTS = 50, 99_999_999
TAKEN = (
    "mode", "line_items", "success_url", "cancel_url", "expires_at", "client_reference_id", "metadata", "payment_intent_data", "expand",
    "payment_method_types", "customer_email", "locale", "submit_type", "customer_creation", "billing_address_collection", "custom_text",
    "automatic_tax", "payment_method_options", "ui_mode", "allow_promotion_codes", "phone_number_collection", "invoice_creation",
)  # fmt: skip


def open_session(store: Store, params: Thing, *, pages_at: str) -> Thing:
    """Raises StripeError, with nothing begun, when a parameter is wrong."""
    known(params, *TAKEN)
    if params.get("mode") != "payment":
        raise missing("mode") if "mode" not in params else StripeError("The stand-in plays mode=payment alone.", param="mode")
    success_url = address(params.get("success_url"), "success_url")
    cancel_url = address(params["cancel_url"], "cancel_url") if "cancel_url" in params else None
    lines, amount, currency = _lines(params.get("line_items"))
    reference = params.get("client_reference_id")
    if reference is not None and not 0 < len(reference) <= 200:
        raise StripeError("Invalid string: at most 200 characters", param="client_reference_id")
    about_payment = params.get("payment_intent_data", {})
    with store.changing():
        session = store.add(
            "checkout.session",
            amount_subtotal=amount,
            amount_total=amount,
            cancel_url=cancel_url,
            client_reference_id=reference,
            currency=currency,
            customer=None,
            customer_details=None,
            customer_email=params.get("customer_email"),
            expires_at=_expires_at(params.get("expires_at")),
            locale=params.get("locale"),
            metadata=metadata(params.get("metadata")),
            mode="payment",
            payment_intent=None,
            payment_method_types=_methods(params.get("payment_method_types")),
            payment_status="unpaid",
            status="open",
            success_url=success_url,
            ui_mode="hosted",
            _line_items=lines,
            _about_payment={
                "metadata": metadata(about_payment.get("metadata"), "payment_intent_data[metadata]"),
                "description": about_payment.get("description"),
                "receipt_email": about_payment.get("receipt_email"),
            },
        )
        session["url"] = f"{pages_at}/c/pay/{session['id']}"
        lines["url"] = f"/v1/checkout/sessions/{session['id']}/line_items"
    return session


def _lines(given: Any) -> tuple[Thing, int, str]:
    """The lines as a list of Stripe's, what they come to, and in which currency."""
    if not isinstance(given, list) or not given:
        raise missing("line_items")
    made = [_line(line, f"line_items[{place}]") for place, line in enumerate(given)]
    currencies, amount = {line["currency"] for line in made}, sum(line["amount_total"] for line in made)
    if len(currencies) > 1:
        raise StripeError("All prices on a Checkout Session must be in one currency.", param="line_items")
    if amount < LEAST_CENTS:
        raise StripeError("The Checkout Session's total amount due must add up to at least $0.50 usd", code="amount_too_small")
    if amount > MOST_CENTS:
        raise StripeError("The Checkout Session's total amount due must be no more than $999,999.99", code="amount_too_large")
    return {"object": "list", "data": made, "has_more": False, "url": ""}, amount, currencies.pop()


def _line(given: Any, at: str) -> Thing:
    price = given.get("price_data") if isinstance(given, dict) else None
    if not isinstance(price, dict):
        raise missing(f"{at}[price_data]")
    name = price.get("product_data", {}).get("name", "")
    currency, cents = price.get("currency", ""), whole(price.get("unit_amount"), f"{at}[price_data][unit_amount]")
    quantity = whole(given.get("quantity"), f"{at}[quantity]")
    if not name:
        raise missing(f"{at}[price_data][product_data][name]")
    if len(currency) != 3:
        raise StripeError(f"Invalid currency: {currency}", param=f"{at}[price_data][currency]")
    if cents < 0 or quantity < 1:
        raise StripeError("Invalid non-negative integer", code="parameter_invalid_integer", param=at)
    total = {"amount_subtotal": cents * quantity, "amount_total": cents * quantity, "currency": currency.lower()}
    return {"id": f"li_{secrets.token_hex(8)}", "object": "item", "description": name, "quantity": quantity, **total}


def _expires_at(given: Any) -> int:
    """https://docs.stripe.com/api/checkout/sessions/create: from 30 minutes to 24 hours after the creation, by default 24 hours."""
    now = int(time.time())
    if given is None:
        return now + LONGEST_SECONDS
    moment = whole(given, "expires_at")
    if moment < now + SHORTEST_SECONDS:
        raise StripeError("The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.", param="expires_at")
    if moment >= now + LONGEST_SECONDS:
        raise StripeError("The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.", param="expires_at")
    return moment


def _methods(given: Any) -> list[str]:
    for method in given or []:
        if method not in METHODS:
            raise StripeError(f"The stand-in knows the payment methods {' and '.join(METHODS)}.", param="payment_method_types")
    return list(given or METHODS)


def session_of(store: Store, sought: str) -> Thing:
    """Within a change: a session whose time has passed has expired by then, whoever looks."""
    session = store.find("checkout.session", sought)
    if session["status"] == "open" and session["expires_at"] <= time.time():
        _expire(store, session)
    return session


def expire_by_hand(store: Store, sought: str) -> Thing:
    """https://docs.stripe.com/api/checkout/sessions/expire. Raises StripeError unless the session is open."""
    with store.changing():
        session = session_of(store, sought)
        if session["status"] != "open":
            raise StripeError(
                'Only Checkout Sessions with a status in ["open"] can be expired. '
                f"This Checkout Session has a status of `{session['status']}`.",
                began=True,
            )
        session["_by_hand"] = True
        _expire(store, session)
    return session


def expire_what_is_due(store: Store) -> None:
    due = [each for each in store.all("checkout.session", status="open") if each["expires_at"] <= time.time()]
    if due:
        with store.changing():
            for session in due:
                session_of(store, session["id"])


def _expire(store: Store, session: Thing) -> None:
    session.update(status="expired", url=None)
    if session["payment_intent"]:
        store.things[session["payment_intent"]].update(status="canceled", canceled_at=int(time.time()), cancellation_reason="automatic")
    announce(store, "checkout.session.expired", session)


def intent_of(store: Store, session: Thing) -> Thing:
    """Its PaymentIntent: the one there is from a try before, or a new one."""
    if session["payment_intent"]:
        return store.things[session["payment_intent"]]
    about = session["_about_payment"]
    intent = store.add(
        "payment_intent",
        amount=session["amount_total"],
        amount_capturable=0,
        amount_received=0,
        canceled_at=None,
        cancellation_reason=None,
        capture_method="automatic_async",
        confirmation_method="automatic",
        currency=session["currency"],
        customer=None,
        description=about["description"],
        last_payment_error=None,
        latest_charge=None,
        metadata=dict(about["metadata"]),
        payment_method=None,
        payment_method_types=session["payment_method_types"],
        receipt_email=about["receipt_email"],
        status="requires_payment_method",
    )
    session["payment_intent"] = intent["id"]
    return intent
