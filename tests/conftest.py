"""The application under test, on the database that TEST_DATABASE names, migrated once and emptied between tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import event

from seminar.ground.db import db
from seminar.ground.settings import Settings
from seminar.ground.triggers import TRIGGERS
from tests.cast import NOW
from tests.databases import running_database
from tests.hashing import hash_in_no_time
from tests.pages.reader import Reader
from wsgi import create_app

hash_in_no_time()


class ClockAt:
    """A clock that stands where the tests put it."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with an_application(Path(tmp_path_factory.mktemp("mail"))) as made:
        yield made


@contextmanager
def an_application(mail_folder: Path) -> Iterator[Flask]:
    """The application on a database of its own, migrated."""
    with running_database() as url:
        settings = Settings(
            database_url=url,
            secret_key="only-for-tests-" * 4,
            base_url="http://localhost",
            smtp_url=None,
            log_level="ERROR",
            demo=False,
            demo_starts=None,
            started=None,
            mail_folder=mail_folder,
        )
        app = create_app(settings)
        app.config["WTF_CSRF_ENABLED"] = False
        app.test_client_class = Reader
        app.extensions["makerpd_clock"] = ClockAt(NOW)
        with app.app_context():
            if db.engine.dialect.name == "sqlite":
                event.listen(db.engine, "connect", _in_an_order_that_nobody_asked_for)
            upgrade()
            db.session.remove()
        yield app
        with app.app_context():
            db.engine.dispose()


def _in_an_order_that_nobody_asked_for(connection: Any, _record: Any) -> None:
    """Rows come in any order unless one is asked for. PostgreSQL shows it now and then, so SQLite does each time."""
    connection.execute("PRAGMA reverse_unordered_selects = ON")


@pytest.fixture
def clean(app: Flask) -> Iterator[Flask]:
    """The application with an empty database."""
    yield app
    with app.app_context():
        db.session.remove()
        empty()


def empty() -> None:
    """Delete every row; the append-only triggers are off meanwhile."""
    names = [table.name for table in reversed(db.metadata.sorted_tables)]
    with db.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            # One round trip, and no new file for each table and index, as TRUNCATE makes them: an eighth of its time.
            deleting = "; ".join(f"DELETE FROM {name}" for name in names)
            connection.exec_driver_sql(f"SET LOCAL session_replication_role = replica; {deleting}; {ANEW}")
            return
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        filled = [name for (name,) in connection.exec_driver_sql(_filled(names))]
        triggers = [trigger for trigger in TRIGGERS if trigger.table in filled]
        for trigger in triggers:
            connection.exec_driver_sql(f"DROP TRIGGER {trigger.name}")
        for name in filled:
            connection.exec_driver_sql(f"DELETE FROM {name}")
        for trigger in triggers:
            connection.exec_driver_sql(trigger.sqlite)


def _filled(names: list[str]) -> str:
    """Which of the tables have rows: most have none, and a trigger that is made anew has every connection read the schema again."""
    return " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in names)


# Every sequence counts from its beginning again.
ANEW = "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'"


@pytest.fixture
def db_session(clean: Flask):
    """A session in an application context, for rules without HTTP."""
    with clean.app_context():
        yield db.session
        db.session.rollback()
