"""A series' people and a season's series as sheets: who gets which rows, and that nothing in them runs."""

import csv
import io

import pytest
from openpyxl import load_workbook

from seminar.ground.db import db
from seminar.series.enrolling import enroll, withdraw
from seminar.series.waitlist import join_waitlist
from tests.cast import NOW, TODAY, a_cast, a_series
from tests.pages.as_who import as_who

PEOPLE, SEASON = "/series/1/people", "/teaching/series?year=2027"


@pytest.fixture
def robotics(clean):
    """Ben, whose name begins like a formula, has the one seat of a series that Tara teaches; Ada waits, Pia left; Sewing is nobody's."""
    with clean.app_context():
        cast = a_cast()
        cast.ben.given_name = "=1+1"
        series = a_series(cast, seats=1)
        series.minimum, series.decide_on = 1, TODAY
        withdraw(enroll(cast.pia, series, by=cast.pia, now=NOW), by=cast.pia, now=NOW)
        enroll(cast.ben, series, by=cast.ben, now=NOW)
        join_waitlist(cast.ada, series, by=cast.ada, now=NOW)
        a_series(cast, "Sewing").trainers = []
        db.session.commit()
    return clean


def rows_of(answer):
    return list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


def test_a_series_people_with_school_state_and_since(robotics):
    answer = as_who(robotics, "tara").get(f"{PEOPLE}?format=csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="series-1-people.csv"'
    rows = rows_of(answer)
    assert [rows[0], *sorted(rows[1:3]), *rows[3:]] == [
        ["Name", "Email", "School", "State", "Since", "Outcome"],
        ["'=1+1 Example", "ben@a.example", "School A", "Enrolled", "2027-03-01 08:30", ""],
        ["Ada Example", "ada@a.example", "School A", "On the waitlist", "2027-03-01 08:30", ""],
        ["Pia Example", "pia@a.example", "School A", "Withdrawn", "2027-03-01 08:30", ""],
    ]


def test_in_a_workbook_a_name_stays_text_and_a_number_is_one(robotics):
    olive = as_who(robotics, "olive")
    people = load_workbook(io.BytesIO(olive.get(PEOPLE).data)).active
    names = [cell for row in people.iter_rows(min_row=2, max_col=1) for cell in row]
    assert {(cell.value, cell.data_type) for cell in names} >= {("=1+1 Example", "s")}
    season = load_workbook(io.BytesIO(olive.get(SEASON).data)).active
    seats = {row[0].value: [cell.value for cell in row[6:11]] for row in season.iter_rows(min_row=2)}
    assert seats == {"Robotics": [1, 1, 1, 1, "2027-03-01"], "Sewing": [5, 0, 0, None, None]}


@pytest.mark.parametrize(("name", "titles"), [("olive", ["Robotics", "Sewing"]), ("tara", ["Robotics"]), ("kim", [])])
def test_a_season_has_all_series_for_the_program_manager_and_their_own_for_who_teaches(robotics, name, titles):
    assert [row[0] for row in rows_of(as_who(robotics, name).get(f"{SEASON}&format=csv"))[1:]] == titles


def test_another_season_and_another_district_are_not_in_it(robotics):
    olive = as_who(robotics, "olive")
    assert len(rows_of(olive.get(f"{SEASON}&season=summer&format=csv"))) == 1
    with robotics.app_context():
        a_cast("B", {"stan": "program_manager"})
    stan = as_who(robotics, "stan", "b")
    assert len(rows_of(stan.get(f"{SEASON}&format=csv"))) == 1
    assert stan.get(PEOPLE).status_code == 404


def test_headings_and_states_are_in_the_readers_language(robotics):
    olive = as_who(robotics, "olive")
    olive.post("/language", data={"language": "es"})
    assert rows_of(olive.get(f"{PEOPLE}?format=csv", headers={"Accept-Language": "es"}))[0][0] == "Nombre"
