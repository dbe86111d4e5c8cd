"""The ledger of an order: signed amounts in integer cents; what is above zero, the payer owes.

Laws: append-only, a source makes one entry (rule 4), each kind has its sign; all by the database. A balance is a sum. What was wrong
is put right by another entry.

Kinds: charge (a seat's price) and credit (less of it: the seat was given back, or the office let it go); grant (a funding source
pays), waiver (the district gives the seat away) and discount (a code takes something off), each with its way back when the place ends;
payment, and refund (money went back); dispute (the bank took a payment back) and dispute_won (it returned).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from seminar.ground.db import Model, db
from seminar.ground.triggers import append_only, listed
from seminar.people.person import Person

# What others than the payer pay of a price, and its way back.
GIVEN = ("grant", "waiver", "discount")
GIVEN_BACK = ("grant_back", "waiver_back", "discount_back")
PLUS = ("charge", "refund", "dispute", *GIVEN_BACK)
MINUS = ("credit", "payment", "dispute_won", *GIVEN)
_CHARGED = ("charge", "credit", *GIVEN, *GIVEN_BACK)
# Cards aren't charged for less (docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).
LEAST_CENTS = 50


class LedgerEntry(Model):
    """One signed amount of an order."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"))
    kind: Mapped[str]
    amount_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    # What made it, such as refund:12: whatever is told twice is written once.
    source: Mapped[str]
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(default="")

    by: Mapped[Person | None] = relationship()

    __table_args__ = (
        UniqueConstraint("source"),
        CheckConstraint(
            f"(kind IN {listed(PLUS)} AND amount_cents > 0) OR (kind IN {listed(MINUS)} AND amount_cents < 0)", name="sign_of_its_kind"
        ),
        Index("ix_ledger_entry_order", "order_id"),
        Index("ix_ledger_entry_line", "line_id"),
    )


append_only("ledger_entry")


def asked_for(cents: int) -> int:
    """What is asked of somebody who is left with so many cents of a price: nothing, where it is less than a card can pay."""
    return cents if cents >= LEAST_CENTS else 0


def let_a_little_go(left: Mapping[Any, int], *, by: Person | None, now: datetime) -> None:
    """By line, so many cents are left of its price once others paid theirs: what isn't asked for is let go. One statement."""
    little = {line: cents for line, cents in left.items() if 0 < cents < LEAST_CENTS}
    write([entry(line, "credit", cents, source=f"little:{line.id}", by=by, now=now) for line, cents in little.items()])


def entry(line: Any, kind: str, cents: int, *, source: str, by: Person | None, now: datetime, note: str = "") -> dict[str, Any]:
    """A row of so many cents, which are above zero here; the kind has the sign."""
    return {
        "district_id": line.district_id,
        "order_id": line.order_id,
        "line_id": line.id,
        "kind": kind,
        "amount_cents": cents if kind in PLUS else -cents,
        "currency": line.order.currency,
        "source": source,
        "at": now,
        "by_id": by.id if by else None,
        "note": note,
    }


def write(rows: Sequence[dict[str, Any]]) -> None:
    """Add the entries, in one statement. A source that made one already is an IntegrityError."""
    if rows:
        db.session.execute(insert(LedgerEntry), list(rows))


def balances(line_ids: Iterable[int]) -> dict[int, int]:
    """By line, what the payer owes for it, in cents; one statement."""
    query = select(LedgerEntry.line_id, func.sum(LedgerEntry.amount_cents)).where(LedgerEntry.line_id.in_(list(line_ids)))
    return {line_id: int(cents) for line_id, cents in db.session.execute(query.group_by(LedgerEntry.line_id))}


def charges(line_ids: Iterable[int]) -> dict[int, int]:
    """By line, its price, less what others pay and what was let go of it, in cents; one statement."""
    query = select(LedgerEntry.line_id, func.sum(LedgerEntry.amount_cents)).where(LedgerEntry.line_id.in_(list(line_ids)))
    query = query.where(LedgerEntry.kind.in_(_CHARGED)).group_by(LedgerEntry.line_id)
    return {line_id: int(cents) for line_id, cents in db.session.execute(query)}


def given_and_charged(line_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """By line, what others pay of its price, and what `charges` answers, in cents; one statement."""
    by_others = func.sum(LedgerEntry.amount_cents).filter(LedgerEntry.kind.in_((*GIVEN, *GIVEN_BACK)))
    charged = func.sum(LedgerEntry.amount_cents).filter(LedgerEntry.kind.in_(_CHARGED))
    query = select(LedgerEntry.line_id, by_others, charged).where(LedgerEntry.line_id.in_(list(line_ids))).group_by(LedgerEntry.line_id)
    return {line_id: (-int(others or 0), int(cents or 0)) for line_id, others, cents in db.session.execute(query)}


def balance(order_id: int) -> int:
    """What the payer owes in all, in cents; below zero, what the district owes them."""
    return int(db.session.scalar(select(func.sum(LedgerEntry.amount_cents)).where(LedgerEntry.order_id == order_id)) or 0)


def entries_of(order_id: int) -> list[LedgerEntry]:
    """In the order in which they were written; one statement."""
    return list(db.session.scalars(select(LedgerEntry).where(LedgerEntry.order_id == order_id).order_by(LedgerEntry.id)))
