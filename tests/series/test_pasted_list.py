"""A list of people as it is pasted: who is meant, who is unknown, and of whom one has to be chosen."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.people.appointment import Appointment, standing
from seminar.people.email_address import EmailAddress
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.access import theirs_to_enroll
from seminar.series.pasted_list import MOST, entries, look_up
from tests.cast import NOW, TODAY, a_cast, a_person


@pytest.fixture
def cast(db_session):
    return a_cast()


@pytest.fixture
def other_school(cast):
    """With a principal and a teacher of its own."""
    school = School(district_id=cast.district.id, code="T", name="Elsewhere", grade_first=0, grade_last=5)
    db.session.add(school)
    db.session.flush()
    for name, role in (("paul", "principal"), ("tess", "teacher")):
        cast.people[name] = a_person(cast.district, name, role, school)
    return school


def meant(cast, text, by="olive"):
    """What was typed, with the name of who is meant, or the names of who could be."""
    found = look_up(entries(text), theirs_to_enroll(standing(cast.people[by], TODAY)), cast.district.id)
    return [one.person.given_name if one.person else [person.given_name for person in one.could_be] for one in found]


@pytest.mark.parametrize(
    "text",
    [
        "ada@a.example\nben@a.example",
        "ADA@a.example, ben@a.example;",
        'Ada Example <ada@a.example>, "Example, Ben" <ben@a.example>',
        "Example, Ada <ada@a.example>; Example, Ben <ben@a.example>",
        "Ada Example, Ben Example",
        "Example, Ada\nExample, Ben",
        "Ada\tExample\tada@a.example\tGrade 4, Room 9\nBen\tExample\tben@a.example\t",
        "  ada   example \n\n ben example\nADA EXAMPLE\nada@a.example ben@a.example".partition("\nADA")[0],
        "<ada@a.example> (ben@a.example)",
    ],
)
def test_a_list_is_read_as_it_is_pasted(cast, text):
    assert meant(cast, text) == ["Ada", "Ben"]


def test_who_stands_there_twice_is_one_entry():
    assert [entry.email for entry in entries("ada@a.example\nAda <ADA@a.example>\nada@a.example")] == ["ada@a.example"]


def test_another_address_of_theirs_that_they_confirmed_means_them_too(cast):
    for address, confirmed in (("ada@home.example", NOW), ("ben@home.example", None)):
        db.session.add(EmailAddress(district_id=cast.district.id, person_id=cast.ada.id, address=address, confirmed_at=confirmed))
    assert meant(cast, "ada@home.example, ben@home.example") == ["Ada", []]


def test_a_name_that_only_begins_alike_and_one_that_two_have_must_be_chosen(cast):
    twin = a_person(cast.district, "bea", "teacher", cast.school)
    twin.given_name = "Ben"
    assert meant(cast, "Ben Example\nada\nex") == [["Ben", "Ben"], ["Ada"], ["Ada", "Ben", "Ben", "Cora", "Eli", "Kim", "Olive", "Pia"]]


def test_nobody_is_meant_by_signs_or_by_an_address_that_nobody_has(cast):
    assert meant(cast, "—\n?!\nnobody@a.example\n@") == [[], [], [], []]


def test_a_principal_finds_nobody_of_another_school_and_not_that_there_is_somebody(cast, other_school):
    text = "tess@a.example\nTess Example\nnobody@a.example\nada@a.example"
    assert meant(cast, text, by="pia") == [[], [], [], "Ada"]
    assert meant(cast, text, by="paul") == ["Tess", "Tess", [], []]
    assert meant(cast, text, by="olive") == ["Tess", "Tess", [], "Ada"]


def test_nobody_finds_who_left_or_is_of_the_next_district(cast):
    a_cast("B", {"stan": "teacher"})
    ended = db.session.scalars(select(Appointment).where(Appointment.person_id == cast.ben.id)).one()
    ended.last_day = TODAY - timedelta(days=1)
    for by in ("pia", "olive"):
        assert meant(cast, "ben@a.example, Ben Example, stan@b.example, Stan Example", by=by) == [[], [], [], []]


def test_the_list_has_a_limit_and_says_so(cast):
    text = "\n".join(f"p{n}@a.example" for n in range(MOST))
    assert len(entries(text)) == MOST
    with pytest.raises(Refused, match="These are 201 people, and 200 go at once"):
        entries(text + "\none.more@a.example")


def test_two_hundred_names_are_looked_up_at_once(cast):
    names = "\n".join(["Ada Example", *(f"Nobody Number{n}" for n in range(MOST - 1))])
    assert meant(cast, names)[:2] == ["Ada", []]
    assert db.session.scalar(select(Person.id).where(Person.id == cast.ada.id)) == cast.ada.id


@pytest.mark.parametrize("text", ["x" * 20_000, "x " * 10_000, "x@" * 10_000, "@" * 20_000, "é" * 20_000, "'\" & | ! :* \\ (", "%_\\"])
def test_what_nobody_is_called_is_nobody_and_takes_no_time(cast, text):
    assert set(map(str, meant(cast, text))) == {"[]"}
