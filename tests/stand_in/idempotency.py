"""Idempotency keys: https://docs.stripe.com/api/idempotent_requests

The first answer is kept for its key, whether it was a yes, a no or a 500, and comes again for the same request. Other parameters, or
another address, are refused. Two at the same moment: the second is told to come again. What was wrong with the parameters isn't kept.
"""

import hashlib
import json
import time
from collections.abc import Callable

from tests.stand_in.errors import StripeError
from tests.stand_in.store import Store, Thing

KEPT_SECONDS = 24 * 60 * 60


class Keys:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.running: set[str] = set()

    def once(self, key: str, call: str, params: Thing, work: Callable[[], tuple[int, Thing, bool]]) -> tuple[int, Thing, bool]:
        """Status, body, and whether it is an answer that was given before. `work` says whether its answer is to be kept."""
        request = hashlib.sha256(json.dumps([call, params], sort_keys=True).encode()).hexdigest()
        kept = self._begin(key, call, request)
        if kept:
            return kept["status"], kept["body"], True
        try:
            status, body, began = work()
            if began:
                with self.store.changing():
                    self.store.answers[key] = {"call": call, "request": request, "status": status, "body": body, "at": time.time()}
            return status, body, False
        finally:
            with self.store.changed:
                self.running.discard(key)

    def _begin(self, key: str, call: str, request: str) -> Thing | None:
        if len(key) > 255:
            raise StripeError("Idempotency keys are at most 255 characters long.")
        with self.store.changed:
            if key in self.running:
                raise StripeError(
                    "There is currently another in-progress request using this Idempotency Key. Please try again later.",
                    status=409,
                    kind="idempotency_error",
                    code="idempotency_key_in_use",
                )
            kept = self.store.answers.get(key)
            if kept and kept["at"] < time.time() - KEPT_SECONDS:
                kept = None
            if kept and kept["request"] != request:
                same = "parameters" if kept["call"] == call else f"endpoint ('{kept['call']}')"
                raise StripeError(
                    f"Keys for idempotent requests can only be used with the same {same} they were first used with. "
                    f"Try using a key other than '{key}' if you meant to execute a different request.",
                    kind="idempotency_error",
                )
            if kept is None:
                self.running.add(key)
            return kept
