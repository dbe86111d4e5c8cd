"""A database of each kind for the tests: a file for SQLite, and a PostgreSQL of our own for the other."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, make_url

from seminar.ground.db import engine_url

KIND = os.environ.get("TEST_DATABASE", "sqlite")
# For pages whose rules have tests of their own: in `make test` they are asked for on SQLite alone, in the deep run on PostgreSQL too.
POSTGRESQL_IN_THE_DEEP_RUN = [pytest.mark.deep] if KIND == "postgresql" else []
FAST = "-F -c full_page_writes=off -c synchronous_commit=off -c max_connections=200"


@contextmanager
def running_database(on: Path | None = None) -> Iterator[str]:
    """The URL of an empty database of the kind that TEST_DATABASE names, stopped and removed at the end; its files are made in the
    folder `on`, where it is given."""
    if KIND == "postgresql":
        with running_postgresql(on=on) as url:
            yield url
        return
    with tempfile.TemporaryDirectory(dir=on) as folder:
        yield f"sqlite:///{folder}/test.db"


@contextmanager
def running_postgresql(settings: str = FAST, on: Path | None = None) -> Iterator[str]:
    """The machine's own where there is one, with these settings, else PyPI's pgserver, which has its own."""
    binaries = postgresql_binaries()
    if binaries is None:
        with _pgserver(on) as url:
            yield url
        return
    with tempfile.TemporaryDirectory(dir=on) as folder:
        owner = owner_of(folder)
        data, port = Path(folder) / "data", free_port()
        run_as(owner, [str(binaries / "initdb"), "-D", str(data), "-U", "makerpd", "-A", "trust", "-E", "UTF8", "--no-sync"])
        options = f"{settings} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -p {port}"
        control = [str(binaries / "pg_ctl"), "-D", str(data)]
        run_as(owner, [*control, "-w", "-o", options, "-l", str(Path(folder) / "log"), "start"])
        try:
            yield f"postgresql://makerpd@127.0.0.1:{port}/postgres"
        finally:
            run_as(owner, [*control, "-m", "immediate", "stop"])


@contextmanager
def database_beside(url: str, folder: Path) -> Iterator[str]:
    """The URL of another empty database: a file in the folder, or one more on the same PostgreSQL."""
    if make_url(url).get_backend_name() == "sqlite":
        yield f"sqlite:///{folder}/beside.db"
        return
    engine = create_engine(engine_url(url), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    name = f"beside_{secrets.token_hex(4)}"
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield make_url(url).set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def postgresql_binaries() -> Path | None:
    """Debian keeps them beside each other, off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    on_path = shutil.which("initdb")
    first = found[0] if found else Path(on_path) if on_path else None
    return first.parent if first is not None and (first.parent / "pg_ctl").exists() else None


def owner_of(folder: str) -> str | None:
    """PostgreSQL doesn't run as root: somebody else owns its folder then."""
    if os.geteuid() != 0:
        return None
    name = next(name for name in ("postgres", "nobody") if any(entry.pw_name == name for entry in pwd.getpwall()))
    shutil.chown(folder, name)
    return name


def run_as(owner: str | None, command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, user=owner, cwd="/")


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


@contextmanager
def _pgserver(on: Path | None) -> Iterator[str]:
    import pgserver

    with tempfile.TemporaryDirectory(dir=on) as folder:
        server = pgserver.get_server(folder)
        try:
            yield server.get_uri()
        finally:
            server.cleanup()
