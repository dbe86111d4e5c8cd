"""When a round of the whole installation was last done, and what it found: for who watches over it, not for people.

The worker notes each of its turns, with the rounds that failed; the audit notes itself, with the rows that break a rule.
"""

from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from seminar.ground.db import Model, db


class RoundDone(Model):
    """The last time that the round was done, by whichever process."""

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    found: Mapped[int]


def note(name: str, *, found: int, now: datetime) -> None:
    """Write down that the round was done. Flushes."""
    made = (sqlite.insert if db.session.get_bind().dialect.name == "sqlite" else postgresql.insert)(RoundDone)
    newer = {"at": made.excluded.at, "found": made.excluded.found}
    db.session.execute(made.on_conflict_do_update(index_elements=["name"], set_=newer), [{"name": name, "at": now, "found": found}])


def last(name: str) -> datetime | None:
    """When the round was last done."""
    done = db.session.get(RoundDone, name)
    return done.at if done else None
