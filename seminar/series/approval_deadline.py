"""Until when a step of an approval is to be decided.

As many school days as the step has, at the same time of day, while people are awake. As a series comes near the steps that are left
share the time until its next meeting, with an hour for each at least.
"""

from collections.abc import Collection
from datetime import date, datetime
from zoneinfo import ZoneInfo

from seminar.ground.clock import at_local
from seminar.people.calendar import school_days_later
from seminar.series.offer import ANSWERS, SHORTEST, SLEEPS


def decided_by(
    now: datetime, begins: datetime | None, *, school_days: int, steps_left: int, timezone: str, closed: Collection[date]
) -> datetime:
    """`begins` is the next meeting that there is time to decide before; `steps_left` counts this one; `closed` are the district's
    closed days."""
    until = _school_days_later(now, school_days, timezone, closed)
    if begins is None:
        return until
    return max(min(until, now + (begins - now) / steps_left), min(now + SHORTEST, begins))


def _school_days_later(now: datetime, days: int, timezone: str, closed: Collection[date]) -> datetime:
    local = now.astimezone(ZoneInfo(timezone))
    day = school_days_later(local.date(), days, closed)
    if ANSWERS <= local.hour < SLEEPS:
        return at_local(day, local.hour, local.minute, timezone)
    return at_local(day, ANSWERS if local.hour < ANSWERS else SLEEPS, 0, timezone)
