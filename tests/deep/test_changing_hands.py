"""Seats change hands at the same moment: whoever comes second is told no, or reads that there was no seat; none is lost or doubled."""

import pytest
from sqlalchemy import select

from seminar.audit import broken_rules
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.people.person import Person
from seminar.series.enrolling import enroll, withdraw
from seminar.series.enrolling_several import enroll_several
from seminar.series.enrollment import Enrollment
from seminar.series.moving import change_to
from seminar.series.series import Series
from seminar.series.substitution import substitute
from seminar.series.waitlist import join_waitlist
from seminar.web.pages import refusing
from tests.cast import NOW, TODAY, a_cast, a_series
from tests.deep.test_in_each_others_way import both

pytestmark = pytest.mark.deep


def or_no(act):
    """Whether it was let happen."""

    def tried():
        try:
            with refusing():
                act()
                db.session.commit()
        except Refused:
            return False
        return True

    return tried


def states():
    query = select(Person.given_name, Enrollment.state).join(Person, Person.id == Enrollment.person_id).order_by(Enrollment.id)
    return [(name, state) for name, state in db.session.execute(query)]


@pytest.mark.parametrize("turn", range(6))
def test_a_seat_is_given_to_a_colleague_or_given_back_and_never_both(clean, turn):
    with clean.app_context():
        cast = a_cast()
        series = a_series(cast, seats=1)
        series.freeze_day = TODAY
        ada, ben = cast.ada.id, cast.ben.id
        place = enroll(cast.ada, series, by=cast.ada, now=NOW).id
        join_waitlist(cast.kim, series, by=cast.kim, now=NOW)
        db.session.commit()
    person, seat = lambda n: db.session.get_one(Person, n), lambda: db.session.get_one(Enrollment, place)
    gives = or_no(lambda: substitute(seat(), person(ben), by=person(ada), now=NOW))
    leaves = or_no(lambda: withdraw(seat(), by=person(ada), now=NOW))
    gave, left = both(clean, *((gives, leaves) if turn % 2 else (leaves, gives)))[:: 1 if turn % 2 else -1]
    with clean.app_context():
        given = [("Ada", "substituted"), ("Kim", "waitlisted"), ("Ben", "enrolled")]
        assert (gave, left, states()) in [(True, False, given), (False, True, [("Ada", "withdrawn"), ("Kim", "offered")])]
        assert db.session.scalar(select(Series.seats_taken)) == 1
        assert [rule.sentence for rule in broken_rules() if rule.broken] == []


@pytest.mark.parametrize("turn", range(4))
def test_two_lists_for_the_last_seats_answer_for_everybody_and_sell_none_twice(clean, turn):
    with clean.app_context():
        cast = a_cast()
        series, by = a_series(cast, seats=4).id, cast.olive.id
        lists = [[cast.people[name].id for name in names] for names in (("ada", "ben", "cora"), ("kim", "eli", "ada"))]
        db.session.commit()

    def press(ids):
        def pressed():
            people = [db.session.get_one(Person, one) for one in ids]
            done = enroll_several(people, db.session.get_one(Series, series), by=db.session.get_one(Person, by), now=NOW)
            return [answer for _, answer in done.details["answers"]]

        return pressed

    answers = both(clean, *(press(ids) for ids in lists))
    assert sorted([*answers[0], *answers[1]]) == ["enrolled"] * 4 + ["in_it", "no_seat"]
    with clean.app_context():
        assert [state for _, state in states()] == ["enrolled"] * 4


@pytest.mark.parametrize("turn", range(4))
def test_two_who_change_places_at_the_same_moment_wait_for_each_other_and_not_forever(clean, turn):
    """Each moves to the series that the other leaves: the locks are taken in one order."""
    with clean.app_context():
        cast = a_cast()
        here, there = a_series(cast, seats=2), a_series(cast, "Sewing", seats=2)
        there.seminar_id = here.seminar_id
        db.session.flush()
        ids = [here.id, there.id]
        people = [cast.ada.id, cast.ben.id]
        places = [enroll(person, series, by=person, now=NOW).id for person, series in ((cast.ada, here), (cast.ben, there))]
        db.session.commit()

    def move(n):
        person, place, target = (db.session.get_one(*one) for one in ((Person, people[n]), (Enrollment, places[n]), (Series, ids[1 - n])))
        change_to(target, place, by=person, now=NOW)

    assert both(clean, *(or_no(lambda n=n: move(n)) for n in (0, 1))) == [True, True]
    with clean.app_context():
        assert sorted(states()) == [("Ada", "enrolled"), ("Ada", "withdrawn"), ("Ben", "enrolled"), ("Ben", "withdrawn")]
