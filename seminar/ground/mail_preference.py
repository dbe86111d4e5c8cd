"""How a person wants a kind of mail: at once, in the weekly digest, or not at all. A row only where it differs from the kind's
own first way; another weekday than Monday for the digest is a row too."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from seminar.ground.clock import at_local
from seminar.ground.db import Model, db
from seminar.ground.mail_kinds import WEEKLY, MailKind

MONDAY, LAST_WEEKDAY = 0, 4
DIGEST_HOUR = 7


class MailPreference(Model):
    """How somebody wants a kind of mail, where that is not its first way."""

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    way: Mapped[str]

    __table_args__ = (
        CheckConstraint("way IN ('at_once', 'digest', 'never')", name="way"),
        Index("ix_mail_preference_district", "district_id", "kind"),
    )


class DigestDay(Model):
    """The weekday of somebody's digest, Monday being 0."""

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    weekday: Mapped[int]

    __table_args__ = (CheckConstraint("weekday BETWEEN 0 AND 4", name="weekday"), Index("ix_digest_day_district", "district_id"))


@dataclass(frozen=True)
class Wish:
    """How one person wants one kind."""

    way: str
    weekday: int = MONDAY


def wishes(kind: MailKind, person_ids: Iterable[int]) -> dict[int, Wish]:
    """By person, how they want this kind; two statements at most, and none for a kind that comes in one way only."""
    ids = set(person_ids)
    ways = dict.fromkeys(ids, kind.ways[0])
    if len(kind.ways) > 1:
        chosen = select(MailPreference.person_id, MailPreference.way).where(MailPreference.kind == kind.name)
        found = db.session.execute(chosen.where(MailPreference.person_id.in_(ids)))
        ways |= {person_id: way for person_id, way in found if way in kind.ways}
    waiting = {person_id for person_id, way in ways.items() if way == WEEKLY}
    days = digest_weekdays(waiting) if waiting else {}
    return {person_id: Wish(way, days.get(person_id, MONDAY)) for person_id, way in ways.items()}


def digest_weekdays(person_ids: Iterable[int]) -> dict[int, int]:
    """By person, the weekday of their digest, where it isn't Monday."""
    query = select(DigestDay.person_id, DigestDay.weekday).where(DigestDay.person_id.in_(set(person_ids)))
    return {person_id: weekday for person_id, weekday in db.session.execute(query)}


def ways_of(person_id: int) -> dict[str, str]:
    """By kind, the way that the person chose; the kinds that are left as they are aren't in it."""
    query = select(MailPreference.kind, MailPreference.way).where(MailPreference.person_id == person_id)
    return {kind: way for kind, way in db.session.execute(query)}


def next_digest(now: datetime, weekday: int, timezone: str) -> datetime:
    """The next morning of that weekday in the district's time zone, after now."""
    today = now.astimezone(ZoneInfo(timezone)).date()
    day = today + timedelta(days=(weekday - today.weekday()) % 7)
    moment = at_local(day, DIGEST_HOUR, 0, timezone)
    return moment if moment > now else at_local(day + timedelta(days=7), DIGEST_HOUR, 0, timezone)
