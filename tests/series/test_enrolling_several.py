"""Several people at once: in the order of the list while there are seats, each answered for, and told by mail who did it."""

import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.series.enrolling import enroll, withdraw
from seminar.series.enrolling_several import enroll_or_line_up, enroll_several, foreseen
from seminar.series.enrollment import Enrollment
from seminar.series.waitlist import join_waitlist
from seminar.web.letters import write_all
from tests.cast import NOW, a_cast, a_series


@pytest.fixture
def cast(db_session):
    return a_cast()


def named(cast, answers):
    names = {person.id: name for name, person in cast.people.items()}
    return {names[person_id]: answer for person_id, answer in answers}


def states(series):
    query = select(Enrollment).where(Enrollment.series_id == series.id).order_by(Enrollment.id)
    return [(place.person.given_name, place.state) for place in db.session.scalars(query)]


def test_seats_go_in_the_order_of_the_list_and_the_rest_is_told_that_there_is_none(cast):
    series = a_series(cast, seats=2)
    people = [cast.kim, cast.ben, cast.ada]
    assert named(cast, foreseen(people, series, by=cast.olive, now=NOW).items()) == {"kim": "enrolled", "ben": "enrolled", "ada": "no_seat"}
    answers = enroll_several(people, series, by=cast.pia, now=NOW).details["answers"]
    assert named(cast, answers) == {"kim": "enrolled", "ben": "enrolled", "ada": "no_seat"}
    assert states(series) == [("Kim", "enrolled"), ("Ben", "enrolled")]


def test_who_finds_no_seat_waits_in_the_order_of_the_list_where_that_was_asked_for(cast):
    series = a_series(cast, seats=1)
    answers = enroll_or_line_up([cast.ada, cast.kim, cast.ben], series, by=cast.pia, now=NOW).details["answers"]
    assert named(cast, answers) == {"ada": "enrolled", "kim": "waitlisted", "ben": "waitlisted"}
    withdraw(db.session.scalars(select(Enrollment).where(Enrollment.person_id == cast.ada.id)).one(), by=cast.ada, now=NOW)
    assert states(series) == [("Ada", "withdrawn"), ("Kim", "offered"), ("Ben", "waitlisted")]


def test_nobody_has_two_places_and_who_waits_is_not_passed_by(cast):
    series = a_series(cast, seats=2)
    for person in (cast.ada, cast.ben):
        enroll(person, series, by=person, now=NOW)
    join_waitlist(cast.kim, series, by=cast.kim, now=NOW)
    answers = enroll_or_line_up([cast.cora, cast.kim, cast.ada], series, by=cast.olive, now=NOW).details["answers"]
    assert named(cast, answers) == {"cora": "waitlisted", "kim": "in_line", "ada": "in_it"}


def test_the_seat_that_is_kept_for_somebody_becomes_theirs_and_takes_no_second(cast):
    series = a_series(cast, seats=2)
    places = [enroll(person, series, by=person, now=NOW) for person in (cast.ada, cast.ben)]
    join_waitlist(cast.kim, series, by=cast.kim, now=NOW)
    for place in places:
        withdraw(place, by=cast.ada, now=NOW)
    answers = enroll_several([cast.cora, cast.kim, cast.eli], series, by=cast.olive, now=NOW).details["answers"]
    assert named(cast, answers) == {"cora": "enrolled", "kim": "enrolled", "eli": "no_seat"}
    assert [state for _, state in states(series)] == ["withdrawn", "withdrawn", "enrolled", "enrolled"]


def test_a_series_that_takes_nobody_takes_nobody_of_a_list(cast):
    series = a_series(cast)
    with pytest.raises(Refused, match="doesn't take enrollments now"):
        enroll_several([cast.ada, cast.ben], series, by=cast.olive, now=series.enrollment_closes_at)
    assert states(series) == []


def test_each_is_told_once_by_whom_with_the_meetings(cast):
    series = a_series(cast, seats=1)
    enroll_or_line_up([cast.ada, cast.ben], series, by=cast.pia, now=NOW)
    enroll_or_line_up([cast.ada, cast.ben], series, by=cast.pia, now=NOW)
    db.session.commit()
    mails = db.session.scalars(select(Mail).order_by(Mail.id)).all()
    letters = write_all([mail.id for mail in mails])
    assert [(mail.person_id, mail.kind, bool(mail.calendar)) for mail in mails] == [
        (cast.ada.id, "enrolled", True),
        (cast.ben.id, "waitlisted", False),
    ]
    assert "Pia Example enrolled you." in letters[mails[0].id].body
    assert "Pia Example put you there." in letters[mails[1].id].body


def test_who_enrolls_alone_is_told_of_nobody_else(cast):
    place = enroll(cast.ada, a_series(cast), by=cast.ada, now=NOW)
    withdraw(place, by=cast.pia, now=NOW)
    db.session.commit()
    mails = db.session.scalars(select(Mail.id).order_by(Mail.id)).all()
    enrolled, withdrawn = (write_all([mail_id])[mail_id] for mail_id in mails)
    assert "enrolled you" not in enrolled.body
    assert withdrawn.subject == "Pia Example withdrew you from Robotics"
