"""The pages of approvals: asking with what it takes besides, deciding by a button alone, and who decides for whom."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from seminar.ground.db import db
from seminar.series.approval import ApprovalRequest
from seminar.series.approval_delegate import ApprovalDelegate
from seminar.series.approval_step import ApprovalStep
from seminar.series.enrolling import enroll
from seminar.series.enrollment import Enrollment
from seminar.series.series import Meeting, Series
from tests.cast import NOW, TODAY, a_cast, a_person, a_series, an_award, approving, asking
from tests.databases import POSTGRESQL_IN_THE_DEEP_RUN
from tests.pages.as_who import as_who

pytestmark = POSTGRESQL_IN_THE_DEEP_RUN

ENROLL, REQUEST = "/series/1/enrollment", "/approvals/1"
IN_CLASS = {"substitute_days": ["2027-03-03"], "funding_code": " 29-216  Title I ", "note": "It is for our laser cutter."}


@pytest.fixture
def robotics(clean):
    """A series (1) in which seats are approved: on Wednesday at noon, then in the evening of Thursday."""
    with clean.app_context():
        cast = a_cast()
        series = approving(a_series(cast))
        evening = series.meetings[0].starts_at + timedelta(days=3)
        noon = NOW + timedelta(days=2, hours=3, minutes=30)
        series.meetings[0].starts_at, series.meetings[0].ends_at = noon, noon + timedelta(hours=2)
        of = {"district_id": cast.district.id, "series_id": series.id, "place": "Lab"}
        db.session.add(Meeting(**of, starts_at=evening, ends_at=evening + timedelta(hours=2)))
        series.enrollment_closes_at = evening
        an_award(cast, cast.ben)
        db.session.commit()
    return clean


@pytest.fixture
def asked(robotics):
    as_who(robotics, "ada").post(ENROLL, data=IN_CLASS)
    return robotics


def state(app, id=1):
    with app.app_context():
        return db.session.get(Enrollment, id).state


def test_enroll_leads_to_one_page_that_asks_and_then_to_a_request(robotics):
    ada = as_who(robotics, "ada")
    assert "It is approved first" in ada.get("/series/1").text
    page = ada.get(ENROLL).text
    assert page.count('type="checkbox"') == 1 and "Wed, Mar 3" in page and "Thu, Mar 4" not in page
    assert ada.post(ENROLL, data=IN_CLASS).status_code == 303
    assert state(robotics) == "requested"
    with robotics.app_context():
        request = db.session.get(ApprovalRequest, 1)
        assert (request.substitute_days, request.funding_code) == (["2027-03-03"], "29-216 Title I")
    page = ada.get("/series/1").text
    assert "Pia Example decides now." in page and "Your request" in page and "Enroll</button>" not in page
    assert "Asked for" in ada.get("/my/learning").text


def test_what_is_too_long_or_no_day_of_it_is_refused_and_kept(robotics):
    ada = as_who(robotics, "ada")
    for field, typed in (("funding_code", "x" * 61), ("note", "y" * 501), ("substitute_days", "2027-03-04")):
        answer = ada.post(ENROLL, data={**IN_CLASS, field: typed})
        assert answer.status_code == 422 and (typed in answer.text or "It is for our laser cutter." in answer.text)
        assert f'href="#{field}"' in answer.text
    with robotics.app_context():
        assert db.session.scalars(select(Enrollment.id)).all() == []


def test_its_questions_stand_on_the_same_page(robotics):
    with robotics.app_context():
        asking(db.session.get(Series, 1), "grade")
    ada = as_who(robotics, "ada")
    page = ada.get(ENROLL).text
    assert "Funding code" in page and "Grade taught" in page
    assert ada.post(ENROLL, data={**IN_CLASS, "grade": "4"}).status_code == 303
    assert state(robotics) == "requested"
    assert '<option selected value="4">' in ada.get("/series/1/enrollment/answers").text


def test_the_page_says_before_the_button_what_it_costs_and_brings(asked):
    with asked.app_context():
        db.session.get(Series, 1).price_cents = 4_000
        db.session.commit()
    as_who(asked, "ben").post(ENROLL, data={"substitute_days": ["2027-03-03"]})
    page = as_who(asked, "pia").get(REQUEST).text
    for said in (
        "Ada Example, School A",
        "$40.00, paid by Ada Example once it is approved",
        "29-216 Title I",
        "It is for our laser cutter.",
        # Ben of two teachers holds the badge.
        "50 percent of its teachers hold a badge in it now; with Ada it would be 100 percent.",
        "Out on the same days",
        "Ben Example",
    ):
        assert said in page, said
    assert page.index("Days out of class") < page.index(">Approve<")


def test_a_link_shows_and_a_button_decides(asked):
    pia = as_who(asked, "pia")
    for _ in range(2):
        assert pia.get(REQUEST).status_code == 200
    for verb in ("approval", "decline"):
        assert pia.get(f"{REQUEST}/{verb}").status_code == 405
    assert state(asked) == "requested"
    assert pia.post(f"{REQUEST}/approval", data={"step": 1}).status_code == 303
    assert state(asked) == "enrolled"
    page = pia.get(REQUEST).text
    assert "Approved Mon, Mar 1" in page and ">Approve<" not in page


def test_a_no_without_a_reason_is_refused_beside_its_field_and_with_one_is_told(asked):
    pia = as_who(asked, "pia")
    answer = pia.post(f"{REQUEST}/decline", data={"step": 1})
    assert answer.status_code == 422 and "Say why; Ada Example is told." in answer.text and 'href="#reason"' in answer.text
    assert pia.post(f"{REQUEST}/decline", data={"step": 1, "reason": "Too many out"}).status_code == 303
    assert state(asked) == "declined"
    assert "Too many out" in as_who(asked, "ada").get(REQUEST).text


def test_a_step_that_was_decided_meanwhile_says_so(asked):
    as_who(asked, "olive").post(f"{REQUEST}/approval", data={"step": 1})
    answer = as_who(asked, "pia").post(f"{REQUEST}/decline", data={"step": 1, "reason": "No"})
    assert answer.status_code == 409 and "The request of Ada Example is approved already." in answer.text
    assert as_who(asked, "olive").post(f"{REQUEST}/approval", data={"step": 9}).status_code == 409
    assert "for Pia Example" in as_who(asked, "pia").get(REQUEST).text


def test_who_asks_sees_it_and_decides_nothing_and_others_find_nothing(asked):
    ada, ben = as_who(asked, "ada"), as_who(asked, "ben")
    assert ada.get(REQUEST).status_code == 200 and ">Approve<" not in ada.get(REQUEST).text
    assert ada.post(f"{REQUEST}/approval", data={"step": 1}).status_code == 403
    assert (ben.get(REQUEST).status_code, ben.post(f"{REQUEST}/approval", data={"step": 1}).status_code) == (404, 404)
    assert state(asked) == "requested"


def test_the_list_and_home_say_what_waits_and_for_whom(asked):
    for name, said in (("pia", "1 request waits to be decided."), ("olive", "Waits for Pia Example"), ("ben", "No request waits")):
        assert said in as_who(asked, name).get("/approvals").text, name
    assert "1 request waits to be decided" in as_who(asked, "pia").get("/").text
    assert "waits to be decided" not in as_who(asked, "ben").get("/").text
    assert "Your own requests" in as_who(asked, "ada").get("/approvals").text


def a_delegate(app, **changed):
    typed = {"email": "ben@a.example", "first_day": TODAY.isoformat(), "last_day": TODAY.isoformat()}
    return as_who(app, "pia").post("/approvals/delegates", data={**typed, **changed})


def test_a_delegate_sees_and_decides_it_for_whom_they_stand_in(asked):
    assert a_delegate(asked).status_code == 303
    ben = as_who(asked, "ben")
    assert "For Pia Example" in ben.get("/approvals").text
    assert "You decide for Pia Example" in ben.get(REQUEST).text
    assert ben.post(f"{REQUEST}/approval", data={"step": 1}).status_code == 303
    assert "for Pia Example" in as_who(asked, "pia").get(REQUEST).text


def test_a_delegate_whose_time_was_ended_finds_nothing_any_more(asked):
    a_delegate(asked)
    assert as_who(asked, "olive").post("/approvals/delegates/1/end").status_code == 404
    assert as_who(asked, "pia").post("/approvals/delegates/1/end").status_code == 303
    assert as_who(asked, "ben").get(REQUEST).status_code == 404


def test_a_delegate_who_cannot_be_is_refused_beside_the_field(asked):
    for changed, said in (({"email": "nobody@a.example"}, "Nobody in this district"), ({"last_day": "2027-02-01"}, "before the first one")):
        answer = a_delegate(asked, **changed)
        assert answer.status_code == 422 and said in answer.text and TODAY.isoformat() in answer.text
    with asked.app_context():
        assert db.session.scalars(select(ApprovalDelegate.id)).all() == []


def test_the_steps_are_set_and_what_is_wrong_is_said_beside_its_field(robotics):
    olive, settings = as_who(robotics, "olive"), "/settings/approvals"
    wrong = {"role_0": "person", "email_0": "nobody@a.example", "days_0": "21"}
    answer = olive.post(settings, data=wrong)
    assert answer.status_code == 422
    assert 'href="#email_0"' in answer.text and "from 1 to 20" in answer.text and "nobody@a.example" in answer.text
    right = {"role_0": "principal", "days_0": "2", "role_1": "person", "email_1": "KIM@a.example", "days_1": "4"}
    assert olive.post(settings, data=right).status_code == 303
    with robotics.app_context():
        rows = db.session.execute(select(ApprovalStep.role, ApprovalStep.school_days).order_by(ApprovalStep.position))
        assert [tuple(row) for row in rows] == [("principal", 2), ("person", 4)]
    assert "kim@a.example" in olive.get(settings).text


def test_a_series_and_a_school_are_told_to_ask_by_their_forms(robotics):
    olive = as_who(robotics, "olive")
    form = {"season": "year-round", "school_year": "2027", "seats": "5", "enrollment_opens_at": "2027-02-01T08:00"}
    form |= {"enrollment_closes_at": "2027-03-20T08:00", "trainers": "5"}
    assert olive.post("/series/1/edit", data=form).status_code == 303
    assert "No approval needed" in as_who(robotics, "ada").get("/series/1").text
    school = {"name": "School A", "code": "S", "grade_first": "0", "grade_last": "5", "asks_approval": "y"}
    assert olive.post("/settings/schools/1", data=school).status_code == 303
    assert "It is approved first" in as_who(robotics, "ada").get("/series/1").text


def test_a_principal_enrolls_several_and_sees_whose_seat_waits(robotics):
    as_who(robotics, "olive").post("/settings/approvals", data={"role_0": "program_manager", "days_0": "2"})
    pia = as_who(robotics, "pia")
    assert "Gets a seat once it is approved" in pia.post("/series/1/enrollments/preview", data={"people": "ada@a.example"}).text
    ada_id = 1
    answer = pia.post("/series/1/enrollments/several", data={"chosen": [ada_id]})
    assert "Waits for an approval" in pia.get(answer.location).text
    assert "To approve until" in pia.get("/series/1/enrollments/new").text
    assert "To approve" in as_who(robotics, "olive").get("/series/1").text


LISTS = ("/approvals", "/", REQUEST)


def test_lists_take_as_many_statements_with_twenty_requests_as_with_one(clean):
    with clean.app_context():
        cast = a_cast()
        approving(a_series(cast, seats=40))
        a_request_of(cast, 1)
    few = [counted(clean, page) for page in LISTS]
    with clean.app_context():
        db.session.add_all([cast.district, cast.school, *cast.people.values()])
        a_request_of(cast, 20)
    assert [counted(clean, page) for page in LISTS] == few


def a_request_of(cast, number):
    series = db.session.get(Series, 1)
    for n in range(number):
        person = a_person(cast.district, f"p{number}x{n}", "teacher", cast.school)
        enroll(person, series, by=person, now=NOW)
    db.session.commit()


def counted(app, page):
    client, seen = as_who(app, "pia"), []
    with app.app_context():
        engine = db.engine
    listener = lambda *args: seen.append(args[2])  # noqa: E731
    event.listen(engine, "before_cursor_execute", listener)
    try:
        assert client.get(page).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", listener)
    return len(seen)
