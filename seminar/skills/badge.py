"""A badge: a level in a skill that somebody holds. Its rule: all of its competencies, the badges it builds on, and, where
one is set, a share of the series' meetings attended."""

from datetime import date

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from seminar.ground.db import Model, fill
from seminar.skills.skill import Skill

# What is drawn on a badge.
GLYPHS = (
    *("star", "shield", "printer", "cube", "blocks", "board", "python"),
    *("robot", "laser", "cutter", "handtool", "solder", "needle", "idea"),
)

badge_prerequisite = Table(
    "badge_prerequisite",
    Model.metadata,
    Column("badge_id", ForeignKey("badge.id"), primary_key=True),
    Column("required_id", ForeignKey("badge.id"), primary_key=True),
    CheckConstraint("badge_id <> required_id", name="not_itself"),
    info={"purpose": "A badge that comes before another."},
)


class Badge(Model):
    """A level in a skill that somebody can hold, and what it asks for."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    skill_id: Mapped[int] = mapped_column(ForeignKey("skill.id"))
    name: Mapped[str]
    level: Mapped[int] = mapped_column(default=1)
    glyph: Mapped[str] = mapped_column(default="star")
    description: Mapped[str] = mapped_column(default="")
    valid_months: Mapped[int]
    attendance_percent: Mapped[int | None]
    retired_on: Mapped[date | None]

    skill: Mapped[Skill] = relationship()
    prerequisites: Mapped[list["Badge"]] = relationship(
        secondary=badge_prerequisite,
        primaryjoin=lambda: Badge.id == badge_prerequisite.c.badge_id,
        secondaryjoin=lambda: Badge.id == badge_prerequisite.c.required_id,
        order_by=lambda: Badge.name,
    )
    competencies: Mapped[list["Competency"]] = relationship(back_populates="badge", order_by=lambda: Competency.position)

    __table_args__ = (
        UniqueConstraint("district_id", "name"),
        CheckConstraint("level BETWEEN 1 AND 3", name="level"),
        CheckConstraint("valid_months BETWEEN 1 AND 120", name="valid_months"),
        CheckConstraint("attendance_percent IS NULL OR attendance_percent BETWEEN 1 AND 100", name="attendance_percent"),
    )


class Competency(Model):
    """One thing that must be shown. Safety-critical ones are shown in person and are never waived."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    badge_id: Mapped[int] = mapped_column(ForeignKey("badge.id"))
    name: Mapped[str]
    position: Mapped[int]
    is_safety: Mapped[bool] = mapped_column(default=False)
    # Awards begun before this day don't rest on it; None: it was asked for from the first.
    asked_since: Mapped[date | None]
    retired_on: Mapped[date | None]

    badge: Mapped[Badge] = relationship(back_populates="competencies")

    __table_args__ = (UniqueConstraint("badge_id", "name"), Index("ix_competency_badge", "badge_id", "position"))

    def was_asked_on(self, day: date) -> bool:
        return self.asked_since is None or self.asked_since <= day


_COMPETENCIES = select(Competency).where(Competency.badge_id == bindparam("id")).order_by(Competency.position)
_PREREQUISITES = (
    select(Badge)
    .join(badge_prerequisite, badge_prerequisite.c.required_id == Badge.id)
    .where(badge_prerequisite.c.badge_id == bindparam("id"))
    .order_by(Badge.name)
)


def read_what_is_asked(badge: Badge) -> None:
    """Its competencies and the badges that come before it; two statements."""
    fill(badge, "competencies", _COMPETENCIES)
    fill(badge, "prerequisites", _PREREQUISITES)
