"""Mail as rows: written in the transaction that causes it, sent by the worker (rule 9).

States: waiting → sent | dead; dead → waiting, when somebody has it tried again. A failed try waits longer each time; after
the last one the mail is dead, and the program manager sees it. Where its person wants the kind weekly, held → gathered: it
leaves as a part of a digest, a mail of its own with those states; gathered → waiting, when it can't be written there. Where they
don't want the kind, unwanted: the row says that the event was, and nothing leaves. The unique (person, kind, key) makes one event
one mail, whatever runs twice. Days and times among the values come back as such when the mail is written in its reader's language.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from seminar.ground.db import Model, db
from seminar.ground.mail_kinds import AT_ONCE, KINDS, NEVER, MailKind
from seminar.ground.mail_preference import Wish, next_digest, wishes

RETRY_AFTER = [timedelta(minutes=m) for m in (1, 5, 30, 120, 720)]
A_DAY_TO_READ_IT = timedelta(hours=24)


class Mail(Model):
    """A mail to a person: what it is about, and whether it was sent."""

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
    # The mail that it leaves with, once it is gathered.
    digest_id: Mapped[int | None] = mapped_column(ForeignKey("mail.id"))

    __table_args__ = (
        UniqueConstraint("person_id", "kind", "key"),
        CheckConstraint("state IN ('waiting', 'sent', 'dead', 'held', 'gathered', 'unwanted')", name="state"),
        CheckConstraint("(state = 'gathered') = (digest_id IS NOT NULL)", name="gathered_into_a_digest"),
        Index("ix_mail_due", "state", "next_try_at"),
        Index("ix_mail_digest", "digest_id"),
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
    to another address of theirs. A kind that no room has declared is a KeyError."""
    declared = KINDS[kind]
    reached = [letter for letter in letters if letter.person.email is not None or "to" in letter.values]
    if not reached:
        return
    wished = wishes(declared, [letter.person.id for letter in reached])
    rows = [_row(declared, letter, wished[letter.person.id], now) for letter in reached]
    made = sqlite.insert(Mail) if db.session.get_bind().dialect.name == "sqlite" else postgresql.insert(Mail)
    db.session.execute(made.on_conflict_do_nothing(index_elements=["person_id", "kind", "key"]), rows)


def _row(kind: MailKind, letter: Letter, wish: Wish, now: datetime) -> dict[str, Any]:
    state, due_at = _begins(kind, letter, wish, now)
    return {
        "district_id": letter.person.district_id,
        "person_id": letter.person.id,
        "kind": kind.name,
        "key": letter.key,
        "context": as_kept(letter.values),
        "calendar": letter.calendar,
        "state": state,
        "created_at": now,
        "next_try_at": due_at,
    }


def _begins(kind: MailKind, letter: Letter, wish: Wish, now: datetime) -> tuple[str, datetime]:
    """The state that the mail begins in, and when it is due."""
    if wish.way == AT_ONCE:
        return "waiting", now
    if wish.way == NEVER:
        return "unwanted", now
    timezone = letter.person.district.timezone
    digest_at = next_digest(now, wish.weekday, timezone)
    return ("waiting", now) if is_urgent(kind, letter.values, digest_at, timezone) else ("held", digest_at)


def is_urgent(kind: MailKind, values: dict[str, Any], digest_at: datetime, timezone: str) -> bool:
    """Whether what the mail is about takes place before the digest could be read, or the day that it comes."""
    happens_at = kind.happens_at(values, timezone)
    return happens_at is not None and happens_at < digest_at + A_DAY_TO_READ_IT


def as_kept(value: Any) -> Any:
    """JSON knows no days and no times: they are written as what they are."""
    if isinstance(value, dict):
        return {name: as_kept(one) for name, one in value.items()}
    if isinstance(value, list):
        return [as_kept(one) for one in value]
    if isinstance(value, datetime):
        return {"$at": value.isoformat()}
    return {"$day": value.isoformat()} if isinstance(value, date) else value


def values_of(context: Any) -> Any:
    """What `as_kept` wrote, as it was."""
    if isinstance(context, list):
        return [values_of(one) for one in context]
    if not isinstance(context, dict):
        return context
    if "$at" in context:
        return datetime.fromisoformat(context["$at"])
    if "$day" in context:
        return date.fromisoformat(context["$day"])
    return {name: values_of(one) for name, one in context.items()}


def recipient_of(mail: Mail, person: Any) -> str:
    """The address that it goes to: the one that it is about, else its person's."""
    return mail.context.get("to") or person.email or ""
