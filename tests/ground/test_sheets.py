"""A sheet is read as somebody sees it in a spreadsheet, or refused as a whole with a sentence that says what to do."""

import csv
import io
import re
import zipfile
from datetime import date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from seminar.ground.refusal import Refused
from seminar.ground.refused_row import RefusedRow, as_csv
from seminar.ground.sheets import read_lines, read_table, table, writing, xlsx_file

COLUMNS = {"name": ("Name", "Thing", "Nombre"), "number": ("Serial no.", "Número"), "note": ("Note",)}


def read(content, file="things.csv"):
    return read_table(content.encode() if isinstance(content, str) else content, file, COLUMNS, ("name", "number"))


def rows(content, file="things.csv"):
    return [(row.line, *row.values.values()) for row in read(content, file).rows]


def refusal(content, file="things.csv"):
    with pytest.raises(Refused) as refused:
        read(content, file)
    return str(refused.value)


def workbook(*sheets, **formats):
    """A workbook of these sheets, each (title, state, rows); formats by cell of the first."""
    book = Workbook()
    book.remove(book.active)
    for title, state, lines in sheets:
        sheet = book.create_sheet(title)
        sheet.sheet_state = state
        for line in lines:
            sheet.append(line)
    for cell, shown_as in formats.items():
        book.worksheets[0][cell].number_format = shown_as
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def repacked(content, change, **extra):
    """The workbook with its first sheet's XML changed, and with more parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            text = old.read(part)
            new.writestr(part.filename, change(text) if part.filename == "xl/worksheets/sheet1.xml" else text)
        for name, text in extra.items():
            new.writestr(name, text)
    return out.getvalue()


# Opening a workbook takes its time on a busy machine.
SOME = settings(max_examples=60, deadline=None)
HEAD = ["Name", "Serial no.", "Note"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encodings_of_spreadsheets_are_read(encoding):
    assert rows("Nombre,Número\nLámpara “ñ”,7\n".encode(encoding)) == [(2, "Lámpara “ñ”", "7")]


def test_utf_16_is_read_in_either_order():
    text = "\ufeffNombre\tNúmero\nLámpara\t7\n"
    assert rows(text.encode("utf-16-be")) == rows(text.encode("utf-16-le")) == [(2, "Lámpara", "7")]


NO_TEXT = [b"\x89PNG\r\n\x1a\n\x00\x00", "Name,Number".encode("utf-16-le"), b"Name,\x81\xfe", b"\xff\xfea\xd8\x00"]


@pytest.mark.parametrize("content", NO_TEXT)
def test_what_is_no_text_is_refused(content):
    assert "can't be read as text" in refusal(content)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_each_separator_and_line_end_is_recognized(separator, end):
    assert rows(end.join([separator.join(HEAD), separator.join(["Saw", "1", "a b"]), ""])) == [(2, "Saw", "1", "a b")]


def test_excels_own_line_about_the_separator_counts_as_a_line():
    assert rows("sep=;\r\nName;Serial no.\r\nSaw, small;1\r\n") == [(3, "Saw, small", "1")]


def test_lines_are_counted_as_an_editor_does():
    content = 'Name,Serial no.,Note\n"Saw","1","two\nlines"\n\n,,\nDrill,2\n"Awl ""a""",3,x,,,\n'
    assert rows(content) == [(2, "Saw", "1", "two\nlines"), (6, "Drill", "2", ""), (7, 'Awl "a"', "3", "x")]


def test_a_quotation_mark_inside_of_a_cell_is_one():
    assert rows('Name,Serial no.\n5" nozzle,1\n"ab"c,2\n') == [(2, '5" nozzle', "1"), (3, "abc", "2")]


def test_a_quotation_mark_that_is_never_closed_is_refused_with_its_line():
    assert "The row begins on line 3." in refusal('Name,Serial no.\nSaw,1\n"Drill,2\nAwl,3\n')
    assert "never closed" in refusal('Name,Serial no.\n"Saw,' + "x" * 200_000)


def test_headings_are_matched_without_case_accents_spaces_and_signs():
    found = read("  NAME ,serial_NO,Room, \nSaw,1,12,\n")
    assert (found.headings, found.unknown) == ({"name": "NAME", "number": "serial_NO"}, ["Room"])
    assert rows("NUMERO,nombre\n1,Saw\n") == [(2, "1", "Saw")]


def test_a_title_above_the_headings_is_passed_over():
    assert rows("Our things,\n\nName,Serial no.\nSaw,1\n") == [(4, "Saw", "1")]


def test_a_heading_that_is_missing_is_named_with_those_that_are_there():
    assert refusal("Name,Room\nSaw,12\n") == "things.csv has no column called Serial no.. Its first row names: Name, Room."


def test_two_headings_that_mean_the_same_are_refused():
    assert "two columns that mean the same: Name and Thing" in refusal("Name,Thing,Serial no.\n")


@pytest.mark.parametrize("content", ["", "\n\n", ",,\n", workbook(("A", "visible", []))])
def test_an_empty_sheet_is_refused(content):
    assert "is empty" in refusal(content)


def test_a_sheet_without_a_row_below_its_headings_has_none():
    assert rows("Name,Serial no.\n") == []


def test_an_enormous_sheet_is_refused(monkeypatch):
    monkeypatch.setattr(table, "MOST_ROWS", 3)
    assert rows("Name,Serial no.\n" + "Saw,1\n" * 3)[-1] == (4, "Saw", "1")
    assert "more than 3 rows" in refusal("Name,Serial no.\n" + "Saw,1\n" * 4)
    assert "more than 100 columns" in refusal(",".join(["Name", "Serial no."] + ["x"] * 99))
    wide = workbook(("A", "visible", [["Name", "Serial no."] + ["x"] * 99]))
    assert "more than 100 columns" in refusal(wide)


def test_a_workbooks_cells_are_read_as_they_are_seen():
    values = ["Saw", 41, date(2027, 3, 2), datetime(2027, 3, 2, 14, 30), time(9, 5), True, 0.1 + 0.2, 12.0, "007", 1e20, None]
    book = workbook(("A", "visible", [["Name", "Serial no."], *([["x", value] for value in values])]), B3="00000")
    seen = [number for _, _, number in rows(book)]
    assert seen == ["Saw", "00041", "2027-03-02", "2027-03-02 14:30", "09:05", "TRUE", "0.3", "12", "007", "100000000000000000000", ""]


def test_a_formula_is_its_value():
    """As Excel stores it: the formula, and beside it what it came to."""
    book = workbook(("A", "visible", [["Name", "Serial no."], ["Saw", 2]]))
    with_formula = repacked(book, lambda xml: xml.replace(b"<v>2</v>", b"<f>1+41</f><v>42</v>"))
    assert rows(with_formula) == [(2, "Saw", "42")]


def test_the_first_sheet_that_fits_is_read_and_named_and_a_hidden_one_never():
    book = workbook(
        ("Hidden", "hidden", [HEAD, ["No", "0", ""]]),
        ("Read me", "visible", [["Send this"]]),
        ("Things", "visible", [HEAD, ["Saw", "1", ""]]),
        ("Old", "visible", [HEAD, ["Old", "2", ""]]),
    )
    found = read(book, "ours.xlsx")
    assert (found.name, [row.values["name"] for row in found.rows]) == ("ours.xlsx, Things", ["Saw"])
    assert found.left == ["ours.xlsx, Old"]


def test_rows_without_headings_are_read_from_the_first_sheet_that_has_one():
    book = workbook(("Empty", "visible", []), ("List", "visible", [["ada@a.example", "T"]]))
    assert read_lines(book, "ours.xlsx") == ("ours.xlsx, List", [(1, ["ada@a.example", "T"])])
    assert read_lines(b"\r\nada@a.example;T\r\n", "ours.csv") == ("ours.csv", [(2, ["ada@a.example", "T"])])
    with pytest.raises(Refused, match=r"ours\.csv is empty"):
        read_lines(b"\r\n ,\r\n", "ours.csv")


def test_a_workbook_without_a_sheet_that_fits_says_what_its_first_one_misses():
    book = workbook(("One", "visible", [["Name", "Room"]]), ("Two", "visible", []))
    assert refusal(book, "ours.xlsx") == "ours.xlsx, One has no column called Serial no.. Its first row names: Name, Room."


@pytest.mark.parametrize("claimed", [b'ref="A1"', b'ref="A1:XFD1048576"'])
def test_what_a_sheet_claims_of_its_size_counts_for_nothing(claimed):
    book = workbook(("A", "visible", [HEAD, ["Saw", "1", ""], [], ["Awl", "2", ""]]))
    lying = repacked(book, lambda xml: re.sub(rb'(<dimension )ref="[^"]*"', rb"\1" + claimed, xml))
    assert claimed in zipfile.ZipFile(io.BytesIO(lying)).read("xl/worksheets/sheet1.xml")
    assert [row[:2] for row in rows(lying)] == [(2, "Saw"), (4, "Awl")]


def test_a_row_that_claims_to_be_far_below_is_not_waited_for():
    book = workbook(("A", "visible", [HEAD, ["Saw", "1", ""], ["Awl", "2", ""]]))
    far = repacked(book, lambda xml: xml.replace(b'r="3"', b'r="999999999999"'))
    assert "unpacks to more" in refusal(far)


def test_a_row_that_claims_cells_without_end_is_refused_unopened():
    cells = b'<c t="str"><v>x</v></c>' * 30_000
    book = workbook(("A", "visible", [HEAD, ["Saw", "1", ""]]))
    giant = repacked(book, lambda xml: xml.replace(b"</sheetData>", b"<row>" + cells + b"</row></sheetData>"))
    assert "unpacks to more" in refusal(giant)


def test_a_workbook_that_unpacks_to_too_much_is_refused_unopened():
    bomb = repacked(workbook(("A", "visible", [HEAD])), lambda xml: xml, **{"xl/media/a.bin": b"\x00" * (xlsx_file.MOST_UNPACKED + 1)})
    assert len(bomb) < 100_000
    assert "unpacks to more" in refusal(bomb)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_workbook_that_declares_entities_is_refused(encoding):
    declared = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "cc">]><worksheet>&b;</worksheet>'.encode(encoding)
    assert "can't be opened" in refusal(repacked(workbook(("A", "visible", [HEAD])), lambda _: declared))


def test_what_is_no_workbook_is_refused_by_what_it_is():
    good = workbook(("A", "visible", [HEAD, ["Saw", "1", ""]]))
    assert "an old Excel file" in refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 99)
    for bad in (good[: len(good) // 2], b"PK\x03\x04", repacked(good, lambda xml: xml[:-40]), repacked(good, lambda _: b"<a")):
        assert "can't be opened" in refusal(bad)


@SOME
@given(st.binary(max_size=200))
def test_whatever_is_sent_is_read_or_refused(content):
    for start in (b"", b"PK\x03\x04", b"\xff\xfe", b"Name,Serial no.\n"):
        try:
            read(start + content)
        except Refused:
            pass


# What a cell can hold: no control characters, and nothing that Excel's own files write in another way.
TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn"), exclude_characters="_"), max_size=30)
CELLS = st.lists(st.tuples(TEXT, TEXT, st.one_of(TEXT, TEXT.map(lambda text: f"{text}\nand {text}"))), max_size=12)


def seen(lines):
    """What comes back: the cells without space around them, and no empty rows."""
    kept = [tuple(cell.strip() for cell in cells) for cells in lines]
    return [cells for cells in kept if any(cells)]


@SOME
@given(CELLS, st.sampled_from([",", ";", "\t"]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_what_is_written_as_a_csv_is_read_as_the_same_cells(lines, separator, encoding):
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows([HEAD, *lines])
    found = read(text.getvalue().encode(encoding))
    assert [tuple(row.values.values()) for row in found.rows] == seen(lines)


@SOME
@given(CELLS)
def test_what_is_written_as_a_workbook_is_read_as_the_same_cells(lines):
    found = read(writing.as_xlsx("Things", [HEAD, *lines]))
    assert [tuple(row.values.values()) for row in found.rows] == seen(lines)


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_nothing_in_a_downloaded_csv_runs(formula):
    row = RefusedRow(formula, 2, formula, formula, "{value} is wrong.", {"value": formula})
    refused = as_csv([row], lambda reason, values: reason.format(**values))
    written = writing.as_csv([["a", formula]]).decode("utf-8-sig")
    for text in (refused, written):
        cells = [cell for line in csv.reader(io.StringIO(text, newline="")) for cell in line]
        assert [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell] == []


def test_nothing_in_a_written_workbook_runs():
    book = zipfile.ZipFile(io.BytesIO(writing.as_xlsx("Things", [HEAD, *([formula, "", ""] for formula in FORMULAS[:4])])))
    assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
