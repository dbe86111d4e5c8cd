"""SQLite's one writer at a time, first come, first served.

SQLite's own waiting is not fair: whoever waits sleeps, ever longer, and whoever comes at the right moment is let in before them,
so that under a crowd a few wait until their time is up. Here the threads of a process stand in a line, and only its first one
asks, every few milliseconds; between processes, which are few, chance is fair enough. A process that dies holds up nobody:
the lock itself stays SQLite's.
"""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

ASKS_EVERY_SECONDS = 0.002


class Line:
    """The threads of this process that wait to write."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._waiting: deque[Event] = deque()

    @contextmanager
    def turn(self, deadline: float) -> Iterator[None]:
        """Wait to be the first; when it takes until the deadline, go on without."""
        mine = Event()
        with self._guard:
            self._waiting.append(mine)
            self._waiting[0].set()
        try:
            mine.wait(deadline - time.monotonic())
            yield
        finally:
            with self._guard:
                self._waiting.remove(mine)
                if self._waiting:
                    self._waiting[0].set()


def begin_to_write(connection: Connection, line: Line, *, within_seconds: float) -> None:
    """Open a transaction that holds SQLite's write lock; its "database is locked" where that takes longer."""
    deadline = time.monotonic() + within_seconds
    with line.turn(deadline), _asking_only_once(connection):
        while not _has_begun(connection, deadline):
            time.sleep(ASKS_EVERY_SECONDS)


def _has_begun(connection: Connection, deadline: float) -> bool:
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except OperationalError as error:
        if time.monotonic() >= deadline or "database is locked" not in str(error.orig):
            raise
        return False
    return True


@contextmanager
def _asking_only_once(connection: Connection) -> Iterator[None]:
    """What waits otherwise, such as a reader while a log is recovered, waits as SQLite does."""
    driver: Any = connection.connection.driver_connection
    (before,) = driver.execute("PRAGMA busy_timeout").fetchone()
    driver.execute("PRAGMA busy_timeout=0")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA busy_timeout={before}")
