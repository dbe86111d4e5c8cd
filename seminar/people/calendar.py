"""The school calendar: school years, their terms, and the days on which the district is closed."""

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from seminar.ground.db import Model, db


class SchoolYear(Model):
    """A school year is named by the year it ends in: 2027 is 2026–27."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    ends_in: Mapped[int]
    first_day: Mapped[date]
    last_day: Mapped[date]

    __table_args__ = (UniqueConstraint("district_id", "ends_in"), CheckConstraint("first_day < last_day", name="days_in_order"))


class Term(Model):
    """A part of a school year; both days included. It ends (`ended_on`) when the roster or a person says that it is none."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    ends_in: Mapped[int]
    title: Mapped[str]
    first_day: Mapped[date]
    last_day: Mapped[date]
    ended_on: Mapped[date | None]
    # Its id in the district's student information system (OneRoster's academicSessions).
    sourced_id: Mapped[str | None]

    __table_args__ = (
        Index("uq_term_sourced_id", "district_id", "sourced_id", unique=True),
        Index("ix_term_year", "district_id", "ends_in", "first_day"),
        CheckConstraint("first_day <= last_day", name="days_in_order"),
    )


class ClosedDay(Model):
    """A day on which the district is closed."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    day: Mapped[date]
    reason: Mapped[str]

    __table_args__ = (UniqueConstraint("district_id", "day"),)


def closed_between(district_id: int, first: date, last: date) -> set[date]:
    """The district's closed days of these, both ends included; one statement."""
    of_these = (ClosedDay.district_id == district_id) & ClosedDay.day.between(first, last)
    return set(db.session.scalars(select(ClosedDay.day).where(of_these)))


def is_school_day(day: date, closed: Collection[date]) -> bool:
    return day.weekday() < 5 and day not in closed


def school_days_later(day: date, number: int, closed: Collection[date]) -> date:
    """The school day that is so many after this day; the day itself for none."""
    while number:
        day += timedelta(days=1)
        number -= is_school_day(day, closed)
    return day
