"""What a test tells the stand-in that no honest payer or shop would: which bank says no, which answer gets lost, what comes twice.

In a process of its own it is told over `POST /_control/<verb>` with the arguments as a JSON object, and answers with JSON: the same verbs,
the same arguments. `GET /_control/objects` is everything it knows, for counting.
"""

import json
import time
from typing import Any

from tests.stand_in import checkout, disputes, payments, refunds
from tests.stand_in.api import Api
from tests.stand_in.errors import StripeError
from tests.stand_in.events import Deliveries
from tests.stand_in.faults import Fault
from tests.stand_in.store import Store, Thing


class Control:
    def __init__(self, store: Store, api: Api, deliveries: Deliveries) -> None:
        self.store, self.api, self.deliveries = store, api, deliveries

    # A payment. Each verb takes a session's id and answers with the session afterwards.

    def pay(self, session: str, card: str = payments.GOOD_CARD) -> Thing:
        return self._outside(payments.pay(self.store, session, card=card))

    def decline(self, session: str) -> Thing:
        return self.pay(session, card="4000000000000002")

    def pay_by_bank(self, session: str) -> Thing:
        """Complete and unpaid, until `settle` or `fail`."""
        return self._outside(payments.pay_by_bank(self.store, session))

    def settle(self, session: str) -> Thing:
        return self._outside(payments.settle(self.store, session))

    def fail(self, session: str) -> Thing:
        return self._outside(payments.fail(self.store, session))

    def expire(self, session: str) -> Thing:
        """As if its time had passed. One that isn't open stays as it is."""
        with self.store.changing():
            found = self.store.find("checkout.session", session)
            if found["status"] == "open":
                found["expires_at"] = int(time.time()) - 1
            return self._outside(checkout.session_of(self.store, session))

    # Money that goes back. `payment` is the id of a session, a PaymentIntent or a charge.

    def dispute(self, payment: str, amount: int | None = None, reason: str = "fraudulent") -> Thing:
        return self._outside(disputes.dispute(self.store, self.charge(payment)["id"], amount=amount, reason=reason))

    def close_dispute(self, dispute: str, won: bool) -> Thing:
        return self._outside(disputes.close_dispute(self.store, dispute, won=won))

    def refund(self, payment: str, amount: int | None = None) -> Thing:
        """Somebody at the district does it on Stripe's dashboard: without our metadata, and we hear of it by an event."""
        asked = {"charge": self.charge(payment)["id"], **({} if amount is None else {"amount": str(amount)})}
        return self._outside(refunds.refund(self.store, asked))

    def next_refunds(self, begin: str, times: int = 1) -> None:
        """`pending` until told, or `failed`: said to have succeeded, and failed right afterwards."""
        assert begin in ("pending", "failed")
        self.api.refunds_begin += [begin] * times

    def refund_succeeds(self, refund: str) -> Thing:
        return self._outside(refunds.refund_succeeds(self.store, refund))

    def refund_fails(self, refund: str) -> Thing:
        return self._outside(refunds.refund_fails(self.store, refund))

    # Calls of the API that go wrong. `calls` is a pattern for which ones, such as "POST /v1/refunds"; see tests.stand_in.faults.

    def fail_next(self, times: int = 1, status: int = 500, when: str = "before", calls: str = "") -> None:
        self.api.faults.plan(Fault(times, status, when, calls=calls))

    def drop_next(self, times: int = 1, when: str = "before", seconds: float = 0.0, calls: str = "") -> None:
        """The connection ends without an answer, after so many seconds."""
        self.api.faults.plan(Fault(times, None, when, seconds, calls))

    def delay_next(self, seconds: float, times: int = 1, calls: str = "") -> None:
        """A right answer, late; meanwhile its idempotency key is in use."""
        self.api.faults.plan(Fault(times, 200, "before", seconds, calls))

    # Events.

    def hold(self) -> None:
        """From now on no event leaves by itself, until `release`."""
        with self.store.changed:
            self.deliveries.held = True

    def release(self) -> None:
        with self.store.changing():
            self.deliveries.held = self.deliveries.url is None

    def events(self, kind: str | None = None) -> list[Thing]:
        """The oldest first; those that an endpoint like ours gets, or all of one kind."""
        found = reversed(self.store.all("event"))
        return [self._outside(event) for event in found if event["type"] == kind or (kind is None and event["_wanted"])]

    def waiting(self) -> list[Thing]:
        """Those that were not answered with 2xx yet."""
        return [self._outside(event) for event in self.deliveries.waiting()]

    def deliver(self, event: str | Thing, times: int = 1) -> list[int]:
        """Send it now, that often, whether it was sent before or not; the statuses that came back."""
        found = self._event(event)
        return [self.deliveries.send(found) for _ in range(times)]

    def attempts(self, event: str | Thing) -> list[int]:
        """The statuses that the webhook answered so far; 0 where it couldn't be reached."""
        return list(self._event(event)["_statuses"])

    def delivered(self, within: float = 10.0) -> None:
        """Wait until the webhook has answered 2xx to each event; a failure when it hasn't after so many seconds."""
        ends = time.monotonic() + within
        with self.store.changed:
            while waiting := self.deliveries.waiting():
                left = ends - time.monotonic()
                assert left > 0, f"not delivered within {within} s: {[(each['type'], each['_statuses']) for each in waiting]}"
                self.store.changed.wait(min(left, 0.1))

    # To look at, and to count.

    def objects(self, kind: str | None = None) -> list[Thing]:
        """The oldest first, of one kind ("charge", "refund", "checkout.session" …) or all."""
        with self.store.changed:
            return [self._outside(each) for each in self.store.things.values() if each["object"] == (kind or each["object"])]

    def charge(self, payment: str) -> Thing:
        """The latest of a session, a PaymentIntent, or itself."""
        with self.store.changed:
            found = self.store.things[payment]
            if found["object"] == "checkout.session":
                found = self.store.things[found["payment_intent"]]
            if found["object"] == "payment_intent":
                found = self.store.things[found["latest_charge"]]
            return self._outside(found)

    def _event(self, event: str | Thing) -> Thing:
        return self.store.find("event", event if isinstance(event, str) else event["id"])

    def _outside(self, thing: Thing) -> Thing:
        return self.store.outside(thing)


VERBS = [name for name in vars(Control) if not name.startswith("_")]


def told(control: Control, verb: str, text: str) -> tuple[int, Any]:
    """Status and answer of `/_control/<verb>`."""
    if verb not in VERBS:
        return 404, {"error": f"The verbs are {', '.join(VERBS)}."}
    try:
        return 200, getattr(control, verb)(**json.loads(text or "{}"))
    except StripeError as refused:
        return refused.status, refused.body
    except (TypeError, ValueError, KeyError, AssertionError) as wrong:
        return 400, {"error": f"{type(wrong).__name__}: {wrong}"}
