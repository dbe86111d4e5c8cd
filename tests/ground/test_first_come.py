"""SQLite's writers are let in in the order in which they came."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import OperationalError

from seminar.ground.db import prepare_engine
from seminar.ground.first_come import Line, begin_to_write
from tests.waiting import until

WRITERS = 12


@pytest.fixture
def path(tmp_path):
    with sqlite3.connect(tmp_path / "line.db") as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE came (n INTEGER)")
    connection.close()
    return tmp_path / "line.db"


@pytest.fixture
def engine(path):
    made = create_engine(f"sqlite:///{path}", pool_size=WRITERS)
    prepare_engine(made)
    yield made
    made.dispose()


@pytest.fixture
def another_process(path):
    """It holds the lock, and is in nobody's line."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.close()


def test_who_came_first_writes_first(engine, another_process):
    came = []

    def write(n):
        came.append(n)
        with engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO came VALUES (?)", (n,))

    with ThreadPoolExecutor(WRITERS) as pool:
        writing = []
        for n in range(WRITERS):
            writing.append(pool.submit(write, n))
            until(lambda n=n: n in came)
            # SQLite's own waiting sleeps for longer the longer it waits: the last to come would be let in first.
            time.sleep(0.03)
        another_process.execute("COMMIT")
        for one in writing:
            one.result()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT n FROM came ORDER BY rowid").scalars().all() == list(range(WRITERS))


def test_who_waits_too_long_is_refused_and_those_behind_go_on(path, another_process):
    line, plain = Line(), create_engine(f"sqlite:///{path}", poolclass=NullPool, connect_args={"isolation_level": None})

    def write(within_seconds):
        with plain.connect() as connection:
            begin_to_write(connection, line, within_seconds=within_seconds)

    with ThreadPoolExecutor(2) as pool:
        hasty, patient = pool.submit(write, 0.1), pool.submit(write, 10)
        with pytest.raises(OperationalError, match="database is locked"):
            hasty.result()
        another_process.execute("COMMIT")
        patient.result()


def test_what_else_waits_keeps_its_patience(engine):
    with engine.begin() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 10000
