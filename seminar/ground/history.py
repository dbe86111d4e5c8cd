"""The audit trail: who did what to which record, and when. Append-only, by the database itself (rule 8)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import JSON, ForeignKey, Index, insert
from sqlalchemy.orm import Mapped, mapped_column

from seminar.ground.db import Model, db
from seminar.ground.triggers import append_only


class Actor(Protocol):
    """Whoever can do something: a person, by their id."""

    @property
    def id(self) -> int: ...


class History(Model):
    """Who did what to which record, and when."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    at: Mapped[datetime]
    who_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    what: Mapped[str]
    record: Mapped[str]
    record_id: Mapped[int]
    details: Mapped[dict[str, Any]] = mapped_column(JSON)

    __table_args__ = (
        Index("ix_history_record", "district_id", "record", "record_id"),
        Index("ix_history_at", "district_id", "at"),
    )


append_only("history")


def record(by: Actor | None, what: str, thing: Any, now: datetime, **details: Any) -> History:
    """Write that somebody did something to a record; `by` is None where the system did it. The record must be flushed."""
    row = History(
        district_id=thing.district_id,
        at=now,
        who_id=by.id if by is not None else None,
        what=what,
        record=thing.__tablename__,
        record_id=thing.id,
        details=details,
    )
    db.session.add(row)
    return row


@dataclass(frozen=True)
class Deed:
    """One of many things done at once: what was done to which record of a table."""

    what: str
    record: str
    record_id: int
    details: dict[str, Any]


def record_many(by: Actor | None, deeds: Iterable[Deed], *, district_id: int, now: datetime) -> None:
    """Write that somebody did all of these, in one statement however many there are."""
    who_id = by.id if by is not None else None
    rows = [{"district_id": district_id, "at": now, "who_id": who_id, **vars(deed)} for deed in deeds]
    if rows:
        db.session.execute(insert(History), rows)
