"""Signing in, and the links by mail."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.people import account
from seminar.people.account import Account
from seminar.people.person import Person
from tests.cast import NOW, a_cast
from tests.conftest import ClockAt

PASSWORD = "a short sentence"


@pytest.fixture
def client(clean):
    with clean.app_context():
        cast = a_cast()
        db.session.get(Account, cast.ada.id).password_hash = account.hashed(PASSWORD)
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


def test_tries_by_a_clock_that_was_ahead_lock_nobody_out_once_it_is_right(client, clean, monkeypatch):
    ahead = ClockAt(NOW + timedelta(days=1))
    with monkeypatch.context() as for_now:
        for_now.setitem(clean.extensions, "makerpd_clock", ahead)
        for _ in range(account.TRIES_PER_EMAIL):
            sign_in(client, password="wrong")
        assert sign_in(client).status_code == 429
        ahead.moment -= timedelta(minutes=10)
        assert sign_in(client).status_code == 429
        ahead.moment -= timedelta(minutes=50)
        assert sign_in(client).status_code == 303
    assert sign_in(clean.test_client()).status_code == 303


def test_a_new_password_ends_other_sessions(client, clean):
    sign_in(client)
    other = clean.test_client()
    sign_in(other)
    assert change(other).status_code == 303
    assert other.get("/my/learning").status_code == 200
    assert client.get("/my/learning").status_code == 303
    assert [mail.kind for mail in mails(clean)] == ["sign_in_changed"]


def change(client, current=PASSWORD):
    return client.post("/my/account/password", data={"current": current, "password": "another sentence"})


def mails(app, **about):
    with app.app_context():
        found = db.session.scalars(select(Mail).filter_by(**about)).all()
        db.session.expunge_all()
        return found


def test_a_device_that_somebody_left_open_gives_nobody_their_account(client, clean):
    sign_in(client)
    for wrong in ("", "a guess of some length"):
        refused = change(client, current=wrong)
        assert (refused.status_code, 'id="current-error"' in refused.text) == (422, True)
    assert mails(clean) == []
    assert sign_in(clean.test_client()).status_code == 303
    for _ in range(account.TRIES_PER_EMAIL):
        change(client, current="a guess of some length")
    assert change(client).status_code == 429


GUESSED = ["password123", "qwertyuiop12", "aaaaaaaaaaaaa", "AdaExample", "DistrictDistrict", "makerpd2027", "x" * 200]


@pytest.mark.parametrize("guessed", GUESSED)
def test_a_password_that_somebody_would_try_first_is_set_by_no_way(client, clean, guessed):
    client.post("/sign-in/forgotten", data={"email": "ada@a.example"})
    (mail,) = mails(clean, kind="reset")
    sign_in(client)
    ways = (
        (f"/sign-in/link/{mail.context['token']}", {"password": guessed}),
        ("/my/account/password", {"current": PASSWORD, "password": guessed}),
    )
    for path, typed in ways:
        refused = client.post(path, data=typed)
        assert (refused.status_code, "among the first that somebody would try" in refused.text) == (422, True)
    assert sign_in(clean.test_client()).status_code == 303


def test_who_has_no_password_sets_one_without_showing_it(client, clean):
    sign_in(client)
    with clean.app_context():
        person = db.session.scalars(select(Person).where(Person.email == "ada@a.example")).one()
        db.session.get(Account, person.id).password_hash = ""
        db.session.commit()
    assert "The password that you have now" not in client.get("/my/account").text
    assert client.post("/my/account/password", data={"password": "another sentence"}).status_code == 303


def test_a_link_says_so_where_the_password_that_it_sets_would_open_nothing(client, clean):
    client.post("/sign-in/forgotten", data={"email": "ada@a.example"})
    (mail,) = mails(clean, kind="reset")
    link = f"/sign-in/link/{mail.context['token']}"
    with clean.app_context():
        db.session.scalars(select(Person).where(Person.email == "ada@a.example")).one().may_sign_in = False
        db.session.commit()
    for answer in (client.get(link), client.post(link, data={"password": "a new sentence"})):
        assert (answer.status_code, "has switched this account off" in answer.text) == (403, True)


def test_a_reset_link_works_once_and_tells_nobody_who_is_known(client, clean):
    known = client.post("/sign-in/forgotten", data={"email": "ada@a.example"})
    unknown = client.post("/sign-in/forgotten", data={"email": "nobody@a.example"})
    assert known.status_code == unknown.status_code == 200
    assert known.text.replace("ada@", "") == unknown.text.replace("nobody@", "")
    with clean.app_context():
        (mail,) = db.session.scalars(select(Mail).where(Mail.kind == "reset")).all()
        link = f"/sign-in/link/{mail.context['token']}"
    assert client.post(link, data={"password": "a new sentence", "shared": "y"}).status_code == 303
    assert "data-idle-seconds" in client.get("/my/learning").text
    assert client.post(link, data={"password": "again a sentence"}).status_code == 404
