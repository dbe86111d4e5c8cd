"""The day before a meeting, whoever is enrolled is reminded, with the event attached."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from seminar.ground import outbox
from seminar.ground.db import db
from seminar.people.person import Person
from seminar.series.enrollment import Enrollment
from seminar.series.invitation import calendar_of, meeting_event
from seminar.series.series import Meeting, Series

AHEAD = timedelta(hours=24)


def remind(now: datetime) -> None:
    """One mail per person and meeting, however often it runs."""
    query = (
        select(Meeting, Person)
        .join(Enrollment, Enrollment.series_id == Meeting.series_id)
        .join(Person, Person.id == Enrollment.person_id)
        .where(Enrollment.state == "enrolled", Meeting.canceled_at.is_(None), Meeting.starts_at > now, Meeting.starts_at <= now + AHEAD)
        .options(joinedload(Meeting.series).joinedload(Series.seminar))
    )
    for meeting, person in db.session.execute(query).all():
        event = meeting_event(meeting, title=meeting.series.seminar.title, canceled=False, now=now)
        outbox.put(
            person,
            "reminder",
            key=str(meeting.id),
            now=now,
            calendar=calendar_of([event], name=person.name).to_ical().decode(),
            title=meeting.series.seminar.title,
            series_id=meeting.series_id,
            starts_at=meeting.starts_at,
            place=meeting.place,
            room=meeting.room,
        )
