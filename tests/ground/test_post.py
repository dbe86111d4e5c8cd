"""Sending mail: as files, and over SMTP to a server that somebody else wrote, with its refusals, its silence and its death."""

import ssl
from datetime import timedelta

import pytest
import trustme
from sqlalchemy import select

from seminar.ground import outbox
from seminar.ground.db import db
from seminar.ground.outbox import RETRY_AFTER, Mail
from seminar.ground.post import try_again
from seminar.people.account import send_link
from seminar.series.enrolling import enroll, withdraw
from tests.cast import NOW, a_series
from tests.ground.mailbox import Mailbox, a_server, states

BASE = "https://makerpd.a-rather-long-name-of-a-school-district.example"


def test_one_connection_carries_them_all_each_once(letters):
    mailbox = Mailbox()
    with a_server(mailbox) as url:
        assert letters(url) == 3
        assert letters(url) == 0
    assert [message["To"] for message in mailbox.messages] == ["ada@a.example", "ben@a.example", "cora@a.example"]
    assert len({message["Message-ID"] for message in mailbox.messages}) == 3
    assert states() == [("sent", 1)] * 3
    assert mailbox.farewells == 1


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
    mail = db.session.scalars(select(Mail).order_by(Mail.id)).first()
    mail.state, mail.next_try_at = "waiting", NOW
    db.session.commit()
    letters()
    assert sorted(file.name for file in letters.folder.iterdir()) == ["00000001.eml", "00000002.eml", "00000003.eml"]


def test_a_mail_that_cannot_be_written_holds_up_no_other(letters):
    mail = db.session.scalars(select(Mail).order_by(Mail.id)).first()
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


def sent_to_ada(letters, kind, **values):
    """The mail as the server got it, its secure address given as production has it."""
    outbox.put(letters.cast.ada, kind, key="9", now=NOW, **values)
    db.session.commit()
    mailbox = Mailbox()
    with a_server(mailbox) as url:
        letters(url)
    return mailbox.messages[-1]


@pytest.fixture
def over_https(app, monkeypatch):
    monkeypatch.setitem(app.config, "BASE_URL", BASE)


REMINDER = {"title": "Robotics", "series_id": 1, "starts_at": NOW, "place": "Lab", "room": ""}


def test_a_mail_is_text_and_html_that_say_the_same(letters, over_https):
    message = sent_to_ada(letters, "reminder", **REMINDER)
    assert message.get_content_type() == "multipart/alternative"
    text, html = (part.get_content() for part in message.iter_parts())
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    page = f"{BASE}/series/1"
    assert page in text
    assert f'<a href="{page}"' in html
    for said in ("Hello Ada,", "Lab", "PD office, District A", f"{BASE}/my/account/mail"):
        assert said in text
        assert said in html
    assert '<html lang="en">' in html
    for foreign in ("<img", "<table", "<script", "<link", "url(", "src="):
        assert foreign not in html


def test_what_somebody_typed_is_never_markup(letters):
    typed = '<b onclick="x()">A slip</b> & "more"\n\nhttp://evil.example'
    message = sent_to_ada(letters, "award_withdrawn", badge="<i>Operator</i>", reason=typed)
    html = message.get_body(("html",)).get_content()
    assert "<b" not in html.replace("<body", "")
    assert "<i>" not in html
    assert "&lt;b onclick=&#34;x()&#34;&gt;A slip&lt;/b&gt; &amp; &#34;more&#34;" in html
    assert 'href="http://evil.example"' not in html
    assert typed.partition("\n")[0] in message.get_body(("plain",)).get_content()


def test_what_can_be_turned_off_says_where_and_that_one_press_does_it(letters, over_https):
    message = sent_to_ada(letters, "reminder", **REMINDER)
    address = message["List-Unsubscribe"].strip("<>")
    assert address.startswith(f"{BASE}/mail/off/")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (message["Precedence"], message["Auto-Submitted"]) == ("bulk", "auto-generated")
    assert address in message.get_body(("plain",)).get_content()
    assert address in message.get_body(("html",)).get_content()


def test_the_address_leaves_as_it_is_however_long(letters, over_https):
    outbox.put(letters.cast.ada, "reminder", key="9", now=NOW, **REMINDER)
    db.session.commit()
    letters()
    written = (letters.folder / "00000004.eml").read_text()
    assert f"\nList-Unsubscribe: <{BASE}/mail/off/" in written
    assert "=?utf-8?" not in written.partition("\n\n")[0]


def test_without_https_a_mail_program_is_not_told_to_post(letters):
    message = sent_to_ada(letters, "reminder", **REMINDER)
    assert "List-Unsubscribe" in message
    assert "List-Unsubscribe-Post" not in message


def test_a_link_to_set_a_password_can_not_be_turned_off(letters, over_https):
    send_link(letters.cast.ada, "invitation", by=letters.cast.olive, now=NOW)
    db.session.commit()
    mailbox = Mailbox()
    with a_server(mailbox) as url:
        letters(url)
    message = mailbox.messages[-1]
    assert message["Subject"] == "Your MakerPD account"
    # Who gets it may never have heard of us.
    assert "District A runs its maker-teaching program on MakerPD" in message.get_body(("plain",)).get_content()
    assert [name for name, _ in message.items() if name.startswith("List-") or name == "Precedence"] == []
    assert "/mail/off/" not in message.as_string()


@pytest.mark.parametrize("address", ["pd@example.org", "pd..office@example.org"])
@pytest.mark.parametrize("name", ["Distrito Peña, Núm. 5", 'The "Lakeside" <x@y.example>, \\o/', "Lakeside\u2028Schools"])
def test_a_mail_comes_from_its_district_by_name(letters, name, address):
    letters.cast.district.name, letters.cast.district.mail_from = name, address
    message = sent_to_ada(letters, "reminder", **REMINDER)
    (sender,) = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (" ".join(name.split()), address)


def test_a_mail_says_when_it_was_written(letters):
    message = sent_to_ada(letters, "reminder", **REMINDER)
    assert message["Date"].datetime == NOW
    assert message["Message-ID"] == "<makerpd-4-20270301163000000000@example.org>"


def test_ids_that_are_counted_anew_name_no_mail_that_was_sent(letters):
    """As after a restore: a mail system drops what has an id that it knows."""
    mailbox = Mailbox()
    with a_server(mailbox) as url:
        letters(url)
        for mail in db.session.scalars(select(Mail)):
            mail.state, mail.created_at = "waiting", NOW + timedelta(days=1)
        db.session.commit()
        letters(url, NOW + timedelta(days=1))
    assert len({message["Message-ID"] for message in mailbox.messages}) == 6


def test_a_title_that_was_pasted_with_breaks_is_one_line(letters):
    """A presentation breaks its headings by a vertical tab, and a page by U+2028: no header may hold either."""
    for n, broken in enumerate(("3D\x0bprinting", "3D\u2028printing", "3D\r\nprinting", "3D\nprinting")):
        outbox.put(letters.cast.ada, "withdrawn", key=f"x{n}", now=NOW, title=broken, series_id=1)
    db.session.commit()
    mailbox = Mailbox()
    with a_server(mailbox) as url:
        letters(url)
    assert [message["Subject"] for message in mailbox.messages[3:]] == ["You have withdrawn from 3D printing"] * 4


def test_an_attached_calendar_says_its_letters_and_what_to_do_with_it(letters):
    letters()
    series = a_series(letters.cast, "Cerámica")
    enrollment = enroll(letters.cast.ada, series, by=letters.cast.ada, now=NOW)
    withdraw(enrollment, by=letters.cast.ada, now=NOW)
    db.session.commit()
    mailbox = Mailbox()
    with a_server(mailbox) as url:
        letters(url)
    events = [next(message.iter_attachments()) for message in mailbox.messages]
    assert [(event.get_content_charset(), event["Content-Type"].params["method"]) for event in events] == [
        ("utf-8", "PUBLISH"),
        ("utf-8", "CANCEL"),
    ]
    assert all("SUMMARY:Cerámica" in event.get_content() for event in events)


def test_no_calendar_is_promised_where_no_meeting_is_set(letters):
    letters()
    series = a_series(letters.cast)
    db.session.delete(series.meetings[0])
    db.session.flush()
    db.session.refresh(series)
    enroll(letters.cast.ada, series, by=letters.cast.ada, now=NOW)
    db.session.commit()
    mailbox = Mailbox()
    with a_server(mailbox) as url:
        letters(url)
    (message,) = mailbox.messages
    assert [part.get_filename() for part in message.iter_attachments()] == []
    text = message.get_body(("plain",)).get_content()
    assert "attached" not in text
    assert "The days are told as soon as they are set." in text


def test_a_reason_that_somebody_typed_runs_into_nothing(letters):
    message = sent_to_ada(letters, "canceled", title="Robotics", series_id=1, reason="Too few people")
    assert message.get_body(("plain",)).get_content().splitlines()[2:5] == ["Too few people", "", "The meetings leave your calendar."]


def test_why_a_mail_was_refused_is_kept_in_the_mail_systems_words(letters):
    with a_server(Mailbox("552 Mailbox full")) as url:
        letters(url)
    assert db.session.scalars(select(Mail.last_error).order_by(Mail.id)).first() == "552 Mailbox full"
