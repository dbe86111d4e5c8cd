"""Passkeys without a device: whose site it is, and a challenge that is answered once. With one: tests/journeys/test_account.py."""

from dataclasses import replace
from datetime import timedelta

import pytest

from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.people.passkey import CHALLENGE_LASTS, Site, answered, new_challenge, passkeys_of, remove_passkey, site_of, use_passkey
from tests.cast import NOW, a_cast, a_passkey

HERE = Site("makerpd.example.org", "https://makerpd.example.org")


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("https://makerpd.example.org", HERE),
        ("https://makerpd.example.org/", HERE),
        ("http://localhost:8000", Site("localhost", "http://localhost:8000")),
        ("http://127.0.0.1:8000", None),
        ("http://[::1]:8000", None),
    ],
)
def test_a_passkey_is_bound_to_the_name_that_people_open(address, site):
    assert site_of(address) == site


def test_a_challenge_is_answered_once(db_session):
    challenge = new_challenge("sign in", now=NOW)
    assert answered(challenge, "sign in", now=NOW) == challenge.value
    db.session.commit()
    with pytest.raises(Refused, match="sent already"):
        answered(challenge, "sign in", now=NOW)
    # What is forgotten after a while is over by then.
    later = NOW + 3 * CHALLENGE_LASTS
    answered(new_challenge("sign in", now=later), "sign in", now=later)
    with pytest.raises(Refused, match="Too much time"):
        answered(challenge, "sign in", now=later)


def test_a_challenge_is_for_its_purpose_and_for_minutes(db_session):
    challenge = new_challenge("add for 1", now=NOW)
    for other, moment in ((challenge, NOW + CHALLENGE_LASTS), (replace(challenge, purpose="sign in"), NOW), (None, NOW)):
        with pytest.raises(Refused, match="Too much time"):
            answered(other, "add for 1", now=moment)
    assert answered(challenge, "add for 1", now=NOW + CHALLENGE_LASTS - timedelta(seconds=1))


@pytest.mark.parametrize("said", ["", "{}", "[]", "null", '{"id": "x"}', "\x00"])
def test_what_is_no_answer_is_refused(db_session, said):
    with pytest.raises(Refused, match="not accepted"):
        use_passkey(said, challenge=b"c", site=HERE, now=NOW)


def test_a_removed_one_stays_on_record(db_session):
    cast = a_cast()
    passkey = a_passkey(cast.ada)
    remove_passkey(passkey, by=cast.ada, now=NOW)
    remove_passkey(passkey, by=cast.ada, now=NOW + timedelta(days=1))
    assert (passkeys_of(cast.ada), passkey.removed_at) == ([], NOW)
