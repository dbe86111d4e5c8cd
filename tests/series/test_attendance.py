"""Attendance, and the badge that follows where it asks for it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.series.attendance import Attendance, Present, here_on, sheet, take_attendance
from seminar.series.enrolling import enroll
from seminar.skills.award import Award
from seminar.skills.signing import Shown, sign_off
from tests.cast import NOW, TODAY, a_cast, a_series

THAT_EVENING = NOW + timedelta(hours=10)


@pytest.fixture
def cast(db_session):
    made = a_cast()
    made.series = a_series(made)
    enroll(made.ada, made.series, by=made.ada, now=NOW)
    return made


def mark(cast, mark, minutes=0, now=THAT_EVENING):
    return take_attendance(cast.series.meetings[0], [Present(cast.ada, mark, minutes)], by=cast.tara, now=now)


def minutes(cast):
    return {row.mark: row.minutes for row in sheet(cast.series.meetings[0]).values()}


def standing_awards():
    return db.session.scalars(select(Award).where(Award.withdrawn_at.is_(None))).all()


def test_from_start_to_end_is_the_whole_meeting_and_a_part_is_its_minutes(cast):
    mark(cast, "present")
    assert minutes(cast) == {"present": 120}
    mark(cast, "part", 45)
    assert minutes(cast) == {"part": 45}
    assert db.session.scalars(select(Attendance.id)).all() == [1]


def test_nobody_was_there_for_longer_than_the_meeting(cast):
    with pytest.raises(Refused, match="lasts 120 minutes"):
        mark(cast, "part", 121)


def test_a_sheet_opens_on_the_meetings_day_and_not_for_a_canceled_one(cast):
    with pytest.raises(Refused, match="hasn't begun"):
        mark(cast, "present", now=NOW - timedelta(days=1))
    cast.series.meetings[0].canceled_at, cast.series.meetings[0].canceled_reason = NOW, "Snow"
    db.session.flush()
    with pytest.raises(Refused, match="is canceled"):
        mark(cast, "present")


def test_who_is_here_is_known_once_a_sheet_is_saved(cast):
    assert here_on(cast.series, TODAY) is None
    mark(cast, "absent")
    assert here_on(cast.series, TODAY) == set()
    mark(cast, "part", 5)
    assert here_on(cast.series, TODAY) == {cast.ada.id}


def test_a_badge_that_asks_for_attendance_follows_with_it_and_ends_when_it_is_corrected(cast):
    cast.badge.attendance_percent = 75
    shown = [Shown(cast.ada, competency) for competency in cast.badge.competencies]
    assert sign_off(shown, cast.badge, by=cast.tara, series_id=None, now=NOW, day=TODAY) == []
    assert mark(cast, "part", 89) == []
    assert [award.person_id for award in mark(cast, "part", 90)] == [cast.ada.id]
    mark(cast, "absent")
    assert standing_awards() == []
