"""The page of how long records are kept: the choices, what today's round would touch, and what the rounds did."""

import re
from datetime import timedelta

from sqlalchemy import select

from seminar.ground import history
from seminar.ground.db import db
from seminar.ground.retention import kinds_to_choose
from seminar.ground.retention_rule import RetentionReport, RetentionRule, apply_retention
from seminar.people.appointment import Appointment
from seminar.people.person import Person
from seminar.skills.sign_off import SignOff
from tests.cast import NOW, TODAY, a_cast
from tests.pages.as_who import as_who

PAGE = "/settings/retention"
LONG_AGO = TODAY.replace(year=2018)


def a_district(app):
    """Ada has a note that is past its time; Ben and Kim left long ago."""
    with app.app_context():
        cast = a_cast()
        a_cast("B", {"stan": "program_manager"})
        sign_off = SignOff(district_id=1, person_id=cast.ada.id, competency_id=cast.badge.competencies[0].id, trainer_id=cast.tara.id)
        sign_off.day, sign_off.at, sign_off.note = LONG_AGO, NOW, "Clumsy"
        db.session.add(sign_off)
        for person in (cast.ben, cast.kim):
            for appointment in db.session.scalars(select(Appointment).where(Appointment.person_id == person.id)):
                appointment.first_day = appointment.last_day = LONG_AGO
        db.session.commit()
    return app


def applied(app):
    with app.app_context():
        district = db.session.scalars(select(Person).where(Person.email == "olive@a.example")).one().district
        apply_retention(district, TODAY, NOW)
        db.session.commit()


def typed(page):
    return dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*type="number"[^>]*value="(-?\d+)"', page))


def test_it_says_what_today_would_touch_and_asking_changes_nothing(clean):
    olive = as_who(a_district(clean), "olive")
    page = olive.get(PAGE).text
    assert typed(page) == {kind.name: str(kind.years) for kind in kinds_to_choose()}
    assert re.findall(r"(\d+) records? today", page)[:5] == ["1", "0", "0", "0", "2"]
    assert "Nothing went yet" in page
    assert olive.get(PAGE).text.count("2 records today") == 1
    assert "1 record today" not in as_who(clean, "stan", "b").get(PAGE).text


def test_what_was_done_is_listed_the_newest_first_and_in_pages(clean):
    olive = as_who(a_district(clean), "olive")
    applied(clean)
    with clean.app_context():
        days = [TODAY + timedelta(days=n) for n in range(1, 27)]
        db.session.add_all([RetentionReport(district_id=1, day=day, kind="mail", count=7) for day in days])
        db.session.commit()
    first, second = olive.get(PAGE).text, olive.get(f"{PAGE}?page=2").text
    assert "Saturday, March 27" in first
    assert "1–25 of 28" in first
    assert re.findall(r'<th scope="row">(.*?)</th>', second) == ["Mail", "People who left", "Sign-offs and badges"]
    assert "Nothing went yet" in as_who(clean, "stan", "b").get(PAGE).text


def test_a_longer_time_is_saved_and_a_shorter_one_says_the_least(clean):
    olive = as_who(a_district(clean), "olive")
    sent = typed(olive.get(PAGE).text)
    refused = olive.post(PAGE, data=sent | {"attendance": "7", "loans": "5"})
    assert refused.status_code == 422
    assert "These are kept for at least 8 years. Choose that or more." in refused.text
    assert typed(refused.text) == sent | {"attendance": "7", "loans": "5"}
    assert olive.post(PAGE, data=sent | {"loans": "many"}).status_code == 422
    assert olive.post(PAGE, data=sent | {"loans": "5"}).location == PAGE
    assert typed(olive.get(PAGE).text) == sent | {"loans": "5"}
    with clean.app_context():
        assert db.session.execute(select(RetentionRule.district_id, RetentionRule.kind, RetentionRule.years)).all() == [(1, "loans", 5)]
    assert typed(as_who(clean, "stan", "b").get(PAGE).text)["loans"] == "3"


def test_it_is_listed_among_the_settings(clean):
    assert f'href="{PAGE}"' in as_who(a_district(clean), "olive").get("/settings").text
    assert f'href="{PAGE}"' not in as_who(clean, "eli").get("/settings").text


def test_a_person_without_a_name_can_be_looked_at_and_not_appointed(clean):
    a_district(clean)
    with clean.app_context():
        ben = db.session.scalars(select(Person).where(Person.email == "ben@a.example")).one()
        history.record(None, "person changed", ben, NOW, before={"name": "Benjamin Button"})
        db.session.commit()
        page = f"/people/{ben.id}/appointments"
    olive = as_who(clean, "olive")
    assert "Benjamin Button" in olive.get("/audit-trail").text
    applied(clean)
    shown = olive.get(page).text
    assert "their name went on" in shown
    assert [label for label in ("Appoint</button>", "Send an invitation", "Take the ending back") if label in shown] == []
    asked = {"given_name": "Ben", "family_name": "Example", "email": "ben@a.example"}
    refused = olive.post(page.replace("appointments", "edit"), data=asked)
    assert (refused.status_code, "their name is gone" in refused.text) == (409, True)
    assert olive.post(page.replace("appointments", "invitation"), data={"once": "a"}).location == page
    told = olive.get(page).text
    assert ("their name is gone" in told, "is on its way" in told) == (True, False)
    trail = olive.get("/audit-trail").text
    assert "Benjamin Button" not in trail
    assert "Their name is gone, and the details with it." in trail
    with clean.app_context():
        assert db.session.scalars(select(Person.pseudonymised_on).where(Person.id == int(page.split("/")[2]))).one() == TODAY
