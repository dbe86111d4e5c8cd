"""What a sheet of equipment would change: computed from its rows and from what is present, without reading or writing anything. The
preview shows it, and applying carries out the same.

Laws: what the sheet doesn't name stays as it is, and so does what an empty cell would say; a row that can't be taken keeps none of
the others; a sheet that was applied changes nothing when it is applied again.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from inventory.equipment import NO_LATIN, outcome_and_note, slug_of
from inventory.equipment_present import Present, fact_of, said_value
from inventory.equipment_sheet import Wrong, facts_of, key_of, wrong_in
from seminar.ground.refusal import N_
from seminar.ground.refused_row import RefusedRow
from seminar.ground.sheets import Row, Table

# What a model's form has in it before anybody types.
NEW_MODEL: dict[str, Any] = {
    "description": "",
    "contents": "",
    "max_loan_days": 21,
    "notice_open_days": 0,
    "turnaround_open_days": 2,
    "badge_ids": (),
}

TWICE = N_("Line {line} has this tag already.")
OTHER_MODEL = N_("This tag is on a {model}. A tag stays with its thing: give this one another.")
RETIRED_ITEM = N_("{tag} is out of lending: {why}. Bring it back on its model's page, then send this row again.")
CAME_BACK = {
    "damaged": N_("{tag} is out of lending: it came back damaged. Bring it back on its model's page, then send this row again."),
    "lost": N_("{tag} is out of lending: it was lost. Bring it back on its model's page, then send this row again."),
}
RETIRED_MODEL = N_("{model} isn't lent any more. Let it be reserved again on its page, then send this row again.")
CONTRADICTS = N_("Line {line} says {other} for {model}. Say the same on both, or leave one empty.")
NO_SKILL = N_("{model} is new: say its skill, or the badge that it needs.")
READS_LIKE = N_("{model} reads like {other}. Write it the same way, or give it a name that is further off.")
MAYBE_SAME_ITEM = N_("{tag} may be {other}, with zeros cut off or in other letters. If it is the same thing, write its tag as printed.")
NO_BADGE = N_("{model} is new and asks for no badge: anybody may answer for its loan.")


@dataclass
class ModelPlan:
    """A model as it would be. `model_id` is None where it is new; `changes` has only what becomes different."""

    name: str
    model_id: int | None
    slug: str
    changes: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ItemPlan:
    """An item as it would be; `item_id` is None where it is new. `model` is the key of its model in the plan."""

    line: int
    tag: str
    model: str
    item_id: int | None
    serial: str
    note: str
    before: dict[str, str] = field(default_factory=dict)


@dataclass
class Plan:
    """`models` has those that the sheet names, by their key; `unchanged` counts rows."""

    models: dict[str, ModelPlan] = field(default_factory=dict)
    new_items: list[ItemPlan] = field(default_factory=list)
    changed_items: list[ItemPlan] = field(default_factory=list)
    unchanged: int = 0
    refused: list[RefusedRow] = field(default_factory=list)
    doubtful: list[RefusedRow] = field(default_factory=list)

    @property
    def new_models(self) -> list[ModelPlan]:
        return [model for model in self.models.values() if model.model_id is None]

    @property
    def changed_models(self) -> list[ModelPlan]:
        return [model for model in self.models.values() if model.model_id is not None and model.changes]

    @property
    def changes_nothing(self) -> bool:
        return not (self.new_items or self.changed_items or self.new_models or self.changed_models)

    @property
    def counts(self) -> dict[str, int]:
        return {
            "new": len(self.new_items),
            "changed": len(self.changed_items),
            "unchanged": self.unchanged,
            "refused": len(self.refused),
            "new_models": len(self.new_models),
            "changed_models": len(self.changed_models),
        }

    def new_by_model(self) -> list[tuple[ModelPlan, list[ItemPlan]]]:
        found: dict[str, list[ItemPlan]] = {}
        for item in self.new_items:
            found.setdefault(item.model, []).append(item)
        return [(self.models[key], items) for key, items in found.items()]

    @property
    def outcome(self) -> str:
        """A short word for all of it: the same where the same would happen."""
        every = (sorted(self.models.items()), self.new_items, self.changed_items, self.unchanged, self.refused, self.doubtful)
        return hashlib.sha256(repr(every).encode()).hexdigest()[:32]


def plan_of(table: Table, present: Present) -> Plan:
    """What applying the table would do to what is present now."""
    return _Planning(table, present).plan()


class _Planning:
    """One pass over the rows, with what was said so far."""

    def __init__(self, table: Table, present: Present) -> None:
        self.table, self.present, self.result = table, present, Plan()
        self.line_of_tag: dict[str, int] = {}
        # By model and fact: what is said, and on which line first.
        self.said: dict[str, dict[str, tuple[Any, int]]] = {}
        self.names: dict[str, str] = {}

    def plan(self) -> Plan:
        taken = [row for row in self.table.rows if self._takes(row)]
        wrong = self._wrong_with_new_models()
        for row in taken:
            if key_of(row.values["model"]) in wrong:
                self._refuse(row, wrong[key_of(row.values["model"])])
        good = [row for row in taken if key_of(row.values["model"]) not in wrong]
        for key in dict.fromkeys(key_of(row.values["model"]) for row in good):
            self.result.models[key] = self._model(key)
        for row in good:
            self._item(row)
        self.result.refused.sort(key=lambda refused: refused.line)
        self.result.doubtful += sorted([*self._near_misses(), *self._models_without_badge(good)], key=lambda told: told.line)
        return self.result

    def _takes(self, row: Row) -> bool:
        """Whether the row can be taken by itself and beside those above it; what it says of its model is kept then."""
        wrong = wrong_in(row) or self._wrong_beside_others(row)
        facts = wrong or facts_of(row, self.present.known)
        if not isinstance(facts, Wrong):
            facts = self._contradiction(row, facts) or facts
        if isinstance(facts, Wrong):
            self._refuse(row, facts)
            return False
        key = key_of(row.values["model"])
        self.line_of_tag[row.values["tag"]] = row.line
        self.names.setdefault(key, " ".join(row.values["model"].split()))
        said = self.said.setdefault(key, {})
        for name, value in facts.items():
            said.setdefault(name, (value, row.line))
        return True

    def _wrong_beside_others(self, row: Row) -> Wrong | None:
        tag, model = row.values["tag"], self.present.models.get(key_of(row.values["model"]))
        item = self.present.items.get(tag)
        if tag in self.line_of_tag:
            return Wrong("tag", TWICE, {"line": self.line_of_tag[tag]})
        if item is not None and (model is None or item.model_id != model.id):
            return Wrong("tag", OTHER_MODEL, {"model": self.present.model_names[item.model_id]})
        if model is not None and model.retired_on is not None:
            return Wrong("model", RETIRED_MODEL, {"model": model.name})
        if item is not None and item.retired_reason is not None:
            outcome = outcome_and_note(item.retired_reason)[0]
            return Wrong("tag", CAME_BACK.get(outcome, RETIRED_ITEM), {"tag": tag, "why": item.retired_reason})
        return None

    def _contradiction(self, row: Row, facts: dict[str, object]) -> Wrong | None:
        said = self.said.get(key_of(row.values["model"]), {})
        for name, value in facts.items():
            if name in said and said[name][0] != value:
                column = {"skill_id": "skill", "badge_ids": "badges"}.get(name, name)
                other = said_value(self.present, name, said[name][0])[:60] or "–"
                return Wrong(column, CONTRADICTS, {"line": said[name][1], "other": other, "model": row.values["model"]})
        return None

    def _wrong_with_new_models(self) -> dict[str, Wrong]:
        """By key, what is wrong with those that the district hasn't: they need a skill, and a name that isn't almost another's."""
        wrong: dict[str, Wrong] = {}
        slugs = dict(self.present.slugs)
        for key, name in self.names.items():
            if key in self.present.models:
                continue
            said, other = self.said[key], slugs.setdefault(slug_of(name), name)
            if other != name and slug_of(name) != NO_LATIN:
                wrong[key] = Wrong("model", READS_LIKE, {"model": name, "other": other})
            elif "skill_id" not in said and not said.get("badge_ids", ((), 0))[0]:
                wrong[key] = Wrong("skill" if "skill" in self.table.headings else "model", NO_SKILL, {"model": name})
        return wrong

    def _model(self, key: str) -> ModelPlan:
        said = {name: value for name, (value, _) in self.said[key].items()}
        model = self.present.models.get(key)
        if model is None:
            facts: dict[str, Any] = NEW_MODEL | said
            if "skill_id" not in facts:
                facts["skill_id"] = self.present.skill_of_badge[facts["badge_ids"][0]]
            return ModelPlan(self.names[key], None, self._free_slug(self.names[key]), changes=facts)
        now = {name: fact_of(model, name) for name in said}
        changes = {name: value for name, value in said.items() if now[name] != value}
        return ModelPlan(model.name, model.id, model.slug, changes, {name: now[name] for name in changes})

    def _free_slug(self, name: str) -> str:
        """Names without a Latin letter share one address, so they are numbered."""
        taken = {*self.present.slugs, *(model.slug for model in self.result.models.values())}
        slug, number = slug_of(name), 2
        while slug in taken:
            slug, number = f"{slug_of(name)}-{number}", number + 1
        return slug

    def _item(self, row: Row) -> None:
        tag, model = row.values["tag"], key_of(row.values["model"])
        serial, note = row.values.get("serial", ""), row.values.get("note", "")
        item = self.present.items.get(tag)
        if item is None:
            self.result.new_items.append(ItemPlan(row.line, tag, model, None, serial, note))
            return
        serial, note = serial or item.serial, note or item.note
        if (serial, note) == (item.serial, item.note):
            self.result.unchanged += 1
            return
        before = {"tag": tag, "serial": item.serial, "note": item.note}
        self.result.changed_items.append(ItemPlan(row.line, tag, model, item.id, serial, note, before))

    def _near_misses(self) -> Iterable[RefusedRow]:
        """New tags that read like one that is there, or like another new one: a spreadsheet cuts zeros off."""
        alike = {_alike(tag): tag for tag in self.present.items}
        for item in self.result.new_items:
            other = alike.setdefault(_alike(item.tag), item.tag)
            if other != item.tag:
                yield self._row(item.line, "tag", item.tag, MAYBE_SAME_ITEM, {"tag": item.tag, "other": other})

    def _models_without_badge(self, good: list[Row]) -> Iterable[RefusedRow]:
        first = {key_of(row.values["model"]): row.line for row in reversed(good)}
        for key, model in self.result.models.items():
            if model.model_id is None and not model.changes["badge_ids"]:
                yield self._row(first[key], "model", model.name, NO_BADGE, {"model": model.name})

    def _refuse(self, row: Row, wrong: Wrong) -> None:
        self.result.refused.append(self._row(row.line, wrong.column, row.values.get(wrong.column, ""), wrong.reason, wrong.values))

    def _row(self, line: int, column: str, value: str, reason: str, values: dict[str, Any]) -> RefusedRow:
        return RefusedRow(self.table.name, line, self.table.headings.get(column, column), value, reason, values)


def _alike(tag: str) -> str:
    """A tag in small letters, the zeros in front of its numbers left out."""
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", tag.casefold())
