"""Closed days from an iCalendar file (RFC 5545): whole-day events, over several days too, and those that repeat.

An event with a time of day closes no day, unless it lasts from midnight to midnight, as some calendars write a whole day; a canceled
one doesn't either, nor a single occurrence that was moved or canceled. What is left out is counted.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from dateutil.rrule import rrulestr
from icalendar import Calendar

from seminar.ground.refusal import N_, Refused

LARGEST_BYTES = 1024 * 1024
MOST_DAYS = 400
MOST_EVENTS = 2000
# What a whole day can repeat by.
BY_DAYS = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
FIRST_YEAR = 1970
NO_DAY = N_("An event of the file has no day. Export it anew.")


@dataclass
class CalendarFile:
    """The days that it closes with their reasons, and how many events were left out: with a time of day, or on other days."""

    days: dict[date, str] = field(default_factory=dict)
    timed: int = 0
    outside: int = 0


def read_calendar_file(content: bytes, first: date, last: date) -> CalendarFile:
    """Its days between these two. Raises Refused for what is no iCalendar file, for a repetition that can't be read, and for
    more days than a few school years have."""
    if len(content) > LARGEST_BYTES:
        raise Refused(N_("The file is larger than 1 MB. Export the holidays alone, and upload that."), field="file")
    try:
        events = Calendar.from_ical(content).walk("VEVENT")
    except (ValueError, IndexError, KeyError):
        raise Refused(N_("This is no iCalendar file. One ends in .ics, and calendars export it."), field="file") from None
    if not events:
        raise Refused(N_("There is no event in this file."), field="file")
    if len(events) > MOST_EVENTS:
        raise Refused(N_("There are more than 2000 events in this file. Export the holidays alone, and upload that."), field="file")
    found = CalendarFile()
    try:
        _read_all(events, found, first, last)
    except Refused:
        raise
    # Whatever is wrong inside of somebody's event comes out of icalendar as one of half a dozen kinds of error.
    except Exception:
        raise Refused(NO_DAY, field="file") from None
    if len(found.days) > MOST_DAYS:
        raise Refused(
            N_("The file would close {count} days, and {most} is the most. Export the holidays alone, and upload that."),
            field="file",
            count=len(found.days),
            most=MOST_DAYS,
        )
    return found


def _read_all(events: list[Any], found: CalendarFile, first: date, last: date) -> None:
    replaced = _replaced(events)
    for event in events:
        if str(event.get("status", "")).upper() != "CANCELLED":
            _read(event, found, first, last, replaced.get(str(event.get("uid", "")), set()))


def _replaced(events: list[Any]) -> dict[str, set[date]]:
    """By the event's UID, the occurrences in whose place another event of the file stands, or none (RFC 5545, 3.8.4.4)."""
    found: dict[str, set[date]] = {}
    for event in events:
        if "recurrence-id" in event:
            found.setdefault(str(event.get("uid", "")), set()).add(_day(_moment(event, "recurrence-id")))
    return found


def _moment(event: Any, name: str) -> date:
    """Raises Refused where there is none, or more than one."""
    moment = getattr(event.get(name), "dt", None)
    if not isinstance(moment, date):
        raise Refused(NO_DAY, field="file")
    return moment


def _duration(event: Any) -> timedelta:
    lasts = getattr(event.get("duration"), "dt", None)
    return lasts if isinstance(lasts, timedelta) else timedelta()


def _day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _read(event: Any, found: CalendarFile, first: date, last: date, replaced: set[date]) -> None:
    start = _moment(event, "dtstart")
    if isinstance(start, datetime) and not _lasts_whole_days(event, start):
        found.timed += 1
        return
    start = _day(start)
    reason = " ".join(str(event.get("summary", "")).split())[:120] or "Closed"
    length = _length(event, start)
    starts = _starts(event, start, reason, first - timedelta(days=length), last, replaced)
    days = {day + timedelta(days=n) for day in starts for n in range(length)}
    inside = sorted(day for day in days if first <= day <= last)
    found.outside += not inside
    for day in inside:
        found.days.setdefault(day, reason)


def _lasts_whole_days(event: Any, start: datetime) -> bool:
    """From a midnight of its own place to another one; a midnight in UTC is no place's."""
    if start.time() != time() or start.tzinfo == UTC or str(start.tzinfo) == "UTC":
        return False
    end = _moment(event, "dtend") if "dtend" in event else start + _duration(event)
    return isinstance(end, datetime) and end.time() == time() and end.date() > start.date()


def _length(event: Any, start: date) -> int:
    """In days: DTEND is the day after the last one; without it and a duration, it is one day (RFC 5545, 3.6.1)."""
    if "dtend" in event:
        return min(max(1, (_day(_moment(event, "dtend")) - start).days), MOST_DAYS)
    return min(max(1, _duration(event).days), MOST_DAYS)


def _starts(event: Any, start: date, reason: str, first: date, last: date, replaced: set[date]) -> set[date]:
    """The first days of its occurrences between these two."""
    if "recurrence-id" in event:
        return {start}
    if "rrule" not in event:
        return {start, *_listed(event, "rdate")} - _listed(event, "exdate") - replaced
    midnight = datetime.combine(start, time())
    try:
        asked = event["rrule"]
        if asked.get("FREQ", [""])[0] not in BY_DAYS or asked.get("INTERVAL", [1])[0] < 1 or start.year < FIRST_YEAR:
            raise ValueError
        rule = rrulestr(_without_zone(event["rrule"]), dtstart=midnight)
        found = rule.between(datetime.combine(first, time()), datetime.combine(last, time()), inc=True)
    except (ValueError, TypeError, AttributeError, KeyError):
        sentence = N_("“{event}” repeats in a way that can't be read here. Take it out of the file, and type its days.")
        raise Refused(sentence, field="file", event=reason) from None
    return {*(moment.date() for moment in found), *_listed(event, "rdate")} - _listed(event, "exdate") - replaced


def _without_zone(rule: Any) -> str:
    """The rule as text; whole days have no zone, and some calendars give their last day one."""
    parts = [part for one in (rule if isinstance(rule, list) else [rule]) for part in one.to_ical().decode().split(";")]
    return ";".join(part.rstrip("Z") if part.startswith("UNTIL=") else part for part in parts)


def _listed(event: Any, name: str) -> set[date]:
    """Occurrences that are listed one by one: further ones (RDATE), or those left out (EXDATE)."""
    given = event.get(name, [])
    listed = [one.dt for part in (given if isinstance(given, list) else [given]) for one in getattr(part, "dts", [])]
    return {_day(one[0] if isinstance(one, tuple) else one) for one in listed}
