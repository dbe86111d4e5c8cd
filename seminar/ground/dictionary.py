"""The data dictionary: every table and column, from the models themselves, so that it can't say anything else.

A table's purpose is the first sentence of its model's docstring; of a table without a model, its `info["purpose"]`.
"""

import re
from typing import Any

from sqlalchemy import CheckConstraint, Column, Table, UniqueConstraint

from seminar.ground.db import Model, UTCDateTime
from seminar.ground.retention import KINDS, TABLES, kept_for

TYPES = {"INTEGER": "whole number", "VARCHAR": "text", "TEXT": "long text", "DATE": "day", "TIME": "time of day", "BOOLEAN": "yes or no"}
HEAD = """# Data dictionary

Every table and column, written by `.venv/bin/flask --app wsgi data-dictionary > docs/data-dictionary.md`; a test says when it
isn't what the models say. **About people** are the tables that refer to a person: all of them are in a person's export. How long
each is kept, and what is done then, stands in [retention.md](retention.md) under the kind that is named.
"""


def purpose_of(table: Table) -> str:
    """The first sentence on what it is for; '' where nobody wrote one."""
    written = next((mapper.class_.__doc__ for mapper in Model.registry.mappers if mapper.local_table is table), None)
    text = " ".join((written or str(table.info.get("purpose", ""))).split())
    return re.split(r"(?<=[.;:])\s", text, maxsplit=1)[0].rstrip(";:.") + "." if text else ""


def kept_of(table: Table) -> str:
    """The kind by which it is kept, and for how long; a table without one is a KeyError."""
    kind = KINDS[TABLES[table.name]]
    return f"Kept {kept_for(kind)}: {kind.title}."


def data_dictionary() -> str:
    """The whole of it as Markdown."""
    tables = sorted(Model.metadata.tables.values(), key=lambda table: table.name)
    return HEAD + "".join(_section(table) for table in tables)


def _section(table: Table) -> str:
    about = table.name == "person" or any(_refers_to(column) == "person" for column in table.columns)
    lines = [f"\n## {table.name}\n", purpose_of(table) + (" **About people.**" if about else ""), "", kept_of(table), ""]
    lines += ["| column | type | may be empty | refers to |", "| --- | --- | --- | --- |"]
    lines += [f"| {c.name} | {_type(c)} | {'yes' if c.nullable else 'no'} | {_refers_to(c)} |" for c in table.columns]
    rules = sorted(rule for constraint in table.constraints if (rule := _rule(constraint)))
    unique = [f"unique: {', '.join(c.name for c in index.columns)}" for index in table.indexes if index.unique]
    held = [f"- {rule}" for rule in [*rules, *sorted(unique)]]
    return "\n".join([*lines, *(["", *held] if held else [])]) + "\n"


def _type(column: Column[Any]) -> str:
    if isinstance(column.type, UTCDateTime):
        return "moment (UTC)"
    return TYPES.get(str(column.type), str(column.type)) + (", key" if column.primary_key else "")


def _refers_to(column: Column[Any]) -> str:
    return ", ".join(sorted(key.column.table.name for key in column.foreign_keys))


def _rule(constraint: Any) -> str:
    if isinstance(constraint, UniqueConstraint):
        return f"unique: {', '.join(column.name for column in constraint.columns)}"
    return f"always: `{constraint.sqltext}`" if isinstance(constraint, CheckConstraint) else ""
