"""A mail server that keeps the letters of the served districts, so that none is written beside the product."""

import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.databases import free_port


class Mailbox:
    def __init__(self) -> None:
        self.port = free_port()
        self.letters: dict[str, EmailMessage] = {}
        self.arrived = threading.Condition()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        letter = message_from_bytes(envelope.content, policy=policy.default)
        with self.arrived:
            self.letters[letter["To"]] = letter
            self.arrived.notify_all()
        return "250 OK"

    def letter_to(self, address: str) -> EmailMessage:
        """The last letter to that address; waits for the worker's next round."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: address in self.letters, timeout=30), f"no letter to {address}"
            return self.letters[address]
