"""The second step at sign-in: asked for after the password, set up before anything else by who needs it, and reset for others."""

import html
import re
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.people import account
from seminar.people.account import TRIES_PER_EMAIL, Account
from seminar.people.appointment import Appointment
from seminar.people.second_factor import new_codes, set_up
from tests.cast import NOW, TODAY, a_cast, a_passkey
from tests.pages.as_who import as_who

PASSWORD, SECRET = "a short sentence", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD_HASH = account.hashed(PASSWORD)
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def here(clean):
    with clean.app_context():
        cast = a_cast()
        for person in cast.people.values():
            db.session.get_one(Account, person.id).password_hash = PASSWORD_HASH
        set_up(cast.ben, SECRET, pyotp.TOTP(SECRET).at(NOW), now=NOW)
        db.session.commit()
    return clean


@pytest.fixture
def at(here, monkeypatch):
    return lambda moment: monkeypatch.setattr(here.extensions["makerpd_clock"], "moment", moment)


def sign_in(client, name, **more):
    return client.post("/sign-in", data={"email": f"{name}@a.example", "password": PASSWORD, **more})


def code_at(moment, secret=SECRET):
    return pyotp.TOTP(secret).at(moment)


def opens(client):
    return client.get("/my/learning").status_code == 200


def test_nobody_is_signed_in_between_the_password_and_the_code(here, at):
    ben = here.test_client()
    assert sign_in(ben, "ben", next="/equipment").location == "/sign-in/code"
    assert not opens(ben)
    at(LATER)
    wrong = ben.post("/sign-in/code", data={"code": "123456"})
    assert (wrong.status_code, "doesn't open it" in html.unescape(wrong.text)) == (422, True)
    assert not opens(ben)
    assert ben.post("/sign-in/code", data={"code": code_at(LATER)}).location == "/equipment"
    assert opens(ben)


def test_a_code_that_was_used_opens_no_second_device(here, at):
    at(LATER)
    for expected in (303, 422):
        ben = here.test_client()
        sign_in(ben, "ben")
        assert ben.post("/sign-in/code", data={"code": code_at(LATER)}).status_code == expected


def test_a_recovery_code_opens_once(here):
    with here.app_context():
        ben = db.session.get(Account, 2).person
        code, *_ = new_codes(ben, now=NOW)
        db.session.commit()
    for expected in (303, 422):
        client = here.test_client()
        sign_in(client, "ben")
        assert client.post("/sign-in/code", data={"code": code}).status_code == expected


def test_too_many_codes_are_throttled(here, at):
    ben = here.test_client()
    sign_in(ben, "ben")
    at(LATER)
    for _ in range(TRIES_PER_EMAIL):
        assert ben.post("/sign-in/code", data={"code": "000000"}).status_code == 422
    assert ben.post("/sign-in/code", data={"code": code_at(LATER)}).status_code == 429
    assert not opens(ben)


def test_halfway_lasts_for_minutes_and_not_beyond_a_new_password(here, at):
    slow, changed = here.test_client(), here.test_client()
    sign_in(slow, "ben")
    at(NOW + timedelta(minutes=10))
    assert slow.post("/sign-in/code", data={"code": code_at(NOW + timedelta(minutes=10))}).location == "/sign-in"
    sign_in(changed, "ben")
    with here.app_context():
        account.set_password(db.session.get(Account, 2).person, PASSWORD_HASH, now=NOW + timedelta(minutes=11))
        db.session.commit()
    assert changed.post("/sign-in/code", data={"code": code_at(NOW + timedelta(minutes=10))}).location == "/sign-in"
    assert not opens(changed)


def test_a_reset_link_is_no_way_around_it(here):
    with here.app_context():
        token = account.send_link(db.session.get(Account, 2).person, "reset", by=None, now=NOW)
        db.session.commit()
    ben = here.test_client()
    assert ben.post(f"/sign-in/link/{token}", data={"password": "a new sentence"}).location == "/sign-in/code"
    assert not opens(ben)


@pytest.mark.parametrize("name", ["olive", "eli"])
def test_who_runs_the_program_or_the_depot_sets_it_up_before_anything_opens(here, name, at):
    client = here.test_client()
    sign_in(client, name)
    for page in ("/", "/depot", "/people", "/my/learning", "/my/account", "/my/account/sessions"):
        assert client.get(page).status_code == 303, page
    assert client.get("/people").location == "/my/account/second-step"
    assert client.post("/my/account/theme", data={"theme": "dark"}).location == "/my/account/second-step"
    page = client.get("/my/account/second-step").text
    assert "nothing else opens before" in page
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")
    assert secret in client.get("/my/account/second-step").text.replace(" ", "")
    done = client.post("/my/account/second-step", data={"code": code_at(NOW, secret)})
    assert done.location == "/my/account/recovery-codes"
    codes = re.findall(r"<code>([A-Z2-9]{5}-[A-Z2-9]{5})</code>", client.get("/my/account/recovery-codes").text)
    assert len(codes) == 10
    assert codes[0] not in client.get("/my/account/recovery-codes").text
    assert opens(client)
    again = here.test_client()
    assert sign_in(again, name).location == "/sign-in/code"
    assert again.post("/sign-in/code", data={"code": codes[0]}).status_code == 303
    assert opens(again)


def test_nobody_else_is_asked_for_it(here):
    for name in ("ada", "cora", "pia", "tara", "kim"):
        client = here.test_client()
        assert sign_in(client, name).location == "/"
        assert opens(client)


def test_in_demo_mode_it_stands_in_nobodys_way(here, monkeypatch):
    monkeypatch.setitem(here.config, "SETTINGS", replace(here.config["SETTINGS"], demo=True))
    for name in ("olive", "eli", "ben"):
        client = here.test_client()
        assert sign_in(client, name).location == "/"
        assert opens(client)


def test_who_is_given_such_a_role_while_signed_in_shows_their_second_step_first(here):
    cora = here.test_client()
    sign_in(cora, "cora")
    assert opens(cora)
    with here.app_context():
        person = db.session.scalars(select(Appointment).where(Appointment.role == "maker_contact")).one().person
        db.session.add(Appointment(district_id=person.district_id, person_id=person.id, role="equipment_manager", first_day=TODAY))
        db.session.commit()
    assert cora.get("/depot").location == "/my/account/second-step"
    assert cora.get("/my/account/second-step").status_code == 200
    with here.app_context():
        a_passkey(db.session.scalars(select(Appointment).where(Appointment.role == "maker_contact")).one().person)
        db.session.commit()
    # With the password alone nobody comes to where another second step could be set up.
    for page in ("/my/account/second-step", "/my/account/passkeys"):
        assert cora.get(page).location == "/sign-in"
    assert cora.post("/my/account/second-step", data={"code": "123456"}).location == "/sign-in"
    assert cora.post("/my/account/passkeys", data={"name": "Mine"}).location == "/sign-in"


def test_setting_it_up_signs_out_everywhere_else(here):
    here_too, there = here.test_client(), here.test_client()
    for client in (here_too, there):
        sign_in(client, "ada")
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", here_too.get("/my/account/second-step").text)[1].replace(" ", "")
    here_too.post("/my/account/second-step", data={"code": code_at(NOW, secret)})
    assert (opens(here_too), opens(there)) == (True, False)


def test_new_codes_and_taking_it_off_ask_for_a_code(here, at):
    ben = here.test_client()
    sign_in(ben, "ben")
    at(LATER)
    ben.post("/sign-in/code", data={"code": code_at(LATER)})
    used = code_at(LATER)
    assert ben.post("/my/account/recovery-codes", data={"code": used}).status_code == 422
    refused = ben.post("/my/account/second-step/removal", data={"off_code": used})
    assert (refused.status_code, 'aria-describedby="off_code-error"' in refused.text) == (422, True)
    at(LATER + timedelta(minutes=1))
    assert ben.post("/my/account/recovery-codes", data={"code": code_at(LATER + timedelta(minutes=1))}).status_code == 303
    at(LATER + timedelta(minutes=2))
    assert ben.post("/my/account/second-step/removal", data={"off_code": code_at(LATER + timedelta(minutes=2))}).status_code == 303
    again = here.test_client()
    assert sign_in(again, "ben").location == "/"


def test_where_no_app_is_set_up_none_is_taken_off(here):
    ada = here.test_client()
    sign_in(ada, "ada")
    assert ada.post("/my/account/second-step/removal", data={"off_code": "123456"}).location == "/my/account/second-step"
    assert "No app is set up." in ada.get("/my/account/second-step").text


def test_the_program_manager_resets_it(here):
    olive = as_who(here, "olive")
    assert "Reset the second step" in olive.get("/people/2/appointments").text
    assert as_who(here, "cora").post("/people/2/second-step/reset").status_code == 403
    assert olive.post("/people/2/second-step/reset").status_code == 303
    with here.app_context():
        assert [mail.person_id for mail in db.session.scalars(select(Mail).where(Mail.key.startswith("reset ")))] == [2]
    ben = here.test_client()
    assert sign_in(ben, "ben").location == "/"


def test_a_stranger_cannot_reset_it(here):
    with here.app_context():
        a_cast("B", {"stan": "program_manager"})
    assert as_who(here, "stan", "b").post("/people/2/second-step/reset").status_code == 404
