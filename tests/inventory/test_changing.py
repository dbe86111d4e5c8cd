"""Changing a reservation, a loan's return day, packing, and what comes and goes in parts."""

from datetime import date, timedelta

import pytest
from sqlalchemy import delete, select, text

from inventory.calendar import ItemDay, free_counts
from inventory.equipment import retire_model
from inventory.lending import change_loan, hand_over, not_collected, pack, take_back
from inventory.reservation import GateCheck, state_of
from inventory.reserving import Asked, change, reserve
from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.mail_kinds import KINDS, WEEKLY
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.people.mail_choices import choose_mail
from tests.cast import NOW, TODAY, a_cast, a_model, an_award

FRIDAY = date(2027, 3, 5)
NEXT_MONDAY = date(2027, 3, 8)


def ask(cast, model, first=TODAY, last=FRIDAY, quantity=1, teacher=None):
    return Asked(cast.school, teacher or cast.ada, {model: quantity}, first, last)


def reserved(cast, model, **asked):
    return reserve(ask(cast, model, **asked), by=cast.cora, now=NOW, today=TODAY)


def changed(reservation, cast, model, **asked):
    change(reservation, ask(cast, model, **asked), by=cast.cora, now=NOW, today=TODAY)


def states(reservation):
    return sorted(line.state for line in reservation.lines)


@pytest.fixture
def cast(db_session):
    made = a_cast()
    an_award(made, made.ada)
    return made


def test_other_days_keep_the_item_and_free_what_is_left(cast):
    model = a_model(cast, items=2)
    first = reserved(cast, model)
    before = first.lines[0].item_id
    changed(first, cast, model, first=NEXT_MONDAY, last=NEXT_MONDAY)
    assert [line.item_id for line in first.lines] == [before]
    assert free_counts([model.id], TODAY, FRIDAY, today=TODAY)[model.id] == 2
    assert free_counts([model.id], NEXT_MONDAY, NEXT_MONDAY, today=TODAY)[model.id] == 1


def test_more_and_fewer_of_them(cast):
    model = a_model(cast, items=3)
    reservation = reserved(cast, model)
    changed(reservation, cast, model, quantity=3)
    assert states(reservation) == ["reserved", "reserved", "reserved"]
    changed(reservation, cast, model, quantity=1)
    assert states(reservation) == ["canceled", "canceled", "reserved"]
    assert free_counts([model.id], TODAY, FRIDAY, today=TODAY)[model.id] == 2


def test_what_another_school_has_is_not_taken_by_a_change(cast):
    model = a_model(cast)
    reserved(cast, model, first=NEXT_MONDAY, last=NEXT_MONDAY)
    reservation = reserved(cast, model)
    with pytest.raises(Refused, match="0 are free") as refused:
        changed(reservation, cast, model, last=NEXT_MONDAY)
    assert refused.value.status == 409


def test_the_gate_is_asked_for_the_new_days_and_the_new_teacher(cast):
    model = a_model(cast)
    reservation = reserved(cast, model)
    with pytest.raises(Refused, match="Ben Example doesn't hold Operator"):
        changed(reservation, cast, model, teacher=cast.ben)
    db.session.rollback()


def test_a_change_is_kept_and_told(cast):
    model = a_model(cast)
    reservation = reserved(cast, model)
    changed(reservation, cast, model, last=TODAY)
    assert db.session.scalars(select(GateCheck.occasion).order_by(GateCheck.id)).all() == ["reserved", "changed"]
    assert "reservation_changed" in db.session.scalars(select(Mail.kind)).all()


def test_a_change_of_nothing_is_none_and_is_told_to_nobody(cast):
    model = a_model(cast, items=2)
    reservation = reserved(cast, model)
    assert change(reservation, ask(cast, model), by=cast.cora, now=NOW, today=TODAY) is False
    purpose = Asked(cast.school, cast.ada, {model: 1}, TODAY, FRIDAY, "Bridges")
    assert change(reservation, purpose, by=cast.cora, now=NOW, today=TODAY) is True
    hand_over(reservation, by=cast.eli, now=NOW, today=TODAY)
    assert change_loan(reservation, cast.ada, FRIDAY, by=cast.cora, now=NOW, today=TODAY) is False
    assert db.session.scalars(select(GateCheck.occasion).order_by(GateCheck.id)).all() == ["reserved", "handed_over"]
    assert db.session.scalars(select(Mail.kind)).all() == ["reserved"]
    assert db.session.scalars(select(History.what).where(History.record == "reservation").order_by(History.id)).all() == [
        "reserved",
        "changed",
        "handed over",
    ]


def test_what_somebody_else_changed_to_the_same_meanwhile_is_changed_no_second_time(cast):
    """Its page had read two lines; when its turn comes, one of them is canceled already."""
    model = a_model(cast, items=2)
    reservation = reserved(cast, model, quantity=2)
    db.session.flush()
    line = reservation.lines[1]
    for sql in ("DELETE FROM item_day WHERE line_id = :id", "UPDATE reservation_line SET state = 'canceled' WHERE id = :id"):
        db.session.connection().execute(text(sql), {"id": line.id})
    assert change(reservation, ask(cast, model), by=cast.cora, now=NOW, today=TODAY) is False
    assert states(reservation) == ["canceled", "reserved"]


def test_a_packed_item_that_is_swapped_is_to_be_packed_again(cast):
    model = a_model(cast, items=2)
    reservation = reserved(cast, model)
    pack(reservation, by=cast.eli, now=NOW)
    changed(reservation, cast, model, last=TODAY)
    assert states(reservation) == ["packed"]
    other = reserved(cast, model, first=NEXT_MONDAY, last=NEXT_MONDAY)
    assert other.lines[0].item_id == reservation.lines[0].item_id
    changed(reservation, cast, model, first=NEXT_MONDAY, last=NEXT_MONDAY)
    assert states(reservation) == ["reserved"]


def test_a_part_goes_out_and_comes_back_without_the_rest(cast):
    model = a_model(cast, items=2)
    reservation = reserved(cast, model, quantity=2)
    first, second = (line.id for line in reservation.lines)
    hand_over(reservation, [first], by=cast.eli, now=NOW, today=TODAY)
    assert (states(reservation), state_of(reservation)) == (["out", "reserved"], "out")
    hand_over(reservation, [second], by=cast.eli, now=NOW, today=TODAY)
    take_back(reservation, [second], by=cast.eli, now=NOW)
    assert (states(reservation), state_of(reservation)) == (["in_check", "out"], "out")


def test_what_is_out_is_changed_as_a_loan_only(cast):
    model = a_model(cast)
    reservation = reserved(cast, model)
    with pytest.raises(Refused, match="Nothing of this reservation is out"):
        change_loan(reservation, cast.ada, FRIDAY, by=cast.cora, now=NOW, today=TODAY)
    hand_over(reservation, by=cast.eli, now=NOW, today=TODAY)
    with pytest.raises(Refused, match="out already"):
        changed(reservation, cast, model, last=TODAY)


def test_a_loan_is_extended_until_somebody_elses_day(cast):
    model = a_model(cast)
    reservation = reserved(cast, model)
    hand_over(reservation, by=cast.eli, now=NOW, today=TODAY)
    tuesday = NEXT_MONDAY + timedelta(days=1)
    reserved(cast, model, first=tuesday, last=tuesday)
    with pytest.raises(Refused, match="promised to another school from 2027-03-09"):
        change_loan(reservation, cast.ada, tuesday, by=cast.cora, now=NOW, today=TODAY)
    db.session.rollback()


def test_an_earlier_return_frees_the_days_behind_it(cast):
    model = a_model(cast)
    reservation = reserved(cast, model)
    hand_over(reservation, by=cast.eli, now=NOW, today=TODAY)
    change_loan(reservation, cast.ada, TODAY + timedelta(days=1), by=cast.cora, now=NOW, today=TODAY)
    assert max(db.session.scalars(select(ItemDay.day))) == TODAY + timedelta(days=1)
    assert reserved(cast, model, first=FRIDAY, last=FRIDAY)


def test_a_loan_is_extended_only_with_a_badge_through_the_new_day(db_session):
    cast = a_cast()
    an_award(cast, cast.ada, last_day=FRIDAY)
    reservation = reserved(cast, a_model(cast))
    hand_over(reservation, by=cast.eli, now=NOW, today=TODAY)
    with pytest.raises(Refused, match="holds Operator through 2027-03-05 only"):
        change_loan(reservation, cast.ada, NEXT_MONDAY, by=cast.cora, now=NOW, today=TODAY)


def test_who_answered_before_is_told_that_somebody_else_does_now(cast):
    an_award(cast, cast.ben)
    model = a_model(cast)
    reservation = reserved(cast, model)
    changed(reservation, cast, model, teacher=cast.ben)
    hand_over(reservation, by=cast.eli, now=NOW, today=TODAY)
    later = NOW + timedelta(hours=1)
    change_loan(reservation, cast.ada, FRIDAY, by=cast.cora, now=later, today=TODAY)
    told = select(Mail.person_id).where(Mail.kind == "answers_no_more").order_by(Mail.id)
    assert db.session.scalars(told).all() == [cast.ada.id, cast.ben.id]
    # Its page isn't there for them any more.
    assert "reservation" not in KINDS["answers_no_more"].page


def test_what_was_to_be_picked_up_this_week_is_told_at_once_however_far_it_moves(cast):
    an_award(cast, cast.ben)
    for person in (cast.ada, cast.ben):
        choose_mail(person, {"reservation_changed": WEEKLY, "answers_no_more": WEEKLY}, weekday=0, by=person, now=NOW)
    model = a_model(cast)
    reservation = reserved(cast, model)
    in_april = {"first": date(2027, 4, 5), "last": date(2027, 4, 9)}
    changed(reservation, cast, model, **in_april, teacher=cast.ben)
    assert told_of_changes() == {(cast.ada.id, "answers_no_more"): "waiting", (cast.ben.id, "reservation_changed"): "waiting"}
    db.session.execute(delete(Mail))
    change(reservation, ask(cast, model, **in_april), by=cast.cora, now=NOW + timedelta(hours=1), today=TODAY)
    assert told_of_changes() == {(cast.ben.id, "answers_no_more"): "held", (cast.ada.id, "reservation_changed"): "held"}


def told_of_changes():
    query = select(Mail.person_id, Mail.kind, Mail.state).where(Mail.kind.in_(("reservation_changed", "answers_no_more")))
    return {(person_id, kind): state for person_id, kind, state in db.session.execute(query)}


def test_a_model_that_is_lent_no_more_stays_where_it_was_reserved(cast):
    model = a_model(cast)
    reservation = reserved(cast, model)
    retire_model(model, today=TODAY, by=cast.eli, now=NOW)
    changed(reservation, cast, model, last=NEXT_MONDAY)
    assert states(reservation) == ["reserved"]
    with pytest.raises(Refused, match="isn't lent any more"):
        reserved(cast, model, first=NEXT_MONDAY, last=NEXT_MONDAY)


def test_what_nobody_collected_is_told_to_who_answers_for_it(cast):
    reservation = reserved(cast, a_model(cast))
    not_collected(reservation, by=cast.eli, now=NOW, today=TODAY + timedelta(days=1))
    assert db.session.scalars(select(Mail.person_id).where(Mail.kind == "not_collected")).all() == [cast.ada.id]
