"""The triggers of the database, declared once and made for SQLite and PostgreSQL from here.

A migration on SQLite rebuilds tables and loses their triggers, so migrations/env.py drops all of them before it
migrates and makes them anew afterwards. Rooms add theirs with `append_only`, `keeps_count`, and plain SQL of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, inspect, text


@dataclass(frozen=True)
class Trigger:
    """One trigger. `sqlite` is its whole CREATE statement; `postgresql` are the function's body and the trigger's timing. `reads` is
    another table that it looks into, without which it isn't made."""

    name: str
    table: str
    sqlite: str
    body: str
    timing: str
    reads: str = ""


TRIGGERS: list[Trigger] = []


def append_only(table: str) -> None:
    """Rows of the table are never changed and never deleted."""
    for verb in ("UPDATE", "DELETE"):
        name = f"{table}_no_{verb.lower()}"
        TRIGGERS.append(
            Trigger(
                name=name,
                table=table,
                sqlite=f"CREATE TRIGGER {name} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
                body=f"BEGIN RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'integrity_constraint_violation'; END",
                timing=f"BEFORE {verb}",
            )
        )


def listed(values: Sequence[str]) -> str:
    """As SQL has a list: ('held', 'enrolled')."""
    return "(" + ", ".join(f"'{value}'" for value in values) + ")"


def keeps_count(name: str, *, table: str, states: Sequence[str], parent: str, column: str, amount: str | None = None) -> None:
    """`column` of the parent that a row of the table refers to is how many rows are in these states, or what their `amount` is in all,
    whoever writes."""

    def counted(row: str, sign: str) -> str:
        by = f"{row}.{amount}" if amount else "1"
        return f"UPDATE {parent} SET {column} = {column} {sign} {by} WHERE id = {row}.{parent}_id AND {row}.state IN {listed(states)};"

    less, more = counted("OLD", "-"), counted("NEW", "+")
    for verb, statements in (("INSERT", more), ("DELETE", less), ("UPDATE", f"{less} {more}")):
        each = f"{name}_{verb.lower()}"
        declare(
            Trigger(
                name=each,
                table=table,
                sqlite=f"CREATE TRIGGER {each} AFTER {verb} ON {table} BEGIN {statements} END",
                body=f"BEGIN {statements} RETURN NULL; END",
                timing=f"AFTER {verb}",
            )
        )


def declare(trigger: Trigger) -> None:
    TRIGGERS.append(trigger)


def drop_triggers(connection: Connection) -> None:
    """Drop every trigger of ours that is there; unknown ones stay."""
    if connection.dialect.name == "sqlite":
        for trigger in TRIGGERS:
            connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger.name}"))
        return
    for trigger in TRIGGERS:
        connection.execute(text(f"DROP FUNCTION IF EXISTS {trigger.name}() CASCADE"))


def make_triggers(connection: Connection) -> None:
    """Make all of them, for the tables that are there by now."""
    there = set(inspect(connection).get_table_names())
    for trigger in TRIGGERS:
        if not {trigger.table, trigger.reads or trigger.table} <= there:
            continue
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(trigger.sqlite)
            continue
        connection.exec_driver_sql(f"CREATE FUNCTION {trigger.name}() RETURNS trigger LANGUAGE plpgsql AS $$ {trigger.body} $$")
        connection.exec_driver_sql(
            f"CREATE TRIGGER {trigger.name} {trigger.timing} ON {trigger.table} FOR EACH ROW EXECUTE FUNCTION {trigger.name}()"
        )


def triggers_there(connection: Connection) -> set[str]:
    """The names of the triggers that the database has."""
    listed = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace"
        " = current_schema()::regnamespace)",
    }
    return set(connection.execute(text(listed[connection.dialect.name])).scalars())
