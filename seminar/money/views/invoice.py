"""Invoices and credit notes: the list, each as a page, and as a file."""

from typing import Any

from babel.dates import format_date
from flask import Response, render_template, request
from flask_babel import get_locale, gettext
from sqlalchemy import func, select

from seminar.ground.db import db
from seminar.money.access import keeps_orders, theirs_to_see
from seminar.money.invoice import Invoice, open_cents, open_of, whole_invoice
from seminar.money.invoice_pdf import pdf_of
from seminar.money.views import money
from seminar.web.amount import money as dollars
from seminar.web.asked import page_number
from seminar.web.pages import PAGE_SIZE, page_of
from seminar.web.requires import anyone_signed_in, requires
from seminar.web.viewer import found_or_404, me


def invoice_or_404(invoice_id: int) -> Invoice:
    query = select(Invoice).where(Invoice.id == invoice_id, theirs_to_see(me())).options(*whole_invoice())
    found: Invoice = found_or_404(db.session.scalars(query).unique().one_or_none())
    return found


@money.get("/invoices")
@requires(anyone_signed_in)
def show_invoices() -> str:
    """The district's for its office, a school's for its principal, and one's own."""
    shown = request.args.get("show") if request.args.get("show") in ("open", "overdue") else "all"
    listed = theirs_to_see(me())
    if shown != "all":
        listed = listed & (Invoice.kind == "invoice") & (open_cents(Invoice.id) > 0)
    if shown == "overdue":
        listed = listed & (Invoice.due_on < me().day)
    query = select(Invoice).where(listed)
    total = db.session.scalar(select(func.count()).select_from(Invoice).where(listed)) or 0
    rows = list(db.session.scalars(query.order_by(Invoice.number.desc()).limit(PAGE_SIZE).offset((page_number() - 1) * PAGE_SIZE)))
    page = page_of(rows, total, page_number())
    return render_template("money/invoices.html", page=page, open_of=open_of(rows), shown=shown, is_office=keeps_orders(me()), day=me().day)


@money.get("/invoices/<int:invoice_id>")
@requires(anyone_signed_in)
def show_invoice(invoice_id: int) -> str:
    invoice = invoice_or_404(invoice_id)
    notes = db.session.scalars(select(Invoice).where(Invoice.invoice_id == invoice.id).order_by(Invoice.number)).all()
    return render_template(
        "money/invoice.html",
        invoice=invoice,
        title=title_of(invoice),
        facts=facts_of(invoice),
        days={line.id: days_of(line) for line in invoice.lines},
        said=notes_of(invoice),
        notes=notes,
        still=open_of([invoice]).get(invoice.id, 0),
        may_decide=keeps_orders(me()),
        is_overdue=invoice.due_on is not None and invoice.due_on < me().day,
    )


@money.get("/invoices/<int:invoice_id>.pdf")
@requires(anyone_signed_in)
def show_invoice_file(invoice_id: int) -> Response:
    """Made in the reader's language; what it says is read before, and no transaction is open while it is made."""
    said = _said(invoice_or_404(invoice_id))
    name = f"{'credit-note' if said.pop('is_credit_note') else 'invoice'}-{said.pop('number')}.pdf"
    db.session.rollback()
    lacks = gettext("A box stands for a letter that this file has no sign for; the page of the invoice shows it.")
    return Response(pdf_of(said, lacks=lacks), mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})


def title_of(invoice: Invoice) -> str:
    if invoice.is_credit_note:
        return str(gettext("Credit note %(number)s", number=invoice.number))
    return str(gettext("Invoice %(number)s", number=invoice.number))


def facts_of(invoice: Invoice) -> list[tuple[str, str]]:
    """What stands above the lines: label and value."""
    facts = [(gettext("Date"), _day(invoice.issued_on))]
    if invoice.due_on is not None:
        facts.append((gettext("Due"), _day(invoice.due_on)))
    if invoice.corrects is not None:
        facts.append((gettext("For invoice"), str(invoice.corrects.number)))
    if invoice.po_number:
        facts.append((gettext("Purchase order"), invoice.po_number))
    if invoice.funding_code:
        facts.append((gettext("Funding code"), invoice.funding_code))
    if invoice.order_id is not None:
        facts.append((gettext("Order"), str(invoice.order_id)))
    return [*facts, (gettext("Tax ID"), invoice.tax_id)] if invoice.tax_id else facts


def _day(day: Any) -> str:
    return str(format_date(day, "medium", locale=get_locale()))


def days_of(line: Any) -> str:
    if line.first_day is None:
        return "–"
    return _day(line.first_day) if line.first_day == line.last_day else f"{_day(line.first_day)} – {_day(line.last_day)}"


def notes_of(invoice: Invoice) -> list[str]:
    if invoice.is_credit_note:
        return [gettext("This lessens the invoice that it names. What was paid too much for it is sent back.")]
    return [gettext("Name the invoice's number with the payment, so that it is found.")]


def _said(invoice: Invoice) -> dict[str, Any]:
    """What templates/money/invoice.typ reads."""
    lines = [
        [str(line.position), line.person.name, line.title, days_of(line), dollars(line.amount_cents, invoice.currency)]
        for line in invoice.lines
    ]
    words = {
        "buyer": gettext("Bill to"),
        "places": gettext("Places"),
        "number": gettext("No."),
        "person": gettext("Person"),
        "seminar": gettext("Seminar"),
        "days": gettext("Days"),
        "amount": gettext("Amount"),
        "total": gettext("Total"),
        "remit_to": gettext("Send payment to"),
        "page": gettext("Page"),
    }
    return {
        "title": title_of(invoice),
        "is_credit_note": invoice.is_credit_note,
        "number": invoice.number,
        "language": get_locale().language,
        "year": invoice.issued_on.year,
        "month": invoice.issued_on.month,
        "day": invoice.issued_on.day,
        "seller": invoice.seller.splitlines(),
        "buyer": invoice.buyer.splitlines(),
        "remit_to": [] if invoice.is_credit_note else invoice.remit_to.splitlines(),
        "facts": [list(fact) for fact in facts_of(invoice)],
        "lines": lines,
        "total": dollars(invoice.total_cents, invoice.currency),
        "notes": notes_of(invoice),
        "words": words,
    }
