"""Bugs of grants, put in on purpose (see sabotage.py)."""

from tests.years.sabotage import Sabotage, forgotten

GRANTS_SABOTAGES = [
    Sabotage("what was given isn't there again", forgotten("seminar.money.settling.take_back")),
]
