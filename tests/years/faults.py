"""How things go wrong: a death before a commit, two at the same moment, a worker that is killed on its way."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import sleep
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from seminar.ground.db import db

WAITED_MS = 1
# SQLite's second writer can't be seen to wait: so long is it given to come to the lock.
SQLITE_GIVES_SECONDS = 0.004


class Killed(BaseException):
    """The process ends here. No code of the product catches it, as none outlives a kill -9."""


_before_commit: Any = threading.local()


@event.listens_for(Session, "before_commit")
def _about_to_commit(_session: Any) -> None:
    act = getattr(_before_commit, "act", None)
    if act is not None:
        act()


@contextmanager
def before_commit(act: Callable[[], None]) -> Iterator[None]:
    """Do this whenever this thread is about to commit: all is written, and nobody knows."""
    _before_commit.act = act
    try:
        yield
    finally:
        _before_commit.act = None


@contextmanager
def killed_at_commit(number: int) -> Iterator[None]:
    """Die before the commit of that number, counted from 1. The connection goes with the process."""
    left = [number]

    def die() -> None:
        left[0] -= 1
        if left[0] == 0:
            _before_commit.act = None
            db.session.connection().invalidate()
            raise Killed

    with before_commit(die):
        yield


def wait_until_it_waits(rival: threading.Thread) -> None:
    """Until the other thread is done, or waits for a lock that is held here."""
    if db.engine.dialect.name == "sqlite":
        rival.join(SQLITE_GIVES_SECONDS)
        return
    waiting = text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
    with db.engine.connect() as connection:
        while rival.is_alive() and connection.execute(waiting).first() is None:
            connection.rollback()
            sleep(WAITED_MS / 1000)
