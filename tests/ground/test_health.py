"""`/readyz` while a new version is rolled out: the database is migrated first, and the old code goes on serving."""

import pytest
from sqlalchemy import text

from seminar.ground.db import db
from seminar.ground.health import newest_migration


@pytest.mark.parametrize(("at", "status"), [("year", 503), ("of a later version", 200)])
def test_a_process_is_ready_unless_the_database_lacks_a_migration_of_its_own(clean, at, status):
    client = clean.test_client()
    assert client.get("/readyz").status_code == 200
    migrate_to(clean, at)
    try:
        assert client.get("/readyz").status_code == status
    finally:
        migrate_to(clean, newest_migration(clean))


def migrate_to(app, revision):
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
