"""Gloria reads a roster, at a desk and on a phone without JavaScript: she sees what it would do, applies it, and takes back what it
ended wrongly, all on one page."""

import csv
import io
import re
from pathlib import Path

import pytest

from tests.journeys.visitor import DESK, PHONE, Visitor, sideways_px, signed_in, what_axe_finds
from tests.people.rosters import a_set, roles, texts, users, zipped

pytestmark = pytest.mark.browser
WINDOWS = ({"width": 320, "height": 640}, PHONE, DESK, {"width": 320, "height": 256})
FEW = {"u1": ("Ada", "teacher", "S1"), "u3": ("Pia", "principal", "S1")}


def send(gloria: Visitor, content: bytes, name: str = "rivermark.zip") -> Visitor:
    gloria.go("/settings/roster")
    gloria.field("The zip, or all of its CSV files").set_input_files({"name": name, "mimeType": "application/zip", "buffer": content})
    return gloria.press("Look at it")


def fits(gloria: Visitor) -> None:
    """The page is as good at each width; the browser's own script for axe needs JavaScript."""
    for window in WINDOWS:
        gloria.page.set_viewport_size(window)
        assert sideways_px(gloria.page) <= 0, window
        assert not gloria.axe or what_axe_finds(gloria.page) == []


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_a_roster_is_looked_at_applied_and_taken_back(browser, fresh_base, script):
    gloria = signed_in(browser, fresh_base, "program", java_script_enabled=script, axe=script)
    bad = users("1.2")
    bad[1] |= {"familyName": "", "email": "someone-with-a-very-long-address-indeed@rivermark-unified-school-district.example"}
    send(gloria, zipped(texts(a_set(users=bad)))).reads("Waits for you")
    for words in ("Alder Creek", "Would be in charge", "Olga Diaz, Program manager", "There is no name.", "4 rows of students"):
        gloria.reads(words)
    fits(gloria)
    with gloria.page.expect_download() as found:
        gloria.main.get_by_role("link", name="Download all of them (CSV)").click()
    rows = list(csv.DictReader(io.StringIO(Path(found.value.path()).read_text("utf-8"))))
    assert ("users.csv", "3", "familyName", "no") in [(row["file"], row["line"], row["column"], row["taken"]) for row in rows]
    gloria.press("Apply").reads("Applied")
    fits(gloria)
    send(gloria, zipped(texts(a_set(users=users("1.2", **FEW), roles=roles(**FEW))))).reads("2 people would have no place left.")
    gloria.press("Apply").reads("Dee Diaz")
    gloria.main.get_by_role("button", name=re.compile(r"^Take back\s*: Dee Diaz$")).click()
    gloria.reads("Taken back: it holds again as it did.")
    fits(gloria)
    gloria.go("/people?search=Dee+Diaz").open("Dee Diaz").reads("from the roster")


def test_a_file_that_is_none_is_refused_and_the_next_one_is_taken(browser, changing_base):
    gloria = signed_in(browser, changing_base, "program")
    send(gloria, b"no zip", "notes.zip").reads("This is no zip that can be opened.")
    assert gloria.status == 422
    fits(gloria)
    gloria.go("/").reads("can't be read")
    send(gloria, zipped(texts(a_set()))).press("Don't apply it").reads("Nothing of it was done.")


def test_a_server_without_encryption_is_refused(browser, changing_base):
    gloria = signed_in(browser, changing_base, "program")
    gloria.go("/settings/roster/server").fill("Address of the roster", "http://elsewhere.example/v1p2").press("Save")
    assert gloria.status == 422
    gloria.reads("It begins with https://")
    fits(gloria)
