"""What axe says of a page at a desk, and what it can't see: the way through it by keyboard, text that grows, controls that do what
they say, and nothing that moves by itself. `seminar/web/criteria.py` says which of WCAG's criteria each of these tests decides."""

import pytest

from tests.journeys import test_pages
from tests.journeys.keyboard import FAULT
from tests.journeys.visitor import DESK, PHONE, RULES, sideways_px, what_axe_finds

# On every page, so beside the other deep tests.
pytestmark = [pytest.mark.browser, pytest.mark.deep]
PAGES, every_page = test_pages.PAGES, test_pages.every_page
people, open_page, look_at = test_pages.people, test_pages.open_page, test_pages.look_at
# A desk at twice the size has half the room.
ON_ITS_SIDE, DOUBLED = {"width": 844, "height": 390}, {"width": 640, "height": 450}
MOST_STOPS = 700
FIRST_AND_LAST = """() => {
  const all = [...document.querySelectorAll("a[href], button, summary, select, textarea, input:not([type=hidden])")]
    .filter((one) => !one.disabled && one.checkVisibility({visibilityProperty: true}));
  return all.map((one, n) => { one.dataset.stop = n; return one.type === "radio" ? null : n; }).filter((n) => n !== null);
}"""
AT = "() => document.activeElement.dataset.stop ?? null"
# The distances that 1.4.12 names; a style sheet made by script is the tester's own, which the page's policy doesn't forbid.
SPACES = """() => { const sheet = new CSSStyleSheet(); sheet.replaceSync(
  "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }" +
  "p { margin-bottom: 2em !important; }");
  document.adoptedStyleSheets = [sheet]; }"""
PLAIN = "() => { document.adoptedStyleSheets = []; }"
CUT_OFF = """() => [...document.querySelectorAll("main *, header *, footer *")]
  .filter((one) => one.checkVisibility() && one.clientWidth > 1 && !one.closest(".unseen, .skip, svg, input, select, textarea"))
  .filter((one) => { const style = getComputedStyle(one);
    return (style.overflowY === "hidden" || style.overflowY === "clip") && one.scrollHeight > one.clientHeight + 2 ||
      (style.overflowX === "hidden" || style.overflowX === "clip") && one.scrollWidth > one.clientWidth + 2; })
  .map((one) => one.outerHTML.slice(0, 160))"""
MOVING = """() => [
  ...document.querySelectorAll("audio, video, object, embed, iframe, canvas, marquee, meta[http-equiv=refresh]"),
  ...document.querySelectorAll("animate, animateTransform"),
  // A code to scan is no text, and stands beside the key that it says.
  ...[...document.querySelectorAll("img:not([src^='data:image/svg+xml'])")].filter((one) => !one.src.endsWith(".svg") || one.alt),
].map((one) => one.outerHTML.slice(0, 160)).concat(document.getAnimations().map((one) => `an animation: ${one.animationName}`))"""
HOVERED = """() => [...document.querySelectorAll("[title]")].map((one) => one.outerHTML.slice(0, 160))"""
# Fields about oneself: a password anywhere, and the address on the sign-in pages; nothing may keep somebody from pasting.
OF_ONESELF = """() => [
  ...[...document.querySelectorAll("input[type=password]")].filter((one) => !/^(current|new)-password$/.test(one.autocomplete)),
  ...[...document.querySelectorAll("input[name=email]:not([type=hidden])")]
    .filter((one) => location.pathname.startsWith("/sign-in") && !/^(username|email)$/.test(one.autocomplete)),
  ...document.querySelectorAll("[onpaste]"),
].map((one) => one.outerHTML.slice(0, 160))"""
CHANGE_ALL = """() => document.querySelectorAll("select, input[type=checkbox], input[type=radio]").forEach((one) => {
  if (one.disabled) return;
  if (one.tagName === "SELECT") one.selectedIndex = one.options.length - 1; else one.checked = !one.checked;
  one.dispatchEvent(new Event("input", {bubbles: true})); one.dispatchEvent(new Event("change", {bubbles: true}));
})"""
NAMES = {**RULES, "runOnly": {"type": "rule", "values": ["label-content-name-mismatch", "autocomplete-valid"]}}


@every_page
def test_nothing_plays_moves_or_runs_out(look_at, role, path):
    assert look_at(role, path).evaluate(MOVING) == []


@every_page
def test_axe_finds_nothing_at_a_desk(look_at, role, path):
    page = look_at(role, path)
    page.set_viewport_size(DESK)
    assert what_axe_finds(page, RULES) == []


@every_page
def test_the_keyboard_gets_to_everything_and_back(open_page, role, path):
    page = open_page(role, path)
    address = page.url
    wanted = {str(n) for n in page.evaluate(FIRST_AND_LAST)}
    page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")
    # Where a field takes the focus at once, what stands before it is reached from the end of the page on.
    reached, faults = set(), []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        at = page.evaluate(AT)
        if at is not None and at in reached and wanted <= reached:
            break
        if at is not None:
            reached.add(at)
        if fault := page.evaluate(FAULT):
            faults.append(fault)
        if wanted <= reached:
            break
    assert page.url == address
    assert (sorted(wanted - reached), faults) == ([], [])


@every_page
def test_text_can_be_spaced_and_doubled(open_page, role, path):
    page = open_page(role, path)
    misfits = []
    for window, change in ((PHONE, SPACES), (DESK, SPACES), (DOUBLED, PLAIN), (ON_ITS_SIDE, PLAIN)):
        page.set_viewport_size(window)
        page.evaluate(change)
        wider = sideways_px(page)
        misfits += [f"{wider} px too wide in {window}"] if wider > 0 else []
        misfits += [f"cut off in {window}: {one}" for one in page.evaluate(CUT_OFF)]
    assert not misfits, "\n".join(misfits)


@every_page
def test_controls_do_what_they_say(open_page, role, path):
    page = open_page(role, path)
    address = page.url
    found = [*what_axe_finds(page, NAMES), *page.evaluate(HOVERED), *page.evaluate(OF_ONESELF)]
    page.evaluate(CHANGE_ALL)
    assert page.url == address
    assert not found, "\n".join(found)


@pytest.mark.parametrize("role", PAGES)
def test_help_and_the_way_around_stay_where_they_are(open_page, role):
    feet, ways, languages = set(), set(), set()
    for path in PAGES[role]:
        page = open_page(role, path)
        feet.add(tuple(page.get_by_role("contentinfo").get_by_role("link").all_inner_texts()))
        ways.add(tuple(page.locator(".places > ul > li > a").all_inner_texts()))
        languages.add(page.get_by_role("button", name="Español").get_attribute("lang"))
    assert feet == {("Help", "Accessibility")}
    assert len(ways) == 1
    assert languages == {"es"}


@pytest.mark.parametrize("width", [320, 1280])
def test_a_word_opens_by_one_key_and_says_what_it_means(browser, base, width):
    page = browser.new_context(viewport={"width": width, "height": 700}, java_script_enabled=False).new_page()
    page.goto(f"{base}/seminars")
    word = page.get_by_text("What is this: Season")
    meaning = page.get_by_text("When a series runs: in the school year, or in the summer.")
    assert not meaning.is_visible()
    word.focus()
    page.keyboard.press("Enter")
    assert meaning.is_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    page.locator("details[open] a").click()
    assert page.url == f"{base}/help/words#season"
    page.context.close()
