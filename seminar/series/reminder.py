"""The day before a meeting, whoever is enrolled is reminded, with the event attached. A moved meeting is a new one to remind of."""

from datetime import datetime, timedelta

from sqlalchemy import Select, String, cast, exists, func, select
from sqlalchemy.orm import aliased, joinedload

from seminar.ground import outbox
from seminar.ground.db import db
from seminar.ground.outbox import Letter, Mail
from seminar.people.person import Person
from seminar.series.enrollment import Enrollment
from seminar.series.invitation import invitation
from seminar.series.series import Meeting, Series

AHEAD = timedelta(hours=24)


def remind(now: datetime) -> None:
    """One mail per person and meeting, however often it runs; two statements, however many there are."""
    rows = db.session.execute(_to_remind(now)).all()
    outbox.put_all("reminder", [_letter(meeting, person, comings, now) for meeting, person, comings in rows], now=now)


def _to_remind(now: datetime) -> Select[Meeting, Person, int]:
    place = aliased(Enrollment)
    comings = (
        select(func.count())
        .where(place.series_id == Meeting.series_id, place.person_id == Person.id, place.enrolled_at.is_not(None))
        .correlate(Meeting, Person)
        .scalar_subquery()
    )
    key = cast(Meeting.id, String) + ":" + cast(Meeting.revision, String)
    reminded = exists().where(Mail.person_id == Person.id, Mail.kind == "reminder", Mail.key == key)
    return (
        select(Meeting, Person, comings)
        .join(Enrollment, Enrollment.series_id == Meeting.series_id)
        .join(Person, Person.id == Enrollment.person_id)
        .where(Enrollment.state == "enrolled", Meeting.canceled_at.is_(None), Meeting.starts_at > now, Meeting.starts_at <= now + AHEAD)
        .where(~reminded)
        .options(joinedload(Meeting.series).joinedload(Series.seminar), joinedload(Person.district))
    )


def _letter(meeting: Meeting, person: Person, comings: int, now: datetime) -> Letter:
    values = {
        "title": meeting.series.seminar.title,
        "series_id": meeting.series_id,
        "starts_at": meeting.starts_at,
        "place": meeting.place,
        "room": meeting.room,
    }
    attached = invitation([meeting], meeting.series, person, canceled=False, comings=comings, now=now)
    return Letter(person, f"{meeting.id}:{meeting.revision}", values, attached)
