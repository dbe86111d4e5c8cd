"""Until when a freed seat is kept for the next in line.

A full day to answer, as the registrars of Washington's PSESD give it (pdEnroller's questions and answers), counted in hours in
which people are awake. As the series comes near it shortens: a quarter of the time that is left, at least an hour, so that three more
can still be asked. As long as it stays within that, it ends on a day on which schools are open.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from seminar.ground.clock import at_local, day_of

LONGEST, SHORTEST, SHARE = timedelta(hours=24), timedelta(hours=1), 4
# From seven to nine in the evening people read a mail; who is asked at night has until nine at least.
WAKES, SLEEPS, ANSWERS = 7, 21, 9


def offer_until(now: datetime, ends: datetime, *, timezone: str, closed: Collection[date]) -> datetime:
    """`ends` is when nobody can enroll any more, or the series begins; `closed` are the district's closed days."""
    left = ends - now
    length = min(LONGEST, max(SHORTEST, left / SHARE))
    until = _awake(_awake(now, WAKES, timezone) + length, ANSWERS, timezone)
    opens = _on_an_open_day(until, timezone, closed)
    return min(opens if opens - now <= left / SHARE else until, ends)


def _awake(moment: datetime, morning: int, timezone: str) -> datetime:
    """The moment itself, or, at night, that hour of the morning after it."""
    day = day_of(moment, timezone)
    if moment < at_local(day, WAKES, 0, timezone):
        return at_local(day, morning, 0, timezone)
    if moment > at_local(day, SLEEPS, 0, timezone):
        return at_local(day + timedelta(days=1), morning, 0, timezone)
    return moment


def _on_an_open_day(moment: datetime, timezone: str, closed: Collection[date]) -> datetime:
    """The same time of the next day that is neither closed nor on a weekend; the moment itself where it is on one."""
    local = moment.astimezone(ZoneInfo(timezone))
    opens = local.date()
    while opens.weekday() > 4 or opens in closed:
        opens += timedelta(days=1)
    return moment if opens == local.date() else at_local(opens, local.hour, local.minute, timezone)
