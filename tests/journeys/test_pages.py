"""Every page, by who opens it: nothing for axe to find, light and dark, and it fits from a phone's width to 400 % zoom."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.addresses import KNOWN, addresses
from tests.journeys.visitor import DESK, PHONE, RULES, Visitor, sideways_px, signed_in, what_axe_finds

pytestmark = pytest.mark.browser
NARROW, ZOOMED = {"width": 320, "height": 640}, {"width": 320, "height": 256}
TARGETS = {**RULES, "runOnly": {"type": "rule", "values": ["target-size"]}}
COLORS = {**RULES, "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
SMALL = """() => [...document.querySelectorAll("a, button, summary, select, input:not([type=hidden])")]
  .filter((one) => one.checkVisibility({visibilityProperty: true}) && getComputedStyle(one).display !== "inline")
  .filter((one) => { const {width, height} = one.getBoundingClientRect(); return Math.min(width, height) < 24; })
  .map((one) => one.outerHTML.slice(0, 160))"""
PAGES: dict[str | None, list[str]] = {
    None: [
        "/seminars",
        "/seminars?search=nothing+of+the+kind",
        "/seminars?past=1",
        "/series/{series}",
        "/sign-in",
        "/sign-in?why=idle",
        "/sign-in/forgotten",
        "/sign-in/link/used-up",
        "/mail/off/not-ours",
        "/sign-in/address/used-up",
        "/nowhere",
        "/help",
        "/help/words",
        "/help/teacher",
        "/accessibility",
        "/accessibility/report",
    ],
    "teacher": [
        "/",
        "/my/learning",
        "/my/orders",
        "/my/account",
        "/my/account/mail",
        "/my/account/data",
        "/my/account/sessions",
        "/my/account/passkeys",
        "/my/account/second-step",
        "/my/account/recovery-codes",
        "/my/account/addresses",
        "/equipment",
        "/equipment/{model}",
        "/staff",
        "/people/{person}",
        "/series/{full_series}",
        "/series/{other_series}/enrollment",
        "/depot",
        "/help",
    ],
    "contact": ["/", "/help/maker_contact", "/loans", "/loans?show=past", "/equipment/{model}", "/reservations/new"],
    "principal": [
        "/",
        "/schools/{school}",
        "/staff?badge={badge}",
        "/people/{person}",
        "/staff?name=Nobody",
        "/enrollments/new",
        "/series/{other_series}/enrollments/new",
        "/approvals",
        "/approvals/{request}",
    ],
    "trainer": [
        "/",
        "/teaching",
        "/meetings/{meeting}/attendance",
        "/series/{series}/skills",
        "/series/{series}/skills?person={enrolled}",
        "/series/{other_series}/answers",
        "/series/{other_series}/messages/new",
        "/people/{person}?badge={badge}",
    ],
    "coach": ["/", "/schools/{school}", "/teaching"],
    "equipment": [
        "/",
        "/depot",
        "/loans",
        "/reservations/{reservation}",
        "/equipment?search=nothing+of+the+kind",
        "/equipment/models/new",
        "/equipment/import",
        "/equipment/{model}/edit",
        "/reservations/{reservation}/edit",
        "/depot?tag=XX-999",
    ],
    "program": [
        "/series/{other_series}/set-asides",
        "/series/{summer_series}/purchase-order",
        "/",
        "/program",
        "/seminars/new",
        "/seminars/{seminar}/edit",
        "/seminars/{seminar}/series/new",
        "/series/{series}",
        "/series/{full_series}",
        "/series/{other_series}",
        "/series/{other_series}/cancellation",
        "/series/{series}/edit",
        "/enrollments/{place}/substitution?who=Tessa",
        "/orders",
        "/orders?show=all",
        "/settings/refunds",
        "/settings/approvals",
        "/purchase-orders",
        "/purchase-orders?show=all",
        "/purchase-orders/new",
        "/purchase-orders/1",
        "/invoices",
        "/invoices/1",
        "/settings/purchase-orders",
        "/funding",
        "/funding/new",
        "/funding/1",
        "/funding/rules/new?seminar={seminar}",
        "/funding/rules/1",
        "/discount-codes",
        "/discount-codes/new",
        "/discount-codes/1",
        "/spend",
        "/series/{series}/meetings/new",
        "/series/{series}/skills",
        "/meetings/{meeting}/edit",
        "/settings",
        "/set-up",
        "/settings/district",
        "/settings/branding",
        "/settings/schools",
        "/settings/schools?search=nothing+of+the+kind",
        "/settings/schools/new",
        "/settings/schools/{school}",
        "/settings/calendar",
        "/settings/calendar/years/new",
        "/settings/calendar/years/1",
        "/settings/calendar/closed-days/new",
        "/settings/depot",
        "/settings/starting-set",
        "/settings/targets",
        "/people",
        "/people/new",
        "/people/{person}",
        "/people/{person}/appointments",
        "/settings/new-school-year",
        "/settings/new-school-year/days",
        "/settings/new-school-year/moves",
        "/settings/new-school-year/schools/{school}",
        "/settings/new-school-year/still-open",
        "/settings/new-school-year/targets",
        "/settings/new-school-year/preview",
        "/people/{person}/view",
        "/settings/shared-devices",
        "/people/{person}/merge",
        "/people/{person}/merge/{namesake}",
        "/settings/sign-on",
        "/settings/sign-on/new",
        "/audit-trail",
        "/audit-trail?name=Nobody",
        "/mail",
        "/settings/mails",
        "/settings/mails/meeting_changed",
        "/skills",
        "/skills/new",
        "/skills/{skill}",
        "/skills/{skill}/badges/new",
        "/badges/{badge}",
        "/settings/roster",
        "/settings/roster/server",
        "/settings/retention",
    ],
}
ANSWERS = {(None, "/nowhere"): 404, (None, "/sign-in/link/used-up"): 404, ("teacher", "/depot"): 403}
ANSWERS[None, "/mail/off/not-ours"] = 404
ANSWERS[None, "/sign-in/address/used-up"] = 404
# A mail's HTML is looked at in test_mail.py: in its sandbox nothing runs, axe neither.
NO_PAGES = {"static", "healthz", "readyz", "series.show_feed", "people.show_mail_letter", "people.show_roster_rows"}
NO_PAGES |= {"inventory.show_import_template", "inventory.show_import_refused"}
NO_PAGES |= {"series.show_people_export", "series.show_series_export", "money.show_spend_export", "money.show_orders_export"}
NO_PAGES |= {"money.show_invoice_file", "money.show_purchase_order_file"}
# The demo district has no sheet and no roster; test_importing.py and test_roster.py walk them at each width.
ELSEWHERE = {"inventory.show_import", "people.show_roster_import", "series.show_several"}
# Nobody of the demo has an order but who pays: test_paying.py does, and comes to each page of it.
ELSEWHERE |= {"money.show_order", "money.show_order_of_place", "money.show_return"}
# Nobody of the demo's accounts is in a series that asks something; test_questions.py answers one.
ELSEWHERE |= {"series.show_own_answers"}
# The code page is between two others: tests/journeys/test_account.py comes to it.
NO_PAGES |= {"people.show_code", "people.show_passkey_options", "people.show_new_passkey_options", "people.show_still_here"}
NO_PAGES |= {"people.show_logo", "people.show_colors"}
# Visited by tests/journeys/test_sign_on.py: the demo district has no provider.
NO_PAGES |= {"people.start_sign_on", "people.finish_sign_on", "people.show_provider"}
# By module, so that the tests of one page come one after the other, and those that only look find it open.
every_page = pytest.mark.parametrize(("role", "path"), [(role, path) for role, paths in PAGES.items() for path in paths], scope="module")
Open = Callable[[str | None, str], Page]


class People:
    """Each stays at the same browser throughout."""

    def __init__(self, browser: Browser, base: str) -> None:
        self.browser, self.base = browser, base
        self.visitors: dict[str | None, Visitor] = {}
        self.looked_at: tuple[str | None, str] | None = None

    def open(self, role: str | None, path: str) -> Page:
        """For a test that does something to the page."""
        if role not in self.visitors:
            self.visitors[role] = signed_in(self.browser, self.base, role)
        page = self._light_on_a_phone(role)
        address = path.format_map(addresses(self.browser, self.base))
        self.visitors[role].visit(address)
        assert (page.url, self.visitors[role].status) == (self.base + address, ANSWERS.get((role, path), 200))
        assert self.visitors[role].complaints == []
        self.looked_at = None
        return page

    def look_at(self, role: str | None, path: str) -> Page:
        """For a test that leaves the page as it is: the one that the test before it only looked at too is still open."""
        if self.looked_at != (role, path):
            self.open(role, path)
            self.looked_at = role, path
        return self._light_on_a_phone(role)

    def _light_on_a_phone(self, role: str | None) -> Page:
        page = self.visitors[role].page
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(PHONE)
        return page


@pytest.fixture(scope="module")
def people(browser, base) -> Iterator[People]:
    people = People(browser, base)
    yield people
    for visitor in people.visitors.values():
        visitor.page.context.close()


@pytest.fixture
def open_page(people) -> Open:
    return people.open


@pytest.fixture
def look_at(people) -> Open:
    return people.look_at


def ids_there_twice(page: Page) -> list[str]:
    """What links and labels would miss; axe has no rule for it any more."""
    ids = page.locator("[id]").evaluate_all("all => all.map(({id}) => id)")
    return [name for name, times in Counter(ids).items() if times > 1]


def small_targets(page: Page) -> list[str]:
    """Buttons, controls, and links with a box of their own, under 24 by 24 px. axe lets those go that stand apart, and sees to
    the links in running text (WCAG 2.5.8)."""
    found: list[str] = page.evaluate(SMALL)
    return found


@every_page
def test_axe_finds_nothing(look_at, role, path):
    page = look_at(role, path)
    found = [f"the id {name} is there twice" for name in ids_there_twice(page)]
    for window, scheme, rules in ((NARROW, "light", RULES), (PHONE, "light", TARGETS), (DESK, "dark", COLORS)):
        page.set_viewport_size(window)
        page.emulate_media(color_scheme=scheme)
        found += [f"{window['width']} px, {scheme}: {line}" for line in what_axe_finds(page, rules)]
    assert not found, "\n".join(found)


@every_page
def test_it_fits_each_window_and_a_finger(look_at, role, path):
    page = look_at(role, path)
    misfits = [f"under 24 px: {target}" for target in small_targets(page)]
    for window in (NARROW, PHONE, DESK, ZOOMED):
        page.set_viewport_size(window)
        misfits += [f"{sideways_px(page)} px too wide in {window}"] if sideways_px(page) > 0 else []
    assert not misfits, "\n".join(misfits)


@pytest.mark.parametrize("role", PAGES)
def test_the_tabs_make_room_at_400_percent(open_page, role):
    page = open_page(role, "/seminars")
    tabs = page.get_by_role("navigation", name="Main")
    position = "element => getComputedStyle(element).position"
    assert tabs.evaluate(position) == "fixed"
    page.set_viewport_size(ZOOMED)
    assert tabs.evaluate(position) not in ("fixed", "sticky")


# Of what stands in one line: the head's names, then the tabs. What is only read aloud has a box of one pixel.
CROWDED = """() => [".brand strong, .who strong, .me button", ".places > ul > li:not(.beyond) > a > span, .places summary > span"]
  .map((names) => [...document.querySelectorAll(names)]
    .filter((one) => one.parentElement.clientWidth !== 1)
    .map((one) => [one.textContent, one.getBoundingClientRect()]))
  .flatMap((row) => row.slice(1).flatMap(([text, {left}], n) => (left < row[n][1].right ? [`${row[n][0]} runs into ${text}`] : [])))"""


@pytest.mark.parametrize("language", ["en", "es"])
def test_names_in_the_frame_of_a_page_dont_run_into_each_other(browser, base, language):
    crowded = []
    for role in [role for role in PAGES if role]:
        page = Visitor(browser, base, language=language, axe=False).sign_in(role).page
        for width in (320, 390):
            page.set_viewport_size({"width": width, "height": 844})
            crowded += [f"{role}, {width} px: {one}" for one in page.evaluate(CROWDED)]
        page.context.close()
    assert crowded == []


def test_each_page_is_visited(app):
    """A page that the table above doesn't name fails here."""
    rules = app.url_map.bind("localhost")
    paths = [path.partition("?")[0].format_map(dict.fromkeys(KNOWN, "1")) for paths in PAGES.values() for path in paths]
    visited = {rules.match(path)[0] for path in paths if path != "/nowhere"}
    pages = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in rule.methods}
    assert pages - visited - NO_PAGES - ELSEWHERE == set()
