"""A person's calendar feed: the meetings that they learn in and those that they teach, changed and canceled ones included,
so that calendars follow."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from seminar.ground.db import db
from seminar.people.person import Person
from seminar.series.enrollment import Enrollment
from seminar.series.invitation import meeting_event
from seminar.series.series import Meeting, Series, series_trainer


def meeting_events(person: Person, now: datetime) -> list[Any]:
    """An event per meeting of every series that the person teaches, is or was enrolled in; ended places are canceled events."""
    with_series = joinedload(Meeting.series).joinedload(Series.seminar)
    enrolled = (
        select(Meeting, Enrollment.state)
        .join(Enrollment, Enrollment.series_id == Meeting.series_id)
        .where(Enrollment.person_id == person.id, Enrollment.enrolled_at.is_not(None))
        .options(with_series)
        .order_by(Enrollment.id)
    )
    taught = (
        select(Meeting)
        .join(series_trainer, series_trainer.c.series_id == Meeting.series_id)
        .where(series_trainer.c.person_id == person.id)
        .options(with_series)
    )
    # A later enrollment in the same series speaks for its meetings.
    last: dict[int, tuple[Meeting, bool, int]] = {}
    for meeting, state in db.session.execute(enrolled):
        _, _, comings = last.get(meeting.id, (None, None, 0))
        last[meeting.id] = (meeting, state != "enrolled", comings + 1)
    last |= {meeting.id: (meeting, meeting.series.canceled_at is not None, 1) for meeting in db.session.scalars(taught)}
    return [
        meeting_event(m, title=m.series.seminar.title, organizer=person.district, canceled=canceled, comings=comings, now=now)
        for m, canceled, comings in last.values()
    ]
