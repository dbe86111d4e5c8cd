"""Rows by the hundred thousand: COPY on PostgreSQL, executemany on SQLite, under every constraint and trigger that is there."""

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

from sqlalchemy import Table, func, select, text

from seminar.ground.db import db

Row = dict[str, Any]


class Book:
    """Rows that wait to be written, table by table; each gets its id at once, so that others can refer to it."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Row]] = {}
        self._last_id: dict[str, int] = {}

    def add(self, table: str, row: Row) -> int:
        """Answers the row's id."""
        number = row["id"] = self._next_id(table)
        self.put(table, row)
        return number

    def put(self, table: str, row: Row) -> None:
        """A row of a table whose key is other rows'."""
        self._rows.setdefault(table, []).append(row)

    def _next_id(self, table: str) -> int:
        if table not in self._last_id:
            self._last_id[table] = db.session.scalar(select(func.max(db.metadata.tables[table].c.id))) or 0
        self._last_id[table] += 1
        return self._last_id[table]

    def write(self) -> None:
        """Everything that waits, what is referred to before what refers to it."""
        for table in db.metadata.sorted_tables:
            rows = self._rows.pop(table.name, None)
            if rows:
                bulk(table, rows)

    def close(self) -> None:
        """Write the rest, and have PostgreSQL count on from the last ids."""
        self.write()
        if db.session.get_bind().dialect.name == "postgresql":
            for name in self._last_id:
                sequence = f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))"
                db.session.execute(text(sequence))


def bulk(table: Table, rows: Iterable[Row]) -> None:
    """Insert the rows into the table, in the session's transaction. What a row leaves out is its column's plain default."""
    connection = db.session.connection()
    dialect = connection.dialect
    columns = list(table.columns)
    defaults = {column.name: column.default.arg for column in columns if column.default is not None and column.default.is_scalar}  # type: ignore[attr-defined]
    processors = [(column.name, column.type.dialect_impl(dialect).bind_processor(dialect)) for column in columns]
    adapted: list[tuple[str, Callable[[Any], Any]]] = [(name, adapt) for name, adapt in processors if adapt is not None]
    values = itemgetter(*(column.name for column in columns))
    blank: Row = dict.fromkeys(column.name for column in columns) | defaults

    def ready(row: Row) -> tuple[Any, ...]:
        whole = blank | row
        for name, adapt in adapted:
            if whole[name] is not None:
                whole[name] = adapt(whole[name])
        found: tuple[Any, ...] = values(whole)
        return found

    names = ", ".join(f'"{column.name}"' for column in columns)
    cursor = connection.connection.cursor()
    if dialect.name == "postgresql":
        with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copying:
            for row in rows:
                copying.write_row(ready(row))
    else:
        marks = ", ".join("?" * len(columns))
        cursor.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", [ready(row) for row in rows])
    cursor.close()
