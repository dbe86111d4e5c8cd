"""`/healthz`: the process lives. `/readyz`: its database answers and is migrated, at least as far as this code asks.

While a new version is rolled out, the database is migrated first, and what still runs the old code goes on serving.
"""

from functools import lru_cache
from typing import Any

from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import Migrate
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from seminar.ground.db import db


def newest_migration(app: Flask) -> str | None:
    return _migrations(app).get_current_head()


@lru_cache
def not_yet(app: Flask) -> frozenset[str]:
    """The revisions that the database may be at while it still lacks something that this code asks for."""
    newest = newest_migration(app)
    return frozenset(one.revision for one in _migrations(app).walk_revisions() if one.revision != newest)


def _migrations(app: Flask) -> ScriptDirectory:
    migrate: Migrate = app.extensions["migrate"]
    return ScriptDirectory(migrate.directory)


def migrated_to() -> str | None:
    """The migration that the database is at; None where it was never migrated or doesn't answer."""
    try:
        return db.session.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except SQLAlchemyError:
        db.session.rollback()
        return None


def is_ready(app: Flask) -> bool:
    """Whether the database has all that this code asks for. A revision that it doesn't know is a later one's."""
    at = migrated_to()
    return at is not None and at not in not_yet(app)


def install(app: Flask) -> None:
    def healthz() -> tuple[str, int, dict[str, str]]:
        return "alive\n", 200, {"Content-Type": "text/plain; charset=utf-8"}

    def readyz() -> tuple[str, int, dict[str, str]]:
        ready = is_ready(app)
        sentence = "ready\n" if ready else "The database doesn't answer, or isn't migrated: run flask --app wsgi db upgrade.\n"
        return sentence, 200 if ready else 503, {"Content-Type": "text/plain; charset=utf-8"}

    for path, view in (("/healthz", healthz), ("/readyz", readyz)):
        app.add_url_rule(path, view.__name__, open_to_all(view))


def open_to_all(view: Any) -> Any:
    # The ground knows no access line; health is public by what it says.
    view.requires = None
    return view
