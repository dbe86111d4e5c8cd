"""A sheet of equipment between its preview and its applying: its rows wait in the database, since no web process keeps anything.

States: waiting (applied_at is empty), then applied, once. One that nobody applied is forgotten (inventory.kept); one that was applied keeps
its counts and its refused rows, and its own rows no longer.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, delete, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.equipment import EquipmentModel, Item, required_badge
from inventory.equipment_plan import ItemPlan, ModelPlan, Plan, plan_of
from inventory.equipment_present import present_in
from inventory.equipment_sheet import key_of
from seminar.ground import history
from seminar.ground.db import Model, db
from seminar.ground.history import Deed
from seminar.ground.refusal import N_, Refused
from seminar.ground.refused_row import RefusedRow
from seminar.ground.sheets import Row, Table
from seminar.people.person import Person

FACTS = ("skill_id", "description", "contents", "max_loan_days", "notice_open_days", "turnaround_open_days")
CHANGED_MEANWHILE = N_("Somebody changed the equipment since this preview was made. Look at it again: this is what would happen now.")


class EquipmentImport(Model):
    """A sheet of equipment that waits to be applied, or what came of it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    made_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]
    # The file's name, with its sheet's in a workbook.
    file: Mapped[str]
    # What its columns are called in it, those that mean nothing here, and per row its line and its values.
    headings: Mapped[dict[str, str]] = mapped_column(JSON)
    unknown: Mapped[list[str]] = mapped_column(JSON)
    rows: Mapped[list[Any]] = mapped_column(JSON)
    applied_at: Mapped[datetime | None]
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    refused: Mapped[list[Any]] = mapped_column(JSON, default=list)

    made_by: Mapped[Person] = relationship()

    __table_args__ = (
        Index("ix_equipment_import_made_at", "district_id", "made_at"),
        CheckConstraint("applied_at IS NULL OR applied_at >= made_at", name="applied_after_it_was_made"),
    )

    @property
    def table(self) -> Table:
        return Table(self.file, self.headings, self.unknown, [Row(line, values) for line, values in self.rows])

    @property
    def refused_rows(self) -> list[RefusedRow]:
        """Of an applied one."""
        return [RefusedRow(**row) for row in self.refused]


def stage(table: Table, district_id: int, *, by: Person, now: datetime) -> EquipmentImport:
    """Keep the rows for the preview."""
    rows = [[row.line, row.values] for row in table.rows]
    made = EquipmentImport(district_id=district_id, made_by_id=by.id, made_at=now, file=table.name, rows=rows)
    made.headings, made.unknown = table.headings, table.unknown
    db.session.add(made)
    db.session.flush()
    return made


def apply(import_id: int, *, outcome: str, by: Person, now: datetime) -> None:
    """Do what the preview of that outcome said, all of it or nothing; applied once is applied. Raises Refused where something else
    would happen now."""
    made = db.session.scalars(select(EquipmentImport).where(EquipmentImport.id == import_id).with_for_update(key_share=True)).one()
    if made.applied_at is not None:
        return
    plan = plan_of(made.table, present_in(made.district_id))
    if plan.outcome != outcome:
        raise Refused(CHANGED_MEANWHILE, status=409)
    _carry_out(plan, made, by=by, now=now)
    made.applied_at, made.counts, made.rows = now, plan.counts, []
    made.refused = [asdict(row) for row in plan.refused]
    db.session.flush()
    history.record(by, "equipment imported", made, now, file=made.file, **plan.counts)


def _carry_out(plan: Plan, made: EquipmentImport, *, by: Person, now: datetime) -> None:
    """Everything in as many statements as there are kinds of change."""
    district_id = made.district_id
    ids = _write_models(plan, district_id)
    _write_badges(plan, ids)
    items = _write_items(plan, ids, district_id)
    deeds = [
        *(_model_deed("model added", model, ids[key_of(model.name)], made.id) for model in plan.new_models),
        *(_model_deed("model changed", model, ids[key_of(model.name)], made.id) for model in plan.changed_models),
        *(Deed("item added", "item", items[item.tag], {"tag": item.tag, "import": made.id}) for item in plan.new_items),
        *(Deed("item changed", "item", items[item.tag], {"before": item.before, "import": made.id}) for item in plan.changed_items),
    ]
    history.record_many(by, deeds, district_id=district_id, now=now)


def _write_models(plan: Plan, district_id: int) -> dict[str, int]:
    """The models' ids by key."""
    new = [{"district_id": district_id, "slug": model.slug, "name": model.name, **_columns(model)} for model in plan.new_models]
    if new:
        db.session.execute(insert(EquipmentModel), new)
    changed = [model for model in plan.changed_models if _columns(model)]
    if changed:
        found = select(EquipmentModel).where(EquipmentModel.id.in_([model.model_id for model in changed]))
        now = {model.id: {name: getattr(model, name) for name in FACTS} for model in db.session.scalars(found)}
        # Every row names every column, so that they are one statement.
        rows = [{"id": model.model_id, **now[model.model_id or 0], **_columns(model)} for model in changed]
        db.session.execute(update(EquipmentModel), rows)
    there = db.session.execute(select(EquipmentModel.name, EquipmentModel.id).where(EquipmentModel.district_id == district_id))
    # The ones that were there are known by their ids: two names can differ by their letters' case alone.
    return {key_of(name): model_id for name, model_id in there} | {
        key: model.model_id for key, model in plan.models.items() if model.model_id is not None
    }


def _columns(model: ModelPlan) -> dict[str, Any]:
    return {name: value for name, value in model.changes.items() if name != "badge_ids"}


def _write_badges(plan: Plan, ids: dict[str, int]) -> None:
    asked = {ids[key]: model.changes["badge_ids"] for key, model in plan.models.items() if "badge_ids" in model.changes}
    if asked:
        db.session.execute(delete(required_badge).where(required_badge.c.model_id.in_(asked)))
    rows = [{"model_id": model_id, "badge_id": badge_id} for model_id, badge_ids in asked.items() for badge_id in badge_ids]
    if rows:
        db.session.execute(insert(required_badge), rows)


def _write_items(plan: Plan, ids: dict[str, int], district_id: int) -> dict[str, int]:
    """The ids of the items that are new or changed, by tag."""
    if plan.new_items:
        db.session.execute(insert(Item), [_new_item(item, ids[item.model], district_id) for item in plan.new_items])
    if plan.changed_items:
        rows = [{"id": item.item_id, "serial": item.serial, "note": item.note} for item in plan.changed_items]
        db.session.execute(update(Item), rows)
    found = db.session.execute(select(Item.tag, Item.id).where(Item.district_id == district_id))
    return {tag: item_id for tag, item_id in found}


def _new_item(item: ItemPlan, model_id: int, district_id: int) -> dict[str, Any]:
    return {"district_id": district_id, "model_id": model_id, "tag": item.tag, "serial": item.serial, "note": item.note}


def _model_deed(what: str, model: ModelPlan, model_id: int, import_id: int) -> Deed:
    details = {"name": model.name, "before": model.before, "after": model.changes, "import": import_id}
    return Deed(what, "equipment_model", model_id, details)
