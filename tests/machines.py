"""How long the state machines play: seconds in `make test`, minutes in `make test-deep`."""

import os

from tests.databases import KIND

LONG = os.environ.get("LONG_MACHINES") == "1"
# An example takes twice the time on PostgreSQL, where the played years meet rivals besides.
EXAMPLES = {"sqlite": 80, "postgresql": 40}[KIND] if LONG else 15
STEPS = 60 if LONG else 30
# A district's years, played (tests/years).
YEARS = 40 if LONG else 2
