"""Stripe's API: which address does what, for whom, and in which shape it answers. https://docs.stripe.com/api"""

import base64
import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from tests.stand_in import checkout, refunds
from tests.stand_in.errors import StripeError, broken
from tests.stand_in.events import API_VERSION
from tests.stand_in.faults import Faults
from tests.stand_in.forms import parsed, whole
from tests.stand_in.idempotency import Keys
from tests.stand_in.store import Store, Thing, expanded

LISTS = {
    "checkout/sessions": ("checkout.session", ("payment_intent", "status")),
    "payment_intents": ("payment_intent", ()),
    "charges": ("charge", ("payment_intent",)),
    "refunds": ("refund", ("payment_intent", "charge")),
    "disputes": ("dispute", ("payment_intent", "charge")),
    "events": ("event", ("type",)),
}
A_LIST = re.compile(rf"/v1/({'|'.join(LISTS)})")
ONE = re.compile(rf"/v1/({'|'.join(LISTS)})/(\w+)")
EXPIRING = re.compile(r"/v1/checkout/sessions/(\w+)/expire")
LINES = re.compile(r"/v1/checkout/sessions/(\w+)/line_items")


@dataclass
class Answer:
    """`None` for a status: the connection is closed without one."""

    status: int | None
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


class Api:
    def __init__(self, store: Store, *, pages_at: str) -> None:
        self.store, self.pages_at = store, pages_at
        self.keys, self.faults = Keys(store), Faults()
        # How the next refunds begin, one after the other.
        self.refunds_begin: list[str] = []

    def answer(self, method: str, path: str, text: str, headers: Any) -> Answer:
        call, key = f"{method} {path}", headers.get("Idempotency-Key") if method == "POST" else None
        fault = self.faults.next(call)
        more = {"Request-Id": f"req_{secrets.token_hex(7)}", "Stripe-Version": headers.get("Stripe-Version") or API_VERSION}
        lost = False

        def work() -> tuple[int, Thing, bool]:
            nonlocal lost
            if fault:
                time.sleep(fault.seconds)
            if fault and fault.meanwhile:
                fault.meanwhile()
            if fault and fault.when == "before" and fault.status != 200:
                lost = fault.status is None
                return *_failed(fault.status), False
            status, body, began = self._done(method, path, params)
            if fault and fault.status != 200 and fault.when == "after":
                lost = fault.status is None
                status, body = (status, body) if lost else _failed(fault.status)
            return status, body, began

        try:
            _refuse_a_wrong_key(headers.get("Authorization", ""))
            params = parsed(text)
            if not key:
                status, body, _kept = work()
            else:
                more["Idempotency-Key"] = key
                status, body, again = self.keys.once(key, call, params, work)
                if again:
                    more["Idempotent-Replayed"] = "true"
        except StripeError as refused:
            status, body = refused.status, refused.body
        return Answer(None if lost else status, body, more)

    def _done(self, method: str, path: str, params: Thing) -> tuple[int, Thing, bool]:
        try:
            if method == "GET":
                return 200, self._found(path, params), True
            found = self._made(path, params)
            return 200, expanded(self.store, found, params.get("expand", [])), True
        except StripeError as refused:
            return refused.status, refused.body, refused.began

    def _made(self, path: str, params: Thing) -> Thing:
        if path == "/v1/checkout/sessions":
            return self.store.outside(checkout.open_session(self.store, params, pages_at=self.pages_at))
        if path == "/v1/refunds":
            return self._refunded(params)
        if expiring := EXPIRING.fullmatch(path):
            return self.store.outside(checkout.expire_by_hand(self.store, expiring[1]))
        raise _unrecognized("POST", path)

    def _refunded(self, params: Thing) -> Thing:
        """One that is to fail begins as succeeded, says so, and has failed right afterwards."""
        begins = self.refunds_begin[0] if self.refunds_begin else "succeeded"
        made = refunds.refund(self.store, params, begins="pending" if begins == "pending" else "succeeded")
        del self.refunds_begin[:1]
        said = self.store.outside(made)
        if begins == "failed" or self.store.things[made["charge"]]["_card"] == refunds.FAILING_CARD:
            refunds.refund_fails(self.store, made["id"])
        return said

    def _found(self, path: str, params: Thing) -> Thing:
        checkout.expire_what_is_due(self.store)
        paths = params.pop("expand", [])
        if lines := LINES.fullmatch(path):
            return dict(self.store.find("checkout.session", lines[1])["_line_items"])
        if one := ONE.fullmatch(path):
            return expanded(self.store, self.store.outside(self.store.find(LISTS[one[1]][0], one[2])), paths)
        if listed := A_LIST.fullmatch(path):
            return expanded(self.store, self._listed(*LISTS[listed[1]], path, params), paths)
        raise _unrecognized("GET", path)

    def _listed(self, kind: str, filters: tuple[str, ...], path: str, params: Thing) -> Thing:
        """https://docs.stripe.com/api/pagination: the newest first, 10 unless `limit` says another number up to 100."""
        found = self.store.all(kind, **{name: params[name] for name in filters if name in params})
        if "types" in params:
            found = [each for each in found if each["type"] in params["types"]]
        bounds = params.get("created", {})
        for bound, value in (bounds if isinstance(bounds, dict) else {"is": bounds}).items():
            found = [each for each in found if _within(bound, each["created"], whole(value, "created"))]
        if "starting_after" in params:
            places = [place for place, each in enumerate(found) if each["id"] == params["starting_after"]]
            found = found[places[0] + 1 :] if places else []
        limit = min(100, max(1, whole(params.get("limit", "10"), "limit")))
        data = [self.store.outside(each) for each in found[:limit]]
        return {"object": "list", "url": path, "has_more": len(found) > limit, "data": data}


def _within(bound: str, created: int, value: int) -> bool:
    kinds = {"gt": created > value, "gte": created >= value, "lt": created < value, "lte": created <= value, "is": created == value}
    return kinds.get(bound, True)


def _failed(status: int | None) -> tuple[int, Thing]:
    if status == 429:
        return 429, StripeError("Request rate limit exceeded.", kind="invalid_request_error", code="rate_limit").body
    return status or 500, broken().body


def _refuse_a_wrong_key(authorization: str) -> None:
    """A secret or restricted test key, as Bearer or as the user of Basic: https://docs.stripe.com/api/authentication"""
    kind, _, given = authorization.partition(" ")
    if kind == "Basic":
        given = base64.b64decode(given).decode().partition(":")[0]
    if not given:
        raise StripeError("You did not provide an API key.", status=401)
    if not re.match(r"[sr]k_test_\w+", given):
        raise StripeError(f"Invalid API Key provided: {given[:8]}****", status=401)


def _unrecognized(method: str, path: str) -> StripeError:
    return StripeError(f"Unrecognized request URL ({method}: {path}).", status=404)
