"""Running a series: what its page says to whom, and what its buttons do."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.series.enrolling import enroll
from seminar.series.enrollment import Enrollment
from seminar.series.message import SeriesMessage
from seminar.series.moved import MeetingMove, MoveAnswer
from seminar.series.planning import change_meeting
from seminar.series.series import Series
from tests.cast import NOW, TODAY, a_cast, a_series
from tests.databases import POSTGRESQL_IN_THE_DEEP_RUN
from tests.pages.as_who import as_who
from tests.pages.document import Document
from tests.pages.doors import client_of

pytestmark = POSTGRESQL_IN_THE_DEEP_RUN

SERIES, ANSWER = "/series/1", "/meetings/1/answer"
MESSAGE = {"audience": "enrolled", "subject": "A laptop", "text": "Bring one.\n\n<b>Really</b>"}


@pytest.fixture
def robotics(clean):
    """A series (1) that Tara teaches and Ada is in; it needs two people by today, and its meeting was moved."""
    with clean.app_context():
        cast = a_cast()
        series = a_series(cast)
        enroll(cast.ada, series, by=cast.ada, now=NOW)
        db.session.flush()
        meeting = series.meetings[0]
        values = {name: getattr(meeting, name) for name in ("title", "agenda", "starts_at", "ends_at", "room")}
        change_meeting(meeting, values | {"place": "Oak Hill Middle"}, by=cast.olive, now=NOW)
        series.minimum, series.decide_on = 2, TODAY
        db.session.commit()
    return clean


def said(client, path=SERIES):
    return " ".join(next(Document(client.get(path).get_data(as_text=True)).all("main")).text.split())


def there(app, what):
    with app.app_context():
        return db.session.scalars(select(what)).all()


def at(app, moment):
    app.extensions["makerpd_clock"].moment = moment


def test_everybody_reads_whether_it_goes_ahead(robotics):
    visitor = client_of(robotics, None)
    assert "Goes ahead if 2 are enrolled by Mon, Mar 1; 1 are." in said(visitor)
    assert as_who(robotics, "olive").post(f"{SERIES}/go-ahead").status_code == 303
    assert "It goes ahead." in said(visitor) and "Goes ahead if" not in said(visitor)


def test_the_program_manager_decides_from_home_and_program_and_a_trainer_does_not(robotics):
    olive, tara = as_who(robotics, "olive"), as_who(robotics, "tara")
    for path in ("/", "/program"):
        assert "1 of at least 2 are enrolled. Decide by Mon, Mar 1. Goes ahead : Robotics Cancel the series : Robotics" in said(olive, path)
    assert "Go or no go?" not in said(tara, "/") and "Goes ahead : Robotics" not in said(tara)
    olive.post(f"{SERIES}/go-ahead")
    olive.post(f"{SERIES}/go-ahead")
    assert "Go or no go?" not in said(olive, "/") + said(olive, "/program")


def test_the_minimum_is_planned_and_a_wrong_one_is_told_at_its_field_with_what_was_typed(robotics):
    olive = as_who(robotics, "olive")
    typed = {"season": "year-round", "school_year": "2027", "seats": "5", "minimum": "3", "decide_on": ""}
    typed |= {"enrollment_opens_at": "2027-02-20T08:00", "enrollment_closes_at": "2027-03-01T18:00", "trainers": "5"}
    refused = olive.post(f"{SERIES}/edit", data=typed)
    assert refused.status_code == 422 and 'id="decide_on-error"' in refused.text and 'value="3"' in refused.text
    assert olive.post(f"{SERIES}/edit", data=typed | {"minimum": "0", "decide_on": "2027-03-01"}).status_code == 422
    assert olive.post(f"{SERIES}/edit", data=typed | {"decide_on": "2027-03-01"}).status_code == 303
    assert (there(robotics, Series.minimum), there(robotics, Series.decide_on)) == ([3], [TODAY])


def test_a_series_is_canceled_from_its_preview_once(robotics):
    olive = as_who(robotics, "olive")
    preview = said(olive, f"{SERIES}/cancellation")
    assert "Enrolled: 1 Ada Example" in preview and "Oak Hill Middle" in preview
    assert there(robotics, Enrollment.state) == ["enrolled"]
    sent = {"reason": "No trainer", "message": "We are sorry.", "once": "k"}
    assert olive.post(f"{SERIES}/cancellation", data=sent | {"reason": " "}).status_code == 422
    assert olive.post(f"{SERIES}/cancellation", data=sent).status_code == 303
    assert olive.post(f"{SERIES}/cancellation", data=sent).status_code == 409
    assert there(robotics, Enrollment.state) == ["canceled"]
    with robotics.app_context():
        told = db.session.scalars(select(Mail).where(Mail.kind == "canceled")).one()
        assert (told.context["reason"], told.context["message"]) == ("No trainer", "We are sorry.")
    assert "This series is canceled: No trainer" in said(olive, f"{SERIES}/cancellation")


def test_who_is_enrolled_is_asked_on_the_page_and_at_home_until_they_answer(robotics):
    ada, tara = as_who(robotics, "ada"), as_who(robotics, "tara")
    moved = "The meeting of Mon, Mar 1, 4:00 PM, Lab is now Mon, Mar 1, 4:00 PM, Oak Hill Middle. Can you still come?"
    assert moved in said(ada) and moved in said(ada, "/")
    assert "Not answered yet 1 Ada Example" in said(tara) and "Who can still come" not in said(ada)
    assert ada.post(ANSWER, data={"move": "1", "comes": "yes"}).status_code == 303
    assert "Can you still come?" not in said(ada) + said(ada, "/") and "Withdraw" in said(ada)
    assert "Yes 1 Ada Example" in said(tara)
    assert there(robotics, Enrollment.state) == ["enrolled"]


def test_a_question_ends_with_the_meetings_beginning(robotics):
    at(robotics, NOW + timedelta(hours=8))
    try:
        assert "Can you still come?" not in said(as_who(robotics, "ada"), "/")
    finally:
        at(robotics, NOW)


def test_no_gives_the_seat_back_and_pressed_twice_says_so(robotics):
    ada = as_who(robotics, "ada")
    assert ada.post(ANSWER, data={"move": "1", "comes": "no"}).status_code == 303
    assert there(robotics, Enrollment.state) == ["withdrawn"]
    again = ada.post(ANSWER, data={"move": "1", "comes": "no"})
    assert again.status_code == 409 and "aren&#39;t enrolled in Robotics" in again.text
    assert there(robotics, MoveAnswer.comes) == [False]


@pytest.mark.parametrize("typed", [{}, {"move": "9"}, {"move": "x", "comes": "yes"}])
def test_an_answer_to_nothing_changes_nothing(robotics, typed):
    assert as_who(robotics, "ada").post(ANSWER, data=typed).status_code == 409
    assert (there(robotics, Enrollment.state), there(robotics, MoveAnswer.id)) == (["enrolled"], [])


def test_a_message_is_looked_at_first_sent_once_and_stays_on_the_page(robotics):
    tara = as_who(robotics, "tara")
    preview = tara.post(f"{SERIES}/messages/new", data=MESSAGE)
    assert preview.status_code == 200 and "Send 1 mail" in preview.text and "&lt;b&gt;Really" in preview.text
    assert 'name="once"' in preview.text
    assert there(robotics, SeriesMessage.id) == []
    for _ in range(2):
        assert tara.post(f"{SERIES}/messages", data=MESSAGE | {"once": "k"}).status_code == 303
    assert there(robotics, SeriesMessage.people) == [1]
    with robotics.app_context():
        assert len(db.session.scalars(select(Mail.id).where(Mail.kind == "series_message")).all()) == 1
    for name in ("tara", "olive"):
        assert "A laptop Bring one. <b>Really</b> Mon, Mar 1, 8:30 AM · Tara Example" in said(as_who(robotics, name))
    assert "A laptop" not in said(as_who(robotics, "ada"))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"subject": ""}, "subject"), ({"text": "x" * 4001}, "text"), *(({"audience": whom}, "audience") for whom in ("waitlist", "all"))],
)
def test_a_message_that_cannot_be_sent_is_told_at_its_field_with_what_was_typed(robotics, wrong, field):
    tara = as_who(robotics, "tara")
    for path in ("messages/new", "messages"):
        refused = tara.post(f"{SERIES}/{path}", data=MESSAGE | wrong)
        assert refused.status_code == 422 and f'id="{field}-error"' in refused.text
    assert "Really" in refused.text or field == "text"
    assert there(robotics, SeriesMessage.id) == []


def test_a_message_is_changed_before_it_is_sent(robotics):
    again = as_who(robotics, "tara").post(f"{SERIES}/messages/new", data=MESSAGE | {"again": "1"})
    assert again.status_code == 200 and 'value="A laptop"' in again.text and "Look at it" in again.text


def test_another_trainer_writes_to_nobody_and_reads_nothing(robotics):
    with robotics.app_context():
        db.session.get(Series, 1).trainers = []
        db.session.commit()
    tara = as_who(robotics, "tara")
    assert tara.post(f"{SERIES}/messages", data=MESSAGE).status_code == 403
    assert tara.get(f"{SERIES}/messages/new").status_code == tara.get(f"{SERIES}/people").status_code == 403
    assert "Write to them" not in said(tara) and "Not answered yet" not in said(tara)
    assert there(robotics, MeetingMove.id) == [1]
