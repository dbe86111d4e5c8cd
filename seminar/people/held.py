"""Everything that is held about a person, read from the models themselves: each table that refers to a person is in it.

Laws: what signs somebody in is never given out; of a row that is about somebody else, and that the person only signed, its
texts stay away; what a mail said stays away too, because it can name others, and all that it told is in the records themselves.
A new table is in it by itself, and a test asks which of its columns say whose the row is.
"""

import csv
import io
import json
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import JSON, Column, ColumnElement, String, Table, or_, select

from seminar.ground import history
from seminar.ground.db import Model, db
from seminar.ground.dictionary import purpose_of
from seminar.ground.refused_row import no_formula
from seminar.people.person import Person

# Whose the row is; every other reference to a person says who did something.
SUBJECTS = ("person_id", "responsible_id")
ACTORS = (
    "applied_by_id",
    "approver_id",
    "begun_by_id",
    "behalf_of_id",
    "by_id",
    "canceled_by_id",
    "created_by_id",
    "decided_by_id",
    "delegate_id",
    "ended_by_id",
    "goes_ahead_by_id",
    "made_by_id",
    "marked_by_id",
    "merged_into_id",
    "moved_by_id",
    "nominated_by_id",
    "sent_by_id",
    "state_by_id",
    "taken_back_by_id",
    "trainer_id",
    "who_id",
    "withdrawn_by_id",
)
# What signs somebody in, or opens something without it. A mail's values hold the links of invitations and resets, its key can be a
# sentence about somebody else.
SECRETS = {
    ("account", "password_hash"),
    ("account_link", "token_hash"),
    ("device_session", "key_hash"),
    ("email_address", "token_hash"),
    ("mail", "context"),
    ("mail", "key"),
    ("passkey", "credential_id"),
    ("passkey", "public_key"),
    ("passkey", "user_handle"),
    ("person", "feed_token"),
    ("recovery_code", "code_hash"),
    ("second_factor", "secret"),
}
# Of what somebody did to others' records: words of ours that say what was done, and to what kind of record.
OUR_WORDS = {("history", "what"), ("history", "record")}


@dataclass(frozen=True)
class Held:
    """What one table holds: its name, what it is for, and its rows as plain values by column."""

    table: str
    purpose: str
    columns: list[str]
    rows: list[dict[str, Any]]


def tables_about_people() -> list[Table]:
    """The table of people, and every table that refers to one, by name."""
    tables = Model.metadata.tables.values()
    return sorted((t for t in tables if t.name == "person" or people_columns(t)), key=lambda table: table.name)


def people_columns(table: Table) -> list[Column[Any]]:
    """The columns that refer to a person."""
    return [column for column in table.columns if any(key.column.table.name == "person" for key in column.foreign_keys)]


def held_about(person: Person) -> list[Held]:
    """Everything, table by table, with what stayed at the records that went into theirs; one statement for each, one for those
    records, and one for the names of who had a part in it."""
    mine = {person.id, *db.session.scalars(select(Person.id).where(Person.merged_into_id == person.id))}
    found = [(table, db.session.execute(_of_person(table, mine)).mappings().all()) for table in tables_about_people()]
    ids = {row[column.name] for table, rows in found for column in people_columns(table) for row in rows}
    names = _names(ids - {None})
    return [_held(table, rows, mine, names) for table, rows in found if rows]


def _of_person(table: Table, mine: set[int]) -> Any:
    columns = [column for column in table.columns if (table.name, column.name) not in SECRETS]
    named: list[ColumnElement[bool]] = [column.in_(mine) for column in people_columns(table)]
    if table.name == "person":
        named.append(table.c.id.in_(mine))
    if table.name == "history":
        named.append((table.c.record == "person") & table.c.record_id.in_(mine))
    return select(*columns).where(or_(*named)).order_by(*table.primary_key.columns)


def _names(ids: set[int]) -> dict[int, str]:
    query = select(Person.id, Person.given_name, Person.family_name).where(Person.id.in_(ids))
    return {person_id: f"{given} {family}" for person_id, given, family in db.session.execute(query)}


def _held(table: Table, rows: Any, mine: set[int], names: dict[int, str]) -> Held:
    columns = [column.name for column in table.columns if (table.name, column.name) not in SECRETS]
    return Held(table.name, purpose_of(table), columns, [_plain_row(table, row, mine, names) for row in rows])


def _plain_row(table: Table, row: Any, mine: set[int], names: dict[int, str]) -> dict[str, Any]:
    """The row as JSON can hold it; people by name where the row is the person's own, and not at all where it is somebody's."""
    people = {column.name for column in people_columns(table)}
    subjects = [name for name in people if name in SUBJECTS]
    if table.name == "history":
        about_me = row["record"] == "person" and row["record_id"] in mine
    else:
        about_me = not subjects or any(row[name] in mine for name in subjects)
    plain: dict[str, Any] = {}
    for name, value in row.items():
        if name in people and value not in mine:
            plain[name] = names.get(value) if about_me else None
        elif not about_me and (table.name, name) not in OUR_WORDS and isinstance(table.c[name].type, (String, JSON)):
            plain[name] = None
        elif isinstance(value, bytes):
            # A file is given out where it is kept.
            plain[name] = len(value)
        else:
            plain[name] = value.isoformat() if isinstance(value, (date, datetime, time)) else value
    return plain


def as_zip(held: list[Held], summary: str) -> bytes:
    """A page to read, everything as JSON, and a CSV for each table."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("summary.html", summary)
        archive.writestr("everything.json", json.dumps({one.table: one.rows for one in held}, ensure_ascii=False, indent=1))
        for one in held:
            archive.writestr(f"{one.table}.csv", _as_csv(one))
    return out.getvalue()


def _as_csv(held: Held) -> str:
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\r\n")
    out.writerow(held.columns)
    for row in held.rows:
        out.writerow([_cell(row[column]) for column in held.columns])
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, (dict, list)):
        return no_formula(json.dumps(value, ensure_ascii=False))
    return no_formula(value) if isinstance(value, str) else value


def note_export(person: Person, *, by: Person, now: datetime, rows: int) -> None:
    """That everything held about somebody was given out, to whom and when."""
    history.record(by, "person exported", person, now, rows=rows)
