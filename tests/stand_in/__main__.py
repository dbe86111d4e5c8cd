"""`python -m tests.stand_in --port P --webhook-url URL --webhook-secret S [--state FILE]`: the demo's Stripe, until it is stopped."""

import argparse
import signal
import threading
from pathlib import Path

from tests.stand_in.server import Server

parser = argparse.ArgumentParser(prog="python -m tests.stand_in", description="A server that stands for Stripe.")
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--webhook-url", help="where events are sent; without it, none are")
parser.add_argument("--webhook-secret", default="whsec_stand_in")
parser.add_argument("--state", type=Path, help="a JSON file that keeps what it knows")
parser.add_argument("--settle-after", type=float, default=30.0, metavar="SECONDS", help="how long a bank payment takes")


def main() -> None:
    given = parser.parse_args()
    server = Server(
        port=given.port, webhook_url=given.webhook_url, secret=given.webhook_secret, state=given.state, settle_after=given.settle_after
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        # From a thread of its own: shutting down waits for the loop that this handler interrupts.
        signal.signal(number, lambda *_: threading.Thread(target=server.close).start())
    server.serve()


if __name__ == "__main__":
    main()
