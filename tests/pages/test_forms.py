"""What a field says when what was typed can't be taken: what is wrong with it, what to type, and what was typed stands in it still."""

import re

import pytest

from seminar.ground.db import db
from tests.cast import a_cast
from tests.pages.as_who import as_who

NEW_YEAR, NEW_SCHOOL, SHARED = "/settings/calendar/years/new", "/settings/schools/new", "/settings/shared-devices"
NO_SUCH_DAY = "There is no such day. Choose it from the calendar, or type it like 2027-09-06."
YEAR = {"first_day": "2027-08-15", "last_day": "2028-06-10"}
SCHOOL = {"name": "Oak Hill", "code": "0042", "grade_first": "0", "grade_last": "5"}


@pytest.fixture
def olive(clean):
    with clean.app_context():
        a_cast()
        db.session.commit()
    return as_who(clean, "olive")


def said_beside(page, name):
    return re.findall(rf'id="{name}-error">.*?</svg> (.*?)</p>', page, re.S)


@pytest.mark.parametrize(
    ("path", "typed", "name", "sentence"),
    [
        (NEW_YEAR, YEAR | {"first_day": "2027-02-30"}, "first_day", NO_SUCH_DAY),
        (NEW_YEAR, YEAR | {"first_day": ""}, "first_day", "Fill this in."),
        (NEW_SCHOOL, SCHOOL | {"grade_last": "40"}, "grade_last", "Choose one of the list."),
        (NEW_SCHOOL, SCHOOL | {"name": "🖨" * 121}, "name", "These are 121 characters, and 120 fit. Shorten it."),
        (SHARED, {"minutes": "soon"}, "minutes", "Type a whole number."),
        (SHARED, {"minutes": "0"}, "minutes", "Choose from 2 to 120 minutes."),
        (SHARED, {"minutes": "9" * 400}, "minutes", "Choose from 2 to 120 minutes."),
    ],
)
def test_what_cant_be_taken_is_said_with_what_to_type(olive, path, typed, name, sentence):
    answer = olive.post(path, data=typed)
    assert (answer.status_code, said_beside(answer.text, name)) == (422, [sentence])
    assert [value for key, value in typed.items() if not key.startswith("grade") and f'value="{value}"' not in answer.text] == []


def test_it_is_said_in_spanish_too(olive):
    olive.post("/language", data={"language": "es", "next": "/"})
    assert said_beside(olive.post(SHARED, data={"minutes": "pronto"}).text, "minutes") == ["Escriba un número entero."]
