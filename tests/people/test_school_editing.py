"""Schools: what is one school's, closing with a day and a reason, and taking that back on the same screen."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from inventory.reserving import Asked, reserve
from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.refusal import Refused
from seminar.people.directory import appoint
from seminar.people.school import School
from seminar.people.school_editing import SchoolRule, close_school, goes_on_at, reopen_school, save_school
from tests.cast import NOW, TODAY, a_cast, a_model, an_award
from tests.pages.as_who import as_who


def a_rule(code="007", name="Oak Hill", first=0, last=5):
    return SchoolRule(code=code, name=name, grade_first=first, grade_last=last, address="", delivery_stop="")


def test_a_code_keeps_its_leading_zeros_and_is_one_schools(db_session):
    cast = a_cast()
    save_school(School(district_id=cast.district.id), a_rule(), by=cast.olive, now=NOW)
    assert db.session.scalars(select(School.code).order_by(School.code)).all() == ["007", "S"]
    for rule, sentence in (
        (a_rule(name="Other"), "code 007 already"),
        (a_rule(code="8"), "called Oak Hill already"),
        (a_rule("9", "Nine", 5, 4), "below the first"),
    ):
        with pytest.raises(Refused, match=sentence):
            save_school(School(district_id=cast.district.id), rule, by=cast.olive, now=NOW)


def test_a_closed_school_takes_nothing_new_and_opens_again_with_everything(db_session):
    cast = a_cast()
    an_award(cast, cast.ada)
    model = a_model(cast, items=2)
    late = TODAY + timedelta(days=2)
    reserve(Asked(cast.school, cast.ada, {model: 1}, TODAY, late), by=cast.cora, now=NOW, today=TODAY)
    appointed, touched = goes_on_at(cast.school, TODAY, NOW)
    assert (appointed, [(one.what, one.day) for one in touched]) == (5, [("School A: Printer", late)])
    close_school(cast.school, day=late, reason="Merged", by=cast.olive, now=NOW)
    with pytest.raises(Refused, match="closed already"):
        close_school(cast.school, day=late, reason="Again", by=cast.olive, now=NOW)
    with pytest.raises(Refused, match="School A is closed from"):
        reserve(Asked(cast.school, cast.ada, {model: 1}, TODAY, late), by=cast.cora, now=NOW, today=TODAY)
    with pytest.raises(Refused, match="School A is closed from"):
        appoint(cast.eli, "teacher", school=cast.school, grade=1, first_day=late, by=cast.olive, now=NOW)
    reopen_school(cast.school, by=cast.olive, now=NOW)
    reopen_school(cast.school, by=cast.olive, now=NOW)
    appoint(cast.eli, "teacher", school=cast.school, grade=1, first_day=late, by=cast.olive, now=NOW)
    deeds = select(History.what).where(History.record == "school").order_by(History.id)
    assert db.session.scalars(deeds).all() == ["school closed", "school reopened"]


def test_a_wrong_closing_is_taken_back_on_the_same_screen(clean):
    with clean.app_context():
        cast = a_cast()
        page = f"/settings/schools/{cast.school.id}"
    olive = as_who(clean, "olive")
    assert "5 people are appointed there today" in olive.get(page).text
    refused = olive.post(f"{page}/closing", data={"closing-day": "2027-03-01", "closing-reason": ""})
    assert (refused.status_code, "Say why; it stays on record." in refused.text) == (422, True)
    closed = olive.post(f"{page}/closing", data={"closing-day": "2027-03-01", "closing-reason": "Wrong one"})
    assert (closed.status_code, closed.location) == (303, page)
    assert "Open it again" in olive.get(page).text
    for typed in ({"closing-day": "2027-03-08", "closing-reason": "Twice"}, {"closing-day": "soon", "closing-reason": ""}):
        twice = olive.post(f"{page}/closing", data=typed)
        assert (twice.status_code >= 400, "is closed already" in twice.text, "#closing-day" in twice.text) == (True, True, False)
    assert "School A" not in olive.get("/people/1/appointments").text.split('name="school"')[1].split("</select>")[0]
    olive.post(f"{page}/reopening")
    assert "Open it again" not in olive.get(page).text
