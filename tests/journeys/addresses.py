"""Where things of the demo district are: found by their names, as somebody finds them, since a number says nothing."""

import re
from functools import cache

from playwright.sync_api import Browser

from tests.journeys.visitor import Visitor, signed_in

PRINTING = "3D Printing for the Elementary Classroom"
# what -> the page that Gloria, the program manager, finds it on, the link's name, and where its number or name stands in the link
KNOWN = {
    "series": ("/seminars", PRINTING, r"/series/(\d+)$"),
    "other_series": ("/seminars", "Printing in the Middle School Lab", r"/series/(\d+)$"),
    "later_meeting": ("/series/{other_series}", "Change this meeting", r"/meetings/(\d+)/edit$"),
    "place": ("/series/{other_series}", "Give the seat to a colleague", r"/enrollments/(\d+)/substitution$"),
    "summer_series": ("/seminars", "Laser Cutting, Safely", r"/series/(\d+)$"),
    "full_series": ("/seminars", "micro:bit in Grades 3–8", r"/series/(\d+)$"),
    "model": ("/equipment", "Desktop 3D printer", r"/equipment/([\w-]+)$"),
    "meeting": ("/teaching", "Attendance", r"/meetings/(\d+)/attendance$"),
    "reservation": ("/depot", "Open", r"/reservations/(\d+)$"),
    "seminar": ("/program", PRINTING, r"/seminars/(\d+)/"),
    "person": ("/people?search=Tessa+Nguyen", "Tessa Nguyen", r"/people/(\d+)"),
    "namesake": ("/people?search=Omar+Haddad", "Omar Haddad", r"/people/(\d+)"),
    "request": ("/approvals", "Tessa Nguyen", r"/approvals/(\d+)$"),
    "badge": ("/skills", "3D Printing Operator", r"/badges/(\d+)$"),
    "skill": ("/skills", "Change Maker Safety", r"/skills/(\d+)$"),
    "enrolled": ("/series/{series}/skills", "Aisha Doyle", r"person=(\d+)$"),
    "school": ("/", "Alder Creek Elementary", r"/schools/(\d+)$"),
}


# The numbers are the same in each demo, so they are looked for once.
_numbers: dict[str, str] = {}


@cache
def addresses(browser: Browser, base: str) -> dict[str, str]:
    """What to put into a path like /series/{series}; the new year's draft, which some of them need, is there then too."""
    gloria = signed_in(browser, base, "program")
    if not _numbers:
        ruth = signed_in(browser, base, "principal")
        for what, (path, name, pattern) in KNOWN.items():
            _numbers[what] = _found(ruth if what == "school" else gloria, path.format_map(_numbers), name, pattern)
        ruth.page.context.close()
    _draft_the_new_year(gloria)
    gloria.page.context.close()
    return _numbers


def _draft_the_new_year(gloria: Visitor) -> None:
    """Its later steps are there once its days are drafted."""
    gloria.visit("/settings/new-school-year/days")
    gloria.main.get_by_role("button", name="Save the draft").click()


def _found(visitor: Visitor, path: str, name: str, pattern: str) -> str:
    if not visitor.page.url.endswith(path):
        visitor.visit(path)
    links = visitor.main.get_by_role("link", name=re.compile(f"^{re.escape(name)}")).all()
    found = [match[1] for link in links if (match := re.search(pattern, link.get_attribute("href") or ""))]
    assert found, f"{path} has no link “{name}” to {pattern}"
    return found[0]
