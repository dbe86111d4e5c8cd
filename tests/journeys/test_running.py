"""Running a series, by people: a meeting is moved and somebody answers, a trainer writes, and the series is canceled in one act."""

import re
from collections.abc import Callable

import pytest

from tests.journeys.keyboard import KeyboardVisitor
from tests.journeys.visitor import PHONE, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.deep]
TITLE = "Printing in the Middle School Lab"


def run_it(enter: Callable[[str], Visitor]) -> None:
    tessa, gloria = enter("teacher"), enter("program")
    path = tessa.go("/seminars").open(TITLE).press("Enroll").press("Enroll").path
    gloria.go(path).leave_by(gloria.main.get_by_role("link", name=re.compile("^Change this meeting")))
    gloria.fill("Day", "2027-03-10").fill("Place", "Oak Hill Middle").press("Save")
    tessa.go("/").press("Yes, still coming").sees("Good: you're still coming.")
    priya = enter("trainer").go(path)
    priya.reads("Tessa Nguyen")
    priya.follow("Write to them").fill("Subject", "Bring a laptop").fill("Text", "A tablet isn't enough.").press("Look at it")
    priya.leave_by(priya.main.get_by_role("button", name=re.compile(r"Send \d+ mails"))).sees("Sent. A mail to each is on its way.")
    gloria.go(path).press("Goes ahead").sees("It goes ahead.")
    gloria.go(f"{path}/edit").follow("Look at what follows").fill("Why it is canceled", "The printer broke").press("Cancel the series")
    tessa.go(path).sees("This series is canceled.")


def test_a_series_is_run_and_axe_finds_nothing(browser, fresh_base, mailbox):
    run_it(lambda name: Visitor(browser, fresh_base, viewport=PHONE).sign_in(name))
    assert "A tablet isn't enough." in mailbox.letter_to("teacher@rivermark.example", "Bring a laptop").get_body(("plain",)).get_content()
    assert "The printer broke" in mailbox.letter_to("teacher@rivermark.example", "is canceled").get_body(("plain",)).get_content()


def test_a_series_is_run_by_keyboard_alone_without_javascript_at_320_px(browser, fresh_base):
    narrow = {"width": 320, "height": 640}
    run_it(lambda name: KeyboardVisitor(browser, fresh_base, axe=False, java_script_enabled=False, viewport=narrow).sign_in(name))
