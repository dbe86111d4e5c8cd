"""A skill: an area such as 3D printing, with the badges that are levels in it. And who is cleared to sign it off."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from seminar.ground.db import Model
from seminar.people.person import Person


class Skill(Model):
    """An area that badges belong to."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    name: Mapped[str]
    look: Mapped[str]
    position: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        UniqueConstraint("district_id", "name"),
        CheckConstraint("look IN ('print', 'code', 'fab', 'think', 'safety')", name="look"),
    )


class Clearance(Model):
    """That a trainer may sign off a skill, from a day until a day."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    skill_id: Mapped[int] = mapped_column(ForeignKey("skill.id"))
    first_day: Mapped[date]
    last_day: Mapped[date | None]

    person: Mapped[Person] = relationship()
    skill: Mapped[Skill] = relationship()

    __table_args__ = (
        Index("ix_clearance_person", "person_id", "skill_id"),
        CheckConstraint("last_day IS NULL OR last_day >= first_day", name="days_in_order"),
    )
