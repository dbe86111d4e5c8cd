"""A person's calendar feed: their meetings, changed and canceled ones included, so that calendars follow."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from seminar.ground.db import db
from seminar.people.person import Person
from seminar.series.enrollment import Enrollment
from seminar.series.invitation import meeting_event
from seminar.series.series import Meeting, Series


def meeting_events(person: Person, now: datetime) -> list[Any]:
    """An event per meeting of every series that the person is or was enrolled in; ended places are canceled events."""
    query = (
        select(Meeting, Enrollment.state)
        .join(Enrollment, Enrollment.series_id == Meeting.series_id)
        .where(Enrollment.person_id == person.id)
        .options(joinedload(Meeting.series).joinedload(Series.seminar))
        .order_by(Enrollment.id)
    )
    # A later enrollment in the same series speaks for its meetings.
    last = {meeting.id: (meeting, state) for meeting, state in db.session.execute(query)}
    return [
        meeting_event(meeting, title=meeting.series.seminar.title, canceled=state != "enrolled", now=now)
        for meeting, state in last.values()
    ]
