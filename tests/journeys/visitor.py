"""Somebody at a browser. Each page that they come to is looked at: by axe, for sideways scroll, for what the browser complains of."""

import re
from functools import cache
from typing import Any, Self
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Response, StorageState

from tests.journeys.spanish import said

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
PASSWORD = "makerpd-demo"
LONGEST_WAIT_MS = 10_000
LANGUAGES = {"en": "English", "es": "Español"}
# axe has target-size (WCAG 2.5.8) among its rules for 2.2 AA, and leaves it off.
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
AXE = Axe().axe_script
VIOLATIONS = """async (rules) => (await axe.run(rules)).violations.flatMap(({id, nodes}) =>
  nodes.slice(0, 3).map((node) => `axe ${id}: ${node.html.slice(0, 240)} ${node.failureSummary.slice(0, 400)}`))"""


def what_axe_finds(page: Page, rules: dict[str, Any] = RULES) -> list[str]:
    """A line per element that breaks a rule."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: list[str] = page.evaluate(VIOLATIONS, rules)
    return found


def sideways_px(page: Page) -> int:
    """By how much the page is wider than its window."""
    wider: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wider


class Visitor:
    """Labels are given in English, and looked for in the visitor's language; names of people and things are the same in both."""

    def __init__(self, browser: Browser, base: str, *, language: str = "en", axe: bool = True, **window: Any) -> None:
        self.base, self.language, self.axe, self.status = base, language, axe, 0
        window = {"viewport": PHONE, **window}
        # With motion, axe would measure a color that is on its way to another.
        context = browser.new_context(locale=f"{language}-US", reduced_motion="reduce", **window)
        context.set_default_timeout(LONGEST_WAIT_MS)
        self.page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("response", self._receive)

    def _hear(self, message: ConsoleMessage) -> None:
        # What could not be loaded is judged by its response.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def _receive(self, response: Response) -> None:
        """A refused form or a missing page is an answer; a missing style sheet or a broken page is a fault."""
        if response.status >= (500 if response.request.resource_type == "document" else 400):
            self.complaints.append(f"{response.status} for {response.url}")

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    def say(self, english: str) -> str:
        return said(english) if self.language == "es" else english

    def sign_in(self, name: str) -> Self:
        self.go("/sign-in").fill("Email", f"{name}@rivermark.example").fill("Password", PASSWORD).press("Sign in")
        return self._speak()

    def _speak(self) -> Self:
        """Who hasn't chosen a language is answered in the browser's; who has, says so once."""
        other = self.page.get_by_role("contentinfo").get_by_role("button", name=LANGUAGES[self.language])
        return self.leave_by(other) if other.count() else self

    def visit(self, path: str) -> Self:
        """Come to a page without looking at it."""
        response = self.page.goto(self.base + path)
        self.status = response.status if response else 0
        return self

    def go(self, path: str) -> Self:
        self.visit(path).look()
        return self

    def look(self) -> None:
        if self.axe:
            found = what_axe_finds(self.page)
            assert not found, "\n".join([self.page.url, *found])
        wider = sideways_px(self.page)
        assert wider <= 0, f"{self.page.url} scrolls sideways by {wider} px"
        assert self.complaints == []

    def leave_by(self, way: Locator) -> Self:
        with self.page.expect_navigation() as leaving:
            self._activate(way.first)
        self.status = leaving.value.status
        self.look()
        return self

    def _activate(self, control: Locator) -> None:
        control.click()

    def follow(self, label: str) -> Self:
        """A link with one of our labels."""
        return self.open(self.say(label))

    def open(self, name: str) -> Self:
        """A link with the name of a thing or a person."""
        return self.leave_by(self.main.get_by_role("link", name=name, exact=True))

    def press(self, label: str) -> Self:
        return self.leave_by(self.main.get_by_role("button", name=self.say(label), exact=True))

    def field(self, label: str | re.Pattern[str]) -> Locator:
        """By its label, or by a pattern of names."""
        return self.main.get_by_label(self.say(label) if isinstance(label, str) else label, exact=True)

    def fill(self, label: str | re.Pattern[str], value: str) -> Self:
        self.field(label).fill(value)
        return self

    def choose(self, label: str, start: str) -> Self:
        """The first option that has these words."""
        field = self.field(label)
        field.select_option(value=field.locator("option", has_text=start).first.get_attribute("value"))
        return self

    def chosen(self, label: str) -> str:
        return self.field(label).locator("option:checked").inner_text().strip()

    def check(self, box: Locator) -> None:
        box.check()

    def sees(self, label: str) -> None:
        self.reads(self.say(label))

    def reads(self, words: str) -> None:
        assert words in self.main.inner_text(), self.page.url

    def finds_in_state(self, label: str) -> None:
        """Its state in a word, alone in its element, outside lists and tables."""
        word = self.main.get_by_text(self.say(label), exact=True).and_(self.page.locator(":not(li, li *, table *)"))
        assert word.first.is_visible(), f"{self.page.url} doesn't say {label}"


@cache
def kept_by(browser: Browser, base: str, name: str) -> StorageState:
    """What the browser of somebody signed in keeps; each role signs in once per district."""
    page = Visitor(browser, base, axe=False).sign_in(name).page
    kept = page.context.storage_state()
    page.context.close()
    return kept


def signed_in(browser: Browser, base: str, name: str | None, **window: Any) -> Visitor:
    """Somebody in that role, on no page yet; nobody's role is a visitor's."""
    return Visitor(browser, base, storage_state=kept_by(browser, base, name), **window) if name else Visitor(browser, base, **window)
