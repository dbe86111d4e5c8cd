"""The waitlist, by people: somebody waits, a seat is set free, and it finds its way to them by itself."""

from collections.abc import Callable

import pytest

from tests.journeys.addresses import addresses
from tests.journeys.keyboard import KeyboardVisitor
from tests.journeys.visitor import DESK, PHONE, Visitor

pytestmark = pytest.mark.browser
SERIES = "/series/{full_series}"
Enter = Callable[[str], Visitor]


def wait_and_be_offered_a_seat(enter: Enter, path: str, offers_at: int) -> Visitor:
    """Five wait already, two of them together; the program manager adds as many seats as make the sixth's."""
    tessa = enter("teacher").go(path)
    tessa.press("Join the waitlist").reads("You're number 6 on the waitlist")
    enter("program").go(f"{path}/edit").fill("Seats", str(offers_at)).press("Save")
    return tessa.go("/").open("micro:bit in Grades 3–8")


def take_the_seat(enter: Enter, path: str) -> None:
    tessa = wait_and_be_offered_a_seat(enter, path, 26)
    tessa.press("Enroll").sees("You're enrolled")


@pytest.mark.parametrize("window", [PHONE, pytest.param(DESK, marks=pytest.mark.deep)], ids=["390 px", "1280 px"])
def test_a_seat_comes_to_who_waits_for_it_and_axe_finds_nothing(browser, fresh_base, mailbox, window):
    path = SERIES.format_map(addresses(browser, fresh_base))
    take_the_seat(lambda name: Visitor(browser, fresh_base, viewport=window).sign_in(name), path)
    letter = mailbox.letter_to("teacher@rivermark.example", "A seat is kept for you")
    assert path in letter.get_body(("plain",)).get_content()


@pytest.mark.deep
def test_a_seat_comes_to_who_waits_by_keyboard_alone(browser, fresh_base):
    path = SERIES.format_map(addresses(browser, fresh_base))
    take_the_seat(lambda name: KeyboardVisitor(browser, fresh_base).sign_in(name), path)


@pytest.mark.deep
def test_a_seat_is_turned_down_without_javascript_at_320_px(browser, fresh_base):
    path = SERIES.format_map(addresses(browser, fresh_base))
    narrow = {"width": 320, "height": 640}
    enter = lambda name: Visitor(browser, fresh_base, axe=False, java_script_enabled=False, viewport=narrow).sign_in(name)  # noqa: E731
    tessa = wait_and_be_offered_a_seat(enter, path, 26)
    tessa.press("Turn it down").reads("You've turned the seat down. It goes to the next in line.")


@pytest.mark.deep
def test_who_waits_leaves_the_line_in_spanish(browser, fresh_base):
    path = SERIES.format_map(addresses(browser, fresh_base))
    tessa = Visitor(browser, fresh_base, language="es").sign_in("teacher").go(path)
    tessa.press("Join the waitlist").press("Withdraw").sees("You've left the waitlist.")
