"""A GET changes nothing: the whole database reads the same after every page, whoever opens it, and no statement even tries."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event, select, update

from seminar.ground.db import db
from seminar.people.person import Person
from tests.pages.doors import EVERYBODY, IN, a_full_district, client_of, may_open, pages_of

# On SQLite, BEGIN IMMEDIATE waits for whoever writes; reads take the plain one.
WRITES = re.compile(r"\s*(BEGIN IMMEDIATE|INSERT|UPDATE|DELETE|MERGE|TRUNCATE|CREATE|ALTER|DROP)\b|.*\bFOR\b.*\bUPDATE\b", re.I | re.S)


def fingerprint(app: Flask) -> dict[str, tuple[int, str]]:
    """By table, how many rows it has, and a hash of all that is in them."""
    with app.app_context(), db.engine.connect() as connection:
        rows = {table.name: sorted(repr(tuple(row)) for row in connection.execute(select(table))) for table in db.metadata.sorted_tables}
    return {name: (len(found), hashlib.sha256("\n".join(found).encode()).hexdigest()) for name, found in rows.items()}


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """What is sent to the database meanwhile."""
    sent: list[str] = []

    def note(*args: object) -> None:
        sent.append(str(args[2]))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("name", [*EVERYBODY, "nobody"])
def test_no_page_changes_a_row(clean, name):
    with clean.app_context():
        ids, keys = a_full_district()
    before, tried = fingerprint(clean), []
    for url in [url for rule, url in pages_of(clean, ids) if may_open(rule, name)]:
        with statements(clean) as sent:
            assert client_of(clean, keys.get(name)).get(url).status_code in IN, url
        tried += [(url, sql) for sql in sent if WRITES.match(sql)]
    after = fingerprint(clean)
    assert tried == []
    assert [table for table in before if after[table] != before[table]] == []


def test_a_change_of_any_kind_shows(clean):
    with clean.app_context():
        ids, _ = a_full_district()
    before = fingerprint(clean)
    with clean.app_context(), statements(clean) as sent:
        db.session.execute(update(Person).where(Person.id == ids["person_id"]).values(theme="dark"))
        db.session.commit()
    after = fingerprint(clean)
    assert [table for table in before if after[table] != before[table]] == ["person"]
    assert before["history"][0] > 0
    assert sent and all(WRITES.match(sql) for sql in sent)
