"""Mail as rows: written in the transaction that causes it, sent by the worker (rule 9).

States: waiting → sent | dead; dead → waiting, when somebody has it tried again. A failed try waits longer each time; after
the last one the mail is dead, and the program manager sees it. The unique (person, kind, key) makes one event one mail,
whatever runs twice. Days and times among the values come back as such when the mail is written in its reader's language.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from seminar.ground.db import Model, db

RETRY_AFTER = [timedelta(minutes=m) for m in (1, 5, 30, 120, 720)]


class Mail(Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str]
    key: Mapped[str]
    context: Mapped[dict[str, Any]] = mapped_column(JSON)
    calendar: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(default="waiting")
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        UniqueConstraint("person_id", "kind", "key"),
        CheckConstraint("state IN ('waiting', 'sent', 'dead')", name="state"),
        Index("ix_mail_due", "state", "next_try_at"),
        Index("ix_mail_district_state", "district_id", "state"),
    )


@dataclass(frozen=True)
class Letter:
    """A mail to write: to whom, the key that makes it once, what it says, and an iCalendar text to attach."""

    person: Any
    key: str
    values: dict[str, Any] = field(default_factory=dict)
    calendar: str | None = None


def put(person: Any, kind: str, *, key: str, now: datetime, calendar: str | None = None, **values: Any) -> None:
    """Have templates/mail/<kind>.txt sent to the person, once per key."""
    put_all(kind, [Letter(person, key, values, calendar)], now=now)


def put_all(kind: str, letters: Iterable[Letter], *, now: datetime) -> None:
    """The same for many at once, in one statement; who has no address, or has this mail already, gets none. A value `to` sends it
    to another address of theirs, and `page` is the page that it leads to."""
    rows = [_row(kind, letter, now) for letter in letters if letter.person.email is not None or "to" in letter.values]
    if not rows:
        return
    made = sqlite.insert(Mail) if db.session.get_bind().dialect.name == "sqlite" else postgresql.insert(Mail)
    db.session.execute(made.on_conflict_do_nothing(index_elements=["person_id", "kind", "key"]), rows)


def _row(kind: str, letter: Letter, now: datetime) -> dict[str, Any]:
    return {
        "district_id": letter.person.district_id,
        "person_id": letter.person.id,
        "kind": kind,
        "key": letter.key,
        "context": _plain(letter.values),
        "calendar": letter.calendar,
        "created_at": now,
        "next_try_at": now,
    }


def _plain(value: Any) -> Any:
    """JSON knows no days and no times: they are written as what they are."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, datetime):
        return {"$at": value.isoformat()}
    return {"$day": value.isoformat()} if isinstance(value, date) else value


def values_of(context: Any) -> Any:
    """What `_plain` wrote, as it was."""
    if not isinstance(context, dict):
        return context
    if "$at" in context:
        return datetime.fromisoformat(context["$at"])
    if "$day" in context:
        return date.fromisoformat(context["$day"])
    return {name: values_of(one) for name, one in context.items()}
