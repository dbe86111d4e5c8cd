"""A seat that is approved first, by keyboard alone, without JavaScript, at 320 px: asked for, approved by the principal, then by the PD
office."""

import re

import pytest

from tests.journeys.keyboard import KeyboardVisitor
from tests.journeys.visitor import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.deep]
NARROW = {"width": 320, "height": 640}


def test_somebody_asks_and_two_approve_one_after_the_other(browser, fresh_base):
    def comes(name):
        return KeyboardVisitor(browser, fresh_base, axe=False, java_script_enabled=False, viewport=NARROW).sign_in(name)

    omar = comes("contact")
    links = omar.visit("/seminars?search=design+thinking").main.get_by_role("link", name="Design Thinking")
    omar.visit(links.nth(1).get_attribute("href")).press("Enroll").sees("Before you enroll")
    omar.check(omar.main.get_by_role("checkbox").first)
    omar.fill("Funding code, if you know it", "Title II")
    omar.press("Enroll").reads("Ruth Castellanos decides now.")
    for name in ("principal", "program"):
        who = comes(name)
        who.visit("/approvals")
        who.leave_by(who.main.get_by_role("link", name=re.compile("^Omar Haddad"))).reads("Title II")
        who.press("Decline").reads("Say why; Omar Haddad is told.")
        who.press("Approve").reads("Approved")
    omar.visit(omar.path).reads("You're enrolled")
    # With JavaScript, axe looks at the same pages.
    signed_in(browser, fresh_base, "principal", viewport=NARROW).go("/approvals").reads("Omar Haddad")
