"""What the PD office decides about an order: giving money back beyond the refund rule, and letting go of what is owed. Neither ends
anybody's place: that is another decision."""

from datetime import datetime

from sqlalchemy import func, select

from seminar.ground import history
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.money.covering import charged_less
from seminar.money.ledger import LedgerEntry, balances, charges, entry, write
from seminar.money.order import OrderLine
from seminar.money.refund import captured, request_many
from seminar.money.settling import shared_out
from seminar.people.person import Person
from seminar.series.enrollment import lock

SAY_WHY = N_("Say why; it stands on the order.")


def give_back(line: OrderLine, cents: int | None, *, note: str, by: Person, now: datetime) -> None:
    """So much of the price goes back to the cards that paid it. Raises Refused without an amount or a reason, and for more than was
    paid and is neither refunded nor disputed."""
    lock(line.enrollment.series)
    payments = captured([line.id])
    most = min(sum(payment.left_cents for payment in payments), charges([line.id]).get(line.id, 0))
    if most <= 0:
        raise Refused(N_("Nothing was paid that could go back: it is refunded already, or disputed."), status=409)
    if not cents:
        raise Refused(N_("Type an amount in dollars, like 120 or 120.50."), field="amount")
    if cents > most:
        raise Refused(N_("No more than what was paid and is neither refunded nor disputed can go back."), field="amount")
    if not note:
        raise Refused(SAY_WHY, field="reason")
    write([entry(line, "credit", cents, source=f"office:{line.id}:{_written(line) + 1}", by=by, now=now, note=note)])
    charged_less({line.id: cents}, ended=False, by=by, now=now)
    request_many(shared_out(cents, payments), why="office", by=by, now=now, note=note)
    history.record(by, "order credited", line.order, now, cents=cents, reason=note)


def let_go(line: OrderLine, *, note: str, by: Person, now: datetime) -> None:
    """Nobody asks for what is still owed any more. Raises Refused where nothing is, while the seat waits to be paid, and without a
    reason."""
    lock(line.enrollment.series)
    db.session.refresh(line.enrollment, attribute_names=["state"])
    owed = balances([line.id]).get(line.id, 0)
    if owed <= 0 or line.enrollment.state in ("held", "awaiting_po"):
        raise Refused(N_("Nothing is owed that could be let go."), status=409)
    if not note:
        raise Refused(SAY_WHY, field="reason")
    write([entry(line, "credit", owed, source=f"office:{line.id}:{_written(line) + 1}", by=by, now=now, note=note)])
    charged_less({line.id: owed}, ended=False, by=by, now=now)
    history.record(by, "order let go", line.order, now, cents=owed, reason=note)


def _written(line: OrderLine) -> int:
    """How many entries the line has: the next one is another source, and two at once are one."""
    return db.session.scalar(select(func.count()).where(LedgerEntry.line_id == line.id)) or 0
