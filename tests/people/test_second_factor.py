"""The second step: a code opens once, a recovery code opens once, and nothing of it stands plainly in the database."""

from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.people.account import TRIES_PER_EMAIL
from seminar.people.device_session import open_sessions
from seminar.people.passkey import passkeys_of
from seminar.people.second_factor import (
    STEP_SECONDS,
    RecoveryCode,
    SecondFactor,
    codes_left,
    new_codes,
    new_secret,
    note_wrong_code,
    refuse_too_many,
    reset,
    second_factor_of,
    set_up,
    take_off_passkey,
    takes_a_second_step,
    turn_off,
    use_code,
)
from tests.cast import NOW, a_cast, a_passkey

STEP = timedelta(seconds=STEP_SECONDS)


@pytest.fixture
def cast(db_session):
    return a_cast()


@pytest.fixture
def secret(cast):
    """Olive's, set up a while ago."""
    secret = new_secret()
    set_up(cast.olive, secret, code_at(secret, NOW - 10 * STEP), now=NOW - 10 * STEP)
    return secret


def code_at(secret, moment):
    return pyotp.TOTP(secret).at(moment)


def opens(person, code, now=NOW):
    try:
        use_code(person, code, now=now)
    except Refused:
        return False
    return True


def test_it_is_set_up_with_the_code_that_the_app_shows_and_only_once(cast):
    secret = new_secret()
    with pytest.raises(Refused, match="another code"):
        set_up(cast.olive, secret, code_at(secret, NOW - 3 * STEP), now=NOW)
    assert second_factor_of(cast.olive) is None
    set_up(cast.olive, secret, code_at(secret, NOW), now=NOW)
    with pytest.raises(Refused, match="already"):
        set_up(cast.olive, secret, code_at(secret, NOW), now=NOW)
    # The code that set it up was seen: it opens nothing.
    assert not opens(cast.olive, code_at(secret, NOW))


def test_a_code_opens_once_and_no_older_one_after_it(cast, secret):
    now, before = code_at(secret, NOW), code_at(secret, NOW - STEP)
    assert opens(cast.olive, f" {now[:3]} {now[3:]} ")
    assert not opens(cast.olive, now)
    assert not opens(cast.olive, before)
    assert opens(cast.olive, code_at(secret, NOW + STEP), NOW + STEP)


@pytest.mark.parametrize(("steps", "does_open"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_phones_clock_may_be_half_a_minute_off(cast, secret, steps, does_open):
    assert opens(cast.olive, code_at(secret, NOW + steps * STEP)) is does_open


def test_each_recovery_code_opens_once_and_new_ones_replace_them(cast, secret):
    codes = new_codes(cast.olive, now=NOW)
    assert len(set(codes)) == codes_left(cast.olive) == 10
    assert opens(cast.olive, codes[0].lower().replace("-", " "))
    assert not opens(cast.olive, codes[0])
    assert not opens(cast.ada, codes[1])
    assert codes_left(cast.olive) == 9
    new_codes(cast.olive, now=NOW)
    assert not opens(cast.olive, codes[1])


def test_the_database_keeps_neither_the_secret_nor_a_code(cast, secret):
    codes = new_codes(cast.olive, now=NOW)
    kept = [*db.session.scalars(select(SecondFactor.secret)), *db.session.scalars(select(RecoveryCode.code_hash))]
    assert len(kept) == 11
    assert not [one for one in kept for plain in (secret, *codes, *(code.replace("-", "") for code in codes)) if plain in one]


def test_a_secret_sealed_with_another_key_opens_nothing(cast, secret, clean, monkeypatch):
    monkeypatch.setitem(clean.config, "SECRET_KEY", "another one for the tests, forty letters")
    assert not opens(cast.olive, code_at(secret, NOW))


def test_it_is_taken_off_with_a_code_but_not_the_last_one_of_a_role_that_asks_for_it(cast, secret):
    code = code_at(secret, NOW)
    with pytest.raises(Refused, match="Your role asks"):
        turn_off(cast.olive, code, must_keep_one=True, now=NOW)
    with pytest.raises(Refused, match="doesn't open"):
        turn_off(cast.olive, "000000", must_keep_one=False, now=NOW)
    passkey = a_passkey(cast.olive)
    turn_off(cast.olive, code, must_keep_one=True, now=NOW)
    assert second_factor_of(cast.olive) is None
    with pytest.raises(Refused, match="Your role asks"):
        take_off_passkey(passkey, must_keep_one=True, now=NOW)
    take_off_passkey(passkey, must_keep_one=False, now=NOW)
    assert passkeys_of(cast.olive) == []


def test_a_passkey_is_a_second_step_for_whom_the_role_asks_for_one(cast):
    a_passkey(cast.ada)
    assert not takes_a_second_step(cast.ada, with_passkey=False)
    assert takes_a_second_step(cast.ada, with_passkey=True)
    assert not takes_a_second_step(cast.ben, with_passkey=True)


def test_the_program_manager_resets_it_on_record_and_they_are_mailed(cast, secret):
    a_passkey(cast.eli)
    new_codes(cast.eli, now=NOW)
    reset(cast.eli, by=cast.olive, now=NOW)
    assert (passkeys_of(cast.eli), codes_left(cast.eli), open_sessions(cast.eli, now=NOW)) == ([], 0, [])
    assert db.session.scalars(select(History.who_id).where(History.what == "second step reset")).all() == [cast.olive.id]
    mailed = select(Mail.person_id).where(Mail.kind == "sign_in_changed", Mail.key.startswith("reset"))
    assert db.session.scalars(mailed).all() == [cast.eli.id]
    with pytest.raises(Refused, match="has no second step"):
        reset(cast.eli, by=cast.olive, now=NOW)
    with pytest.raises(Refused, match="on your account's page"):
        reset(cast.olive, by=cast.olive, now=NOW)
    assert second_factor_of(cast.olive) is not None


def test_too_many_wrong_codes_are_throttled_by_person(cast):
    for _ in range(TRIES_PER_EMAIL):
        refuse_too_many(cast.olive.id, address="", now=NOW)
        note_wrong_code(cast.olive.id, address="", now=NOW)
    with pytest.raises(Refused, match="Too many codes") as refused:
        refuse_too_many(cast.olive.id, address="", now=NOW)
    assert refused.value.status == 429
    refuse_too_many(cast.eli.id, address="", now=NOW)
    refuse_too_many(cast.olive.id, address="", now=NOW + timedelta(minutes=15))
