"""Taking over skills from the starting set: with what they build on, once, and nothing of the district's is changed."""

from sqlalchemy import select

from seminar.ground.db import db
from seminar.skills.badge import Badge
from seminar.skills.skill import Skill
from seminar.skills.starting_set import SKILLS, take_over
from tests.cast import NOW, a_cast
from tests.pages.as_who import as_who


def test_a_skill_brings_its_badges_and_what_they_build_on(db_session):
    cast = a_cast()
    added = take_over(cast.district.id, ["3D printing"], by=cast.olive, now=NOW)
    assert [one.name for one in added] == ["Maker Safety", "Maker Safety", "3D Printing Operator", "3D Design"]
    operator = next(one for one in added if one.name == "3D Printing Operator")
    assert (operator.skill_id, [first.name for first in operator.prerequisites]) == (cast.skill.id, ["Maker Safety"])


def test_taken_over_twice_is_taken_over_and_what_is_there_stays(db_session):
    cast = a_cast()
    names = [name for name, _, _ in SKILLS]
    take_over(cast.district.id, names, by=cast.olive, now=NOW)
    operator = db.session.scalars(select(Badge).where(Badge.name == "3D Printing Operator")).one()
    operator.valid_months = 7
    assert take_over(cast.district.id, names, by=cast.olive, now=NOW) == []
    assert operator.valid_months == 7
    assert len(db.session.scalars(select(Skill.id)).all()) == len(SKILLS)


def test_the_page_marks_what_is_there_and_asks_for_a_choice(clean):
    with clean.app_context():
        a_cast()
    olive = as_who(clean, "olive")
    refused = olive.post("/settings/starting-set", data={})
    assert (refused.status_code, "Choose at least one skill." in refused.text) == (422, True)
    everything = {"skill": [str(n) for n in range(len(SKILLS))]}
    assert olive.post("/settings/starting-set", data=everything).location == "/skills"
    assert "You have all of it." in olive.get("/settings/starting-set").text
