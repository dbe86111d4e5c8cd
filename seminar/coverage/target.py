"""The share of a school's teachers that should hold a badge in a skill."""

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from seminar.ground.db import Model


class CoverageTarget(Model):
    """The share of a school's teachers that should hold a badge in a skill, in percent."""

    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), primary_key=True)
    skill_id: Mapped[int] = mapped_column(ForeignKey("skill.id"), primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    percent: Mapped[int]

    __table_args__ = (CheckConstraint("percent BETWEEN 1 AND 100", name="percent"), Index("ix_coverage_target_district", "district_id"))
