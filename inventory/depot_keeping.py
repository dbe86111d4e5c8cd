"""What the depot's keeper says of it: its name, address, opening days and times, and days that are otherwise.

Laws: a district has one depot; it is open on one weekday at least; a day is otherwise once.
"""

from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select

from inventory.depot import Depot, DepotDay
from inventory.following import follow_open_days
from seminar.ground import history
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.district import District
from seminar.people.person import Person


@dataclass(frozen=True)
class DepotRule:
    """What a depot is called, where it is, and when it is open; weekdays are ISO numbers, 1 is Monday."""

    name: str
    address: str
    weekdays: list[int]
    opens: time
    closes: time


def save_depot(depot: Depot, rule: DepotRule, district: District, *, by: Person, now: datetime) -> None:
    """Add or change the depot; what is lent follows its days. Raises Refused without a weekday, and for hours the wrong way
    round."""
    if not rule.weekdays:
        raise Refused(N_("Choose at least one weekday; nothing can be picked up otherwise."), field="weekdays")
    if rule.closes <= rule.opens:
        raise Refused(N_("The depot closes before it opens. Check the times."), field="closes")
    depot.name, depot.address, depot.opens, depot.closes = rule.name, rule.address, rule.opens, rule.closes
    depot.weekdays = "".join(str(day) for day in sorted(set(rule.weekdays)))
    db.session.add(depot)
    db.session.flush()
    history.record(by, "depot saved", depot, now, weekdays=depot.weekdays)
    follow_open_days(district, by, now)


def set_depot_day(depot: Depot, district: District, *, day: date, is_open: bool, note: str, by: Person, now: datetime) -> None:
    """The depot is open, or closed, on that day, whatever its week and the school calendar say. Raises Refused for a day that
    is over."""
    if day < district.day(now):
        raise Refused(N_("That day is over. Choose today or a later day."), field="day")
    found = db.session.scalar(select(DepotDay).where(DepotDay.depot_id == depot.id, DepotDay.day == day))
    row = found or DepotDay(district_id=depot.district_id, depot_id=depot.id, day=day)
    row.is_open, row.note = is_open, note
    db.session.add(row)
    db.session.flush()
    history.record(by, "depot day changed", depot, now, day=day.isoformat(), open=is_open, note=note)
    follow_open_days(district, by, now)


def forget_depot_day(row: DepotDay, depot: Depot, district: District, *, by: Person, now: datetime) -> None:
    """The day is again as the week and the school calendar say; what it was stays on record."""
    history.record(by, "depot day changed", depot, now, day=row.day.isoformat(), before="open" if row.is_open else "closed")
    db.session.delete(row)
    db.session.flush()
    follow_open_days(district, by, now)
