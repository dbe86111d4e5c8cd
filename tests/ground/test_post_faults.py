"""A mail server that refuses at each stage, hangs, hangs up and dies: each mail goes in the end, and no other waits for long."""

import asyncio
import socket
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from seminar import commands
from seminar.ground import post
from seminar.ground.db import db
from seminar.ground.outbox import RETRY_AFTER, Mail
from tests.cast import NOW
from tests.ground.mailbox import Mailbox, a_server, states

A_MINUTE_LATER = NOW + RETRY_AFTER[0]
BEN = "ben@a.example"


class AtStage(Mailbox):
    """Answers a command so, as often as it is given; `only` to this recipient."""

    def __init__(self, stage, *answers, only=None):
        super().__init__()
        self.stage, self.refusals, self.only = stage, list(answers), only

    def refusal(self, stage, address):
        return self.refusals.pop(0) if self.refusals and stage == self.stage and self.only in (None, address) else None

    async def handle_MAIL(self, server, session, envelope, address, options):
        envelope.mail_from = address
        return self.refusal("MAIL", address) or "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if refusal := self.refusal("RCPT", address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        return self.refusal("DATA", envelope.rcpt_tos[0]) or await super().handle_DATA(server, session, envelope)


class Silent(Mailbox):
    """Never answers to whom it should bring a mail to this address, or to anybody."""

    def __init__(self, address):
        super().__init__()
        self.address = address

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.address in (None, address):
            await asyncio.sleep(60)
        envelope.rcpt_tos.append(address)
        return "250 OK"


class HangsUp(Mailbox):
    """Takes one mail per connection, and goes."""

    async def handle_DATA(self, server, session, envelope):
        await server.push(await super().handle_DATA(server, session, envelope))
        server.transport.close()
        return ""


class DiesOver(Mailbox):
    """Falls dead over the first mail to Ben, before it answers."""

    dead = False

    async def handle_DATA(self, server, session, envelope):
        if envelope.rcpt_tos == [BEN] and not self.dead:
            self.dead = True
            server.transport.abort()
            return ""
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def impatient(monkeypatch):
    """Waits two seconds for an answer."""
    monkeypatch.setattr(post, "ANSWER_WITHIN_SECONDS", 2)


def message_ids(mailbox):
    return [message["Message-ID"] for message in mailbox.messages]


def errors():
    return db.session.scalars(select(Mail.last_error).order_by(Mail.id)).all()


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
def test_what_is_refused_at_any_stage_waits_a_minute_and_goes(letters, stage):
    mailbox = AtStage(stage, *["451 Not now"] * 3)
    with a_server(mailbox) as url:
        letters(url)
        assert (states(), errors(), mailbox.messages) == ([("waiting", 1)] * 3, ["451 Not now"] * 3, [])
        letters(url, A_MINUTE_LATER)
    assert states() == [("sent", 2)] * 3
    assert len(set(message_ids(mailbox))) == len(mailbox.messages) == 3


def test_a_recipient_who_is_refused_for_good_is_told_of_and_holds_up_nobody(letters):
    mailbox, now = AtStage("RCPT", *["550 No such user"] * 6, only=BEN), NOW
    with a_server(mailbox) as url:
        for wait in (timedelta(), *RETRY_AFTER):
            now += wait
            letters(url, now)
    assert states() == [("sent", 1), ("dead", 6), ("sent", 1)]
    assert errors()[1] == "550 No such user"


def test_who_waits_behind_a_mailbox_that_never_answers_goes_with_the_next_batch(letters, impatient):
    with a_server(Silent(BEN)) as url:
        assert letters(url) == 2
        assert states() == [("sent", 1), ("waiting", 1), ("waiting", 0)]
        assert letters(url) == 1
    assert states() == [("sent", 1), ("waiting", 1), ("sent", 1)]
    assert "timed out" in errors()[1]


def test_a_server_that_never_answers_holds_up_no_other_round_for_long(letters, impatient, app, monkeypatch):
    monkeypatch.setattr(commands, "MAIL_WITHIN_SECONDS", 0.1)
    with a_server(Silent(None)) as url:
        monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], smtp_url=url))
        assert commands.work_once(app) == []
    assert states() == [("waiting", 1), ("waiting", 0), ("waiting", 0)]


def test_a_server_that_greets_nobody_is_asked_once_for_a_batch(letters, impatient):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        letters(f"smtp://127.0.0.1:{listening.getsockname()[1]}")
    assert states() == [("waiting", 1)] * 3


def test_a_server_that_hangs_up_after_each_mail_gets_them_all_at_once(letters):
    mailbox = HangsUp()
    with a_server(mailbox) as url:
        letters(url)
    assert states() == [("sent", 1)] * 3
    assert len(mailbox.messages) == 3


def test_a_server_that_dies_over_a_mail_gets_it_again_as_the_same(letters):
    mailbox = DiesOver()
    with a_server(mailbox) as url:
        letters(url)
        assert states() == [("sent", 1), ("waiting", 1), ("sent", 1)]
        letters(url, A_MINUTE_LATER)
    assert states() == [("sent", 1), ("sent", 2), ("sent", 1)]
    assert len(set(message_ids(mailbox))) == len(mailbox.messages) == 3
