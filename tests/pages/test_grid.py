"""The sign-off room: several people and competencies at once, everyone here, one person, and what is undone."""

import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.people.person import Person
from seminar.series.attendance import Present, take_attendance
from seminar.series.enrolling import enroll
from seminar.series.series import Series
from seminar.skills.sign_off import SignOff
from tests.cast import NOW, a_cast, a_series
from tests.pages.as_who import as_who

GRID = "/series/1/skills"


@pytest.fixture
def room(clean):
    """Ada (1) and Ben (2) are enrolled in Tara's series; competencies 1 to 3, the first safety-critical."""
    with clean.app_context():
        cast = a_cast()
        series = a_series(cast)
        for person in (cast.ada, cast.ben):
            enroll(person, series, by=person, now=NOW)
        db.session.commit()
    return clean


def standing(app):
    with app.app_context():
        rows = db.session.scalars(select(SignOff).where(SignOff.withdrawn_at.is_(None)).order_by(SignOff.id))
        return [(row.person_id, row.competency_id, row.note) for row in rows]


def test_several_people_and_competencies_are_signed_off_at_once(room):
    tara = as_who(room, "tara")
    assert tara.post(GRID, data={"cell": ["1-1", "1-2", "2-3"], "note": "Calm"}).status_code == 303
    assert standing(room) == [(1, 1, "Calm"), (1, 2, "Calm"), (2, 3, "Calm")]
    assert tara.get(GRID).text.count("data-was checked") == 3


def test_pressing_twice_signs_off_once(room):
    tara = as_who(room, "tara")
    for _ in range(2):
        tara.post(GRID, data={"cell": ["1-1"]})
    assert standing(room) == [(1, 1, "")]


def test_everyone_here_is_signed_off_but_never_for_safety(room):
    as_who(room, "tara").post(GRID, data={"everyone": ["1", "2"]})
    assert standing(room) == [(1, 2, ""), (2, 2, "")]


def test_who_was_not_there_is_not_everyone_here(room):
    with room.app_context():
        series = db.session.get(Series, 1)
        people = {person.given_name: person for person in db.session.scalars(select(Person))}
        sheet = [Present(people["Ada"], "present", 0), Present(people["Ben"], "absent", 0)]
        take_attendance(series.meetings[0], sheet, by=people["Tara"], now=NOW)
        db.session.commit()
    as_who(room, "tara").post(GRID, data={"everyone": ["2"]})
    assert standing(room) == [(1, 2, "")]


def test_a_check_taken_away_asks_for_a_reason_and_keeps_what_was_typed(room):
    tara = as_who(room, "tara")
    tara.post(GRID, data={"cell": ["1-1", "2-2"]})
    refused = tara.post(GRID, data={"cell": ["2-2", "2-3"], "was": ["1-1", "2-2"], "note": "Kept"})
    assert refused.status_code == 422
    assert 'href="#reason"' in refused.text
    assert 'value="2-3" checked' in refused.text
    assert 'value="Kept"' in refused.text
    assert standing(room) == [(1, 1, ""), (2, 2, "")]
    tara.post(GRID, data={"cell": ["2-2"], "was": ["1-1", "2-2"], "reason": "A slip"})
    assert standing(room) == [(2, 2, "")]


def test_what_another_trainer_signed_off_meanwhile_stays(room):
    tara = as_who(room, "tara")
    tara.get(GRID)
    as_who(room, "tara").post(GRID, data={"cell": ["1-1"]})
    tara.post(GRID, data={"cell": ["2-2"]})
    assert standing(room) == [(1, 1, ""), (2, 2, "")]


def test_one_person_stands_alone_with_the_next_one_a_link_away(room):
    tara = as_who(room, "tara")
    page = tara.get(f"{GRID}?person=1")
    assert page.text.count("Ada Example: ") == 3
    assert "Ben Example: " not in page.text
    assert "person=2" in page.text
    assert tara.post(f"{GRID}?person=1", data={"cell": ["1-2"]}).location == f"{GRID}?person=1"
    assert tara.get(f"{GRID}?person=99").status_code == 404


def test_cells_of_strangers_are_not_signed_off(room):
    as_who(room, "tara").post(GRID, data={"cell": ["3-1", "1-99", "x", "5-2"]})
    assert standing(room) == []
