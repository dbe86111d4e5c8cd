"""The questions of a series as people meet them: one page before the seat, their own to change, and nobody's else to read."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.people.appointment import Appointment
from seminar.people.calendar import ClosedDay
from seminar.series.answer import EnrollmentAnswer, give_answers
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series
from tests.cast import ANSWERS, NOW, TODAY, a_cast, a_series, asking
from tests.databases import POSTGRESQL_IN_THE_DEEP_RUN
from tests.pages.as_who import as_who
from tests.pages.doors import EVERYBODY, a_full_district, client_of, pages_of

pytestmark = POSTGRESQL_IN_THE_DEEP_RUN

PAGE, OWN, ALL = "/series/1/enrollment", "/series/1/enrollment/answers", "/series/1/answers"
TYPED = {
    "dietary": ["vegetarian"],
    "dietary_words": " No  mushrooms\n",
    "accommodation": "Interpreter",
    "grade": "4",
    "experience": "tried",
    "confidence": "2",
}
# The pages that are about a series, or about somebody in one.
ABOUT = {"series_id", "meeting_id", "enrollment_id", "person_id"}
# What nobody but a few may read, as no other page has it by chance.
SECRET = "Reads lips, 4711"


@pytest.fixture
def robotics(clean):
    """A series (1) that asks all there is; Ada teaches grade 4."""
    with clean.app_context():
        cast = a_cast()
        asking(a_series(cast, seats=2))
        db.session.execute(Appointment.__table__.update().where(Appointment.person_id == cast.ada.id).values(grade=4))
        db.session.commit()
    return clean


def words(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).replace("&#39;", "'").split())


def said(app):
    with app.app_context():
        query = select(EnrollmentAnswer.question, EnrollmentAnswer.value).order_by(EnrollmentAnswer.id)
        return {question: value for question, value in db.session.execute(query)}


def states(app):
    with app.app_context():
        return db.session.scalars(select(Enrollment.state).order_by(Enrollment.id)).all()


def change(app, **values):
    with app.app_context():
        db.session.execute(Series.__table__.update().values(values))
        db.session.commit()


def test_enroll_leads_to_one_page_and_the_button_there_enrolls(robotics):
    ada = as_who(robotics, "ada")
    assert 'action="/series/1/enrollment" class="one-button"' in ada.get("/series/1").text
    page = ada.get(PAGE)
    assert '<option selected value="4">4</option>' in page.text
    who = "Seen by Tara Example, who teaches it, and by the PD office, Olive Example, and by nobody else."
    assert words(page).count(who) == 2 and "Deleted 14 days after the last meeting." in words(page)
    assert ada.post(PAGE, data=TYPED).status_code == 303
    assert (states(robotics), said(robotics)) == (["enrolled"], ANSWERS)
    assert "Your answers" in words(ada.get("/series/1"))


def test_nothing_is_obligatory(robotics):
    assert as_who(robotics, "ada").post(PAGE).status_code == 303
    assert (states(robotics), said(robotics)) == (["enrolled"], {})


def test_it_asks_what_is_chosen_and_takes_nothing_else(robotics):
    change(robotics, asks_dietary=False, asks_accommodation=False, asks_grade=False, asks_experience=False)
    ada = as_who(robotics, "ada")
    page = ada.get(PAGE)
    assert "Confidence before it begins" in words(page)
    assert [word for word in ("Dietary", "kitchen", "Accommodation", "Grade taught", "Experience", "Deleted") if word in words(page)] == []
    ada.post(PAGE, data=TYPED)
    assert said(robotics) == {"confidence": "2"}


def test_without_questions_one_press_is_enough(robotics):
    change(robotics, **{f"asks_{question}": False for question in ANSWERS})
    ada = as_who(robotics, "ada")
    assert 'method="post" action="/series/1/enrollment"' in ada.get("/series/1").text
    assert ada.get(PAGE).location == "/series/1"
    assert ada.post(PAGE, data=TYPED).status_code == 303
    assert (states(robotics), said(robotics)) == (["enrolled"], {})


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"confidence": "6"}, "Choose one of the list."),
        ({"grade": "13"}, "Choose one of the list."),
        ({"experience": "a lot"}, "Choose one of the list."),
        ({"dietary": ["vegan", "cake"]}, "Choose one of the list."),
        ({"dietary_words": "x" * 201}, "These are 201 characters, and 200 fit."),
        ({"accommodation": "x" * 501}, "These are 501 characters, and 500 fit."),
    ],
)
def test_what_is_no_answer_is_said_next_to_its_field_and_the_rest_stays_typed(robotics, wrong, says):
    ada = as_who(robotics, "ada")
    for path in (PAGE, OWN):
        again = ada.post(path, data={**TYPED, "accommodation": "Large print", **wrong})
        (field,) = wrong
        assert again.status_code == 422 and says in words(again)
        assert f'href="#{field}"' in again.text and f'id="{field}-error"' in again.text
        assert ("Large print" in again.text) is (field != "accommodation")
        assert said(robotics) == {}
        ada.post(PAGE)


def test_whose_seat_went_meanwhile_reads_so_and_can_join_the_line(robotics):
    ada = as_who(robotics, "ada")
    assert ada.get(PAGE).status_code == 200
    for name in ("ben", "cora"):
        as_who(robotics, name).post(PAGE)
    late = ada.post(PAGE, data=TYPED)
    assert late.status_code == 409 and "Robotics is full. Join the waitlist on its page" in words(late)
    assert 'action="/series/1/waitlist"' in late.text
    assert said(robotics) == {}
    assert ada.get(PAGE).location == "/series/1"


def test_a_kept_seat_asks_too(robotics):
    change(robotics, seats=1)
    ada, ben = as_who(robotics, "ada"), as_who(robotics, "ben")
    ben.post(PAGE)
    ada.post("/series/1/waitlist")
    ben.post(f"{PAGE}/withdrawal")
    assert 'action="/series/1/enrollment" class="one-button"' in ada.get("/series/1").text
    assert ada.get(PAGE).status_code == 200
    ada.post(PAGE, data=TYPED)
    assert (states(robotics), said(robotics)) == (["withdrawn", "enrolled"], ANSWERS)


def test_what_is_at_the_same_time_and_on_closed_days_is_told_on_both_pages_before(robotics):
    with robotics.app_context():
        series = db.session.get_one(Series, 1)
        series.district.timezone = "America/Los_Angeles"
        db.session.add(ClosedDay(district_id=series.district_id, day=TODAY, reason="Staff day"))
        db.session.commit()
    tara = as_who(robotics, "tara")
    with robotics.app_context():
        first = db.session.get_one(Series, 1)
        other = Series(**{c.name: getattr(first, c.name) for c in Series.__table__.columns if c.name not in ("id", "seats_taken")})
        other.trainers = list(first.trainers)
        meeting = first.meetings[0]
        other.meetings = [
            type(meeting)(district_id=first.district_id, starts_at=meeting.starts_at, ends_at=meeting.ends_at, place="Hall")
        ]
        db.session.add(other)
        db.session.commit()
    for path in ("/series/2", "/series/2/enrollment"):
        page = words(tara.get(path))
        assert "At the same time you are in Robotics, Mon, Mar 1, 4:00 PM." in page
        assert "The meeting on Mon, Mar 1, 4:00 PM is on a day on which the district is closed: Staff day." in page


def test_the_person_sees_changes_and_empties_their_answers_until_the_series_begins(robotics):
    ada = as_who(robotics, "ada")
    ada.post(PAGE, data=TYPED)
    page = ada.get(OWN)
    assert 'value="No mushrooms"' in page.text and "Interpreter</textarea>" in page.text
    assert re.search(r"<input checked [^>]*value=\"vegetarian\"", page.text)
    assert ada.post(OWN, data={**TYPED, "dietary": ["vegan"], "accommodation": "", "experience": ""}).status_code == 303
    assert said(robotics) == {"dietary": "vegan\nNo mushrooms", "grade": "4", "confidence": "2"}
    clock = robotics.extensions["makerpd_clock"]
    clock.moment = NOW + timedelta(hours=7, minutes=30)
    try:
        begun = ada.get(OWN)
        assert "Save answers" not in words(begun) and "Vegan, No mushrooms" in words(begun)
        late = ada.post(OWN, data=TYPED)
        assert late.status_code == 409 and "Robotics has begun, so your answers stay as they are." in words(late)
    finally:
        clock.moment = NOW
    assert said(robotics)["dietary"] == "vegan\nNo mushrooms"


def test_a_question_that_is_asked_no_more_can_still_be_emptied(robotics):
    ada = as_who(robotics, "ada")
    ada.post(PAGE, data=TYPED)
    change(robotics, **{f"asks_{question}": False for question in ANSWERS})
    assert OWN in ada.get("/series/1").text
    ada.post(OWN, data={**TYPED, "accommodation": ""})
    assert "accommodation" not in said(robotics)


def test_who_is_not_in_the_series_has_no_answers_there(robotics):
    ada = as_who(robotics, "ada")
    assert (ada.get(OWN).status_code, ada.post(OWN, data=TYPED).status_code) == (404, 404)
    assert said(robotics) == {}


def test_the_trainer_reads_the_kitchens_list_the_needs_and_the_counts(robotics):
    as_who(robotics, "ada").post(PAGE, data=TYPED)
    as_who(robotics, "ben").post(PAGE, data={"dietary": ["vegetarian"], "dietary_words": "No mushrooms"})
    tara = as_who(robotics, "tara")
    assert ALL in tara.get("/teaching").text and ALL in tara.get("/series/1").text
    page = words(tara.get(ALL))
    assert "For the kitchen 2 of 2 people" in page and "Vegetarian, No mushrooms 2" in page
    assert "Ada Example Interpreter" in page and "Ben Example" not in page
    assert "Grade 4 1" in page and "I have tried it 1" in page and "5: very confident 0" in page


def test_the_program_manager_chooses_what_a_series_asks(robotics):
    olive = as_who(robotics, "olive")
    form = {
        "season": "year-round",
        "school_year": "2027",
        "seats": "2",
        "enrollment_opens_at": "2027-02-20T08:30",
        "enrollment_closes_at": "2027-03-01T18:00",
        "trainers": ["5"],
    }
    page = olive.get("/series/1/edit").text
    assert len(re.findall(r"<input checked [^>]*name=\"questions\"", page)) == 5
    assert olive.post("/series/1/edit", data={**form, "questions": ["shoe size"]}).status_code == 422
    assert olive.post("/series/1/edit", data={**form, "questions": ["grade", "confidence"]}).status_code == 303
    with robotics.app_context():
        series = db.session.get_one(Series, 1)
        assert [getattr(series, f"asks_{question}") for question in ANSWERS] == [False, False, True, False, True]
    assert olive.get("/series/1/edit").text.count("asked") == 0


READ = {"ada": {"series.show_own_answers"}, "tara": {"series.show_answers"}, "olive": {"series.show_answers"}}
PAGES = [("about it", (*EVERYBODY, "ben", "nobody")), pytest.param("all", ("pia", "olive", "ben"), marks=pytest.mark.deep)]


@pytest.mark.parametrize(("pages", "names"), PAGES)
def test_nobody_but_the_person_its_trainers_and_the_program_manager_reads_an_answer(clean, pages, names):
    with clean.app_context():
        ids, keys = a_full_district()
        place = db.session.get_one(Enrollment, ids["enrollment_id"])
        give_answers(place, {"dietary": SECRET, "accommodation": SECRET}, by=place.person, now=NOW)
        db.session.commit()
    opened = [(rule, url) for rule, url in pages_of(clean, ids) if pages == "all" or ABOUT & {*rule.arguments}]
    read = {}
    for name in names:
        client = client_of(clean, keys.get(name))
        read[name] = {rule.endpoint for rule, url in opened if SECRET.encode() in client.get(url).data}
    assert read == {name: READ.get(name, set()) for name in names}


def test_who_teaches_another_series_reads_none_of_it(robotics):
    with robotics.app_context():
        db.session.get_one(Series, 1).trainers = []
        db.session.commit()
    for name in ("tara", "kim", "pia"):
        who = as_who(robotics, name)
        assert who.get(ALL).status_code == 403
        assert ALL not in who.get("/series/1").text
