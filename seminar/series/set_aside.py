"""Seats of a series that are set aside: for a school's people, or for a role, until a day.

It is kept until its release day, in the district's zone; from that day on its seats are open to everybody, and whoever has one of
them stays. A place is counted in the set-aside whose seat it took, or in none; which one is decided when the seat is taken. Laws:
never more seats of a set-aside are taken than it has; a set-aside is for a school or for a role; it is released, never deleted
(rule 8).
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from seminar.ground.db import Model
from seminar.ground.triggers import listed
from seminar.people.appointment import ROLES
from seminar.people.school import School


class SetAside(Model):
    """Seats of a series that are for a school's people, or for a role, until a day."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    role: Mapped[str | None]
    seats: Mapped[int]
    # Kept by a trigger for the CHECK alone, as a series' own.
    seats_taken: Mapped[int] = mapped_column(default=0, server_default="0")
    # From this day on its seats are open.
    released_on: Mapped[date]
    created_at: Mapped[datetime]

    school: Mapped[School | None] = relationship()

    __table_args__ = (
        CheckConstraint("(school_id IS NULL) <> (role IS NULL)", name="school_or_role"),
        CheckConstraint(f"role IN {listed(ROLES)}", name="role"),
        CheckConstraint("seats >= 1", name="has_a_seat"),
        CheckConstraint("seats_taken <= seats", name="seats"),
        Index("ix_set_aside_series", "district_id", "series_id"),
    )


@dataclass(frozen=True)
class Kept:
    """A set-aside that isn't released, at a moment; `taken` is counted from the enrollments."""

    id: int
    school_id: int | None
    # Its name.
    school: str
    role: str | None
    seats: int
    taken: int
    released_on: date

    @property
    def free(self) -> int:
        return self.seats - self.taken
