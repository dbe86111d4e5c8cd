"""Meetings as iCalendar events (RFC 5545): for the mail that confirms an enrollment, and for a person's feed.

A meeting keeps its UID for life; SEQUENCE grows with each change, and a canceled one says so, so that calendars follow.
"""

from datetime import datetime

from icalendar import Calendar, Event

from seminar.people.person import Person
from seminar.series.series import Meeting, Series


def meeting_event(meeting: Meeting, *, title: str, canceled: bool, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"meeting-{meeting.id}@makerpd")
    event.add("dtstamp", meeting.changed_at or now)
    event.add("dtstart", meeting.starts_at)
    event.add("dtend", meeting.ends_at)
    event.add("summary", f"{title}: {meeting.title}" if meeting.title else title)
    event.add("location", ", ".join(part for part in (meeting.place, meeting.room) if part))
    event.add("sequence", meeting.revision)
    event.add("status", "CANCELLED" if canceled or meeting.canceled_at is not None else "CONFIRMED")
    return event


def calendar_of(events: list[Event], *, name: str, method: str = "PUBLISH") -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//MakerPD//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add("x-wr-calname", name)
    for event in events:
        calendar.add_component(event)
    return calendar


def invitation(series: Series, person: Person, *, canceled: bool, now: datetime) -> str | None:
    """The coming meetings of the series as a calendar text to attach; None when there is none to come."""
    coming = [meeting for meeting in series.meetings if meeting.ends_at > now]
    if not coming:
        return None
    events = [meeting_event(meeting, title=series.seminar.title, canceled=canceled, now=now) for meeting in coming]
    text: str = calendar_of(events, name=person.name).to_ical().decode()
    return text
