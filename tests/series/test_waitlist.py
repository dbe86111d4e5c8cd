"""The line for a seat: first come, first served, and it moves by itself."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from seminar.audit import broken_rules
from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.people.merging import merge
from seminar.series.clash import meetings_at_the_same_time
from seminar.series.enrolling import cancel_enrollment, enroll, withdraw
from seminar.series.enrollment import Enrollment, live_enrollment, seats_of
from seminar.series.feed import meeting_events
from seminar.series.planning import cancel_series, change_series
from seminar.series.waitlist import Chances, chances, join_waitlist, number_in_line, open_offers, pass_on_offers, turn_down
from tests.cast import NOW, a_cast, a_series

# The series begins in seven and a half hours: a quarter of that.
UNTIL = NOW + timedelta(hours=7, minutes=30) / 4
LATER = timedelta(minutes=1)


@pytest.fixture
def full(db_session):
    """One seat, Ben's; Ada, then Cora, then Pia wait for it."""
    cast = a_cast()
    cast.robotics = a_series(cast, seats=1)
    cast.bens = enroll(cast.ben, cast.robotics, by=cast.ben, now=NOW - 9 * LATER)
    for n, person in enumerate((cast.ada, cast.cora, cast.pia)):
        join_waitlist(person, cast.robotics, by=person, now=NOW - (8 - n) * LATER)
    db.session.commit()
    return cast


def states(cast):
    """By who has or had a place, in the order in which they came."""
    rows = db.session.execute(select(Enrollment.person_id, Enrollment.state).order_by(Enrollment.id))
    names = {person.id: name for name, person in cast.people.items()}
    return [f"{names[person_id]} {state}" for person_id, state in rows]


def mailed(kind):
    return db.session.scalars(select(Mail.person_id).where(Mail.kind == kind).order_by(Mail.id)).all()


def place_of(person, cast, now=NOW):
    return live_enrollment(person, cast.robotics, now)


def window(series):
    return {"enrollment_opens_at": series.enrollment_opens_at, "enrollment_closes_at": series.enrollment_closes_at}


def test_whoever_joins_stands_at_the_end_and_is_told(full):
    assert [number_in_line(place_of(person, full)) for person in (full.ada, full.cora, full.pia)] == [1, 2, 3]
    assert mailed("waitlisted") == [full.ada.id, full.cora.id, full.pia.id]
    assert seats_of(full.robotics, NOW).waiting == 3


def test_who_pressed_first_and_is_let_in_later_stands_behind_and_the_order_never_turns(full):
    tara = join_waitlist(full.tara, full.robotics, by=full.tara, now=NOW - 60 * LATER)
    assert (number_in_line(tara), tara.joined_at) == (4, place_of(full.pia, full).joined_at)


def test_nobody_waits_while_a_seat_is_free_nor_twice_nor_for_a_closed_series(full):
    sewing = a_series(full, "Sewing")
    with pytest.raises(Refused, match="Sewing has a free seat"):
        join_waitlist(full.ada, sewing, by=full.ada, now=NOW)
    for person, sentence in ((full.ada, "on the waitlist for Robotics already"), (full.ben, "already enrolled")):
        with pytest.raises(Refused, match=sentence):
            join_waitlist(person, full.robotics, by=person, now=NOW)
    with pytest.raises(Refused, match="doesn't take enrollments"):
        join_waitlist(full.tara, full.robotics, by=full.tara, now=full.robotics.enrollment_closes_at)


def test_a_freed_seat_is_offered_to_the_next_in_line_at_once(full):
    withdraw(full.bens, by=full.ben, now=NOW)
    assert states(full) == ["ben withdrawn", "ada offered", "cora waitlisted", "pia waitlisted"]
    assert place_of(full.ada, full).offer_until == UNTIL
    assert (mailed("offered"), open_offers(full.ada.id, NOW)) == ([full.ada.id], [place_of(full.ada, full)])
    assert db.session.scalars(select(History.what).order_by(History.id.desc())).first() == "offered"


def test_a_seat_on_offer_counts_as_taken_when_seats_are_lowered(full):
    change_series(full.robotics, window(full.robotics) | {"seats": 3}, by=full.olive, now=NOW)
    assert states(full) == ["ben enrolled", "ada offered", "cora offered", "pia waitlisted"]
    with pytest.raises(Refused, match="3 seats are taken, and a freed one goes to the next in line"):
        change_series(full.robotics, window(full.robotics) | {"seats": 2}, by=full.olive, now=NOW)


def test_a_seat_on_offer_and_one_that_is_waited_for_are_nobody_elses(full):
    withdraw(full.bens, by=full.ben, now=NOW)
    for person in (full.tara, full.ben):
        with pytest.raises(Refused, match="Robotics is full"):
            enroll(person, full.robotics, by=person, now=NOW)
    with pytest.raises(Refused, match="on the waitlist for Robotics already"):
        enroll(full.cora, full.robotics, by=full.olive, now=NOW)


def test_who_takes_the_offer_is_enrolled_with_the_meetings_attached(full):
    withdraw(full.bens, by=full.ben, now=NOW)
    enroll(full.ada, full.robotics, by=full.ada, now=UNTIL - LATER)
    db.session.commit()
    assert states(full) == ["ben withdrawn", "ada enrolled", "cora waitlisted", "pia waitlisted"]
    assert place_of(full.ada, full).enrolled_at == UNTIL - LATER
    assert "METHOD:PUBLISH" in db.session.scalars(select(Mail.calendar).where(Mail.kind == "enrolled", Mail.person_id == full.ada.id)).one()


def test_at_its_deadline_an_offer_is_too_late_whether_or_not_the_worker_came(full):
    withdraw(full.bens, by=full.ben, now=NOW)
    offer = place_of(full.ada, full)
    db.session.commit()
    assert place_of(full.ada, full, now=UNTIL) is None
    with pytest.raises(Refused, match="Robotics is full"):
        enroll(full.ada, full.robotics, by=full.ada, now=UNTIL)
    with pytest.raises(Refused, match="over already"):
        turn_down(offer, by=full.ada, now=UNTIL)
    assert seats_of(full.robotics, UNTIL).left == 0


def test_an_offer_that_ran_out_goes_on_to_the_next(full):
    withdraw(full.bens, by=full.ben, now=NOW)
    pass_on_offers(UNTIL - LATER)
    assert states(full)[1:] == ["ada offered", "cora waitlisted", "pia waitlisted"]
    pass_on_offers(UNTIL)
    pass_on_offers(UNTIL)
    assert states(full)[1:] == ["ada passed", "cora offered", "pia waitlisted"]
    assert (mailed("passed"), mailed("offered")) == ([full.ada.id], [full.ada.id, full.cora.id])


def test_who_comes_first_after_the_deadline_passes_it_on_before_the_worker(full):
    withdraw(full.bens, by=full.ben, now=NOW)
    join_waitlist(full.ada, full.robotics, by=full.ada, now=UNTIL)
    assert states(full)[1:] == ["ada passed", "cora offered", "pia waitlisted", "ada waitlisted"]
    assert number_in_line(place_of(full.ada, full, now=UNTIL)) == 2


def test_an_offer_that_is_turned_down_goes_on_to_the_next(full):
    withdraw(full.bens, by=full.ben, now=NOW)
    turn_down(place_of(full.ada, full), by=full.ada, now=NOW)
    assert states(full)[1:] == ["ada passed", "cora offered", "pia waitlisted"]
    assert mailed("passed") == []


def test_who_leaves_the_line_frees_no_seat_and_has_nothing_taken_out_of_a_calendar(full):
    withdraw(place_of(full.cora, full), by=full.cora, now=NOW)
    assert states(full) == ["ben enrolled", "ada waitlisted", "cora withdrawn", "pia waitlisted"]
    mail = db.session.scalars(select(Mail).where(Mail.kind == "withdrawn")).one()
    assert (mail.calendar, mail.context["waited"]) == (None, True)
    assert (meeting_events(full.cora, NOW), len(meeting_events(full.ben, NOW))) == ([], 1)


def test_several_seats_at_once_are_offered_in_turn(full):
    change_series(full.robotics, {**window(full.robotics), "seats": 3}, by=full.olive, now=NOW)
    assert states(full) == ["ben enrolled", "ada offered", "cora offered", "pia waitlisted"]


def test_seats_are_lowered_to_what_is_taken_and_an_offer_that_ran_out_takes_none(full):
    withdraw(full.bens, by=full.ben, now=NOW)
    for place in (place_of(full.cora, full), place_of(full.pia, full)):
        withdraw(place, by=place.person, now=NOW)
    change_series(full.robotics, {**window(full.robotics), "seats": 2}, by=full.olive, now=NOW)
    enroll(full.ben, full.robotics, by=full.ben, now=NOW)
    change_series(full.robotics, {**window(full.robotics), "seats": 1}, by=full.olive, now=UNTIL)
    assert states(full)[1] == "ada passed"


def test_the_districts_canceling_of_a_place_moves_the_line_and_of_the_series_ends_it(full):
    cancel_enrollment(full.bens, reason="Moved", by=full.olive, now=NOW)
    assert states(full)[1] == "ada offered"
    cancel_series(full.robotics, reason="Snow", by=full.olive, now=NOW)
    assert states(full) == ["ben canceled", "ada canceled", "cora canceled", "pia canceled"]
    assert mailed("offered") == [full.ada.id]


def test_nothing_is_offered_once_enrollment_is_closed_and_all_of_it_when_it_opens_again(full):
    closes = full.robotics.enrollment_closes_at = NOW + LATER
    withdraw(full.bens, by=full.ben, now=closes)
    pass_on_offers(closes)
    assert states(full)[1] == "ada waitlisted"
    again = {**window(full.robotics), "enrollment_closes_at": closes + timedelta(hours=2), "seats": 1}
    change_series(full.robotics, again, by=full.olive, now=closes)
    assert states(full)[1] == "ada offered"


def test_an_offer_stands_until_its_deadline_though_enrollment_closes_before(full):
    withdraw(full.bens, by=full.ben, now=NOW)
    change_series(full.robotics, {**window(full.robotics), "enrollment_closes_at": NOW + LATER, "seats": 1}, by=full.olive, now=NOW)
    with pytest.raises(Refused, match="doesn't take enrollments"):
        enroll(full.tara, full.robotics, by=full.tara, now=NOW + 2 * LATER)
    assert enroll(full.ada, full.robotics, by=full.ada, now=NOW + 2 * LATER).state == "enrolled"


def test_a_meeting_that_begins_at_once_is_no_deadline(full):
    starts = full.robotics.meetings[0].starts_at
    withdraw(full.bens, by=full.ben, now=starts - LATER)
    assert place_of(full.ada, full, now=starts).offer_until == starts - LATER + timedelta(hours=1)


def test_seats_of_a_series_that_is_over_are_offered_to_nobody(full):
    ends = full.robotics.meetings[-1].ends_at
    full.robotics.enrollment_closes_at = ends + timedelta(days=9)
    cancel_enrollment(full.bens, reason="Never came", by=full.olive, now=ends)
    pass_on_offers(ends)
    assert (states(full)[1], mailed("offered")) == ("ada waitlisted", [])


def test_who_lowers_seats_that_a_line_waits_for_is_told_what_to_do_first(full):
    change_series(full.robotics, {**window(full.robotics), "seats": 2}, by=full.olive, now=NOW)
    with pytest.raises(Refused, match="a freed one goes to the next in line"):
        change_series(full.robotics, {**window(full.robotics), "seats": 1}, by=full.olive, now=NOW)


def test_who_goes_passes_on_what_ran_out_beside_their_seat(full):
    change_series(full.robotics, {**window(full.robotics), "seats": 2}, by=full.olive, now=NOW)
    withdraw(full.bens, by=full.ben, now=UNTIL)
    assert states(full) == ["ben withdrawn", "ada passed", "cora offered", "pia offered"]


def test_somebody_who_is_only_offered_a_seat_elsewhere_has_nothing_at_the_same_time(full):
    withdraw(full.bens, by=full.ben, now=NOW)
    sewing = a_series(full, "Sewing")
    assert meetings_at_the_same_time(full.ada, sewing, NOW) == []
    enroll(full.ada, full.robotics, by=full.ada, now=NOW)
    assert [meeting.series_id for meeting in meetings_at_the_same_time(full.ada, sewing, NOW)] == [full.robotics.id]


def test_an_offer_that_ran_out_is_not_the_better_of_two_places_of_one_person(full):
    withdraw(full.bens, by=full.ben, now=NOW)
    merge(full.ada, full.cora, reason="A typing slip", by=full.olive, now=UNTIL)
    kept = live_enrollment(full.ada, full.robotics, UNTIL)
    assert (kept.state, states(full)[-1]) == ("offered", "pia waitlisted")


def test_a_record_that_became_another_gives_its_seat_to_the_next_in_line(full):
    change_series(full.robotics, {**window(full.robotics), "seats": 2}, by=full.olive, now=NOW)
    enroll(full.ada, full.robotics, by=full.ada, now=NOW)
    merge(full.ben, full.ada, reason="A typing slip", by=full.olive, now=NOW)
    assert db.session.scalars(select(Enrollment.state).order_by(Enrollment.id)).all() == ["enrolled", "withdrawn", "offered", "waitlisted"]


def test_how_far_earlier_lines_moved_is_told(full):
    withdraw(full.bens, by=full.ben, now=NOW)
    turn_down(place_of(full.ada, full), by=full.ada, now=NOW)
    again = a_series(full, "Again", seats=1)
    again.seminar_id = full.robotics.seminar_id
    db.session.flush()
    after = full.robotics.enrollment_closes_at
    assert [chances(again, number, after) for number in (1, 2, 3)] == [Chances(1, 1), Chances(1, 1), Chances(1, 0)]
    assert chances(again, 1, NOW) == chances(full.robotics, 1, after) == Chances(0, 0)


def test_the_audit_finds_who_waits_beside_a_free_seat_and_who_was_passed_by(full):
    assert [rule.sentence for rule in broken_rules() if rule.broken] == []
    full.bens.state = "withdrawn"
    place_of(full.cora, full).offer_until = UNTIL
    db.session.commit()
    broken = {rule.sentence: rule.broken for rule in broken_rules() if rule.broken}
    passed_by = (
        "Nobody who waits alone was passed by somebody who joined the line after them, but within a set-aside, and but for who came to its"
        " head by paying too late."
    )
    assert broken == {
        "Nobody waits while a seat is free that they may have.": [f"series {full.robotics.id}"],
        passed_by: [f"enrollment {place_of(full.ada, full).id}"],
    }


def test_the_worker_offers_a_seat_that_somebody_waits_for_whatever_set_it_free(full):
    full.bens.state = "withdrawn"
    db.session.flush()
    pass_on_offers(NOW)
    assert states(full)[1] == "ada offered"
