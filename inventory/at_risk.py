"""At risk: a future reservation, or a loan, whose trained teacher will not be there. Derived, never stored; the school and
the depot are told once, and nothing is ever canceled in silence."""

from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload, selectinload

from inventory import gate
from inventory.equipment import EquipmentModel
from inventory.reservation import AHEAD, Reservation, ReservationLine
from seminar.ground import outbox
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.people.appointment import Appointment, current_on
from seminar.people.district import District
from seminar.people.person import Person

LIVE = (*AHEAD, "out")


def open_reservations(district_id: int, today: date, *, person_id: int | None = None) -> list[Reservation]:
    """Reservations that are ahead or out, through their last day."""
    live = select(ReservationLine.reservation_id).where(ReservationLine.state.in_(LIVE), ReservationLine.district_id == district_id)
    query = (
        select(Reservation)
        .where(Reservation.id.in_(live), Reservation.last_day >= today)
        .options(
            joinedload(Reservation.school),
            joinedload(Reservation.responsible),
            selectinload(Reservation.lines).joinedload(ReservationLine.model).selectinload(EquipmentModel.badges),
        )
        .order_by(Reservation.first_day, Reservation.id)
    )
    if person_id is not None:
        query = query.where(Reservation.responsible_id == person_id)
    return list(db.session.scalars(query))


def why_at_risk(reservation: Reservation, today: date) -> Refused | None:
    """What the gate would say now; None where all is well."""
    models = list({line.model_id: line.model for line in reservation.lines if line.state in LIVE}.values())
    try:
        gate.check(reservation.school, reservation.responsible, models, max(today, reservation.first_day), reservation.last_day)
    except Refused as refused:
        return refused
    return None


def tell_reservations_at_risk(person: Person, now: datetime) -> None:
    """An award or an appointment of the person ended or began: look at what they answer for."""
    today = person.district.day(now)
    for reservation in open_reservations(person.district_id, today, person_id=person.id):
        _tell_if_at_risk(reservation, today, now)


def round_of_the_day(now: datetime) -> None:
    """The same for every open reservation, since days pass without anybody doing anything."""
    for district in db.session.scalars(select(District)).all():
        today = district.day(now)
        for reservation in open_reservations(district.id, today):
            _tell_if_at_risk(reservation, today, now)


def _tell_if_at_risk(reservation: Reservation, today: date, now: datetime) -> None:
    refused = why_at_risk(reservation, today)
    if refused is None:
        return
    told = or_(
        (Appointment.school_id == reservation.school_id) & (Appointment.role == "maker_contact"),
        (Appointment.district_id == reservation.district_id) & (Appointment.role == "equipment_manager"),
        Appointment.person_id == reservation.responsible_id,
    )
    query = select(Person).where(Person.id.in_(select(Appointment.person_id).where(told, current_on(today))))
    for person in db.session.scalars(query).all():
        outbox.put(
            person,
            "at_risk",
            key=str(reservation.id),
            now=now,
            reservation_id=reservation.id,
            school=reservation.school.name,
            first_day=reservation.first_day,
            last_day=reservation.last_day,
            sentence=refused.message,
            values=refused.values,
        )
