"""How long the state machines play: seconds in `make test`, minutes in `make test-deep`."""

import os

LONG = os.environ.get("LONG_MACHINES") == "1"
EXAMPLES = 80 if LONG else 15
STEPS = 60 if LONG else 30
# A district's years, played (tests/years).
YEARS = 40 if LONG else 2
