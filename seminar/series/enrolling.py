"""Taking a seat in a series, and giving it back or losing it. Each is on record, and told by mail with the meetings attached."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from seminar.ground import history, outbox
from seminar.ground.db import db
from seminar.ground.outbox import Letter
from seminar.ground.refusal import N_, Refused
from seminar.people.person import Person
from seminar.series.enrollment import LIVE, Enrollment, comings_of, live_enrollment, lock, seats_left, takes_enrollments
from seminar.series.invitation import invitation
from seminar.series.series import Series


def enroll(person: Person, series: Series, *, by: Person, now: datetime) -> Enrollment:
    """Take a seat. Raises Refused when enrollment is closed, the person is in it already or the series is full. Flushes."""
    # Most of a crowd is told no: they needn't stand in the line of those who may get a seat.
    _refuse_to_enroll(person, series, now)
    lock(series)
    _refuse_to_enroll(person, series, now)
    enrollment = Enrollment(
        district_id=series.district_id,
        series_id=series.id,
        person_id=person.id,
        state="enrolled",
        state_since=now,
        state_by_id=by.id,
        created_at=now,
    )
    db.session.add(enrollment)
    db.session.flush()
    history.record(by, "enrolled", enrollment, now, series=series.id, person=person.id)
    _tell([enrollment], series, "enrolled", now=now)
    return enrollment


def _refuse_to_enroll(person: Person, series: Series, now: datetime) -> None:
    title = series.seminar.title
    if series.canceled_at is not None:
        raise Refused(N_("{title} is canceled."), status=409, title=title)
    if not takes_enrollments(series, now):
        raise Refused(N_("{title} doesn't take enrollments now. Its page says when it does."), status=409, title=title)
    if live_enrollment(person, series) is not None:
        raise Refused(N_("{name} is already enrolled in {title}."), status=409, name=person.name, title=title)
    if seats_left(series) <= 0:
        raise Refused(N_("{title} is full. Look for another series in the catalog."), status=409, title=title)


def withdraw(enrollment: Enrollment, *, by: Person, now: datetime) -> None:
    """Give the seat back. Raises Refused when the place is over already, or the series has ended."""
    series = enrollment.series
    lock(series)
    if series.meetings and series.meetings[-1].ends_at <= now:
        raise Refused(N_("{title} has ended, so its record stays as it is."), status=409, title=series.seminar.title)
    _end([_still_live(enrollment)], series, "withdrawn", reason=None, by=by, now=now)


def cancel_enrollment(enrollment: Enrollment, *, reason: str, by: Person, now: datetime) -> None:
    """The district ends the place, with a reason. Raises Refused when it is over already."""
    lock(enrollment.series)
    _end([_still_live(enrollment)], enrollment.series, "canceled", reason=reason, by=by, now=now)


def cancel_every_enrollment(series: Series, *, reason: str, by: Person, now: datetime) -> None:
    """The same for everybody who has a place in the series or waits for one."""
    lock(series)
    live = select(Enrollment).where(Enrollment.series_id == series.id, Enrollment.state.in_(LIVE)).options(joinedload(Enrollment.person))
    _end(list(db.session.scalars(live)), series, "canceled", reason=reason, by=by, now=now)


def _still_live(enrollment: Enrollment) -> Enrollment:
    db.session.refresh(enrollment, attribute_names=["state"])
    if enrollment.state not in LIVE:
        raise Refused(N_("This place in {title} is over already."), status=409, title=enrollment.series.seminar.title)
    return enrollment


def _end(places: list[Enrollment], series: Series, state: str, *, reason: str | None, by: Person, now: datetime) -> None:
    for enrollment in places:
        enrollment.state, enrollment.state_since, enrollment.state_by_id = state, now, by.id
        enrollment.state_reason = reason
    db.session.flush()
    for enrollment in places:
        history.record(by, state, enrollment, now, series=series.id, person=enrollment.person_id, reason=reason)
    _tell(places, series, state, now=now)


def _tell(places: list[Enrollment], series: Series, kind: str, *, now: datetime) -> None:
    from_now = [meeting for meeting in series.meetings if meeting.ends_at > now and meeting.canceled_at is None]
    first = from_now[0] if from_now else None
    comings = comings_of([enrollment.person_id for enrollment in places], series)

    def letter(enrollment: Enrollment) -> Letter:
        person = enrollment.person
        attached = invitation(series.meetings, series, person, canceled=kind != "enrolled", comings=comings[enrollment.person_id], now=now)
        values = {
            "title": series.seminar.title,
            "series_id": series.id,
            "starts_at": first.starts_at if first else None,
            "place": first.place if first else "",
            "room": first.room if first else "",
            "reason": enrollment.state_reason or "",
        }
        return Letter(person, str(enrollment.id), values, attached)

    outbox.put_all(kind, [letter(enrollment) for enrollment in places], now=now)
