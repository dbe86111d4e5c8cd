"""A district's spreadsheet of equipment: a row for each tagged thing, with its kind in a column; what each column means, and the shape
of what stands in it. What a kind is and how it is lent can be said on any of its rows; an empty cell says nothing."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from seminar.ground.refusal import N_
from seminar.ground.sheets import Row

# By name, the headings that mean it.
IN_ENGLISH: dict[str, tuple[str, ...]] = {
    "model": (
        *("Model", "Equipment model", "Model name", "Kind", "Kind of thing", "Type", "Item type"),
        *("Equipment", "Item", "Asset name"),
    ),
    "tag": (
        *("Tag", "Asset tag", "Item tag", "Tag number", "Asset number", "Asset ID", "Barcode"),
        *("Inventory number", "Property tag"),
    ),
    "serial": ("Serial number", "Serial", "Serial no", "SN"),
    "note": ("Condition", "Note", "Notes", "Remarks", "Comments"),
    "skill": ("Skill", "Area"),
    "badges": ("Badge needed", "Badge", "Badges", "Badges needed", "Badge required", "Badges required", "Required badge"),
    "max_loan_days": ("Loan days", "Longest loan", "Longest loan in days", "Max loan days", "Loan length"),
    "notice_open_days": ("Notice days", "Notice", "Notice in open days"),
    "turnaround_open_days": ("Turnaround days", "Turnaround", "Days to make it ready", "Prep days"),
    "description": ("Description", "What it is for"),
    "contents": ("Contents", "What comes with it", "Parts"),
}
IN_SPANISH: dict[str, tuple[str, ...]] = {
    "model": ("Modelo", "Tipo", "Tipo de equipo", "Equipo", "Artículo"),
    "tag": ("Etiqueta", "Número de inventario", "Código de barras", "Placa"),
    "serial": ("Número de serie", "No. de serie"),
    "note": ("Estado", "Condición", "Nota", "Notas", "Observaciones"),
    "skill": ("Habilidad", "Área"),
    "badges": ("Insignia necesaria", "Insignia", "Insignias", "Insignias necesarias"),
    "max_loan_days": ("Días de préstamo", "Préstamo máximo", "Préstamo máximo en días"),
    "notice_open_days": ("Días de anticipación", "Anticipación"),
    "turnaround_open_days": ("Días de preparación", "Preparación"),
    "description": ("Descripción", "Para qué sirve"),
    "contents": ("Contenido", "Qué incluye"),
}
COLUMNS = {name: headings + IN_SPANISH[name] for name, headings in IN_ENGLISH.items()}
NEEDED = ("model", "tag")
LONGEST = {"model": 120, "tag": 40, "serial": 80, "note": 200, "description": 1000, "contents": 2000}
# From and to which number.
DAYS = {"max_loan_days": (1, 366), "notice_open_days": (0, 60), "turnaround_open_days": (0, 60)}
NONE = ("none", "no", "-", "–", "ninguna", "ninguno", "n/a")
# What a spreadsheet shows where a formula went wrong.
FAULTS = ("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")

NO_TAG = N_("It has no tag. Every item needs the one that is printed on it.")
NO_MODEL = N_("It says no model: what kind of thing is it?")
TOO_LONG = N_("It is longer than {most} characters.")
NOT_A_NUMBER = N_("Days are a whole number from {first} to {last}.")
A_FAULT = N_("A formula went wrong here.")
ONE_LINE = N_("It has a line break. Write it on one line.")
UNKNOWN_SKILL = N_("There is no skill called {value}. There are: {names}.")
UNKNOWN_BADGE = N_("There is no badge called {value}.")
RETIRED_BADGE = N_("{value} isn't earned any more, so nobody new could borrow this.")


@dataclass(frozen=True)
class Wrong:
    """What is wrong with a row: in which column, and the sentence with its values."""

    column: str
    reason: str
    values: dict[str, object]


@dataclass(frozen=True)
class Known:
    """What the district's names mean, each by the key that `key_of` makes."""

    skills: dict[str, tuple[int, str]]
    badges: dict[str, int]
    retired_badges: frozenset[str]


def key_of(name: str) -> str:
    """What two names share that are read as one: case and the space between words don't count."""
    return " ".join(name.split()).casefold()


def wrong_in(row: Row) -> Wrong | None:
    """The first thing wrong with the shape of a row; None where all of it can be read."""
    for column, value in row.values.items():
        if value in FAULTS:
            return Wrong(column, A_FAULT, {})
        if len(value) > LONGEST.get(column, 2000):
            return Wrong(column, TOO_LONG, {"most": LONGEST.get(column, 2000)})
        if "\n" in value and column in ("model", "tag", "serial"):
            return Wrong(column, ONE_LINE, {})
        if value and column in DAYS and not _is_within(value, *DAYS[column]):
            return Wrong(column, NOT_A_NUMBER, {"first": DAYS[column][0], "last": DAYS[column][1]})
    if not row.values["model"]:
        return Wrong("model", NO_MODEL, {})
    return None if row.values["tag"] else Wrong("tag", NO_TAG, {})


def _is_within(value: str, first: int, last: int) -> bool:
    return re.fullmatch(r"[0-9]{1,4}", value) is not None and first <= int(value) <= last


def facts_of(row: Row, known: Known) -> dict[str, object] | Wrong:
    """What the row says of its model, by the names of the model's columns; only what it says, or what is wrong with that."""
    facts: dict[str, object] = {name: int(row.values[name]) for name in DAYS if row.values.get(name)}
    facts |= {name: row.values[name] for name in ("description", "contents") if row.values.get(name)}
    if skill := row.values.get("skill"):
        if key_of(skill) not in known.skills:
            names = ", ".join(name for _, name in known.skills.values())
            return Wrong("skill", UNKNOWN_SKILL, {"value": skill, "names": names})
        facts["skill_id"] = known.skills[key_of(skill)][0]
    if badges := row.values.get("badges"):
        keys = [] if key_of(badges) in NONE else _badge_keys(badges, known)
        for key in keys:
            if key in known.retired_badges:
                return Wrong("badges", RETIRED_BADGE, {"value": badges})
            if key not in known.badges:
                return Wrong("badges", UNKNOWN_BADGE, {"value": next(name for name in _names(badges) if key_of(name) == key)})
        facts["badge_ids"] = tuple(sorted({known.badges[key] for key in keys}))
    return facts


def _badge_keys(cell: str, known: Known) -> list[str]:
    """One badge, whose name may have a comma, or several between commas, semicolons or line breaks."""
    whole = key_of(cell)
    if whole in known.badges or whole in known.retired_badges:
        return [whole]
    return [key_of(name) for name in _names(cell)]


def _names(cell: str) -> Iterable[str]:
    return [name.strip() for name in re.split(r"[;,\n]", cell) if name.strip()]
