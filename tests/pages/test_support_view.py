"""Looking as somebody else: their pages, a bar that says so, nothing that is theirs alone, and nothing that changes anything."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from seminar.ground.db import db
from seminar.people.appointment import Appointment
from seminar.people.person import Person
from seminar.people.support_view import SupportView
from tests.cast import NOW, TODAY, a_cast
from tests.house.test_gets_change_nothing import fingerprint
from tests.pages.as_who import as_who
from tests.pages.doors import a_full_district, url_of

LEAVES = {"people.sign_out", "people.create_support_view_end"}


@pytest.fixture
def ids(clean):
    with clean.app_context():
        ids, _ = a_full_district()
    return ids


@pytest.fixture
def olive(clean, ids):
    """Looking as Ada."""
    olive = as_who(clean, "olive")
    assert olive.post(f"/people/{ids['person_id']}/view", data={"reason": "Can't find her series"}).location == "/"
    return olive


def test_their_pages_are_seen_with_a_bar_on_each(olive):
    home = olive.get("/").text
    assert "You see this as Ada Example sees it, until 9:00" in home
    assert "Stop looking" in home
    assert olive.get("/my/learning").status_code == 200
    assert olive.get("/people").status_code == 403


def test_no_post_of_any_route_does_anything(clean, ids, olive):
    before, wrong = fingerprint(clean), []
    for rule in clean.url_map.iter_rules():
        if "POST" not in rule.methods or rule.endpoint in LEAVES:
            continue
        answer = olive.post(url_of(clean, rule, ids), data={"badge": ids["badge_id"], "language": "es", "theme": "dark", "code": "1"})
        if answer.status_code != 403 or "nothing can be changed" not in answer.text:
            wrong.append((rule.endpoint, answer.status_code))
    assert wrong == []
    after = fingerprint(clean)
    assert [table for table in before if after[table] != before[table]] == []


def test_what_is_theirs_alone_is_not_shown(clean, ids, olive):
    for page in ("sessions", "passkeys", "passkeys/options", "second-step", "recovery-codes"):
        answer = olive.get(f"/my/account/{page}")
        assert (answer.status_code, "alone, so it isn" in answer.text) == (403, True), page
    assert str(ids["token"]) not in olive.get("/my/learning").text
    assert str(ids["token"]) in as_who(clean, "ada").get("/my/learning").text


def test_stopping_leads_back_to_the_person_and_to_ones_own_pages(ids, olive):
    assert olive.post("/view/end").location == f"/people/{ids['person_id']}/appointments"
    assert "You see this as" not in olive.get("/people").text
    assert olive.post("/my/account/theme", data={"theme": "dark"}).status_code == 303
    assert olive.post("/view/end").location == "/"


def test_it_is_over_after_half_an_hour_by_the_clock(clean, olive, monkeypatch):
    monkeypatch.setattr(clean.extensions["makerpd_clock"], "moment", NOW + timedelta(minutes=30))
    assert olive.get("/people").status_code == 200


def test_a_form_that_was_opened_while_looking_is_not_done_as_oneself_afterwards(clean, olive, monkeypatch):
    monkeypatch.setattr(clean.extensions["makerpd_clock"], "moment", NOW + timedelta(minutes=31))
    refused = olive.post("/my/account/theme", data={"theme": "dark"})
    assert (refused.status_code, "You no longer see what Ada Example sees" in refused.text) == (409, True)
    with clean.app_context():
        olives = db.session.scalars(select(Person).where(Person.email == "olive@a.example")).one()
        ended = db.session.scalars(select(SupportView.ended_at)).one()
        assert (olives.theme, ended) == ("", NOW + timedelta(minutes=30))
    assert olive.post("/my/account/theme", data={"theme": "dark"}).status_code == 303


def test_stopping_after_its_time_is_stopping(clean, ids, olive, monkeypatch):
    monkeypatch.setattr(clean.extensions["makerpd_clock"], "moment", NOW + timedelta(minutes=31))
    assert olive.post("/view/end").location == f"/people/{ids['person_id']}/appointments"
    assert olive.post("/my/account/theme", data={"theme": "dark"}).status_code == 303


def test_signing_out_ends_it(clean, olive):
    assert olive.post("/sign-out").status_code == 303
    assert "Mon, Mar 1, 8:30 AM to 8:30 AM" in as_who(clean, "ada").get("/my/account/sessions").text


def test_who_runs_the_program_no_more_looks_no_more(clean, olive):
    with clean.app_context():
        ended = update(Appointment).where(Appointment.role == "program_manager")
        db.session.execute(ended.values(last_day=TODAY - timedelta(days=1)))
        db.session.commit()
    assert "You see this as" not in olive.get("/my/learning").text


def test_the_person_reads_who_looked_and_why(clean, olive):
    page = as_who(clean, "ada").get("/my/account/sessions").text
    assert "Olive Example" in page
    assert "Can&#39;t find her series" in page


def test_a_reason_is_needed_and_neither_oneself_nor_the_next_district_is_seen(clean, ids):
    with clean.app_context():
        a_cast("B", {"stan": "program_manager"})
    path, olive = f"/people/{ids['person_id']}/view", as_who(clean, "olive")
    refused = olive.post(path, data={"reason": ""})
    assert (refused.status_code, "Say why" in refused.text) == (422, True)
    assert olive.post("/people/8/view", data={"reason": "mine"}).status_code == 422
    assert as_who(clean, "stan", "b").post(path, data={"reason": "why"}).status_code == 404
    assert as_who(clean, "eli").post(path, data={"reason": "why"}).status_code == 403
    assert "You see this as" not in olive.get("/").text
