"""Mail as people meet it: choosing what comes, turning a kind off by the link in a letter, and the letter itself."""

import re

import pytest

from tests.journeys.addresses import addresses
from tests.journeys.keyboard import KeyboardVisitor
from tests.journeys.visitor import DESK, PHONE, RULES, Visitor, sideways_px, signed_in, what_axe_finds

pytestmark = pytest.mark.browser
NARROW = {"width": 320, "height": 640}
REMINDER = "A reminder the day before a meeting"
SAVED = "Saved. It holds from the next mail on, and for what waits."


def test_a_mail_is_chosen_by_keyboard(browser, changing_base):
    priya = KeyboardVisitor(browser, changing_base).sign_in("trainer").go("/my/account/mail")
    priya.choose(REMINDER, "Not at all").press("Save").reads(SAVED)
    assert priya.chosen(REMINDER) == "Not at all"


def test_a_mail_is_chosen_without_javascript(browser, changing_base):
    ken = Visitor(browser, changing_base, axe=False, java_script_enabled=False).sign_in("coach").go("/my/account/mail")
    ken.choose(REMINDER, "Not at all").choose("The digest comes on", "Friday").press("Save").reads(SAVED)
    assert (ken.chosen(REMINDER), ken.chosen("The digest comes on")) == ("Not at all", "Friday")


def test_the_language_of_pages_follows_the_choice(browser, changing_base):
    dora = signed_in(browser, changing_base, "other").go("/my/account/mail")
    dora.choose("Language of mail and pages", "Español").press("Save")
    dora.language = "es"
    dora.sees(SAVED)
    dora.sees("Your mail and language")


def test_the_link_in_a_letter_turns_its_kind_off(browser, changing_base, mailbox):
    tessa = signed_in(browser, changing_base, "teacher").go("/series/{series}".format_map(addresses(browser, changing_base)))
    mailbox.letters.clear()
    tessa.press("Enroll")
    letter = mailbox.letter_to("teacher@rivermark.example", "enrolled")
    link = re.search(r"/mail/off/[\w.-]+", letter.get_body(("plain",)).get_content())[0]
    somebody = signed_in(browser, changing_base, None).go(link)
    somebody.press("Turn it off").sees("Mails like this don't come any more.")
    assert tessa.go("/my/account/mail").chosen("You're enrolled") == "Not at all"
    looks_right(browser, letter.get_body(("html",)).get_content())


def looks_right(browser, html):
    """As a mail program shows it: nothing for axe to find in light and dark, and it fits a phone."""
    page = browser.new_page()
    page.set_content(html)
    for window, scheme in ((NARROW, "light"), (PHONE, "dark"), (DESK, "light")):
        page.set_viewport_size(window)
        page.emulate_media(color_scheme=scheme)
        assert what_axe_finds(page, RULES) == []
        assert sideways_px(page) <= 0
    page.close()


def test_a_previewed_letter_keeps_its_styles_in_its_sandbox(browser, base):
    gloria = signed_in(browser, base, "program")
    for path in ("/settings/mails/enrolled/letter", "/settings/mails/digest/letter?language=es"):
        gloria.visit(path)
        assert (gloria.status, gloria.complaints) == (200, [])
        button = gloria.main.get_by_role("link").first
        assert button.evaluate("link => getComputedStyle(link).backgroundColor") == "rgb(18, 89, 75)"
        looks_right(browser, gloria.page.content())
