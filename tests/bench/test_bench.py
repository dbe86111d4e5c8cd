"""The parts of the bench work, on a tiny run: what they find is exact where it can be, and how fast it was is nobody's matter here."""

import json

import pytest
from sqlalchemy import create_engine, func, select

from bench import report
from bench.crowd import a_crowd, series_of
from bench.databases import database, execute
from bench.enrollments import Contestant, Load
from bench.figures import figure, rate
from bench.footprint import Load as Readings
from bench.footprint import memory_of
from bench.pages import time_page
from bench.plans import grown, read_whole
from bench.served import flask
from bench.sizes import Loaded, served_at
from seminar.ground.db import db, engine_url
from seminar.ground.outbox import Mail
from seminar.series.enrollment import Enrollment
from tests.databases import KIND, running_database, running_postgresql

TINY = Load(turns=1, enrollments=8, clients=4, crowds=1, people=6, seats=2, series=3)


@pytest.fixture(scope="module")
def district():
    """The demo's, served."""
    with running_database() as server, database("sqlite" if KIND == "sqlite" else server) as url:
        flask(url, "prepare")
        with served_at([Loaded("demo", url, 0.0)]) as (size,):
            yield size


@pytest.mark.deep
def test_the_clients_enroll_through_the_real_pages(district):
    series = series_of(district.app, TINY.series, 100)
    turn = Contestant("MakerPD", district.served, a_crowd(district.app, TINY.people), series).steady_turn(TINY)
    with district.app.app_context():
        enrolled = select(Enrollment.id).where(Enrollment.series_id.in_(series), Enrollment.state == "enrolled")
        ids = [str(number) for number in db.session.scalars(enrolled)]
        waiting = db.session.scalar(select(func.count()).where(Mail.kind == "enrolled", Mail.key.in_(ids), Mail.state == "waiting"))
    assert (turn.enrolled, len(turn.waits), len(ids), waiting) == (8, 8, 8, 8)
    assert turn.web_seconds > 0


@pytest.mark.deep
def test_a_crowd_gets_as_many_seats_as_there_are(district):
    (series_id,) = series_of(district.app, 1, TINY.seats)
    turn = Contestant("MakerPD", district.served, a_crowd(district.app, TINY.people), [series_id]).crowded_turn(TINY, series_id)
    assert (turn.enrolled, len(turn.waits)) == (2, 6)


@pytest.mark.deep
def test_each_page_is_shown_to_who_asks_for_it(district):
    for name in district.pages:
        here, there = time_page(name, [district, district], 1, warm=0)
        assert there.times.median == there.seconds.median / here.seconds.median


@pytest.mark.deep
def test_a_worker_has_memory_of_its_own_and_shares_some(district):
    pages = [(page.path, page.cookie) for page in district.pages.values()]
    taken = memory_of("MakerPD", district.served, pages, Readings(readings=2, requests=4))
    assert 0 < taken.own.median < taken.resident.median


def test_postgresql_says_which_tables_a_statement_reads_whole():
    with running_postgresql() as url:
        execute(url, "CREATE TABLE plank (id int PRIMARY KEY, mm int)", "INSERT INTO plank SELECT n, n FROM generate_series(1, 5000) n")
        execute(url, "ANALYZE plank")
        with create_engine(engine_url(url)).connect() as connection:
            whole, found = (f"SELECT * FROM plank WHERE {column} = %(n)s" for column in ("mm", "id"))
            assert list(read_whole(connection, whole, {"n": 3})) == ["plank"]
            assert list(read_whole(connection, f"SELECT count(*) FROM ({whole}) AS found", {"n": 3})) == ["plank"]
            assert list(read_whole(connection, found, {"n": 3})) == []
            assert list(read_whole(connection, "SAVEPOINT here", None)) == []


def test_a_table_grows_with_the_district_when_it_is_neither_small_nor_as_it_was():
    assert grown({"person": 5000, "badge": 400, "day": 2000}, {"person": 240, "badge": 20, "day": 1500}) == {"person"}


def test_what_95_of_100_stayed_within_was_measured():
    assert (figure(range(1, 101)).median, figure(range(1, 101)).p95, rate(range(1, 101)).p95) == (50.5, 95, 5)
    assert (figure([7]).p95, rate([7]).p95) == (7, 7)


def test_the_readme_says_what_was_measured():
    readme = report.README.read_text()
    assert report.with_table(readme, report.table_of(report.RESULTS)) == readme


def test_what_is_measured_is_written_where_it_is_read(tmp_path):
    """As JSON, as a page of its own and between the marks of the README."""
    readme = tmp_path / "README.md"
    readme.write_text(f"# Readme\n\n{report.BEGINS}{report.ENDS}\nThe rest.\n")
    measured = what_was_measured()
    report.save(measured, tmp_path / "results", readme)
    table = report.as_markdown(measured)
    assert json.loads((tmp_path / "results" / "results.json").read_text()) == measured
    assert (tmp_path / "results" / "results.md").read_text().endswith(table)
    assert readme.read_text() == f"# Readme\n\n{report.BEGINS}\n{table}\n{report.ENDS}\nThe rest.\n"
    assert "| SQLite | 16 clients | 70 (60) | 100 (90) | 70% (60%) | 200 (300) | 100 (150) | 9.0 | 8.0 | 4%, 5% |" in table
    assert "| depot | 100 (200) | 100 (200) | 1.49 (1.49) |" in table
    assert "Loaded, two at a time: demo in 0.1 minutes, city in 2.0 minutes." in table
    assert "| bare.py | 50 (60) | 40, 55 after 2,000 requests | 60 (70) | 1 (2) |" in table


def a_figure(median, p95=None):
    return {"median": median, "p95": median if p95 is None else p95, "of": 50}


def what_was_measured(*, share=0.7, times=1.49, scans=()):
    """Enrollments on one database, and two pages at a city's size."""
    waits = {"product_wait": a_figure(0.2, 0.3), "bare_wait": a_figure(0.1, 0.15)}
    spent = {"product_client": 0.04, "bare_client": 0.05, "product_web_ms": 9.0, "bare_web_ms": 8.0}
    enrolled = {"product": a_figure(70, 60), "bare": a_figure(100, 90), "share": a_figure(share, 0.6), **waits, **spent}
    row = {"database": "SQLite", "load": {"clients": 16, "people": 600, "seats": 200}, "steady": enrolled, "crowd": enrolled}
    both = [(page, size) for page in ("depot", "catalog") for size in ("demo", "city")]
    pages = [{"page": page, "size": size, "seconds": a_figure(0.1, 0.2), "times": a_figure(times)} for page, size in both]
    taken = {"first_own": 40 * report.MIB, "last_own": 55 * report.MIB, "requests": 2000}
    taken |= {"own": a_figure(50 * report.MIB, 60 * report.MIB), "resident": a_figure(60 * report.MIB, 70 * report.MIB)}
    return {
        "day": "2027-03-02",
        "minutes": 25.0,
        "machine": {"processors": 2, "busy": 0.1, "python": "3.11.7", "postgresql": "PostgreSQL 15.8"},
        "enrollments": [row],
        "pages": {"loading": {"demo": 6.0, "city": 120.0}, "timed": pages, "scans": {"city": list(scans)}},
        "footprint": {"product": taken, "bare": taken, "product_start": a_figure(3, 4), "bare_start": a_figure(1, 2)},
    }


def test_aims_that_are_just_met_are_met():
    assert report.verdict(what_was_measured()) == "5 of 5 aims are met"


def test_each_aim_that_is_missed_is_named():
    scans = [{"page": page, "table": "item_day", "rows": 9000, "statement": "SELECT 1"} for page in ("depot", "depot", "equipment")]
    verdict = report.verdict(what_was_measured(share=0.69, times=1.5, scans=scans))
    assert verdict.split("; ") == [
        "0 of 5 aims are met",
        "missed: 16 clients on SQLite: 69% of bare.py's rate, of 70%",
        "600 people for 200 seats on SQLite: 69% of bare.py's rate, of 70%",
        "depot at city size: 1.50 times the demo's time, of 1.5",
        "catalog at city size: 1.50 times the demo's time, of 1.5",
        "at city size no page reads a table that grows from end to end: but item_day for depot, item_day for equipment",
    ]
