"""The last seat of a set-aside, and a group's answer, from two sides at the same moment."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from seminar.audit import broken_rules
from seminar.ground.db import db
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.enrolling import enroll, withdraw
from seminar.series.enrolling_several import enroll_all_or_line_up_together
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series
from seminar.series.set_aside import SetAside
from seminar.series.setting_aside import release, set_aside
from seminar.series.together import enroll_group
from seminar.series.waiting_group import WaitingGroup, members
from seminar.series.waitlist import turn_down
from tests.cast import NOW, TODAY, a_cast, a_person, a_series, in_days
from tests.deep.test_changing_hands import or_no, states
from tests.deep.test_in_each_others_way import both

pytestmark = pytest.mark.deep


@pytest.fixture
def district(clean):
    """Nora and Otto work at the North school, which has the last of two seats; Ben has the other."""
    with clean.app_context():
        cast = a_cast()
        north = School(district_id=cast.district.id, code="N", name="North", grade_first=0, grade_last=5)
        db.session.add(north)
        db.session.flush()
        people = {name: a_person(cast.district, name, "teacher", north) for name in ("nora", "otto")} | cast.people
        series = in_days(a_series(cast, seats=2), 9)
        day = TODAY + timedelta(days=4)
        set_aside(series, school=north, role=None, seats=1, released_on=day, by=cast.olive, now=NOW)
        enroll(cast.ben, series, by=cast.ben, now=NOW)
        db.session.commit()
        clean.ids = {name: person.id for name, person in people.items()}
    return clean


def somebody(district, name):
    return db.session.get_one(Person, district.ids[name])


def enrolls(district, name):
    def press():
        person = somebody(district, name)
        enroll(person, db.session.get_one(Series, 1), by=person, now=NOW)

    return or_no(press)


@pytest.mark.parametrize("turn", range(4))
def test_the_last_seat_of_a_set_aside_is_taken_once(district, turn):
    names = ("nora", "otto") if turn % 2 else ("otto", "nora")
    assert sorted(both(district, *(enrolls(district, name) for name in names))) == [False, True]
    with district.app_context():
        taken = db.session.execute(select(SetAside.seats_taken, Series.seats_taken).join(Series, Series.id == SetAside.series_id)).one()
        assert tuple(taken) == (1, 2) and [rule.sentence for rule in broken_rules() if rule.broken] == []


@pytest.mark.parametrize("turn", range(4))
def test_whoever_it_is_not_for_takes_it_only_after_the_release(district, turn):
    opens = or_no(lambda: release(db.session.get_one(SetAside, 1), by=somebody(district, "olive"), now=NOW))
    acts = (opens, enrolls(district, "ada"))
    opened, took = both(district, *(acts if turn % 2 else acts[::-1]))[:: 1 if turn % 2 else -1]
    with district.app_context():
        assert opened and (("Ada", "enrolled") in states()) is took
        assert [rule.sentence for rule in broken_rules() if rule.broken] == []


@pytest.mark.parametrize("turn", range(4))
def test_a_group_says_yes_or_no_and_never_both(district, turn):
    with district.app_context():
        people = [somebody(district, name) for name in ("nora", "kim")]
        series = db.session.get_one(Series, 1)
        nora = enroll(people[0], series, by=people[0], now=NOW)
        enroll_all_or_line_up_together([somebody(district, "otto"), people[1]], series, by=somebody(district, "olive"), now=NOW)
        for place in (nora, db.session.scalars(select(Enrollment).where(Enrollment.person_id == district.ids["ben"])).one()):
            withdraw(place, by=place.person, now=NOW)
        db.session.commit()
        assert states()[-2:] == [("Otto", "offered"), ("Kim", "offered")]
    says_yes = or_no(lambda: enroll_group(db.session.get_one(WaitingGroup, 1), by=somebody(district, "otto"), now=NOW))
    says_no = or_no(lambda: turn_down(members(1)[0], by=somebody(district, "kim"), now=NOW) if members(1) else None)
    both(district, *((says_yes, says_no) if turn % 2 else (says_no, says_yes)))
    with district.app_context():
        assert states()[-2:] in ([("Otto", "enrolled"), ("Kim", "enrolled")], [("Otto", "passed"), ("Kim", "passed")])
        assert [rule.sentence for rule in broken_rules() if rule.broken] == []
