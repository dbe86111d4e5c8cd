"""Items that will not be there: another takes their place, and where there is none, it is told."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from inventory.at_risk import look_at_every_reservation
from inventory.due import tell_what_is_due
from inventory.lending import close_check, hand_over, take_back
from inventory.reservation import state_of
from inventory.reserving import Asked, reserve
from inventory.upkeep import bring_back, take_out_of_lending
from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from tests.cast import NOW, TODAY, a_cast, a_model, an_award

LATER = TODAY + timedelta(days=7)


@pytest.fixture
def cast(db_session):
    made = a_cast()
    an_award(made, made.ada)
    return made


def reserved(cast, model, first=TODAY, last=None, quantity=1):
    return reserve(Asked(cast.school, cast.ada, {model: quantity}, first, last or first), by=cast.cora, now=NOW, today=TODAY)


def told(kind):
    return sorted(db.session.scalars(select(Mail.person_id).where(Mail.kind == kind)))


def test_an_item_taken_out_of_lending_is_replaced(cast):
    model = a_model(cast, items=2)
    ahead = reserved(cast, model, LATER)
    gone = ahead.lines[0].item
    take_out_of_lending(gone, reason="Noisy fan", by=cast.eli, now=NOW)
    assert ahead.lines[0].item_id != gone.id
    assert told("at_risk") == []


def test_where_no_other_is_free_the_school_and_the_depot_are_told_and_nothing_is_canceled(cast):
    model = a_model(cast, items=1)
    ahead = reserved(cast, model, LATER)
    take_out_of_lending(ahead.lines[0].item, reason="Noisy fan", by=cast.eli, now=NOW)
    assert told("at_risk") == sorted([cast.ada.id, cast.cora.id, cast.eli.id])
    assert state_of(ahead) == "reserved"


def test_what_comes_back_damaged_leaves_lending_and_its_next_school_gets_another(cast):
    model = a_model(cast, items=2)
    today, ahead = reserved(cast, model), reserved(cast, model, LATER)
    assert today.lines[0].item_id == ahead.lines[0].item_id
    hand_over(today, by=cast.eli, now=NOW, today=TODAY)
    take_back(today, by=cast.eli, now=NOW)
    close_check(today.lines[0], "damaged", note="Cracked plate", by=cast.eli, now=NOW)
    assert today.lines[0].item.retired_reason == "damaged: Cracked plate"
    assert ahead.lines[0].item_id != today.lines[0].item_id


def test_a_late_item_is_replaced_on_the_next_day(cast):
    model = a_model(cast, items=2)
    late = reserved(cast, model)
    tomorrow = TODAY + timedelta(days=1)
    ahead = reserved(cast, model, tomorrow)
    hand_over(late, by=cast.eli, now=NOW, today=TODAY)
    assert late.lines[0].item_id == ahead.lines[0].item_id
    look_at_every_reservation(cast.district, tomorrow, NOW + timedelta(days=1))
    db.session.refresh(ahead.lines[0])
    assert ahead.lines[0].item_id != late.lines[0].item_id


def test_a_hand_over_takes_a_free_item_where_the_promised_one_is_still_away(cast):
    model = a_model(cast, items=2)
    late = reserved(cast, model)
    tomorrow = TODAY + timedelta(days=1)
    ahead = reserved(cast, model, tomorrow)
    hand_over(late, by=cast.eli, now=NOW, today=TODAY)
    hand_over(ahead, by=cast.eli, now=NOW, today=tomorrow)
    assert {late.lines[0].item_id, ahead.lines[0].item_id} == {item.id for item in model.items}


def test_a_hand_over_of_what_is_nowhere_is_refused(cast):
    model = a_model(cast, items=1)
    late = reserved(cast, model)
    tomorrow = TODAY + timedelta(days=1)
    ahead = reserved(cast, model, tomorrow)
    hand_over(late, by=cast.eli, now=NOW, today=TODAY)
    with pytest.raises(Refused, match="Printer-0 isn't at the depot"):
        hand_over(ahead, by=cast.eli, now=NOW, today=tomorrow)


def test_an_item_with_a_school_stays_in_lending_until_it_is_back(cast):
    model = a_model(cast, items=1)
    out = reserved(cast, model)
    hand_over(out, by=cast.eli, now=NOW, today=TODAY)
    with pytest.raises(Refused, match="with a school"):
        take_out_of_lending(out.lines[0].item, reason="Noisy", by=cast.eli, now=NOW)


def test_an_item_comes_back_into_lending_once(cast):
    item = a_model(cast, items=1).items[0]
    take_out_of_lending(item, reason="Noisy", by=cast.eli, now=NOW)
    bring_back(item, by=cast.eli, now=NOW)
    with pytest.raises(Refused, match="can be lent already"):
        bring_back(item, by=cast.eli, now=NOW)
    assert item.retired_on is None


def test_what_is_due_is_told_the_day_before_and_when_it_is_late(cast):
    reservation = reserved(cast, a_model(cast), TODAY, TODAY + timedelta(days=1))
    hand_over(reservation, by=cast.eli, now=NOW, today=TODAY)
    for _ in range(2):
        tell_what_is_due(cast.district, TODAY, NOW)
        tell_what_is_due(cast.district, TODAY + timedelta(days=2), NOW)
    assert told("due_back") == [cast.ada.id]
    assert told("late") == sorted([cast.ada.id, cast.cora.id])


def test_each_item_that_is_missing_is_told_of(cast):
    ahead = reserved(cast, a_model(cast, items=2), LATER, quantity=2)
    for line in list(ahead.lines):
        take_out_of_lending(line.item, reason="Noisy fan", by=cast.eli, now=NOW)
    assert told("at_risk") == sorted([cast.ada.id, cast.cora.id, cast.eli.id] * 2)


def test_what_is_over_takes_no_other_item(cast):
    missed = reserved(cast, a_model(cast, items=2))
    gone = missed.lines[0].item
    take_out_of_lending(gone, reason="Noisy fan", by=cast.eli, now=NOW + timedelta(days=3))
    assert missed.lines[0].item_id == gone.id
