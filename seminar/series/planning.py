"""What the program manager does with seminars, series and meetings. Calendars and the enrolled follow each change."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from seminar.ground import history, outbox
from seminar.ground.db import db
from seminar.ground.outbox import Letter
from seminar.ground.refusal import N_, Refused
from seminar.people.district import District
from seminar.people.person import Person
from seminar.series.approval_asking import ask_again
from seminar.series.canceling import days_elsewhere
from seminar.series.enrolling import cancel_every_enrollment
from seminar.series.enrollment import Enrollment, comings_of, lock, seated
from seminar.series.go_ahead import refuse_a_meeting_before_the_decision, refuse_half_a_minimum
from seminar.series.invitation import invitation
from seminar.series.moved import ASKED_OF, ask
from seminar.series.seminar import Seminar
from seminar.series.series import Meeting, Series, lock_meeting
from seminar.series.waitlist import offer_free_seats, settled

CANCELED = N_("This series is canceled already.")
MEETING_CANCELED = N_("This meeting is canceled already.")
TAKEN = N_("{taken} seats are taken. Cancel places first, or keep at least as many seats.")
IN_LINE = N_("{taken} seats are taken, and a freed one goes to the next in line. Close enrollment first, then cancel places.")
ASIDE = N_("{taken} seats are taken and {aside} more set aside. Release those first, or keep at least as many seats.")
# Of a meeting, what calendars show: the enrolled are told when it differs.
TOLD_OF = ("starts_at", "ends_at", "place", "room")


def save_seminar(seminar: Seminar, values: dict[str, Any], *, by: Person, now: datetime) -> None:
    """Raises Refused for a title that another seminar has, or grades the wrong way round."""
    if values["grade_first"] > values["grade_last"]:
        raise Refused(N_("The first grade is above the last one."), field="grade_first")
    twin = select(Seminar.id).where(
        Seminar.district_id == seminar.district_id, Seminar.title == values["title"], Seminar.id != (seminar.id or 0)
    )
    if db.session.scalar(twin) is not None:
        raise Refused(N_("There is a seminar called {title} already."), field="title", title=values["title"])
    for name, value in values.items():
        setattr(seminar, name, value)
    db.session.add(seminar)
    db.session.flush()
    history.record(by, "seminar saved", seminar, now)


def retire_seminar(seminar: Seminar, *, today: date, by: Person, now: datetime) -> None:
    """No new series of it; retired once is retired."""
    if seminar.retired_on is None:
        seminar.retired_on = today
        history.record(by, "seminar retired", seminar, now)


def take_up_seminar(seminar: Seminar, *, by: Person, now: datetime) -> None:
    if seminar.retired_on is not None:
        seminar.retired_on = None
        history.record(by, "seminar taken up again", seminar, now)


def change_series(series: Series, values: dict[str, Any], *, by: Person, now: datetime) -> None:
    """Raises Refused for fewer seats than are taken, a window the wrong way round, or a minimum that can't be."""
    if values["enrollment_opens_at"] >= values["enrollment_closes_at"]:
        raise Refused(N_("Enrollment closes before it opens."), field="enrollment_closes_at")
    refuse_half_a_minimum(values, series.meetings, db.session.get_one(District, series.district_id))
    costs_more = False
    if series.id is not None:
        lock(series)
        seats = settled(series, now)
        if values["seats"] < seats.taken:
            raise Refused(IN_LINE if seats.waiting else TAKEN, field="seats", taken=seats.taken)
        costs_more = values.get("price_cents", 0) > series.price_cents
        aside = sum(kept.free for kept in seats.kept)
        if values["seats"] < seats.taken + aside:
            raise Refused(ASIDE, field="seats", taken=seats.taken, aside=aside)
    for name, value in values.items():
        setattr(series, name, value)
    db.session.add(series)
    db.session.flush()
    history.record(by, "series saved", series, now, seats=series.seats)
    if costs_more:
        ask_again(series, why="price", by=by, now=now)
    offer_free_seats([series], now)


def publish_series(series: Series, *, by: Person, now: datetime) -> None:
    """Put it into the catalog. Raises Refused without a meeting or a trainer, and where it is canceled."""
    lock(series)
    if series.canceled_at is not None:
        raise Refused(CANCELED, status=409)
    if not series.meetings:
        raise Refused(N_("Add its meetings first."))
    if not series.trainers:
        raise Refused(N_("Choose its trainers first."))
    series.published_at = series.published_at or now
    db.session.flush()
    history.record(by, "series published", series, now)


def cancel_series(series: Series, *, reason: str, by: Person, now: datetime, message: str = "") -> None:
    """End the series and every place in it; everybody is told, with a message where there is one, and with the seminar's other days.
    Raises Refused where it is canceled already."""
    lock(series)
    if series.canceled_at is not None:
        raise Refused(CANCELED, status=409)
    told = {"message": message, "elsewhere": days_elsewhere(series, now)}
    cancel_every_enrollment(series, reason=reason, by=by, now=now, told=told)
    series.canceled_at, series.canceled_by_id, series.canceled_reason = now, by.id, reason
    for meeting in series.meetings:
        meeting.revision, meeting.changed_at = meeting.revision + 1, now
    db.session.flush()
    history.record(by, "series canceled", series, now, reason=reason)


def change_meeting(meeting: Meeting, values: dict[str, Any], *, by: Person, now: datetime) -> None:
    """Add or change a meeting; who has a seat, or one that is kept for them, is told of another time or place, or of one more meeting,
    and who is enrolled is asked whether they can still come where it was moved. Raises Refused for an end before its start, where the
    meeting or its series is canceled, and before the day on which it is decided whether the series goes ahead."""
    if values["starts_at"] >= values["ends_at"]:
        raise Refused(N_("The meeting ends before it starts."), field="ends")
    series, added = db.session.get_one(Series, meeting.series_id), meeting.id is None
    lock(series)
    if series.canceled_at is not None:
        raise Refused(CANCELED, status=409)
    if not added:
        lock_meeting(meeting)
        if meeting.canceled_at is not None:
            raise Refused(MEETING_CANCELED, status=409)
    if meeting.starts_at != values["starts_at"]:
        refuse_a_meeting_before_the_decision(series, values["starts_at"])
    moved, was_at, was_place = _differs(meeting, values, TOLD_OF), meeting.starts_at, meeting.place
    other_dates = _differs(meeting, values, ("starts_at", "ends_at"))
    asks = not added and _differs(meeting, values, ASKED_OF) and values["starts_at"] > now
    for name, value in values.items():
        setattr(meeting, name, value)
    if moved and not added:
        meeting.revision, meeting.changed_at = meeting.revision + 1, now
    db.session.add(meeting)
    db.session.flush()
    history.record(by, "meeting saved", meeting, now)
    if asks:
        ask(meeting, was_at=was_at, was_place=was_place, by=by, now=now)
    if moved:
        _tell_seated(meeting, "meeting_added" if added else "meeting_changed", now, was_at=was_at, asks=asks)
    if other_dates:
        ask_again(series, why="dates", by=by, now=now)


def _differs(meeting: Meeting, values: dict[str, Any], names: tuple[str, ...]) -> bool:
    return any(getattr(meeting, name) != values[name] for name in names)


def cancel_meeting(meeting: Meeting, *, reason: str, by: Person, now: datetime) -> None:
    """Who has a seat, or one that is kept for them, is told, and calendars follow. Raises Refused where it is canceled already."""
    lock(meeting.series)
    lock_meeting(meeting)
    if meeting.canceled_at is not None:
        raise Refused(MEETING_CANCELED, status=409)
    meeting.canceled_at, meeting.canceled_reason, meeting.changed_at = now, reason, now
    meeting.revision += 1
    db.session.flush()
    history.record(by, "meeting canceled", meeting, now, reason=reason)
    _tell_seated(meeting, "meeting_canceled", now, was_at=meeting.starts_at)


def _tell_seated(meeting: Meeting, kind: str, now: datetime, *, was_at: datetime | None, asks: bool = False) -> None:
    series = meeting.series
    places = seated(series, now)
    comings = comings_of([place.person_id for place in places], series)
    values = {
        "title": series.seminar.title,
        "series_id": series.id,
        "starts_at": meeting.starts_at,
        "was_at": was_at,
        "place": meeting.place,
        "room": meeting.room,
        "reason": meeting.canceled_reason or "",
    }

    def letter(place: Enrollment) -> Letter:
        """Who isn't enrolled yet has none of it in their calendar, and is asked nothing: they see the days before they are."""
        person, has_it = place.person, place.state == "enrolled"
        attached = invitation([meeting], series, person, canceled=False, comings=comings[person.id], now=now) if has_it else None
        return Letter(person, f"{meeting.id}:{meeting.revision}", {**values, "has_it": has_it, "asks": asks and has_it}, attached)

    outbox.put_all(kind, [letter(place) for place in places], now=now)
