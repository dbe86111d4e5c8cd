"""What the rows have of money, held against the model and, at the end of a year, against Stripe."""

from collections.abc import Iterable, Iterator
from typing import Any

from tests.years.model import Model
from tests.years.model_loans import Broken
from tests.years.model_money import Money
from tests.years.world import World

ENTRIES = "SELECT l.enrollment_id, e.kind, e.amount_cents FROM ledger_entry e JOIN order_line l ON l.id = e.line_id"
PAYMENTS = (
    "SELECT p.token, l.enrollment_id, p.amount_cents, p.state, p.session_id IS NOT NULL, p.on_its_way_at IS NOT NULL, p.refunded_cents"
    " FROM payment p JOIN order_line l ON l.id = p.line_id"
)
REFUNDS = "SELECT p.token, r.amount_cents, r.why, r.state, r.tries FROM refund r JOIN payment p ON p.id = r.payment_id"
BROUGHT = (
    "SELECT p.token, l.id, (SELECT COALESCE(sum(e.amount_cents), 0) FROM ledger_entry e WHERE e.line_id = l.id"
    " AND e.kind IN ('payment', 'refund', 'dispute', 'dispute_won') AND substr(e.source, 1, 11) <> 'remittance:')"
    " FROM payment p JOIN order_line l ON l.id = p.line_id"
)


def money_of(world: World, money: Money) -> Iterator[tuple[str, Iterable[Any], Iterable[Any]]]:
    """Which rule, what the rows have, and what they should."""
    named = world.names
    rows = world.rows("SELECT l.enrollment_id, o.person_id, l.price_cents FROM order_line l JOIN orders o ON o.id = l.order_id")
    found = ((named["enrollment", place], named["person", payer], cents) for place, payer, cents in rows)
    yield "Rule 4, orders", found, ((due.place.name, due.payer, due.price) for due in money.dues)
    rows = world.rows(ENTRIES)
    entries = ((due.place.name, kind, cents) for due in money.dues for kind, cents in due.entries)
    yield "Rule 4, the ledger", ((named["enrollment", place], kind, cents) for place, kind, cents in rows), entries
    attempts = money.attempts.values()
    rows = world.rows(PAYMENTS)
    rows = [(token, named["enrollment", n], *more) for token, n, *more in rows]
    found = ((token, place, cents, state, bool(is_open), bool(late), back) for token, place, cents, state, is_open, late, back in rows)
    payments = ((a.name, a.due.place.name, a.cents, a.state, a.opened, a.on_its_way, a.counted) for a in attempts)
    yield "Rule 4, payments", found, payments
    backs = ((back.attempt.name, back.cents, back.why, back.state, back.tries) for back in money.backs)
    yield "Rule 4, refunds", (tuple(row) for row in world.rows(REFUNDS)), backs


def everything_at_stripe(world: World, model: Model) -> None:
    """By order: what Stripe took, less what it gave back or lost, is what the ledger says; whoever has a seat paid for it once."""
    brought: dict[int, int] = {}
    ledger: dict[int, int] = {}
    for token, line_id, cents in world.rows(BROUGHT):
        ledger[line_id] = -cents
        brought[line_id] = brought.get(line_id, 0) + at_stripe(world, token)
    wrong = {line: (brought[line], cents) for line, cents in ledger.items() if brought[line] != cents}
    if wrong:
        raise Broken(f"Rule 4, at Stripe: by order, what it has and what the ledger says: {wrong}.")


def at_stripe(world: World, token: str) -> int:
    """In cents; a page that nobody was ever sent to brought nothing."""
    try:
        came = world.stripe.charged(token)
    except LookupError:
        return 0
    gone = sum(refund["amount"] for refund in world.stripe.refunds(token) if refund["status"] == "succeeded")
    return came - gone - world.stripe.disputed(token)
