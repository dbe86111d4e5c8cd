"""Reserving, handing over and taking back: rules 5 and 6."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from inventory.at_risk import why_at_risk
from inventory.calendar import ItemDay, free_counts
from inventory.lending import close_check, hand_over, take_back
from inventory.reservation import GateCheck, is_late, state_of
from inventory.reserving import Asked, cancel_reservation, reserve
from inventory.upkeep import bring_back, take_out_of_lending
from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.people.appointment import Appointment
from seminar.people.calendar import ClosedDay
from seminar.people.directory import end_appointment
from seminar.skills.award import Award
from tests.cast import NOW, TODAY, a_cast, a_model

FRIDAY = date(2027, 3, 5)


def trained(cast, person, last_day=date(2028, 1, 1)):
    db.session.add(
        Award(
            district_id=cast.district.id,
            person_id=person.id,
            badge_id=cast.badge.id,
            first_day=date(2027, 1, 1),
            last_day=last_day,
            awarded_at=NOW,
        )
    )
    db.session.flush()


def ask(cast, model, first=TODAY, last=FRIDAY, quantity=1, teacher=None):
    asked = Asked(cast.school, teacher or cast.ada, {model: quantity}, first, last)
    return reserve(asked, by=cast.cora, now=NOW, today=TODAY)


def test_only_a_trained_teacher_may_be_responsible(db_session):
    cast = a_cast()
    model = a_model(cast)
    with pytest.raises(Refused, match="Ada Example doesn't hold Operator yet: 3 of its 3"):
        ask(cast, model)
    trained(cast, cast.ada)
    reservation = ask(cast, model)
    assert state_of(reservation) == "reserved"
    assert db.session.scalars(select(GateCheck.occasion)).all() == ["reserved"]


def test_a_badge_holds_through_the_last_day(db_session):
    cast = a_cast()
    model = a_model(cast)
    trained(cast, cast.ada, last_day=FRIDAY - timedelta(days=1))
    with pytest.raises(Refused, match="through 2027-03-04 only"):
        ask(cast, model)
    assert ask(cast, model, last=FRIDAY - timedelta(days=1))


def test_nobody_passes_the_gate_by_being_staff(db_session):
    cast = a_cast()
    trained(cast, cast.eli)
    with pytest.raises(Refused, match="isn't a teacher of School A"):
        ask(cast, a_model(cast), teacher=cast.eli)


def test_the_last_item_is_reserved_once_and_free_again_when_canceled(db_session):
    cast = a_cast()
    model = a_model(cast)
    trained(cast, cast.ada)
    first = ask(cast, model)
    with pytest.raises(Refused, match="0 are free"):
        ask(cast, model, first=FRIDAY, last=FRIDAY)
    cancel_reservation(first, reason="", by=cast.cora, now=NOW)
    assert state_of(first) == "canceled"
    assert ask(cast, model)


def test_turnaround_counts_open_days(db_session):
    cast = a_cast()
    model = a_model(cast)
    model.turnaround_open_days = 2
    trained(cast, cast.ada)
    db.session.add(ClosedDay(district_id=cast.district.id, day=date(2027, 3, 8), reason="Holiday"))
    ask(cast, model)
    claimed = db.session.scalars(select(ItemDay.day).where(ItemDay.claim == "turnaround").order_by(ItemDay.day)).all()
    assert claimed == [date(2027, 3, day) for day in (6, 7, 8, 9, 10)]


def test_pick_up_and_return_fall_on_open_days(db_session):
    cast = a_cast()
    model = a_model(cast)
    trained(cast, cast.ada)
    with pytest.raises(Refused, match=r"closed on 2027-03-06\. 2027-03-08 is open"):
        ask(cast, model, last=date(2027, 3, 6))
    with pytest.raises(Refused, match="is over"):
        ask(cast, model, first=TODAY - timedelta(days=3))


def test_a_loan_goes_out_comes_back_and_is_free_when_checked(db_session):
    cast = a_cast()
    model = a_model(cast)
    trained(cast, cast.ada)
    reservation = ask(cast, model)
    hand_over(reservation, by=cast.eli, now=NOW, today=TODAY)
    assert (state_of(reservation), is_late(reservation, FRIDAY), is_late(reservation, FRIDAY + timedelta(days=1))) == ("out", False, True)
    with pytest.raises(Refused, match="Nothing of this reservation is waiting"):
        hand_over(reservation, by=cast.eli, now=NOW, today=TODAY)
    take_back(reservation, by=cast.eli, now=NOW)
    assert state_of(reservation) == "returned"
    assert free_counts([model.id], TODAY, TODAY, today=TODAY)[model.id] == 0
    close_check(reservation.lines[0], "ok", note="", by=cast.eli, now=NOW)
    assert free_counts([model.id], TODAY, TODAY, today=TODAY)[model.id] == 1


def test_the_gate_is_asked_again_at_the_hand_over(db_session):
    cast = a_cast()
    model = a_model(cast)
    trained(cast, cast.ada)
    reservation = ask(cast, model)
    award = db.session.scalars(select(Award)).one()
    award.withdrawn_at, award.withdrawn_reason = NOW, "A slip"
    db.session.flush()
    with pytest.raises(Refused, match="doesn't hold Operator"):
        hand_over(reservation, by=cast.eli, now=NOW, today=TODAY)


def test_a_late_item_is_promised_to_nobody(db_session):
    cast = a_cast()
    model = a_model(cast)
    trained(cast, cast.ada)
    hand_over(ask(cast, model), by=cast.eli, now=NOW, today=TODAY)
    later = FRIDAY + timedelta(days=5)
    assert free_counts([model.id], later, later, today=later)[model.id] == 0


def test_when_the_teacher_leaves_the_school_and_the_depot_are_told(db_session):
    cast = a_cast()
    model = a_model(cast)
    trained(cast, cast.ada)
    reservation = ask(cast, model, first=FRIDAY)
    assert why_at_risk([reservation], TODAY) == {}
    appointment = db.session.scalars(select(Appointment).where(Appointment.person_id == cast.ada.id)).one()
    end_appointment(appointment, last_day=TODAY, by=cast.olive, now=NOW)
    assert list(why_at_risk([reservation], TODAY)) == [reservation.id]
    told = db.session.scalars(select(Mail.person_id).where(Mail.kind == "at_risk")).all()
    assert set(told) == {cast.ada.id, cast.cora.id, cast.eli.id}
    assert state_of(reservation) == "reserved"


def changed_by_somebody_else(row, **values):
    """The row as another transaction left it, while this one goes on with what it read before."""
    changed = update(type(row)).where(type(row).id == row.id).values(values)
    db.session.execute(changed, execution_options={"synchronize_session": False})


def test_a_check_that_somebody_else_closed_meanwhile_is_closed_once(db_session):
    cast = a_cast()
    trained(cast, cast.ada)
    loan = ask(cast, a_model(cast))
    hand_over(loan, by=cast.eli, now=NOW, today=TODAY)
    take_back(loan, by=cast.eli, now=NOW)
    line = loan.lines[0]
    changed_by_somebody_else(line, state="closed", outcome="ok")
    with pytest.raises(Refused):
        close_check(line, "lost", note="", by=cast.eli, now=NOW)
    assert line.item.retired_on is None


def test_an_item_that_somebody_else_brought_back_meanwhile_is_brought_back_once(db_session):
    cast = a_cast()
    item = a_model(cast).items[0]
    take_out_of_lending(item, reason="Noisy", by=cast.eli, now=NOW)
    changed_by_somebody_else(item, retired_on=None, retired_reason=None)
    with pytest.raises(Refused):
        bring_back(item, by=cast.eli, now=NOW)
