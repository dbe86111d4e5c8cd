"""A meeting that was moved: who is enrolled is asked whether they can still come."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.series.enrolling import enroll, withdraw
from seminar.series.enrollment import Enrollment, live_enrollment
from seminar.series.moved import MoveAnswer, answer, answers_in, open_questions
from seminar.series.planning import cancel_meeting, change_meeting
from seminar.series.waitlist import join_waitlist
from tests.cast import NOW, a_cast, a_series

HOUR = timedelta(hours=1)
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def cast(db_session):
    """Robotics has two seats, Ada's and Ben's, and Cora waits for one; its meeting moves by an hour."""
    made = a_cast()
    made.robotics = a_series(made, seats=2)
    made.meeting = made.robotics.meetings[0]
    for person in (made.ada, made.ben):
        enroll(person, made.robotics, by=person, now=NOW - HOUR)
    join_waitlist(made.cora, made.robotics, by=made.cora, now=NOW - HOUR)
    db.session.commit()
    move(made)
    db.session.commit()
    return made


def move(cast, now=NOW, **changes):
    meeting = cast.meeting
    names = ("title", "agenda", "starts_at", "ends_at", "place", "room")
    values = {name: getattr(meeting, name) for name in names}
    changes = changes or {"starts_at": meeting.starts_at + HOUR, "ends_at": meeting.ends_at + HOUR}
    change_meeting(meeting, values | changes, by=cast.olive, now=now)


def asked(person, now=LATER):
    return [one.id for one in open_questions(person.id, now)]


def say(cast, person, *, comes, move_id=None, now=LATER):
    answer(cast.meeting, move_id=asked(person)[0] if move_id is None else move_id, comes=comes, by=person, now=now)


def said(cast, now=LATER):
    return [(one.yes, one.no, one.open) for one in answers_in(cast.robotics, now)]


def test_everybody_enrolled_is_asked_in_the_mail_and_who_waits_is_not(cast):
    assert [bool(asked(person)) for person in (cast.ada, cast.ben, cast.cora, cast.tara)] == [True, True, False, False]
    asks = select(Mail.context).where(Mail.kind == "meeting_changed").order_by(Mail.id)
    assert [context["asks"] for context in db.session.scalars(asks)] == [True, True]
    assert said(cast) == [([], [], ["Ada Example", "Ben Example"])]


def test_another_room_or_agenda_is_no_question(cast):
    say(cast, cast.ada, comes=True)
    move(cast, now=LATER, room="Room 9", agenda="Bring a laptop")
    assert said(cast) == [(["Ada Example"], [], ["Ben Example"])]
    newest = db.session.scalars(select(Mail.context).where(Mail.kind == "meeting_changed").order_by(Mail.id.desc())).first()
    assert newest["asks"] is False


def test_yes_stays_enrolled_and_is_on_record_once(cast):
    (question,) = asked(cast.ada)
    for _ in range(2):
        say(cast, cast.ada, comes=True, move_id=question)
    assert (asked(cast.ada), live_enrollment(cast.ada, cast.robotics, NOW).state) == ([], "enrolled")
    assert len(db.session.scalars(select(History.id).where(History.what == "answered a move")).all()) == 1


def test_no_withdraws_and_the_seat_goes_to_the_next_in_line(cast):
    say(cast, cast.ada, comes=False)
    states = select(Enrollment.state).order_by(Enrollment.id)
    assert db.session.scalars(states).all() == ["withdrawn", "enrolled", "offered"]
    assert said(cast) == [([], ["Ada Example"], ["Ben Example"])]
    with pytest.raises(Refused, match="aren't enrolled in Robotics"):
        say(cast, cast.ada, comes=False, move_id=1)


def test_moved_again_everybody_is_asked_anew_and_an_answer_to_the_move_before_is_refused(cast):
    (before,) = asked(cast.ada)
    say(cast, cast.ada, comes=True)
    move(cast, now=LATER, place="Oak Hill Middle")
    assert said(cast, LATER) == [([], [], ["Ada Example", "Ben Example"])]
    with pytest.raises(Refused, match="was moved again"):
        say(cast, cast.ada, comes=True, move_id=before)
    assert len(db.session.scalars(select(MoveAnswer.id)).all()) == 1


def test_who_enrolled_after_the_move_knew_of_it(cast):
    withdraw(live_enrollment(cast.ben, cast.robotics, NOW), by=cast.ben, now=LATER)
    enroll(cast.cora, cast.robotics, by=cast.cora, now=LATER)
    assert asked(cast.cora) == []
    with pytest.raises(Refused, match="Nobody asks"):
        say(cast, cast.cora, comes=True, move_id=1)
    assert said(cast) == [([], [], ["Ada Example"])]


@pytest.mark.parametrize("over", ["past", "canceled"])
def test_what_is_over_is_asked_no_more(cast, over):
    now = cast.meeting.starts_at if over == "past" else LATER
    if over == "canceled":
        cancel_meeting(cast.meeting, reason="Snow", by=cast.olive, now=LATER)
    assert (asked(cast.ada, now), said(cast, now)) == ([], [])
    with pytest.raises(Refused, match="Nobody asks"):
        say(cast, cast.ada, comes=True, move_id=1, now=now)


def test_a_yes_becomes_a_no_and_the_trail_keeps_both(cast):
    (question,) = asked(cast.ada)
    say(cast, cast.ada, comes=True)
    say(cast, cast.ada, comes=False, move_id=question)
    trail = db.session.scalars(select(History.details).where(History.what == "answered a move").order_by(History.id))
    assert [details["comes"] for details in trail] == [True, False]
    assert said(cast)[0][1] == ["Ada Example"]
