"""A person's loans in their calendar feed: pick-up through return, as whole days."""

from datetime import datetime, timedelta
from typing import Any

from icalendar import Event
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from inventory.reservation import Reservation, ReservationLine, state_of
from seminar.ground.db import db
from seminar.people.person import Person


def loan_events(person: Person, now: datetime) -> list[Any]:
    """An event per reservation that the person answers for; canceled ones say so."""
    query = (
        select(Reservation)
        .where(Reservation.responsible_id == person.id)
        .options(selectinload(Reservation.lines).joinedload(ReservationLine.model), joinedload(Reservation.school))
    )
    return [_event(reservation, now) for reservation in db.session.scalars(query)]


def _event(reservation: Reservation, now: datetime) -> Event:
    over = state_of(reservation) in ("canceled", "declined", "not_collected")
    event = Event()
    event.add("uid", f"reservation-{reservation.id}@makerpd")
    event.add("dtstamp", now)
    event.add("dtstart", reservation.first_day)
    event.add("dtend", reservation.last_day + timedelta(days=1))
    event.add("summary", ", ".join(sorted({line.model.name for line in reservation.lines})))
    event.add("location", reservation.school.name)
    event.add("sequence", 1 if over else 0)
    event.add("status", "CANCELLED" if over else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    return event
