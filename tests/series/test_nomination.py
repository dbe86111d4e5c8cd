"""Nominating: the person is asked, and decides alone."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.series.enrolling import enroll, withdraw
from seminar.series.nomination import Nomination, nominate, nominations_of, turn_nomination_down
from seminar.series.waitlist import join_waitlist
from seminar.web.letters import write_all
from tests.cast import NOW, a_cast, a_series


@pytest.fixture
def cast(db_session):
    return a_cast()


def open_for(person, now=NOW):
    return [nomination.nominated_by.given_name for nomination in nominations_of(person, now)]


def answers(row):
    return [answer for _, answer in row.details["answers"]]


def test_a_nomination_is_open_until_the_person_enrolls(cast):
    series = a_series(cast)
    assert answers(nominate([cast.ada, cast.ben], series, note="", by=cast.pia, now=NOW)) == ["nominated", "nominated"]
    assert open_for(cast.ada) == ["Pia"]
    enroll(cast.ada, series, by=cast.ada, now=NOW)
    assert (open_for(cast.ada), open_for(cast.ben)) == ([], ["Pia"])


def test_who_waits_or_was_enrolled_since_has_answered_and_who_withdrew_before_has_not(cast):
    series, earlier = a_series(cast, seats=1), NOW - timedelta(days=1)
    withdraw(enroll(cast.ada, series, by=cast.ada, now=earlier), by=cast.ada, now=earlier)
    nominate([cast.ada, cast.ben], series, note="", by=cast.pia, now=NOW)
    assert open_for(cast.ada) == ["Pia"]
    place = enroll(cast.ada, series, by=cast.ada, now=NOW)
    join_waitlist(cast.ben, series, by=cast.ben, now=NOW)
    withdraw(place, by=cast.ada, now=NOW)
    assert (open_for(cast.ada), open_for(cast.ben)) == ([], [])


def test_no_thank_you_ends_it_once(cast):
    series = a_series(cast)
    nominate([cast.ada], series, note="", by=cast.pia, now=NOW)
    turn_nomination_down(cast.ada, series, now=NOW)
    assert open_for(cast.ada) == []
    with pytest.raises(Refused, match="Nobody nominates you for Robotics now"):
        turn_nomination_down(cast.ada, series, now=NOW)
    assert answers(nominate([cast.ada], series, note="", by=cast.olive, now=NOW)) == ["nominated"]
    assert open_for(cast.ada) == ["Olive"]


def test_it_ends_when_enrollment_closes_to_the_moment(cast):
    series = a_series(cast)
    nominate([cast.ada], series, note="", by=cast.pia, now=NOW)
    closes = series.enrollment_closes_at
    assert (open_for(cast.ada, closes - timedelta(seconds=1)), open_for(cast.ada, closes)) == (["Pia"], [])
    with pytest.raises(Refused, match="Enrollment for Robotics is closed"):
        nominate([cast.ben], series, note="", by=cast.pia, now=closes)


def test_somebody_is_nominated_once_at_a_time_and_not_while_they_have_a_place(cast):
    series = a_series(cast, seats=1)
    enroll(cast.ben, series, by=cast.ben, now=NOW)
    join_waitlist(cast.kim, series, by=cast.kim, now=NOW)
    nominate([cast.ada], series, note="", by=cast.pia, now=NOW)
    again = nominate([cast.ada, cast.ben, cast.kim], series, note="", by=cast.olive, now=NOW)
    assert answers(again) == ["nominated_before", "in_it", "in_line"]
    assert db.session.scalars(select(Nomination.nominated_by_id)).all() == [cast.pia.id]


def test_the_mail_says_who_asks_and_what_they_wrote_and_where_to_answer(cast):
    series = a_series(cast)
    nominate([cast.ada], series, note="You asked\n\nfor it.", by=cast.pia, now=NOW)
    db.session.commit()
    mail = db.session.scalars(select(Mail)).one()
    letter = write_all([mail.id])[mail.id]
    assert letter.subject == "Pia Example nominates you: Robotics"
    assert "Pia Example writes:" in letter.body and "You asked" in letter.body and f"/series/{series.id}" in letter.body
