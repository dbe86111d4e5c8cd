"""Invoices and credit notes: their numbers, what stands on them for good, when they are overdue, and their file."""

from datetime import timedelta

import outloud
import pymupdf
import pytest
import typst
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from seminar.audit import broken_rules
from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.money.invoice import Invoice, open_of
from seminar.money.invoice_pdf import pdf_of
from seminar.money.invoicing import invoice_order, invoice_purchase_order
from seminar.money.overdue import tell_of_overdue_invoices
from seminar.money.po_settings import HowTaken, change_po_settings
from seminar.money.remittance import Sent, record_payment_of_order, record_sent_back_of_order
from seminar.series.enrolling import cancel_enrollment, withdraw
from tests.cast import NOW, TODAY, a_cast
from tests.money.purchase_orders import a_purchase_order, accepted, awaiting, invoiced, line_of, paid
from tests.money.stripe import a_page, a_priced_series, balance_of, held, told

SOON = NOW + timedelta(minutes=1)


@pytest.fixture
def cast(db_session):
    return a_cast()


@pytest.fixture
def series(cast):
    return a_priced_series(cast, seats=4)


def clean():
    return [rule.sentence for rule in broken_rules() if rule.broken] == []


def mails(kind):
    return db.session.scalar(select(func.count()).where(Mail.kind == kind))


def test_an_invoice_says_who_where_when_and_how_much(cast, series):
    cast.school.address = "1 Oak Street\nRivermark"
    change_po_settings(cast.district, HowTaken(payee="9 Main", remit_to="PO Box 7", tax_id="12-3", invoice_days=15), by=cast.olive, now=NOW)
    awaiting(cast, "ada", series)
    awaiting(cast, "ben", series)
    order = accepted(cast, funding_code="Title II")
    invoice = invoiced(cast, order)
    assert (invoice.number, invoice.total_cents, invoice.issued_on, invoice.due_on) == (1, 24_000, TODAY, TODAY + timedelta(days=15))
    assert (invoice.buyer, invoice.seller, invoice.remit_to) == ("School A\n1 Oak Street\nRivermark", "District A\n9 Main", "PO Box 7")
    assert (invoice.po_number, invoice.funding_code, invoice.tax_id) == ("77120", "Title II", "12-3")
    lines = [(line.person.name, line.title, line.first_day, line.amount_cents) for line in invoice.lines]
    assert lines == [("Ada Example", "Laser", TODAY, 12_000), ("Ben Example", "Laser", TODAY, 12_000)]
    assert (order.state, open_of([invoice])) == ("invoiced", {invoice.id: 24_000})


def test_a_place_is_invoiced_once_and_what_comes_later_has_another_invoice(cast, series):
    awaiting(cast, "ada", series)
    order = accepted(cast)
    first = invoiced(cast, order)
    with pytest.raises(Refused, match="Nothing on it is to be invoiced"):
        invoiced(cast, order)
    paid(cast, order, 12_000)
    assert order.state == "paid"
    awaiting(cast, "ben", series)
    second = invoiced(cast, order)
    assert (order.state, second.number, [line.person.name for line in second.lines]) == ("invoiced", 2, ["Ben Example"])
    again = "INSERT INTO invoice_line (district_id, invoice_id, kind, position, line_id, person_id, title, amount_cents)"
    again += " SELECT district_id, :other, kind, 9, line_id, person_id, title, amount_cents FROM invoice_line WHERE invoice_id = :one"
    with pytest.raises(DBAPIError):
        db.session.execute(text(again), {"one": first.id, "other": second.id})


def test_one_that_is_not_accepted_is_not_invoiced(cast, series):
    order = a_purchase_order(cast)
    with pytest.raises(Refused, match="isn't accepted"):
        invoice_purchase_order(order, by=cast.olive, now=NOW)


def test_numbers_have_no_gap_though_one_was_not_saved(cast, series):
    awaiting(cast, "ada", series)
    order = accepted(cast)
    invoice_purchase_order(order, by=cast.olive, now=NOW)
    db.session.rollback()
    assert invoiced(cast, order).number == 1
    place = awaiting(cast, "ben", series)
    invoiced(cast, order)
    withdraw(place, by=cast.ben, now=SOON)
    assert db.session.scalars(select(Invoice.number).order_by(Invoice.number)).all() == [1, 2, 3] and clean()


CHANGES = ["UPDATE invoice SET total_cents = 1", "DELETE FROM invoice_line", "UPDATE invoice_line SET title = 'x'"]


@pytest.mark.parametrize("change", CHANGES)
def test_the_database_changes_no_invoice(cast, series, change):
    awaiting(cast, "ada", series)
    invoiced(cast, accepted(cast))
    with pytest.raises(DBAPIError):
        db.session.execute(text(change))


def test_an_overdue_invoice_is_told_once_to_the_school_and_never_once_it_is_paid(cast, series):
    awaiting(cast, "ada", series)
    order = accepted(cast)
    invoice = invoiced(cast, order)
    tell_of_overdue_invoices(cast.district, invoice.due_on, NOW)
    assert mails("invoice_overdue") == 0
    for days in (1, 2):
        tell_of_overdue_invoices(cast.district, invoice.due_on + timedelta(days=days), NOW)
    told_whom = db.session.scalars(select(Mail.person_id).where(Mail.kind == "invoice_overdue")).all()
    assert told_whom == [cast.pia.id]
    place = awaiting(cast, "ben", series)
    second = invoiced(cast, order)
    withdraw(place, by=cast.ben, now=SOON)
    paid(cast, order, 12_000)
    tell_of_overdue_invoices(cast.district, second.due_on + timedelta(days=9), NOW)
    assert mails("invoice_overdue") == 1


# An order whose school pays by check, without a purchase order


def test_an_invoice_of_one_order_keeps_the_seat_and_its_check_enrolls(cast, series):
    place = held(cast, "ada", series, NOW)
    invoice = invoice_order(line_of(place), by=cast.olive, now=NOW)
    assert (place.state, place.hold_until, invoice.buyer) == ("awaiting_po", series.meetings[0].starts_at, "Ada Example\nSchool A")
    with pytest.raises(Refused, match="wasn't invoiced"):
        invoice_order(line_of(place), by=cast.olive, now=NOW)
    for cents in (5_000, 7_000):
        record_payment_of_order(line_of(place), Sent(cents, TODAY, "Check 9"), by=cast.olive, now=NOW)
    assert (place.state, balance_of(place), open_of([invoice])) == ("enrolled", 0, {invoice.id: 0})
    with pytest.raises(Refused, match="Nothing that was invoiced"):
        record_payment_of_order(line_of(place), Sent(1, TODAY, "Check 9"), by=cast.olive, now=NOW)
    cancel_enrollment(place, reason="Ill", by=cast.olive, now=SOON)
    record_sent_back_of_order(line_of(place), Sent(12_000, TODAY, "Check 1"), by=cast.olive, now=SOON)
    assert balance_of(place) == 0 and clean()


def test_what_a_purchase_order_covers_is_invoiced_and_paid_there(cast, series):
    place = awaiting(cast, "ada", series)
    accepted(cast)
    with pytest.raises(Refused, match="covers this seat"):
        invoice_order(line_of(place), by=cast.olive, now=NOW)
    with pytest.raises(Refused, match="covers this seat"):
        record_payment_of_order(line_of(place), Sent(1, TODAY, "Check 9"), by=cast.olive, now=NOW)


def test_an_invoice_that_a_card_pays_is_settled_by_it(cast, series, stripe):
    place = held(cast, "ada", series, NOW)
    invoice = invoice_order(line_of(place), by=cast.olive, now=NOW)
    payment = a_page(stripe, place, SOON)
    stripe.pay(payment.session_id)
    told(stripe, "checkout.session.completed", SOON)
    assert (place.state, open_of([invoice])) == ("enrolled", {invoice.id: 0}) and clean()


# The file


def said(names, language="en"):
    """What an invoice's file is given."""
    lines = [[str(n), name, "Laser Cutting, Safely", "Jun 15, 2027 – Jun 18, 2027", "$120.00"] for n, name in enumerate(names, 1)]
    words = ("buyer", "places", "number", "person", "seminar", "days", "amount", "total", "remit_to", "page")
    return {
        "title": "Invoice 7",
        "language": language,
        **dict(zip(("year", "month", "day"), (2027, 3, 1), strict=True)),
        "seller": ["District A", "9 Main"],
        "buyer": ["School A"],
        "remit_to": ["PO Box 7"],
        "facts": [["Due", "Mar 31, 2027"]],
        "lines": lines,
        "total": "$120.00",
        "notes": ["Name the number."],
        "words": {word: word.title() for word in words},
    }


LONG = "Nguyễn Thị Bảo Châu Hohenlohe-Langenburg-Schillingsfürst " * 3


@pytest.mark.parametrize(
    "names",
    [["Ada Example"], [LONG, "Łukasz Żółć", "Иван Ильич", "محمد", "李小龙 Li"], [f"Person {n}" for n in range(60)]],
    ids=["one", "letters", "pages"],
)
def test_the_file_is_accessible_by_pdf_ua_1(tmp_path, names):
    file = tmp_path / "invoice.pdf"
    file.write_bytes(pdf_of(said(names, "es"), lacks="A box stands for a letter."))
    found = outloud.check(str(file))
    assert (found.error, found.errors, found.warnings) == (None, 0, 0)


def text_of(pdf):
    with pymupdf.open(stream=pdf) as document:
        return " ".join(" ".join(page.get_text() for page in document).split())


def test_what_people_typed_is_never_markup_and_the_same_words_make_the_same_file():
    typed = '#eval("1+1") *x* $y$ \\ @z <a>'
    pdf = pdf_of(said([typed]), lacks="-")
    assert typed in text_of(pdf) and pdf == pdf_of(said([typed]), lacks="-")


def test_a_letter_without_a_sign_is_a_box_and_the_file_says_so():
    found = text_of(pdf_of(said(["李 Ada"]), lacks="A box stands for a letter."))
    assert "□ Ada" in found and "A box stands for a letter." in found
    assert "A box" not in text_of(pdf_of(said(["Łukasz Ada"]), lacks="A box stands for a letter."))


def test_what_breaks_the_rules_for_another_reason_is_no_file():
    with pytest.raises(typst.TypstError):
        pdf_of({**said(["Ada"]), "title": ""}, lacks="-")
