"""What the rows have of purchase orders, invoices and checks, held against the model."""

from collections.abc import Iterable, Iterator
from typing import Any

from tests.years.model_po import PurchaseOrders
from tests.years.world import World, as_day

ORDERS = "SELECT id, number, school_id, cap_cents, used_cents, state, expires_on FROM purchase_order"
COVERS = (
    "SELECT l.enrollment_id, c.number, c.school_id, c.state, c.purchase_order_id, c.covered_cents FROM purchase_order_line c"
    " JOIN order_line l ON l.id = c.line_id"
)
BILLS = (
    "SELECT i.number, i.purchase_order_id, i.due_on, n.number, l.enrollment_id, b.amount_cents FROM invoice i"
    " JOIN invoice_line b ON b.invoice_id = i.id AND b.kind = i.kind JOIN order_line l ON l.id = b.line_id"
    " LEFT JOIN invoice n ON n.id = i.invoice_id"
)


def purchase_orders_of(world: World, model: PurchaseOrders) -> Iterator[tuple[str, Iterable[Any], Iterable[Any]]]:
    """Which rule, what the rows have, and what they should; the numbers of invoices have no gap."""
    named = world.names
    rows = world.rows(ORDERS)
    found = ((named["purchase_order", n], number, named.get(("school", s)), *more, as_day(last)) for n, number, s, *more, last in rows)
    orders = ((one.name, one.number, one.buyer, one.cap, model.used(one), one.state, one.expires) for one in model.orders.values())
    yield "Rule 4, purchase orders", found, orders
    rows = [(n, number, named.get(("school", s)), state, order, cents) for n, number, s, state, order, cents in world.rows(COVERS)]
    found = ((named["enrollment", n], *more, named.get(("purchase_order", order)), cents) for n, *more, order, cents in rows)
    covers = ((o.due.place.name, o.number, o.buyer, o.state, o.order and o.order.name, o.cents) for o in model.covers)
    yield "Rule 4, what purchase orders cover", found, covers
    rows = world.rows(BILLS)
    found = ((number, named["purchase_order", o], as_day(due), of, named["enrollment", n], cents) for number, o, due, of, n, cents in rows)
    bills = (
        (bill.number, bill.order.name, bill.due_on, bill.lessens and bill.lessens.number, due.place.name, cents)
        for bill in model.bills
        for due, cents in bill.lines
    )
    yield "Rule 4, invoices and credit notes", found, bills
    rows = world.rows("SELECT purchase_order_id, kind, amount_cents FROM remittance")
    found = ((named["purchase_order", n], kind, cents) for n, kind, cents in rows)
    yield "Rule 4, checks", found, ((order.name, kind, cents) for order, kind, cents in model.checks)
