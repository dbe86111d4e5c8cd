"""Walt sends the district's spreadsheet from a browser, with JavaScript and without, mends what is refused, and sends it again."""

import csv
import io
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from tests.journeys.keyboard import KeyboardVisitor
from tests.journeys.visitor import DESK, PHONE, Visitor, sideways_px, signed_in, what_axe_finds

pytestmark = pytest.mark.browser
WINDOWS = ({"width": 320, "height": 640}, PHONE, DESK, {"width": 320, "height": 256})
HEAD = ["Kind of thing", "Asset tag", "Serial number", "Condition", "Room", "Badge needed", "Loan days"]


def a_workbook(path: Path, *rows: list[object]) -> Path:
    """With a title above the headings, as people have it."""
    book = Workbook()
    for row in (["Maker equipment"], HEAD, *rows):
        book.active.append(row)
    book.save(path)
    return path


def send(walt: Visitor, file: Path) -> Visitor:
    walt.go("/equipment").follow("Import a sheet")
    walt.field("Your sheet").set_input_files(file)
    return walt.press("Show what would change")


def fits(walt: Visitor) -> None:
    """The page is as good at each width; the browser's own script for axe needs JavaScript."""
    for window in WINDOWS:
        walt.page.set_viewport_size(window)
        assert sideways_px(walt.page) <= 0, window
        assert not walt.axe or what_axe_finds(walt.page) == []


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_a_workbook_is_sent_mended_and_sent_again(browser, changing_base, tmp_path, script):
    kind, tag = f"Desktop laser {script}", f"LZ-{int(script)}"
    walt = signed_in(browser, changing_base, "equipment", java_script_enabled=script, axe=script)
    good = [kind, f"{tag}-1", "GF-1", "good", "B12", "Laser Cutter", 28]
    send(walt, a_workbook(tmp_path / "ours.xlsx", good, [kind, None, "GF-2"], [kind, f"{tag}-3", None, None, None, None, 14]))
    for words in ("Nothing is changed yet.", "left out: Room.", "Line\u00a04", "It has no tag.", "Line 3 says 28", "New model"):
        walt.reads(words)
    fits(walt)
    with walt.page.expect_download() as refused:
        walt.main.get_by_role("link", name="Refused rows as a CSV").click()
    rows = list(csv.reader(io.StringIO(Path(refused.value.path()).read_text("utf-8-sig"))))
    assert [row[1:4] for row in rows] == [["line", "column", "value"], ["4", "Asset tag", ""], ["5", "Loan days", "14"]]
    walt.press("Apply it").reads("What the sheet did")
    fits(walt)
    send(walt, a_workbook(tmp_path / "mended.xlsx", good, [kind, f"{tag}-2", "GF-2"], [kind, f"{tag}-3"])).reads("2 items:")
    walt.press("Apply it").reads("Done.")
    send(walt, tmp_path / "mended.xlsx").reads("There is nothing to change")
    walt.go("/equipment").open(kind)
    assert walt.status == 200


def test_the_template_is_filled_in_and_sent(browser, changing_base, tmp_path):
    walt = signed_in(browser, changing_base, "equipment").go("/equipment/import")
    with walt.page.expect_download() as template:
        walt.main.get_by_role("link", name="Template for Excel").click()
    filled = tmp_path / "filled.xlsx"
    book = load_workbook(io.BytesIO(Path(template.value.path()).read_bytes()))
    book.active.append(["Example printer", "0003"])
    book.save(filled)
    send(walt, filled).reads("3 items:")


def test_a_file_that_is_no_sheet_is_said_beside_its_field(browser, changing_base, tmp_path):
    picture = tmp_path / "ours.xlsx"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\x00")
    walt = send(signed_in(browser, changing_base, "equipment"), picture)
    assert walt.status == 422
    walt.reads("can't be read as text")
    assert walt.field("Your sheet").get_attribute("aria-invalid") == "true"


def test_a_file_that_is_too_large_is_answered_in_a_sentence(browser, changing_base, tmp_path):
    large = tmp_path / "large.csv"
    large.write_bytes(b"Model,Tag\n" + b"x" * 3 * 1024 * 1024)
    walt = send(signed_in(browser, changing_base, "equipment"), large)
    assert walt.status == 413
    walt.reads("That file is larger than 2 MB.")


def test_the_keyboard_alone_is_enough(browser, changing_base, tmp_path):
    walt = KeyboardVisitor(browser, changing_base).sign_in("equipment").go("/equipment/import")
    walt.field("Your sheet").set_input_files(a_workbook(tmp_path / "ours.xlsx", ["Keyboard saw", "KS-1", "", "", "", "Laser Cutter", 7]))
    walt.press("Show what would change").press("Apply it").reads("What the sheet did")
