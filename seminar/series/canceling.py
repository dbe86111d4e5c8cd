"""What canceling a series would do, for who is about to: whom it tells, what it sets free, and where its people could go."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from seminar.ground import contributions
from seminar.ground.contributions import Touched
from seminar.ground.db import db
from seminar.series.catalog import Listed, first_start, goes_on, taken_seats
from seminar.series.enrollment import places, takes_them
from seminar.series.open_seats import seats_aside
from seminar.series.series import Meeting, Series

POINTED_TO = 5


@dataclass(frozen=True)
class Consequences:
    """`told` are the names of who has a place, by its state; `meetings` those whose rooms become free; `touched` what other rooms
    say of it; `elsewhere` other series of the seminar with a free seat."""

    told: dict[str, list[str]]
    meetings: list[Meeting]
    touched: list[Touched]
    elsewhere: list[Listed]

    @property
    def people(self) -> int:
        return sum(len(names) for names in self.told.values())


def consequences_of(series: Series, now: datetime) -> Consequences:
    """The same statements for any number of people."""
    told: dict[str, list[str]] = {}
    for place in places(series):
        told.setdefault(place.state, []).append(place.person.name)
    meetings = [meeting for meeting in series.meetings if meeting.ends_at > now and meeting.canceled_at is None]
    touched = [one for touches in contributions.canceling_touches for one in touches(series, now)]
    return Consequences(told, meetings, touched, elsewhere(series, now))


def elsewhere(series: Series, now: datetime) -> list[Listed]:
    """The next series of the same seminar that have a free seat; two statements."""
    query = (
        select(Series, taken_seats())
        .where(Series.seminar_id == series.seminar_id, Series.id != series.id, takes_them(now), goes_on(series.district_id, now))
        .where(taken_seats() + seats_aside(series.district.day(now)) < Series.seats)
        .options(joinedload(Series.seminar), selectinload(Series.meetings))
        .order_by(first_start(), Series.id)
        .limit(POINTED_TO)
    )
    return [Listed(found, taken) for found, taken in db.session.execute(query)]


def days_elsewhere(series: Series, now: datetime) -> list[dict[str, Any]]:
    """For a mail: when and where each of them meets next."""
    coming = [[m for m in one.series.meetings if m.starts_at > now and m.canceled_at is None] for one in elsewhere(series, now)]
    return [{"starts_at": meetings[0].starts_at, "place": meetings[0].place} for meetings in coming if meetings]
