"""A person leaves, an appointment ends, and either is taken back."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from inventory.reserving import Asked, reserve
from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.people.appointment import Appointment, standing
from seminar.people.directory import appoint, end_appointment
from seminar.people.leaving import last_leaving, leave, take_back_ending, take_back_leaving
from tests.cast import NOW, TODAY, a_cast, a_model, an_award

TOMORROW = TODAY + timedelta(days=1)
NEXT_WEEK = TODAY + timedelta(days=7)


def held_by(person):
    return db.session.scalars(select(Appointment).where(Appointment.person_id == person.id).order_by(Appointment.id)).all()


def deeds():
    return db.session.scalars(select(History.what).order_by(History.id)).all()


def test_who_leaves_holds_nothing_from_the_next_day_on_and_what_was_is_still_there(db_session):
    cast = a_cast()
    award = an_award(cast, cast.ada)
    appoint(cast.ada, "maker_contact", school=cast.school, grade=None, first_day=TODAY, by=cast.olive, now=NOW)
    leave(cast.ada, last_day=TODAY, reason="moved away", by=cast.olive, now=NOW)
    assert [a.role for a in standing(cast.ada, TODAY).appointments] == ["teacher", "maker_contact"]
    assert standing(cast.ada, TOMORROW).appointments == ()
    assert len(held_by(cast.ada)) == 2
    assert (award.withdrawn_at, award.covers(TOMORROW)) == (None, True)
    assert deeds()[-3:] == ["appointment ended", "appointment ended", "person left"]


def test_a_wrong_leaving_is_taken_back_and_a_day_set_before_is_kept(db_session):
    cast = a_cast()
    second = appoint(cast.ada, "maker_contact", school=cast.school, grade=None, first_day=TODAY, by=cast.olive, now=NOW)
    end_appointment(second, last_day=NEXT_WEEK, by=cast.olive, now=NOW)
    leave(cast.ada, last_day=TODAY, reason="", by=cast.olive, now=NOW)
    take_back_leaving(cast.ada, by=cast.olive, now=NOW)
    assert [a.last_day for a in held_by(cast.ada)] == [None, NEXT_WEEK]
    assert last_leaving(cast.ada) is None
    assert deeds()[-3:] == ["ending taken back", "ending taken back", "leaving taken back"]
    with pytest.raises(Refused, match="taken back already"):
        take_back_leaving(cast.ada, by=cast.olive, now=NOW)


def test_what_was_over_before_stays_over(db_session):
    cast = a_cast()
    old = appoint(cast.ada, "coach", school=cast.school, grade=None, first_day=TODAY - timedelta(days=9), by=cast.olive, now=NOW)
    end_appointment(old, last_day=TODAY - timedelta(days=1), by=cast.olive, now=NOW)
    leave(cast.ada, last_day=TODAY, reason="", by=cast.olive, now=NOW)
    take_back_leaving(cast.ada, by=cast.olive, now=NOW)
    assert [a.last_day for a in held_by(cast.ada)] == [None, TODAY - timedelta(days=1)]


def test_who_holds_nothing_cannot_leave_and_who_begins_later_leaves_later(db_session):
    cast = a_cast()
    leave(cast.ada, last_day=TODAY, reason="", by=cast.olive, now=NOW)
    with pytest.raises(Refused, match="holds nothing beyond that day"):
        leave(cast.ada, last_day=TODAY, reason="", by=cast.olive, now=NOW)
    appoint(cast.ben, "coach", school=cast.school, grade=None, first_day=NEXT_WEEK, by=cast.olive, now=NOW)
    with pytest.raises(Refused, match="begins an appointment on"):
        leave(cast.ben, last_day=TODAY, reason="", by=cast.olive, now=NOW)
    leave(cast.ben, last_day=NEXT_WEEK, reason="", by=cast.olive, now=NOW)


def test_the_last_program_manager_does_not_leave(db_session):
    cast = a_cast()
    with pytest.raises(Refused, match="Nobody else runs the program"):
        leave(cast.olive, last_day=TODAY, reason="", by=cast.olive, now=NOW)
    appoint(cast.pia, "program_manager", school=None, grade=None, first_day=TODAY, by=cast.olive, now=NOW)
    leave(cast.olive, last_day=TODAY, reason="", by=cast.olive, now=NOW)


@pytest.mark.parametrize("role", ["teacher", "trainer"])
def test_an_ending_is_not_taken_back_beside_the_same_begun_anew(db_session, role):
    cast = a_cast()
    person = cast.ada if role == "teacher" else cast.tara
    (held,) = held_by(person)
    leave(person, last_day=TODAY, reason="", by=cast.olive, now=NOW)
    school = cast.school if role == "teacher" else None
    appoint(person, role, school=school, grade=None, first_day=TOMORROW, by=cast.olive, now=NOW)
    for take_back in (lambda: take_back_leaving(person, by=cast.olive, now=NOW), lambda: take_back_ending(held, by=cast.olive, now=NOW)):
        with pytest.raises(Refused, match="appointed to the same role and place again"):
            take_back()
    assert held.last_day == TODAY


def test_a_leaving_is_not_taken_back_over_a_later_change(db_session):
    cast = a_cast()
    (held,) = held_by(cast.ada)
    leave(cast.ada, last_day=TODAY, reason="", by=cast.olive, now=NOW)
    end_appointment(held, last_day=NEXT_WEEK, by=cast.olive, now=NOW)
    with pytest.raises(Refused, match="changed since"):
        take_back_leaving(cast.ada, by=cast.olive, now=NOW)
    take_back_ending(held, by=cast.olive, now=NOW)
    assert held.last_day == TODAY


def test_the_ending_of_one_appointment_is_taken_back(db_session):
    cast = a_cast()
    (held,) = held_by(cast.pia)
    end_appointment(held, last_day=TODAY, by=cast.olive, now=NOW)
    take_back_ending(held, by=cast.olive, now=NOW)
    assert held.last_day is None
    with pytest.raises(Refused, match="taken back already"):
        take_back_ending(held, by=cast.olive, now=NOW)


def test_what_a_roster_ended_holds_on_when_taken_back(db_session):
    cast = a_cast()
    (held,) = held_by(cast.pia)
    held.last_day = TODAY
    take_back_ending(held, by=cast.olive, now=NOW)
    assert held.last_day is None


def test_the_rest_of_a_leaving_is_taken_back_after_one_of_it_was(db_session):
    cast = a_cast()
    appoint(cast.ada, "maker_contact", school=cast.school, grade=None, first_day=TODAY, by=cast.olive, now=NOW)
    first, second = held_by(cast.ada)
    leave(cast.ada, last_day=TODAY, reason="", by=cast.olive, now=NOW)
    take_back_ending(first, by=cast.olive, now=NOW)
    assert last_leaving(cast.ada) is not None
    take_back_leaving(cast.ada, by=cast.olive, now=NOW)
    assert (first.last_day, second.last_day) == (None, None)


def test_a_leaving_is_over_once_each_part_of_it_was_taken_back(db_session):
    cast = a_cast()
    leave(cast.ada, last_day=TODAY, reason="", by=cast.olive, now=NOW)
    take_back_ending(held_by(cast.ada)[0], by=cast.olive, now=NOW)
    assert last_leaving(cast.ada) is None


def test_the_school_is_told_what_is_at_risk_when_its_teacher_leaves(db_session):
    cast = a_cast()
    an_award(cast, cast.ada)
    model = a_model(cast)
    reserve(Asked(cast.school, cast.ada, {model: 1}, NEXT_WEEK, NEXT_WEEK), by=cast.cora, now=NOW, today=TODAY)
    leave(cast.ada, last_day=TODAY, reason="", by=cast.olive, now=NOW)
    told = db.session.scalars(select(Mail.person_id).where(Mail.kind == "at_risk")).all()
    assert {cast.ada.id, cast.cora.id, cast.eli.id} <= set(told)
