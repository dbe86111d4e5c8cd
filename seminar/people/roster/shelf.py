"""One set on its way into the staging tables: what gives its rows, and where they are put, a batch at a time."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Protocol

from sqlalchemy import insert

from seminar.ground.db import db
from seminar.ground.refusal import N_
from seminar.people.roster.found import Finding, Note
from seminar.people.roster.rows import Row
from seminar.people.roster.staged import RosterFinding, RosterImport

BATCH = 2000
# Of a value that is wrong, enough to find it by.
LONGEST_VALUE = 200
TWICE = N_("The id {value} stands in an earlier line already; that one was taken.")


class Source(Protocol):
    """Whatever gives the rows of a set: a set of files, or a district's server."""

    version: str
    kinds: dict[str, str]
    findings: list[Finding]

    def rows(self, file: str, note: Note) -> Iterator[Row]: ...


class Shelf:
    """Rows for one table, put there a batch at a time."""

    def __init__(self, model: type[Any], import_id: int) -> None:
        self.model, self.import_id, self.rows = model, import_id, list[dict[str, Any]]()

    def put(self, **values: Any) -> None:
        self.rows.append({"import_id": self.import_id, **values})
        if len(self.rows) >= BATCH:
            self.flush()

    def flush(self) -> None:
        if self.rows:
            db.session.execute(insert(self.model), self.rows)
            self.rows = []


class Reading:
    """One set on its way into the staging tables."""

    def __init__(self, one: RosterImport, source: Source, today: date) -> None:
        self.one, self.source, self.today = one, source, today
        self.findings = Shelf(RosterFinding, one.id)
        self.passed_over: dict[str, int] = {}

    def note(self, finding: Finding) -> None:
        self.findings.put(**vars(finding) | {"value": finding.value[:LONGEST_VALUE]})

    def note_what_is_odd(self, row: Row) -> None:
        """What was found in a row that is taken: once it is known that it is no pupil's."""
        for finding in row.found:
            self.note(finding)

    def rows(self, file: str) -> Iterator[Row]:
        """The rows of that file, where the set has it."""
        return self.source.rows(file, self.note) if file in self.source.kinds else iter(())

    def pass_over(self, file: str) -> None:
        self.passed_over[file] = self.passed_over.get(file, 0) + 1

    def shelf(self, model: type[Any]) -> Shelf:
        return Shelf(model, self.one.id)
