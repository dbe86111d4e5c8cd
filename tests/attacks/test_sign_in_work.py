"""Whoever guesses addresses learns nothing from how long an answer takes: the same slow work is done for each."""

import pytest
from argon2 import extract_parameters
from argon2.exceptions import VerifyMismatchError
from argon2.profiles import RFC_9106_LOW_MEMORY

from seminar.ground.db import db
from seminar.people import account
from seminar.people.account import Account
from seminar.people.person import Person
from tests import hashing
from tests.cast import a_cast

PASSWORD = "a short sentence"


class Counting:
    """The hasher itself, and how often it was asked."""

    def __init__(self, hasher):
        self.hasher, self.times = hasher, 0

    def verify(self, *both):
        self.times += 1
        return self.hasher.verify(*both)


@pytest.fixture
def tried(clean, monkeypatch):
    counting = Counting(account._hasher)
    with clean.app_context():
        cast = a_cast()
        for person in (cast.ada, cast.ben):
            db.session.get(Account, person.id).password_hash = account.hashed(PASSWORD)
        db.session.get(Person, cast.ben.id).may_sign_in = False
        db.session.get(Account, cast.cora.id).password_hash = ""
        db.session.commit()
    monkeypatch.setattr(account, "_hasher", counting)

    def work(email, password="wrong"):
        before = counting.times
        answer = clean.test_client().post("/sign-in", data={"email": email, "password": password})
        return answer.status_code, counting.times - before

    return work


@pytest.mark.parametrize("email", ["ada@a.example", "ben@a.example", "cora@a.example", "nobody@a.example", "not an address", "é" * 300])
def test_known_unknown_closed_and_without_a_password_take_the_same_work(tried, email):
    assert tried(email) == (422, 1)


def test_the_longest_password_is_no_more_work_than_a_field_may_be(tried):
    assert tried("ada@a.example", "x" * 100_000) == (422, 1)


def test_a_guess_at_nobodys_password_is_as_much_work_as_at_anybodys():
    anybodys = hashing.PRODUCTS.hash(PASSWORD)
    assert extract_parameters(anybodys) == extract_parameters(hashing.PRODUCTS_NOBODYS) == RFC_9106_LOW_MEMORY
    assert len(hashing.PRODUCTS_NOBODYS) == len(anybodys)


def test_nobodys_password_is_none_that_can_be_typed():
    for password in ("", PASSWORD, account._NOBODYS):
        assert not account.matches(password, None)
        with pytest.raises(VerifyMismatchError):
            account._hasher.verify(account._NOBODYS, password)
