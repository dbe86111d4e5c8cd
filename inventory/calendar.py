"""Which item is claimed on which day. A day of an item belongs to one claim (rule 5): it is the table's primary key.

Rows are written for closed days inside a loan and for turnaround too. Free is: no such row, not out past its last day,
no open check; one function answers, for screens and for rules.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, delete, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from inventory.equipment import EquipmentModel, Item
from inventory.reservation import WITH_THE_SCHOOL, Reservation, ReservationLine
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
    of_models = _claims(ids, first, last, but).join(Item, Item.id == ItemDay.item_id).where(Item.model_id.in_(ids))
    claims = of_models.with_only_columns(ItemDay.item_id, ItemDay.day)
    busy: dict[int, set[date]] = {}
    for item_id, day in db.session.execute(claims):
        busy.setdefault(item_id, set()).add(day)
    for item_id, state in db.session.execute(_away(ids, today, but).with_only_columns(ReservationLine.item_id, ReservationLine.state)):
        busy.setdefault(item_id, set()).update(days_between(first, min(last, _through(state, today))))
    return busy


def _claims(model_ids: set[int], first: date, last: date, but: int | None) -> Select[ItemDay]:
    """The claimed days of that stretch in the district of these models: that is what days are indexed by."""
    district = select(EquipmentModel.district_id).where(EquipmentModel.id.in_(model_ids))
    query = select(ItemDay).where(ItemDay.district_id.in_(district), ItemDay.day.between(first, last))
    if but is not None:
        query = query.where(ItemDay.line_id.not_in(select(ReservationLine.id).where(ReservationLine.reservation_id == but)))
    return query


def _away(model_ids: set[int], today: date, but: int | None) -> Select[ReservationLine]:
    """The lines of items that are not free although no day of theirs need be claimed: out past their last day, and open checks."""
    query = (
        select(ReservationLine)
        .join(Reservation, Reservation.id == ReservationLine.reservation_id)
        .where(ReservationLine.model_id.in_(model_ids))
        .where((ReservationLine.state == "in_check") | ((ReservationLine.state == "out") & (Reservation.last_day < today)))
    )
    return query if but is None else query.where(ReservationLine.reservation_id != but)


def _through(state: str, today: date) -> date:
    """The day through which an item that is away in this state isn't free."""
    return today if state == "in_check" else today + LATE_BLOCKS


def _still_away(model_ids: set[int], today: date, but: int | None, first: date) -> Select[ReservationLine]:
    """Those of them that are away on that day."""
    return _away(model_ids, today, but).where(ReservationLine.state.in_([s for s in WITH_THE_SCHOOL if _through(s, today) >= first]))


def items_of(model_ids: Iterable[int]) -> dict[int, list[Item]]:
    """The items that can be lent, by model, in the order of their tags."""
    ids = list(model_ids)
    query = select(Item).where(Item.model_id.in_(ids), Item.retired_on.is_(None)).order_by(Item.tag)
    found: dict[int, list[Item]] = {model_id: [] for model_id in ids}
    for item in db.session.scalars(query):
        found[item.model_id].append(item)
    return found


def _lent(model_ids: set[int]) -> Select[int, int]:
    """By model, the number of items that can be lent."""
    return select(Item.model_id, func.count()).where(Item.model_id.in_(model_ids), Item.retired_on.is_(None)).group_by(Item.model_id)


def lendable(model_ids: Iterable[int]) -> dict[int, int]:
    """By model, how many items can be lent."""
    return {model_id: count for model_id, count in db.session.execute(_lent(set(model_ids)))}


def free_counts(model_ids: Iterable[int], first: date, last: date, *, today: date, but: int | None = None) -> dict[int, int]:
    """By model, how many items are free on every one of these days; what `busy_days` says, counted by the database."""
    ids = set(model_ids)
    claimed = _claims(ids, first, last, but).where(ItemDay.item_id == Item.id).correlate(Item).exists()
    away = _still_away(ids, today, but, first).where(ReservationLine.item_id == Item.id).correlate(Item).exists()
    counted = {model_id: count for model_id, count in db.session.execute(_lent(ids).where(~claimed, ~away))}
    return {model_id: counted.get(model_id, 0) for model_id in ids}


def free_per_day(model_id: int, first: date, last: date, *, today: date) -> dict[date, int]:
    """How many items of a model are free on each day; what `busy_days` says, counted by the database in three statements."""
    ids, states = {model_id}, ReservationLine.state
    there = lendable(ids).get(model_id, 0)
    # What is away is counted by itself, so its claims are not: an item has one line at most that is out or to be checked.
    away_then = [(states == state) & (ItemDay.day <= _through(state, today)) for state in WITH_THE_SCHOOL]
    apart = _away(ids, today, None).where(ReservationLine.item_id == ItemDay.item_id, or_(*away_then)).correlate(ItemDay).exists()
    items = select(Item.id).where(Item.model_id == model_id, Item.retired_on.is_(None))
    claimed = select(ItemDay.day, func.count()).where(ItemDay.item_id.in_(items), ItemDay.day.between(first, last), ~apart)
    taken = {day: count for day, count in db.session.execute(claimed.group_by(ItemDay.day))}
    of_items = _away(ids, today, None).join(Item, Item.id == ReservationLine.item_id).where(Item.retired_on.is_(None))
    away = db.session.execute(of_items.with_only_columns(states, func.count()).group_by(states)).all()
    return {
        day: there - taken.get(day, 0) - sum(count for state, count in away if day <= _through(state, today))
        for day in days_between(first, last)
    }


def claim(line: ReservationLine, days: list[date], kind: str) -> None:
    """Claim these days of the line's item; the primary key refuses a day that is somebody's already."""
    rows = [ItemDay(item_id=line.item_id, day=day, district_id=line.district_id, line_id=line.id, claim=kind) for day in days]
    db.session.add_all(rows)


def release(lines: list[ReservationLine], *, after: date | None = None) -> None:
    """Free every day that these lines claim, or those after a day."""
    of_lines = delete(ItemDay).where(ItemDay.line_id.in_([line.id for line in lines]))
    db.session.execute(of_lines if after is None else of_lines.where(ItemDay.day > after))
