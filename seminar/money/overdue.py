"""What is told once, day by day: a place whose purchase order hasn't come yet, shortly before its seat lapses; and an invoice whose
day has passed, to who pays it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from seminar.ground import outbox
from seminar.ground.db import db
from seminar.ground.outbox import Letter
from seminar.money.covering import PurchaseOrderLine, letter_before_it_lapses, whole_cover
from seminar.money.invoice import Invoice, open_of, overdue
from seminar.money.order import Order, OrderLine
from seminar.people.appointment import Appointment, current_on
from seminar.people.district import District
from seminar.people.person import Person
from seminar.series.enrollment import Enrollment

# So long before its seat lapses.
TOLD_AHEAD = timedelta(days=3)


def tell_of_awaited_orders(district: District, _today: date, now: datetime) -> None:
    """One mail for each place, however often it runs; the same statements for any number."""
    waits = (Enrollment.state == "awaiting_po") & Enrollment.hold_until.between(now, now + TOLD_AHEAD)
    query = select(PurchaseOrderLine).join(OrderLine, OrderLine.id == PurchaseOrderLine.line_id)
    query = query.join(Enrollment, Enrollment.id == OrderLine.enrollment_id)
    query = query.where(PurchaseOrderLine.district_id == district.id, PurchaseOrderLine.state == "awaited", waits)
    covers = db.session.scalars(whole_cover(query).order_by(PurchaseOrderLine.id)).unique()
    outbox.put_all("po_reminder", [letter_before_it_lapses(cover) for cover in covers], now=now)


def tell_of_overdue_invoices(district: District, today: date, now: datetime) -> None:
    """One mail for each invoice and who pays it, however often it runs: for a school's purchase order its principals, for an order its
    payer. The district's own stand on the office's list. The same statements for any number."""
    late = db.session.scalars(overdue(district.id, today)).all()
    if not late:
        return
    principals, payers = _principals(late, today), _payers(late)
    still = open_of(late)
    letters = [
        Letter(person, str(invoice.id), _said(invoice, still[invoice.id]))
        for invoice in late
        for person in (payers.get(invoice.order_id or 0, []) if invoice.order_id else principals.get(invoice.school_id or 0, []))
    ]
    outbox.put_all("invoice_overdue", letters, now=now)


def _principals(invoices: Sequence[Invoice], today: date) -> dict[int, list[Person]]:
    """By school; one statement."""
    schools = {invoice.school_id for invoice in invoices if invoice.school_id}
    query = select(Appointment).options(joinedload(Appointment.person))
    query = query.where(Appointment.school_id.in_(schools), Appointment.role == "principal", current_on(today))
    found: dict[int, list[Person]] = {}
    for appointment in db.session.scalars(query.order_by(Appointment.id)):
        found.setdefault(appointment.school_id or 0, []).append(appointment.person)
    return found


def _payers(invoices: Sequence[Invoice]) -> dict[int, list[Person]]:
    """By order; one statement."""
    ids = [invoice.order_id for invoice in invoices if invoice.order_id]
    query = select(Order.id, Person).join(Person, Person.id == Order.person_id).where(Order.id.in_(ids))
    return {order_id: [person] for order_id, person in db.session.execute(query)}


def _said(invoice: Invoice, open_cents: int) -> dict[str, object]:
    return {
        "invoice_number": invoice.number,
        "invoice_id": invoice.id,
        "amount_cents": open_cents,
        "currency": invoice.currency,
        "po_number": invoice.po_number,
        "due_on": invoice.due_on,
    }
