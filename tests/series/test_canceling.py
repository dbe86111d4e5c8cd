"""Canceling a series in one act: what it would do is known before, and everybody is told once."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from seminar.ground import contributions
from seminar.ground.contributions import Touched
from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.series.canceling import consequences_of
from seminar.series.enrolling import enroll, withdraw
from seminar.series.enrollment import Enrollment
from seminar.series.planning import cancel_series, change_series
from seminar.series.series import Series
from seminar.series.waitlist import join_waitlist
from seminar.web.letters import write_all
from tests.cast import NOW, a_cast, a_series


@pytest.fixture
def cast(db_session):
    """Of one seat, Ada's offer, Cora in line behind her; the same seminar runs again, with a free seat."""
    made = a_cast()
    made.robotics = a_series(made, seats=1)
    bens = enroll(made.ben, made.robotics, by=made.ben, now=NOW)
    for person in (made.ada, made.cora):
        join_waitlist(person, made.robotics, by=person, now=NOW)
    withdraw(bens, by=made.ben, now=NOW)
    made.again = a_series(made, "Again")
    made.again.seminar_id = made.robotics.seminar_id
    made.again.meetings[0].place = "Oak Hill Middle"
    db.session.commit()
    return made


def would(cast, now=NOW):
    return consequences_of(db.session.get_one(Series, cast.robotics.id), now)


def test_the_preview_names_who_is_told_by_what_they_have_and_who_left_is_not_told(cast):
    assert would(cast).told == {"offered": ["Ada Example"], "waitlisted": ["Cora Example"]}
    assert would(cast).people == 2


def test_the_preview_has_the_rooms_that_become_free_and_no_meeting_that_was(cast):
    assert [meeting.place for meeting in would(cast).meetings] == ["Lab"]
    assert would(cast, NOW + timedelta(days=1)).meetings == []


def test_people_are_pointed_to_the_seminars_other_series_while_a_seat_is_free_there(cast):
    assert [one.series.id for one in would(cast).elsewhere] == [cast.again.id]
    window = {"enrollment_opens_at": cast.again.enrollment_opens_at, "enrollment_closes_at": cast.again.enrollment_closes_at}
    change_series(cast.again, {**window, "seats": 1}, by=cast.olive, now=NOW)
    enroll(cast.ben, cast.again, by=cast.ben, now=NOW)
    assert would(cast).elsewhere == []


def test_what_other_rooms_say_stands_in_the_preview(cast):
    touched = Touched("Printer", None, "inventory.show_model", {"slug": "printer"})
    contributions.canceling_touches.append(lambda series, now: [touched] if series.id == cast.robotics.id else [])
    try:
        assert would(cast).touched == [touched]
    finally:
        contributions.canceling_touches.pop()


def test_looking_changes_nothing(cast):
    would(cast)
    assert not db.session.dirty and not db.session.new
    assert cast.robotics.canceled_at is None


def test_everybody_is_told_once_with_the_message_and_the_other_days_and_nobody_is_offered_the_seat(cast):
    cancel_series(cast.robotics, reason="No trainer", message="We are sorry.", by=cast.olive, now=NOW)
    db.session.commit()
    mails = db.session.scalars(select(Mail).where(Mail.kind == "canceled").order_by(Mail.person_id)).all()
    assert [mail.person_id for mail in mails] == sorted([cast.ada.id, cast.cora.id])
    states = set(db.session.scalars(select(Enrollment.state).where(Enrollment.series_id == cast.robotics.id)))
    assert states == {"withdrawn", "canceled"}
    body = write_all([mails[0].id])[mails[0].id].body
    assert "No trainer" in body and "We are sorry." in body and "- Mon, Mar 1, 4:00 PM, Oak Hill Middle" in body


def test_canceled_again_it_tells_nobody(cast):
    cancel_series(cast.robotics, reason="No trainer", by=cast.olive, now=NOW)
    with pytest.raises(Refused, match="canceled already"):
        cancel_series(cast.robotics, reason="Snow", message="Twice", by=cast.olive, now=NOW)
    assert len(db.session.scalars(select(Mail.id).where(Mail.kind == "canceled")).all()) == 2
