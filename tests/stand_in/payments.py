"""Paying a session: by card at once, or from a bank account, which takes days (https://docs.stripe.com/payments/ach-direct-debit).

A charge is `succeeded`, `failed`, or `pending` while the bank takes its time. https://docs.stripe.com/checkout/fulfillment: a session is
complete when the customer is done; its payment_status says whether the money came, and later the async events do.
"""

import time

from tests.stand_in.checkout import intent_of, session_of
from tests.stand_in.disputes import DISPUTED_CARD, dispute
from tests.stand_in.events import announce
from tests.stand_in.store import Store, Thing, new_id

GOOD_CARD = "4242424242424242"
# https://docs.stripe.com/testing: what each does. All other numbers are good ones.
DECLINED = {
    "4000000000000002": ("card_declined", "generic_decline", "Your card was declined."),
    "4000000000009995": ("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    "4000000000000069": ("expired_card", None, "Your card has expired."),
}
GOOD_ACCOUNT, BAD_ACCOUNT = "000123456789", "000111111116"


def pay(store: Store, sought: str, *, card: str = GOOD_CARD) -> Thing:
    """The session afterwards: complete, or still open where the card was declined. One that isn't open stays as it is, without a charge."""
    with store.changing():
        session = session_of(store, sought)
        if session["status"] != "open":
            return session
        intent = intent_of(store, session)
        if card in DECLINED:
            _decline(store, intent, card)
            return session
        charge = _charge(store, intent, "succeeded", card)
        _succeed(intent, charge)
        session.update(status="complete", payment_status="paid", url=None, customer_details=_customer(session))
        announce(store, "charge.succeeded", charge)
        announce(store, "payment_intent.succeeded", intent)
        announce(store, "checkout.session.completed", session)
        if card == DISPUTED_CARD:
            dispute(store, charge["id"])
    return session


def pay_by_bank(store: Store, sought: str, *, account: str = GOOD_ACCOUNT, settles_at: float | None = None) -> Thing:
    """The session, complete and unpaid. Without `settles_at` it waits until it is told to settle or to fail."""
    with store.changing():
        session = session_of(store, sought)
        if session["status"] != "open":
            return session
        intent = intent_of(store, session)
        charge = _charge(store, intent, "pending", None)
        charge.update(_settles_at=settles_at, _account=account)
        intent.update(status="processing", latest_charge=charge["id"])
        session.update(status="complete", url=None, customer_details=_customer(session))
        announce(store, "charge.pending", charge)
        announce(store, "payment_intent.processing", intent)
        announce(store, "checkout.session.completed", session)
    return session


def settle(store: Store, sought: str) -> Thing:
    """The bank's money came. A session that waits for none stays as it is."""
    with store.changing():
        session, intent, charge = _on_its_way(store, sought)
        if charge:
            charge.update(status="succeeded", paid=True, captured=True, amount_captured=charge["amount"])
            _succeed(intent, charge)
            session["payment_status"] = "paid"
            announce(store, "charge.succeeded", charge)
            announce(store, "payment_intent.succeeded", intent)
            announce(store, "checkout.session.async_payment_succeeded", session)
    return session


def fail(store: Store, sought: str) -> Thing:
    """The bank's money didn't come: the session stays complete and unpaid."""
    with store.changing():
        session, intent, charge = _on_its_way(store, sought)
        if charge:
            charge.update(status="failed", failure_code="insufficient_funds", failure_message="The account has too little in it.")
            intent.update(status="requires_payment_method", last_payment_error=_refusal("insufficient_funds", None, charge))
            announce(store, "charge.failed", charge)
            announce(store, "payment_intent.payment_failed", intent)
            announce(store, "checkout.session.async_payment_failed", session)
    return session


def settle_what_is_due(store: Store) -> None:
    for charge in store.all("charge", status="pending"):
        if charge.get("_settles_at") and charge["_settles_at"] <= time.time():
            session = store.all("checkout.session", payment_intent=charge["payment_intent"])[0]
            (fail if charge["_account"] == BAD_ACCOUNT else settle)(store, session["id"])


def _on_its_way(store: Store, sought: str) -> tuple[Thing, Thing, Thing | None]:
    session = session_of(store, sought)
    intent = store.things.get(session["payment_intent"] or "", {})
    charge = store.things.get(intent.get("latest_charge") or "")
    return session, intent, charge if charge and charge["status"] == "pending" else None


def _charge(store: Store, intent: Thing, status: str, card: str | None) -> Thing:
    paid = status == "succeeded"
    method = {"type": "card", "card": {"brand": "visa", "last4": card[-4:]}} if card else {"type": "us_bank_account"}
    return store.add(
        "charge",
        amount=intent["amount"],
        amount_captured=intent["amount"] if paid else 0,
        amount_refunded=0,
        # What it points to isn't played here, and can't be expanded.
        balance_transaction=new_id("txn_") if paid else None,
        captured=paid,
        currency=intent["currency"],
        description=intent["description"],
        dispute=None,
        disputed=False,
        failure_code=None,
        failure_message=None,
        metadata=dict(intent["metadata"]),
        paid=paid,
        payment_intent=intent["id"],
        payment_method=new_id("pm_"),
        payment_method_details=method,
        receipt_email=intent["receipt_email"],
        receipt_url=None,
        refunded=False,
        status=status,
        _card=card,
    )


def _succeed(intent: Thing, charge: Thing) -> None:
    charge["balance_transaction"] = charge["balance_transaction"] or new_id("txn_")
    intent.update(status="succeeded", amount_received=charge["amount"], latest_charge=charge["id"], last_payment_error=None)
    intent["payment_method"] = charge["payment_method"]


def _decline(store: Store, intent: Thing, card: str) -> None:
    code, why, sentence = DECLINED[card]
    charge = _charge(store, intent, "failed", card)
    charge.update(failure_code=code, failure_message=sentence)
    intent.update(status="requires_payment_method", latest_charge=charge["id"], last_payment_error=_refusal(code, why, charge))
    announce(store, "charge.failed", charge)
    announce(store, "payment_intent.payment_failed", intent)


def _refusal(code: str, why: str | None, charge: Thing) -> Thing:
    return {"type": "card_error", "code": code, "decline_code": why, "message": charge["failure_message"], "charge": charge["id"]}


def _customer(session: Thing) -> Thing:
    return {"email": session["customer_email"], "name": None, "phone": None, "address": None, "tax_exempt": "none", "tax_ids": []}
