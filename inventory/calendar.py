"""Which item is claimed on which day. A day of an item belongs to one claim (rule 5): it is the table's primary key.

Rows are written for closed days inside a loan and for turnaround too. Free is: no such row, not out past its last day,
no open check; one function answers, for screens and for rules.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, Select, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from inventory.equipment import EquipmentModel, Item
from inventory.reservation import Reservation, ReservationLine
from seminar.ground.db import Model, db


class ItemDay(Model):
    """A day of an item that a reservation's line claims."""

    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("reservation_line.id"))
    claim: Mapped[str]

    __table_args__ = (
        CheckConstraint("claim IN ('loan', 'turnaround')", name="claim"),
        Index("ix_item_day_line", "line_id"),
        Index("ix_item_day_day", "district_id", "day"),
    )


def days_between(first: date, last: date) -> list[date]:
    """Every day from the first to the last, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


# A late item isn't promised to anybody for so long: nobody knows when it comes back.
LATE_BLOCKS = timedelta(days=30)


def busy_days(model_ids: Iterable[int], first: date, last: date, *, today: date, but: int | None = None) -> dict[int, set[date]]:
    """By item, the days of that stretch on which it isn't free: the one answer to "is it free", for screens and for rules.

    Not free is: a claimed day; out past its last day (for 30 days from today); an open check (through today). A claim of
    the reservation `but` doesn't count. Two statements.
    """
    ids = set(model_ids)
    claims = _claims(ids, first, last, but).with_only_columns(ItemDay.item_id, ItemDay.day)
    busy: dict[int, set[date]] = {}
    for item_id, day in db.session.execute(claims):
        busy.setdefault(item_id, set()).add(day)
    for item_id, _, until in _away(ids, today, but):
        busy.setdefault(item_id, set()).update(days_between(first, min(last, until)))
    return busy


def _claims(model_ids: set[int], first: date, last: date, but: int | None) -> Select[ItemDay]:
    """The claimed days of these models' items in that stretch."""
    query = select(ItemDay).join(Item, Item.id == ItemDay.item_id).where(Item.model_id.in_(model_ids), ItemDay.day.between(first, last))
    # A claim is within its district, and that is what the days are indexed by.
    query = query.where(ItemDay.district_id.in_(select(EquipmentModel.district_id).where(EquipmentModel.id.in_(model_ids))))
    if but is not None:
        query = query.where(ItemDay.line_id.not_in(select(ReservationLine.id).where(ReservationLine.reservation_id == but)))
    return query


def _away(model_ids: set[int], today: date, but: int | None) -> list[tuple[int, int, date]]:
    """Items that are not free although no day of theirs need be claimed: item, model, and the day through which."""
    query = (
        select(ReservationLine.item_id, ReservationLine.model_id, ReservationLine.state)
        .join(Reservation, Reservation.id == ReservationLine.reservation_id)
        .where(ReservationLine.model_id.in_(model_ids))
        .where((ReservationLine.state == "in_check") | ((ReservationLine.state == "out") & (Reservation.last_day < today)))
    )
    if but is not None:
        query = query.where(ReservationLine.reservation_id != but)
    rows = db.session.execute(query)
    return [(item_id, model_id, today if state == "in_check" else today + LATE_BLOCKS) for item_id, model_id, state in rows]


def items_of(model_ids: Iterable[int]) -> dict[int, list[Item]]:
    """The items that can be lent, by model, in the order of their tags."""
    ids = list(model_ids)
    query = select(Item).where(Item.model_id.in_(ids), Item.retired_on.is_(None)).order_by(Item.tag)
    found: dict[int, list[Item]] = {model_id: [] for model_id in ids}
    for item in db.session.scalars(query):
        found[item.model_id].append(item)
    return found


def lendable(model_ids: Iterable[int]) -> dict[int, int]:
    """By model, how many items can be lent."""
    return _not_retired(Item.model_id.in_(set(model_ids)))


def free_counts(model_ids: Iterable[int], first: date, last: date, *, today: date, but: int | None = None) -> dict[int, int]:
    """By model, how many items are free on every one of these days; what `busy_days` says, counted by the database."""
    ids = set(model_ids)
    there = lendable(ids)
    away = {item_id for item_id, _, until in _away(ids, today, but) if until >= first}
    of_away = _not_retired(Item.id.in_(away))
    claimed = _claims(ids, first, last, but).where(Item.retired_on.is_(None), Item.id.not_in(away))
    counted = db.session.execute(claimed.with_only_columns(Item.model_id, func.count(Item.id.distinct())).group_by(Item.model_id))
    taken = {model_id: count for model_id, count in counted}
    return {model_id: there.get(model_id, 0) - taken.get(model_id, 0) - of_away.get(model_id, 0) for model_id in ids}


def _not_retired(which: ColumnElement[bool]) -> dict[int, int]:
    """By model, how many of these items can be lent."""
    query = select(Item.model_id, func.count()).where(which, Item.retired_on.is_(None)).group_by(Item.model_id)
    return {model_id: count for model_id, count in db.session.execute(query)}


def free_per_day(model_id: int, first: date, last: date, *, today: date) -> dict[date, int]:
    """How many items of a model are free on each day; what `busy_days` says, counted by the database."""
    there = lendable([model_id]).get(model_id, 0)
    until = {item_id: through for item_id, _, through in _away({model_id}, today, None)}
    claims = _claims({model_id}, first, last, None).where(Item.retired_on.is_(None))
    at_the_depot = claims.where(Item.id.not_in(until)).with_only_columns(ItemDay.day, func.count()).group_by(ItemDay.day)
    taken = {day: count for day, count in db.session.execute(at_the_depot)}
    away = set(db.session.scalars(select(Item.id).where(Item.id.in_(until), Item.retired_on.is_(None))))
    of_away = db.session.execute(claims.where(Item.id.in_(away)).with_only_columns(ItemDay.item_id, ItemDay.day))
    gone = {(item_id, day) for item_id, day in of_away}
    gone |= {(item_id, day) for item_id in away for day in days_between(first, min(last, until[item_id]))}
    for _, day in gone:
        taken[day] = taken.get(day, 0) + 1
    return {day: there - taken.get(day, 0) for day in days_between(first, last)}


def claim(line: ReservationLine, days: list[date], kind: str) -> None:
    """Claim these days of the line's item; the primary key refuses a day that is somebody's already."""
    rows = [ItemDay(item_id=line.item_id, day=day, district_id=line.district_id, line_id=line.id, claim=kind) for day in days]
    db.session.add_all(rows)


def release(lines: list[ReservationLine], *, after: date | None = None) -> None:
    """Free every day that these lines claim, or those after a day."""
    of_lines = delete(ItemDay).where(ItemDay.line_id.in_([line.id for line in lines]))
    db.session.execute(of_lines if after is None else of_lines.where(ItemDay.day > after))
