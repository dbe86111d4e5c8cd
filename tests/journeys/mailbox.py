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
        self.letters: list[EmailMessage] = []
        self.arrived = threading.Condition()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        letter = message_from_bytes(envelope.content, policy=policy.default)
        with self.arrived:
            self.letters.append(letter)
            self.arrived.notify_all()
        return "250 OK"

    def letter_to(self, address: str, subject: str = "") -> EmailMessage:
        """The last letter to that address with those words in its subject; waits for the worker's next round.

        The words are for whoever may have something else in the post, like tomorrow's reminders, in any order.
        """

        def fitting() -> list[EmailMessage]:
            return [letter for letter in self.letters if letter["To"] == address and subject in letter["Subject"]]

        with self.arrived:
            assert self.arrived.wait_for(fitting, timeout=30), f"no letter to {address} with {subject!r}"
            return fitting()[-1]
