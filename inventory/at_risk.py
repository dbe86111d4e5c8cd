"""At risk: a future reservation, or a loan, whose trained teacher, or whose item, will not be there.

Derived, never stored; the school and the depot are told once for each reason, and nothing is ever canceled in silence.
"""

from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from inventory import gate
from inventory.calendar import ItemDay
from inventory.depot import OpenDays, depot_of, open_days
from inventory.equipment import EquipmentModel, Item
from inventory.gate import Claim
from inventory.rearranging import lines_without_item, rearrange
from inventory.reservation import AHEAD, Reservation, ReservationLine, about, models_of
from seminar.ground import outbox
from seminar.ground.db import db
from seminar.ground.outbox import Letter
from seminar.ground.refusal import N_, Refused
from seminar.people.appointment import Appointment, current_on
from seminar.people.district import District
from seminar.people.person import Person
from seminar.skills.badge import Badge

LIVE = (*AHEAD, "out")


def open_reservations(district_id: int, today: date, *, responsible_ids: list[int] | None = None) -> list[Reservation]:
    """Reservations that are ahead or out, through their last day."""
    live = select(ReservationLine.reservation_id).where(ReservationLine.state.in_(LIVE), ReservationLine.district_id == district_id)
    query = (
        select(Reservation)
        .where(Reservation.id.in_(live), Reservation.last_day >= today)
        .options(
            joinedload(Reservation.school),
            joinedload(Reservation.responsible),
            selectinload(Reservation.lines).joinedload(ReservationLine.item),
            selectinload(Reservation.lines).joinedload(ReservationLine.model).selectinload(EquipmentModel.badges),
        )
        .order_by(Reservation.first_day, Reservation.id)
    )
    if responsible_ids is not None:
        query = query.where(Reservation.responsible_id.in_(responsible_ids))
    return list(db.session.scalars(query))


TOO_LATE = N_("{tag} comes back so shortly before that it can't be made ready, and no other {model} is free on these days.")


def too_late_to_be_ready(district_id: int, today: date, opened: OpenDays, *, of: int | None = None) -> dict[int, Refused]:
    """By reservation ahead, an item that is due back from another school so shortly before that its turnaround isn't done by the
    pick-up day; `of` asks for one reservation alone. One statement."""
    ahead, before, holding = aliased(Reservation), aliased(ReservationLine), aliased(Reservation)
    query = (
        select(ahead.id, ahead.first_day, holding.last_day, Item.tag, EquipmentModel.name, EquipmentModel.turnaround_open_days)
        .join(ReservationLine, ReservationLine.reservation_id == ahead.id)
        .join(Item, Item.id == ReservationLine.item_id)
        .join(EquipmentModel, EquipmentModel.id == ReservationLine.model_id)
        .join(ItemDay, (ItemDay.item_id == ReservationLine.item_id) & (ItemDay.day >= today) & (ItemDay.day < ahead.first_day))
        .join(before, before.id == ItemDay.line_id)
        .join(holding, (holding.id == before.reservation_id) & (holding.last_day == ItemDay.day))
        .where(ReservationLine.district_id == district_id, ReservationLine.state.in_(AHEAD), before.state.in_(LIVE))
        .order_by(ReservationLine.id)
    )
    rows = db.session.execute(query if of is None else query.where(ahead.id == of))
    late = [(row.id, row.tag, row.name) for row in rows if row.first_day in opened.after(row.last_day, row.turnaround_open_days)]
    return {reservation_id: Refused(TOO_LATE, tag=tag, model=name) for reservation_id, tag, name in reversed(late)}


def why_at_risk(reservations: list[Reservation], today: date) -> dict[int, Refused]:
    """By reservation, what the gate would say now, or that the depot is closed on a day of it; who is not in it is well. The
    same statements for any number."""
    if not reservations:
        return {}
    badges = {badge.id: badge for badge in gate.badges_for(line.model for r in reservations for line in r.lines)}
    claims = [_claim(reservation, badges, today) for reservation in reservations]
    said = zip(reservations, gate.refusals(claims, today), strict=True)
    refused = {reservation.id: no for reservation, no in said if no is not None}
    return on_closed_days(reservations, today) | refused


PICK_UP_CLOSED = N_("The depot is closed on {day}, the pick-up day. Choose another one.")
RETURN_CLOSED = N_("The depot is closed on {day}, the return day. Choose another one.")


def on_closed_days(reservations: list[Reservation], today: date) -> dict[int, Refused]:
    """By reservation, that its pick-up day still ahead, or its return day, is closed now."""
    district_id = reservations[0].district_id if reservations else 0
    if depot_of(district_id) is None:
        return {}
    opened, found = open_days(district_id), {}
    for reservation in reservations:
        to_pick_up = reservation.first_day >= today and any(line.state in AHEAD for line in reservation.lines)
        if to_pick_up and not opened.is_open(reservation.first_day):
            found[reservation.id] = Refused(PICK_UP_CLOSED, day=reservation.first_day)
        elif reservation.last_day >= today and not opened.is_open(reservation.last_day):
            found[reservation.id] = Refused(RETURN_CLOSED, day=reservation.last_day)
    return found


def _claim(reservation: Reservation, badges: dict[int, Badge], today: date) -> Claim:
    live = [line for line in reservation.lines if line.state in LIVE]
    asked = sorted({badge.id for model in models_of(live) for badge in model.badges})
    first = max(today, reservation.first_day)
    return Claim(reservation.school, reservation.responsible, tuple(badges[n] for n in asked), first, reservation.last_day)


def tell_reservations_at_risk(people: list[Person], now: datetime) -> None:
    """Awards or appointments of these people ended or began: look at what they answer for."""
    if people:
        today = people[0].district.day(now)
        answered = open_reservations(people[0].district_id, today, responsible_ids=[person.id for person in people])
        _tell(_with_reason(answered, today), today, now)


def look_at_every_reservation(district: District, today: date, now: datetime) -> None:
    """The round of a new day: days pass without anybody doing anything. Items that will not be there are replaced first."""
    tell_without_item(rearrange(lines_without_item(district.id, today), today=today, by=None, now=now), today, now)
    tell_all_at_risk(district, today, now)


def tell_all_at_risk(district: District, today: date, now: datetime) -> None:
    """Tell the district's reservations that are at risk, each once for each reason."""
    reservations = open_reservations(district.id, today)
    late = too_late_to_be_ready(district.id, today, open_days(district.id)) if reservations else {}
    too_late = [(reservation, late[reservation.id]) for reservation in reservations if reservation.id in late]
    _tell(_with_reason(reservations, today) + too_late, today, now)


def _with_reason(reservations: list[Reservation], today: date) -> list[tuple[Reservation, Refused]]:
    reasons = why_at_risk(reservations, today)
    return [(reservation, reasons[reservation.id]) for reservation in reservations if reservation.id in reasons]


NO_ITEM = N_("{tag} will not be there, and no other {model} is free on these days.")


def tell_without_item(lines: list[ReservationLine], today: date, now: datetime) -> None:
    """These lines ahead have no item that will be there."""
    _tell([(line.reservation, Refused(NO_ITEM, tag=line.item.tag, model=line.model.name)) for line in lines], today, now)


def _tell(at_risk: list[tuple[Reservation, Refused]], today: date, now: datetime) -> None:
    """Tell the teacher who answers for it, the school's maker contacts and the depot; once for each reason."""
    if not at_risk:
        return
    schools = {reservation.school_id for reservation, _ in at_risk}
    query = (
        select(Appointment)
        .where(Appointment.district_id == at_risk[0][0].district_id, current_on(today))
        .options(joinedload(Appointment.person))
    )
    keepers = or_(Appointment.role == "equipment_manager", (Appointment.role == "maker_contact") & Appointment.school_id.in_(schools))
    appointed = list(db.session.scalars(query.where(keepers)))
    letters = []
    for reservation, reason in at_risk:
        told = {a.person_id: a.person for a in appointed if a.school_id in (None, reservation.school_id)}
        told[reservation.responsible_id] = reservation.responsible
        letters += [_letter(reservation, person, reason) for person in told.values()]
    outbox.put_all("at_risk", letters, now=now)


def _letter(reservation: Reservation, person: Person, reason: Refused) -> Letter:
    values = {**about(reservation), "sentence": reason.message, "reasons": reason.values}
    return Letter(person, f"{reservation.id}:{reason}", values)
