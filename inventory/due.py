"""What is due back: whoever answers for a loan is told the day before, and the day after when it is late, with their school's
maker contacts."""

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from inventory.reservation import Reservation, ReservationLine, about
from seminar.ground import outbox
from seminar.ground.db import db
from seminar.ground.outbox import Letter
from seminar.people.appointment import Appointment, current_on
from seminar.people.district import District
from seminar.people.person import Person


def tell_what_is_due(district: District, today: date, now: datetime) -> None:
    """One mail per loan, person and occasion; the same statements for any number of loans."""
    due = _out_until(district.id, today, today + timedelta(days=1))
    outbox.put_all("due_back", [_letter(r, r.responsible) for r in due], now=now)
    late = _out_until(district.id, today - timedelta(days=7), today - timedelta(days=1))
    contacts = _maker_contacts(district.id, {r.school_id for r in late}, today)
    letters = [_letter(r, person) for r in late for person in {r.responsible, *contacts.get(r.school_id, [])}]
    outbox.put_all("late", letters, now=now)


def _out_until(district_id: int, first: date, last: date) -> list[Reservation]:
    out = select(ReservationLine.reservation_id).where(ReservationLine.district_id == district_id, ReservationLine.state == "out")
    query = select(Reservation).where(Reservation.id.in_(out), Reservation.last_day.between(first, last))
    return list(db.session.scalars(query.options(joinedload(Reservation.school), joinedload(Reservation.responsible))))


def _maker_contacts(district_id: int, school_ids: set[int], today: date) -> dict[int, list[Person]]:
    query = select(Appointment).where(Appointment.district_id == district_id, Appointment.school_id.in_(school_ids))
    query = query.where(Appointment.role == "maker_contact", current_on(today))
    found: dict[int, list[Person]] = {}
    for appointment in db.session.scalars(query.options(joinedload(Appointment.person))):
        found.setdefault(appointment.school_id or 0, []).append(appointment.person)
    return found


def _letter(reservation: Reservation, person: Person) -> Letter:
    return Letter(person, f"{reservation.id}:{reservation.last_day.isoformat()}", about(reservation))
