"""A colleague takes the seat of somebody who is enrolled.

The first place moves from enrolled to substituted and names its successor, which is enrolled; both in one transaction, under the
lock of the series, so that nobody in line is passed by and no seat is free or doubled. Nothing but the seat is handed on: answers,
approvals, attendance and sign-offs stay with who gave or earned them: who needs an approval has the seat only where whoever gives it
could decide all of its steps. It is possible through the series' freeze day.
"""

from datetime import date, datetime, timedelta

from seminar.ground import contributions, history
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.appointment import Appointment, standing
from seminar.people.person import Person
from seminar.series.approval_asking import keep, requests_for
from seminar.series.enrolling import tell_each
from seminar.series.enrollment import Enrollment, Seats, add_place, live_enrollment, lock, move, record
from seminar.series.free_seats import Share, allowed
from seminar.series.series import Series, has_ended
from seminar.series.waitlist import refuse_a_second_place, settled

ONE_DAY = timedelta(days=1)


def freeze_day(series: Series) -> date | None:
    """The last day on which a seat can be given to a colleague: the one that is set, or else the day before the first meeting; None
    while there is neither."""
    if series.freeze_day is not None:
        return series.freeze_day
    starts = [meeting.starts_at for meeting in series.meetings if meeting.canceled_at is None]
    return series.district.day(starts[0]) - ONE_DAY if starts else None


def is_frozen(series: Series, now: datetime) -> bool:
    last = freeze_day(series)
    return (last is not None and series.district.day(now) > last) or has_ended(series, now)


def substitute(place: Enrollment, colleague: Person, *, by: Person, now: datetime) -> Enrollment:
    """Give the seat to the colleague, who gets a mail and may withdraw. Raises Refused after the freeze day, for a place that is
    no seat any more, and for a colleague who doesn't work here or has a place in the series. Flushes."""
    series, title = place.series, place.series.seminar.title
    lock(series)
    db.session.refresh(place, attribute_names=["state", "successor_id"])
    if place.state != "enrolled":
        raise Refused(N_("This place in {title} is over already."), status=409, title=title)
    if is_frozen(series, now):
        last = freeze_day(series) or series.district.day(now)
        raise Refused(N_("Seats in {title} could be given to a colleague through {day}."), status=409, title=title, day=last)
    if not standing(colleague, series.district.day(now)).appointments:
        raise Refused(N_("{name} doesn't work here now."), field="colleague", name=colleague.name)
    # An offer of theirs that ran out is over before they have another place.
    seats = settled(series, now)
    refuse_a_second_place(live_enrollment(colleague, series, now), colleague, series)
    request = requests_for([colleague], series, by=by, now=now).get(colleague.id)
    if request is not None and request.approved_at is None:
        sentence = N_("A seat in {title} is approved for each person. Ask the PD office to give it to {name}.")
        raise Refused(sentence, status=409, title=title, name=colleague.name)
    share = _share_of(place, colleague, seats, now)
    successor = _follow(place, colleague, share, by=by, now=now)
    if request is not None:
        keep([request], [successor], by=by, now=now)
    history.record(by, "substituted", place, now, series=series.id, person=place.person_id, successor=successor.id)
    record([successor], by=by, now=now)
    for hand_on in contributions.seat_handed_on:
        hand_on(place, successor, by=by, now=now)
    tell_each([place], series, "substituted", now=now, other=colleague.name)
    tell_each([successor], series, "seat_given", now=now, other=place.person.name)
    return successor


def _share_of(place: Enrollment, colleague: Person, seats: Seats, now: datetime) -> Share:
    """Seats that are set aside stay with those whom they are for; somebody else takes an open one with it. Raises Refused where none is
    free."""
    kept = next((kept for kept in seats.kept if kept.id == place.set_aside_id), None)
    if kept is None:
        return place.set_aside_id
    series = place.series
    if kept.id in allowed([series.id], Appointment.person_id == colleague.id, now)[series.id][colleague.id]:
        return kept.id
    if seats.open == 0:
        sentence = N_("This seat isn't set aside for {name}, and until {day} no other is free. Choose somebody it is for.")
        raise Refused(sentence, field="colleague", name=colleague.name, day=kept.released_on)
    return None


def _follow(place: Enrollment, colleague: Person, share: Share, *, by: Person, now: datetime) -> Enrollment:
    """The successor's row comes first, for the place names it, and without a seat; then the seat is given up, then taken."""
    successor = add_place(colleague, place.series, "lapsed", by=by, now=now)
    db.session.flush()
    move(place, "substituted", by=by, now=now)
    place.successor_id = successor.id
    db.session.flush()
    successor.state, successor.enrolled_at, successor.set_aside_id = "enrolled", now, share
    db.session.flush()
    return successor
