"""A seat that is kept until a purchase order pays for it: held → awaiting_po → enrolled, or lapsed like every kept seat.

Somebody says at the order how they pay, so the seat is held before it awaits a purchase order.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from seminar.ground.db import db
from seminar.people.person import Person
from seminar.series.enrolling import give_kept_seats
from seminar.series.enrollment import Enrollment, move, record
from seminar.series.series import Series


def await_purchase_order(places: Sequence[Enrollment], *, until: datetime, by: Person, now: datetime) -> None:
    """Keep the held seats until the moment, or for as long as they are kept anyway. Their series is locked. Flushes."""
    for place in places:
        move(place, "awaiting_po", by=by, now=now)
        keep_until(place, until)
    db.session.flush()
    record(places, by=by, now=now)


def keep_until(place: Enrollment, until: datetime) -> None:
    """A seat that is kept stays so until the moment at least."""
    place.hold_until = max(place.hold_until or until, until)


def give_awaited_seats(places: Sequence[Enrollment], *, by: Person, now: datetime) -> None:
    """These seats, whose series are locked, are theirs. The same statements for any number of places in a series. Flushes."""
    for _, theirs in groupby(sorted(places, key=_series_id), key=_series_id):
        give_kept_seats(list(theirs), by=by, now=now)


def _series_id(place: Enrollment) -> int:
    return place.series_id


def kept_at_most_until(series: Series, now: datetime) -> datetime:
    """When its next meeting begins: nobody sits in one on a seat that may lapse yet. Where none is to come, its end."""
    held = [meeting for meeting in series.meetings if meeting.canceled_at is None]
    coming = [meeting.starts_at for meeting in held if meeting.starts_at > now]
    return min(coming) if coming else end_of(series, now)


def end_of(series: Series, now: datetime) -> datetime:
    """When the last of its meetings ends; now, where none is to come."""
    return max((meeting.ends_at for meeting in series.meetings if meeting.canceled_at is None and meeting.ends_at > now), default=now)
