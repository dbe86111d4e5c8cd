"""Loans, played at random against a plain model of rules 5 and 6: two schools, three printers, days that pass, things that come
back late, damaged or not at all."""

from datetime import timedelta

import pytest
from flask import current_app
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from inventory.calendar import LATE_BLOCKS, ItemDay, days_between
from inventory.equipment import Item
from inventory.lending import change_loan, close_check, hand_over, not_collected, pack, take_back
from inventory.reservation import Reservation, ReservationLine
from inventory.reserving import Asked, cancel_reservation, change, reserve
from inventory.upkeep import bring_back, take_out_of_lending
from seminar.audit import broken_rules
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from tests.cast import NOW, TODAY, a_cast, a_model, an_award
from tests.conftest import empty
from tests.machines import EXAMPLES, STEPS

TURNAROUND = 1
AHEAD = ("reserved", "packed")

pytestmark = pytest.mark.machine


class Loans(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        empty()
        self.cast = a_cast()
        self.cast.depot.weekdays = "1234567"
        self.model = a_model(self.cast, items=3)
        self.model.turnaround_open_days = TURNAROUND
        self.trained_through = TODAY + timedelta(days=25)
        an_award(self.cast, self.cast.ada, last_day=self.trained_through)
        db.session.commit()
        self.today, self.now = TODAY, NOW
        self.clock = current_app.extensions["makerpd_clock"]

    def teardown(self):
        self.clock.moment = NOW
        db.session.rollback()
        db.session.remove()

    # what the model believes, read from the lines alone
    def lines(self, *states):
        return [line for line in db.session.scalars(select(ReservationLine)) if line.state in states]

    def needed(self, first, last):
        return {*days_between(first, last + timedelta(days=TURNAROUND))}

    def blocked(self, item, but=None):
        """The days on which an item is somebody's, by the plain words of the product."""
        days = set()
        for line in self.lines(*AHEAD, "out", "in_check"):
            if line.item_id != item.id or line.reservation_id == but:
                continue
            first, last = line.reservation.first_day, line.reservation.last_day
            days |= self.needed(first, last)
            if line.state == "in_check":
                days |= set(days_between(first, self.today))
            elif line.state == "out" and last < self.today:
                days |= set(days_between(first, self.today + LATE_BLOCKS))
        return days

    def free(self, first, last, but=None):
        lendable = db.session.scalars(select(Item).where(Item.retired_on.is_(None))).all()
        return [item for item in lendable if not self.blocked(item, but) & self.needed(first, last)]

    def days_are_fine(self, first, last):
        return self.today <= first <= last <= self.trained_through and (last - first).days < self.model.max_loan_days

    def does(self, verb, expected=None):
        try:
            verb()
            db.session.commit()
            happened = True
        except Refused:
            db.session.rollback()
            happened = False
        assert expected is None or happened == expected
        return happened

    @rule(wait=st.integers(0, 12), length=st.integers(0, 8), quantity=st.integers(1, 3))
    def a_school_reserves(self, wait, length, quantity):
        first, last = self.today + timedelta(days=wait), self.today + timedelta(days=wait + length)
        asked = Asked(self.cast.school, self.cast.ada, {self.model: quantity}, first, last)
        expected = self.days_are_fine(first, last) and len(self.free(first, last)) >= quantity
        self.does(lambda: reserve(asked, by=self.cast.cora, now=self.now, today=self.today), expected)

    def reservation(self, pick, *states):
        found = sorted({line.reservation_id for line in self.lines(*states)})
        return db.session.get(Reservation, found[pick % len(found)]) if found else None

    @rule(pick=st.integers(0, 9), wait=st.integers(0, 12), length=st.integers(0, 8), quantity=st.integers(1, 3))
    def it_is_changed(self, pick, wait, length, quantity):
        chosen = self.reservation(pick, *AHEAD)
        if chosen is None:
            return
        first, last = self.today + timedelta(days=wait), self.today + timedelta(days=wait + length)
        asked = Asked(self.cast.school, self.cast.ada, {self.model: quantity}, first, last)
        untouched = all(line.state not in ("out", "in_check") for line in chosen.lines)
        expected = untouched and self.days_are_fine(first, last) and len(self.free(first, last, chosen.id)) >= quantity
        if self.does(lambda: change(chosen, asked, by=self.cast.cora, now=self.now, today=self.today), expected):
            assert sum(line.state in AHEAD for line in chosen.lines) == quantity

    @rule(pick=st.integers(0, 9))
    def it_is_canceled(self, pick):
        if (chosen := self.reservation(pick, *AHEAD)) is not None:
            self.does(lambda: cancel_reservation(chosen, reason="", by=self.cast.cora, now=self.now), expected=True)

    @rule(pick=st.integers(0, 9))
    def it_is_packed(self, pick):
        if (chosen := self.reservation(pick, "reserved")) is not None:
            self.does(lambda: pack(chosen, by=self.cast.eli, now=self.now), expected=True)

    @rule(pick=st.integers(0, 9), part=st.booleans())
    def it_is_handed_over(self, pick, part):
        if (chosen := self.reservation(pick, *AHEAD)) is None:
            return
        waiting = [line for line in chosen.lines if line.state in AHEAD]
        ids = [waiting[0].id] if part else None
        on_its_days = chosen.first_day <= self.today <= min(chosen.last_day, self.trained_through)
        all_there = all(line.item_id not in {o.item_id for o in self.lines("out", "in_check")} for line in waiting)
        kept = all(line.item.retired_on is None for line in waiting)
        expected = False if not on_its_days else True if all_there and kept else None
        self.does(lambda: hand_over(chosen, ids, by=self.cast.eli, now=self.now, today=self.today), expected)

    @rule(pick=st.integers(0, 9), part=st.booleans())
    def it_is_taken_back(self, pick, part):
        if (chosen := self.reservation(pick, "out")) is not None:
            ids = [next(line.id for line in chosen.lines if line.state == "out")] if part else None
            self.does(lambda: take_back(chosen, ids, by=self.cast.eli, now=self.now), expected=True)

    @rule(pick=st.integers(0, 9), outcome=st.sampled_from(["ok", "ok", "ok", "incomplete", "damaged", "lost"]))
    def its_check_is_closed(self, pick, outcome):
        if lines := self.lines("in_check"):
            line = lines[pick % len(lines)]
            self.does(lambda: close_check(line, outcome, note="", by=self.cast.eli, now=self.now), expected=True)

    @rule(pick=st.integers(0, 9), more=st.integers(-3, 9))
    def a_loan_gets_another_return_day(self, pick, more):
        if (chosen := self.reservation(pick, "out")) is None:
            return
        last = chosen.last_day + timedelta(days=more)
        fine = max(self.today, chosen.first_day) <= last <= self.trained_through and (last - chosen.first_day).days < 21
        held = [line.item for line in chosen.lines if line.state in ("out", *AHEAD)]
        new = {day for day in self.needed(chosen.first_day, last) if day > min(chosen.last_day, last)}
        expected = fine and not any(self.blocked(item, chosen.id) & new for item in held)
        self.does(lambda: change_loan(chosen, self.cast.ada, last, by=self.cast.cora, now=self.now, today=self.today), expected)

    @rule(pick=st.integers(0, 9))
    def nobody_came(self, pick):
        if (chosen := self.reservation(pick, *AHEAD)) is not None:
            expected = chosen.first_day < self.today
            self.does(lambda: not_collected(chosen, by=self.cast.eli, now=self.now, today=self.today), expected)

    @rule(days=st.integers(1, 4))
    def days_pass(self, days):
        self.today += timedelta(days=days)
        self.now += timedelta(days=days)
        self.clock.moment = self.now

    @precondition(lambda self: len(db.session.scalars(select(Item.id).where(Item.retired_on.is_(None))).all()) > 1)
    @rule(pick=st.integers(0, 9))
    def an_item_is_taken_out_of_lending(self, pick):
        lendable = db.session.scalars(select(Item).where(Item.retired_on.is_(None)).order_by(Item.id)).all()
        item = lendable[pick % len(lendable)]
        away = item.id in {line.item_id for line in self.lines("out", "in_check")}
        self.does(lambda: take_out_of_lending(item, reason="Noisy", by=self.cast.eli, now=self.now), expected=not away)

    @rule(pick=st.integers(0, 9))
    def an_item_is_brought_back(self, pick):
        gone = db.session.scalars(select(Item).where(Item.retired_on.is_not(None)).order_by(Item.id)).all()
        if gone:
            self.does(lambda: bring_back(gone[pick % len(gone)], by=self.cast.eli, now=self.now), expected=True)

    @invariant()
    def every_day_of_an_item_is_one_claims(self):
        claimed = {(row.item_id, row.day): row.line_id for row in db.session.scalars(select(ItemDay))}
        for line in self.lines(*AHEAD, "out"):
            first, last = line.reservation.first_day, line.reservation.last_day
            for day in days_between(max(first, self.today), last):
                assert claimed[line.item_id, day] == line.id
        live = {line.id for line in self.lines(*AHEAD, "out", "in_check")}
        assert set(claimed.values()) <= live

    @invariant()
    def the_audit_finds_nothing(self):
        assert [rule.sentence for rule in broken_rules() if rule.broken] == []


def test_an_item_is_never_promised_twice_whatever_happens(clean):
    with clean.app_context():
        run_state_machine_as_test(
            Loans,
            settings=settings(
                max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck), database=None
            ),
        )
