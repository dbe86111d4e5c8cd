"""Meetings as iCalendar events (RFC 5545): for the mails that follow an enrollment, and for a person's feed.

A meeting keeps its UID for life. SEQUENCE grows with each change of the meeting and each time that the person comes or goes,
and a canceled one says so, so that calendars follow (RFC 5546, section 2.1.4).
"""

from datetime import datetime

from icalendar import Calendar, Event, vCalAddress, vText

from seminar.people.district import District
from seminar.people.person import Person
from seminar.series.series import Meeting, Series


def meeting_event(meeting: Meeting, *, title: str, organizer: District, canceled: bool, comings: int, now: datetime) -> Event:
    """`comings` is how often the person has enrolled in the series so far."""
    event = Event()
    event.add("uid", f"meeting-{meeting.id}@makerpd")
    event.add("dtstamp", now)
    event.add("dtstart", meeting.starts_at)
    event.add("dtend", meeting.ends_at)
    event.add("summary", f"{title}: {meeting.title}" if meeting.title else title)
    event.add("location", ", ".join(part for part in (meeting.place, meeting.room) if part))
    event.add("organizer", vCalAddress(f"mailto:{organizer.mail_from}"))
    event.add("sequence", meeting.revision + 2 * (comings - 1) + canceled)
    event.add("status", "CANCELLED" if canceled or meeting.canceled_at is not None else "CONFIRMED")
    return event


def calendar_of(events: list[Event], *, name: str, method: str = "PUBLISH") -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//MakerPD//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    # Not one of the RFC, so the library takes it as it is: a name may have come with a break in it, from a roster.
    calendar.add("x-wr-calname", vText(name))
    for event in events:
        calendar.add_component(event)
    return calendar


def invitation(meetings: list[Meeting], series: Series, person: Person, *, canceled: bool, comings: int, now: datetime) -> str | None:
    """Those of the meetings that haven't ended, as a calendar text to attach; None when there is none to come."""
    coming = [meeting for meeting in meetings if meeting.ends_at > now]
    if not coming:
        return None
    events = [
        meeting_event(m, title=series.seminar.title, organizer=person.district, canceled=canceled, comings=comings, now=now) for m in coming
    ]
    gone = canceled or all(meeting.canceled_at is not None for meeting in coming)
    text: str = calendar_of(events, name=person.name, method="CANCEL" if gone else "PUBLISH").to_ical().decode()
    return text
