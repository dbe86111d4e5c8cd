"""A seat is paid by card and given back, by people: from the series to the page that stands for Stripe, and the money to the card."""

from collections.abc import Callable

import pytest

from tests.journeys.addresses import addresses
from tests.journeys.keyboard import KeyboardVisitor
from tests.journeys.visitor import DESK, PHONE, Visitor, what_axe_finds
from tests.waiting import until

pytestmark = pytest.mark.browser
Enter = Callable[[str], Visitor]
PAY = "Pay $120.00 by card"


def pay_and_give_back(enter: Enter, path: str, *, pay: str = PAY) -> Visitor:
    tessa = enter("teacher").go(path).press("Enroll")
    at_stripe(tessa, pay)
    tessa.sees("You're enrolled")
    tessa.press("Withdraw").go("/my/orders").leave_by(tessa.main.locator("tbody a"))
    until(lambda: tessa.say("Sent") in tessa.go(tessa.path).main.inner_text(), within=30)
    return tessa


def at_stripe(visitor: Visitor, pay: str) -> None:
    """Its page isn't ours: only axe looks at it. The card number stands there already, and Enter sends it."""
    button = visitor.main.get_by_role("button", name=pay, exact=True)
    with visitor.page.expect_navigation(url="**/c/pay/**"):
        visitor._activate(button)
    if visitor.axe:
        assert what_axe_finds(visitor.page) == []
    with visitor.page.expect_navigation(url="**/series/*"):
        visitor.page.get_by_label("Card number").or_(visitor.page.get_by_label("Número de tarjeta")).press("Enter")
    visitor.look()


@pytest.mark.parametrize("window", [PHONE, pytest.param(DESK, marks=pytest.mark.deep)], ids=["390 px", "1280 px"])
def test_a_seat_is_paid_and_given_back_and_axe_finds_nothing(browser, fresh_base, mailbox, window):
    path = "/series/{summer_series}".format_map(addresses(browser, fresh_base))
    pay_and_give_back(lambda name: Visitor(browser, fresh_base, viewport=window).sign_in(name), path)
    letter = mailbox.letter_to("teacher@rivermark.example", "Money goes back to you")
    assert "$120.00" in letter.get_body(("plain",)).get_content()


@pytest.mark.deep
def test_a_seat_is_paid_by_keyboard_alone(browser, fresh_base):
    path = "/series/{summer_series}".format_map(addresses(browser, fresh_base))
    pay_and_give_back(lambda name: KeyboardVisitor(browser, fresh_base).sign_in(name), path)


@pytest.mark.deep
def test_a_seat_is_paid_without_javascript_at_320_px_in_spanish(browser, fresh_base):
    path = "/series/{summer_series}".format_map(addresses(browser, fresh_base))
    window = {"axe": False, "java_script_enabled": False, "viewport": {"width": 320, "height": 640}, "language": "es"}
    pay_and_give_back(lambda name: Visitor(browser, fresh_base, **window).sign_in(name), path, pay="Pagar $120.00 con tarjeta")
