"""When open days change (a closed day, another opening day), what is lent follows: turnaround is reckoned anew.

A turnaround that grows can run into the item's next reservation: that gets another item where one is free on all of its days.
Where none is, or where a pick-up or a return falls on a closed day now, the school and the depot are told; nothing is canceled.
"""

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload

from inventory.at_risk import LIVE, open_reservations, tell_all_at_risk, too_late_to_be_ready
from inventory.calendar import ItemDay, claim
from inventory.depot import depot_of, open_days
from inventory.equipment import EquipmentModel
from inventory.rearranging import give_another
from inventory.reservation import AHEAD, Reservation, ReservationLine, models_of
from inventory.reserving import lock_models
from seminar.ground import history
from seminar.ground.contributions import Touched
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.district import District
from seminar.people.person import Person
from seminar.people.school import School

Days = dict[int, list[date]]
NOT_READY = N_("{tag} would come back too shortly before to be made ready.")


def on_days(district: District, days: list[date], now: datetime) -> list[Touched]:
    """The pick-ups and returns ahead that stand on these days, and the pick-ups that turnaround would reach by their closing."""
    found, ahead_of_all = [], open_reservations(district.id, district.day(now))
    for reservation in ahead_of_all:
        ahead = any(line.state in AHEAD for line in reservation.lines)
        for day in {reservation.first_day if ahead else None, reservation.last_day} & {*days}:
            found.append(_touched(reservation, day or reservation.last_day))
    return found + _reached_by_turnaround(district, ahead_of_all, days, now)


def _reached_by_turnaround(district: District, reservations: list[Reservation], days: list[date], now: datetime) -> list[Touched]:
    if not reservations:
        return []
    opened, today = open_days(district.id), district.day(now)
    already = too_late_to_be_ready(district.id, today, opened)
    late = too_late_to_be_ready(district.id, today, opened.closing(days))
    reached = [one for one in reservations if one.id in late and one.id not in already]
    return [replace(_touched(one, one.first_day), says=Refused(NOT_READY, tag=late[one.id].values["tag"])) for one in reached]


def at_school(school: School, day: date, now: datetime) -> list[Touched]:
    """The school's reservations and loans that go on from that day."""
    ahead = open_reservations(school.district_id, day)
    return [_touched(reservation, reservation.last_day) for reservation in ahead if reservation.school_id == school.id]


def _touched(reservation: Reservation, day: date) -> Touched:
    names = ", ".join(model.name for model in models_of([line for line in reservation.lines if line.state in LIVE]))
    return Touched(f"{reservation.school.name}: {names}", day, "inventory.show_reservation", {"reservation_id": reservation.id})


def follow_open_days(district: District, by: Person, now: datetime) -> None:
    """Reckon every turnaround ahead anew, and tell what can't follow. The same statements however much is lent."""
    if depot_of(district.id) is None:
        return
    today = district.day(now)
    _reckon_anew(district, today, by, now)
    tell_all_at_risk(district, today, now)


def reckon_every_turnaround(district: District, today: date, now: datetime) -> None:
    """The round of a new day, before the reservations are looked at: what was too late to be made ready may have another item by
    now, and a model another turnaround."""
    if depot_of(district.id) is not None:
        _reckon_anew(district, today, None, now)


def _reckon_anew(district: District, today: date, by: Person | None, now: datetime) -> None:
    lock_models(db.session.scalars(select(EquipmentModel).where(EquipmentModel.district_id == district.id)))
    lines = _live_lines(district.id, today)
    opened, claimed = open_days(district.id), _turnarounds(lines)
    wanted = {line.id: opened.after(line.reservation.last_day, line.model.turnaround_open_days) for line in lines}
    moved = [line for line in lines if wanted[line.id] != sorted(claimed.get(line.id, []))]
    if not moved:
        return
    of_moved = ItemDay.line_id.in_([line.id for line in moved])
    for row in db.session.scalars(select(ItemDay).where(of_moved, ItemDay.claim == "turnaround")):
        db.session.delete(row)
    db.session.flush()
    in_the_way = _claim_free(moved, wanted)
    give_another(_ahead(lines, in_the_way), today=today, by=by, now=now)
    _claim_free(moved, wanted)
    reckoned = _turnarounds(moved)
    changed = [line.id for line in moved if sorted(reckoned.get(line.id, [])) != sorted(claimed.get(line.id, []))]
    if changed:
        history.record(by, "turnaround changed", district, now, lines=changed)


def _live_lines(district_id: int, today: date) -> list[ReservationLine]:
    query = (
        select(ReservationLine)
        .join(ReservationLine.reservation)
        .where(ReservationLine.district_id == district_id, ReservationLine.state.in_(LIVE), Reservation.last_day >= today)
        .options(
            contains_eager(ReservationLine.reservation).options(joinedload(Reservation.school), joinedload(Reservation.responsible)),
            joinedload(ReservationLine.item),
            joinedload(ReservationLine.model).selectinload(EquipmentModel.badges),
        )
        .order_by(Reservation.first_day, ReservationLine.id)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(query))


def _turnarounds(lines: list[ReservationLine]) -> Days:
    query = select(ItemDay.line_id, ItemDay.day).where(ItemDay.line_id.in_([line.id for line in lines]), ItemDay.claim == "turnaround")
    found: Days = {}
    for line_id, day in db.session.execute(query):
        found.setdefault(line_id, []).append(day)
    return found


def _claim_free(lines: list[ReservationLine], wanted: Days) -> set[int]:
    """Claim those of the wanted days that are nobody's; answers the lines that have the others."""
    days = [day for line in lines for day in wanted[line.id]]
    if not days:
        return set()
    items = [line.item_id for line in lines]
    query = select(ItemDay.item_id, ItemDay.day, ItemDay.line_id).where(ItemDay.item_id.in_(items))
    held = {(item_id, day): line_id for item_id, day, line_id in db.session.execute(query.where(ItemDay.day.between(min(days), max(days))))}
    in_the_way = set()
    for line in lines:
        holders = {day: held.get((line.item_id, day)) for day in wanted[line.id]}
        in_the_way |= {holder for holder in holders.values() if holder not in (None, line.id)}
        free = [day for day, holder in holders.items() if holder is None]
        claim(line, free, "turnaround")
        held |= {(line.item_id, day): line.id for day in free}
    db.session.flush()
    return {line_id for line_id in in_the_way if line_id is not None}


def _ahead(lines: list[ReservationLine], ids: set[int]) -> list[ReservationLine]:
    return [line for line in lines if line.id in ids and line.state in AHEAD]
