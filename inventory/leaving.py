"""What of the equipment waits for people who are about to leave, and when a school year ends."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from inventory.at_risk import LIVE
from inventory.reservation import Reservation, ReservationLine
from seminar.ground.contributions import Touch
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.district import District


def reservations_answered_for(person_ids: list[int], day: date, _now: datetime) -> list[Touch]:
    """Reservations and loans of theirs that go on after that day: each is at risk then. One statement."""
    live = select(ReservationLine.reservation_id).where(ReservationLine.state.in_(LIVE))
    query = select(Reservation).where(Reservation.responsible_id.in_(person_ids), Reservation.last_day > day, Reservation.id.in_(live))
    found = db.session.scalars(query.options(joinedload(Reservation.school)).order_by(Reservation.first_day, Reservation.id))
    says = N_("A reservation they answer for, {first} to {last}. It is at risk then, and its school and the depot are told.")
    return [
        Touch(r.school.name, Refused(says, first=r.first_day, last=r.last_day), "inventory.show_reservation", {"reservation_id": r.id})
        for r in found
    ]


LISTED = 50


def loans_still_out(district: District, _now: datetime) -> list[Touch]:
    """The loans that are out, the longest due first. One statement."""
    out = select(ReservationLine.reservation_id).where(ReservationLine.district_id == district.id, ReservationLine.state == "out")
    query = select(Reservation).where(Reservation.id.in_(out)).options(joinedload(Reservation.school))
    found = db.session.scalars(query.order_by(Reservation.last_day, Reservation.id).limit(LISTED))
    says = N_("A loan that is out, due back on {last}.")
    return [Touch(r.school.name, Refused(says, last=r.last_day), "inventory.show_reservation", {"reservation_id": r.id}) for r in found]
