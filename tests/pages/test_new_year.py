"""The pages of a new school year: left, taken up again, previewed and applied."""

import io
import re
from datetime import date, timedelta
from html import unescape

from sqlalchemy import select

from seminar.coverage.target import CoverageTarget
from seminar.ground.db import db
from seminar.people.appointment import standing
from seminar.people.calendar import ClosedDay
from seminar.people.person import Person
from seminar.people.school import School
from seminar.skills.skill import Skill
from tests.cast import a_cast, a_person, a_series
from tests.pages.as_who import as_who

AT = "/settings/new-school-year"
DAYS = {"first_day": "2027-08-11", "last_day": "2028-06-09", "closed": "2027-09-06 Labor Day\n"}


def a_district(app, teachers=19):
    """Ada's appointment id, and the id of the other school."""
    with app.app_context():
        cast = a_cast()
        other = School(district_id=cast.district.id, code="T", name="School T", grade_first=6, grade_last=8)
        db.session.add(other)
        for n in range(teachers):
            a_person(cast.district, f"more{n}", "teacher", cast.school)
        db.session.commit()
        return standing(cast.ada, date(2027, 3, 1)).appointments[0].id, other.id


def apply(olive, **typed):
    """Press the button of the preview that is shown now."""
    said = re.search('name="outcome" value="([0-9a-f]+)"', olive.get(f"{AT}/preview").text)
    return olive.post(f"{AT}/preview", data={"outcome": said[1], **typed})


def where_is(app, name):
    with app.app_context():
        person = db.session.scalars(select(Person).where(Person.email == f"{name}@a.example")).one()
        return [a.school.code for a in standing(person, date(2027, 8, 11)).appointments]


def test_a_program_manager_goes_from_the_days_to_the_applied_year(clean):
    appointment, other = a_district(clean)
    olive = as_who(clean, "olive")
    assert "New school year" in olive.get("/settings").text
    assert olive.get(f"{AT}/preview").status_code == 303
    assert olive.post(f"{AT}/days", data=DAYS).status_code == 303
    assert "2027-09-06 Labor Day" in olive.get(f"{AT}/days").text
    assert olive.post(f"{AT}/schools/1", data={f"place-{appointment}": str(other)}).status_code == 303
    assert where_is(clean, "ada") == ["S"]
    preview = olive.get(f"{AT}/preview").text
    assert ("Ada Example" in preview, "Ben Example" in preview) == (True, False)
    assert "Until Aug 10, 2027 a roster undoes none of this" in preview
    assert olive.post(f"{AT}/preview", data={"outcome": "of another preview"}).status_code == 409
    assert apply(olive).status_code == 303
    assert where_is(clean, "ada") == ["T"]
    assert "Nothing would change" in olive.get(f"{AT}/preview").text
    with clean.app_context():
        assert db.session.scalars(select(ClosedDay.day)).all() == [date(2027, 9, 6)]


def test_a_list_is_uploaded_and_what_is_wrong_of_it_is_shown(clean):
    a_district(clean)
    olive = as_who(clean, "olive")
    olive.post(f"{AT}/days", data=DAYS)
    sent = {"file": (io.BytesIO(b"email,school\r\nada@a.example,T\r\nnobody@a.example,T\r\n"), "moves.csv")}
    shown = olive.post(f"{AT}/moves", data=sent, content_type="multipart/form-data")
    assert (shown.status_code, "Line\u00a03" in shown.text, "No teacher of this district" in shown.text) == (422, True, True)
    assert "1 row was left out. The others are in the draft." in shown.text
    again = unescape(re.search('name="again" value="([^"]+)"', shown.text)[1])
    listed = olive.post(f"{AT}/moves/refused", data={"again": again})
    assert (listed.mimetype, listed.text.lstrip("\ufeff").splitlines()) == (
        "text/csv",
        ["file,line,column,value,reason,taken", "moves.csv,3,email,nobody@a.example,No teacher of this district has this address.,no"],
    )
    assert olive.post(f"{AT}/moves/refused", data={"again": "[1"}).status_code == 400
    assert "Ada Example" in olive.get(f"{AT}/preview").text
    assert olive.post(f"{AT}/moves", data={"typed": "ada@a.example,stays"}).status_code == 303
    assert "Ada Example" not in olive.get(f"{AT}/preview").text


def test_a_list_that_is_wrong_throughout_comes_back_whole(clean):
    a_district(clean, teachers=0)
    olive = as_who(clean, "olive")
    olive.post(f"{AT}/days", data=DAYS)
    rows = "".join(f"teacher.number.{n}@lakeside.example,T\n" for n in range(25_000)).encode()
    shown = olive.post(f"{AT}/moves", data={"file": (io.BytesIO(rows), "moves.csv")}, content_type="multipart/form-data")
    assert "25,000 rows were left out. None is in the draft." in shown.text
    again = unescape(re.search('name="again" value="([^"]+)"', shown.text)[1])
    listed = olive.post(f"{AT}/moves/refused", data={"again": again}, content_type="multipart/form-data")
    assert len(listed.text.splitlines()) == 25_001


def test_a_list_that_is_missing_or_no_text_is_refused(clean):
    a_district(clean)
    olive = as_who(clean, "olive")
    olive.post(f"{AT}/days", data=DAYS)
    assert "Paste the list, or choose a file." in olive.post(f"{AT}/moves").text
    picture = {"file": (io.BytesIO(b"\xff\xd8\xff\x00"), "moves.jpg")}
    refused = olive.post(f"{AT}/moves", data=picture, content_type="multipart/form-data")
    assert (refused.status_code, "UTF-8" in refused.text) == (422, True)
    open_ended = olive.post(f"{AT}/moves", data={"typed": 'ada@a.example,"T\n' + "x" * 140_000})
    assert (open_ended.status_code, "quotation mark" in open_ended.text) == (422, True)


def test_what_stands_on_the_days_to_close_is_listed_in_the_preview(clean):
    with clean.app_context():
        cast = a_cast()
        meeting = a_series(cast).meetings[0]
        meeting.starts_at, meeting.ends_at = (at + timedelta(days=189) for at in (meeting.starts_at, meeting.ends_at))
        db.session.commit()
    olive = as_who(clean, "olive")
    olive.post(f"{AT}/days", data=DAYS)
    page = olive.get(f"{AT}/preview").text
    assert ("What stands on the days to close" in page, "Robotics" in page) == (True, True)


def test_many_who_leave_are_asked_for_twice(clean):
    appointment, _ = a_district(clean, teachers=0)
    olive = as_who(clean, "olive")
    olive.post(f"{AT}/days", data=DAYS)
    olive.post(f"{AT}/schools/1", data={f"place-{appointment}": "leaves"})
    refused = apply(olive)
    assert (refused.status_code, "1 of 2 teachers would leave" in refused.text) == (422, True)
    assert apply(olive, confirmed="1").status_code == 303
    assert where_is(clean, "ada") == []


def test_closed_days_that_cannot_be_read_are_told_with_their_line(clean):
    a_district(clean, teachers=0)
    olive = as_who(clean, "olive")
    for closed, sentence in (
        ("2027-09-06 Labor Day\nsoon", "Line 2 has no day"),
        ("2027-09-06 a\n2027-09-06 b", "Line 2 has a day that is there already"),
        ("2026-09-06 a", "is outside of the new year"),
    ):
        refused = olive.post(f"{AT}/days", data={**DAYS, "closed": closed})
        assert (refused.status_code, sentence in refused.text, closed.splitlines()[0] in refused.text) == (422, True, True)


def test_points_that_are_none_are_refused_and_what_was_typed_is_kept(clean):
    a_district(clean, teachers=0)
    with clean.app_context():
        db.session.add(CoverageTarget(district_id=1, school_id=1, skill_id=1, percent=60))
        db.session.commit()
    olive = as_who(clean, "olive")
    olive.post(f"{AT}/days", data=DAYS)
    for typed in ({"points-1": "five"}, {"everywhere": "lots"}):
        ((name, text),) = typed.items()
        refused = olive.post(f"{AT}/targets", data=typed)
        assert (refused.status_code, f'value="{text}"' in refused.text, refused.text.count(f'href="#{name}"')) == (422, True, 1)
    olive.post(f"{AT}/targets", data={"points-1": "5"})
    assert "<strong>65</strong>" in olive.get(f"{AT}/targets").text


def test_a_target_that_stops_at_100_doesnt_change_the_points_of_the_others(clean):
    a_district(clean, teachers=0)
    with clean.app_context():
        db.session.add(Skill(district_id=1, name="Coding", look="code"))
        db.session.flush()
        db.session.add_all([CoverageTarget(district_id=1, school_id=1, skill_id=n, percent=at) for n, at in ((1, 98), (2, 50))])
        db.session.commit()
    olive = as_who(clean, "olive")
    olive.post(f"{AT}/days", data=DAYS)
    olive.post(f"{AT}/targets", data={"points-1": "5"})
    again = olive.get(f"{AT}/targets").text
    assert ("<strong>100</strong>" in again, "<strong>55</strong>" in again, 'value="5"' in again) == (True, True, True)
    assert "Targets that change" in olive.get(f"{AT}/preview").text


def test_a_number_of_leavers_that_cant_be_read_is_said_beside_its_field(clean):
    a_district(clean)
    olive = as_who(clean, "olive")
    olive.post(f"{AT}/days", data=DAYS)
    refused = olive.post(f"{AT}/preview", data={"confirmed": "many"})
    assert (refused.status_code, 'id="confirmed-error"' in refused.text) == (422, True)
