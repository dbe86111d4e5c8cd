"""Setting seats aside, as the program manager does it and as everybody meets it; and the page of people who wait together."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.enrolling import enroll, withdraw
from seminar.series.enrolling_several import enroll_all_or_line_up_together
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series
from seminar.series.set_aside import SetAside
from tests.cast import NOW, TODAY, a_cast, a_person, a_series, in_days
from tests.pages.as_who import as_who

PAGE, SERIES = "/series/1/set-asides", "/series/1"
UNTIL = (TODAY + timedelta(days=4)).isoformat()


@pytest.fixture
def district(clean):
    """A series (1) with two seats; Nora works at the North school (2)."""
    with clean.app_context():
        cast = a_cast()
        north = School(district_id=cast.district.id, code="N", name="North", grade_first=0, grade_last=5)
        db.session.add(north)
        db.session.flush()
        a_person(cast.district, "nora", "teacher", north)
        in_days(a_series(cast, seats=2), 9)
    return clean


def said(client, path=SERIES):
    return words(client.get(path))


def words(answer):
    """The words of the page, without what only the machine reads."""
    text = re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))
    return " ".join(text.replace("&#39;", "'").split())


def put(client, **typed):
    return client.post(PAGE, data={"whom": "school-2", "seats": "1", "released_on": UNTIL, **typed})


def test_what_is_set_aside_is_said_to_everybody_and_offered_to_whom_it_is_for(district):
    olive, ada, nora = as_who(district, "olive"), as_who(district, "ada"), as_who(district, "nora")
    assert put(olive).status_code == 303
    assert "North 0 of 1 taken Open to everybody from Mar 5, 2027" in said(olive, PAGE)
    for reader in (ada, nora, district.test_client()):
        assert "2 seats left of 2 of them 1 set aside for North, open to everybody from Mar 5, 2027" in said(reader)
    assert ada.post("/series/1/enrollment").status_code == 303
    ben = as_who(district, "ben")
    assert "None of the seats that are left is for you now." in said(ben) and "Join the waitlist" in said(ben)
    refused = ben.post("/series/1/enrollment")
    assert (refused.status_code, "set aside for others" in words(refused)) == (409, True)
    assert "Enroll" in said(nora) and nora.post("/series/1/enrollment").status_code == 303
    assert "North 1 of 1 taken" in said(olive, PAGE)
    assert "0 seats left of 2" in said(ben)


def test_the_catalog_says_how_many_are_set_aside_and_filters_by_who_looks(district):
    put(as_who(district, "olive"), seats="2")
    ada, nora = as_who(district, "ada"), as_who(district, "nora")
    assert "2 seats left of 2 of them 2 set aside" in said(ada, "/seminars")
    assert "Robotics" not in said(ada, "/seminars?open=1") and "Robotics" in said(nora, "/seminars?open=1")
    ada.post("/language", data={"language": "es", "next": "/"})
    assert "de ellos 2" in said(ada, "/seminars")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"seats": "3"}, "At most 2 seats can be set aside here"),
        ({"seats": "0"}, "Type a whole number from 1 to 1000."),
        ({"released_on": TODAY.isoformat()}, "Choose a day to come"),
        ({"released_on": "2027-03-30"}, "would stay empty"),
        ({"whom": "school-99"}, "Choose one of the list."),
        ({"whom": ""}, "Choose one of the list."),
    ],
)
def test_what_cannot_be_is_refused_next_to_its_field(district, typed, sentence):
    answer = put(as_who(district, "olive"), **typed)
    assert (answer.status_code, sentence in words(answer)) == (422, True)
    with district.app_context():
        assert db.session.scalars(select(SetAside)).all() == []


def test_it_is_changed_and_released_and_a_refused_change_keeps_what_was_typed(district):
    olive = as_who(district, "olive")
    put(olive)
    answer = olive.post("/set-asides/1", data={"seats": "9", "released_on": UNTIL})
    assert answer.status_code == 422 and "At most 2" in words(answer)
    assert re.search(r'<input [^>]*id="seats-1" [^>]*value="9">', answer.get_data(as_text=True))
    assert olive.post("/set-asides/1", data={"seats": "2", "released_on": UNTIL}).status_code == 303
    assert "0 of 2 taken" in said(olive, PAGE)
    assert olive.post("/set-asides/1/release").status_code == 303
    page = said(olive, PAGE)
    assert "Released: the seats are open to everybody" in page and "Released on Mar 1, 2027" in page
    assert "set aside for" not in said(as_who(district, "ada"))


@pytest.fixture
def together(district):
    """Ben and Kim are in it; Pia put Ada and Cora in line together."""
    with district.app_context():
        people, series = _people(), db.session.get(Series, 1)
        for name in ("ben", "kim"):
            enroll(people[name], series, by=people[name], now=NOW)
        enroll_all_or_line_up_together([people["ada"], people["cora"]], series, by=people["pia"], now=NOW)
        db.session.commit()
    return district


def _people():
    return {person.given_name.lower(): person for person in db.session.scalars(select(Person))}


def free(app):
    with app.app_context():
        for place in db.session.scalars(select(Enrollment).where(Enrollment.state == "enrolled")).all():
            withdraw(place, by=place.person, now=NOW)
        db.session.commit()


def states(app):
    with app.app_context():
        return db.session.scalars(select(Enrollment.state).order_by(Enrollment.id)).all()


def test_a_principal_puts_people_in_line_together_who_do_not_all_fit(district):
    pia = as_who(district, "pia")
    ada_ben_kim = {"chosen": ["1", "2", "6"], "rest": "together"}
    with district.app_context():
        series = db.session.get(Series, 1)
        series.seats = 3
        people = _people()
        enroll(people["tara"], series, by=people["tara"], now=NOW)
        db.session.commit()
    preview = pia.post("/series/1/enrollments/preview", data={"people": "ada@a.example, ben@a.example, kim@a.example", **ada_ben_kim})
    assert "All of them wait, and come together or not at all" in words(preview)
    answer = pia.post("/series/1/enrollments/several", data=ada_ben_kim, follow_redirects=True)
    assert words(answer).count("On the waitlist, together") == 3
    assert states(district) == ["enrolled", "waitlisted", "waitlisted", "waitlisted"]


def test_the_page_says_who_waits_together_to_them_and_to_whoever_put_them_there(together):
    for name in ("ada", "cora", "pia", "olive"):
        page = said(as_who(together, name))
        assert "Together or not at all Ada Example, Cora Example" in page and "it keeps its place in line" in page
    assert "From number 1 on the waitlist." in said(as_who(together, "pia"))
    for name in ("ben", "eli"):
        assert "Together or not at all" not in said(as_who(together, name))


@pytest.mark.parametrize("name", ["ada", "pia", "olive"])
def test_one_press_enrolls_them_all(together, name):
    free(together)
    reader = as_who(together, name)
    page = said(reader)
    assert "Seats are kept for all 2 until" in page and "Enroll all 2" in page
    assert reader.post("/groups/1/enrollment").status_code == 303
    assert states(together)[2:] == ["enrolled", "enrolled"]
    reader.post("/groups/1/enrollment")
    assert "No seats in Robotics are kept for this group now." in said(reader) and states(together)[2:] == ["enrolled", "enrolled"]


def test_one_no_is_everybodys_and_alone_nobody_comes(together):
    free(together)
    ada = as_who(together, "ada")
    answer = ada.post("/series/1/enrollment")
    assert (answer.status_code, "kept for all of your group" in words(answer)) == (409, True)
    assert ada.post("/groups/1/refusal").status_code == 303
    assert states(together)[2:] == ["passed", "passed"]


def test_nobody_else_answers_for_them(together):
    free(together)
    for name in ("ben", "eli", "nora"):
        assert as_who(together, name).post("/groups/1/enrollment").status_code == 404
        assert as_who(together, name).post("/groups/1/refusal").status_code == 404
    assert states(together)[2:] == ["offered", "offered"]
