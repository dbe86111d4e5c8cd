"""What goes wrong with the next calls of the API, because a test said so.

`before`: nothing is done, and nothing kept for the idempotency key. `after`: the work is done. A 500 that comes after it is kept for the
key, and replayed, as https://docs.stripe.com/api/idempotent_requests says; an answer that was lost on its way is there for the next try.
"""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Fault:
    times: int = 1
    # None: the connection is closed without an answer.
    status: int | None = 500
    when: str = "before"
    # How long it takes, before anything else; with a status of 200, that is all that is wrong.
    seconds: float = 0.0
    # Which calls: a pattern for "POST /v1/refunds".
    calls: str = ""
    # What happens meanwhile, while whoever called waits for the answer.
    meanwhile: Callable[[], object] | None = None


class Faults:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.planned: list[Fault] = []

    def plan(self, fault: Fault) -> None:
        assert fault.when in ("before", "after")
        with self.lock:
            self.planned.append(fault)

    def next(self, call: str) -> Fault | None:
        with self.lock:
            for fault in self.planned:
                if fault.times > 0 and re.search(fault.calls, call):
                    fault.times -= 1
                    return fault
        return None
