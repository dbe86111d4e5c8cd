"""Whether a series goes ahead: so many by a day, or because somebody says so; never canceled by itself."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.series.enrolling import enroll
from seminar.series.go_ahead import decision_on, go_ahead, tell_who_decides, to_decide
from seminar.series.planning import cancel_series, change_meeting, change_series
from tests.cast import NOW, TODAY, a_cast, a_series

DAY = timedelta(days=1)
FRIDAY = TODAY + 4 * DAY


@pytest.fixture
def cast(db_session):
    """Robotics needs two by Friday, and meets on Saturday for the first time; Ada is enrolled."""
    made = a_cast()
    made.robotics = a_series(made)
    meeting = made.robotics.meetings[0]
    meeting.starts_at, meeting.ends_at = meeting.starts_at + 5 * DAY, meeting.ends_at + 5 * DAY
    made.robotics.enrollment_closes_at = meeting.starts_at
    made.robotics.minimum, made.robotics.decide_on = 2, FRIDAY
    enroll(made.ada, made.robotics, by=made.ada, now=NOW)
    db.session.commit()
    return made


def planned(series, **changes):
    names = ("seats", "enrollment_opens_at", "enrollment_closes_at", "minimum", "decide_on")
    return {name: getattr(series, name) for name in names} | changes


def mails():
    return db.session.scalars(select(Mail).where(Mail.kind == "go_or_no_go").order_by(Mail.id)).all()


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"minimum": None}, "minimum", "how many must be enrolled"),
        ({"decide_on": None}, "decide_on", "by which day"),
        ({"minimum": 6}, "minimum", "only 5 seats"),
        ({"decide_on": TODAY + 6 * DAY}, "decide_on", "first meeting is on 2027-03-06"),
    ],
)
def test_a_minimum_that_cannot_be_is_refused_at_its_field(cast, changes, field, sentence):
    with pytest.raises(Refused, match=sentence) as refused:
        change_series(cast.robotics, planned(cast.robotics, **changes), by=cast.olive, now=NOW)
    assert refused.value.field == field


def test_the_day_of_the_first_meeting_is_early_enough_and_both_can_be_left_empty(cast):
    change_series(cast.robotics, planned(cast.robotics, decide_on=TODAY + 5 * DAY), by=cast.olive, now=NOW)
    change_series(cast.robotics, planned(cast.robotics, minimum=None, decide_on=None), by=cast.olive, now=NOW)
    assert decision_on(cast.robotics, TODAY) is None


def test_a_meeting_comes_before_the_day_only_once_it_is_decided(cast):
    meeting = cast.robotics.meetings[0]
    names = ("title", "agenda", "place", "room")
    earlier = {name: getattr(meeting, name) for name in names}
    earlier |= {"starts_at": meeting.starts_at - 2 * DAY, "ends_at": meeting.ends_at - 2 * DAY}
    with pytest.raises(Refused, match="Until 2027-03-05 it is open"):
        change_meeting(meeting, earlier, by=cast.olive, now=NOW)
    go_ahead(cast.robotics, by=cast.olive, now=NOW)
    change_meeting(meeting, earlier, by=cast.olive, now=NOW)
    assert meeting.starts_at == earlier["starts_at"]


def test_it_goes_ahead_with_enough_once_the_day_is_over_and_not_before(cast):
    enroll(cast.ben, cast.robotics, by=cast.ben, now=NOW)
    assert not decision_on(cast.robotics, FRIDAY).goes_ahead
    assert decision_on(cast.robotics, FRIDAY + DAY).goes_ahead


def test_with_too_few_it_stays_open_until_somebody_decides(cast):
    after = decision_on(cast.robotics, FRIDAY + DAY)
    assert (after.enrolled, after.goes_ahead, after.passed) == (1, False, True)
    assert cast.robotics.canceled_at is None
    go_ahead(cast.robotics, by=cast.olive, now=NOW)
    assert decision_on(cast.robotics, TODAY).goes_ahead


def test_that_it_goes_ahead_is_said_once_with_who_and_when(cast):
    for by in (cast.olive, cast.tara):
        go_ahead(cast.robotics, by=by, now=NOW)
    assert (cast.robotics.goes_ahead_at, cast.robotics.goes_ahead_by_id) == (NOW, cast.olive.id)
    assert len(db.session.scalars(select(History.id).where(History.what == "goes ahead")).all()) == 1


def test_neither_a_canceled_series_nor_one_without_a_minimum_is_decided_on(cast):
    with pytest.raises(Refused, match="has no minimum"):
        go_ahead(a_series(cast, "Sewing"), by=cast.olive, now=NOW)
    cancel_series(cast.robotics, reason="Snow", by=cast.olive, now=NOW)
    with pytest.raises(Refused, match="Robotics is canceled"):
        go_ahead(cast.robotics, by=cast.olive, now=NOW)
    assert decision_on(cast.robotics, TODAY) is None


def undecided(cast, day=TODAY):
    return [(one.series.seminar.title, one.enrolled) for one in to_decide(cast.district.id, day, NOW)]


def test_who_decides_sees_it_a_week_ahead_and_from_then_on(cast):
    assert undecided(cast, FRIDAY - 8 * DAY) == []
    for day in (FRIDAY - 7 * DAY, FRIDAY, FRIDAY + DAY):
        assert undecided(cast, day) == [("Robotics", 1)]
    assert to_decide(cast.district.id, TODAY, NOW + 6 * DAY) == []


@pytest.mark.parametrize("settled", ["enough", "decided", "canceled", "a draft"])
def test_what_needs_no_decision_is_not_shown_and_mailed_to_nobody(cast, settled):
    if settled == "enough":
        enroll(cast.ben, cast.robotics, by=cast.ben, now=NOW)
    elif settled == "decided":
        go_ahead(cast.robotics, by=cast.olive, now=NOW)
    elif settled == "canceled":
        cancel_series(cast.robotics, reason="Snow", by=cast.olive, now=NOW)
    else:
        cast.robotics.published_at = None
        db.session.flush()
    assert undecided(cast) == []
    tell_who_decides(cast.district, FRIDAY, NOW + 4 * DAY)
    assert mails() == []


def test_the_program_manager_is_mailed_on_the_day_and_once(cast):
    tell_who_decides(cast.district, FRIDAY - DAY, NOW)
    assert mails() == []
    for late in (0, 0, 1):
        tell_who_decides(cast.district, FRIDAY + late * DAY, NOW + 4 * DAY)
    assert [mail.person_id for mail in mails()] == [cast.olive.id]
    cast.robotics.decide_on = FRIDAY + DAY
    tell_who_decides(cast.district, FRIDAY + DAY, NOW + 4 * DAY)
    assert len(mails()) == 2


def test_another_districts_program_manager_is_told_nothing(cast):
    stan = a_cast("B", {"stan": "program_manager"})
    tell_who_decides(stan.district, FRIDAY, NOW)
    tell_who_decides(cast.district, FRIDAY, NOW)
    assert [mail.person_id for mail in mails()] == [cast.olive.id]
