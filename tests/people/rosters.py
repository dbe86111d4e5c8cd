"""Sets of OneRoster files for the tests, written here by hand: a good one, and what to change in it."""

import csv
import io
import zipfile
from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from seminar.people.district import District
from seminar.people.person import Person
from seminar.people.roster import importing
from seminar.people.roster.files import read_set
from seminar.people.roster.outcome import Outcome
from seminar.people.roster.rows import COLUMNS
from seminar.people.roster.staged import RosterImport
from tests.cast import NOW, TODAY

Rows = list[dict[str, str]]
# Two schools, a department in one of them, and the district above.
ORGS: Rows = [
    {"sourcedId": "D", "name": "Rivermark Unified", "type": "district"},
    {"sourcedId": "S1", "name": "Alder Creek", "type": "school", "identifier": "0101", "parentSourcedId": "D"},
    {"sourcedId": "S2", "name": "Oak Hill", "type": "school", "identifier": "0102", "parentSourcedId": "D"},
    {"sourcedId": "DEP", "name": "Science", "type": "department", "parentSourcedId": "S2"},
]
TERMS: Rows = [
    {"sourcedId": "Y", "title": "2026-27", "type": "schoolYear", "startDate": "2026-08-17", "endDate": "2027-06-12", "schoolYear": "2027"},
    {"sourcedId": "T1", "title": "Fall", "type": "term", "startDate": "2026-08-17", "endDate": "2027-01-01", "schoolYear": "2027"},
]
# given name, what they do, where
PEOPLE = {
    "u1": ("Ada", "teacher", "S1"),
    "u2": ("Ben", "teacher", "S2"),
    "u3": ("Pia", "principal", "S1"),
    "u4": ("Olga", "districtAdministrator", "D"),
    "u5": ("Aldo", "aide", "S1"),
    "u6": ("Dee", "teacher", "DEP"),
    "p1": ("Pupil", "student", "S1"),
    "g1": ("Guardian", "guardian", "S1"),
}
IN_1_1 = {"principal": "administrator", "districtAdministrator": "administrator"}


def users(version: str, **people: tuple[str, str, str]) -> Rows:
    rows = []
    for user, (given, role, org) in (people or PEOPLE).items():
        row = {
            "sourcedId": user,
            "enabledUser": "true",
            "username": user,
            "givenName": given,
            "familyName": "Diaz",
            "email": f"{user}@r.example",
        }
        rows.append(row | ({"role": IN_1_1.get(role, role), "orgSourcedIds": org} if version == "1.1" else {}))
    return rows


def roles(**people: tuple[str, str, str]) -> Rows:
    return [
        {"sourcedId": f"r-{user}", "userSourcedId": user, "roleType": "primary", "role": role, "orgSourcedId": org}
        for user, (_, role, org) in (people or PEOPLE).items()
    ]


def a_set(version: str = "1.2", kind: str = "bulk", **files: Rows | None) -> dict[str, Rows]:
    """By file, its rows: a whole good set, with these files instead; None leaves one out. A delta has only what is given."""
    whole: dict[str, Rows | None] = {}
    if kind == "bulk":
        whole = {"orgs": ORGS, "academicSessions": TERMS, "users": users(version), "roles": roles() if version == "1.2" else None}
    stamp = {"status": "active", "dateLastModified": "2027-02-01T08:00:00.000Z"} if kind == "delta" else {}
    chosen = {name: rows for name, rows in (whole | files).items() if rows is not None}
    return {f"{name}.csv": [{**stamp, **row} for row in rows] for name, rows in chosen.items()}


def gone(**row: str) -> dict[str, str]:
    """A row of a delta whose record is to be deleted."""
    return {"status": "tobedeleted", **row}


def texts(files: dict[str, Rows], version: str = "1.2", kind: str = "bulk", **manifest: str) -> dict[str, bytes]:
    """The files as they lie in a folder, manifest and all."""
    said = {"manifest.version": "1.0", "oneroster.version": version}
    said |= {f"file.{name.removesuffix('.csv')}": kind for name in files}
    lines = [["propertyName", "value"], *([name, value] for name, value in (said | manifest).items())]
    return {"manifest.csv": as_text(lines)} | {name: table(rows, COLUMNS[version, name]) for name, rows in files.items()}


def table(rows: Rows, columns: Iterable[str]) -> bytes:
    columns = list(columns)
    return as_text([columns, *([row.get(column, "") for column in columns] for row in rows)])


def as_text(lines: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    return out.getvalue().encode()


def in_folder(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text)
    return folder


def opened_in_memory(files: dict[str, bytes]) -> dict[str, Callable[[], BinaryIO]]:
    return {name: partial(io.BytesIO, text) for name, text in files.items()}


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


def read_for(district: District, files: dict[str, bytes], *, by: Person | None = None, now: datetime = NOW) -> RosterImport:
    """A set that was read and waits to be applied."""
    return importing.read(read_set(opened_in_memory(files)), named="set.zip", district=district, by=by, now=now)


def taken_on(day: date, district: District, files: dict[str, Rows], version: str = "1.2") -> Outcome:
    """The set of that night, applied."""
    now = NOW + (day - TODAY)
    return importing.apply(read_for(district, texts(files, version), now=now), end_many=True, by=None, today=day, now=now)


def changed(rows: Rows, number: int, **values: str) -> Rows:
    return [row | values if n == number else row for n, row in enumerate(rows)]


def found(one: RosterImport) -> list[tuple[str, int, str, str, bool]]:
    """By file, line and column: the value, and whether the row was taken."""
    return [(row.file, row.line, row.column, row.value, row.taken) for row in importing.findings(one)]


def sentences(one: RosterImport) -> list[str]:
    return [row.reason.format(**row.values) for row in importing.findings(one)]
