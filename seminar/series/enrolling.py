"""Taking a seat in a series, and giving it back or losing it. Each is on record, and told by mail with the meetings attached; what
it sets free goes to the next in line at once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from seminar.ground import contributions, outbox
from seminar.ground.db import db
from seminar.ground.outbox import Letter
from seminar.ground.refusal import N_, Refused
from seminar.people.person import Person
from seminar.series.enrollment import (
    LIVE,
    Enrollment,
    Seats,
    add_place,
    comings_of,
    done_for_them_by,
    live_enrollment,
    lock,
    move,
    record,
    refuse_unless_it_takes_enrollments,
    seats_of,
)
from seminar.series.invitation import invitation
from seminar.series.series import Series, has_ended
from seminar.series.waitlist import answered_by, pass_on, refuse_a_second_place, settled

# As long as a page of Stripe's lives (half an hour at least), and what it takes to hear from it.
KEPT_FOR_PAYING = timedelta(minutes=40)


def enroll(person: Person, series: Series, *, by: Person, now: datetime) -> Enrollment:
    """Take a seat: the one that is offered to them, or one that nobody waits for; one that somebody owes something for is held until
    it is paid. Raises Refused when enrollment is closed, the person has a place already or the series is full. Flushes."""
    # Most of a crowd is told no: they needn't stand in the line of those who may get a seat.
    _offer_or_refuse(person, series, seats_of(series, now), now)
    lock(series)
    place = _offer_or_refuse(person, series, settled(series, now), now)
    state = "held" if series.price_cents else "enrolled"
    until = _kept_until(person, series, by=by, now=now) if state == "held" else None
    if place is None:
        place = add_place(person, series, state, by=by, now=now)
    else:
        move(place, state, by=by, now=now)
    place.hold_until = until
    if state == "held":
        _hold(place, series, by=by, now=now)
    else:
        _is_theirs(place, by=by, now=now)
    return place


def _kept_until(person: Person, series: Series, *, by: Person, now: datetime) -> datetime:
    """For as long as paying takes; somebody who has to be told first has the time of an offer."""
    return now + KEPT_FOR_PAYING if by.id == person.id else answered_by(person, series, now)


def _hold(place: Enrollment, series: Series, *, by: Person, now: datetime) -> None:
    """Until it is paid; where nothing is owed for it, it is theirs at once."""
    db.session.flush()
    record([place], by=by, now=now)
    owed = sum(open_order(place, by=by, now=now) for open_order in contributions.seat_held)
    if owed <= 0:
        move(place, "enrolled", by=by, now=now)
        _is_theirs(place, by=by, now=now)
    elif by.id != place.person_id:
        tell_each([place], series, "held", now=now)


def _is_theirs(place: Enrollment, *, by: Person, now: datetime) -> None:
    place.enrolled_at = now
    db.session.flush()
    record([place], by=by, now=now)
    tell_each([place], place.series, "enrolled", now=now)


def take_paid_seat(place: Enrollment, *, now: datetime) -> bool:
    """The payment for it came: the seat that was kept for it is theirs, or, where it came late, one that nobody has or waits
    for. Answers whether they have a seat by it now. Flushes."""
    series = place.series
    lock(series)
    seats = settled(series, now)
    db.session.refresh(place, attribute_names=["state"])
    if place.state == "lapsed":
        goes_on = series.canceled_at is None and not has_ended(series, now)
        if not goes_on or seats.left <= 0 or live_enrollment(place.person, series, now) is not None:
            return False
    elif place.state not in ("held", "awaiting_po"):
        return False
    move(place, "enrolled", by=place.person, now=now)
    _is_theirs(place, by=place.person, now=now)
    return True


def _offer_or_refuse(person: Person, series: Series, seats: Seats, now: datetime) -> Enrollment | None:
    """The person's open offer, which stands even if enrollment closes before its deadline; or None for a seat that anybody may
    take."""
    place = live_enrollment(person, series, now)
    if place is not None and place.state == "offered":
        return place
    refuse_unless_it_takes_enrollments(series, now)
    refuse_a_second_place(place, person, series)
    if seats.left <= 0:
        sentence = N_("{title} is full. Join the waitlist on its page, or look for another date in the catalog.")
        raise Refused(sentence, status=409, title=series.seminar.title)
    return None


def withdraw(enrollment: Enrollment, *, by: Person, now: datetime, why: str = "withdrawn") -> None:
    """Give the seat back, or leave the line; `why` is what its payment is told. Raises Refused when the place is over already, or the
    series has ended."""
    series = enrollment.series
    lock(series)
    if has_ended(series, now):
        raise Refused(N_("{title} has ended, so its record stays as it is."), status=409, title=series.seminar.title)
    _end([_as_it_is(enrollment)], series, "withdrawn", reason=None, by=by, now=now, why=why)
    pass_on([series], now)


def cancel_enrollment(enrollment: Enrollment, *, reason: str, by: Person, now: datetime) -> None:
    """The district ends the place, with a reason. Raises Refused when it is over already."""
    lock(enrollment.series)
    _end([_as_it_is(enrollment)], enrollment.series, "canceled", reason=reason, by=by, now=now)
    pass_on([enrollment.series], now)


def cancel_every_enrollment(series: Series, *, reason: str, by: Person, now: datetime, told: Mapping[str, Any]) -> None:
    """The same for everybody who has a place in the series or waits for one; nobody is offered what that sets free. `told` is what
    their mail says besides."""
    lock(series)
    live = select(Enrollment).where(Enrollment.series_id == series.id, Enrollment.state.in_(LIVE)).options(joinedload(Enrollment.person))
    as_they_are = live.execution_options(populate_existing=True)
    _end(list(db.session.scalars(as_they_are)), series, "canceled", reason=reason, by=by, now=now, told=told)


def _as_it_is(enrollment: Enrollment) -> Enrollment:
    """Read anew, now that the series is locked."""
    db.session.refresh(enrollment, attribute_names=["state", "enrolled_at"])
    return enrollment


def _end(
    places: list[Enrollment],
    series: Series,
    state: str,
    *,
    reason: str | None,
    by: Person,
    now: datetime,
    told: Mapping[str, Any] | None = None,
    why: str | None = None,
) -> None:
    for place in places:
        move(place, state, by=by, now=now, reason=reason)
    db.session.flush()
    record(places, by=by, now=now)
    tell_each(places, series, state, now=now, **(told or {}))
    for settle in contributions.places_ended:
        settle(places, why=why or state, by=by, now=now)


def tell_each(places: list[Enrollment], series: Series, kind: str, *, now: datetime, **more: Any) -> None:
    """Write the mail of that kind to each, with the meetings to come for their calendar, or taken out of it; `more` is said too."""
    from_now = [meeting for meeting in series.meetings if meeting.ends_at > now and meeting.canceled_at is None]
    first = from_now[0] if from_now else None
    comings = comings_of([enrollment.person_id for enrollment in places], series)

    def attached(enrollment: Enrollment) -> str | None:
        """Who was never enrolled has none of it in their calendar."""
        came = comings.get(enrollment.person_id, 0)
        canceled = kind not in ("enrolled", "seat_given")
        was_enrolled = enrollment.enrolled_at is not None
        return invitation(series.meetings, series, enrollment.person, canceled=canceled, comings=came, now=now) if was_enrolled else None

    def letter(enrollment: Enrollment) -> Letter:
        values = {
            "title": series.seminar.title,
            "series_id": series.id,
            "starts_at": first.starts_at if first else None,
            "place": first.place if first else "",
            "room": first.room if first else "",
            "reason": enrollment.state_reason or "",
            "waited": enrollment.enrolled_at is None and enrollment.hold_until is None,
            "was_held": enrollment.enrolled_at is None and enrollment.hold_until is not None,
            "until": enrollment.hold_until,
            "by": done_for_them_by(enrollment),
            **more,
        }
        return Letter(enrollment.person, str(enrollment.id), values, attached(enrollment))

    outbox.put_all(kind, [letter(enrollment) for enrollment in places], now=now)
