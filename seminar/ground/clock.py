"""The one clock. In demo mode MAKERPD_NOW says where it starts; it ticks from there, alike in every process.

Concepts never ask it: they are given `now`. Only views, commands and the worker read it.
"""

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import current_app


@dataclass(frozen=True)
class Clock:
    """How far this installation's time is from the machine's."""

    offset: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset


def clock_starting(at: datetime, started: float | None = None) -> Clock:
    """A clock that showed `at` when the installation was started (unix seconds; default this moment)."""
    machine = datetime.fromtimestamp(time.time() if started is None else started, UTC)
    return Clock(at - machine)


def now() -> datetime:
    """This moment, in UTC."""
    clock: Clock = current_app.extensions["makerpd_clock"]
    return clock.now()


def day_of(moment: datetime, timezone: str) -> date:
    """The calendar day of a moment in a district's time zone."""
    return moment.astimezone(ZoneInfo(timezone)).date()


def at_local(day: date, hour: int, minute: int, timezone: str) -> datetime:
    """A wall-clock time of a day in a district's time zone, in UTC."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(timezone)).astimezone(UTC)
