"""A person's place in a series."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.series.clash import meetings_at_the_same_time
from seminar.series.enrolling import cancel_enrollment, enroll, withdraw
from seminar.series.enrollment import live_enrollment, seats_of
from seminar.series.planning import change_series
from tests.cast import NOW, a_cast, a_series


def test_the_last_seat_is_taken_once(db_session):
    cast = a_cast()
    robotics = a_series(cast, seats=1)
    enroll(cast.ada, robotics, by=cast.ada, now=NOW)
    with pytest.raises(Refused, match="Robotics is full"):
        enroll(cast.ben, robotics, by=cast.ben, now=NOW)
    assert seats_of(robotics, NOW).left == 0


def test_nobody_is_enrolled_twice(db_session):
    cast = a_cast()
    robotics = a_series(cast)
    enroll(cast.ada, robotics, by=cast.ada, now=NOW)
    with pytest.raises(Refused, match="already enrolled"):
        enroll(cast.ada, robotics, by=cast.ada, now=NOW)


def test_who_withdraws_frees_the_seat_and_may_come_back(db_session):
    cast = a_cast()
    robotics = a_series(cast, seats=1)
    withdraw(enroll(cast.ada, robotics, by=cast.ada, now=NOW), by=cast.ada, now=NOW)
    assert seats_of(robotics, NOW).left == 1
    assert live_enrollment(cast.ada, robotics, NOW) is None
    assert enroll(cast.ada, robotics, by=cast.ada, now=NOW).state == "enrolled"


def test_a_place_ends_once(db_session):
    cast = a_cast()
    place = enroll(cast.ada, a_series(cast), by=cast.ada, now=NOW)
    withdraw(place, by=cast.ada, now=NOW)
    with pytest.raises(Refused, match="over already"):
        cancel_enrollment(place, reason="No room", by=cast.olive, now=NOW)


def test_enrollment_opens_and_closes_to_the_moment(db_session):
    cast = a_cast()
    robotics = a_series(cast)
    for moment in (robotics.enrollment_opens_at - timedelta(seconds=1), robotics.enrollment_closes_at):
        with pytest.raises(Refused, match="doesn't take enrollments"):
            enroll(cast.ada, robotics, by=cast.ada, now=moment)
    assert enroll(cast.ada, robotics, by=cast.ada, now=robotics.enrollment_opens_at + timedelta(seconds=1))


def test_enrolling_is_on_record_and_mailed_once_with_the_event(db_session):
    cast = a_cast()
    enroll(cast.ada, a_series(cast), by=cast.ada, now=NOW)
    db.session.commit()
    assert db.session.scalars(select(History.what)).all() == ["enrolled"]
    mail = db.session.scalars(select(Mail)).one()
    assert (mail.kind, mail.person_id) == ("enrolled", cast.ada.id)
    assert "DTSTART:20270302T000000Z" in mail.calendar


def test_two_meetings_at_the_same_time_are_told(db_session):
    cast = a_cast()
    enroll(cast.ada, a_series(cast, "Robotics"), by=cast.ada, now=NOW)
    other = a_series(cast, "Sewing")
    assert [m.series.seminar.title for m in meetings_at_the_same_time(cast.ada, other, NOW)] == ["Robotics"]
    assert meetings_at_the_same_time(cast.ben, other, NOW) == []
    assert [m.series.seminar.title for m in meetings_at_the_same_time(cast.tara, other, NOW)] == ["Robotics"]


def test_seats_are_not_lowered_below_what_is_taken(db_session):
    cast = a_cast()
    robotics = a_series(cast, seats=3)
    for person in (cast.ada, cast.ben):
        enroll(person, robotics, by=person, now=NOW)
    window = {"enrollment_opens_at": robotics.enrollment_opens_at, "enrollment_closes_at": robotics.enrollment_closes_at}
    with pytest.raises(Refused, match="2 seats are taken"):
        change_series(robotics, {**window, "seats": 1}, by=cast.olive, now=NOW)


def test_who_has_a_break_in_their_name_enrolls_as_anybody(db_session):
    """As a roster's quoted cell can have one: it must not become a line of the calendar that is attached."""
    cast = a_cast()
    cast.ada.family_name = "Example\nMETHOD:CANCEL"
    enroll(cast.ada, a_series(cast), by=cast.ada, now=NOW)
    attached = db.session.scalars(select(Mail.calendar)).one()
    assert [line for line in attached.splitlines() if line.startswith("METHOD:")] == ["METHOD:PUBLISH"]
