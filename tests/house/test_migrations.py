"""Migrations lose nothing: a full database of the first revision goes up to the newest one, and none that fails leaves a trace."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, inspect, select, table, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from seminar.ground import triggers
from seminar.ground.db import db
from seminar.ground.health import newest_migration
from seminar.ground.outbox import Mail, values_of
from seminar.ground.triggers import TRIGGERS
from tests.databases import database_beside
from wsgi import create_app

ROOT = Path(__file__).resolve().parents[2]
FIRST = "98b1df7049b9"
ROWS = Path(__file__).with_name("first.sql")
# Made on the spot, to see what migrations/env.py does around any migration.
MADE_UP = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "made_up", "{newest}", None, None

def upgrade():
    {does}
"""
# On SQLite Alembic rebuilds the table, with all that refers to it; PostgreSQL changes it in place.
REBUILD = """connection = op.get_bind()
    for name in sa.inspect(connection).get_table_names():
        if name != "alembic_version":
            with op.batch_alter_table(name, recreate="always" if connection.dialect.name == "sqlite" else "auto") as batch:
                batch.add_column(sa.Column("made_up", sa.Integer()))"""
ORPHAN = """op.execute("DELETE FROM coverage_target")
    op.execute("DELETE FROM series WHERE id = 1")"""
DANGLING = {
    "sqlite": "PRAGMA foreign_key_check",
    "postgresql": "SELECT conname FROM pg_constraint WHERE contype = 'f' AND NOT convalidated",
}
LISTED = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
}


@dataclass(frozen=True)
class Migrated:
    """An application whose database went from the first revision to the newest, with the rows per table before and after."""

    app: Flask
    before: dict[str, int]
    after: dict[str, int]


@contextmanager
def an_old_database(app: Flask, folder: Path) -> Iterator[Migrated]:
    with database_beside(app.config["SETTINGS"].database_url, folder) as url:
        old = create_app(replace(app.config["SETTINGS"], database_url=url))
        with old.app_context():
            fill_the_first()
            before = rows_per_table()
            upgrade()
            yield Migrated(old, before, rows_per_table())
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(scope="module")
def migrated(app: Flask, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Migrated]:
    """One for all that only look at it."""
    with an_old_database(app, tmp_path_factory.mktemp("old")) as migrated:
        yield migrated


@pytest.fixture
def another(app: Flask, tmp_path: Path) -> Iterator[Migrated]:
    with an_old_database(app, tmp_path) as another:
        yield another


def fill_the_first() -> None:
    """The tables of the first revision with rows in them, and without triggers: today's may speak of columns of later ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(triggers, "TRIGGERS", [])
        upgrade(revision=FIRST)
    with db.engine.begin() as connection:
        for statement in ROWS.read_text().split(";\n"):
            if statement.strip():
                connection.exec_driver_sql(statement)


def rows_per_table() -> dict[str, int]:
    with db.engine.connect() as connection:
        names = set(inspect(connection).get_table_names()) - {"alembic_version"}
        return {name: connection.scalar(select(func.count()).select_from(table(name))) or 0 for name in sorted(names)}


def asked(listing: dict[str, str]) -> list[str]:
    with db.engine.connect() as connection:
        return sorted(str(row[0]) for row in connection.execute(text(listing[connection.dialect.name])))


def migrate_by(does: str, folder: Path, app: Flask) -> None:
    """Run a migration after the newest one that does this."""
    copy = shutil.copytree(ROOT / "migrations", folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "versions" / "made_up.py").write_text(MADE_UP.format(newest=newest_migration(app), does=does))
    upgrade(directory=str(copy))


def test_the_first_revision_has_a_row_in_every_table(migrated):
    assert len(migrated.before) == 34
    assert [name for name, rows in migrated.before.items() if rows == 0] == []


def test_no_row_is_lost_on_the_way_to_the_newest(migrated):
    assert {name: migrated.after.get(name) for name in migrated.before} == migrated.before


def test_mail_that_waits_can_still_be_written(migrated):
    waiting = db.session.scalars(select(Mail.context).where(Mail.state == "waiting")).one()
    db.session.rollback()
    assert values_of(waiting) == {"series_id": 1, "title": "Robotics", "starts_at": datetime(2027, 3, 2, 16, tzinfo=UTC)}


def test_no_foreign_key_leads_nowhere(migrated):
    assert asked(DANGLING) == []


def test_every_trigger_is_there_afterwards(migrated):
    assert asked(LISTED) == sorted(trigger.name for trigger in TRIGGERS)


@pytest.mark.parametrize("sql", ["UPDATE history SET what = 'nothing'", "DELETE FROM history"])
def test_the_audit_trail_is_append_only_afterwards(migrated, sql):
    with pytest.raises(DBAPIError, match="history is append-only"), db.engine.begin() as connection:
        connection.execute(text(sql))


def test_a_seat_is_counted_and_refused_afterwards(migrated):
    again = text(
        "INSERT INTO enrollment (district_id, series_id, person_id, state, state_since, created_at)"
        " VALUES (1, 1, 3, 'enrolled', '2027-02-01 16:30:00', '2027-02-01 16:30:00')"
    )
    with pytest.raises(IntegrityError, match="ck_series_seats"), db.engine.begin() as connection:
        connection.execute(again)


def test_a_row_without_its_parent_is_refused_afterwards(migrated):
    with pytest.raises(IntegrityError), db.engine.begin() as connection:
        connection.execute(text("INSERT INTO series_trainer (series_id, person_id) VALUES (1, 999)"))


def test_a_migration_that_orphans_rows_changes_nothing(another, tmp_path):
    # Flask-Migrate turns the sentence of env.py into the command's exit; PostgreSQL refuses by itself.
    with pytest.raises((SystemExit, IntegrityError)):
        migrate_by(ORPHAN, tmp_path, another.app)
    assert rows_per_table() == another.after
    assert asked(LISTED) == sorted(trigger.name for trigger in TRIGGERS)


def test_a_migration_that_rebuilds_every_table_loses_nothing(another, tmp_path):
    migrate_by(REBUILD, tmp_path, another.app)
    assert rows_per_table() == another.after
    assert asked(DANGLING) == []
    assert asked(LISTED) == sorted(trigger.name for trigger in TRIGGERS)
