"""What the stand-in knows: Stripe's objects in Stripe's own shapes, by id, in the order in which they were made.

A field that begins with an underscore is ours, and leaves with no answer. With a path, everything is in that file after each change.
"""

import copy
import json
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.stand_in.errors import no_such

Thing = dict[str, Any]
PREFIXES = {
    "checkout.session": "cs_test_",
    "payment_intent": "pi_",
    "charge": "ch_",
    "refund": "re_",
    "dispute": "du_",
    "event": "evt_",
}


def new_id(prefix: str) -> str:
    return prefix + secrets.token_hex(12)


class Store:
    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.changed = threading.Condition(threading.RLock())
        self.things: dict[str, Thing] = {}
        # The answers kept for idempotency keys.
        self.answers: dict[str, Thing] = {}
        if path and path.exists():
            kept = json.loads(path.read_text())
            self.things, self.answers = kept["things"], kept["answers"]

    @contextmanager
    def changing(self) -> Iterator[None]:
        """One change at a time; on its end it is written down, and whoever delivers is woken."""
        with self.changed:
            yield
            if self.path:
                beside = self.path.with_suffix(".new")
                beside.write_text(json.dumps({"things": self.things, "answers": self.answers}))
                os.replace(beside, self.path)
            self.changed.notify_all()

    def add(self, kind: str, **fields: Any) -> Thing:
        made = {"id": new_id(PREFIXES[kind]), "object": kind, "created": int(time.time()), "livemode": False, **fields}
        self.things[made["id"]] = made
        return made

    def find(self, kind: str, sought: Any, param: str = "id") -> Thing:
        """Raises StripeError where there is none of that kind."""
        found = self.things.get(sought) if isinstance(sought, str) else None
        if found is None or found["object"] != kind:
            raise no_such(kind.replace(".", "_"), str(sought), param)
        return found

    def all(self, kind: str, **fields: Any) -> list[Thing]:
        """The newest first, as Stripe lists them."""
        with self.changed:
            of_kind = [thing for thing in self.things.values() if thing["object"] == kind]
        return [thing for thing in reversed(of_kind) if all(thing.get(name) == value for name, value in fields.items())]

    def outside(self, thing: Thing) -> Thing:
        """As it is now, a copy without what is ours."""
        with self.changed:
            return copy.deepcopy({name: value for name, value in thing.items() if not name.startswith("_")})


def expanded(store: Store, thing: Thing, paths: list[str]) -> Thing:
    """With the objects that `expand[]` asks for in the place of their ids: https://docs.stripe.com/api/expanding_objects"""
    for path in paths:
        _expand(store, thing, path.split("."))
    return thing


def _expand(store: Store, here: Any, steps: list[str]) -> None:
    if isinstance(here, list):
        for part in here:
            _expand(store, part, steps)
        return
    if not steps or not isinstance(here, dict):
        return
    first, *rest = steps
    value = here.get(first)
    if first == "line_items" and here.get("object") == "checkout.session":
        here[first] = store.things[here["id"]]["_line_items"]
    elif first == "refunds" and here.get("object") == "charge":
        refunds = [store.outside(refund) for refund in store.all("refund", charge=here["id"])]
        here[first] = {"object": "list", "data": refunds, "has_more": False, "url": f"/v1/charges/{here['id']}/refunds"}
    elif isinstance(value, str) and value in store.things:
        here[first] = store.outside(store.things[value])
    _expand(store, here.get(first), rest)
