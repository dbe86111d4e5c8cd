"""A server that stands for Stripe, for tests that ask for it."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.money.stripe import stripe_beside
from tests.stand_in.running import Stripe


@pytest.fixture
def stripe(clean: Flask) -> Iterator[Stripe]:
    with stripe_beside(clean) as running:
        yield running
