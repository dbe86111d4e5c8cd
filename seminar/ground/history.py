"""The audit trail: who did what to which record, and when. Append-only, by the database itself (rule 8)."""

from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import JSON, ForeignKey, Index
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


def record(by: Actor | None, what: str, thing: Any, now: datetime, **details: Any) -> None:
    """Write that somebody did something to a record; `by` is None where the system did it. The record must be flushed."""
    db.session.add(
        History(
            district_id=thing.district_id,
            at=now,
            who_id=by.id if by is not None else None,
            what=what,
            record=thing.__tablename__,
            record_id=thing.id,
            details=details,
        )
    )
