"""The whole loop in Chromium, against served processes on a fresh demo district, with axe on each page that it passes."""

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

from tests.chromium import ARGUMENTS, chromium
from tests.databases import free_port

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
TITLE = "3D Printing for the Elementary Classroom"
# axe's rules for WCAG 2.2 AA and its best practices that we mean to keep.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """The address of a served demo district, on a database of its own."""
    folder, port = tmp_path_factory.mktemp("served"), free_port()
    given = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{folder}/served.db",
        "MAKERPD_DEMO": "1",
        "MAKERPD_NOW": "2027-03-02T08:30",
        "SECRET_KEY": "for-the-browser-tests-" * 3,
        "PORT": str(port),
    }
    process = subprocess.Popen([sys.executable, "-m", "seminar.ground.serve"], cwd=ROOT, env=given, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    for _ in range(120):
        try:
            urllib.request.urlopen(f"{address}/readyz", timeout=2)
            break
        except OSError:
            time.sleep(0.5)
    yield address
    process.terminate()
    process.wait(timeout=30)


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield opened
        opened.close()


class Visitor:
    """Somebody at a browser, whose every page is looked at by axe."""

    def __init__(self, browser, base, name=None, language="en-US"):
        self.base = base
        context = browser.new_context(locale=language, viewport={"width": 390, "height": 844})
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.page.on("console", self.note)
        if name is not None:
            self.go("/sign-in")
            self.page.get_by_label("Email").fill(f"{name}@rivermark.example")
            self.page.get_by_label("Password").fill("makerpd-demo")
            self.page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
            self.look()

    def note(self, message):
        """A refused form or a missing page is an answer; anything else that the browser complains of is a fault."""
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.errors.append(message.text)

    def go(self, path):
        self.page.goto(self.base + path)
        self.look()
        return self

    def look(self):
        found = Axe().run(self.page, options=RULES).response["violations"]
        broken = [(v["id"], v["nodes"][0]["html"][:200], v["nodes"][0].get("failureSummary", "")[:300]) for v in found]
        assert broken == [], self.page.url
        wider = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"{self.page.url} scrolls sideways by {wider} px"
        assert self.errors == []

    def press(self, name):
        self.page.get_by_role("main").get_by_role("button", name=name, exact=True).first.click()
        self.look()
        return self

    def sees(self, text):
        assert text in self.page.get_by_role("main").inner_text()


def test_the_loop_closes(browser, base):
    tessa = Visitor(browser, base, "teacher").go("/seminars")
    tessa.page.get_by_role("link", name=TITLE).first.click()
    tessa.look()
    tessa.press("Enroll").sees("You're enrolled")
    tessa.go("/my/learning").sees(TITLE)

    priya = Visitor(browser, base, "trainer").go("/teaching")
    priya.page.get_by_role("link", name="Attendance").first.click()
    priya.page.get_by_label("Tessa Nguyen", exact=True).check()
    priya.press("Save attendance").sees("Saved")
    priya.go("/teaching").page.get_by_role("link", name="Skills").first.click()
    priya.look()
    for box in priya.page.get_by_label("Tessa Nguyen:").all():
        box.check()
    priya.press("Save sign-offs").sees("3D Printing Operator")

    ruth = Visitor(browser, base, "principal").go("/staff?name=Tessa")
    ruth.sees("3D Printing Operator")
    ruth.go("/").page.get_by_role("link", name="Alder Creek Elementary").first.click()
    ruth.look()

    omar = Visitor(browser, base, "contact").go("/equipment/desktop-3d-printer")
    omar.page.get_by_role("link", name="Reserve", exact=True).click()
    omar.look()
    omar.page.get_by_label("Pick-up day").fill("2027-03-02")
    omar.page.get_by_label("Return day").fill("2027-03-09")
    omar.page.get_by_label("Responsible teacher").select_option(label="Omar Haddad · needs 3D Printing Operator")
    omar.press("Reserve").sees("doesn't hold 3D Printing Operator")
    omar.page.get_by_label("Responsible teacher").select_option(label="Tessa Nguyen · can be responsible")
    omar.press("Reserve").sees("Reserved")

    walt = Visitor(browser, base, "equipment").go(omar.page.url.removeprefix(base))
    walt.press("Hand over").sees("Out")
    walt.press("Take back").sees("Returned")
    walt.go("/depot")


PAGES = {
    None: ["/seminars", "/sign-in", "/sign-in/forgotten", "/series/1", "/nowhere"],
    "teacher": ["/", "/my/learning", "/my/account", "/equipment", "/staff"],
    "contact": ["/", "/loans", "/reservations/new"],
    "trainer": ["/", "/teaching"],
    "coach": ["/", "/schools/1"],
    "equipment": ["/", "/depot", "/equipment/desktop-3d-printer/edit", "/equipment/models/new"],
    "program ": ["/seminars/1/edit", "/series/2/edit", "/series/2/meetings/new"],
    "program": ["/", "/program", "/people", "/people/new", "/people/3/appointments", "/skills", "/badges/1"],
}


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_at_390_px(browser, base, name):
    visitor = Visitor(browser, base, name and name.strip())
    for path in PAGES[name]:
        visitor.go(path)


def test_it_speaks_spanish(browser, base):
    visitor = Visitor(browser, base, language="es-US").go("/seminars")
    assert visitor.page.locator("html").get_attribute("lang") == "es"
    visitor.sees("Quedan")
    visitor.page.get_by_role("button", name="English").click()
    visitor.look()
    visitor.sees("seats left of")
