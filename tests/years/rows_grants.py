"""What the rows have of funding sources, their rules and what they gave, held against the model."""

from collections.abc import Iterable, Iterator
from typing import Any

from tests.years.model_grants import Grants
from tests.years.world import World

GIVEN = (
    "SELECT l.enrollment_id, g.funding_rule_id, g.amount_cents, g.state = 'returned' FROM seat_grant g"
    " JOIN order_line l ON l.id = g.line_id"
)


def grants_of(world: World, grants: Grants) -> Iterator[tuple[str, Iterable[Any], Iterable[Any]]]:
    """Which rule, what the rows have, and what they should; no source gives more than it has."""
    named = world.names
    rows = world.rows("SELECT id, cap_cents, consumed_cents, ended_at IS NOT NULL FROM funding_source")
    found = ((named["funding_source", n], cap, used, bool(ended)) for n, cap, used, ended in rows)
    yield "Rule 4, sources", found, ((one.name, one.cap, grants.consumed(one), one.ended) for one in grants.sources.values())
    rows = world.rows("SELECT id, seats_used, ended_at IS NOT NULL FROM funding_rule")
    found = ((named["funding_rule", n], used, bool(ended)) for n, used, ended in rows)
    yield "Rule 4, funding rules", found, ((one.name, grants.seats_used(one), one.ended) for one in grants.rules.values())
    rows = world.rows(GIVEN)
    found = ((named["enrollment", n], named["funding_rule", rule], cents, bool(back)) for n, rule, cents, back in rows)
    yield "Rule 4, grants", found, ((one.due.place.name, one.rule.name, one.cents, one.returned) for one in grants.given)
