"""Somebody who has no mouse: Tab and Shift+Tab, Enter, Space, arrows, typing. After each Tab the focus must be seen."""

import re
from typing import Any, Self

from playwright.sync_api import Browser, Locator

from tests.journeys.visitor import Visitor

MOST_STOPS = 600
# Nine points in each part of the element that the window shows: one of them must be on top (WCAG 2.4.11). The calendar button in a
# date field has the focus without the field having it (:focus-within alone): the browser draws that one, and its ring.
FAULT = """() => {
  const at = document.activeElement, style = getComputedStyle(at), tag = at.outerHTML.slice(0, 160);
  if (at === document.body) return "";
  const on_top = (x, y) => { const hit = document.elementFromPoint(x, y); return hit && (at.contains(hit) || hit.contains(at)); };
  const shown = [...at.getClientRects()].some((box) => {
    const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth);
    const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
    const parts = [0.05, 0.5, 0.95];
    return right - left > 4 && bottom - top > 4 &&
      parts.some((x) => parts.some((y) => on_top(left + x * (right - left), top + y * (bottom - top))));
  });
  if (!shown || style.visibility !== "visible" || style.opacity === "0") return `has the focus and isn't seen: ${tag}`;
  if (!at.matches(":focus")) return "";
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  return outlined || style.boxShadow !== "none" ? "" : `doesn't show that it has the focus: ${tag}`;
}"""
IS_FOCUSED = "(element) => document.activeElement === element"
IS_BEHIND = "(element) => !!(document.activeElement.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_PRECEDING)"


class KeyboardVisitor(Visitor):
    def __init__(self, browser: Browser, base: str, **window: Any) -> None:
        super().__init__(browser, base, **window)
        self.keys = self.page.keyboard

    def tab(self, key: str = "Tab") -> None:
        self.keys.press(key)
        fault = self.page.evaluate(FAULT)
        assert fault == "", f"{self.page.url}: {fault}"

    def look(self) -> None:
        """On each page the first stop is the link that skips to the content. A filter's answer starts there: its address ends like
        that of the page that it was sent from. The depot's scan field has the focus at once: a scanner types into it."""
        super().look()
        if self.main.locator("[autofocus]").count():
            assert self.main.locator("[autofocus]").evaluate(IS_FOCUSED)
            return
        if not self.page.url.endswith("#main"):
            self.tab()
            skip = self.page.get_by_role("link", name=self.say("Skip to the content"), exact=True)
            assert skip.evaluate(IS_FOCUSED), f"{self.page.url}: the skip link is not the first stop"
            self.keys.press("Enter")
        assert self.main.evaluate(IS_FOCUSED), f"{self.page.url}: the skip link doesn't lead to the content"

    def reach(self, control: Locator) -> None:
        """Tab to it, backwards where it stands before what has the focus."""
        element = control.element_handle()
        key = "Shift+Tab" if element.evaluate(IS_BEHIND) else "Tab"
        for _ in range(MOST_STOPS):
            if element.evaluate(IS_FOCUSED):
                return
            self.tab(key)
        raise AssertionError(f"{self.page.url}: {key} never reaches {control}")

    def _activate(self, control: Locator) -> None:
        self.reach(control)
        self.keys.press("Enter")

    def fill(self, label: str | re.Pattern[str], value: str) -> Self:
        field = self.field(label)
        self.reach(field)
        self.keys.type(_as_typed(value) if field.get_attribute("type") == "date" else value)
        assert field.input_value() == value
        return self

    def choose(self, label: str, start: str) -> Self:
        self.reach(self.field(label))
        self.keys.type(start)
        assert self.chosen(label).startswith(start)
        return self

    def check(self, box: Locator) -> None:
        self.reach(box)
        self.keys.press("Space")
        assert box.is_checked()


def _as_typed(day: str) -> str:
    """2027-03-09 as a date field wants it from who types in English: month, day, year."""
    year, month, day_of_month = day.split("-")
    return month + day_of_month + year
