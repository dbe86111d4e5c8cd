"""What the depot lends: models (a kind of thing) and items (one tagged thing), and the badges a model asks for."""

from datetime import date

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from seminar.ground.db import Model
from seminar.skills.badge import Badge
from seminar.skills.skill import Skill

# All of a model's badges are asked for.
required_badge = Table(
    "required_badge",
    Model.metadata,
    Column("model_id", ForeignKey("equipment_model.id"), primary_key=True),
    Column("badge_id", ForeignKey("badge.id"), primary_key=True),
)


class EquipmentModel(Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    slug: Mapped[str]
    name: Mapped[str]
    skill_id: Mapped[int] = mapped_column(ForeignKey("skill.id"))
    description: Mapped[str] = mapped_column(Text, default="")
    contents: Mapped[str] = mapped_column(Text, default="")
    drawing: Mapped[str] = mapped_column(default="box")
    max_loan_days: Mapped[int]
    notice_open_days: Mapped[int] = mapped_column(default=0)
    turnaround_open_days: Mapped[int] = mapped_column(default=0)
    retired_on: Mapped[date | None]

    skill: Mapped[Skill] = relationship()
    badges: Mapped[list[Badge]] = relationship(secondary=required_badge, order_by=Badge.name)
    items: Mapped[list["Item"]] = relationship(back_populates="model", order_by=lambda: Item.tag)

    __table_args__ = (
        UniqueConstraint("district_id", "slug"),
        UniqueConstraint("district_id", "name"),
        CheckConstraint("max_loan_days BETWEEN 1 AND 366", name="max_loan_days"),
        CheckConstraint("notice_open_days >= 0 AND turnaround_open_days >= 0", name="open_days"),
    )


class Item(Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    model_id: Mapped[int] = mapped_column(ForeignKey("equipment_model.id"))
    tag: Mapped[str]
    serial: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    retired_on: Mapped[date | None]
    retired_reason: Mapped[str | None]

    model: Mapped[EquipmentModel] = relationship(back_populates="items")

    __table_args__ = (
        UniqueConstraint("district_id", "tag"),
        CheckConstraint("(retired_on IS NULL) = (retired_reason IS NULL)", name="retired_with_a_reason"),
        Index("ix_item_model", "model_id"),
    )
