"""What is wrong in a form is said on top and beside its field; what was typed stays, and the same form goes through when it is
put right."""

import re

import pytest

from tests.journeys.addresses import addresses
from tests.journeys.tries import TRIES, Try
from tests.journeys.visitor import Visitor, signed_in

pytestmark = pytest.mark.browser
OUT = re.compile("Take it out.*3DP-020")
PRINTERS = re.compile("Quantity.*Desktop 3D printer")
MAY, TESSA = "can be responsible", "Tessa Nguyen"
IS_BEFORE = "(one, other) => one.compareDocumentPosition(other) === Node.DOCUMENT_POSITION_FOLLOWING"


def put(visitor: Visitor, typed: dict[str, str]) -> None:
    for label, value in typed.items():
        is_choice = visitor.field(label).evaluate("field => field.localName") == "select"
        visitor.choose(label, value) if is_choice else visitor.fill(label, value)


def kept(visitor: Visitor, typed: dict[str, str]) -> dict[str, str]:
    """What now stands in these fields; a password is never sent back."""
    return {
        label: visitor.chosen(label) if field.evaluate("field => field.localName") == "select" else field.input_value()
        for label in typed
        if (field := visitor.field(label)).get_attribute("type") != "password"
    }


def is_refused(visitor: Visitor, sentence: str, button: str) -> None:
    """The answer is 422, says so above the form, and each link there leads to a field that is seen."""
    assert visitor.status == 422
    summary, form = visitor.main.get_by_role("alert").first, visitor.main.get_by_role("button", name=button, exact=True)
    assert sentence in summary.inner_text()
    assert form.count() > 0, f"the refused page has no button “{button}”"
    assert summary.evaluate(IS_BEFORE, form.first.element_handle())
    for link in summary.get_by_role("link").all():
        field = visitor.page.locator(link.get_attribute("href") or "nothing")
        assert field.count() == 1 and field.is_visible(), f"“{link.inner_text()}” doesn't lead to one field"


@pytest.mark.parametrize("one", TRIES.values(), ids=TRIES)
def test_what_is_refused_goes_through_when_it_is_put_right(browser, changing_base, one: Try):
    visitor = signed_in(browser, changing_base, one.by).go(one.at.format_map(addresses(browser, changing_base)))
    put(visitor, one.typed)
    visitor.press(one.button)
    is_refused(visitor, one.refused, one.button)
    stands = kept(visitor, one.typed)
    assert stands == {label: one.typed[label] for label in stands}
    put(visitor, one.corrected)
    visitor.press(one.button).reads(one.then)
    assert visitor.status == 200


def test_an_empty_reserve_form_is_filled_in_step_by_step(browser, changing_base):
    omar = signed_in(browser, changing_base, "contact").go("/reservations/new")
    omar.fill("Pick-up day", "").fill("Return day", "").press("Reserve")
    for sentence in ("Choose the pick-up day.", "Choose the return day.", "Choose how many of which model you want."):
        is_refused(omar, sentence, "Reserve")
    omar.fill("Pick-up day", "2027-03-02").fill("Return day", "2027-03-09").fill(PRINTERS, "2").press("Reserve")
    is_refused(omar, "Choose the teacher who answers for the loan.", "Reserve")
    assert (omar.field("Return day").input_value(), omar.field(PRINTERS).input_value()) == ("2027-03-09", "2")
    omar.choose("Responsible teacher", MAY).press("Reserve").finds_in_state("Reserved")


def test_a_return_before_the_pick_up_is_refused_until_the_days_are_in_order(browser, changing_base):
    omar = signed_in(browser, changing_base, "contact").go("/equipment/desktop-3d-printer").follow("Reserve")
    omar.fill(PRINTERS, "1").fill("Pick-up day", "2027-03-09").fill("Return day", "2027-03-02")
    omar.choose("Responsible teacher", MAY).press("Reserve")
    is_refused(omar, "The return day is before the pick-up day.", "Reserve")
    assert (omar.field("Pick-up day").input_value(), omar.field("Return day").input_value()) == ("2027-03-09", "2027-03-02")
    assert MAY in omar.chosen("Responsible teacher")
    omar.fill("Return day", "2027-03-16").press("Reserve").finds_in_state("Reserved")


@pytest.fixture
def priya(browser, changing_base) -> Visitor:
    """The trainer, with Tessa enrolled in her series."""
    tessa = signed_in(browser, changing_base, "teacher").visit("/series/{series}".format_map(addresses(browser, changing_base)))
    if not tessa.main.get_by_text("You're enrolled", exact=True).count():
        tessa.press("Enroll")
    return signed_in(browser, changing_base, "trainer").go("/teaching")


def test_who_was_there_in_part_needs_minutes(priya):
    mark, minutes = f"What else of {TESSA}", f"Minutes of {TESSA}"
    priya.follow("Attendance").choose(mark, "There in part").press("Save attendance")
    is_refused(priya, f"Type for how many minutes {TESSA} was there.", "Save attendance")
    assert priya.chosen(mark) == "There in part"
    priya.fill(minutes, "45").press("Save attendance")
    assert (priya.status, priya.chosen(mark), priya.field(minutes).input_value()) == (200, "There in part", "45")


def test_a_sign_off_is_undone_only_with_a_reason(priya):
    box = priya.follow("Skills").main.get_by_role("checkbox", name=re.compile(f"^{TESSA}:")).first
    box.check()
    priya.press("Save sign-offs")
    box.uncheck()
    priya.press("Save sign-offs")
    is_refused(priya, "Say why the sign-off is undone; the record keeps it.", "Save sign-offs")
    assert not box.is_checked()
    priya.fill(re.compile("^Why .*undone"), "It was somebody else").press("Save sign-offs")
    assert (priya.status, box.is_checked()) == (200, False)


def test_an_invitation_asks_for_a_longer_password_and_then_works_once(browser, changing_base, mailbox):
    gloria = signed_in(browser, changing_base, "program").go("/people/new")
    put(gloria, {"Given name": "Ben", "Family name": "Okoro", "Email": "ben.okoro@rivermark.example"})
    gloria.press("Add and invite")
    body = mailbox.letter_to("ben.okoro@rivermark.example").get_body(("plain",)).get_content()
    ben = signed_in(browser, changing_base, None).go(re.search(r"/sign-in/link/[\w-]+", body)[0])
    link = ben.path
    ben.fill("New password", "short").press("Set it and sign in")
    is_refused(ben, "Use at least 10 characters.", "Set it and sign in")
    ben.fill("New password", "a short sentence").press("Set it and sign in").reads("Your password is set, and you're signed in.")
    ben.go(link).reads("This link doesn't work any more")
    assert ben.status == 404


def test_an_item_stays_in_lending_until_somebody_says_why_not(browser, changing_base):
    walt = signed_in(browser, changing_base, "equipment").go("/equipment/desktop-3d-printer/edit")
    walt.main.locator("summary", has_text="3DP-020").click()
    walt.leave_by(walt.main.get_by_role("button", name=OUT))
    walt.reads("Say why")
    assert walt.status == 422
    walt.main.get_by_label(re.compile("Why it is taken out.*3DP-020")).fill("The frame is bent")
    walt.leave_by(walt.main.get_by_role("button", name=OUT))
    walt.reads("The frame is bent")
