"""A colleague takes the seat: the same one, nobody's in between, until the freeze day."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from seminar.audit import broken_rules
from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.people.appointment import Appointment
from seminar.series.attendance import Attendance
from seminar.series.enrolling import enroll, withdraw
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series
from seminar.series.substitution import freeze_day, is_frozen, substitute
from seminar.series.waitlist import join_waitlist
from seminar.web.letters import write_all
from tests.cast import NOW, TODAY, a_cast, a_series


@pytest.fixture
def cast(db_session):
    return a_cast()


def a_full_series(cast, freeze=TODAY):
    """One seat, Ada's; it can be given on through today."""
    series = a_series(cast, seats=1)
    series.freeze_day = freeze
    return series, enroll(cast.ada, series, by=cast.ada, now=NOW)


def states(series):
    query = select(Enrollment).where(Enrollment.series_id == series.id).order_by(Enrollment.id)
    return [(place.person.given_name, place.state) for place in db.session.scalars(query)]


def test_the_same_seat_has_another_person_and_nobody_in_line_is_touched(cast):
    series, place = a_full_series(cast)
    join_waitlist(cast.kim, series, by=cast.kim, now=NOW)
    successor = substitute(place, cast.ben, by=cast.ada, now=NOW)
    db.session.commit()
    assert states(series) == [("Ada", "substituted"), ("Kim", "waitlisted"), ("Ben", "enrolled")]
    assert (place.successor_id, successor.enrolled_at) == (successor.id, NOW)
    assert db.session.scalar(select(Series.seats_taken)) == 1
    assert [rule.sentence for rule in broken_rules() if rule.broken] == []


def test_both_are_told_with_their_calendars_and_the_trail_says_who_did_it(cast):
    _, place = a_full_series(cast)
    substitute(place, cast.ben, by=cast.pia, now=NOW)
    db.session.commit()
    mails = db.session.scalars(select(Mail).where(Mail.kind.in_(["substituted", "seat_given"])).order_by(Mail.person_id)).all()
    ada, ben = (write_all([mail.id])[mail.id] for mail in mails)
    assert (ada.subject, ben.subject) == ("Your seat went to Ben Example: Robotics", "Ada Example's seat is yours: Robotics")
    assert "Pia Example gave it on." in ada.body and "Pia Example gave it to you." in ben.body
    assert "METHOD:CANCEL" in mails[0].calendar and "METHOD:PUBLISH" in mails[1].calendar
    trail = db.session.scalars(select(History).where(History.record == "enrollment", History.who_id == cast.pia.id).order_by(History.id))
    assert [(row.what, row.details["person"]) for row in trail] == [("substituted", cast.ada.id), ("enrolled", cast.ben.id)]


def test_a_seat_is_given_through_the_freeze_day_and_not_after_it(cast):
    series, place = a_full_series(cast, freeze=TODAY - timedelta(days=1))
    with pytest.raises(Refused, match="could be given to a colleague through"):
        substitute(place, cast.ben, by=cast.olive, now=NOW)
    series.freeze_day = TODAY
    db.session.flush()
    assert substitute(place, cast.ben, by=cast.ada, now=NOW).state == "enrolled"


def test_without_a_day_of_its_own_a_series_freezes_the_day_before_its_first_meeting_that_takes_place(cast):
    series, _ = a_full_series(cast, freeze=None)
    assert (freeze_day(series), is_frozen(series, NOW)) == (TODAY - timedelta(days=1), True)
    series.meetings[0].canceled_at, series.meetings[0].canceled_reason = NOW, "Snow"
    assert (freeze_day(series), is_frozen(series, NOW)) == (None, False)


def test_after_the_last_meeting_no_freeze_day_helps(cast):
    series, place = a_full_series(cast, freeze=TODAY + timedelta(days=9))
    with pytest.raises(Refused):
        substitute(place, cast.ben, by=cast.olive, now=series.meetings[-1].ends_at)


def test_who_has_a_place_or_works_here_no_more_takes_none(cast):
    series = a_series(cast, seats=2)
    series.freeze_day = TODAY
    ada, ben = (enroll(person, series, by=person, now=NOW) for person in (cast.ada, cast.ben))
    join_waitlist(cast.kim, series, by=cast.kim, now=NOW)
    db.session.execute(update(Appointment).where(Appointment.person_id == cast.cora.id).values(last_day=TODAY - timedelta(days=1)))
    refusals = {cast.ben: "already enrolled", cast.ada: "already enrolled", cast.kim: "waitlist", cast.cora: "work here"}
    for colleague, says in refusals.items():
        with pytest.raises(Refused, match=says):
            substitute(ada, colleague, by=cast.olive, now=NOW)
    withdraw(ben, by=cast.ben, now=NOW)
    with pytest.raises(Refused, match="is over already"):
        substitute(ben, cast.eli, by=cast.olive, now=NOW)


def test_a_seat_is_given_once_and_the_successor_gives_it_on_or_withdraws(cast):
    series, place = a_full_series(cast)
    second = substitute(place, cast.ben, by=cast.ada, now=NOW)
    with pytest.raises(Refused, match="is over already"):
        substitute(place, cast.cora, by=cast.ada, now=NOW)
    third = substitute(second, cast.ada, by=cast.ben, now=NOW)
    join_waitlist(cast.kim, series, by=cast.kim, now=NOW)
    withdraw(third, by=cast.ada, now=NOW)
    assert states(series) == [("Ada", "substituted"), ("Ben", "substituted"), ("Ada", "withdrawn"), ("Kim", "offered")]


def test_an_offer_that_ran_out_is_passed_on_before_its_person_takes_a_colleagues_seat(cast):
    series = a_series(cast, seats=2)
    series.freeze_day = TODAY
    ada, ben = (enroll(person, series, by=person, now=NOW) for person in (cast.ada, cast.ben))
    kim = join_waitlist(cast.kim, series, by=cast.kim, now=NOW)
    withdraw(ben, by=cast.ben, now=NOW)
    later = kim.offer_until
    assert substitute(ada, cast.kim, by=cast.ada, now=later).state == "enrolled"
    assert kim.state == "passed"


def test_attendance_stays_with_who_sat(cast):
    series, place = a_full_series(cast)
    of = {"district_id": cast.district.id, "meeting_id": series.meetings[0].id, "marked_by_id": cast.tara.id, "marked_at": NOW}
    db.session.add(Attendance(**of, person_id=cast.ada.id, mark="present", minutes=120))
    substitute(place, cast.ben, by=cast.ada, now=NOW)
    assert db.session.scalars(select(Attendance.person_id)).all() == [cast.ada.id]
