"""When an item will not be there (it is late, damaged, lost, out of lending), what is reserved ahead gets another one.

Where there is none, the reservation is at risk: that is told, and nothing is canceled by itself.
"""

from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from inventory.calendar import LATE_BLOCKS, ItemDay, busy_days, claim, items_of, release
from inventory.equipment import EquipmentModel, Item
from inventory.reservation import AHEAD, WITH_THE_SCHOOL, Reservation, ReservationLine
from seminar.ground import history
from seminar.ground.db import db
from seminar.people.person import Person


def lines_without_item(district_id: int, today: date) -> list[ReservationLine]:
    """Lines ahead whose item will not be there: out of lending, or kept past its day by another school."""
    other, holding = aliased(ReservationLine), aliased(Reservation)
    late = (
        select(other.item_id)
        .join(holding, holding.id == other.reservation_id)
        .where(other.district_id == district_id, other.state == "out", holding.last_day < today)
    )
    query = (
        select(ReservationLine)
        .join(Item, Item.id == ReservationLine.item_id)
        .join(Reservation, Reservation.id == ReservationLine.reservation_id)
        .where(ReservationLine.district_id == district_id, ReservationLine.state.in_(AHEAD), Reservation.last_day >= today)
        .where(or_(Item.retired_on.is_not(None), ReservationLine.item_id.in_(late) & (Reservation.first_day <= today + LATE_BLOCKS)))
        .options(
            contains_eager(ReservationLine.item),
            contains_eager(ReservationLine.reservation).options(joinedload(Reservation.school), joinedload(Reservation.responsible)),
            joinedload(ReservationLine.model).selectinload(EquipmentModel.badges),
        )
        .order_by(Reservation.first_day, ReservationLine.id)
    )
    return list(db.session.scalars(query))


def rearrange(lines: list[ReservationLine], *, today: date, by: Person | None, now: datetime) -> list[ReservationLine]:
    """Give each of these lines ahead whose item isn't to be had another one. Answers those for which there is none."""
    return give_another(_away(lines), today=today, by=by, now=now)


def give_another(broken: list[ReservationLine], *, today: date, by: Person | None, now: datetime) -> list[ReservationLine]:
    """Give each of these lines ahead an item that is free on all of its days. Answers those for which there is none. The same
    statements however many they are."""
    if not broken:
        return []
    days = _claimed(broken, today)
    spans = [day for claimed in days.values() for day, _ in claimed]
    models = {line.model_id for line in broken}
    busy = busy_days(models, min(spans, default=today), max(spans, default=today), today=today)
    lendable, stuck, swapped = items_of(models), [], []
    for line in broken:
        needed = {day for day, _ in days[line.id]}
        found = next((item for item in lendable[line.model_id] if not needed & busy.get(item.id, set())), None)
        if found is None:
            stuck.append(line)
            continue
        busy.setdefault(found.id, set()).update(needed)
        swapped.append((line, line.item, found))
    _swap(swapped, days, by=by, now=now)
    return stuck


def _away(lines: list[ReservationLine]) -> list[ReservationLine]:
    """Those of the lines whose item is out of lending, or with another school."""
    with_others = select(ReservationLine.item_id).where(
        ReservationLine.item_id.in_([line.item_id for line in lines]),
        ReservationLine.state.in_(WITH_THE_SCHOOL),
        ReservationLine.id.not_in([line.id for line in lines]),
    )
    away = set(db.session.scalars(with_others))
    return [line for line in lines if line.item_id in away or line.item.retired_on is not None]


def _claimed(lines: list[ReservationLine], today: date) -> dict[int, list[tuple[date, str]]]:
    """By line, the days from today on that it claims, and what for."""
    ids = [line.id for line in lines]
    query = select(ItemDay.line_id, ItemDay.day, ItemDay.claim).where(ItemDay.line_id.in_(ids), ItemDay.day >= today)
    found: dict[int, list[tuple[date, str]]] = {line.id: [] for line in lines}
    for line_id, day, kind in db.session.execute(query):
        found[line_id].append((day, kind))
    return found


def _swap(
    swapped: list[tuple[ReservationLine, Item, Item]], days: dict[int, list[tuple[date, str]]], *, by: Person | None, now: datetime
) -> None:
    """All of the old days go before the first new one comes: a swap row by row would trip over the key."""
    release([line for line, _, _ in swapped])
    for line, _, item in swapped:
        line.item_id, line.item = item.id, item
        if line.state == "packed":
            line.state, line.state_since, line.state_by_id = "reserved", now, by.id if by else None
    db.session.flush()
    for line, before, _ in swapped:
        for kind in ("loan", "turnaround"):
            claim(line, sorted(day for day, claimed in days[line.id] if claimed == kind), kind)
        history.record(by, "item replaced", line, now, before=before.tag, after=line.item.tag)
    db.session.flush()
