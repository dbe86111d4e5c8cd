"""Seats, played at random against a plain model of rules 1 and 2: people come and go, seats and windows change."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import func, select

from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.series.enrolling import cancel_enrollment, enroll, withdraw
from seminar.series.enrollment import Enrollment, live_enrollment, seats_left
from seminar.series.planning import cancel_series, change_series
from seminar.series.series import Series
from tests.cast import NOW, a_cast, a_series
from tests.conftest import empty
from tests.machines import EXAMPLES, STEPS

NAMES = ("ada", "ben", "cora", "pia", "kim", "eli")

pytestmark = pytest.mark.machine


class Seats(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        empty()
        self.cast = a_cast()
        self.series = a_series(self.cast, seats=2)
        self.seats, self.inside, self.now, self.canceled = 2, set(), NOW, False

    def teardown(self):
        db.session.rollback()
        db.session.remove()

    @property
    def open(self):
        return not self.canceled and self.series.enrollment_opens_at <= self.now < self.series.enrollment_closes_at

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

    @rule(name=st.sampled_from(NAMES))
    def somebody_enrolls(self, name):
        person = self.cast.people[name]
        expected = self.open and name not in self.inside and len(self.inside) < self.seats
        if self.does(lambda: enroll(person, self.series, by=person, now=self.now), expected):
            self.inside.add(name)

    @rule(name=st.sampled_from(NAMES))
    def somebody_withdraws(self, name):
        place = live_enrollment(self.cast.people[name], self.series)
        assert (place is not None) == (name in self.inside)
        if place is not None and self.does(lambda: withdraw(place, by=place.person, now=self.now), self.now < self.ends()):
            self.inside.discard(name)

    @rule(name=st.sampled_from(NAMES))
    def the_district_cancels_a_place(self, name):
        place = live_enrollment(self.cast.people[name], self.series)
        if place is not None and self.does(
            lambda: cancel_enrollment(place, reason="No room", by=self.cast.olive, now=self.now), expected=True
        ):
            self.inside.discard(name)

    @rule(seats=st.integers(1, 6))
    def the_seats_change(self, seats):
        window = {"enrollment_opens_at": self.series.enrollment_opens_at, "enrollment_closes_at": self.series.enrollment_closes_at}
        change = {**window, "seats": seats}
        if self.does(lambda: change_series(self.series, change, by=self.cast.olive, now=self.now), seats >= len(self.inside)):
            self.seats = seats

    @rule(hours=st.integers(1, 5))
    def time_passes(self, hours):
        self.now += timedelta(hours=hours)

    @precondition(lambda self: not self.canceled and len(self.inside) > 1)
    @rule()
    def the_series_is_canceled(self):
        self.does(lambda: cancel_series(self.series, reason="No trainer", by=self.cast.olive, now=self.now), expected=True)
        self.canceled, self.inside = True, set()

    def ends(self):
        return self.series.meetings[-1].ends_at

    @invariant()
    def the_database_says_the_same(self):
        live = db.session.scalars(select(Enrollment.person_id).where(Enrollment.state == "enrolled")).all()
        assert sorted(live) == sorted(self.cast.people[name].id for name in self.inside)
        kept, seats = db.session.execute(select(Series.seats_taken, Series.seats)).one()
        assert (kept, seats) == (len(self.inside), self.seats)
        assert seats_left(self.series) == self.seats - len(self.inside) >= 0
        twice = select(func.count()).where(Enrollment.state == "enrolled").group_by(Enrollment.person_id)
        assert max(db.session.scalars(twice), default=0) <= 1


def test_seats_are_never_oversold_however_people_come_and_go(clean):
    with clean.app_context():
        run_state_machine_as_test(
            Seats,
            settings=settings(
                max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck), database=None
            ),
        )
