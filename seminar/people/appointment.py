"""A role that a person holds at a school, or in the district, from a day until a day (both included).

Laws: school roles name a school, district roles none; an appointment is ended, never deleted (rule 8).
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BindParameter, CheckConstraint, ColumnElement, Date, ForeignKey, Index, bindparam, or_, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from seminar.ground.db import Model, db
from seminar.people.person import Person
from seminar.people.school import School

AT_A_SCHOOL = ("teacher", "maker_contact", "principal", "coach")
IN_THE_DISTRICT = ("trainer", "equipment_manager", "program_manager")
ROLES = (*AT_A_SCHOOL, *IN_THE_DISTRICT)


class Appointment(Model):
    """A role that a person holds at a school, or in the district, from a day until a day."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str]
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    grade: Mapped[int | None]
    first_day: Mapped[date]
    last_day: Mapped[date | None]
    source: Mapped[str] = mapped_column(default="hand")
    # The roster's role row that it comes from (OneRoster 1.2; 1.1 has none).
    sourced_id: Mapped[str | None]

    person: Mapped[Person] = relationship()
    school: Mapped[School | None] = relationship()

    __table_args__ = (
        CheckConstraint(
            "(role IN ('teacher', 'maker_contact', 'principal', 'coach') AND school_id IS NOT NULL)"
            " OR (role IN ('trainer', 'equipment_manager', 'program_manager') AND school_id IS NULL)",
            name="role_and_school",
        ),
        CheckConstraint("last_day IS NULL OR last_day >= first_day", name="days_in_order"),
        CheckConstraint("source IN ('hand', 'roster')", name="source"),
        Index("uq_appointment_sourced_id", "district_id", "sourced_id", unique=True),
        Index("ix_appointment_school", "district_id", "school_id", "role", "last_day"),
        Index("ix_appointment_person", "person_id", "last_day"),
    )


def current_on(day: date | BindParameter[date]) -> ColumnElement[bool]:
    """The condition that an appointment holds on that day."""
    return (Appointment.first_day <= day) & or_(Appointment.last_day.is_(None), Appointment.last_day >= day)


@dataclass(frozen=True)
class Standing:
    """Who somebody is on a day: the one thing that access is decided from."""

    person: Person
    day: date
    appointments: tuple[Appointment, ...]

    def has(self, *roles: str) -> bool:
        return any(appointment.role in roles for appointment in self.appointments)

    def school_ids(self, *roles: str) -> set[int]:
        """The schools at which they hold one of these roles (any role where none is named)."""
        return {a.school_id for a in self.appointments if a.school_id is not None and (not roles or a.role in roles)}

    @property
    def schools(self) -> list[School]:
        """Their schools by name, each once."""
        by_id = {a.school.id: a.school for a in self.appointments if a.school is not None}
        return sorted(by_id.values(), key=lambda school: school.name)


# Asked at every request, so it is put together once.
_HELD = (
    select(Appointment)
    .where(Appointment.person_id == bindparam("person_id"), current_on(bindparam("day", type_=Date)))
    .options(joinedload(Appointment.school))
    .order_by(Appointment.id)
)


def standing(person: Person, day: date) -> Standing:
    """What the person is on that day; one statement."""
    found: Any = db.session.scalars(_HELD, {"person_id": person.id, "day": day}).all()
    return Standing(person, day, tuple(found))


def pd_office(district_id: int, day: date) -> list[Person]:
    """Who runs the program on that day, by name; one statement."""
    runs = select(Appointment.person_id).where(
        Appointment.district_id == district_id, Appointment.role == "program_manager", current_on(day)
    )
    query = select(Person).where(Person.id.in_(runs), Person.merged_into_id.is_(None))
    return list(db.session.scalars(query.order_by(Person.family_name, Person.given_name, Person.id)))
