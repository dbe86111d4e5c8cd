"""A school of the district. Grades are numbers: 0 is kindergarten."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, UniqueConstraint, false, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from seminar.ground.db import Model
from seminar.people.district import District


class School(Model):
    """A school of the district."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    code: Mapped[str]
    name: Mapped[str]
    grade_first: Mapped[int]
    grade_last: Mapped[int]
    address: Mapped[str] = mapped_column(default="")
    delivery_stop: Mapped[str] = mapped_column(default="")
    # It has Title I money for its pupils: some funding is for its people alone.
    title_one: Mapped[bool] = mapped_column(default=False, server_default=false())
    # The first day on which it is closed; what is new is not offered there from then on.
    closed_on: Mapped[date | None]
    # Whether a seat in a series is approved before somebody who works there has it.
    asks_approval: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Its id in the district's student information system (OneRoster's sourcedId).
    sourced_id: Mapped[str | None]

    district: Mapped[District] = relationship()

    def is_open_on(self, day: date) -> bool:
        return self.closed_on is None or self.closed_on > day

    __table_args__ = (
        UniqueConstraint("district_id", "code"),
        UniqueConstraint("district_id", "name"),
        Index("uq_school_sourced_id", "district_id", "sourced_id", unique=True),
        CheckConstraint("grade_first <= grade_last", name="grades_in_order"),
    )


def schools_open_on(district_id: int, day: date) -> Select[School]:
    """The district's schools that are not closed on that day, by name: those that something new can be at."""
    still = or_(School.closed_on.is_(None), School.closed_on > day)
    return select(School).where(School.district_id == district_id, still).order_by(School.name)


# The bands that people filter by; the label is what a US teacher says.
GRADE_BANDS = {"K-5": (0, 5), "6-8": (6, 8), "9-12": (9, 12)}
