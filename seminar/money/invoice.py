"""An invoice, and the credit note that lessens one.

Laws: neither is ever changed, by triggers; their numbers are a district's without gaps, for both together; a line of an order is
invoiced once; a credit note names its invoice. What is open on an invoice is what its lines owe by the ledger, never a state.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, Select, String, UniqueConstraint, case, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from seminar.ground import history
from seminar.ground.db import Model, db
from seminar.ground.history import Deed
from seminar.ground.triggers import append_only
from seminar.money.ledger import LedgerEntry
from seminar.money.order import OrderLine
from seminar.people.person import Person
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series

KINDS = ("invoice", "credit_note")


class InvoiceNumber(Model):
    """The last number that a district's invoices and credit notes have: the next one is one more, under this row's lock."""

    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"), primary_key=True)
    last: Mapped[int]

    __table_args__ = (CheckConstraint("last >= 0", name="last"),)


class Invoice(Model):
    """What a buyer is asked to pay for places, or a credit note that lessens it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    number: Mapped[int]
    kind: Mapped[str]
    # The purchase order, or without one the order, that it is for; and, of a credit note, its invoice.
    purchase_order_id: Mapped[int | None] = mapped_column(ForeignKey("purchase_order.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoice.id"))
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    issued_on: Mapped[date]
    due_on: Mapped[date | None]
    # As they were on that day: the buyer, the district and where it is paid to, by lines; the purchase order's number and its code.
    buyer: Mapped[str]
    seller: Mapped[str]
    remit_to: Mapped[str]
    tax_id: Mapped[str]
    po_number: Mapped[str]
    funding_code: Mapped[str]
    currency: Mapped[str] = mapped_column(String(3))
    total_cents: Mapped[int]
    created_at: Mapped[datetime]
    # None of a credit note that followed by itself.
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    lines: Mapped[list["InvoiceLine"]] = relationship(back_populates="invoice", order_by=lambda: InvoiceLine.position)
    corrects: Mapped["Invoice | None"] = relationship(remote_side=lambda: [Invoice.id])

    __table_args__ = (
        CheckConstraint("kind IN ('invoice', 'credit_note')", name="kind"),
        CheckConstraint("(kind = 'credit_note') = (invoice_id IS NOT NULL)", name="a_credit_note_of_an_invoice"),
        CheckConstraint("(kind = 'invoice') = (due_on IS NOT NULL)", name="due"),
        CheckConstraint("due_on >= issued_on", name="days_in_order"),
        CheckConstraint("(purchase_order_id IS NULL) <> (order_id IS NULL)", name="for_one_of_the_two"),
        CheckConstraint("number > 0 AND total_cents > 0", name="amounts"),
        UniqueConstraint("district_id", "number"),
        Index("ix_invoice_due", "district_id", "kind", "due_on"),
        Index("ix_invoice_purchase_order", "purchase_order_id"),
        Index("ix_invoice_order", "order_id"),
        Index("ix_invoice_invoice", "invoice_id"),
        Index("ix_invoice_school", "district_id", "school_id"),
    )

    @property
    def is_credit_note(self) -> bool:
        return self.kind == "credit_note"


class InvoiceLine(Model):
    """A place on an invoice, or what of one a credit note lets go."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"))
    kind: Mapped[str] = mapped_column()
    position: Mapped[int]
    line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"))
    # Who had the place on that day.
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    title: Mapped[str]
    first_day: Mapped[date | None]
    last_day: Mapped[date | None]
    amount_cents: Mapped[int]

    invoice: Mapped[Invoice] = relationship(back_populates="lines")
    line: Mapped[OrderLine] = relationship()
    person: Mapped[Person] = relationship()

    __table_args__ = (
        CheckConstraint("kind IN ('invoice', 'credit_note')", name="kind"),
        CheckConstraint("amount_cents > 0", name="amount"),
        UniqueConstraint("invoice_id", "position"),
        # A place is asked for once; it can be credited in several parts.
        Index("uq_invoice_line_once", "line_id", unique=True, sqlite_where=kind == "invoice", postgresql_where=kind == "invoice"),
        Index("ix_invoice_line_line", "line_id"),
    )


append_only("invoice")
append_only("invoice_line")


@dataclass(frozen=True)
class Parties:
    """Who asks whom, as it stands on the invoice: texts of lines."""

    buyer: str
    seller: str
    remit_to: str
    tax_id: str
    po_number: str
    funding_code: str
    school_id: int | None


def write_invoice(
    amounts: Mapping[OrderLine, int],
    parties: Parties,
    *,
    purchase_order_id: int | None,
    order_id: int | None,
    due_on: date,
    by: Person,
    now: datetime,
) -> Invoice:
    """With a line for each of the order lines, of so many cents. Flushes."""
    line = next(iter(amounts))
    district = line.enrollment.series.district
    invoice = Invoice(
        district_id=line.district_id,
        number=_next_numbers(line.district_id, 1)[0],
        kind="invoice",
        purchase_order_id=purchase_order_id,
        order_id=order_id,
        issued_on=district.day(now),
        due_on=due_on,
        currency=line.order.currency,
        total_cents=sum(amounts.values()),
        created_at=now,
        created_by_id=by.id,
        **vars(parties),
    )
    invoice.lines = [_line(one, "invoice", position, cents) for position, (one, cents) in enumerate(amounts.items(), 1)]
    db.session.add(invoice)
    db.session.flush()
    history.record(by, "invoice issued", invoice, now, number=invoice.number, cents=invoice.total_cents)
    return invoice


def _line(line: OrderLine, kind: str, position: int, cents: int) -> InvoiceLine:
    place = line.enrollment
    district = place.series.district
    days = [district.day(meeting.starts_at) for meeting in place.series.meetings if meeting.canceled_at is None]
    return InvoiceLine(
        district_id=line.district_id,
        kind=kind,
        position=position,
        line_id=line.id,
        person_id=place.person_id,
        title=place.series.seminar.title,
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        amount_cents=cents,
    )


def _next_numbers(district_id: int, count: int) -> range:
    """So many numbers, the next ones; whoever else needs one waits, so that a rollback leaves no gap. Two statements."""
    made = sqlite.insert(InvoiceNumber) if db.session.get_bind().dialect.name == "sqlite" else postgresql.insert(InvoiceNumber)
    db.session.execute(made.on_conflict_do_nothing(index_elements=["district_id"]), [{"district_id": district_id, "last": 0}])
    counted = update(InvoiceNumber).where(InvoiceNumber.district_id == district_id).values(last=InvoiceNumber.last + count)
    last = db.session.execute(counted.returning(InvoiceNumber.last), execution_options={"synchronize_session": False}).scalar_one()
    return range(last - count + 1, last + 1)


def write_credit_notes(less: Mapping[int, int], *, by: Person | None, now: datetime) -> list[Invoice]:
    """For lines that were invoiced and of which so many cents aren't charged any more: a credit note for each of their invoices. As
    many statements whatever their number. Flushes."""
    invoiced = select(InvoiceLine).where(InvoiceLine.line_id.in_(list(less)), InvoiceLine.kind == "invoice")
    place = joinedload(InvoiceLine.line).joinedload(OrderLine.enrollment)
    beside = joinedload(InvoiceLine.invoice), place.joinedload(Enrollment.series).joinedload(Series.district)
    by_invoice: dict[Invoice, list[InvoiceLine]] = {}
    for line in db.session.scalars(invoiced.options(*beside).order_by(InvoiceLine.invoice_id, InvoiceLine.position)):
        by_invoice.setdefault(line.invoice, []).append(line)
    if not by_invoice:
        return []
    district_id = next(iter(by_invoice)).district_id
    numbers = _next_numbers(district_id, len(by_invoice))
    pairs = zip(numbers, by_invoice.items(), strict=True)
    notes = [_credit_note(number, invoice, lines, less, by=by, now=now) for number, (invoice, lines) in pairs]
    db.session.add_all(notes)
    db.session.flush()
    deeds = [Deed("credit note issued", "invoice", note.id, {"number": note.number, "cents": note.total_cents}) for note in notes]
    history.record_many(by, deeds, district_id=district_id, now=now)
    return notes


# What a credit note has of its invoice.
_OF_INVOICE = (
    *("district_id", "purchase_order_id", "order_id", "school_id", "currency"),
    *("buyer", "seller", "remit_to", "tax_id", "po_number", "funding_code"),
)
_OF_LINE = ("district_id", "line_id", "person_id", "title", "first_day", "last_day")


def _credit_note(
    number: int, invoice: Invoice, lines: Sequence[InvoiceLine], less: Mapping[int, int], *, by: Person | None, now: datetime
) -> Invoice:
    day = lines[0].line.enrollment.series.district.day(now)
    note = Invoice(**{name: getattr(invoice, name) for name in _OF_INVOICE}, number=number, kind="credit_note", issued_on=day)
    note.invoice_id, note.created_at, note.created_by_id = invoice.id, now, by.id if by else None
    note.total_cents = sum(less[line.line_id] for line in lines)
    for position, line in enumerate(lines, 1):
        of_line = {name: getattr(line, name) for name in _OF_LINE}
        note.lines.append(InvoiceLine(**of_line, kind="credit_note", position=position, amount_cents=less[line.line_id]))
    return note


def invoiced_among(line_ids: Collection[int]) -> set[int]:
    """Those of the lines that were invoiced; one statement."""
    query = select(InvoiceLine.line_id).where(InvoiceLine.line_id.in_(list(line_ids)), InvoiceLine.kind == "invoice")
    return set(db.session.scalars(query))


def invoices_of(line_id: int) -> list[Invoice]:
    """Those that an order's line stands on, and their credit notes; one statement."""
    on_it = select(InvoiceLine.invoice_id).where(InvoiceLine.line_id == line_id)
    return list(db.session.scalars(select(Invoice).where(Invoice.id.in_(on_it)).order_by(Invoice.number)))


def open_cents(invoice_id: Any) -> ColumnElement[int]:
    """What is still to be paid of an invoice, as a column: what its lines owe, each for itself."""
    owed = (
        select(func.sum(LedgerEntry.amount_cents).label("cents"))
        .join(InvoiceLine, InvoiceLine.line_id == LedgerEntry.line_id)
        .where(InvoiceLine.invoice_id == invoice_id, InvoiceLine.kind == "invoice")
        .group_by(LedgerEntry.line_id)
        .correlate(Invoice)
        .subquery()
    )
    column = select(func.coalesce(func.sum(case((owed.c.cents > 0, owed.c.cents), else_=0)), 0))
    return column.correlate(Invoice).scalar_subquery()


def open_of(invoices: Sequence[Invoice]) -> dict[int, int]:
    """By invoice, what is still to be paid, in cents; a credit note has nothing. One statement."""
    query = select(Invoice.id, open_cents(Invoice.id)).where(Invoice.id.in_([invoice.id for invoice in invoices]))
    return {invoice_id: int(cents) for invoice_id, cents in db.session.execute(query)}


def overdue(district_id: int, today: date) -> Select[Invoice]:
    """Invoices whose day has passed and on which something is open, the first due first."""
    late = (Invoice.district_id == district_id) & (Invoice.kind == "invoice") & (Invoice.due_on < today)
    return select(Invoice).where(late, open_cents(Invoice.id) > 0).order_by(Invoice.due_on, Invoice.id)


def whole_invoice() -> Any:
    """What its page and its file read beside it."""
    place = joinedload(Invoice.lines).joinedload(InvoiceLine.line).joinedload(OrderLine.enrollment).joinedload(Enrollment.person)
    return joinedload(Invoice.lines).joinedload(InvoiceLine.person), place, joinedload(Invoice.corrects)
