"""The values of a row: ids, days, words of a fixed list; each wrong one becomes a finding."""

import re
from datetime import date, timedelta

from seminar.ground.refusal import N_
from seminar.people.roster.found import Finding, Note, refused
from seminar.people.roster.rows import Row

# The binding's GUID: under 256 of these characters. It needn't look like a UUID.
GUID = re.compile(r"[0-9a-zA-Z.\-_/@]{1,255}\Z")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z\Z")
EMAIL = re.compile(r"[^\s@<>(),;:\"\\\[\]]+@[^\s@<>(),;:\"\\\[\].]+(\.[^\s@<>(),;:\"\\\[\].]+)+\Z")


# inactive is OneRoster 1.0's word for it.
GONE = ("tobedeleted", "inactive")


class Unreadable(Exception):
    """The row can't be taken; its finding has been noted."""


def sourced_id(row: Row, column: str = "sourcedId", *, note: Note) -> str:
    """The id in that column. Raises Unreadable."""
    value = row[column]
    if GUID.match(value):
        return value
    sentence = (
        N_("{value} is no id: one has up to 255 letters, digits and . - _ / @.")
        if value
        else N_("There is no id, so nobody knows of whom this line speaks.")
    )
    note(refused(row.file, row.line, column, value, sentence, about=None if column in ("sourcedId", "userSourcedId") else row["sourcedId"]))
    raise Unreadable


def is_gone(row: Row, *, kind: str, about: str, note: Note) -> bool:
    """Whether the row says that its record is to be deleted. Raises Unreadable where it doesn't say what the standard asks for.

    In a bulk file status and dateLastModified are blank; in a delta both are required (binding, sections on bulk and delta).
    """
    status, changed = row["status"], row["dateLastModified"]
    known = {"active": False} | dict.fromkeys(GONE, True)
    if kind == "bulk":
        if status.lower() in GONE:
            sentence = N_("In a bulk file status is empty, and this row says {value}. It was read as if it were left out, which ends it.")
            note(Finding(row.file, row.line, "status", status, sentence, about=about))
            return True
        if status or changed:
            column = "status" if status else "dateLastModified"
            note(
                Finding(
                    row.file,
                    row.line,
                    column,
                    row[column],
                    N_("In a bulk file status and dateLastModified are empty. The row was taken."),
                    about=about,
                )
            )
        return False
    if status.lower() not in known:
        sentence = (
            N_("{value} is no status; a row of a delta says active or tobedeleted.")
            if status
            else N_("There is no status; a row of a delta says active or tobedeleted.")
        )
        note(refused(row.file, row.line, "status", status, sentence, about=about))
        raise Unreadable
    if status not in ("active", "tobedeleted"):
        note(
            Finding(
                row.file,
                row.line,
                "status",
                status,
                N_("{value} isn't a word of the standard; it was read as {other}."),
                "tobedeleted" if known[status.lower()] else "active",
                about,
            )
        )
    if not TIME.match(changed):
        sentence = (
            N_("{value} is no time like 2026-08-15T18:25:43.511Z. The row was taken.")
            if changed
            else N_("A row of a delta has a time in dateLastModified. The row was taken.")
        )
        note(Finding(row.file, row.line, "dateLastModified", changed, sentence, about=about))
    return known[status.lower()]


def is_true(row: Row, column: str, *, default: bool, note: Note) -> bool:
    value = row[column]
    if value in ("true", "false"):
        return value == "true"
    if value.lower() in ("true", "false"):
        note(
            Finding(
                row.file, row.line, column, value, N_("{value} is written {other}. The row was taken."), value.lower(), row["sourcedId"]
            )
        )
        return value.lower() == "true"
    if value:
        note(
            Finding(
                row.file,
                row.line,
                column,
                value,
                N_("{value} is neither true nor false. It was read as {other}."),
                str(default).lower(),
                row["sourcedId"],
            )
        )
    return default


def a_day(row: Row, column: str, *, about: str, note: Note, exclusive: bool = False) -> date | None:
    """The day in that column, or None where it is empty; of an exclusive end, the day before. Raises Unreadable."""
    value = row[column]
    if not value:
        return None
    day = _day(value[:10] if TIME.match(value) else value)
    if day is None:
        sentence = N_("{value} is no day that can be read in one way only; one is written like 2026-08-15.")
        note(refused(row.file, row.line, column, value, sentence, about=about))
        raise Unreadable
    if TIME.match(value):
        note(Finding(row.file, row.line, column, value, N_("{value} is a time where a day belongs. Its day was taken."), about=about))
    return day - timedelta(days=1) if exclusive and day > date.min else day


def _day(value: str) -> date | None:
    if not DAY.match(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def an_email(row: Row, *, note: Note) -> str | None:
    value = row["email"].lower()
    if value and not (EMAIL.match(value) and len(value) <= 200):
        note(
            Finding(
                row.file,
                row.line,
                "email",
                row["email"],
                N_("{value} is no email address. The person was taken without one."),
                about=row["sourcedId"],
            )
        )
        return None
    if not value:
        note(
            Finding(
                row.file,
                row.line,
                "email",
                "",
                N_("There is no email address: no mail reaches them, and they can't sign in by one."),
                about=row["sourcedId"],
            )
        )
        return None
    return value


def a_grade(row: Row) -> int | None:
    """The grade that a teacher teaches, where it is one: KG and 01 to 12 are CEDS's codes; 0 is kindergarten."""
    grades = {"KG": 0, "K": 0} | {f"{n:02d}": n for n in range(1, 13)} | {str(n): n for n in range(1, 13)}
    said = [grade.strip().upper() for grade in row["grades"].split(",") if grade.strip()]
    return grades.get(said[0]) if len(said) == 1 else None
