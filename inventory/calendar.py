"""Which item is claimed on which day. A day of an item belongs to one claim (rule 5): it is the table's primary key.

Rows are written for closed days inside a loan and for turnaround too. Free is: no such row, not out past its last day,
no open check; one function answers, for screens and for rules.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from inventory.equipment import Item
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
    claims = (
        select(ItemDay.item_id, ItemDay.day)
        .join(Item, Item.id == ItemDay.item_id)
        .join(ReservationLine, ReservationLine.id == ItemDay.line_id)
        .where(Item.model_id.in_(ids), ItemDay.day.between(first, last))
    )
    away = (
        select(ReservationLine.item_id, ReservationLine.state, Reservation.last_day)
        .join(Reservation, Reservation.id == ReservationLine.reservation_id)
        .where(ReservationLine.model_id.in_(ids), ReservationLine.state.in_(WITH_THE_SCHOOL))
    )
    if but is not None:
        claims = claims.where(ReservationLine.reservation_id != but)
        away = away.where(ReservationLine.reservation_id != but)
    busy: dict[int, set[date]] = {}
    for item_id, day in db.session.execute(claims):
        busy.setdefault(item_id, set()).add(day)
    for item_id, state, last_day in db.session.execute(away):
        until = today if state == "in_check" else today + LATE_BLOCKS if last_day < today else None
        if until is not None:
            busy.setdefault(item_id, set()).update(days_between(first, min(last, until)))
    return busy


def items_of(model_ids: Iterable[int]) -> dict[int, list[Item]]:
    """The items that can be lent, by model, in the order of their tags."""
    ids = list(model_ids)
    query = select(Item).where(Item.model_id.in_(ids), Item.retired_on.is_(None)).order_by(Item.tag)
    found: dict[int, list[Item]] = {model_id: [] for model_id in ids}
    for item in db.session.scalars(query):
        found[item.model_id].append(item)
    return found


def free_items(model_ids: Iterable[int], first: date, last: date, *, today: date, but: int | None = None) -> dict[int, list[Item]]:
    """By model, the items that are free on every one of these days."""
    ids = list(model_ids)
    busy = busy_days(ids, first, last, today=today, but=but)
    return {model_id: [item for item in items if item.id not in busy] for model_id, items in items_of(ids).items()}


def free_per_day(model_id: int, first: date, last: date, *, today: date) -> dict[date, int]:
    """How many items of a model are free on each day."""
    items = items_of([model_id])[model_id]
    busy = busy_days([model_id], first, last, today=today)
    return {day: sum(1 for item in items if day not in busy.get(item.id, ())) for day in days_between(first, last)}


def claim(line: ReservationLine, days: list[date], kind: str) -> None:
    """Claim these days of the line's item; the primary key refuses a day that is somebody's already."""
    rows = [ItemDay(item_id=line.item_id, day=day, district_id=line.district_id, line_id=line.id, claim=kind) for day in days]
    db.session.add_all(rows)


def release(lines: list[ReservationLine], *, after: date | None = None) -> None:
    """Free every day that these lines claim, or those after a day."""
    of_lines = delete(ItemDay).where(ItemDay.line_id.in_([line.id for line in lines]))
    db.session.execute(of_lines if after is None else of_lines.where(ItemDay.day > after))
