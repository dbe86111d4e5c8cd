"""Which tables a page reads from end to end, by PostgreSQL's own account of each statement that the page really runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import Connection, Engine, event, text

from bench.sizes import Page
from bench.visitor import USER_AGENT, NoAnswer
from seminar.ground.db import db

# A table that has twice the demo's rows grows; under so many it is a few pages, which PostgreSQL rightly reads whole.
TWICE, FEW = 2, 1000


@dataclass(frozen=True)
class Scan:
    """A statement of the page reads all of the table."""

    page: str
    table: str
    rows: int
    statement: str


def rows_of(app: Flask) -> dict[str, int]:
    """By table, as counted when it was last analyzed."""
    with app.app_context():
        found = db.session.execute(text("SELECT relname, reltuples::bigint FROM pg_class WHERE relkind = 'r'"))
        return {name: int(rows) for name, rows in found}


def grown(rows: dict[str, int], demo_rows: dict[str, int]) -> set[str]:
    """The tables that grow with the district."""
    return {table for table, many in rows.items() if many > FEW and many > TWICE * demo_rows.get(table, 0)}


def sequential_scans(app: Flask, name: str, page: Page, demo_rows: dict[str, int]) -> list[Scan]:
    """Those of the page on tables that grow."""
    rows = rows_of(app)
    with app.app_context():
        engine = db.engine
    statements = _statements(app, engine, page)
    with engine.connect() as connection:
        read = [(table, statement) for statement, values in statements for table in read_whole(connection, statement, values)]
    return [Scan(name, table, rows[table], statement) for table, statement in dict.fromkeys(read) if table in grown(rows, demo_rows)]


def _statements(app: Flask, engine: Engine, page: Page) -> list[tuple[str, Any]]:
    """Each with its parameters, as the driver gets them, while the page is asked for in this process."""
    seen: list[tuple[str, Any]] = []

    def listen(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
        seen.append((statement, values))

    client = app.test_client()
    client.set_cookie("session", page.cookie)
    event.listen(engine, "before_cursor_execute", listen)
    try:
        answer = client.get(page.path, headers={"User-Agent": USER_AGENT})
    finally:
        event.remove(engine, "before_cursor_execute", listen)
    if answer.status_code != 200:
        raise NoAnswer(f"{page.path} answered {answer.status_code}")
    return seen


def read_whole(connection: Connection, statement: str, values: Any) -> Iterator[str]:
    """The tables that the statement reads from end to end."""
    if not statement.lstrip().upper().startswith(("SELECT", "WITH")):
        return
    (explained,) = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values).scalar_one()
    yield from _scanned(explained["Plan"])


def _scanned(node: dict[str, Any]) -> Iterator[str]:
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for below in node.get("Plans", []):
        yield from _scanned(below)
