"""What the migrations make is what the models declare, triggers included, on both databases."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from seminar.ground.db import db
from seminar.ground.triggers import TRIGGERS, triggers_there


def can_be_compared(_object, name, _kind, _reflected, _compared_to):
    """Alembic can't compare an expression; that this index is there, and serves, tests/deep/test_plans.py says."""
    return name != "ix_person_words"


def test_the_migrations_make_the_models_schema(db_session):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": can_be_compared})
        assert compare_metadata(context, db.metadata) == []


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
