"""What the migrations make is what the models declare, triggers included, on both databases."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from seminar.ground.db import db
from seminar.ground.triggers import TRIGGERS, triggers_there


def test_the_migrations_make_the_models_schema(db_session):
    with db.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), db.metadata) == []


def test_every_trigger_is_there(db_session):
    with db.engine.connect() as connection:
        assert triggers_there(connection) == {trigger.name for trigger in TRIGGERS}


def test_every_check_is_there(db_session):
    declared = {c.name for table in db.metadata.tables.values() for c in table.constraints if type(c).__name__ == "CheckConstraint"}
    listed = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'table'",
        "postgresql": "SELECT conname FROM pg_constraint WHERE contype = 'c'",
    }
    with db.engine.connect() as connection:
        text_of_all = " ".join(row[0] for row in connection.execute(text(listed[connection.dialect.name])))
    assert [name for name in sorted(declared) if name not in text_of_all] == []
