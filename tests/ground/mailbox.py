"""A mail server that somebody else wrote, and what it was given."""

import email
from contextlib import contextmanager

from aiosmtpd.controller import Controller
from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.outbox import Mail
from tests.databases import free_port


class Mailbox:
    """What the server was given; `answers` is what it says to each mail's end, in order."""

    def __init__(self, *answers):
        self.messages, self.answers, self.farewells = [], list(answers), 0

    async def handle_DATA(self, server, session, envelope):
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return answer

    async def handle_QUIT(self, server, session, envelope):
        self.farewells += 1
        return "221 Bye"


@contextmanager
def a_server(mailbox, **options):
    port = free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()


def states():
    return [(mail.state, mail.tries) for mail in db.session.scalars(select(Mail).order_by(Mail.id))]
