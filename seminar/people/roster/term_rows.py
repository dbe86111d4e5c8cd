"""The rows of academicSessions.csv: school years and their terms."""

from dataclasses import dataclass
from typing import Any

from seminar.ground.refusal import N_
from seminar.people.roster import fields
from seminar.people.roster.fields import Unreadable
from seminar.people.roster.found import Finding, refused
from seminar.people.roster.rows import Row
from seminar.people.roster.shelf import Reading
from seminar.people.roster.staged import StagedTerm

SESSION_TYPES = ("gradingPeriod", "semester", "schoolYear", "term")


def read_terms(reading: Reading) -> None:
    shelf, kind = reading.shelf(StagedTerm), reading.source.kinds.get("academicSessions.csv", "")
    above: dict[str, Above] = {}
    for row in reading.rows("academicSessions.csv"):
        try:
            values = _term(row, kind, reading)
        except Unreadable:
            continue
        shelf.put(**values)
        if not values["gone"]:
            above.setdefault(values["sourced_id"], Above(row.line, row["type"], row["parentSourcedId"]))
    shelf.flush()
    if kind == "bulk":
        _note_wrong_parents(above, reading)


@dataclass(frozen=True)
class Above:
    """Of a session, its line, its type, and the id of the one that it is a part of."""

    line: int
    kind: str
    parent: str


# A year has semesters or terms, and these have grading periods.
WIDTH = {"schoolYear": 3, "semester": 2, "term": 2, "gradingPeriod": 1}


def _note_wrong_parents(sessions: dict[str, Above], reading: Reading) -> None:
    """We go by the days and the year of each, so that it is taken all the same."""
    for sourced_id, one in sessions.items():
        sentence = _wrong_parent(sourced_id, sessions)
        if sentence:
            other = sessions[one.parent].kind if one.parent in sessions else ""
            at = ("academicSessions.csv", one.line, "parentSourcedId", one.parent)
            reading.note(Finding(*at, sentence, other, sourced_id))


def _wrong_parent(sourced_id: str, sessions: dict[str, Above]) -> str:
    one = sessions[sourced_id]
    if not one.parent:
        return ""
    if one.parent not in sessions:
        return N_("No session has the id {value}. The row was taken all the same.")
    seen, above = {sourced_id}, one.parent
    while above in sessions and above not in seen:
        seen.add(above)
        above = sessions[above].parent
    if above == sourced_id:
        return N_("Its parents lead back to itself. The row was taken all the same.")
    if WIDTH.get(one.kind, 0) > WIDTH.get(sessions[one.parent].kind, 3):
        return N_("The parent {value} is a {other}, which is a part of such a session and not the other way round. The row was taken.")
    return ""


def _term(row: Row, kind: str, reading: Reading) -> dict[str, Any]:
    reading.note_what_is_odd(row)
    sourced_id = fields.sourced_id(row, note=reading.note)
    gone = fields.is_gone(row, kind=kind, about=sourced_id, note=reading.note)
    values: dict[str, Any] = {"line": row.line, "sourced_id": sourced_id, "gone": gone, "kind": row["type"], "title": row["title"][:200]}
    if gone:
        return values | {"ends_in": 0, "first_day": None, "last_day": None}
    if row["type"] not in SESSION_TYPES and not row["type"].startswith("ext:"):
        sentence = N_("{value} is no type of session; one is {other}.")
        reading.note(refused(row.file, row.line, "type", row["type"], sentence, about=sourced_id, other=", ".join(SESSION_TYPES)))
        raise Unreadable
    if not row["title"]:
        reading.note(refused(row.file, row.line, "title", "", N_("There is no title."), about=sourced_id))
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
    if not (year.isascii() and year.isdigit() and 2000 <= int(year) <= 2100):
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
