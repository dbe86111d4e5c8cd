"""The rows of academicSessions.csv: school years and their terms."""

from typing import Any

from seminar.ground.refusal import N_
from seminar.people.roster import fields
from seminar.people.roster.fields import Unreadable
from seminar.people.roster.found import refused
from seminar.people.roster.rows import Row
from seminar.people.roster.shelf import Reading
from seminar.people.roster.staged import StagedTerm

SESSION_TYPES = ("gradingPeriod", "semester", "schoolYear", "term")


def read_terms(reading: Reading) -> None:
    shelf, kind = reading.shelf(StagedTerm), reading.source.kinds.get("academicSessions.csv", "")
    for row in reading.rows("academicSessions.csv"):
        try:
            shelf.put(**_term(row, kind, reading))
        except Unreadable:
            continue
    shelf.flush()


def _term(row: Row, kind: str, reading: Reading) -> dict[str, Any]:
    sourced_id = fields.sourced_id(row, note=reading.note)
    gone = fields.is_gone(row, kind=kind, about=sourced_id, note=reading.note)
    values: dict[str, Any] = {"line": row.line, "sourced_id": sourced_id, "gone": gone, "kind": row["type"], "title": row["title"][:200]}
    if gone:
        return values | {"ends_in": 0, "first_day": None, "last_day": None}
    if row["type"] not in SESSION_TYPES and not row["type"].startswith("ext:"):
        sentence = N_("{value} is no type of session; one is {other}.")
        reading.note(refused(row.file, row.line, "type", row["type"], sentence, about=sourced_id, other=", ".join(SESSION_TYPES)))
        raise Unreadable
    first = fields.a_day(row, "startDate", about=sourced_id, note=reading.note)
    last = fields.a_day(row, "endDate", about=sourced_id, note=reading.note, exclusive=True)
    if first is None or last is None or last < first:
        sentence = N_("It ends before it begins: endDate is the first day that is no longer part of it.")
        reading.note(
            refused(
                row.file, row.line, "endDate", row["endDate"], sentence if first and last else N_("A day is missing."), about=sourced_id
            )
        )
        raise Unreadable
    year = row["schoolYear"]
    if not (year.isdigit() and 2000 <= int(year) <= 2100):
        reading.note(
            refused(
                row.file,
                row.line,
                "schoolYear",
                year,
                N_("{value} is no school year; one is the year that it ends in, as 2027."),
                about=sourced_id,
            )
        )
        raise Unreadable
    return values | {"ends_in": int(year), "first_day": first, "last_day": last}
