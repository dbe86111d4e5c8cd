"""SQLite is backed up while people enroll, and the backup is proved by restoring it beside."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from seminar.people.person import Person
from seminar.series.series import Series
from tests.deep.backups import backed_up, rehearsed
from tests.deep.served import Served, Visitor, demo_district, signed_in

pytestmark = pytest.mark.deep


def enroll_in_each(visitor: Visitor, series_ids: list[int]) -> set[int]:
    return {visitor.post(f"/series/{series_id}/enrollment").status for series_id in series_ids}


def test_a_backup_made_while_people_enroll_holds_what_was_there_and_breaks_no_rule(tmp_path: Path) -> None:
    with demo_district() as served:
        served.start_web()
        with served.session() as session:
            session.execute(update(Series).values(seats=1000))
            closes = Series.enrollment_closes_at > datetime(2027, 3, 2, 17, tzinfo=UTC)
            series_ids = list(session.scalars(select(Series.id).where(closes)))
            emails = [email or "" for email in session.scalars(select(Person.email).where(Person.email.like("person%")).limit(8))]
            session.commit()
        first, *others = signed_in(served, emails)
        assert enroll_in_each(first, series_ids) <= {303, 409}
        before = rows_of(Path(served.database_url.removeprefix("sqlite:///")))
        with ThreadPoolExecutor(len(others)) as pool:
            going = [pool.submit(enroll_in_each, visitor, series_ids) for visitor in others]
            backups = [backed_up(served, tmp_path / str(n)) for n in range(3)]
            answers = set().union(*(one.result() for one in going))
        assert answers <= {303, 409}
        proved_and_refused(served, backups, before)


def proved_and_refused(served: Served, backups: list[Path], before: set[tuple[int, int]]) -> None:
    for backup in backups:
        assert before <= rows_of(backup / "makerpd.db")
    assert rehearsed(served, backups[-1])[0] == 0
    with closing(sqlite3.connect(backups[-1] / "makerpd.db")) as wrong:
        wrong.execute("UPDATE series SET seats_taken = 0")
        wrong.commit()
    assert rehearsed(served, backups[-1])[0] == 1


def rows_of(path: Path) -> set[tuple[int, int]]:
    with closing(sqlite3.connect(path)) as connection:
        return set(connection.execute("SELECT person_id, series_id FROM enrollment"))
