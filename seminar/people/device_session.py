"""Somebody signed in on one device, from their sign-in until its end.

States: open → ended, with why; over by itself in a night of its district, and on a shared device after the idle minutes.
Laws: its key is kept as a hash, and is a new one at every sign-in; what is ended opens nothing at the next request; a new
password ends every one of a person. No address is kept, and of the device only what somebody recognizes it by.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, bindparam, select, update
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from seminar.ground import history
from seminar.ground.clock import at_local, day_of
from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.people.appointment import Standing
from seminar.people.district import District
from seminar.people.person import Person
from seminar.people.support_view import SupportView

# It is over at this hour of the district's night, and not before so many hours have passed: nobody is cut off in the middle of
# a day's work. A limit over 20 hours needs no warning (WCAG 2.2, 2.2.1), and a shorter one would.
NIGHT = 4
LASTS_OVER = timedelta(hours=20)
# The longest that comes out of the two, in the night that the clocks are set back.
LASTS_AT_MOST = LASTS_OVER + timedelta(hours=25)
# How closely the last use is noted.
NOTED_EVERY = timedelta(minutes=5)
FEWEST_IDLE_MINUTES, MOST_IDLE_MINUTES = 2, 120
# Whoever holds one of these roles proves who they are twice, where the district's own sign-on doesn't do it.
PROVE_TWICE = ("program_manager", "equipment_manager")


class DeviceSession(Model):
    """Somebody signed in at a device, from then until it ends; of its key only a hash is kept."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    key_hash: Mapped[str]
    way: Mapped[str]
    # Whether they showed a second thing beside the password: a code, or a passkey.
    is_proven: Mapped[bool]
    is_shared: Mapped[bool]
    # "Chrome · Windows"; empty where the browser didn't say.
    device: Mapped[str]
    begun_at: Mapped[datetime]
    # The last time that something was saved from it: pages alone aren't noted, because a GET never writes.
    saved_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None]
    looking_id: Mapped[int | None] = mapped_column(ForeignKey("support_view.id"))

    person: Mapped[Person] = relationship()
    looking: Mapped[SupportView | None] = relationship()

    __table_args__ = (
        UniqueConstraint("key_hash"),
        CheckConstraint("way IN ('password', 'passkey', 'provider', 'demo')", name="way"),
        CheckConstraint(
            "(ended_at IS NULL AND ended_why IS NULL)"
            " OR (ended_at IS NOT NULL AND ended_why IS NOT NULL"
            " AND ended_why IN ('signed out', 'ended', 'password', 'second step', 'anew'))",
            name="end_has_its_reason",
        ),
        Index("ix_device_session_person", "district_id", "person_id", "ended_at"),
        Index("ix_device_session_begun_at", "begun_at"),
    )

    def lasts(self, now: datetime) -> bool:
        return self.ended_at is None and now < self.until

    @property
    def until(self) -> datetime:
        """When it is over by itself: the first night of the district that is more than LASTS_OVER away."""
        zone, earliest = self.person.district.timezone, self.begun_at + LASTS_OVER
        day = day_of(earliest, zone)
        tonight, next_night = (at_local(day + timedelta(days=n), NIGHT, 0, zone) for n in (0, 1))
        return tonight if tonight > earliest else next_night

    def owes_a_proof(self, standing: Standing) -> bool:
        """Whether a password alone is too little for what this person may do."""
        return self.way == "password" and not self.is_proven and standing.has(*PROVE_TWICE)


def _key_hash(person_id: int, key: str) -> str:
    """The key is 256 bits by chance, so a plain hash can't be turned back; with the person, so that it is theirs alone."""
    return hashlib.sha256(f"{person_id}:{key}".encode()).hexdigest()


# Asked at every request, so it is put together once.
_OPEN = (
    select(DeviceSession)
    .where(DeviceSession.key_hash == bindparam("key_hash"), DeviceSession.person_id == bindparam("person_id"))
    .where(DeviceSession.ended_at.is_(None))
    .options(joinedload(DeviceSession.person).joinedload(Person.district))
)


def open_session(person_id: int, key: str) -> DeviceSession | None:
    """The session of that key, with its person and their district; one statement."""
    return db.session.scalar(_OPEN, {"key_hash": _key_hash(person_id, key), "person_id": person_id})


def begin_session(person: Person, *, key: str, way: str, is_proven: bool, is_shared: bool, device: str, now: datetime) -> DeviceSession:
    begun = DeviceSession(
        district_id=person.district_id,
        person_id=person.id,
        key_hash=_key_hash(person.id, key),
        way=way,
        is_proven=is_proven,
        is_shared=is_shared,
        device=device,
        begun_at=now,
    )
    db.session.add(begun)
    db.session.flush()
    return begun


def end_session(session: DeviceSession, why: str, *, now: datetime) -> None:
    if session.ended_at is None:
        session.ended_at, session.ended_why = now, why
        db.session.flush()


def end_sessions(person: Person, why: str, *, now: datetime, keep: DeviceSession | None = None) -> None:
    """End all that are open, but the one to keep."""
    mine = (DeviceSession.district_id == person.district_id) & (DeviceSession.person_id == person.id)
    others = update(DeviceSession).where(mine, DeviceSession.ended_at.is_(None), DeviceSession.id != (keep.id if keep else 0))
    db.session.execute(others.values(ended_at=now, ended_why=why))


def open_sessions(person: Person, *, now: datetime) -> list[DeviceSession]:
    """Where the person is signed in, the latest first."""
    mine = (DeviceSession.district_id == person.district_id) & (DeviceSession.person_id == person.id)
    query = select(DeviceSession).where(mine, DeviceSession.ended_at.is_(None), DeviceSession.begun_at > now - LASTS_AT_MOST)
    found: Any = db.session.scalars(query.order_by(DeviceSession.begun_at.desc(), DeviceSession.id.desc())).all()
    return [one for one in found if one.lasts(now)]


def note_use(session: DeviceSession, *, now: datetime) -> None:
    """For a request that may save something: it rides along with what is saved, and is gone with what is not."""
    if session.saved_at is None or now - session.saved_at >= NOTED_EVERY:
        session.saved_at = now


def set_idle_minutes(district: District, minutes: int, *, by: Person, now: datetime) -> None:
    """How long a shared device waits before it signs out. Raises Refused for a time that is none."""
    if not FEWEST_IDLE_MINUTES <= minutes <= MOST_IDLE_MINUTES:
        raise Refused(N_("Choose from {fewest} to {most} minutes."), field="minutes", fewest=FEWEST_IDLE_MINUTES, most=MOST_IDLE_MINUTES)
    before, district.shared_idle_minutes = district.shared_idle_minutes, minutes
    db.session.flush()
    # A district has no district: the record is of the person who set it.
    history.record(by, "shared devices set", by, now, before=before, minutes=minutes)
