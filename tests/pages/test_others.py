"""Enrolling others as a principal and the program manager meet it: the list, what would become of each, one press, what became of
each; nominations, a seat given to a colleague, moving."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.people.appointment import Appointment
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.enrolling import enroll
from seminar.series.enrollment import Enrollment
from seminar.series.nomination import Nomination
from seminar.series.series import Meeting, Series
from tests.cast import NOW, TODAY, a_cast, a_person, a_series
from tests.databases import POSTGRESQL_IN_THE_DEEP_RUN
from tests.pages.as_who import as_who
from tests.pages.document import Document
from tests.pages.test_waiting import refused, said

pytestmark = POSTGRESQL_IN_THE_DEEP_RUN

NEW, PREVIEW, SEVERAL = "/series/1/enrollments/new", "/series/1/enrollments/preview", "/series/1/enrollments/several"
NOMINATIONS, SEAT = "/series/1/nominations", "/enrollments/1/substitution"


@pytest.fixture
def cast(clean):
    """Robotics (1) with two seats, of which Ada has one; it can be given on today. Tess teaches at Paul's school."""
    with clean.app_context():
        cast = a_cast()
        series = a_series(cast, seats=2)
        series.freeze_day = TODAY
        enroll(cast.ada, series, by=cast.ada, now=NOW)
        school = School(district_id=cast.district.id, code="T", name="Elsewhere", grade_first=0, grade_last=5)
        db.session.add(school)
        db.session.flush()
        more = {name: a_person(cast.district, name, role, school) for name, role in (("paul", "principal"), ("tess", "teacher"))}
        db.session.commit()
        clean.ids = {name: person.id for name, person in (cast.people | more).items()}
    return clean


def by_name(app, table=Enrollment):
    with app.app_context():
        query = select(Person.given_name, table).join(Person, Person.id == table.person_id).order_by(table.id)
        return [(name, getattr(row, "state", None)) for name, row in db.session.execute(query)]


def mails(app):
    with app.app_context():
        query = select(Person.given_name, Mail.kind).join(Person, Person.id == Mail.person_id)
        return sorted((name, kind) for name, kind in db.session.execute(query))


def chosen(page):
    """The ids of those who are ticked in the answer's list."""
    boxes = [one.attributes for one in Document(page.text).elements if one.attributes.get("name") == "chosen" and one.tag == "input"]
    return [int(box["value"]) for box in boxes if "checked" in box]


def test_a_principal_sees_what_would_become_of_each_presses_once_and_reads_what_became_of_each(cast):
    pia, ids = as_who(cast, "pia"), cast.ids
    preview = pia.post(PREVIEW, data={"people": "ben@a.example\nada@a.example\ntess@a.example", "person": [ids["cora"]]})
    words = refused(preview)[1]
    assert preview.status_code == 200 and chosen(preview) == [ids["ben"], ids["cora"]]
    assert re.search(r"1 seat is left\..* Ben Example Gets a seat Ada Example Has a place already", words), words
    assert re.search(r"tess@a.example Nobody of your staff .*Cora Example No seat left", words), words
    assert by_name(cast) == [("Ada", "enrolled")]
    press = {"chosen": chosen(preview), "once": "key"}
    answer = pia.post(SEVERAL, data=press)
    assert pia.post(SEVERAL, data=press).location == answer.location
    assert by_name(cast) == [("Ada", "enrolled"), ("Ben", "enrolled")]
    page = said(pia, answer.location)
    assert "1 person is enrolled now." in page
    assert "Ben Example Enrolled" in page and "Cora Example The last seat went before" in page
    assert ("Ben", "enrolled") in mails(cast)


def test_who_finds_no_seat_waits_where_that_is_ticked(cast):
    ids, olive = cast.ids, as_who(cast, "olive")
    answer = olive.post(SEVERAL, data={"chosen": [ids["tess"], ids["ben"]], "rest": "wait"})
    assert by_name(cast) == [("Ada", "enrolled"), ("Tess", "enrolled"), ("Ben", "waitlisted")]
    assert "Ben Example On the waitlist" in said(olive, answer.location)


def test_where_a_seat_costs_something_each_has_one_kept_and_a_mail_that_says_how_to_pay_it(cast):
    with cast.app_context():
        db.session.execute(update(Series).values(price_cents=12_000, seats=3))
        db.session.commit()
    pia = as_who(cast, "pia")
    preview = pia.post(PREVIEW, data={"people": "ben@a.example\ncora@a.example"})
    words = refused(preview)[1]
    assert "A seat costs $120.00. Each person's seat is kept while they pay" in words and "come together or not at all" not in words
    assert "Ben Example Gets a seat, and pays for it" in words
    status, words = refused(pia.post(SEVERAL, data={"chosen": chosen(preview), "people": "ben@a.example", "rest": "together"}))
    assert status == 422 and "each pays alone" in words and "come together or not at all" in words
    page = said(pia, pia.post(SEVERAL, data={"chosen": chosen(preview)}).location)
    assert "2 seats are kept until they are paid." in page and "Ben Example Kept until it is paid" in page
    assert [one for one in mails(cast) if one[1] == "held"] == [("Ben", "held"), ("Cora", "held")]
    assert "Ben Example To pay until" in said(pia, NEW)


def test_who_is_on_the_list_but_not_theirs_is_refused_and_nothing_is_done(cast):
    status, page = refused(as_who(cast, "pia").post(SEVERAL, data={"chosen": [cast.ids["ben"], cast.ids["tess"]], "people": "Ben Example"}))
    assert status == 409 and "isn't yours to enroll any more" in page and "Ben Example Gets a seat" in page
    assert by_name(cast) == [("Ada", "enrolled")]


def test_what_was_typed_stays_beside_what_is_wrong_with_it(cast):
    pia = as_who(cast, "pia")
    assert refused(pia.post(PREVIEW, data={"people": " \n"}))[0] == 422
    many = "\n".join(f"p{n}@a.example" for n in range(201))
    answer = pia.post(PREVIEW, data={"people": many})
    assert refused(answer)[0] == 422 and "These are 201 people, and 200 go at once." in answer.text and "p200@a.example" in answer.text
    answer = pia.post(SEVERAL, data={"people": "Ben Example", "chosen": ["", "x", "99999999999"]})
    assert refused(answer)[0] == 422 and "Choose somebody of the list." in answer.text and "Ben Example" in answer.text


def test_of_two_with_one_name_one_is_chosen(cast):
    with cast.app_context():
        twin = db.session.get(Person, cast.ids["cora"])
        twin.given_name = "Ben"
        db.session.commit()
    page = as_who(cast, "pia").post(PREVIEW, data={"people": "ben example"})
    assert "Who is meant by ben example?" in page.text and "Ben Example, cora@a.example" in page.text and chosen(page) == []


def test_a_meeting_at_the_same_time_is_told_and_not_which_it_is(cast):
    with cast.app_context():
        ben = db.session.get(Person, cast.ids["ben"])
        other = db.session.get(Series, 1)
        window = {"enrollment_opens_at": other.enrollment_opens_at, "enrollment_closes_at": other.enrollment_closes_at, "published_at": NOW}
        secret = Series(district_id=1, seminar_id=other.seminar_id, season="summer", school_year=2027, seats=9, **window)
        meeting = other.meetings[0]
        secret.meetings = [Meeting(district_id=1, starts_at=meeting.starts_at, ends_at=meeting.ends_at, place="Shed")]
        db.session.add(secret)
        db.session.flush()
        enroll(ben, secret, by=ben, now=NOW)
        db.session.commit()
    pia = as_who(cast, "pia")
    page = refused(pia.post(PREVIEW, data={"people": "ben@a.example"}))[1]
    assert "Is in another meeting at the same time, Mon, Mar 1, 4:00 PM. It is possible all the same." in page
    assert "is in another meeting at the same time" in said(as_who(cast, "ada"), f"{SEAT}?colleague={cast.ids['ben']}")
    assert pia.post(SEVERAL, data={"chosen": cast.ids["ben"]}).status_code == 303


def test_answers_are_read_by_who_asked_alone(cast):
    location = as_who(cast, "pia").post(SEVERAL, data={"chosen": cast.ids["ben"]}).location
    assert as_who(cast, "olive").get(location).status_code == as_who(cast, "paul").get(location).status_code == 404
    assert as_who(cast, "ada").get(location).status_code == 403


def test_teachers_have_no_list_and_a_principal_ticks_their_own_staff_alone(cast):
    assert as_who(cast, "ada").get(NEW).status_code == 403
    assert "Enroll people" not in said(as_who(cast, "ada")) and "Enroll people" in said(as_who(cast, "pia"))
    paul = as_who(cast, "paul").get(NEW).text
    assert "Tess Example" in paul and "Ben Example" not in paul and "Ada Example" not in paul


def test_from_the_staff_finder_to_the_list_of_a_series(cast):
    ids, pia = cast.ids, as_who(cast, "pia")
    page = pia.get(f"/enrollments/new?person={ids['ben']}&person={ids['tess']}").text
    assert "For Ben Example." in page and f'href="{NEW}?person={ids["ben"]}"' in page
    boxes = [e.attributes for e in Document(pia.get(f"{NEW}?person={ids['ben']}").text).elements if e.attributes.get("name") == "person"]
    assert [int(box["value"]) for box in boxes if "checked" in box] == [ids["ben"]]


def test_a_principal_withdraws_of_their_own_staff_and_no_others(cast):
    url = "/enrollments/1/withdrawal"
    assert as_who(cast, "paul").post(url).status_code == 404
    assert as_who(cast, "ada").post(url).status_code == 403
    assert by_name(cast) == [("Ada", "enrolled")]
    answer = as_who(cast, "pia").post(url, follow_redirects=True)
    assert "Ada Example is withdrawn, and was told by mail." in answer.text
    assert by_name(cast) == [("Ada", "withdrawn")] and ("Ada", "withdrawn") in mails(cast)


def test_who_is_nominated_reads_it_at_home_and_on_the_series_and_says_no(cast):
    ids, ben = cast.ids, as_who(cast, "ben")
    as_who(cast, "pia").post(NOMINATIONS, data={"chosen": [ids["ben"]], "note": "For <the> lab"})
    for path in ("/", "/series/1"):
        assert "Pia Example nominates you" in said(ben, path) and "For &lt;the&gt; lab" in ben.get(path).text
    assert ben.post("/series/1/nomination/refusal").status_code == 303
    assert "nominates you" not in said(ben, "/") + said(ben)
    assert refused(ben.post("/series/1/nomination/refusal"))[0] == 409
    assert by_name(cast) == [("Ada", "enrolled")]
    assert [name for name, _ in by_name(cast, Nomination)] == ["Ben"] and ("Ben", "nominated") in mails(cast)


def test_who_is_enrolled_gives_the_seat_to_a_colleague_of_the_school(cast):
    ada, ids = as_who(cast, "ada"), cast.ids
    assert "Give the seat to a colleague" in said(ada) and "through Mon, Mar 1" in said(ada)
    page = ada.get(SEAT).text
    assert "Ben Example" in page and "Tess Example" not in page and "Tara Example" not in page
    assert refused(ada.post(SEAT, data={"colleague": ids["tess"]}))[0] == 422
    assert "Give the seat : Ben Example" in said(ada, f"{SEAT}?colleague={ids['ben']}")
    press = {"colleague": ids["ben"], "once": "key"}
    assert ada.post(SEAT, data=press).location == ada.post(SEAT, data=press).location == "/series/1"
    assert by_name(cast) == [("Ada", "substituted"), ("Ben", "enrolled")]
    assert "You're enrolled" in said(as_who(cast, "ben")) and "You're enrolled" not in said(ada)
    assert "there is no seat to give" in said(ada, SEAT)


def test_whose_seat_it_is_not_gives_none_but_their_principal_and_the_program_manager(cast):
    ids = cast.ids
    for name, status in (("ben", 404), ("paul", 404), ("tara", 404), ("pia", 200), ("olive", 200)):
        assert as_who(cast, name).get(SEAT).status_code == status, name
    assert as_who(cast, "paul").post(SEAT, data={"colleague": ids["tess"]}).status_code == 404
    assert refused(as_who(cast, "pia").post(SEAT, data={"colleague": ids["tess"]}))[0] == 422
    assert "Tess Example, tess@a.example" in as_who(cast, "olive").get(f"{SEAT}?who=tess").text
    assert as_who(cast, "olive").post(SEAT, data={"colleague": ids["tess"]}).status_code == 303
    assert by_name(cast) == [("Ada", "substituted"), ("Tess", "enrolled")]


def test_the_office_hands_on_the_seat_of_who_left_already(cast):
    with cast.app_context():
        left = update(Appointment).where(Appointment.person_id == cast.ids["ada"]).values(last_day=TODAY - timedelta(days=1))
        db.session.execute(left)
        db.session.commit()
    assert as_who(cast, "pia").get(SEAT).status_code == 404
    assert as_who(cast, "olive").post(SEAT, data={"colleague": cast.ids["tess"]}).status_code == 303
    assert by_name(cast) == [("Ada", "substituted"), ("Tess", "enrolled")]


def test_after_the_freeze_day_the_page_says_so_and_the_press_too(cast):
    with cast.app_context():
        db.session.get(Series, 1).freeze_day = TODAY - timedelta(days=1)
        db.session.commit()
    ada = as_who(cast, "ada")
    sentence = "Seats could be given to a colleague through Sun, Feb 28."
    assert sentence in said(ada) and sentence in said(ada, SEAT)
    assert refused(ada.post(SEAT, data={"colleague": cast.ids["ben"]}))[0] == 409


def test_who_is_enrolled_moves_to_the_next_series_of_the_seminar(cast):
    begins = NOW + timedelta(days=7)
    with cast.app_context():
        here = db.session.get(Series, 1)
        window = {"enrollment_opens_at": here.enrollment_opens_at, "enrollment_closes_at": begins, "published_at": NOW}
        there = Series(district_id=1, seminar_id=here.seminar_id, season="year-round", school_year=2027, seats=1, **window)
        there.meetings = [Meeting(district_id=1, starts_at=begins, ends_at=begins + timedelta(hours=2), place="Lab")]
        db.session.add(there)
        db.session.commit()
    ada = as_who(cast, "ada")
    assert "Move to the series of Mon, Mar 8" in said(ada) and "Move to" not in said(as_who(cast, "ben"))
    assert refused(ada.post("/series/1/enrollment/move"))[0] == 422
    answer = ada.post("/series/1/enrollment/move", data={"to": 2})
    assert answer.location == "/series/2" and "You're enrolled here now." in said(ada, "/series/2")
    assert by_name(cast) == [("Ada", "withdrawn"), ("Ada", "enrolled")]
    assert refused(ada.post("/series/1/enrollment/move", data={"to": 2}))[0] == 409


def test_the_program_manager_sets_the_freeze_day(cast):
    olive = as_who(cast, "olive")
    fields = {"season": "year-round", "school_year": 2027, "seats": 5, "trainers": [cast.ids["tara"]]}
    fields |= {"enrollment_opens_at": "2027-02-01T08:00", "enrollment_closes_at": "2027-03-01T18:00"}
    assert olive.post("/series/1/edit", data={**fields, "freeze_day": "2027-02-10"}).status_code == 303
    assert 'value="2027-02-10"' in olive.get("/series/1/edit").text
    assert olive.post("/series/1/edit", data={**fields, "freeze_day": "soon"}).status_code == 422
    assert olive.post("/series/1/edit", data=fields).status_code == 303
    with cast.app_context():
        assert db.session.get(Series, 1).freeze_day is None
