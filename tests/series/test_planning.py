"""Planning: who is enrolled is told of each change, and calendars follow."""

from datetime import timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.series.enrolling import enroll, withdraw
from seminar.series.enrollment import live_enrollment
from seminar.series.feed import meeting_events
from seminar.series.planning import cancel_meeting, cancel_series, change_meeting, publish_series
from seminar.series.reminder import remind
from seminar.series.series import Meeting
from tests.cast import NOW, a_cast, a_series


@pytest.fixture
def cast(db_session):
    made = a_cast()
    made.series = a_series(made)
    for person in (made.ada, made.ben):
        enroll(person, made.series, by=person, now=NOW)
    return made


def mails(kind):
    return db.session.scalars(select(Mail).where(Mail.kind == kind).order_by(Mail.id)).all()


def events(mail):
    calendar = Calendar.from_ical(mail.calendar)
    return [(str(calendar["method"]), str(event["status"]), int(event["sequence"])) for event in calendar.walk("VEVENT")]


def as_it_is(meeting, **changes):
    names = ("title", "agenda", "starts_at", "ends_at", "place", "room")
    return {name: getattr(meeting, name) for name in names} | changes


def test_a_moved_meeting_is_told_with_a_newer_event(cast):
    meeting = cast.series.meetings[0]
    change_meeting(meeting, as_it_is(meeting, room="Room 9"), by=cast.olive, now=NOW)
    assert [mail.person_id for mail in mails("meeting_changed")] == [cast.ada.id, cast.ben.id]
    assert events(mails("meeting_changed")[0]) == [("PUBLISH", "CONFIRMED", 1)]


def test_who_is_still_to_pay_is_told_too_and_has_nothing_of_it_in_their_calendar(cast):
    cast.series.price_cents = 12_000
    enroll(cast.cora, cast.series, by=cast.cora, now=NOW)
    meeting = cast.series.meetings[0]
    later = meeting.starts_at + timedelta(minutes=30)
    change_meeting(meeting, as_it_is(meeting, starts_at=later), by=cast.olive, now=NOW)
    told = {mail.person_id: mail for mail in mails("meeting_changed")}
    assert set(told) == {cast.ada.id, cast.ben.id, cast.cora.id}
    assert (told[cast.cora.id].calendar, told[cast.cora.id].context["asks"]) == (None, False)
    assert told[cast.ada.id].context["asks"]


def test_whose_time_to_pay_is_over_is_told_nothing(cast):
    cast.series.price_cents = 12_000
    enroll(cast.cora, cast.series, by=cast.cora, now=NOW)
    meeting = cast.series.meetings[0]
    change_meeting(meeting, as_it_is(meeting, room="Room 9"), by=cast.olive, now=NOW + timedelta(hours=1))
    assert [mail.person_id for mail in mails("meeting_changed")] == [cast.ada.id, cast.ben.id]


def test_another_agenda_is_told_to_nobody(cast):
    meeting = cast.series.meetings[0]
    change_meeting(meeting, as_it_is(meeting, agenda="Bring a laptop"), by=cast.olive, now=NOW)
    assert mails("meeting_changed") == []
    assert meeting.revision == 0


def test_one_more_meeting_of_a_published_series_is_told(cast):
    meeting = Meeting(district_id=cast.district.id, series_id=cast.series.id)
    change_meeting(meeting, as_it_is(cast.series.meetings[0], room="Room 9"), by=cast.olive, now=NOW)
    assert [mail.person_id for mail in mails("meeting_added")] == [cast.ada.id, cast.ben.id]


def test_a_canceled_series_is_neither_published_nor_gets_a_meeting(cast):
    values = as_it_is(cast.series.meetings[0])
    cancel_series(cast.series, reason="Too few", by=cast.olive, now=NOW)
    with pytest.raises(Refused, match="canceled already"):
        publish_series(cast.series, by=cast.olive, now=NOW)
    with pytest.raises(Refused, match="canceled already"):
        change_meeting(Meeting(district_id=cast.district.id, series_id=cast.series.id), values, by=cast.olive, now=NOW)


def test_a_canceled_meeting_leaves_calendars_and_is_canceled_once(cast):
    meeting = cast.series.meetings[0]
    cancel_meeting(meeting, reason="Snow", by=cast.olive, now=NOW)
    assert events(mails("meeting_canceled")[0]) == [("CANCEL", "CANCELLED", 1)]
    with pytest.raises(Refused, match="canceled already"):
        cancel_meeting(meeting, reason="Snow", by=cast.olive, now=NOW)


def test_a_canceled_series_ends_every_place_and_tells_each(cast):
    cancel_series(cast.series, reason="No trainer", by=cast.olive, now=NOW)
    assert [live_enrollment(person, cast.series, NOW) for person in (cast.ada, cast.ben)] == [None, None]
    assert len(mails("canceled")) == 2
    with pytest.raises(Refused, match="is canceled"):
        enroll(cast.cora, cast.series, by=cast.cora, now=NOW)


def test_each_coming_and_going_is_newer_for_the_calendar_than_the_last(cast):
    withdraw(live_enrollment(cast.ada, cast.series, NOW), by=cast.ada, now=NOW)
    enroll(cast.ada, cast.series, by=cast.ada, now=NOW)
    withdraw(live_enrollment(cast.ada, cast.series, NOW), by=cast.ada, now=NOW)
    said = [events(mail)[0] for kind in ("enrolled", "withdrawn") for mail in mails(kind) if mail.person_id == cast.ada.id]
    assert sorted(said, key=lambda event: event[2]) == [
        ("PUBLISH", "CONFIRMED", 0),
        ("CANCEL", "CANCELLED", 1),
        ("PUBLISH", "CONFIRMED", 2),
        ("CANCEL", "CANCELLED", 3),
    ]
    (event,) = meeting_events(cast.ada, NOW)
    assert (str(event["status"]), int(event["sequence"])) == ("CANCELLED", 3)


def test_a_trainers_feed_has_what_they_teach(cast):
    (event,) = meeting_events(cast.tara, NOW)
    assert str(event["summary"]) == "Robotics"


def test_a_reminder_goes_once_and_again_when_the_meeting_moves(cast):
    for _ in range(2):
        remind(NOW)
    assert len(mails("reminder")) == 2
    meeting = cast.series.meetings[0]
    change_meeting(meeting, as_it_is(meeting, room="Room 9"), by=cast.olive, now=NOW)
    remind(NOW)
    assert len(mails("reminder")) == 4
    remind(meeting.starts_at + timedelta(minutes=1))
    assert len(mails("reminder")) == 4


def test_a_series_without_a_meeting_or_a_trainer_is_not_published(cast):
    draft = a_series(cast, "Sewing")
    draft.published_at, draft.trainers = None, []
    with pytest.raises(Refused, match="trainers first"):
        publish_series(draft, by=cast.olive, now=NOW)
