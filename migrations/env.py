"""How migrations run, on SQLite and PostgreSQL alike.

Alembic rebuilds a SQLite table to change it. With foreign keys on, that rebuild deletes the children of every
ON DELETE CASCADE, and it loses the table's triggers. So here: foreign keys are off before any transaction begins, all
of it runs in one outer transaction, every trigger is dropped before and made anew after, and a foreign key that leads
nowhere fails the whole migration.
"""

import time

from alembic import context
from flask import current_app
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from seminar.ground.db import UTCDateTime, db, lost_a_race, waited_too_long
from seminar.ground.triggers import drop_triggers, make_triggers

MIGRATING = 7_023_001
WAITS, PAUSE_SECONDS, TRIES = "1s", 2, 60


def render_type(kind: str, thing: object, _context: object) -> str | bool:
    return "seminar.ground.db.UTCDateTime()" if kind == "type" and isinstance(thing, UTCDateTime) else False


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_item=render_type,
        transaction_per_migration=False,
        **current_app.extensions["migrate"].configure_args,
    )
    drop_triggers(connection)
    context.run_migrations()
    make_triggers(connection)


def migrate_sqlite() -> None:
    with db.engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        raw.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                migrate(connection)
                dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                if dangling:
                    raise RuntimeError(f"The migration leaves foreign keys that lead nowhere: {dangling[:5]}")
        finally:
            raw.execute("PRAGMA foreign_keys=ON")


def migrate_postgresql() -> None:
    """While people are served. Each table that a migration waits for is one that everybody else waits for behind it: so it waits
    briefly, gives all of it up, and begins again a little later."""
    for turn in range(TRIES):
        try:
            with db.engine.begin() as connection:
                # Two processes that start at once migrate one after the other.
                connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATING})")
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAITS}'")
                migrate(connection)
            return
        except DBAPIError as error:
            if turn == TRIES - 1 or not (waited_too_long(error) or lost_a_race(error)):
                raise
            time.sleep(PAUSE_SECONDS)


if db.engine.dialect.name == "sqlite":
    migrate_sqlite()
else:
    migrate_postgresql()
