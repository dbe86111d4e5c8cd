"""Purchase orders as people meet them: named at the order, taken by the office, invoiced and paid; and who sees which paper."""

from io import BytesIO

import pymupdf
import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.money.purchase_order import PurchaseOrder
from seminar.series.enrollment import Enrollment
from tests.cast import a_cast
from tests.databases import POSTGRESQL_IN_THE_DEEP_RUN
from tests.money.stripe import a_priced_series
from tests.pages.as_who import as_who
from tests.pages.test_waiting import refused, said
from tests.pictures import a_png

pytestmark = POSTGRESQL_IN_THE_DEEP_RUN

ENROLL, ORDER, CHOOSE, PO = "/series/1/enrollment", "/orders/1", "/orders/1/purchase-order", "/purchase-orders/1"
SCHOOL = "1"
ENTERED = {"number": "77120", "buyer": SCHOOL, "cap": "500", "funding_code": "Title II", "expires_on": "2027-06-30"}
CHECK = {"payment-amount": "120", "payment-day": "2027-03-01", "payment-reference": "Check 4711"}


@pytest.fixture
def series(clean):
    """A series (1) that costs $120, where no card can be paid with."""
    with clean.app_context():
        a_priced_series(a_cast())


def states(app):
    with app.app_context():
        return list(db.session.scalars(select(Enrollment.state).order_by(Enrollment.id)))


def state_of(app):
    with app.app_context():
        return db.session.scalar(select(PurchaseOrder.state))


def chosen(app, name="ada", **typed):
    person = as_who(app, name)
    person.get(person.post(ENROLL).location)
    person.post(CHOOSE, data={"number": "77120", "buyer": SCHOOL, **typed})
    return person


def accepted(app):
    """Ada's number is entered and accepted by Olive, who is answered."""
    chosen(app)
    olive = as_who(app, "olive")
    olive.post("/purchase-orders", data=ENTERED)
    olive.post(f"{PO}/acceptance")
    return olive


def test_from_the_order_to_the_last_check(clean, series):
    ada = as_who(clean, "ada")
    ada.get(ada.post(ENROLL).location)
    assert "Or by purchase order" in said(ada, ORDER) and "by card" not in said(ada, ORDER)
    assert ada.post(CHOOSE, data={"number": "77120", "buyer": SCHOOL}).location == ORDER
    assert "waits for purchase order 77120 of School A" in said(ada, ORDER)
    assert "once the purchase order for it is accepted" in said(ada) and "waits for your school's purchase order" in said(ada, "/")

    olive = as_who(clean, "olive")
    assert "1 place waits for its purchase order." in said(olive, "/")
    assert "77120, School A 1 place, $120.00" in said(olive, "/purchase-orders")
    assert olive.post("/purchase-orders", data=ENTERED).location == PO
    assert "1 purchase order is to be accepted." in said(olive, "/")
    olive.post(f"{PO}/acceptance")
    assert "You're enrolled" in said(ada) and states(clean) == ["enrolled"]
    assert "Left $380.00" in said(olive, PO) and "$120.00 isn't invoiced yet." in said(olive, PO)
    olive.post(f"{PO}/invoices")
    assert "Invoice 1" in said(ada, ORDER) and "$120.00 is open, due" in said(ada, "/invoices/1")
    olive.post(f"{PO}/payments", data=CHECK)
    assert "Check 4711" in said(olive, PO) and state_of(clean) == "paid"
    assert "Nothing is open on it." in said(ada, "/invoices/1")


def test_a_number_that_is_left_out_is_asked_for_beside_its_field_and_the_rest_is_kept(clean, series):
    ada = as_who(clean, "ada")
    ada.post(ENROLL)
    status, page = refused(ada.post(CHOOSE, data={"number": " ", "buyer": ""}))
    assert status == 422 and "Type the purchase order's number" in page
    file = (BytesIO(b"<html>"), "po.pdf")
    status, page = refused(ada.post(CHOOSE, data={"number": "77120", "buyer": SCHOOL, "file": file}))
    assert status == 422 and "no whole PDF, PNG or JPEG" in page and states(clean) == ["held"]
    assert 'value="77120"' in ada.post(CHOOSE, data={"number": "77120", "buyer": SCHOOL, "file": (BytesIO(b"x"), "po.pdf")}).text


def test_an_open_purchase_order_of_the_school_is_there_to_choose_and_nobody_elses(clean, series):
    accepted(clean)
    ben, eli = as_who(clean, "ben"), as_who(clean, "eli")
    ben.get(ben.post(ENROLL).location)
    assert "77120, School A: $380.00 left" in said(ben, "/orders/2")
    ben.post("/orders/2/purchase-order", data={"open_order": "1", "number": "", "buyer": ""})
    assert states(clean) == ["enrolled", "enrolled"]
    eli.post("/series/1/waitlist")
    assert eli.post("/orders/2/purchase-order", data={"open_order": "1", "buyer": ""}).status_code == 404


def test_the_file_is_saved_not_shown_and_only_by_the_office_and_who_sent_it(clean, series):
    ada = chosen(clean, file=(BytesIO(a_png()), "po.png"))
    for name, status in (("ada", 200), ("olive", 200), ("ben", 404), ("pia", 404)):
        assert as_who(clean, name).get("/purchase-order-files/1").status_code == status
    answer = ada.get("/purchase-order-files/1")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="purchase-order-1.png"'
    assert (answer.mimetype, answer.data) == ("image/png", a_png())


def test_an_invoice_is_seen_by_who_pays_their_principal_and_the_office(clean, series):
    accepted(clean).post(f"{PO}/invoices")
    for name, status in (("ada", 200), ("pia", 200), ("olive", 200), ("ben", 404), ("cora", 404)):
        reader = as_who(clean, name)
        assert [reader.get(f"/invoices/1{file}").status_code for file in ("", ".pdf")] == [status, status]
        assert ("Invoice 1" in said(reader, "/invoices")) is (status == 200)
    assert as_who(clean, "pia").get("/invoices?show=overdue").status_code == 200


def test_the_file_of_an_invoice_is_in_its_readers_language(clean, series):
    accepted(clean).post(f"{PO}/invoices")
    for language, words in (("en", "Bill to"), ("es", "Facturar a")):
        answer = as_who(clean, "pia").get("/invoices/1.pdf", headers={"Accept-Language": language})
        with pymupdf.open(stream=answer.data) as file:
            text = file[0].get_text()
        assert answer.mimetype == "application/pdf" and words in text and "Ada Example" in text


def test_what_the_office_types_wrongly_stands_beside_its_field(clean, series):
    olive = as_who(clean, "olive")
    status, page = refused(olive.post("/purchase-orders", data={**ENTERED, "cap": "much"}))
    assert status == 422 and "Type an amount in dollars" in page
    accepted(clean)
    status, page = refused(olive.post("/purchase-orders", data=ENTERED))
    assert status == 422 and "entered already" in page
    for path, typed, sentence in (
        ("details", {"cap": "100"}, "It covers more than that by now."),
        ("cancellation", {"cancellation-reason": "Late"}, "It covers places."),
        ("payments", CHECK, "Nothing that was invoiced is open here."),
        ("sent-back", {"back-amount": "1", "back-day": "2027-03-01", "back-reference": "1"}, "Nothing is to be sent back here."),
    ):
        status, page = refused(olive.post(f"{PO}/{path}", data=typed))
        assert status in (409, 422) and sentence in page, path


def test_one_that_is_too_small_says_so_and_covers_them_once_it_is_raised(clean, series):
    for name in ("ada", "ben"):
        person = as_who(clean, name)
        order = person.get(person.post(ENROLL).location).location
        person.post(f"{order}/purchase-order", data={"number": "77120", "buyer": SCHOOL})
    olive = as_who(clean, "olive")
    olive.post("/purchase-orders", data={**ENTERED, "cap": "130"})
    olive.post(f"{PO}/acceptance")
    page = said(olive, PO)
    assert "1 place doesn't fit into its amount" in page and "Places that wait for it 1" in page
    olive.post(f"{PO}/details", data={"cap": "240"})
    olive.post(f"{PO}/covering")
    assert states(clean) == ["enrolled", "enrolled"]


def test_an_order_without_a_purchase_order_has_an_invoice_of_its_own(clean, series):
    ada, olive = as_who(clean, "ada"), as_who(clean, "olive")
    ada.post(ENROLL)
    olive.post(f"{ORDER}/invoices")
    assert "Invoice 1" in said(ada, ORDER)
    status, page = refused(olive.post(f"{ORDER}/checks", data={"amount": "121", "day": "2027-03-01", "reference": "1"}))
    assert status == 422 and "More than is open" in page and 'value="121"' in olive.post(f"{ORDER}/checks", data={"amount": "121"}).text
    olive.post(f"{ORDER}/checks", data={"amount": "120", "day": "2027-03-01", "reference": "1"})
    assert "You're enrolled" in said(ada)


def test_a_form_that_is_sent_twice_writes_one_check(clean, series):
    olive = accepted(clean)
    olive.post(f"{PO}/invoices")
    for _ in range(2):
        olive.post(f"{PO}/payments", data={**CHECK, "payment-amount": "50", "once": "abc"})
    assert "$70.00 is open on its invoices." in said(olive, PO)


def test_the_settings_are_kept_and_checked(clean, series):
    olive, page = as_who(clean, "olive"), "/settings/purchase-orders"
    typed = {"confirms": "no", "school_days": "5", "invoice_days": "45", "payee": " 1 Main \n\n City ", "remit_to": "", "tax_id": "12-3"}
    olive.post(page, data=typed)
    assert all(value in olive.get(page).text for value in ('value="45"', "1 Main\nCity", 'value="12-3"'))
    accepted(clean)
    assert states(clean) == ["awaiting_po"]
    assert refused(olive.post(page, data={**typed, "school_days": "0"}))[0] == 422
