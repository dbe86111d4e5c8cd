"""A mail server of our own, which keeps the letters of the served districts, so that none is written beside the product."""

import socketserver
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage

GREETINGS = {b"EHLO": b"250 mailbox", b"DATA": b"354 go on", b"QUIT": b"221 goodbye"}


class Session(socketserver.StreamRequestHandler):
    """As much of SMTP as smtplib speaks (RFC 5321)."""

    server: "Mailbox"

    def handle(self) -> None:
        self.wfile.write(b"220 mailbox\r\n")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            self.wfile.write(GREETINGS.get(verb, b"250 fine") + b"\r\n")
            if verb == b"DATA":
                self.server.keep(self._letter())
                self.wfile.write(b"250 kept\r\n")
            if verb == b"QUIT":
                return

    def _letter(self) -> EmailMessage:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        return message_from_bytes(b"".join(lines), policy=policy.default)


class Mailbox(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.letters: dict[str, EmailMessage] = {}
        self.arrived = threading.Condition()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def keep(self, letter: EmailMessage) -> None:
        with self.arrived:
            self.letters[letter["To"]] = letter
            self.arrived.notify_all()

    def letter_to(self, address: str) -> EmailMessage:
        """The last letter to that address; waits for the worker's next round."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: address in self.letters, timeout=30), f"no letter to {address}"
            return self.letters[address]
