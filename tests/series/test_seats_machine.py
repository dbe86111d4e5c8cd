"""Seats, played at random against a plain model of rules 1 to 3: people come, wait, are offered a seat and go; seats and windows
change."""

from datetime import timedelta

import pytest
from flask import current_app
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import func, select

from seminar.audit import broken_rules
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.series.enrolling import cancel_enrollment, enroll, withdraw
from seminar.series.enrollment import LIVE, Enrollment, live_enrollment, seats_of
from seminar.series.planning import cancel_series, change_series
from seminar.series.series import Series
from seminar.series.waitlist import join_waitlist, pass_on_offers, turn_down
from tests.cast import NOW, a_cast, a_series
from tests.conftest import empty
from tests.machines import EXAMPLES, STEPS

NAMES = ("ada", "ben", "cora", "pia", "kim", "eli")

pytestmark = pytest.mark.machine


class Seats(RuleBasedStateMachine):
    """`inside` are enrolled; `line` waits, in its order; `offers` are those whom a seat is kept for, until when."""

    def __init__(self):
        super().__init__()
        empty()
        self.cast = a_cast()
        self.series = a_series(self.cast, seats=2)
        self.seats, self.inside, self.line, self.offers = 2, set(), [], {}
        self.now, self.canceled = NOW, False

    def teardown(self):
        current_app.extensions["makerpd_clock"].moment = NOW
        db.session.rollback()
        db.session.remove()

    @property
    def open(self):
        return not self.canceled and self.series.enrollment_opens_at <= self.now < self.series.enrollment_closes_at

    @property
    def kept(self):
        """Whom a seat is still kept for."""
        return {name for name, until in self.offers.items() if until > self.now}

    @property
    def to_spare(self):
        return self.seats - len(self.inside) - len(self.kept) - len(self.line)

    def does(self, verb, expected):
        """Do it, as a view does: commit, or roll back and leave everything as it was."""
        try:
            verb()
            db.session.commit()
            happened = True
        except Refused:
            db.session.rollback()
            happened = False
        assert happened == expected
        return happened

    def settle(self):
        self.offers = {name: until for name, until in self.offers.items() if until > self.now}
        self.offer()

    def offer(self):
        while self.open and self.line and len(self.inside) + len(self.offers) < self.seats:
            name = self.line.pop(0)
            self.offers[name] = self.place_of(name).offer_until
            assert self.now < self.offers[name] <= self.series.enrollment_closes_at

    def place_of(self, name):
        person = self.cast.people[name]
        newest = select(Enrollment).where(Enrollment.person_id == person.id, Enrollment.state.in_(LIVE))
        return db.session.scalar(newest)

    @rule(name=st.sampled_from(NAMES))
    def somebody_enrolls(self, name):
        person = self.cast.people[name]
        stranger = name not in self.inside and name not in self.line
        expected = self.open and (name in self.kept or (stranger and self.to_spare > 0))
        if self.does(lambda: enroll(person, self.series, by=person, now=self.now), expected):
            self.settle()
            self.offers.pop(name, None)
            self.inside.add(name)

    @rule(name=st.sampled_from(NAMES))
    def somebody_stands_in_line(self, name):
        person = self.cast.people[name]
        expected = self.open and name not in {*self.inside, *self.line, *self.kept} and self.to_spare <= 0
        if self.does(lambda: join_waitlist(person, self.series, by=person, now=self.now), expected):
            self.settle()
            self.line.append(name)

    @rule(name=st.sampled_from(NAMES))
    def somebody_turns_an_offer_down(self, name):
        place = self.place_of(name)
        if place is not None and self.does(lambda: turn_down(place, by=place.person, now=self.now), name in self.kept):
            del self.offers[name]
            self.settle()

    @rule(name=st.sampled_from(NAMES))
    def somebody_withdraws(self, name):
        place = live_enrollment(self.cast.people[name], self.series, self.now)
        assert (place is not None) == (name in {*self.inside, *self.line, *self.kept})
        if place is not None and self.does(lambda: withdraw(place, by=place.person, now=self.now), self.now < self.ends()):
            self.is_out(name)

    @rule(name=st.sampled_from(NAMES))
    def the_district_cancels_a_place(self, name):
        place = live_enrollment(self.cast.people[name], self.series, self.now)
        cancel = lambda: cancel_enrollment(place, reason="No room", by=self.cast.olive, now=self.now)  # noqa: E731
        if place is not None and self.does(cancel, expected=True):
            self.is_out(name)

    def is_out(self, name):
        self.inside.discard(name)
        self.offers.pop(name, None)
        self.line = [other for other in self.line if other != name]
        self.settle()

    @rule(seats=st.integers(1, 6))
    def the_seats_change(self, seats):
        window = {"enrollment_opens_at": self.series.enrollment_opens_at, "enrollment_closes_at": self.series.enrollment_closes_at}
        free = self.seats - len(self.inside) - len(self.kept)
        taken = self.seats - free + (min(free, len(self.line)) if self.open else 0)
        if self.does(lambda: change_series(self.series, {**window, "seats": seats}, by=self.cast.olive, now=self.now), seats >= taken):
            self.settle()
            self.seats = seats
            self.offer()

    @rule(hours=st.integers(1, 5))
    def time_passes(self, hours):
        self.now += timedelta(hours=hours)

    @rule()
    def the_worker_comes_by(self):
        self.does(lambda: pass_on_offers(self.now), expected=True)
        self.settle()
        current_app.extensions["makerpd_clock"].moment = self.now
        assert [rule.broken for rule in broken_rules() if rule.number == 3 and rule.broken] == []

    @precondition(lambda self: not self.canceled and len(self.inside) > 1)
    @rule()
    def the_series_is_canceled(self):
        self.does(lambda: cancel_series(self.series, reason="No trainer", by=self.cast.olive, now=self.now), expected=True)
        self.canceled, self.inside, self.line, self.offers = True, set(), [], {}

    def ends(self):
        return self.series.meetings[-1].ends_at

    @invariant()
    def the_database_says_the_same(self):
        names = {person.id: name for name, person in self.cast.people.items()}
        live = select(Enrollment).where(Enrollment.state.in_(LIVE)).order_by(Enrollment.joined_at, Enrollment.id)
        found = {state: [] for state in LIVE}
        for place in db.session.scalars(live):
            found[place.state].append(names[place.person_id])
        assert set(found["enrolled"]) == self.inside and set(found["offered"]) == set(self.offers)
        assert found["waitlisted"] == self.line
        kept, seats = db.session.execute(select(Series.seats_taken, Series.seats)).one()
        assert (kept, seats) == (len(self.inside) + len(self.offers), self.seats)
        assert seats_of(self.series, self.now).left == max(self.to_spare, 0)
        twice = select(func.count()).where(Enrollment.state.in_(LIVE)).group_by(Enrollment.person_id)
        assert max(db.session.scalars(twice), default=0) <= 1


def test_seats_are_never_oversold_however_people_come_and_go(clean):
    with clean.app_context():
        run_state_machine_as_test(
            Seats,
            settings=settings(
                max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck), database=None
            ),
        )
