"""Sending mail: as files, and over SMTP to a server that somebody else wrote, with its refusals, its silence and its death."""

import email
import ssl
from contextlib import contextmanager
from datetime import timedelta

import pytest
import trustme
from aiosmtpd.controller import Controller
from sqlalchemy import select

from seminar.ground import outbox
from seminar.ground.db import db
from seminar.ground.outbox import RETRY_AFTER, Mail
from seminar.ground.post import send_due, try_again
from seminar.people.account import send_link
from seminar.series.enrollment import enroll
from seminar.web.letters import write_all
from tests.cast import NOW, a_cast, a_series
from tests.databases import free_port


class Mailbox:
    """What the server was given; `answers` is what it says to each mail's end, in order."""

    def __init__(self, *answers):
        self.messages, self.answers = [], list(answers)

    async def handle_DATA(self, server, session, envelope):
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return answer


@contextmanager
def a_server(mailbox, **options):
    port = free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()


@pytest.fixture
def letters(db_session, tmp_path):
    """Three mails that are due, and how to send them."""
    cast = a_cast()
    for person in (cast.ada, cast.ben, cast.cora):
        outbox.put(person, "award_withdrawn", key="1", now=NOW, badge="Operator", reason="A slip")
    db.session.commit()

    def send(url=None, now=NOW):
        return send_due(write_all, smtp_url=url, folder=tmp_path, now=now)

    send.folder, send.cast = tmp_path, cast
    return send


def states():
    return [(mail.state, mail.tries) for mail in db.session.scalars(select(Mail).order_by(Mail.id))]


def test_one_connection_carries_them_all_each_once(letters):
    mailbox = Mailbox()
    with a_server(mailbox) as url:
        assert letters(url) == 3
        assert letters(url) == 0
    assert [message["To"] for message in mailbox.messages] == ["ada@a.example", "ben@a.example", "cora@a.example"]
    assert len({message["Message-ID"] for message in mailbox.messages}) == 3
    assert states() == [("sent", 1)] * 3


def test_a_mail_that_is_refused_waits_and_the_others_go(letters):
    mailbox = Mailbox("250 OK", "451 Try later", "250 OK")
    with a_server(mailbox) as url:
        letters(url)
        assert states() == [("sent", 1), ("waiting", 1), ("sent", 1)]
        assert letters(url, NOW + timedelta(seconds=59)) == 0
        letters(url, NOW + timedelta(minutes=1))
    assert states() == [("sent", 1), ("sent", 2), ("sent", 1)]
    assert len({message["Message-ID"] for message in mailbox.messages}) == 3


def test_after_the_last_try_a_mail_is_dead_until_somebody_has_it_tried_again(letters):
    url, now = "smtp://127.0.0.1:9", NOW
    for wait in (timedelta(), *RETRY_AFTER):
        now += wait
        letters(url, now)
    assert states() == [("dead", 6)] * 3
    assert "Connection refused" in db.session.scalars(select(Mail.last_error)).first()
    for mail in db.session.scalars(select(Mail)):
        try_again(mail, now=now)
    db.session.commit()
    letters(now=now)
    assert states() == [("sent", 1)] * 3


def test_a_password_is_told_only_over_an_encrypted_connection(letters):
    asked = []

    def authenticate(server, session, envelope, mechanism, data):
        asked.append(session.ssl is not None)
        return True

    with a_server(Mailbox(), authenticator=authenticate, auth_require_tls=False) as url:
        letters(url.replace("smtp://", "smtp://name:secret@"))
    assert asked == []
    assert {state for state, _ in states()} == {"waiting"}


def test_a_server_whose_certificate_nobody_vouches_for_gets_no_mail(letters):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    mailbox = Mailbox()
    with a_server(mailbox, tls_context=context, require_starttls=True) as url:
        letters(url)
    assert mailbox.messages == []
    assert "CERTIFICATE_VERIFY_FAILED" in db.session.scalars(select(Mail.last_error)).first()


def test_a_trusted_server_is_spoken_to_encrypted(letters, monkeypatch):
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    monkeypatch.setattr(ssl, "create_default_context", lambda: trusted)
    mailbox = Mailbox()
    with a_server(mailbox, tls_context=context, require_starttls=True) as url:
        letters(url)
    assert len(mailbox.messages) == 3


def test_written_to_files_a_mail_exists_once(letters):
    letters()
    mail = db.session.scalars(select(Mail)).first()
    mail.state, mail.next_try_at = "waiting", NOW
    db.session.commit()
    letters()
    assert sorted(file.name for file in letters.folder.iterdir()) == ["00000001.eml", "00000002.eml", "00000003.eml"]


def test_a_mail_that_cannot_be_written_holds_up_no_other(letters):
    mail = db.session.scalars(select(Mail)).first()
    mail.kind = "no_such_kind"
    db.session.commit()
    letters()
    assert states() == [("waiting", 1), ("sent", 1), ("sent", 1)]


def test_a_links_secret_leaves_the_outbox_with_its_mail(letters):
    token = send_link(letters.cast.ada, "invitation", by=letters.cast.olive, now=NOW)
    db.session.commit()
    letters()
    mail = db.session.scalars(select(Mail).where(Mail.kind == "invitation")).one()
    assert (mail.state, "token" in mail.context) == ("sent", False)
    assert f"/sign-in/link/{token}" in (letters.folder / f"{mail.id:08d}.eml").read_text().replace("=\n", "")


def test_a_confirmation_is_in_its_readers_language_with_the_event_attached(letters):
    letters()
    letters.cast.ada.language = "es"
    enroll(letters.cast.ada, a_series(letters.cast), by=letters.cast.ada, now=NOW)
    db.session.commit()
    mailbox = Mailbox()
    with a_server(mailbox) as url:
        letters(url)
    (message,) = mailbox.messages
    assert message["Subject"] == "Está inscrito: Robotics"
    assert message.get_body(("plain",)).get_content().startswith("Hola, Ada:")
    (event,) = message.iter_attachments()
    assert event.get_content_type() == "text/calendar"
    assert "SUMMARY:Robotics" in event.get_content()
