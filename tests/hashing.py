"""The passwords of the tests are hashed in no time: with the product's own parameters each takes a fifth of a second of both cores.
Those are held to what they should be in tests/attacks/test_sign_in_work.py."""

from argon2 import PasswordHasher

from seminar.people import account

PRODUCTS, PRODUCTS_NOBODYS = account._hasher, account._NOBODYS


def hash_in_no_time() -> None:
    """In this process; those that a test serves hash as the product does."""
    account._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    account._NOBODYS = account._nobodys(account._hasher)
