"""The whole loop, by one person after the other: with a phone and at a desk, without JavaScript, by keyboard alone, in Spanish."""

import re
from collections.abc import Callable

import pytest

from tests.journeys.keyboard import KeyboardVisitor
from tests.journeys.visitor import DESK, PHONE, Visitor

pytestmark = pytest.mark.browser
TITLE, MODEL = "3D Printing for the Elementary Classroom", "Desktop 3D printer"
BADGE, SKILL = "3D Printing Operator", "3D printing"
SCHOOL, TESSA, OMAR = "Alder Creek Elementary", "Tessa Nguyen", "Omar Haddad"
Enter = Callable[[str], Visitor]


def walk_the_loop(enter: Enter) -> None:
    ruth = enter("principal")
    assert not finds_as_trained(ruth)
    before = coverage(ruth)
    tessa = enter("teacher")
    enroll(tessa)
    priya = enter("trainer")
    take_attendance(priya)
    sign_off(priya)
    tessa.go("/my/learning").reads(BADGE)
    reservation = reserve(enter("contact"))
    lend(enter("equipment"), reservation)
    assert finds_as_trained(ruth)
    assert coverage(ruth) > before


def finds_as_trained(principal: Visitor) -> bool:
    principal.go("/staff").choose("Badge", BADGE).press("Find")
    row = principal.main.get_by_role("row").filter(has_text=TESSA).filter(has_text=SCHOOL).filter(has_text=BADGE)
    return row.count() == 1


def coverage(principal: Visitor) -> float:
    """The percentage that follows the skill's name on the school's page."""
    principal.go("/").open(SCHOOL)
    found = re.search(rf"{SKILL}.*?(\d+(?:[.,]\d+)?)\s*%", principal.main.inner_text(), re.DOTALL)
    assert found, "the school's page has no percentage after the skill's name"
    return float(found[1].replace(",", "."))


def enroll(teacher: Visitor) -> None:
    teacher.go("/seminars").fill("Search", "elementary 3D printing").press("Show").open(TITLE)
    teacher.press("Enroll").sees("You're enrolled")
    teacher.go("/my/learning").reads(TITLE)


def take_attendance(trainer: Visitor) -> None:
    trainer.go("/teaching").follow("Attendance")
    sheet, box = trainer.path, trainer.main.get_by_role("checkbox", name=TESSA, exact=True)
    trainer.check(box)
    trainer.press("Save attendance").go(sheet)
    assert box.is_checked()


def sign_off(trainer: Visitor) -> None:
    trainer.go("/teaching").follow("Skills")
    boxes = trainer.main.get_by_role("checkbox", name=re.compile(f"^{TESSA}:")).all()
    assert len(boxes) >= 3
    for box in boxes:
        trainer.check(box)
    trainer.press("Save sign-offs")
    assert all(box.is_checked() for box in boxes)


def reserve(contact: Visitor) -> str:
    """The path of the reservation, made at the second try: the first teacher is not trained."""
    contact.go("/equipment").open(MODEL).follow("Reserve")
    contact.fill("Pick-up day", "2027-03-02").fill("Return day", "2027-03-09")
    contact.choose("Responsible teacher", OMAR).fill(re.compile(MODEL), "1").press("Reserve")
    assert contact.status == 422
    assert BADGE in contact.main.get_by_role("alert").first.inner_text()
    contact.choose("Responsible teacher", TESSA).press("Reserve").finds_in_state("Reserved")
    return contact.path


def lend(equipment: Visitor, reservation: str) -> None:
    equipment.go("/depot").leave_by(equipment.main.locator(f'a[href="{reservation}"]'))
    equipment.press("Hand over").finds_in_state("Out")
    equipment.press("Take back").finds_in_state("Returned")


@pytest.mark.parametrize("window", [PHONE, pytest.param(DESK, marks=pytest.mark.deep)], ids=["390 px", "1280 px"])
def test_the_loop_closes_and_axe_finds_nothing_on_its_pages(browser, fresh_base, window):
    walk_the_loop(lambda name: Visitor(browser, fresh_base, viewport=window).sign_in(name))


def test_the_loop_closes_without_javascript(browser, fresh_base):
    walk_the_loop(lambda name: Visitor(browser, fresh_base, axe=False, java_script_enabled=False).sign_in(name))


def test_the_loop_closes_by_keyboard_alone(browser, fresh_base):
    walk_the_loop(lambda name: KeyboardVisitor(browser, fresh_base, axe=False).sign_in(name))


@pytest.mark.deep
def test_the_loop_closes_in_spanish(browser, fresh_base):
    walk_the_loop(lambda name: Visitor(browser, fresh_base, language="es").sign_in(name))


def test_the_menu_behind_more_opens_and_leads_on_by_keyboard(browser, base):
    omar = KeyboardVisitor(browser, base, axe=False).sign_in("contact")
    places = omar.page.get_by_role("navigation", name="Main")
    staff = places.get_by_role("link", name="Staff", exact=True)
    assert staff.count() == 0
    omar.reach(places.locator("summary", has_text="More"))
    omar.keys.press("Enter")
    omar.leave_by(staff)
    assert omar.path == "/staff"


def test_a_browser_in_spanish_is_answered_in_spanish_until_somebody_asks_for_english(browser, base):
    visitor = Visitor(browser, base, language="es").go("/seminars")
    assert visitor.page.locator("html").get_attribute("lang") == "es"
    visitor.sees("Learn a tool, show you can run it, and borrow it for your class.")
    visitor.leave_by(visitor.page.get_by_role("button", name="English"))
    assert visitor.page.locator("html").get_attribute("lang") == "en"
    visitor.reads("Learn a tool, show you can run it, and borrow it for your class.")
