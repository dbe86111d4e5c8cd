"""No page and no round of the worker reads through a table that grows: there is an index for each question that they ask.

A small table is read through whatever there is, so PostgreSQL is told to do so only where nothing else is possible
(enable_seqscan). Of PostgreSQL alone: SQLite serves a district, and what it reads through there is small (tests/deep/conftest.py).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, event, select

from inventory.demo import district as demo
from inventory.demo.scaled import loading
from inventory.demo.scaled.size import Size
from inventory.reservation import Reservation
from seminar.commands import work_once
from seminar.ground.db import db
from seminar.people.device_session import begin_session
from seminar.people.person import Person
from seminar.series.series import Meeting, series_trainer
from seminar.skills.badge import Badge
from tests.conftest import ClockAt, empty

pytestmark = pytest.mark.deep
MOMENT = datetime(2027, 3, 2, 8, 30, tzinfo=ZoneInfo("America/Los_Angeles"))
SIZE = Size(schools=14, teachers=600, enrollments=1_300, loans=900)
GROWS = {
    *("person", "appointment", "award", "sign_off", "enrollment", "attendance", "meeting", "series", "series_trainer", "school"),
    *("reservation", "reservation_line", "item", "item_day", "gate_check", "history", "mail", "account", "coverage_target"),
}
PAGES = [
    ("teacher", "/"),
    ("contact", "/"),
    ("principal", "/"),
    ("trainer", "/"),
    ("coach", "/"),
    ("equipment", "/"),
    ("program", "/"),
    ("teacher", "/seminars"),
    ("teacher", "/seminars?page=3"),
    ("teacher", "/seminars?past=1"),
    ("teacher", "/seminars?open=1&season=summer&grades=K-5"),
    ("teacher", "/series/{series}"),
    ("teacher", "/my/learning"),
    ("trainer", "/teaching"),
    ("trainer", "/series/{series}/skills"),
    ("trainer", "/series/{series}/answers"),
    ("trainer", "/meetings/{meeting}/attendance"),
    ("teacher", "/staff"),
    ("teacher", "/staff?name=ngu"),
    ("teacher", "/staff?badge={badge}&name=tessa+nguyen"),
    ("principal", "/staff?badge={badge}"),
    ("program", "/staff?badge={badge}&grades=K-5"),
    ("coach", "/staff?badge={badge}&school=1"),
    ("principal", "/schools/1"),
    ("program", "/schools/9"),
    ("program", "/people/1"),
    ("contact", "/equipment"),
    ("contact", "/equipment/desktop-3d-printer"),
    ("equipment", "/equipment/desktop-3d-printer/edit"),
    ("contact", "/reservations/new"),
    ("contact", "/reservations/{reservation}"),
    ("equipment", "/depot"),
    ("contact", "/loans"),
    ("program", "/people"),
    ("program", "/people?search=ngu"),
    ("program", "/audit-trail"),
    ("program", "/program"),
    ("program", "/program?show=over"),
    ("program", "/mail"),
    ("program", "/settings/schools"),
    ("program", "/settings/targets"),
]
Asked = tuple[str, Any]


@pytest.fixture(scope="module")
def city(app) -> Iterator[dict[str, int]]:
    """The ids of what the pages are of."""
    before, app.extensions["makerpd_clock"] = app.extensions["makerpd_clock"], ClockAt(MOMENT)
    with app.app_context():
        loading.load_district(loading.place_of(demo.make(), loading.demo_hash()), SIZE)
        db.session.commit()
        loading.freshen()
        of_priya = select(series_trainer.c.series_id).join(Person).where(Person.email == "trainer@rivermark.example")
        meeting = db.session.scalars(select(Meeting).where(Meeting.series_id.in_(of_priya)).order_by(Meeting.starts_at.desc())).first()
        ids = {
            "series": meeting.series_id,
            "meeting": meeting.id,
            "badge": db.session.scalars(select(Badge.id).where(Badge.name == "3D Printing Operator")).one(),
            "reservation": db.session.scalars(
                select(Reservation.id).where(Reservation.school_id == 1).order_by(Reservation.id.desc())
            ).first(),
        }
        db.session.remove()
    yield ids
    with app.app_context():
        db.session.remove()
        empty()
    app.extensions["makerpd_clock"] = before


@contextmanager
def asked(app) -> Iterator[list[Asked]]:
    """What is asked of the database meanwhile."""
    found: list[Asked] = []
    with app.app_context():
        engine = db.engine

    def listener(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith("SELECT"):
            found.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", listener)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", listener)


def read_through(connection: Connection, statement: str, parameters: Any) -> set[str]:
    """The tables that the statement reads from end to end."""
    cursor = connection.connection.cursor()
    # Carried out, since a part of a plan may never be: what it would read doesn't count.
    cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF) {statement}", parameters)
    plan = "\n".join(row[0] for row in cursor.fetchall())
    return set(re.findall(r"(?m)Seq Scan on (\w+)(?!.*never executed)", plan)) & GROWS


def findings(app, of: list[Asked]) -> list[tuple[set[str], str]]:
    with app.app_context(), db.engine.connect() as connection:
        connection.exec_driver_sql("SET enable_seqscan = off")
        return [(tables, statement) for statement, parameters in of if (tables := read_through(connection, statement, parameters))]


def signed_in_as(app, name: str) -> Any:
    """A client of somebody of the demo, by the name of their account."""
    with app.app_context():
        person = db.session.scalars(select(Person).where(Person.email == f"{name}@rivermark.example")).one()
        begin_session(person, key=name, way="passkey", is_proven=True, is_shared=False, device="Firefox", now=MOMENT)
        person_id = person.id
        db.session.commit()
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = f"{person_id}:{name}"
    return client


def test_no_page_reads_through_a_table_that_grows(app, city) -> None:
    scanned, clients = {}, {name: signed_in_as(app, name) for name in {name for name, _ in PAGES}}
    for name, path in PAGES:
        client = clients[name]
        with asked(app) as statements:
            assert client.get(path.format(**city)).status_code == 200, path
        if found := findings(app, statements):
            scanned[f"{name} {path}"] = found
    assert scanned == {}


def test_no_round_of_the_worker_reads_through_a_table_that_grows(app, city) -> None:
    with asked(app) as statements, app.app_context():
        assert work_once(app) == []
    assert findings(app, statements) == []
