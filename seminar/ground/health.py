"""`/healthz`: the process lives. `/readyz`: its database answers and is migrated."""

from typing import Any

from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import Migrate
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from seminar.ground.db import db


def newest_migration(app: Flask) -> str | None:
    migrate: Migrate = app.extensions["migrate"]
    return ScriptDirectory(migrate.directory).get_current_head()


def migrated_to() -> str | None:
    """The migration that the database is at; None where it was never migrated or doesn't answer."""
    try:
        return db.session.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except SQLAlchemyError:
        db.session.rollback()
        return None


def install(app: Flask) -> None:
    newest: list[str | None] = []

    def healthz() -> tuple[str, int, dict[str, str]]:
        return "alive\n", 200, {"Content-Type": "text/plain; charset=utf-8"}

    def readyz() -> tuple[str, int, dict[str, str]]:
        if not newest:
            newest.append(newest_migration(app))
        ready = newest[0] is not None and migrated_to() == newest[0]
        sentence = "ready\n" if ready else "The database doesn't answer, or isn't migrated: run flask --app wsgi db upgrade.\n"
        return sentence, 200 if ready else 503, {"Content-Type": "text/plain; charset=utf-8"}

    for path, view in (("/healthz", healthz), ("/readyz", readyz)):
        app.add_url_rule(path, view.__name__, open_to_all(view))


def open_to_all(view: Any) -> Any:
    # The ground knows no access line; health is public by what it says.
    view.requires = None
    return view
