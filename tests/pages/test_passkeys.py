"""Signing in with a passkey, by requests alone. In a browser: tests/journeys/test_account.py."""

import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.outbox import Mail
from tests.cast import a_cast
from tests.pages.as_who import as_who
from tests.people.a_device import Device


@pytest.fixture
def device(clean):
    """Ada's."""
    kept = Device("localhost", "http://localhost", count=4)
    with clean.app_context():
        kept.passkey_of(a_cast().ada)
        db.session.commit()
    return kept


def sign_in(app, device):
    client = app.test_client()
    challenge = client.get("/sign-in/passkey").json["challenge"]
    return client, client.post("/sign-in/passkey", data={"credential": device.answer(challenge), "next": "/my/learning"})


def test_it_signs_in_without_a_password(clean, device):
    client, answer = sign_in(clean, device)
    assert answer.location == "/my/learning"
    assert client.get("/my/learning").status_code == 200


def test_a_copy_is_refused_and_stands_in_the_audit_trail_and_its_person_is_told(clean, device):
    copy = Device(device.rp_id, device.origin, device.count, device.key)
    sign_in(clean, device)
    client, refused = sign_in(clean, copy)
    assert (refused.status_code, "counts backwards, as a copy of it would" in refused.text) == (422, True)
    assert client.get("/my/learning").status_code == 303
    with clean.app_context():
        kept = [(row.who_id, row.record, row.details["person"]) for row in db.session.scalars(select(History))]
        mails = [(mail.person_id, mail.kind) for mail in db.session.scalars(select(Mail))]
    assert (kept, mails) == ([(None, "passkey", 1)], [(1, "sign_in_changed")])
    assert "copy of a passkey refused" in as_who(clean, "olive").get("/audit-trail").text


def test_a_copy_that_is_tried_again_sends_one_mail_a_day(clean, device):
    device.count = 2
    for _ in range(2):
        sign_in(clean, device)
    with clean.app_context():
        assert len(db.session.scalars(select(History)).all()) == 2
        assert len(db.session.scalars(select(Mail)).all()) == 1
