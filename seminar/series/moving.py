"""Moving to another series of the same seminar: the seat there is taken and the one here given back in one transaction, under the
locks of both, so that nobody is without a seat meanwhile or has two. The freed seat goes to the next in line here. What was paid for one
seat isn't moved to another: between series of which one costs something nobody moves, they withdraw and enroll. Nor does anybody move
to a seat that is to be approved first, which would leave them with none meanwhile."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.appointment import Standing
from seminar.people.person import Person
from seminar.series.catalog import first_start, taken_seats
from seminar.series.enrolling import enroll, withdraw
from seminar.series.enrollment import Enrollment, lock, takes_them
from seminar.series.open_seats import has_one_aside_for, seats_aside
from seminar.series.series import Series

OFFERED = 3


def other_series(series: Series, standing: Standing, now: datetime) -> list[Series]:
    """The next series of the same seminar, which take enrollments, haven't begun and have a seat for this person that nobody waits for;
    with their meetings."""
    waiting = select(func.count()).where(Enrollment.series_id == Series.id, Enrollment.state == "waitlisted").correlate(Series)
    is_left = taken_seats() + seats_aside(standing.day) + waiting.scalar_subquery() < Series.seats
    is_left |= has_one_aside_for(standing, standing.day)
    query = (
        select(Series)
        .where(Series.seminar_id == series.seminar_id, Series.id != series.id, takes_them(now), first_start() > now)
        .where(Series.price_cents == 0, Series.asks_approval_since.is_(None), is_left)
        .options(selectinload(Series.meetings))
    )
    return [] if series.price_cents else list(db.session.scalars(query.order_by(first_start(), Series.id).limit(OFFERED)))


def change_to(target: Series, place: Enrollment, *, by: Person, now: datetime) -> Enrollment:
    """Take a seat in the target, and give this one back. Raises Refused, and changes nothing, where they aren't enrolled here, it is
    another seminar's, or `enroll` or `withdraw` say no. Flushes."""
    for series in sorted((target, place.series), key=lambda one: one.id):
        lock(series)
    db.session.refresh(place, attribute_names=["state"])
    if place.state != "enrolled":
        raise Refused(N_("This place in {title} is over already."), status=409, title=place.series.seminar.title)
    if target.seminar_id != place.series.seminar_id or target.id == place.series_id:
        raise Refused(N_("That is no other series of {title}."), status=409, title=place.series.seminar.title)
    if target.price_cents or place.series.price_cents or place.hold_until is not None:
        sentence = N_("A seat that costs something isn't moved. Enroll in the other series, then withdraw from {title}.")
        raise Refused(sentence, status=409, title=place.series.seminar.title)
    taken = enroll(place.person, target, by=by, now=now)
    if taken.state == "requested":
        sentence = N_("A seat there is approved first. Enroll in that series, and withdraw from {title} once you have the seat.")
        raise Refused(sentence, status=409, title=place.series.seminar.title)
    withdraw(place, by=by, now=now)
    return taken
