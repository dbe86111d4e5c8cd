"""Events: what happened, with a snapshot of what it happened to, signed and sent to the webhook after the state changed.

https://docs.stripe.com/webhooks: an endpoint gets the kinds that it asked for, at least once, in no promised order, and again with a
growing pause while it doesn't answer 2xx; each attempt is signed anew. https://docs.stripe.com/api/events/types for the kinds.
"""

import hashlib
import hmac
import http.client
import json
import threading
import time
from urllib.parse import urlsplit

from tests.stand_in.store import Store, Thing

API_VERSION = "2026-10-28.endive"
DELIVERED = {
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "payment_intent.succeeded",
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.closed",
}
PAUSES = (0.2, 0.5, 1, 2, 5, 15, 30, 60)


def announce(store: Store, kind: str, thing: Thing) -> Thing:
    """Within a change of the store. It is due for delivery at once, unless events are held back."""
    return store.add(
        "event",
        api_version=API_VERSION,
        type=kind,
        data={"object": store.outside(thing)},
        pending_webhooks=1 if kind in DELIVERED else 0,
        request={"id": None, "idempotency_key": None},
        _due=time.time() if kind in DELIVERED else None,
        _wanted=kind in DELIVERED,
        _attempts=0,
        _statuses=[],
    )


class Deliveries:
    """The thread that sends what is due. Without an address, and while `held`, nothing leaves by itself."""

    def __init__(self, store: Store, *, url: str | None, secret: str) -> None:
        self.store, self.url, self.secret = store, url, secret
        self.held = url is None
        self.ended = False
        self.sending = False
        self.tidy = lambda: None
        self.thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self.thread.start()

    def end(self) -> None:
        with self.store.changed:
            self.ended = True
            self.store.changed.notify_all()
        self.thread.join(timeout=15)

    def signed(self, event: Thing) -> tuple[bytes, dict[str, str]]:
        """Body and headers, by the scheme of https://docs.stripe.com/webhooks/signature"""
        body = json.dumps(self.store.outside(event), indent=2)
        moment = int(time.time())
        signature = hmac.new(self.secret.encode(), f"{moment}.{body}".encode(), hashlib.sha256).hexdigest()
        return body.encode(), {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": f"t={moment},v1={signature}",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }

    def send(self, event: Thing) -> int:
        """The status that the webhook answered; 0 when it couldn't be reached."""
        assert self.url, "The stand-in was started without the webhook's address."
        body, headers = self.signed(event)
        target = urlsplit(self.url)
        there = http.client.HTTPConnection(target.hostname or "", target.port or 80, timeout=10)
        try:
            there.request("POST", target.path or "/", body, headers)
            status = there.getresponse().status
        except (OSError, http.client.HTTPException):
            status = 0
        finally:
            there.close()
        with self.store.changing():
            event["_statuses"].append(status)
            event["_attempts"] += 1
            if 200 <= status < 300:
                event["_due"], event["pending_webhooks"] = None, 0
            elif event["_due"] is not None:
                event["_due"] = time.time() + PAUSES[min(event["_attempts"], len(PAUSES)) - 1]
        return status

    def waiting(self) -> list[Thing]:
        """Not answered with 2xx yet, the oldest first."""
        return [event for event in reversed(self.store.all("event")) if event["_due"] is not None]

    def _run(self) -> None:
        while not self.ended:
            self.tidy()
            with self.store.changed:
                due = [] if self.held else [event for event in self.waiting() if event["_due"] <= time.time()]
                self.sending = bool(due)
                if not due:
                    self.store.changed.notify_all()
                    self.store.changed.wait(0.1)
            for event in due:
                if not self.ended:
                    self.send(event)
