"""What a sheet of equipment is held against: the district's models and items, and the names that a sheet can use. Read in a few
statements, however many rows the sheet has."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from inventory.equipment import EquipmentModel, Item
from inventory.equipment_sheet import Known, key_of
from seminar.ground.db import db
from seminar.skills.badge import Badge
from seminar.skills.skill import Skill


@dataclass(frozen=True)
class Present:
    """What the district has of equipment, and of the names that a sheet can use."""

    models: dict[str, EquipmentModel]
    slugs: dict[str, str]
    items: dict[str, Any]
    model_names: dict[int, str]
    known: Known
    skill_of_badge: dict[int, int]
    names: dict[str, dict[Any, str]]


def present_in(district_id: int) -> Present:
    skills = db.session.scalars(select(Skill).where(Skill.district_id == district_id).order_by(Skill.position, Skill.id)).all()
    badges = db.session.scalars(select(Badge).where(Badge.district_id == district_id).order_by(Badge.name)).all()
    models = select(EquipmentModel).where(EquipmentModel.district_id == district_id).options(selectinload(EquipmentModel.badges))
    columns = (Item.id, Item.tag, Item.model_id, Item.serial, Item.note, Item.retired_reason)
    items = db.session.execute(select(*columns).where(Item.district_id == district_id)).all()
    found = db.session.scalars(models.order_by(EquipmentModel.id)).all()
    known = Known(
        skills={key_of(skill.name): (skill.id, skill.name) for skill in skills},
        badges={key_of(badge.name): badge.id for badge in badges},
        retired_badges=frozenset(key_of(badge.name) for badge in badges if badge.retired_on is not None),
    )
    return Present(
        models={key_of(model.name): model for model in found},
        slugs={model.slug: model.name for model in found},
        items={item.tag: item for item in items},
        model_names={model.id: model.name for model in found},
        known=known,
        skill_of_badge={badge.id: badge.skill_id for badge in badges},
        names={"skill_id": {s.id: s.name for s in skills}, "badge_ids": {b.id: b.name for b in badges}},
    )


def fact_of(model: EquipmentModel, name: str) -> Any:
    return tuple(sorted(badge.id for badge in model.badges)) if name == "badge_ids" else getattr(model, name)


def said_value(present: Present, name: str, value: Any) -> str:
    """A model's fact as people write it; '' for no badge."""
    if name == "badge_ids":
        return ", ".join(present.names[name][badge_id] for badge_id in value)
    return present.names["skill_id"][value] if name == "skill_id" else str(value)
