"""A seat is paid by purchase order, by people: a teacher names it, the PD office enters, accepts and invoices it, and the check comes; a
principal pays for whom she enrolls."""

import re

import pytest
from playwright.sync_api import Browser

from tests.journeys.addresses import addresses
from tests.journeys.keyboard import KeyboardVisitor
from tests.journeys.visitor import DESK, PHONE, Visitor

pytestmark = pytest.mark.browser


def pay_by_purchase_order(browser: Browser, base: str, kind: type[Visitor], **window: object) -> None:
    path = "/series/{summer_series}".format_map(addresses(browser, base))
    tessa = kind(browser, base, **window).sign_in("teacher").go(path).press("Enroll")
    tessa._activate(tessa.main.locator("summary", has_text=tessa.say("Or by purchase order")))
    tessa.choose("Purchase order", tessa.say("Another one: I type its number")).fill("Purchase order number", "ac 9")
    tessa.press("Pay by purchase order")
    tessa.reads("AC 9")
    tessa.go(path).sees("Your order")

    gloria = kind(browser, base, **window).sign_in("program").go("/purchase-orders")
    gloria.leave_by(gloria.main.get_by_role("link", name=re.compile("AC 9, Alder Creek Elementary")))
    gloria.fill("Good for, in dollars", "500").press("Save").press("Accept")
    gloria.finds_in_state("Accepted")
    gloria.press("Write the invoice")
    gloria.leave_by(gloria.main.get_by_role("link", name=re.compile(gloria.say("Invoice %(number)s") % {"number": r"\d+"})))
    gloria.reads("Tessa Nguyen")
    file = gloria.page.request.get(f"{base}{gloria.path}.pdf")
    assert (file.headers["content-type"], file.body()[:5]) == ("application/pdf", b"%PDF-")
    gloria.follow("The purchase order")
    gloria.fill("Amount in dollars", "120").fill("Check number, or what the transfer says", "Check 4711").press("Write it down")
    gloria.finds_in_state("Paid")

    tessa.go(path).sees("You're enrolled")

    ruth = kind(browser, base, **window).sign_in("principal").go(f"{path}/enrollments/new")
    ruth.fill("Emails or names, one to a line", "contact@rivermark.example").press("Look at the list").press("Enroll them")
    ruth.follow("Pay for them by purchase order").choose("Purchase order", "77120")
    ruth.press("Pay by purchase order")
    ruth.sees("Done. Each was told by mail whether they are enrolled now, or wait for the purchase order.")


def test_a_seat_is_paid_by_purchase_order_and_axe_finds_nothing(browser, fresh_base):
    pay_by_purchase_order(browser, fresh_base, Visitor, viewport=PHONE)


@pytest.mark.deep
def test_a_seat_is_paid_by_purchase_order_by_keyboard_alone(browser, fresh_base):
    pay_by_purchase_order(browser, fresh_base, KeyboardVisitor, viewport=DESK)


@pytest.mark.deep
def test_a_seat_is_paid_by_purchase_order_without_javascript_at_320_px_in_spanish(browser, fresh_base):
    window = {"axe": False, "java_script_enabled": False, "viewport": {"width": 320, "height": 640}, "language": "es"}
    pay_by_purchase_order(browser, fresh_base, Visitor, **window)
