"""Mail as rows: written in the transaction that causes it, sent by the worker (rule 9).

States: waiting → sent | dead. A failed try waits longer each time; after the last one the mail is dead, and the
program manager sees it. The unique (person, kind, key) makes one event one mail, whatever runs twice.
Values named *_at are times and *_day are days: they come back as such when the mail is written in its reader's language.
"""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, select
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


def put(person: Any, kind: str, *, key: str, now: datetime, calendar: str | None = None, **values: Any) -> None:
    """Have templates/mail/<kind>.txt sent to the person, once per key. `calendar` is an iCalendar text to attach."""
    there = select(Mail.id).where(Mail.person_id == person.id, Mail.kind == kind, Mail.key == key)
    if person.email is None or db.session.scalar(there) is not None:
        return
    db.session.add(
        Mail(
            district_id=person.district_id,
            person_id=person.id,
            kind=kind,
            key=key,
            context={name: _plain(value) for name, value in values.items()},
            calendar=calendar,
            created_at=now,
            next_try_at=now,
        )
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def values_of(mail: Mail) -> dict[str, Any]:
    """The mail's values, with its times and days as such."""

    def read(name: str, value: Any) -> Any:
        if isinstance(value, str) and name.endswith("_at"):
            return datetime.fromisoformat(value)
        if isinstance(value, str) and name.endswith("_day"):
            return date.fromisoformat(value)
        return value

    return {name: read(name, value) for name, value in mail.context.items()}
