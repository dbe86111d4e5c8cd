"""Targets of coverage: by school and skill, or the same everywhere; what was set before stays on record."""

import pytest
from sqlalchemy import select

from seminar.coverage.target import CoverageTarget
from seminar.coverage.targets import set_everywhere, set_targets, targets_of
from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.refusal import Refused
from seminar.people.school import School
from tests.cast import NOW, TODAY, a_cast
from tests.pages.as_who import as_who


def test_targets_are_set_and_taken_off_and_twice_is_once(db_session):
    cast = a_cast()
    key = (cast.school.id, cast.skill.id)
    assert set_targets([cast.school], {key: 60}, by=cast.olive, now=NOW) == 1
    assert set_targets([cast.school], {key: 60}, by=cast.olive, now=NOW) == 0
    assert targets_of([cast.school]) == {key: 60}
    assert set_targets([cast.school], {}, by=cast.olive, now=NOW) == 1
    assert targets_of([cast.school]) == {}
    for wrong in (0, 101):
        with pytest.raises(Refused, match="1 to 100"):
            set_targets([cast.school], {key: wrong}, by=cast.olive, now=NOW)
    assert db.session.scalars(select(History.what)).all() == ["targets set", "targets set"]


def test_everywhere_is_every_school_of_the_district_that_isnt_closed(db_session):
    cast, other = a_cast(), a_cast("B", {})
    shut = School(district_id=cast.district.id, code="T", name="Shut", grade_first=0, grade_last=5, closed_on=TODAY)
    db.session.add(shut)
    db.session.flush()
    set_everywhere(cast.district, cast.skill, 40, by=cast.olive, now=NOW)
    set_everywhere(cast.district, cast.skill, 50, by=cast.olive, now=NOW)
    rows = db.session.execute(select(CoverageTarget.school_id, CoverageTarget.percent)).all()
    assert (rows, other.school.id != cast.school.id) == ([(cast.school.id, 50)], True)


def test_the_table_keeps_what_was_typed_where_it_isnt_a_percentage(clean):
    with clean.app_context():
        cast = a_cast()
        name = f"target-{cast.school.id}-{cast.skill.id}"
    olive = as_who(clean, "olive")
    refused = olive.post("/settings/targets", data={name: "lots"})
    assert (refused.status_code, 'value="lots"' in refused.text) == (422, True)
    assert f'<a href="#{name}">School A, 3D printing: type a number from 1 to 100, or leave it empty.</a>' in refused.text
    assert olive.post("/settings/targets", data={name: "60 %"}).status_code == 303
    assert f'id="{name}" value="60"' in olive.get("/settings/targets").text
    with clean.app_context():
        assert db.session.scalars(select(CoverageTarget.percent)).all() == [60]
