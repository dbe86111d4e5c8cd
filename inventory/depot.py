"""The depot: the place that lends, and its opening days. A day that the district is closed, the depot is closed too."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, time, timedelta

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.people.calendar import ClosedDay


class Depot(Model):
    """The place that lends, with its address and its week."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    name: Mapped[str]
    address: Mapped[str] = mapped_column(default="")
    # ISO weekdays that it opens on: "12345" is Monday to Friday.
    weekdays: Mapped[str] = mapped_column(default="12345")
    opens: Mapped[time]
    closes: Mapped[time]

    __table_args__ = (UniqueConstraint("district_id"),)


class DepotDay(Model):
    """A day on which the depot does otherwise than its week says."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    depot_id: Mapped[int] = mapped_column(ForeignKey("depot.id"))
    day: Mapped[date]
    is_open: Mapped[bool]
    note: Mapped[str] = mapped_column(default="")

    __table_args__ = (UniqueConstraint("depot_id", "day"),)


@dataclass(frozen=True)
class OpenDays:
    """The depot's open days, read once for a stretch of days."""

    depot: Depot
    exceptions: dict[date, DepotDay]
    closed: dict[date, str]

    def is_open(self, day: date) -> bool:
        if day in self.exceptions:
            return self.exceptions[day].is_open
        return day not in self.closed and str(day.isoweekday()) in self.depot.weekdays

    def closing(self, days: Iterable[date]) -> "OpenDays":
        """As it would be with these days of the school calendar closed too."""
        return replace(self, closed=dict.fromkeys(days, "") | self.closed)

    def why_closed(self, day: date) -> str:
        exception = self.exceptions.get(day)
        return exception.note if exception and not exception.is_open else self.closed.get(day, "")

    def after(self, day: date, count: int) -> list[date]:
        """The days that follow, through the count-th open one: a turnaround of that many open days."""
        days: list[date] = []
        opened = 0
        while opened < count and len(days) < 400:
            day += timedelta(days=1)
            days.append(day)
            opened += self.is_open(day)
        return days

    def next_open(self, day: date) -> date:
        """That day, or the first open one after it."""
        for _ in range(400):
            if self.is_open(day):
                return day
            day += timedelta(days=1)
        return day

    def last_open(self, day: date) -> date:
        """That day, or the last open one before it."""
        for _ in range(400):
            if self.is_open(day):
                return day
            day -= timedelta(days=1)
        return day


def depot_of(district_id: int) -> Depot | None:
    return db.session.scalar(select(Depot).where(Depot.district_id == district_id))


def open_days(district_id: int) -> OpenDays:
    """Raises Refused where the district has no depot yet."""
    depot = depot_of(district_id)
    if depot is None:
        raise Refused(N_("The district has no depot yet, so nothing can be reserved."))
    days = db.session.scalars(select(DepotDay).where(DepotDay.depot_id == depot.id))
    closed = db.session.scalars(select(ClosedDay).where(ClosedDay.district_id == district_id))
    return OpenDays(depot, {row.day: row for row in days}, {row.day: row.reason for row in closed})
