"""How migrations run, on SQLite and PostgreSQL alike.

Alembic rebuilds a SQLite table to change it. With foreign keys on, that rebuild deletes the children of every
ON DELETE CASCADE, and it loses the table's triggers. So here: foreign keys are off before any transaction begins, all
of it runs in one outer transaction, every trigger is dropped before and made anew after, and a foreign key that leads
nowhere fails the whole migration.
"""

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from seminar.ground.db import UTCDateTime, db
from seminar.ground.triggers import drop_triggers, make_triggers

MIGRATING = 7_023_001


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
    with db.engine.begin() as connection:
        # Two processes that start at once migrate one after the other.
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATING})")
        migrate(connection)


if db.engine.dialect.name == "sqlite":
    migrate_sqlite()
else:
    migrate_postgresql()
