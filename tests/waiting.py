"""Waiting for what another process does."""

import time
from collections.abc import Callable


def until(happened: Callable[[], bool], *, within: float = 30.0) -> None:
    """Look again until it has happened; a failure when it hasn't after so many seconds."""
    deadline = time.monotonic() + within
    while not happened():
        assert time.monotonic() < deadline, f"still waiting after {within} s"
        time.sleep(0.005)
