"""Seats that are set aside: whose they are until their day, first come, first served within them, and no seat idle while somebody
waits who may have it."""

from datetime import timedelta

import pytest
from flask import current_app
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from seminar.audit import broken_rules
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.people.appointment import Appointment, standing
from seminar.people.school import School
from seminar.series.catalog import Wanted, catalog
from seminar.series.enrolling import enroll, take_paid_seat, withdraw
from seminar.series.enrolling_several import enroll_all_or_line_up_together, enroll_several, foreseen
from seminar.series.enrollment import Enrollment, live_enrollment, seats_of
from seminar.series.free_seats import Free, free_for
from seminar.series.moving import change_to, other_series
from seminar.series.planning import change_series
from seminar.series.series import Series
from seminar.series.set_aside import SetAside
from seminar.series.setting_aside import change_set_aside, release, set_aside
from seminar.series.substitution import substitute
from seminar.series.waitlist import join_waitlist, pass_on_offers, turn_down
from tests.cast import NOW, TODAY, a_cast, a_person, a_series, in_days
from tests.conftest import empty
from tests.machines import EXAMPLES, LONG

UNTIL = TODAY + timedelta(days=4)
# The moment at which that day begins in Los Angeles.
RELEASED = NOW + timedelta(days=3, hours=15, minutes=30)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def cast(db_session):
    """Ada, Ben and Pia work at School A; Nora and Otto at the North school."""
    cast = a_cast()
    north = School(district_id=cast.district.id, code="N", name="North", grade_first=0, grade_last=5)
    db.session.add(north)
    db.session.flush()
    for name in ("nora", "otto"):
        cast.people[name] = a_person(cast.district, name, "teacher", north)
    cast.north, cast.robotics = north, in_days(a_series(cast, seats=2), 9)
    db.session.commit()
    return cast


def aside(cast, seats=1, series=None, *, school=None, role=None, until=UNTIL, now=NOW):
    """So many seats for the North school, or for whom it is said."""
    school = cast.north if school is None and role is None else school
    return set_aside(series or cast.robotics, school=school, role=role, seats=seats, released_on=until, by=cast.olive, now=now)


def goes_in(cast, *names, now=NOW):
    return [enroll(cast.people[name], cast.robotics, by=cast.people[name], now=now) for name in names]


def waits(cast, *names, now=NOW):
    return [
        join_waitlist(cast.people[name], cast.robotics, by=cast.people[name], now=now + n * timedelta(seconds=1))
        for n, name in enumerate(names)
    ]


def state(cast, name):
    places = db.session.scalars(select(Enrollment).where(Enrollment.person_id == cast.people[name].id).order_by(Enrollment.id.desc()))
    return places.first().state


def left(cast, name, now=NOW):
    person = cast.people[name]
    return free_for([person], cast.robotics, seats_of(cast.robotics, now), now).of(person.id)


def broken(now=NOW):
    current_app.extensions["makerpd_clock"].moment = now
    try:
        return [(rule.number, rule.broken) for rule in broken_rules() if rule.broken]
    finally:
        current_app.extensions["makerpd_clock"].moment = NOW


def test_a_seat_that_is_set_aside_is_for_those_people_and_they_take_their_own_first(cast):
    one = aside(cast)
    assert (left(cast, "ada"), left(cast, "nora")) == (1, 2)
    (nora,) = goes_in(cast, "nora")
    assert nora.set_aside_id == one.id
    (ada,) = goes_in(cast, "ada")
    assert (ada.set_aside_id, left(cast, "ben"), left(cast, "otto")) == (None, 0, 0)


def test_nobody_else_takes_it_by_any_way(cast):
    aside(cast)
    goes_in(cast, "ada")
    with pytest.raises(Refused, match="The seats that are left in Robotics are set aside for others"):
        goes_in(cast, "ben")
    assert list(foreseen([cast.ben, cast.nora], cast.robotics, by=cast.olive, now=NOW).values()) == ["no_seat", "enrolled"]
    enroll_several([cast.ben, cast.nora], cast.robotics, by=cast.olive, now=NOW)
    assert (state(cast, "nora"), live_enrollment(cast.ben, cast.robotics, NOW)) == ("enrolled", None)


def test_it_is_for_who_holds_the_appointment_on_that_day(cast):
    aside(cast)
    goes_in(cast, "ada")
    of_nora = db.session.scalars(select(Appointment).where(Appointment.person_id == cast.nora.id)).one()
    of_nora.last_day = TODAY - timedelta(days=1)
    assert left(cast, "nora") == 0
    of_nora.last_day = TODAY
    assert left(cast, "nora") == 1


def test_a_role_has_seats_of_its_own_and_two_set_asides_are_two(cast):
    for_principals, for_north = aside(cast, role="principal"), aside(cast)
    assert [left(cast, name) for name in ("ada", "pia", "nora")] == [0, 1, 1]
    pia, nora = goes_in(cast, "pia", "nora")
    assert [pia.set_aside_id, nora.set_aside_id] == [for_principals.id, for_north.id]


def test_it_is_open_from_its_day_on_and_offered_by_whoever_comes_first(cast):
    aside(cast)
    goes_in(cast, "ada")
    waits(cast, "ben")
    pass_on_offers(RELEASED - MINUTE)
    assert (state(cast, "ben"), broken(RELEASED - MINUTE)) == ("waitlisted", [])
    (nora,) = waits(cast, "nora", now=RELEASED)
    assert (state(cast, "ben"), nora.state, broken(RELEASED)) == ("offered", "waitlisted", [])


def test_the_worker_offers_it_on_its_day(cast):
    aside(cast)
    goes_in(cast, "ada")
    waits(cast, "ben")
    db.session.commit()
    assert broken(RELEASED) == [(3, [f"series {cast.robotics.id}"])]
    pass_on_offers(RELEASED)
    assert (state(cast, "ben"), broken(RELEASED)) == ("offered", [])


def test_who_has_its_seat_keeps_it_after_its_day(cast):
    aside(cast)
    goes_in(cast, "nora")
    assert [left(cast, name, RELEASED) for name in ("nora", "ada")] == [1, 1]
    goes_in(cast, "ada", now=RELEASED)
    assert (state(cast, "nora"), left(cast, "ben", RELEASED)) == ("enrolled", 0)


def test_a_freed_seat_goes_to_the_first_in_line_who_may_have_it(cast):
    aside(cast)
    nora, ada = goes_in(cast, "nora", "ada")
    waits(cast, "ben", "otto", "pia")
    withdraw(nora, by=cast.nora, now=NOW + MINUTE)
    assert [state(cast, name) for name in ("ben", "otto", "pia")] == ["waitlisted", "offered", "waitlisted"]
    withdraw(ada, by=cast.ada, now=NOW + MINUTE)
    assert [state(cast, name) for name in ("ben", "otto", "pia")] == ["offered", "offered", "waitlisted"]
    assert broken(NOW + MINUTE) == []


def test_several_seats_that_are_freed_at_once_go_down_the_line(cast):
    aside(cast)
    goes_in(cast, "nora", "ada")
    waits(cast, "ben", "pia", "otto")
    values = {"enrollment_opens_at": cast.robotics.enrollment_opens_at, "enrollment_closes_at": cast.robotics.enrollment_closes_at}
    change_series(cast.robotics, {**values, "seats": 4}, by=cast.olive, now=NOW)
    assert [state(cast, name) for name in ("ben", "pia", "otto")] == ["offered", "offered", "waitlisted"]


def test_an_offer_that_is_turned_down_goes_on_within_the_set_aside(cast):
    aside(cast)
    nora, _ada = goes_in(cast, "nora", "ada")
    (otto, _ben) = waits(cast, "otto", "ben")
    withdraw(nora, by=cast.nora, now=NOW + MINUTE)
    turn_down(otto, by=cast.otto, now=NOW + MINUTE)
    assert (state(cast, "ben"), left(cast, "nora", NOW + MINUTE)) == ("waitlisted", 1)


def test_a_seat_that_nobody_was_offered_yet_is_for_the_line_and_not_for_who_looks_now(cast):
    aside(cast)
    goes_in(cast, "ada")
    waits(cast, "ben")
    # Given back while nothing passed it on.
    db.session.execute(text(f"UPDATE enrollment SET state = 'withdrawn' WHERE person_id = {cast.ada.id}"))
    assert [left(cast, name) for name in ("pia", "nora")] == [0, 1]


def test_nobody_waits_beside_a_seat_that_they_may_have(cast):
    aside(cast)
    goes_in(cast, "ada")
    with pytest.raises(Refused, match="has a free seat"):
        waits(cast, "nora")
    assert waits(cast, "ben")[0].state == "waitlisted"


def test_who_is_in_it_already_counts_first_and_nobody_is_evicted(cast):
    goes_in(cast, "nora", "ada")
    db.session.commit()
    with pytest.raises(Refused, match="At most 1 seats can be set aside"):
        aside(cast, 2)
    db.session.rollback()
    one = aside(cast)
    assert [live_enrollment(cast.people[name], cast.robotics, NOW).set_aside_id for name in ("nora", "ada")] == [one.id, None]
    assert (left(cast, "otto"), left(cast, "ben"), broken()) == (0, 0, [])


@pytest.mark.parametrize(
    ("until", "sentence"), [(TODAY, "a day to come"), (TODAY + timedelta(days=10), "would stay empty")], ids=["today", "too late"]
)
def test_its_day_is_one_to_come_on_which_people_can_still_enroll(cast, until, sentence):
    with pytest.raises(Refused, match=sentence):
        aside(cast, until=until)


def test_seats_are_set_aside_once_for_the_same_people(cast):
    aside(cast)
    with pytest.raises(Refused, match="already"):
        aside(cast)


def test_as_many_as_are_free_can_be_set_aside_and_the_series_keeps_them(cast):
    with pytest.raises(Refused, match="At most 2"):
        aside(cast, 3)
    db.session.rollback()
    one = aside(cast, 2)
    window = {"enrollment_opens_at": cast.robotics.enrollment_opens_at, "enrollment_closes_at": cast.robotics.enrollment_closes_at}
    with pytest.raises(Refused, match="0 seats are taken and 2 more set aside"):
        change_series(cast.robotics, {**window, "seats": 1}, by=cast.olive, now=NOW)
    change_set_aside(one, seats=1, released_on=UNTIL, by=cast.olive, now=NOW)
    change_series(cast.robotics, {**window, "seats": 1}, by=cast.olive, now=NOW)
    with pytest.raises(Refused, match="At most 1"):
        change_set_aside(one, seats=2, released_on=UNTIL, by=cast.olive, now=NOW)


def test_it_keeps_at_least_what_is_taken_of_it(cast):
    one = aside(cast, 2)
    goes_in(cast, "nora", "otto")
    with pytest.raises(Refused, match="2 of these seats are taken"):
        change_set_aside(one, seats=1, released_on=UNTIL, by=cast.olive, now=NOW)


def test_fewer_and_a_release_by_hand_are_offered_to_the_line_at_once(cast):
    one = aside(cast, 2)
    waits(cast, "ada", "ben")
    change_set_aside(one, seats=1, released_on=UNTIL, by=cast.olive, now=NOW + MINUTE)
    assert (state(cast, "ada"), state(cast, "ben")) == ("offered", "waitlisted")
    release(one, by=cast.olive, now=NOW + MINUTE)
    assert state(cast, "ben") == "offered"
    with pytest.raises(Refused, match="released already"):
        release(one, by=cast.olive, now=NOW + MINUTE)


def test_a_colleague_takes_the_seat_within_the_set_aside_or_an_open_one_with_it(cast):
    one = aside(cast)
    (nora,) = goes_in(cast, "nora")
    otto = substitute(nora, cast.otto, by=cast.nora, now=NOW)
    assert otto.set_aside_id == one.id
    ben = substitute(otto, cast.ben, by=cast.olive, now=NOW)
    assert (ben.set_aside_id, left(cast, "nora"), left(cast, "ada")) == (None, 1, 0)
    assert broken() == []


def test_a_colleague_takes_no_seat_that_is_set_aside_for_others(cast):
    aside(cast)
    nora, _ada = goes_in(cast, "nora", "ada")
    with pytest.raises(Refused, match="isn't set aside for Ben Example"):
        substitute(nora, cast.ben, by=cast.olive, now=NOW)


def test_who_pays_too_late_has_a_seat_only_within_the_set_asides(cast):
    one = aside(cast)
    ada, nora = goes_in(cast, "ada", "nora")
    late = {}
    for name, place in (("ada", ada), ("nora", nora)):
        withdraw(place, by=place.person, now=NOW)
        late[name] = Enrollment(district_id=cast.district.id, series_id=cast.robotics.id, person_id=place.person_id, state="lapsed")
        late[name].state_since = late[name].created_at = NOW
        db.session.add(late[name])
    db.session.flush()
    goes_in(cast, "ben")
    assert not take_paid_seat(late["ada"], now=NOW)
    assert take_paid_seat(late["nora"], now=NOW) and late["nora"].set_aside_id == one.id


def test_who_moves_from_another_date_takes_a_seat_that_is_for_them(cast):
    other = in_days(a_series(cast, "Weaving"), 9)
    other.seminar_id = cast.robotics.seminar_id
    aside(cast, 2)
    places = [enroll(cast.people[name], other, by=cast.people[name], now=NOW) for name in ("ada", "nora")]
    assert [other_series(other, standing(cast.people[name], TODAY), NOW) for name in ("ada", "nora")] == [[], [cast.robotics]]
    with pytest.raises(Refused, match="set aside for others"):
        change_to(cast.robotics, places[0], by=cast.ada, now=NOW)
    assert change_to(cast.robotics, places[1], by=cast.nora, now=NOW).set_aside_id is not None


def test_the_catalog_lists_an_open_seat_for_those_who_may_have_it(cast):
    aside(cast, 2)

    def listed(name, now=NOW):
        who = standing(cast.people[name], cast.district.day(now)) if name else None
        wanted = Wanted(open_only=True, standing=who)
        return [(one.series.seminar.title, one.left, one.aside) for one in catalog(cast.district.id, wanted, now=now, page=1, size=9)[0]]

    assert (listed("ada"), listed("")) == ([], [])
    assert listed("nora") == [("Robotics", 2, 2)]
    assert listed("ada", RELEASED) == listed("", RELEASED) == [("Robotics", 2, 0)]


def test_the_database_refuses_one_seat_too_many_of_a_set_aside(cast):
    one = aside(cast)
    ada, _nora = goes_in(cast, "ada", "nora")
    db.session.commit()
    for wrong in (
        f"UPDATE enrollment SET set_aside_id = {one.id} WHERE id = {ada.id}",
        f"UPDATE set_aside SET seats = 0 WHERE id = {one.id}",
        f"UPDATE set_aside SET role = 'teacher' WHERE id = {one.id}",
        f"UPDATE set_aside SET school_id = NULL WHERE id = {one.id}",
        f"UPDATE set_aside SET school_id = NULL, role = 'pupil' WHERE id = {one.id}",
    ):
        with pytest.raises(DBAPIError):
            db.session.execute(text(wrong))
        db.session.rollback()


def test_the_audit_finds_who_has_the_seat_of_others_and_who_waits_beside_their_own(cast):
    aside(cast)
    goes_in(cast, "ada")
    db.session.commit()
    (otto,) = waits(cast, "ben")
    db.session.execute(text(f"UPDATE enrollment SET person_id = {cast.otto.id} WHERE id = {otto.id}"))
    assert broken() == [(3, [f"series {cast.robotics.id}"])]
    otto.state = "enrolled"
    otto.enrolled_at = NOW
    db.session.flush()
    assert broken() == [(3, [f"series {cast.robotics.id}"])]


@pytest.mark.parametrize(
    ("aside", "allowed", "party", "fits"),
    [
        # Whoever has a choice makes room for who has none.
        ({1: 1, 2: 1}, {7: {1, 2}, 8: {1}}, (7, 8), True),
        ({1: 1, 2: 1}, {7: {1, 2}, 8: {1, 2}, 9: {1}}, (7, 8, 9), False),
        ({1: 1, 2: 1, None: 1}, {7: {1, 2}, 8: {1, 2}, 9: {1}}, (7, 8, 9), True),
        ({1: 2}, {7: {1}}, (7, 8), False),
    ],
)
def test_a_group_fits_where_there_is_a_way_to_seat_it(aside, allowed, party, fits):
    free = Free({None: 0, **aside}, allowed)
    assert free.give(*party) is fits
    assert set(free.given) == (set(party) if fits else set())


class Shares(RuleBasedStateMachine):
    """People of two schools come, wait and go, alone and together, while seats are set aside and released; the audit, which counts by
    nothing that the verbs use, says whether a rule of the seats and the line is broken."""

    NAMES = ("ada", "ben", "pia", "nora", "otto", "kim")

    def __init__(self):
        super().__init__()
        empty()
        self.cast = a_cast()
        north = School(district_id=self.cast.district.id, code="N", name="North", grade_first=0, grade_last=5)
        db.session.add(north)
        db.session.flush()
        for name in ("nora", "otto"):
            self.cast.people[name] = a_person(self.cast.district, name, "teacher", north)
        self.north, self.series, self.now = north, in_days(a_series(self.cast, seats=4), 9), NOW
        db.session.commit()

    def teardown(self):
        current_app.extensions["makerpd_clock"].moment = NOW
        db.session.rollback()
        db.session.remove()

    def does(self, verb):
        try:
            verb()
            db.session.commit()
        except Refused:
            db.session.rollback()

    @rule(name=st.sampled_from(NAMES), waits=st.booleans())
    def somebody_comes(self, name, waits):
        person = self.cast.people[name]
        self.does(lambda: (join_waitlist if waits else enroll)(person, self.series, by=person, now=self.now))

    @rule(names=st.sets(st.sampled_from(NAMES), min_size=2, max_size=3))
    def some_come_together(self, names):
        people = [self.cast.people[name] for name in sorted(names)]
        self.does(lambda: enroll_all_or_line_up_together(people, self.series, by=self.cast.olive, now=self.now))

    @rule(name=st.sampled_from(NAMES), verb=st.sampled_from((withdraw, turn_down)))
    def somebody_goes(self, name, verb):
        place = live_enrollment(self.cast.people[name], self.series, self.now)
        if place is not None:
            self.does(lambda: verb(place, by=place.person, now=self.now))

    @rule(for_north=st.booleans(), seats=st.integers(1, 3), days=st.integers(1, 3))
    def seats_are_set_aside(self, for_north, seats, days):
        whom = {"school": self.north, "role": None} if for_north else {"school": None, "role": "principal"}
        until = self.cast.district.day(self.now) + timedelta(days=days)
        self.does(lambda: set_aside(self.series, **whom, seats=seats, released_on=until, by=self.cast.olive, now=self.now))

    @rule(seats=st.integers(1, 3))
    def a_set_aside_changes(self, seats):
        one = db.session.scalars(select(SetAside).order_by(SetAside.id.desc())).first()
        if one is not None:
            until = max(one.released_on, self.cast.district.day(self.now) + timedelta(days=1))
            self.does(lambda: change_set_aside(one, seats=seats, released_on=until, by=self.cast.olive, now=self.now))

    @rule(seats=st.integers(1, 6))
    def the_seats_change(self, seats):
        window = {"enrollment_opens_at": self.series.enrollment_opens_at, "enrollment_closes_at": self.series.enrollment_closes_at}
        self.does(lambda: change_series(self.series, {**window, "seats": seats}, by=self.cast.olive, now=self.now))

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours):
        self.now += timedelta(hours=hours)

    @invariant()
    def no_rule_is_broken_once_the_worker_came_by(self):
        self.does(lambda: pass_on_offers(self.now))
        current_app.extensions["makerpd_clock"].moment = self.now
        assert [(one.number, one.sentence, one.broken) for one in broken_rules() if one.broken] == []
        assert db.session.scalar(select(Series.seats_taken)) <= db.session.scalar(select(Series.seats))


@pytest.mark.machine
def test_no_seat_is_idle_nor_given_to_the_wrong_ones_however_people_come_and_go(clean):
    with clean.app_context():
        much = {"max_examples": EXAMPLES, "stateful_step_count": 40} if LONG else {"max_examples": 3, "stateful_step_count": 12}
        run_state_machine_as_test(
            Shares, settings=settings(**much, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        )
