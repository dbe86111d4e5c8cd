"""The questions of a series, by keyboard alone, without JavaScript, at 320 px: one page between the button and the seat."""

import re

import pytest

from tests.journeys.keyboard import KeyboardVisitor
from tests.journeys.visitor import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.deep]
NARROW = {"width": 320, "height": 640}


def test_somebody_answers_before_they_enroll_and_empties_it_afterwards(browser, fresh_base):
    tessa = KeyboardVisitor(browser, fresh_base, axe=False, java_script_enabled=False, viewport=NARROW).sign_in("teacher")
    tessa.visit("/seminars?search=middle+school+lab").open("Printing in the Middle School Lab").press("Enroll").sees("Before you enroll")
    assert tessa.chosen("Grade taught") == "4"
    tessa.check(tessa.field("Vegetarian"))
    tessa.fill("Accommodation needs", "A seat near the front")
    # A group of choices is one stop; an arrow chooses the next of them, or, from the last one, the first.
    tessa.reach(tessa.field("Prefer not to say").nth(1))
    tessa.keys.press("ArrowDown")
    tessa.press("Enroll").sees("You're enrolled")
    tessa.follow("Your answers")
    assert tessa.field(re.compile("^1: not at all")).is_checked()
    tessa.reach(tessa.field("Accommodation needs"))
    tessa.keys.press("Control+A")
    tessa.keys.press("Delete")
    tessa.press("Save answers").follow("Your answers")
    assert tessa.field("Accommodation needs").input_value() == "" and tessa.field("Vegetarian").is_checked()
    # With JavaScript, axe looks at the same page.
    signed_in(browser, fresh_base, "teacher", viewport=NARROW).go(tessa.path).sees("Your answers")
