"""A principal and her staff: several are enrolled from a pasted list, one is nominated, and a seat goes to a colleague."""

from collections.abc import Callable

import pytest

from tests.journeys.visitor import DESK, PHONE, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.deep]
SERIES = "Printing in the Middle School Lab"
LIST = "Emails or names, one to a line"
Enter = Callable[[str], Visitor]


def enroll_and_give_a_seat_on(enter: Enter) -> str:
    """Answers the path of the series."""
    ruth = enter("principal").go("/seminars?search=Middle").open(SERIES)
    path = ruth.path
    ruth.follow("Enroll people")
    ruth.fill(LIST, "contact@rivermark.example; Somebody Else").press("Look at the list")
    ruth.sees("Nobody of your staff")
    ruth.press("Enroll them").reads("1 person is enrolled now.")
    ruth.follow("Enroll more people").fill(LIST, "Nguyen, Tessa").press("Look at the list")
    ruth.page.get_by_text(ruth.say("Nominate them instead")).click()
    ruth.press("Nominate them").reads("1 person is nominated.")
    tessa = enter("teacher").go(path)
    tessa.reads("Ruth Castellanos nominates you")
    tessa.press("No, thank you").sees("You've said no, thank you.")
    omar = enter("contact").go(path).follow("Give the seat to a colleague")
    omar.choose("Who takes the seat", "Tessa Nguyen").press("Go on")
    omar.leave_by(omar.main.get_by_role("button", name=omar.say("Give the seat")))
    omar.reads("Tessa Nguyen has the seat now, and was told by mail.")
    tessa.go(path).sees("You're enrolled")
    return path


@pytest.mark.parametrize("window", [PHONE, pytest.param(DESK)], ids=["390 px", "1280 px"])
def test_a_principal_enrolls_and_nominates_and_a_colleague_takes_the_seat(browser, fresh_base, mailbox, window):
    path = enroll_and_give_a_seat_on(lambda name: Visitor(browser, fresh_base, viewport=window).sign_in(name))
    mailbox.letter_to("contact@rivermark.example", "You're enrolled")
    letter = mailbox.letter_to("teacher@rivermark.example", "Omar Haddad's seat is yours")
    assert path in letter.get_body(("plain",)).get_content()


def test_the_same_without_javascript_at_320_px(browser, fresh_base):
    narrow = {"width": 320, "height": 640}
    enter = lambda name: Visitor(browser, fresh_base, axe=False, java_script_enabled=False, viewport=narrow).sign_in(name)  # noqa: E731
    enroll_and_give_a_seat_on(enter)
