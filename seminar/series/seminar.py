"""A seminar: what is taught, each time it runs. The badge it leads to, and the three parts of every meeting."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from seminar.ground.db import Model
from seminar.skills.badge import Badge
from seminar.skills.skill import Skill


class Seminar(Model):
    """What is taught: its content, its skill and the badge that it leads to."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    title: Mapped[str]
    summary: Mapped[str] = mapped_column(Text)
    # One line per thing that somebody will be able to do.
    outcomes: Mapped[str] = mapped_column(Text, default="")
    skill_id: Mapped[int] = mapped_column(ForeignKey("skill.id"))
    badge_id: Mapped[int | None] = mapped_column(ForeignKey("badge.id"))
    grade_first: Mapped[int]
    grade_last: Mapped[int]
    format: Mapped[str] = mapped_column(default="in_person")
    learn_minutes: Mapped[int]
    learn: Mapped[str] = mapped_column(Text, default="")
    debrief_minutes: Mapped[int]
    debrief: Mapped[str] = mapped_column(Text, default="")
    plan_minutes: Mapped[int]
    plan: Mapped[str] = mapped_column(Text, default="")
    retired_on: Mapped[date | None]

    skill: Mapped[Skill] = relationship()
    badge: Mapped[Badge | None] = relationship()

    __table_args__ = (
        UniqueConstraint("district_id", "title"),
        CheckConstraint("format IN ('in_person', 'online', 'hybrid')", name="format"),
        CheckConstraint("grade_first <= grade_last", name="grades_in_order"),
        CheckConstraint("learn_minutes >= 0 AND debrief_minutes >= 0 AND plan_minutes >= 0", name="minutes"),
        Index("ix_seminar_skill", "district_id", "skill_id"),
    )
