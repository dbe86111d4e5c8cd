"""Taking a seat in a series, and giving it back or losing it. Each is on record, and told by mail with the meetings attached; what
it sets free goes to the next in line at once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from seminar.ground import contributions, outbox
from seminar.ground.db import db
from seminar.ground.outbox import Letter
from seminar.ground.refusal import N_, Refused
from seminar.people.person import Person
from seminar.series.approval import ApprovalRequest
from seminar.series.approval_asking import keep, requests_for
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
from seminar.series.free_seats import Share, free_for
from seminar.series.invitation import invitation
from seminar.series.series import Series, has_ended
from seminar.series.waiting_group import party_of
from seminar.series.waitlist import answered_by, pass_on, refuse_a_second_place, settled

# As long as a page of Stripe's lives (half an hour at least), and what it takes to hear from it.
KEPT_FOR_PAYING = timedelta(minutes=40)
FULL = N_("{title} is full. Join the waitlist on its page, or look for another date in the catalog.")
ASIDE = N_("The seats that are left in {title} are set aside for others. Join the waitlist on its page: what they don't take is offered.")


def enroll(person: Person, series: Series, *, by: Person, now: datetime) -> Enrollment:
    """Take a seat: the one that is offered to them, or one that nobody waits for; one that is to be approved first is requested, and
    one that somebody owes something for is held until it is paid. Raises Refused when enrollment is closed, the person has a place
    already or the series is full. Flushes."""
    # Most of a crowd is told no: they needn't stand in the line of those who may get a seat.
    _offer_or_refuse(person, series, seats_of(series, now), now)
    lock(series)
    seats = settled(series, now)
    place = _offer_or_refuse(person, series, seats, now)
    requests = requests_for([person], series, by=by, now=now)
    if place is None:
        place = add_seat(person, series, _share_for(person, series, seats, now), by=by, now=now)
    take_seats([place], requests, by=by, now=now)
    return place


def add_seat(person: Person, series: Series, share: Share, *, by: Person, now: datetime) -> Enrollment:
    """A new place that takes a seat of that share, for `take_seats`."""
    place = add_place(person, series, "enrolled", by=by, now=now)
    place.person, place.series, place.set_aside_id = person, series, share
    return place


def take_seats(places: Sequence[Enrollment], requests: Mapping[int, ApprovalRequest], *, by: Person, now: datetime) -> None:
    """These places, new ones or offers, of one series, which is locked, are seats of theirs; or, where somebody's request is to be
    approved first, asked for; or held, where they cost something and others don't pay all of it. Each is told by mail. As many
    statements whatever their number. Flushes."""
    if not places:
        return
    series = places[0].series
    state = "held" if series.price_cents else "enrolled"
    # What isn't flushed yet hasn't its state before it is taken.
    with db.session.no_autoflush:
        told_by_mail = answered_by(series, now) if state == "held" and any(place.person_id != by.id for place in places) else None
    for place in places:
        request = requests.get(place.person_id)
        step = request.open_step if request is not None else None
        _take(place, state if step is None else "requested", by=by, now=now)
        if step is not None:
            place.hold_until = step.due_at
        elif state == "held":
            place.hold_until = now + KEPT_FOR_PAYING if place.person_id == by.id else told_by_mail
    db.session.flush()
    keep(list(requests.values()), places, by=by, now=now)
    record(places, by=by, now=now)
    theirs = [place for place in places if place.state == state]
    if series.price_cents:
        _open_orders(theirs, by=by, now=now)
    else:
        tell_each(theirs, series, "enrolled", now=now)


def _take(place: Enrollment, state: str, *, by: Person, now: datetime) -> None:
    if place.state == "offered":
        move(place, state, by=by, now=now)
    place.state, place.hold_until = state, None
    place.enrolled_at = now if state == "enrolled" else None


def go_on(place: Enrollment, *, by: Person, now: datetime) -> None:
    """The last approval for it came: the seat is held until it is paid, or theirs at once. The series is locked. Flushes."""
    series = place.series
    if not series.price_cents:
        place.hold_until = None
        give_kept_seats([place], by=by, now=now, approved=True)
        return
    move(place, "held", by=by, now=now)
    # Nobody approves their own, so it is told by mail. Enrollment may have closed meanwhile, and paying takes its time all the same.
    place.hold_until = max(answered_by(series, now), now + KEPT_FOR_PAYING)
    db.session.flush()
    record([place], by=by, now=now)
    _open_orders([place], by=by, now=now, approved=True)


def _share_for(person: Person, series: Series, seats: Seats, now: datetime) -> Share:
    """Of which seats theirs is: of those that are set aside for them, or else of those that are open to all; there is one."""
    free = free_for([person], series, seats, now)
    free.give(person.id)
    return free.given[person.id]


def _open_orders(places: Sequence[Enrollment], *, by: Person, now: datetime, approved: bool = False) -> None:
    """For held seats of one series: those that nothing is owed for are theirs at once. Their mail says whether they were approved."""
    if not places:
        return
    owed: Counter[int] = Counter()
    for open_orders in contributions.seats_held:
        owed.update(open_orders(places, by=by, now=now))
    give_kept_seats([place for place in places if owed[place.id] <= 0], by=by, now=now, approved=approved)
    told = [place for place in places if owed[place.id] > 0 and place.person_id != by.id]
    tell_each(told, places[0].series, "held", now=now, approved=approved)


def give_kept_seats(places: Sequence[Enrollment], *, by: Person, now: datetime, approved: bool = False) -> None:
    """These kept seats of one series, which is locked, are theirs: they are paid, or cost nothing, or a purchase order covers them. As
    many statements whatever their number. Flushes."""
    for place in places:
        move(place, "enrolled", by=by, now=now)
        place.enrolled_at = now
    if places:
        db.session.flush()
        record(places, by=by, now=now)
        tell_each(places, places[0].series, "enrolled", now=now, approved=approved)


def take_paid_seat(place: Enrollment, *, now: datetime) -> bool:
    """The payment for it came: the seat that was kept for it is theirs, or, where it came late, one that nobody has or waits
    for. Answers whether they have a seat by it now. Flushes."""
    series = place.series
    lock(series)
    seats = settled(series, now)
    db.session.refresh(place, attribute_names=["state"])
    if place.state == "lapsed":
        goes_on = series.canceled_at is None and not has_ended(series, now)
        is_free = free_for([place.person], series, seats, now).of(place.person_id) > 0
        if not goes_on or not is_free or live_enrollment(place.person, series, now) is not None:
            return False
        place.set_aside_id = _share_for(place.person, series, seats, now)
    elif place.state not in ("held", "awaiting_po"):
        return False
    give_kept_seats([place], by=place.person, now=now)
    return True


def _offer_or_refuse(person: Person, series: Series, seats: Seats, now: datetime) -> Enrollment | None:
    """The person's open offer, which stands even if enrollment closes before its deadline; or None for a seat that anybody may
    take."""
    place = live_enrollment(person, series, now)
    if place is not None and place.state == "offered":
        _refuse_a_part_of_a_group(place, series)
        return place
    refuse_unless_it_takes_enrollments(series, now)
    refuse_a_second_place(place, person, series)
    if free_for([person], series, seats, now).of(person.id) <= 0:
        raise Refused(ASIDE if sum(kept.free for kept in seats.kept) > 0 else FULL, status=409, title=series.seminar.title)
    return None


def _refuse_a_part_of_a_group(offer: Enrollment, series: Series) -> None:
    """All of them come, or none. Where a seat has come to cost something since they stood in line, each pays, and so comes, alone."""
    if offer.group_id is not None and not series.price_cents and len(party_of(offer)) > 1:
        sentence = N_("Seats in {title} are kept for all of your group. Enroll all of them on its page.")
        raise Refused(sentence, status=409, title=series.seminar.title)


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


def decline_place(place: Enrollment, *, reason: str, by: Person, now: datetime) -> None:
    """Somebody said no to the request for it, with a reason; the series is locked."""
    _end([place], place.series, "declined", reason=reason, by=by, now=now, why="canceled")
    pass_on([place.series], now)


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


def tell_each(places: Sequence[Enrollment], series: Series, kind: str, *, now: datetime, **more: Any) -> None:
    """Write the mail of that kind to each, with the meetings to come for their calendar, or taken out of it; `more` is said too."""
    if not places:
        return
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
