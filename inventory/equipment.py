"""What the depot lends: models (a kind of thing) and items (one tagged thing), and the badges a model asks for.

Laws: nothing is deleted, a model or an item is retired with its day; what is promised stays promised.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from seminar.ground import history
from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.people.person import Person
from seminar.skills.badge import Badge
from seminar.skills.skill import Skill

# All of a model's badges are asked for.
required_badge = Table(
    "required_badge",
    Model.metadata,
    Column("model_id", ForeignKey("equipment_model.id"), primary_key=True),
    Column("badge_id", ForeignKey("badge.id"), primary_key=True),
    info={"purpose": "A badge that a model asks of who answers for it."},
)


# What a model looks like on the shadow board.
DRAWINGS = ("printer", "cutter", "laser", "board", "robot", "solder", "needle", "saw", "press", "blocks", "box")


class EquipmentModel(Model):
    """A kind of thing that is lent, and how."""

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


# How an item came back that a check took out of lending; its reason begins with the check's outcome, and goes on with its note.
CAME_BACK = {"damaged": N_("It came back damaged."), "lost": N_("It was lost.")}
CAME_BACK_NOTED = {"damaged": N_("It came back damaged: {note}"), "lost": N_("It was lost: {note}")}


def outcome_and_note(reason: str) -> tuple[str, str]:
    """What a reason begins with, which is a check's outcome where CAME_BACK has it, and what goes on after it."""
    outcome, _, note = reason.partition(": ")
    return outcome, note


class Item(Model):
    """One tagged thing of a model."""

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

    @property
    def why_out_of_lending(self) -> tuple[str, dict[str, str]]:
        """A sentence with its values: ours where a check took it out, else what somebody typed."""
        outcome, note = outcome_and_note(self.retired_reason or "")
        if outcome not in CAME_BACK:
            return "{reason}", {"reason": self.retired_reason or ""}
        return (CAME_BACK_NOTED[outcome], {"note": note}) if note else (CAME_BACK[outcome], {})


@dataclass(frozen=True)
class ModelRule:
    """What a model is and how it is lent."""

    name: str
    skill_id: int
    description: str
    contents: str
    drawing: str
    badges: list[Badge]
    max_loan_days: int
    notice_open_days: int
    turnaround_open_days: int


# Pages that stand where a model's would.
NOT_A_SLUG = ("import",)
# The address of a name without a Latin letter or a number.
NO_LATIN = "model"


def slug_of(name: str) -> str:
    """What a model is called in its address."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or NO_LATIN
    return f"{slug}-model" if slug in NOT_A_SLUG else slug


def save_model(model: EquipmentModel, rule: ModelRule, *, by: Person, now: datetime) -> None:
    """Add or change a model; its address stays what it was first. Raises Refused for a name that another model has."""
    slug = model.slug or slug_of(rule.name)
    twin = select(EquipmentModel.id).where(
        EquipmentModel.district_id == model.district_id,
        (EquipmentModel.name == rule.name) | (EquipmentModel.slug == slug),
        EquipmentModel.id != (model.id or 0),
    )
    with db.session.no_autoflush:
        if db.session.scalar(twin) is not None:
            raise Refused(N_("There is a model called {name} already."), field="name", name=rule.name)
    is_new = model.id is None
    model.slug, model.name, model.skill_id, model.drawing = slug, rule.name, rule.skill_id, rule.drawing
    model.description, model.contents, model.badges = rule.description, rule.contents, rule.badges
    model.max_loan_days, model.notice_open_days = rule.max_loan_days, rule.notice_open_days
    model.turnaround_open_days = rule.turnaround_open_days
    db.session.add(model)
    db.session.flush()
    history.record(by, "model added" if is_new else "model changed", model, now, name=rule.name, badges=[b.id for b in rule.badges])


def retire_model(model: EquipmentModel, *, today: date, by: Person, now: datetime) -> None:
    """It can't be reserved any more; what is reserved or out goes on. Retired once is retired."""
    if model.retired_on is None:
        model.retired_on = today
        history.record(by, "model retired", model, now)


def take_up_model(model: EquipmentModel, *, by: Person, now: datetime) -> None:
    """It can be reserved again."""
    if model.retired_on is not None:
        model.retired_on = None
        history.record(by, "model taken up again", model, now)


def add_item(model: EquipmentModel, *, tag: str, serial: str, by: Person, now: datetime) -> Item:
    """Raises Refused for a tag that is on another item."""
    _refuse_tag(model.district_id, tag, 0)
    item = Item(district_id=model.district_id, model_id=model.id, tag=tag, serial=serial)
    db.session.add(item)
    db.session.flush()
    history.record(by, "item added", item, now, tag=tag)
    return item


def change_item(item: Item, *, tag: str, serial: str, by: Person, now: datetime) -> None:
    """Another tag or serial number. Raises Refused for a tag that is on another item."""
    _refuse_tag(item.district_id, tag, item.id)
    before = {"tag": item.tag, "serial": item.serial}
    item.tag, item.serial = tag, serial
    db.session.flush()
    history.record(by, "item changed", item, now, before=before)


def _refuse_tag(district_id: int, tag: str, item_id: int) -> None:
    taken = select(Item.id).where(Item.district_id == district_id, Item.tag == tag, Item.id != item_id)
    if db.session.scalar(taken) is not None:
        raise Refused(N_("The tag {tag} is on another item already."), field="tag", tag=tag)
