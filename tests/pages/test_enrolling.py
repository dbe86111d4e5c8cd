"""The pages that enroll, withdraw, take attendance and sign off: what they say was done is there for the next request."""

import pytest
from sqlalchemy import event, select

from seminar.ground.db import db
from seminar.series.attendance import Attendance
from seminar.series.enrolling import enroll
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series
from seminar.skills.award import Award
from seminar.skills.sign_off import SignOff
from tests.cast import NOW, a_cast, a_series
from tests.pages.as_who import as_who


@pytest.fixture
def robotics(clean):
    """A series (1) that Tara teaches, and Ben (2) is in."""
    with clean.app_context():
        cast = a_cast()
        enroll(cast.ben, a_series(cast), by=cast.ben, now=NOW)
        db.session.commit()
    return clean


def there(app, what):
    with app.app_context():
        return db.session.scalars(select(what).order_by(what)).all()


def test_who_enrolls_is_in_and_who_withdraws_is_out(robotics):
    ada = as_who(robotics, "ada")
    assert ada.post("/series/1/enrollment").status_code == 303
    assert there(robotics, Enrollment.state) == ["enrolled", "enrolled"]
    assert ada.post("/series/1/enrollment/withdrawal").status_code == 303
    assert there(robotics, Enrollment.state) == ["enrolled", "withdrawn"]


def test_after_the_commit_of_an_enrollment_nothing_more_is_asked_of_the_database(robotics):
    ada, said = as_who(robotics, "ada"), []
    with robotics.app_context():
        engine = db.engine
    listening = [("before_cursor_execute", lambda *statement: said.append(statement[2])), ("commit", lambda _: said.append("COMMIT"))]
    for name, listener in listening:
        event.listen(engine, name, listener)
    try:
        assert ada.post("/series/1/enrollment").status_code == 303
    finally:
        for name, listener in listening:
            event.remove(engine, name, listener)
    assert said[-1] == "COMMIT" and "INSERT INTO mail" in said[-2]


def test_a_sheet_that_was_opened_before_somebody_enrolled_says_nothing_of_them(robotics):
    as_who(robotics, "ada").post("/series/1/enrollment")
    saved = as_who(robotics, "tara").post("/meetings/1/attendance", data={"mark-2": "part", "minutes-2": "30"})
    assert saved.status_code == 303
    assert there(robotics, Attendance.person_id) == [2]


@pytest.mark.parametrize("minutes", ["", "0", "half", "²", "9" * 5000])
def test_minutes_that_are_none_are_asked_for_again(robotics, minutes):
    again = as_who(robotics, "tara").post("/meetings/1/attendance", data={"mark-2": "part", "minutes-2": minutes})
    assert again.status_code == 422
    assert there(robotics, Attendance.person_id) == []


def test_the_grid_signs_off_and_the_badge_follows(robotics):
    with robotics.app_context():
        badge = db.session.get(Series, 1).seminar.badge
        cells = [f"2-{competency.id}" for competency in badge.competencies]
    assert as_who(robotics, "tara").post("/series/1/skills", data={"cell": cells}).status_code == 303
    assert len(there(robotics, SignOff.id)) == len(cells)
    assert there(robotics, Award.person_id) == [2]
