"""Stripe, and nothing else of the product knows it: Checkout pages, refunds, disputes and the events that tell of them.

Laws: it is never asked while a transaction is open; a call that changes something carries our own idempotency key, so that made
twice it is done once (docs.stripe.com/api/idempotent_requests). What it answers leaves here as plain values (seminar.money.found).
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import stripe

from seminar.ground.db import db
from seminar.ground.settings import StripeSettings
from seminar.money.found import CardDispute, CardPage, CardRefund

ANSWERS_WITHIN_SECONDS = 8
# Stripe's own clock decides when its page is over: half an hour from the call at least (docs.stripe.com/api/checkout/sessions/create).
PAGE_LIVES_SECONDS = 33 * 60
# The events that say something of what we do; all others are answered and forgotten.
PAGES = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
)
REFUNDS = ("refund.created", "refund.updated", "refund.failed")
DISPUTES = ("charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed")
OURS = (*PAGES, *REFUNDS, *DISPUTES)
# A warning isn't a dispute yet (docs.stripe.com/disputes/how-disputes-work): no money has moved.
WARNINGS = ("warning_needs_response", "warning_under_review", "warning_closed")


class Away(Exception):
    """Stripe didn't answer, or not with an answer: it can be asked again."""


class Declined(Exception):
    """Stripe won't do that, and says why; asked again it says the same."""


class Forged(Exception):
    """An event that Stripe didn't sign with our secret, or long ago."""


class Card:
    """Stripe as these settings reach it."""

    def __init__(self, settings: StripeSettings) -> None:
        self.settings = settings
        base = {"base_addresses": {"api": settings.api_base}} if settings.api_base else {}
        http = stripe.RequestsClient(timeout=ANSWERS_WITHIN_SECONDS)
        client = stripe.StripeClient(settings.secret_key, http_client=http, max_network_retries=1, **base)  # type: ignore[arg-type]
        self.api = client.v1

    def open_page(self, parameters: dict[str, Any], *, token: str) -> CardPage:
        """A page on which the card is typed. `parameters` were stored before, and are the same each time that it is called."""
        wanted = {
            "mode": "payment",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": parameters["currency"],
                        "unit_amount": parameters["amount_cents"],
                        "product_data": {"name": parameters["says"]},
                    },
                }
            ],
            "success_url": parameters["success_url"],
            "cancel_url": parameters["cancel_url"],
            "expires_at": parameters["expires_at"],
            "locale": parameters["language"],
            "client_reference_id": token,
            "metadata": {"payment": token},
            "payment_intent_data": {"metadata": {"payment": token}},
        }
        return _page(_asked(lambda: self.api.checkout.sessions.create(wanted, {"idempotency_key": f"pay-{token}"})))  # type: ignore[arg-type]

    def page(self, session_id: str) -> CardPage:
        """The page as it is now."""
        return _page(_asked(lambda: self.api.checkout.sessions.retrieve(session_id, {"expand": ["payment_intent"]})))

    def close_page(self, session_id: str) -> CardPage:
        """Nobody can pay on it any more, unless somebody did; the page as it is then."""
        try:
            _asked(lambda: self.api.checkout.sessions.expire(session_id))
        except Declined:
            pass
        return self.page(session_id)

    def refund(self, payment_intent: str, cents: int, *, key: str) -> CardRefund:
        wanted = {"payment_intent": payment_intent, "amount": cents, "metadata": {"refund": key}, "expand": ["payment_intent"]}
        return _refund(_asked(lambda: self.api.refunds.create(wanted, {"idempotency_key": key})))  # type: ignore[arg-type]

    def refunds_of(self, payment_intent: str) -> list[CardRefund]:
        """All that were made of a payment, whoever made them."""
        wanted = {"payment_intent": payment_intent, "limit": 100, "expand": ["data.payment_intent"]}
        listed = _asked(lambda: self.api.refunds.list(wanted))  # type: ignore[arg-type]
        return [_refund(one) for one in listed.data]

    def event(self, payload: bytes, signature: str) -> stripe.Event:
        """What a call to our webhook says. Raises Forged."""
        try:
            event = stripe.Webhook.construct_event(payload, signature, self.settings.webhook_secret)  # type: ignore[no-untyped-call]
        except (ValueError, stripe.SignatureVerificationError) as error:
            raise Forged(str(error)) from error
        if event.livemode != ("_live_" in self.settings.secret_key):
            raise Forged("An event of Stripe's test mode, or of its live one, and our key is of the other")
        return event  # type: ignore[no-any-return]

    def events_since(self, moment: datetime) -> Iterator[stripe.Event]:
        """Ours, the oldest first: what a webhook that didn't arrive would have said. Stripe lists the newest first, and tells the second
        of each: those of one second stay in the order in which they happened."""
        since = {"types": list(OURS), "created": {"gte": int(moment.timestamp())}, "limit": 100}
        listed = _asked(lambda: list(self.api.events.list(since).auto_paging_iter()))  # type: ignore[arg-type]
        yield from sorted(reversed(listed), key=lambda event: event.created)

    def about(self, event: stripe.Event) -> CardPage | CardRefund | CardDispute | None:
        """What the event is about, as it is now; None for an event that says nothing to us. An event is only a hint: it can be late,
        come twice, or after the next one."""
        id = str(event.data.object["id"])
        if event.type in PAGES:
            return self.page(id)
        if event.type in REFUNDS:
            return _refund(_asked(lambda: self.api.refunds.retrieve(id, {"expand": ["payment_intent"]})))
        if event.type in DISPUTES:
            return _dispute(_asked(lambda: self.api.disputes.retrieve(id, {"expand": ["payment_intent"]})))
        return None


def page_ends() -> int:
    """When a page that is asked for now is over, for Stripe: by its clock, which is the world's, whatever day a demo plays."""
    return int(time.time()) + PAGE_LIVES_SECONDS


def _asked(ask: Any) -> Any:
    if db.session().in_transaction():
        raise RuntimeError("Stripe is asked while a transaction is open: end it first.")
    try:
        return ask()
    except (stripe.InvalidRequestError, stripe.CardError) as error:
        raise Declined(error.user_message or str(error)) from error
    except stripe.StripeError as error:
        raise Away(str(error)) from error


def _said(metadata: Any, name: str) -> str:
    """What we had them keep beside it."""
    return str(metadata[name]) if metadata and name in metadata else ""


def _page(session: stripe.checkout.Session) -> CardPage:
    intent = session.payment_intent
    status = getattr(intent, "status", "")
    return CardPage(
        id=session.id,
        token=_said(session.metadata, "payment"),
        url=session.url or "",
        status=session.status or "",
        is_paid=session.payment_status == "paid",
        has_failed=session.status == "complete" and status in ("requires_payment_method", "canceled"),
        amount_cents=session.amount_total or 0,
        currency=session.currency or "",
        payment_intent=intent if isinstance(intent, str) or intent is None else intent.id,
    )


def _token_of(intent: Any) -> str:
    """Of a PaymentIntent that was asked for with what it is about: our payment's."""
    return "" if intent is None or isinstance(intent, str) else _said(intent.metadata, "payment")


def _refund(refund: stripe.Refund) -> CardRefund:
    state = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}.get(refund.status or "", "pending")
    return CardRefund(
        id=refund.id,
        key=_said(refund.metadata, "refund"),
        token=_token_of(refund.payment_intent),
        state=state,
        amount_cents=refund.amount,
        because=getattr(refund, "failure_reason", None) or "",
    )


def _dispute(dispute: stripe.Dispute) -> CardDispute | None:
    if dispute.status in WARNINGS:
        return None
    due = dispute.evidence_details.due_by if dispute.evidence_details else None
    return CardDispute(
        id=dispute.id,
        token=_token_of(dispute.payment_intent),
        state=dispute.status if dispute.status in ("won", "lost") else "open",
        amount_cents=dispute.amount,
        answer_by=datetime.fromtimestamp(due, UTC) if due else None,
    )
