"""Where somebody is signed in: what opens, what ended, and what is kept of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.ground.retention_rule import apply_retention
from seminar.people.account import set_password
from seminar.people.appointment import standing
from seminar.people.device_session import (
    LASTS_AT_MOST,
    LASTS_OVER,
    NOTED_EVERY,
    DeviceSession,
    end_session,
    end_sessions,
    note_use,
    open_session,
    open_sessions,
    set_idle_minutes,
)
from tests.cast import NOW, TODAY, a_cast, signed_in


@pytest.fixture
def cast(db_session):
    return a_cast()


def test_only_its_own_key_opens_a_session_and_the_key_itself_is_not_kept(cast):
    opened = open_session(cast.ada.id, "key-ada")
    assert opened.person is cast.ada
    assert open_session(cast.ben.id, "key-ada") is None
    assert open_session(cast.ada.id, opened.key_hash) is None
    assert "key-ada" not in {row for row in db.session.scalars(select(DeviceSession.key_hash))}


def test_what_is_ended_opens_nothing_and_says_why(cast):
    here = open_session(cast.ada.id, "key-ada")
    end_session(here, "ended", now=NOW)
    end_session(here, "signed out", now=NOW + timedelta(hours=1))
    assert open_session(cast.ada.id, "key-ada") is None
    assert (here.ended_at, here.ended_why) == (NOW, "ended")


def test_all_others_are_ended_and_nobody_elses(cast):
    here, phone = open_session(cast.ada.id, "key-ada"), signed_in(cast.ada, "phone")
    assert open_sessions(cast.ada, now=NOW) == [phone, here]
    end_sessions(cast.ada, "ended", now=NOW, keep=here)
    assert open_sessions(cast.ada, now=NOW) == [here]
    assert open_session(cast.ben.id, "key-ben") is not None


def test_a_new_password_ends_every_session(cast):
    signed_in(cast.ada, "phone")
    set_password(cast.ada, "hash", now=NOW)
    assert open_sessions(cast.ada, now=NOW) == []
    assert set(db.session.scalars(select(DeviceSession.ended_why).where(DeviceSession.person_id == cast.ada.id))) == {"password"}


@pytest.mark.parametrize(
    ("begun", "ends"),
    [
        ("2027-03-01 07:45", "2027-03-02 04:00"),
        ("2027-03-01 07:59", "2027-03-02 04:00"),
        ("2027-03-01 08:00", "2027-03-03 04:00"),
        ("2027-03-01 16:10", "2027-03-03 04:00"),
        ("2027-03-02 00:30", "2027-03-03 04:00"),
        # The clocks are set forward, and back.
        ("2027-03-13 07:45", "2027-03-15 04:00"),
        ("2027-11-05 08:00", "2027-11-07 04:00"),
    ],
)
def test_it_ends_at_night_and_never_within_twenty_hours(cast, begun, ends):
    here_it_is = ZoneInfo("America/Los_Angeles")
    begun_at, ends_at = (datetime.fromisoformat(at).replace(tzinfo=here_it_is).astimezone(UTC) for at in (begun, ends))
    here, second = open_session(cast.ada.id, "key-ada"), timedelta(seconds=1)
    here.begun_at = begun_at
    assert here.until == ends_at
    assert LASTS_OVER < here.until - here.begun_at <= LASTS_AT_MOST
    assert (here.lasts(ends_at - second), here.lasts(ends_at)) == (True, False)
    assert [open_sessions(cast.ada, now=now) for now in (ends_at - second, ends_at)] == [[here], []]


def test_use_is_noted_every_few_minutes(cast):
    here = open_session(cast.ada.id, "key-ada")
    note_use(here, now=NOW)
    note_use(here, now=NOW + NOTED_EVERY - timedelta(seconds=1))
    assert here.saved_at == NOW
    note_use(here, now=NOW + NOTED_EVERY)
    assert here.saved_at == NOW + NOTED_EVERY


def test_only_a_password_alone_owes_a_proof_and_only_from_who_runs_something(cast):
    password, passkey = signed_in(cast.olive, "one", way="password"), signed_in(cast.olive, "two")
    provider = signed_in(cast.olive, "three", way="provider")
    olive = standing(cast.olive, TODAY)
    assert [one.owes_a_proof(olive) for one in (password, passkey, provider)] == [True, False, False]
    assert password.owes_a_proof(standing(cast.eli, TODAY))
    assert not password.owes_a_proof(replace(olive, appointments=standing(cast.tara, TODAY).appointments))
    password.is_proven = True
    assert not password.owes_a_proof(olive)


@pytest.mark.parametrize(("minutes", "is_allowed"), [(1, False), (2, True), (120, True), (121, False)])
def test_a_shared_device_waits_for_a_sensible_time(cast, minutes, is_allowed):
    if is_allowed:
        set_idle_minutes(cast.district, minutes, by=cast.olive, now=NOW)
        assert cast.district.shared_idle_minutes == minutes
    else:
        with pytest.raises(Refused, match="from 2 to 120 minutes"):
            set_idle_minutes(cast.district, minutes, by=cast.olive, now=NOW)
        assert cast.district.shared_idle_minutes == 10


def test_what_is_a_season_old_is_forgotten(cast):
    before = db.session.scalar(select(func.count(DeviceSession.id)))
    apply_retention(cast.district, TODAY, NOW + timedelta(days=90))
    assert db.session.scalar(select(func.count(DeviceSession.id))) == before
    apply_retention(cast.district, TODAY, NOW + timedelta(days=91))
    assert db.session.scalar(select(func.count(DeviceSession.id))) == 0
