"""Adding, changing and appointing people."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.people.account import AccountLink, open_link
from seminar.people.appointment import Appointment, standing
from seminar.people.directory import add_person, appoint, change_person, end_appointment, invite
from tests.cast import NOW, TODAY, a_cast


def test_an_address_is_one_persons(db_session):
    cast = a_cast()
    with pytest.raises(Refused, match="belongs to somebody already"):
        add_person(cast.district.id, given_name="Ada", family_name="Two", email=" ADA@a.example", by=cast.olive, now=NOW)
    with pytest.raises(Refused, match="belongs to somebody already"):
        change_person(cast.ben, given_name="Ben", family_name="B", email="ada@a.example", by=cast.olive, now=NOW)


def test_another_name_is_on_record_with_what_it_was(db_session):
    cast = a_cast()
    change_person(cast.ada, given_name="Ada", family_name="Lovelace", email="ada@a.example", by=cast.olive, now=NOW)
    kept = db.session.scalars(select(History.details).where(History.what == "person changed")).one()
    assert (cast.ada.name, kept["before"]["name"]) == ("Ada Lovelace", "Ada Example")


def test_another_address_is_told_to_the_one_before(db_session):
    cast = a_cast()
    change_person(cast.ada, given_name="Ada", family_name="B", email="ada@a.example", by=cast.olive, now=NOW)
    assert db.session.scalars(select(Mail)).all() == []
    change_person(cast.ada, given_name="Ada", family_name="B", email="olive.too@a.example", by=cast.olive, now=NOW)
    told = db.session.scalars(select(Mail)).one()
    assert (told.kind, told.context) == ("address_primary", {"to": "ada@a.example", "email": "olive.too@a.example"})


def test_an_invitation_that_went_to_a_wrong_address_opens_nothing_once_that_is_put_right(db_session):
    cast = a_cast()
    token = invite(cast.ada, by=cast.olive, now=NOW)
    change_person(cast.ada, given_name="Ada", family_name="Byron", email="ada@a.example", by=cast.olive, now=NOW)
    assert open_link(token, now=NOW) is not None
    change_person(cast.ada, given_name="Ada", family_name="Byron", email="a.byron@a.example", by=cast.olive, now=NOW)
    assert open_link(token, now=NOW) is None


@pytest.mark.parametrize(
    ("who", "says"),
    [
        ({"pseudonymised_on": TODAY}, "their name is gone"),
        ({"may_sign_in": False}, "has switched Ben Example off"),
        ({"email": None}, "has no email address"),
    ],
)
def test_nobody_is_invited_whom_it_would_not_reach_or_let_in(db_session, who, says):
    cast = a_cast()
    for field, value in who.items():
        setattr(cast.ben, field, value)
    with pytest.raises(Refused, match=says):
        invite(cast.ben, by=cast.olive, now=NOW)
    assert db.session.scalars(select(AccountLink)).all() == []
    invite(cast.ada, by=cast.olive, now=NOW)
    assert db.session.scalars(select(AccountLink.person_id)).all() == [cast.ada.id]


def test_a_record_that_went_into_another_is_not_invited(db_session):
    cast = a_cast()
    cast.ben.email, cast.ben.may_sign_in, cast.ben.merged_into = None, False, cast.ada
    with pytest.raises(Refused, match="into that of Ada Example"):
        invite(cast.ben, by=cast.olive, now=NOW)


def test_a_role_at_a_school_needs_one_and_is_held_there_once(db_session):
    cast = a_cast()
    at = {"grade": None, "first_day": TODAY, "by": cast.olive, "now": NOW}
    with pytest.raises(Refused, match="Choose the school"):
        appoint(cast.ada, "principal", school=None, **at)
    with pytest.raises(Refused, match="holds this role there already"):
        appoint(cast.ada, "teacher", school=cast.school, **at)


def test_an_appointment_holds_through_its_last_day(db_session):
    cast = a_cast()
    appointment = db.session.scalars(select(Appointment).where(Appointment.person_id == cast.pia.id)).one()
    end_appointment(appointment, last_day=TODAY, by=cast.olive, now=NOW)
    assert standing(cast.pia, TODAY).has("principal")
    assert not standing(cast.pia, TODAY + timedelta(days=1)).has("principal")
    with pytest.raises(Refused, match="before the first"):
        end_appointment(appointment, last_day=appointment.first_day - timedelta(days=1), by=cast.olive, now=NOW)


def test_the_last_program_manager_isnt_ended_by_hand_either(db_session):
    cast = a_cast()
    (runs,) = standing(cast.olive, TODAY).appointments
    with pytest.raises(Refused, match="Nobody else runs the program after that day"):
        end_appointment(runs, last_day=TODAY, by=cast.olive, now=NOW)
    appoint(cast.pia, "program_manager", school=None, grade=None, first_day=TODAY, by=cast.olive, now=NOW)
    end_appointment(runs, last_day=TODAY, by=cast.pia, now=NOW)
    assert runs.last_day == TODAY
