"""HTTP: Stripe's API under /v1, the payer's page under /c/pay, and /_control. On the loopback address, a thread per connection."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from tests.stand_in import checkout, page, payments
from tests.stand_in.api import Api
from tests.stand_in.control import Control, told
from tests.stand_in.errors import StripeError
from tests.stand_in.events import Deliveries
from tests.stand_in.store import Store


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, *, port: int, webhook_url: str | None, secret: str, state: Path | None = None, settle_after: float | None = None
    ) -> None:
        """`settle_after`: how many seconds a bank payment made on the page takes; without it, until `/_control/settle` or `fail`."""
        super().__init__(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.settle_after = settle_after
        self.store = Store(state)
        self.deliveries = Deliveries(self.store, url=webhook_url, secret=secret)
        self.deliveries.tidy = self._tidy
        self.api = Api(self.store, pages_at=self.url)
        self.control = Control(self.store, self.api, self.deliveries)

    def serve(self) -> None:
        self.deliveries.start()
        self.serve_forever(poll_interval=0.02)

    def close(self) -> None:
        self.shutdown()
        self.deliveries.end()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that didn't wait for its answer is no fault of ours."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def _tidy(self) -> None:
        checkout.expire_what_is_due(self.store)
        payments.settle_what_is_due(self.store)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        self._answer("GET", urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._answer("POST", self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())

    def do_DELETE(self) -> None:
        self._answer("DELETE", "")

    def _answer(self, method: str, text: str) -> None:
        path = urlsplit(self.path).path
        if path.startswith("/_control/"):
            self._json(*told(self.server.control, path.removeprefix("/_control/"), text if method == "POST" else ""), {})
        elif path.startswith("/c/pay/"):
            self._page(method, path.removeprefix("/c/pay/"), text)
        else:
            answer = self.server.api.answer(method, path, text, self.headers)
            if answer.status is None:
                self.close_connection = True
            else:
                self._json(answer.status, answer.body, answer.headers)

    def _page(self, method: str, session: str, text: str) -> None:
        languages = self.headers.get("Accept-Language", "")
        try:
            if method == "POST":
                found = page.submitted(self.server.store, session, languages, text, settle_after=self.server.settle_after)
            else:
                found = page.shown(self.server.store, session, languages)
        except StripeError:
            found = page.nowhere(languages)
        more = {"Location": found.location} if found.location else {}
        self._send(found.status, found.html.encode(), {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", **more})

    def _json(self, status: int, body: object, headers: dict[str, str]) -> None:
        self._send(status, json.dumps(body, indent=2).encode(), {"Content-Type": "application/json", **headers})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Nothing: a test says what went wrong."""
