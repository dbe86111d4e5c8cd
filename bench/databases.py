"""Where the bench keeps its rows: a PostgreSQL that loses nothing it has acknowledged, shared by all that is compared; and files
for SQLite."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import NullPool, create_engine, make_url

from seminar.ground.db import engine_url
from tests.databases import database_beside, running_postgresql

# As durable as PostgreSQL is by itself: fsync, synchronous_commit and full_page_writes stay on. Room for what is loaded, and
# nothing that would tell the two contestants apart.
DURABLE = "-c max_connections=200 -c shared_buffers=1GB -c max_wal_size=8GB -c maintenance_work_mem=256MB"


@contextmanager
def postgresql() -> Iterator[str]:
    """The server of DATABASE_URL, where its databases are made and dropped again; else one of our own."""
    given = os.environ.get("DATABASE_URL", "")
    if not given:
        with running_postgresql(DURABLE) as url:
            yield url
        return
    if make_url(given).get_backend_name() not in ("postgresql", "postgres"):
        sys.exit(f"DATABASE_URL is {given}; the bench makes its databases on a PostgreSQL server. Leave it out, and it starts one.")
    yield given


@contextmanager
def database(server: str) -> Iterator[str]:
    """The URL of an empty database on that server; or a file, where the server is 'sqlite'."""
    if server == "sqlite":
        with TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/bench.db"
        return
    with database_beside(server, Path()) as url:
        yield url


def execute(url: str, *statements: str) -> None:
    """Outside of a transaction, as VACUUM asks for."""
    engine = create_engine(engine_url(url), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def version(url: str) -> str:
    """As in 'PostgreSQL 15.8'."""
    with create_engine(engine_url(url), poolclass=NullPool).connect() as connection:
        return f"PostgreSQL {connection.exec_driver_sql('SHOW server_version').scalar_one().split()[0]}"
