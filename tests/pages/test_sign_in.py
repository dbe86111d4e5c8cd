"""Signing in, and the links by mail."""

import re

import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.people import account
from seminar.people.person import Person
from tests.cast import NOW, a_cast

PASSWORD = "a short sentence"


@pytest.fixture
def client(clean):
    with clean.app_context():
        cast = a_cast()
        account.set_password(cast.ada, account.hashed(PASSWORD), now=NOW)
        db.session.commit()
    return clean.test_client()


def sign_in(client, password=PASSWORD, email="ada@a.example", **more):
    return client.post("/sign-in", data={"email": email, "password": password, **more})


def test_the_page_that_was_asked_for_is_opened(client):
    assert client.get("/my/learning").location == "/sign-in?next=/my/learning"
    assert sign_in(client, next="/my/learning").location == "/my/learning"
    assert client.get("/my/learning").status_code == 200


def test_an_account_that_the_roster_switched_off_opens_nothing(client, clean):
    sign_in(client)
    with clean.app_context():
        db.session.scalars(select(Person).where(Person.email == "ada@a.example")).one().may_sign_in = False
        db.session.commit()
    assert client.get("/my/learning").location == "/sign-in?next=/my/learning"
    refused = sign_in(client)
    assert refused.status_code == 422
    assert "has switched this account off" in refused.text


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "/a\n"])
def test_it_never_leads_to_another_site(client, elsewhere):
    assert sign_in(client, next=elsewhere).location == "/"


def test_a_wrong_password_and_an_unknown_address_read_alike(client):
    answers = [sign_in(client, password="wrong"), sign_in(client, email="nobody@a.example")]
    said = {re.search(r'class="error"[^>]*>(.*?)</p>', answer.text, re.S)[1] for answer in answers}
    assert [answer.status_code for answer in answers] == [422, 422]
    assert len(said) == 1


def test_too_many_tries_are_throttled_by_account_only(client):
    for _ in range(account.TRIES_PER_EMAIL):
        sign_in(client, password="wrong")
    assert sign_in(client).status_code == 429
    assert sign_in(client, email="ben@a.example", password="wrong").status_code == 422


def test_a_new_password_ends_other_sessions(client, clean):
    sign_in(client)
    other = clean.test_client()
    sign_in(other)
    assert other.post("/my/account/password", data={"password": "another sentence"}).status_code == 303
    assert other.get("/my/learning").status_code == 200
    assert client.get("/my/learning").status_code == 303


def test_a_reset_link_works_once_and_tells_nobody_who_is_known(client, clean):
    known = client.post("/sign-in/forgotten", data={"email": "ada@a.example"})
    unknown = client.post("/sign-in/forgotten", data={"email": "nobody@a.example"})
    assert known.status_code == unknown.status_code == 200
    assert known.text.replace("ada@", "") == unknown.text.replace("nobody@", "")
    with clean.app_context():
        (mail,) = db.session.scalars(select(Mail).where(Mail.kind == "reset")).all()
        link = f"/sign-in/link/{mail.context['token']}"
    assert client.post(link, data={"password": "a new sentence"}).status_code == 303
    assert client.post(link, data={"password": "again a sentence"}).status_code == 404
