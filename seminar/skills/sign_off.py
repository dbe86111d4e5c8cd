"""A trainer's word that a person showed a competency on a day.

Laws: never for oneself (rule 7, by the database); by a trainer cleared for the skill on that day; what is withdrawn
stays on record with its reason.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from seminar.ground.db import Model
from seminar.people.person import Person
from seminar.skills.badge import Competency


class SignOff(Model):
    """A trainer's word that a person showed a competency."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    competency_id: Mapped[int] = mapped_column(ForeignKey("competency.id"))
    trainer_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"))
    day: Mapped[date]
    at: Mapped[datetime]
    note: Mapped[str] = mapped_column(default="")
    withdrawn_at: Mapped[datetime | None] = mapped_column()
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    withdrawn_reason: Mapped[str | None]

    person: Mapped[Person] = relationship(foreign_keys=person_id)
    trainer: Mapped[Person] = relationship(foreign_keys=trainer_id)
    competency: Mapped[Competency] = relationship()

    __table_args__ = (
        CheckConstraint("person_id <> trainer_id", name="never_for_oneself"),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by_id IS NULL) AND (withdrawn_at IS NULL) = (withdrawn_reason IS NULL)",
            name="withdrawn_with_a_reason",
        ),
        Index(
            "uq_sign_off_standing",
            "person_id",
            "competency_id",
            "day",
            unique=True,
            sqlite_where=withdrawn_at.is_(None),
            postgresql_where=withdrawn_at.is_(None),
        ),
        Index("ix_sign_off_trainer", "trainer_id", "day"),
        Index("ix_sign_off_person", "person_id", "day"),
        Index("ix_sign_off_competency", "competency_id", "day"),
    )
