"""How long each kind of record is kept, in one register: each room declares its own, wsgi.py puts them together. The settings
page, the round of a day, the data dictionary and docs/retention.md are read from here.

Laws: nothing goes before its time, and a district can only make that time longer than the least; what people did is never deleted
(rule 8): what names somebody is emptied, and the rows stay for what is counted. Only what waited for something that never came
(a preview, a link, a sign-in), and what was asked for one occasion (food, access), is removed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, update

from seminar.ground.clock import at_local
from seminar.ground.db import Model, db


@dataclass(frozen=True)
class Times:
    """What a district keeps until when, on a day: `years` by kind, where it chose."""

    district_id: int
    timezone: str
    language: str
    today: date
    now: datetime
    years: Mapping[str, int]

    def first_kept(self, kind: str) -> date:
        """The oldest day that is still kept: a record is kept through the same date so many years, or days, later."""
        declared = KINDS[kind]
        if declared.days:
            return self.today - timedelta(days=declared.days)
        return years_before(self.today, self.years_of(kind))

    def first_kept_at(self, kind: str) -> datetime:
        """The moment at which that day begins."""
        return at_local(self.first_kept(kind), 0, 0, self.timezone)

    def years_of(self, kind: str) -> int:
        return self.years.get(kind, KINDS[kind].years)


def years_before(day: date, years: int) -> date:
    """The same date so many years before; February 28 where that year has no 29th."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


@dataclass(frozen=True)
class Part:
    """Rows of one table: which of them are over their time and still say what is to go, and what is done to those with these keys.

    `over` names the district. What belongs to no district isn't counted in anybody's report."""

    model: type[Model]
    over: Callable[[Times], ColumnElement[bool]]
    forget: Callable[[list[Any], Times], None]
    counted: bool = True

    @property
    def key(self) -> Any:
        (column,) = self.model.__table__.primary_key  # type: ignore[attr-defined]
        return column


@dataclass(frozen=True)
class RetentionKind:
    """A kind of record. `years` is the time that a district begins with, `least` the shortest that it can choose; `days` is a time
    that nobody chooses; with neither it is kept for good. The texts are said to people."""

    name: str
    title: str
    covers: str
    does: str
    source: str
    years: int = 0
    least: int = 0
    days: int = 0
    parts: tuple[Part, ...] = field(default=())


KINDS: dict[str, RetentionKind] = {}
# By table, the kind that it is of.
TABLES: dict[str, str] = {}


def declare(kinds: Iterable[RetentionKind], tables: Mapping[str, str]) -> None:
    """Put a room's kinds and tables into the register. Raises ValueError for a kind that contradicts itself."""
    for kind in kinds:
        if (kind.years and kind.days) or not kind.least <= kind.years or bool(kind.years) != bool(kind.least):
            raise ValueError(f"{kind.name} is kept for years of which some are the least, or for days, or for good.")
        KINDS[kind.name] = kind
    TABLES.update(tables)


def kinds_to_choose() -> list[RetentionKind]:
    """The kinds whose years a district chooses."""
    return [kind for kind in KINDS.values() if kind.years]


def emptied(model: type[Model], **values: Any) -> Callable[[list[Any], Times], None]:
    """The rows stay, and say this instead."""

    def forget(keys: list[Any], _times: Times) -> None:
        (key,) = model.__table__.primary_key  # type: ignore[attr-defined]
        db.session.execute(update(model).where(key.in_(keys)).values(values), execution_options={"synchronize_session": False})

    return forget


def removed(model: type[Model]) -> Callable[[list[Any], Times], None]:
    """The rows go: only for what nobody did, and for what was asked for one occasion."""

    def forget(keys: list[Any], _times: Times) -> None:
        (key,) = model.__table__.primary_key  # type: ignore[attr-defined]
        db.session.execute(delete(model).where(key.in_(keys)), execution_options={"synchronize_session": False})

    return forget


HEAD = """# How long records are kept

Made from the register (`flask --app wsgi retention > docs/retention.md`); a test compares. The worker applies it once a day, each
kind in batches, and writes what it did to the report at /settings/retention and to the audit trail. What it would do today
stands on the same page. A record is kept through the same date so many years later, and is over the day after. A district can
choose longer times than the least, never shorter ones.

Nothing that people did is deleted (rule 8 of the product, and domain.md, section 5): the rows stay, because coverage, counts and
hours rest on them, and what names somebody goes: notes, reasons, what a mail said, and at last the person's name. Somebody who
left becomes "Former person 123", keeps their rows, and can't sign in; not before every record that names them is over its own
time, and never while they hold an appointment, an open loan, a place in a series to come, or a badge. What somebody needs to eat, or
to take part, was asked for one occasion: that answer goes whole.

**The audit trail is not touched.** It is append-only by the database itself, so that nobody can rewrite what was done, and a job
that could would be a way to. It names people by their id, and so it loses their names with them; what it keeps beside that
(a name before a correction, a reason that somebody typed) is seen by the program manager alone, and of what was done to a person
whose name is gone it isn't shown any more. A district that must end it does so with its whole database.

| kind | covers | kept | at the end of its time | why so long | tables |
| --- | --- | --- | --- | --- | --- |
"""


def kept_for(kind: RetentionKind) -> str:
    """In plain English: the time that a district begins with, and the least."""
    if kind.years:
        return f"{kind.years} years, at least {kind.least}"
    return f"{kind.days} days" if kind.days else "for good"


def retention_as_markdown() -> str:
    rows = []
    for kind in KINDS.values():
        tables = ", ".join(f"`{table}`" for table, of in sorted(TABLES.items()) if of == kind.name)
        rows.append(f"| **{kind.title}** | {kind.covers} | {kept_for(kind)} | {kind.does} | {kind.source} | {tables} |\n")
    return HEAD + "".join(rows)
