"""Signed in on a device: what the cookie opens, a shared device that signs out by itself, and ending it from one's own page."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.people import account
from seminar.people.device_session import LASTS_OVER, DeviceSession
from tests.cast import NOW, a_cast, signed_in
from tests.pages.as_who import as_who

PASSWORD = "a short sentence"
IPAD = "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"


@pytest.fixture
def here(clean):
    with clean.app_context():
        cast = a_cast()
        signed_in(cast.ben, "key-ben-tablet")
        account.set_password(cast.ada, account.hashed(PASSWORD), now=NOW)
        db.session.commit()
    return clean


@pytest.fixture
def at(here, monkeypatch):
    """Moves the clock."""
    return lambda minutes: monkeypatch.setattr(here.extensions["makerpd_clock"], "moment", NOW + timedelta(minutes=minutes))


def sign_in(client, **more):
    return client.post("/sign-in", data={"email": "ada@a.example", "password": PASSWORD, **more}, headers={"User-Agent": IPAD})


def kept_in(client):
    with client.session_transaction() as session:
        return dict(session)


def sessions_of(app, email="ada@a.example"):
    with app.app_context():
        found = db.session.scalars(select(DeviceSession).order_by(DeviceSession.id)).all()
        return [(one.device, one.way, one.is_shared, one.ended_why) for one in found if one.person.email == email]


def test_a_session_from_before_sign_in_is_not_the_one_after(here):
    client = here.test_client()
    sign_in(client)
    first = kept_in(client)["_user_id"]
    with client.session_transaction() as session:
        session["left behind"] = "by who was here before"
    sign_in(client)
    assert kept_in(client)["_user_id"] != first
    assert "left behind" not in kept_in(client)
    stale = here.test_client()
    with stale.session_transaction() as session:
        session["_user_id"] = first
    assert stale.get("/my/learning").status_code == 303
    assert [ended for *_, ended in sessions_of(here)][-2:] == ["anew", None]


def test_the_cookie_of_who_signed_out_opens_nothing_any_more(here):
    client, copy = here.test_client(), here.test_client()
    sign_in(client)
    kept = kept_in(client)
    client.post("/sign-out")
    with copy.session_transaction() as session:
        session.update(kept)
    assert copy.get("/my/learning").location == "/sign-in?next=/my/learning"
    assert sessions_of(here)[-1] == ("Safari · iPad", "password", False, "signed out")


def test_it_lasts_until_a_night_and_then_says_so_and_leads_back(here, at):
    client = here.test_client()
    sign_in(client)
    assert "Ends by itself Wed, Mar 3, 4:00" in client.get("/my/account/sessions").text
    at(LASTS_OVER.total_seconds() / 60)
    assert client.get("/my/learning").status_code == 200
    # Signed in on Monday at 8:30, over on Wednesday at 4:00.
    at(43 * 60 + 29)
    assert client.get("/my/learning").status_code == 200
    at(43 * 60 + 30)
    assert client.get("/my/learning").location == "/sign-in?next=/my/learning&why=night"
    assert "ended at night, as each does" in client.get("/sign-in?next=/my/learning&why=night").text


def test_a_device_is_ended_from_ones_own_page_and_opens_nothing_at_its_next_request(here):
    ben, tablet = as_who(here, "ben"), here.test_client()
    with here.app_context():
        other = db.session.scalars(select(DeviceSession).order_by(DeviceSession.id)).all()[-1]
        path, person_id = f"/my/account/sessions/{other.id}/end", other.person_id
    with tablet.session_transaction() as session:
        session["_user_id"] = f"{person_id}:key-ben-tablet"
    assert tablet.get("/my/learning").status_code == 200
    assert as_who(here, "cora").post(path).status_code == 404
    assert tablet.get("/my/learning").status_code == 200
    assert ben.post(path).status_code == 303
    assert tablet.get("/my/learning").status_code == 303
    assert ben.get("/my/learning").status_code == 200


def test_all_others_are_ended_at_once(here):
    ben = as_who(here, "ben")
    assert "End all others" in ben.get("/my/account/sessions").text
    ben.post("/my/account/sessions/others/end")
    assert "signed in nowhere else" in ben.get("/my/account/sessions").text
    assert [ended for *_, ended in sessions_of(here, "ben@a.example")] == [None, "ended"]


def test_a_saved_form_is_noted_and_a_page_is_not(here):
    ben = as_who(here, "ben")
    ben.get("/my/account/sessions")
    assert "Has saved nothing yet" in ben.get("/my/account/sessions").text
    ben.post("/my/account/theme", data={"theme": "dark"})
    assert "Last saved something Mon, Mar 1, 8:30" in ben.get("/my/account/sessions").text


def test_a_shared_device_signs_out_by_itself_and_leads_back(here, at):
    tablet = here.test_client()
    sign_in(tablet, shared="y")
    assert not kept_in(tablet).get("_permanent")
    at(9)
    assert tablet.get("/my/learning").status_code == 200
    at(18)
    assert tablet.get("/my/learning").status_code == 200
    at(28)
    assert tablet.get("/my/learning").location == "/sign-in?next=/my/learning&why=idle"
    assert "Nobody used this shared device for a while" in tablet.get("/sign-in?next=/my/learning&why=idle").text
    assert sign_in(tablet, next="/my/learning").location == "/my/learning"


def test_one_that_was_idle_stays_signed_out_also_for_an_older_cookie(here, at):
    tablet = here.test_client()
    sign_in(tablet, shared="y")
    old = kept_in(tablet)
    at(10)
    assert tablet.get("/my/learning").status_code == 303
    with tablet.session_transaction() as session:
        session.clear()
        session.update(old)
    assert tablet.get("/my/learning").status_code == 303


def test_ones_own_device_waits_for_nobody(here, at):
    client = here.test_client()
    sign_in(client)
    at(180)
    assert client.get("/my/learning").status_code == 200
    assert "data-idle-seconds" not in client.get("/my/learning").text


def test_a_form_that_is_sent_too_late_leads_back_to_its_page(here, at):
    tablet = here.test_client()
    sign_in(tablet, shared="y")
    at(10)
    answer = tablet.post("/my/account/theme", data={"theme": "dark"}, headers={"Referer": "http://localhost/my/account"})
    assert answer.location == "/sign-in?next=/my/account&why=idle"
    elsewhere = tablet.post("/my/account/theme", headers={"Referer": "https://evil.example/my/account"})
    assert elsewhere.location == "/sign-in?why=idle"


def test_who_says_that_they_are_there_stays(here, at):
    tablet = here.test_client()
    sign_in(tablet, shared="y")
    for minutes in (9, 18, 27):
        at(minutes)
        assert tablet.get("/my/account/still-here").status_code == 204
    assert 'data-idle-seconds="600"' in tablet.get("/my/learning").text


def test_without_javascript_each_page_of_a_shared_device_says_when_it_signs_out(here):
    tablet, own = here.test_client(), here.test_client()
    sign_in(tablet, shared="y")
    sign_in(own)
    said = "it signs you out 10 minutes after the last page that you opened"
    assert [said in client.get("/my/learning").text for client in (tablet, own)] == [True, False]


def test_the_district_sets_how_long_a_shared_device_waits(here, at):
    olive = as_who(here, "olive")
    refused = olive.post("/settings/shared-devices", data={"minutes": "1", "once": "a"})
    assert (refused.status_code, "from 2 to 120" in refused.text) == (422, True)
    assert olive.post("/settings/shared-devices", data={"minutes": "5", "once": "b"}).status_code == 303
    tablet = here.test_client()
    sign_in(tablet, shared="y")
    at(5)
    assert tablet.get("/my/learning").status_code == 303


def test_a_new_password_goes_on_as_it_was_signed_in(here):
    tablet = here.test_client()
    sign_in(tablet, shared="y")
    tablet.post("/my/account/password", data={"current": PASSWORD, "password": "another sentence"})
    assert tablet.get("/my/learning").status_code == 200
    assert [row[1:] for row in sessions_of(here)][-2:] == [("password", True, "password"), ("password", True, None)]
