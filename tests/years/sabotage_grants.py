"""Bugs of grants, put in on purpose (see sabotage.py)."""

from typing import Any

from tests.years.sabotage import Sabotage, forgotten, patched


def a_source_gives_beyond_its_cap() -> Any:
    """The database has the last word."""
    return patched(("seminar.money.funding_source.FundingSource.left_cents", property(lambda source: source.cap_cents)))


GRANTS_SABOTAGES = [
    Sabotage("a source gives beyond its cap", a_source_gives_beyond_its_cap),
    Sabotage("what was given isn't there again", forgotten("seminar.money.settling.take_back")),
    Sabotage("a few cents are asked for", lambda: patched(("seminar.money.order.let_a_little_go", lambda _line, cents, **_named: cents))),
]
