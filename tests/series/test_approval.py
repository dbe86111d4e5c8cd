"""A seat that is approved first: who decides, in which order, until when; and nobody about their own."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import IntegrityError

from seminar.audit import broken_rules
from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.people.appointment import Appointment, standing
from seminar.people.calendar import ClosedDay
from seminar.people.merging import merge
from seminar.series.approval import Approval, ApprovalRequest, request_of
from seminar.series.approval_asking import remind_approvers
from seminar.series.approval_deadline import decided_by
from seminar.series.approval_delegate import end_delegate, name_delegate
from seminar.series.approval_step import Step, change_steps, steps_of
from seminar.series.deciding import approve, decline
from seminar.series.enrolling import cancel_enrollment, enroll, withdraw
from seminar.series.enrolling_several import enroll_several, foreseen
from seminar.series.enrollment import Enrollment, live_enrollment
from seminar.series.moving import change_to, other_series
from seminar.series.nomination import nominate
from seminar.series.planning import cancel_series, change_meeting, change_series
from seminar.series.substitution import substitute
from seminar.series.waitlist import join_waitlist, pass_on_offers
from tests.cast import NOW, TODAY, a_cast, a_person, a_series, approving, asking

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PRINCIPAL_THEN_OFFICE = [Step("principal", 3), Step("program_manager", 2)]


@pytest.fixture
def cast(db_session):
    """A series with two seats in two weeks, in which seats are approved."""
    made = a_cast()
    made.robotics = in_two_weeks(approving(a_series(made, seats=2)))
    return made


def in_two_weeks(series):
    series.meetings[0].starts_at += 14 * DAY
    series.meetings[0].ends_at += 14 * DAY
    series.enrollment_closes_at += 14 * DAY
    db.session.commit()
    return series


def steps(cast, *those):
    change_steps(cast.district, those, by=cast.olive, now=NOW)


def asks(person, series, by=None):
    place = enroll(person, series, by=by or person, now=NOW)
    return place, request_of(place)


def says_yes(request, by, now=NOW + MINUTE):
    approve(request, step_id=request.open_step.id, by=by, now=now)


def says_no(request, by, now=NOW + MINUTE, reason="Two of your grade are out."):
    decline(request, step_id=request.open_step.id, reason=reason, by=by, now=now)


def mailed(kind):
    return db.session.scalars(select(Mail.person_id).where(Mail.kind == kind).order_by(Mail.id)).all()


def broken():
    return [rule.sentence for rule in broken_rules() if rule.broken]


def test_a_seat_is_asked_for_and_theirs_once_it_is_approved(cast):
    place, request = asks(cast.ada, cast.robotics)
    assert (place.state, place.enrolled_at, request.approved_at) == ("requested", None, None)
    assert place.hold_until == request.open_step.due_at == datetime(2027, 3, 4, 17, tzinfo=UTC)
    assert (mailed("approval_asked"), mailed("requested"), mailed("enrolled")) == ([cast.pia.id], [cast.ada.id], [])
    says_yes(request, cast.pia)
    assert (place.state, place.hold_until, place.enrolled_at) == ("enrolled", None, NOW + MINUTE)
    assert request.steps[0].decided_by_id == cast.pia.id
    assert mailed("enrolled") == [cast.ada.id]
    assert db.session.scalars(select(Mail).where(Mail.kind == "enrolled")).one().context["approved"] is True
    assert broken() == []


def test_a_series_that_asks_nothing_is_as_before_and_one_whose_school_asks_is_not(cast):
    sewing = a_series(cast, "Sewing")
    assert enroll(cast.ben, sewing, by=cast.ben, now=NOW).state == "enrolled"
    cast.school.asks_approval = True
    assert enroll(cast.ada, sewing, by=cast.ada, now=NOW).state == "requested"
    assert enroll(cast.tara, sewing, by=cast.tara, now=NOW).state == "enrolled"


def test_what_costs_something_is_held_to_be_paid_once_it_is_approved(cast):
    cast.robotics.price_cents = 12_000
    place, request = asks(cast.ada, cast.robotics)
    assert db.session.scalar(text("SELECT count(*) FROM orders")) == 0
    says_yes(request, cast.pia)
    assert (place.state, db.session.scalar(text("SELECT price_cents FROM order_line"))) == ("held", 12_000)
    assert place.hold_until > NOW + HOUR and mailed("held") == [cast.ada.id]


def test_an_approval_after_enrollment_closed_leaves_time_to_pay(cast):
    cast.robotics.price_cents, cast.robotics.enrollment_closes_at = 12_000, NOW + HOUR
    place, request = asks(cast.ada, cast.robotics)
    later = NOW + 2 * HOUR
    says_yes(request, cast.pia, later)
    assert place.state == "held" and place.hold_until == later + timedelta(minutes=40)


def test_steps_go_in_their_order_each_with_its_own_deadline(cast):
    steps(cast, *PRINCIPAL_THEN_OFFICE)
    place, request = asks(cast.ada, cast.robotics)
    first = place.hold_until
    with pytest.raises(Refused, match="since the page was opened"):
        approve(request, step_id=request.steps[1].id, by=cast.olive, now=NOW)
    says_yes(request, cast.pia)
    assert (place.state, request.approved_at, mailed("approval_asked")) == ("requested", None, [cast.pia.id, cast.olive.id])
    assert place.hold_until == request.open_step.due_at < first
    says_yes(request, cast.olive)
    assert place.state == "enrolled"
    assert trail() == [("request approved", cast.pia.id), ("request approved", cast.olive.id)]


def trail():
    query = select(History.what, History.who_id).where(History.record == "approval").order_by(History.id)
    return [tuple(row) for row in db.session.execute(query)]


def test_a_no_has_a_reason_is_told_and_frees_the_seat_for_the_next_in_line(cast):
    cast.robotics.seats = 1
    place, request = asks(cast.ada, cast.robotics)
    waits = join_waitlist(cast.ben, cast.robotics, by=cast.ben, now=NOW)
    with pytest.raises(Refused, match="Say why"):
        says_no(request, cast.pia, reason="")
    says_no(request, cast.pia)
    assert (place.state, place.state_reason, waits.state) == ("declined", "Two of your grade are out.", "offered")
    assert mailed("declined") == [cast.ada.id]
    # A taken offer is a request too, on the same place.
    assert enroll(cast.ben, cast.robotics, by=cast.ben, now=NOW + 2 * MINUTE) is waits
    assert waits.state == "requested" and waits.hold_until is not None


def test_what_nobody_decided_in_time_lapses_and_both_are_told(cast):
    cast.robotics.seats = 1
    place, request = asks(cast.ada, cast.robotics)
    waits = join_waitlist(cast.ben, cast.robotics, by=cast.ben, now=NOW)
    pass_on_offers(place.hold_until - MINUTE)
    assert place.state == "requested"
    # The deadline itself is too late, whether or not the worker has been there.
    with pytest.raises(Refused, match="wasn't decided in time"):
        says_yes(request, cast.pia, place.hold_until)
    assert (place.state, waits.state) == ("lapsed", "offered")
    assert (mailed("approval_lapsed"), mailed("approval_missed"), mailed("lapsed")) == ([cast.ada.id], [cast.pia.id], [])
    told = db.session.scalars(select(Mail).where(Mail.kind == "approval_lapsed")).one().context
    assert told["by"] == "Pia Example"
    with pytest.raises(Refused, match="wasn't decided in time"):
        says_yes(request, cast.pia, NOW + 9 * DAY)


def test_nobody_decides_about_their_own_and_a_step_that_nobody_can_decide_is_passed_over(cast):
    steps(cast, *PRINCIPAL_THEN_OFFICE)
    _, request = asks(cast.pia, cast.robotics)
    assert [step.decision for step in request.steps] == ["skipped", None]
    with pytest.raises(Refused, match="isn't yours"):
        says_yes(request, cast.pia)
    _, of_tara = asks(cast.tara, cast.robotics)
    assert [step.decision for step in of_tara.steps] == ["skipped", None]


def test_where_nobody_is_left_the_pd_office_decides(cast):
    place, request = asks(cast.tara, cast.robotics)
    assert [(step.role, step.decision) for step in request.steps] == [("principal", "skipped"), ("program_manager", None)]
    says_yes(request, cast.olive)
    assert place.state == "enrolled"


def test_a_last_step_that_nobody_can_decide_goes_to_the_pd_office_too(cast):
    gone = a_person(cast.district, "gone", "trainer", cast.school)
    db.session.query(Appointment).where(Appointment.person_id == gone.id).update({"last_day": TODAY - DAY})
    steps(cast, Step("principal", 3), Step("person", 2, gone))
    place, request = asks(cast.ada, cast.robotics)
    says_yes(request, cast.pia)
    assert [(step.role, step.decision) for step in request.steps][1:] == [("person", "skipped"), ("program_manager", None)]
    assert place.state == "requested"


def test_who_alone_runs_the_program_asks_nobody_and_is_told_so(cast):
    with pytest.raises(Refused, match="Nobody here could decide"):
        enroll(cast.olive, cast.robotics, by=cast.olive, now=NOW)


def test_who_runs_the_program_decides_about_everybody_but_themselves(cast):
    otto = a_person(cast.district, "otto", "program_manager", cast.school)
    place, request = asks(cast.olive, cast.robotics)
    with pytest.raises(Refused, match="isn't yours"):
        says_yes(request, cast.olive)
    says_yes(request, otto)
    assert place.state == "enrolled"


def test_a_named_person_decides_and_a_stranger_does_not(cast):
    steps(cast, Step("person", 2, cast.kim))
    place, request = asks(cast.ada, cast.robotics)
    for person in (cast.pia, cast.ben, cast.ada):
        with pytest.raises(Refused, match="isn't yours"):
            says_yes(request, person)
    says_yes(request, cast.kim)
    assert place.state == "enrolled"


def test_the_pd_office_decides_for_somebody_and_the_record_says_for_whom(cast):
    _, request = asks(cast.ada, cast.robotics)
    says_yes(request, cast.olive)
    step = request.steps[0]
    assert (step.decided_by_id, step.behalf_of_id) == (cast.olive.id, cast.pia.id)


def test_a_delegate_decides_on_their_days_for_whom_they_stand_in_and_never_about_themselves(cast):
    row = name_delegate(cast.pia, cast.ben, first_day=TODAY, last_day=TODAY, now=NOW)
    _, request = asks(cast.ada, cast.robotics)
    _, own = asks(cast.ben, cast.robotics)
    assert mailed("approval_asked") == [cast.pia.id, cast.ben.id, cast.pia.id]
    with pytest.raises(Refused, match="isn't yours"):
        says_yes(own, cast.ben)
    with pytest.raises(Refused, match="isn't yours"):
        says_yes(request, cast.ben, NOW + DAY)
    says_yes(request, cast.ben)
    assert (request.steps[0].decided_by_id, request.steps[0].behalf_of_id) == (cast.ben.id, cast.pia.id)
    end_delegate(row, by=cast.pia, now=NOW)
    _, third = asks(cast.cora, a_series_like(cast))
    with pytest.raises(Refused, match="isn't yours"):
        says_yes(third, cast.ben)


def a_series_like(cast):
    return in_two_weeks(approving(a_series(cast, "Sewing")))


def test_a_delegate_is_a_colleague_for_days_to_come(cast):
    for delegate, first, last, sentence in (
        (cast.pia, TODAY, TODAY, "That is you"),
        (cast.ben, TODAY, TODAY - DAY, "before the first"),
        (cast.ben, TODAY - 2 * DAY, TODAY - DAY, "gone by"),
    ):
        with pytest.raises(Refused, match=sentence):
            name_delegate(cast.pia, delegate, first_day=first, last_day=last, now=NOW)


def test_deciding_twice_or_after_it_ended_says_what_is_the_case(cast):
    _, request = asks(cast.ada, cast.robotics)
    seen = request.open_step.id
    approve(request, step_id=seen, by=cast.pia, now=NOW)
    with pytest.raises(Refused, match="approved already"):
        decline(request, step_id=seen, reason="No", by=cast.pia, now=NOW)
    place, other = asks(cast.ben, cast.robotics)
    withdraw(place, by=cast.ben, now=NOW)
    with pytest.raises(Refused, match="has withdrawn"):
        approve(other, step_id=other.all_steps[0].id, by=cast.pia, now=NOW)
    again, third = asks(cast.ben, cast.robotics)
    cancel_enrollment(again, reason="Full", by=cast.olive, now=NOW)
    with pytest.raises(Refused, match="canceled"):
        approve(third, step_id=third.all_steps[0].id, by=cast.pia, now=NOW)


def test_who_enrolls_others_has_decided_their_steps_by_it(cast):
    steps(cast, *PRINCIPAL_THEN_OFFICE)
    assert foreseen([cast.ada], cast.robotics, by=cast.pia, now=NOW) == {cast.ada.id: "requested"}
    done = enroll_several([cast.ada], cast.robotics, by=cast.pia, now=NOW)
    place = live_enrollment(cast.ada, cast.robotics, NOW)
    request = request_of(place)
    assert (done.details["answers"], place.state) == ([(cast.ada.id, "requested")], "requested")
    assert [(step.decision, step.decided_by_id) for step in request.steps] == [("approved", cast.pia.id), (None, None)]
    assert (mailed("approval_asked"), mailed("enrolled")) == ([cast.olive.id], [])
    assert foreseen([cast.ben], cast.robotics, by=cast.olive, now=NOW) == {cast.ben.id: "enrolled"}
    enroll_several([cast.ben], cast.robotics, by=cast.olive, now=NOW)
    bens = live_enrollment(cast.ben, cast.robotics, NOW)
    assert bens.state == "enrolled" and request_of(bens).approved_at == NOW
    assert broken() == []


def test_the_pd_office_enrolls_one_without_another_word(cast):
    place, request = asks(cast.ada, cast.robotics, by=cast.olive)
    assert (place.state, request.steps[0].decision, request.steps[0].behalf_of_id) == ("enrolled", "approved", cast.pia.id)


def test_a_request_takes_a_seat_and_nobody_asks_twice(cast):
    asks(cast.ada, cast.robotics)
    asks(cast.ben, cast.robotics)
    with pytest.raises(Refused, match="Robotics is full"):
        enroll(cast.cora, cast.robotics, by=cast.cora, now=NOW)
    with pytest.raises(Refused, match="waits for an approval already"):
        enroll(cast.ada, cast.robotics, by=cast.ada, now=NOW)


def test_each_decider_is_reminded_once_of_each_step(cast):
    place, _ = asks(cast.ada, cast.robotics)
    day_before = place.hold_until - DAY
    for now, told in ((day_before - MINUTE, []), (day_before, [cast.pia.id])):
        remind_approvers(now)
        assert mailed("approval_reminder") == told
    # Nor is somebody who stands in since then: they see it in their list.
    name_delegate(cast.pia, cast.ben, first_day=TODAY, last_day=TODAY + 9 * DAY, now=day_before)
    remind_approvers(day_before + HOUR)
    assert mailed("approval_reminder") == [cast.pia.id]


def test_what_was_decided_in_the_meantime_reminds_nobody(cast):
    place, request = asks(cast.ada, cast.robotics)
    day_before = place.hold_until - DAY
    says_yes(request, cast.pia)
    remind_approvers(day_before)
    assert mailed("approval_reminder") == []


def values_of(series, **changed):
    names = ("seats", "price_cents", "enrollment_opens_at", "enrollment_closes_at")
    return {**{name: getattr(series, name) for name in names}, **changed}


def test_a_raised_price_and_other_dates_begin_the_steps_anew(cast):
    steps(cast, *PRINCIPAL_THEN_OFFICE)
    _, request = asks(cast.ada, cast.robotics)
    says_yes(request, cast.pia)
    change_series(cast.robotics, values_of(cast.robotics, price_cents=5_000), by=cast.olive, now=NOW + HOUR)
    assert (request.round, [step.decision for step in request.steps], mailed("approval_asked")[2:]) == (2, [None, None], [cast.pia.id])
    assert request.enrollment.hold_until == request.open_step.due_at
    change_series(cast.robotics, values_of(cast.robotics, price_cents=4_000), by=cast.olive, now=NOW + HOUR)
    assert request.round == 2
    meeting = cast.robotics.meetings[0]
    moved = {"starts_at": meeting.starts_at + DAY, "ends_at": meeting.ends_at + DAY, "place": meeting.place, "room": ""}
    change_meeting(meeting, moved, by=cast.olive, now=NOW + HOUR)
    assert (request.round, request.all_steps[0].decision, len(mailed("requested"))) == (3, "approved", 4)
    change_meeting(meeting, {**moved, "room": "Loft"}, by=cast.olive, now=NOW + HOUR)
    assert request.round == 3
    says_yes(request, cast.pia)
    says_yes(request, cast.olive)
    assert request.enrollment.state == "held"


def test_a_seat_is_handed_to_a_colleague_only_by_who_could_approve_it(cast):
    place, _ = asks(cast.ada, cast.robotics, by=cast.olive)
    with pytest.raises(Refused, match="approved for each person"):
        substitute(place, cast.ben, by=cast.ada, now=NOW)


def test_a_principal_hands_a_seat_on_and_the_new_place_has_its_own_approval(cast):
    place, _ = asks(cast.ada, cast.robotics, by=cast.olive)
    successor = substitute(place, cast.ben, by=cast.pia, now=NOW)
    assert request_of(successor).steps[0].decided_by_id == cast.pia.id
    assert broken() == []


def test_nobody_gives_up_a_seat_for_one_that_is_not_approved_yet(cast):
    other = in_two_weeks(a_series(cast, "Sewing"))
    other.seminar_id = cast.robotics.seminar_id
    db.session.flush()
    place = enroll(cast.ada, other, by=cast.ada, now=NOW)
    assert other_series(other, standing(cast.ada, TODAY), NOW) == []
    with pytest.raises(Refused, match="approved first"):
        change_to(cast.robotics, place, by=cast.ada, now=NOW)


def test_who_is_in_it_when_a_series_begins_to_ask_stays(cast):
    sewing = a_series(cast, "Sewing")
    place = enroll(cast.ada, sewing, by=cast.ada, now=NOW)
    values = {**values_of(sewing), "asks_approval_since": NOW + HOUR}
    change_series(sewing, values, by=cast.olive, now=NOW + HOUR)
    assert place.state == "enrolled" and broken() == []


def test_a_canceled_series_ends_requests_too_and_nominations_know_them(cast):
    place, _ = asks(cast.ada, cast.robotics)
    answers = nominate([cast.ada], cast.robotics, note="", by=cast.olive, now=NOW).details["answers"]
    assert answers == [(cast.ada.id, "in_it")]
    cancel_series(cast.robotics, reason="No room", by=cast.olive, now=NOW)
    assert (place.state, mailed("canceled")) == ("canceled", [cast.ada.id])


def test_of_two_records_of_one_person_the_request_gives_way_to_the_seat(cast):
    place, _ = asks(cast.ada, cast.robotics)
    seat, _ = asks(cast.ben, cast.robotics, by=cast.olive)
    merge(cast.ben, cast.ada, reason="One person", by=cast.olive, now=NOW)
    assert [db.session.get(Enrollment, one.id).state for one in (place, seat)] == ["withdrawn", "enrolled"]


def test_who_decided_about_the_other_stays_a_record_of_their_own(cast):
    _, request = asks(cast.ada, cast.robotics)
    says_yes(request, cast.pia)
    with pytest.raises(Refused, match="decided about the other"):
        merge(cast.pia, cast.ada, reason="One person", by=cast.olive, now=NOW)


@pytest.mark.parametrize(
    "breaks",
    [
        "UPDATE enrollment SET state = 'enrolled' WHERE state = 'requested'",
        "UPDATE enrollment SET state = 'held' WHERE state = 'requested'",
        "UPDATE approval SET decision = 'approved', decided_at = asked.at, decided_by_id = person_id"
        " FROM (SELECT min(created_at) AS at FROM enrollment) asked",
        "UPDATE approval SET decision = 'declined', decided_by_id = 1, decided_at = due_at",
        "UPDATE approval SET decision = 'approved', decided_at = due_at",
    ],
)
def test_the_database_refuses_it_by_itself(cast, breaks):
    asks(cast.ada, cast.robotics)
    db.session.flush()
    with pytest.raises(IntegrityError):
        db.session.execute(text(breaks))


def test_the_steps_of_a_district_are_kept_in_order_and_each_once(cast):
    assert [step.role for step in steps_of(cast.district.id)] == ["principal"]
    steps(cast, *reversed(PRINCIPAL_THEN_OFFICE))
    assert [step.role for step in steps_of(cast.district.id)] == ["program_manager", "principal"]
    with pytest.raises(Refused, match="decided by the same"):
        steps(cast, Step("principal", 1), Step("principal", 2))
    _, request = asks(cast.ada, cast.robotics)
    steps(cast)
    assert [step.role for step in request.steps] == ["program_manager", "principal"]


def test_a_step_counts_school_days_at_the_same_hour(cast):
    of = {"timezone": "America/Los_Angeles", "closed": {date(2027, 3, 3)}}
    at = decided_by(NOW, None, school_days=3, steps_left=1, **of)
    assert at == datetime(2027, 3, 5, 17, tzinfo=UTC)
    friday_night = datetime(2027, 3, 6, 6, tzinfo=UTC)
    assert decided_by(friday_night, None, school_days=1, steps_left=1, **of) == datetime(2027, 3, 9, 5, tzinfo=UTC)


def test_as_the_series_comes_near_its_steps_share_the_time(cast):
    of = {"school_days": 3, "timezone": "America/Los_Angeles", "closed": ()}
    assert decided_by(NOW, NOW + 8 * HOUR, steps_left=2, **of) == NOW + 4 * HOUR
    assert decided_by(NOW, NOW + 90 * MINUTE, steps_left=3, **of) == NOW + HOUR


def test_forty_take_as_many_statements_as_four(cast):
    steps(cast, *PRINCIPAL_THEN_OFFICE)

    def statements(number):
        series = in_two_weeks(approving(a_series(cast, f"Series {number}", seats=60)))
        people = [a_person(cast.district, f"p{number}x{n}", "teacher", cast.school) for n in range(number)]
        seen = []
        listener = lambda *args: seen.append(args[2].lstrip()[:6])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listener)
        try:
            enroll_several(people, series, by=cast.pia, now=NOW)
            change_series(series, values_of(series, price_cents=900), by=cast.olive, now=NOW + HOUR)
            remind_approvers(NOW + 3 * DAY)
            pass_on_offers(NOW + 9 * DAY)
        finally:
            event.remove(db.engine, "before_cursor_execute", listener)
        return seen.count("SELECT")

    assert statements(4) == statements(40)


def test_a_district_with_requests_is_clean_and_what_was_changed_behind_the_verbs_is_found(cast):
    asks(cast.ada, cast.robotics)
    assert broken() == []
    db.session.execute(text("UPDATE approval_request SET round = 2"))
    assert broken() == ["Whoever waits for an approval has a request with one open step, and nobody decided about their own."]
    db.session.rollback()


def test_a_seat_that_nobody_approved_is_found(cast):
    _, request = asks(cast.ada, cast.robotics)
    says_yes(request, cast.pia)
    db.session.flush()
    db.session.execute(text("UPDATE approval_request SET approved_at = NULL"))
    assert broken() == ["Whoever is enrolled where a seat is approved first was approved."]


def test_an_export_and_a_place_list_know_a_request(cast):
    asking(cast.robotics)
    asks(cast.ada, cast.robotics)
    assert db.session.scalars(select(ApprovalRequest)).one().enrollment.state == "requested"
    assert db.session.scalars(select(Approval)).one().due_at == datetime(2027, 3, 4, 17, tzinfo=UTC)


def test_a_closed_day_moves_a_deadline(cast):
    db.session.add(ClosedDay(district_id=cast.district.id, day=date(2027, 3, 2), reason="Snow"))
    place, _ = asks(cast.ada, cast.robotics)
    assert place.hold_until == datetime(2027, 3, 5, 17, tzinfo=UTC)
