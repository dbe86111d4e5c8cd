"""The stand-in in a thread of a test's own process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.stand_in.control import Control
from tests.stand_in.server import Server


class Stripe(Control):
    """Where it is, and all that it can be told (see Control)."""

    key = "sk_test_stand_in"

    def __init__(self, server: Server) -> None:
        super().__init__(server.store, server.api, server.deliveries)
        self.url = server.url

    def signed(self, event: str | dict[str, Any]) -> tuple[bytes, dict[str, str]]:
        """Body and headers as the webhook gets them, for a test that brings them there itself."""
        return self.deliveries.signed(self._event(event))


@contextmanager
def running_stand_in(*, webhook_url: str | None = None, secret: str = "whsec_stand_in", state: Path | None = None) -> Iterator[Stripe]:
    """Without a webhook's address nothing is delivered: the test takes the events and brings them."""
    server = Server(port=0, webhook_url=webhook_url, secret=secret, state=state)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield Stripe(server)
    finally:
        server.close()
        thread.join()
