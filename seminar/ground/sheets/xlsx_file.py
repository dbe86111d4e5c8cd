"""An Excel workbook as people see it: a date is a day, a formula is its value, a number with leading zeros keeps them.

What openpyxl's reading mode leaves to its caller is done here. Its dimensions are what the writing program claimed, so they are
reset; it has no limits, and its XML parser reads a DOCTYPE, so a workbook that would unpack to too much, or declares one, is refused
before it is opened. https://openpyxl.readthedocs.io/en/stable/optimized.html
"""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from itertools import pairwise
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell.read_only import EMPTY_CELL

from seminar.ground.refusal import N_, Refused

MOST_UNPACKED = 16 * 1024 * 1024
# Lines that are looked at, empty ones too, and the bytes of one of them: openpyxl holds a whole row, however many cells it claims.
LAST_LINE = 100_000
LONGEST_ROW = 512 * 1024
ROW_EDGE = re.compile(rb"</?(?:\w+:)?(?:row|sheetData)[\s>/]")
NOT_A_WORKBOOK = N_("{file} can't be opened as an Excel workbook. Save it again as an Excel workbook (.xlsx) or as “CSV UTF-8”.")
OLD_OR_LOCKED = N_("{file} is an old Excel file (.xls), or one with a password. Save it as an Excel workbook (.xlsx) without a password.")
TOO_LARGE = N_("{file} unpacks to more than a sheet needs. Copy its rows into a new workbook, without pictures, and save that.")
OLE, ZIP = b"\xd0\xcf\x11\xe0", b"PK"
DOCTYPES = (b"<!DOCTYPE", "<!DOCTYPE".encode("utf-16-le"), "<!DOCTYPE".encode("utf-16-be"))
ONLY_ZEROS = re.compile(r"0{2,}")


def is_workbook(content: bytes) -> bool:
    """By its first bytes, whatever it is called; old ones too, so that they get their sentence."""
    return content.startswith((OLE, ZIP))


def sheets(content: bytes, file: str, *, most_columns: int) -> Iterator[tuple[str, Iterator[tuple[int, list[str]]]]]:
    """Each visible sheet by its name, with its rows by their line. Raises Refused for what is no workbook, or too much of one."""
    if content.startswith(OLE):
        raise Refused(OLD_OR_LOCKED, field="file", file=file)
    _refuse_bombs(content, file)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    # Whatever is wrong inside of somebody's file comes out of openpyxl as one of a dozen kinds of error.
    except Exception:
        raise Refused(NOT_A_WORKBOOK, field="file", file=file) from None
    for sheet in book.worksheets:
        if sheet.sheet_state == "visible":
            sheet.reset_dimensions()
            yield sheet.title, _rows(sheet, file, most_columns)


def _refuse_bombs(content: bytes, file: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            # zipfile never unpacks more of a part than its entry says.
            if sum(part.file_size for part in archive.infolist()) > MOST_UNPACKED:
                raise Refused(TOO_LARGE, field="file", file=file)
            parts = [archive.read(part) for part in archive.infolist() if part.filename.endswith((".xml", ".rels"))]
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
        raise Refused(NOT_A_WORKBOOK, field="file", file=file) from None
    if any(doctype in xml for xml in parts for doctype in DOCTYPES):
        raise Refused(NOT_A_WORKBOOK, field="file", file=file)
    if any(_has_a_giant_row(xml) for xml in parts):
        raise Refused(TOO_LARGE, field="file", file=file)


def _has_a_giant_row(xml: bytes) -> bool:
    edges = [edge.start() for edge in ROW_EDGE.finditer(xml)]
    return any(after - before > LONGEST_ROW for before, after in pairwise(edges))


def _rows(sheet: Any, file: str, most_columns: int) -> Iterator[tuple[int, list[str]]]:
    try:
        for line, cells in enumerate(sheet.iter_rows(max_col=most_columns + 1), 1):
            if line > LAST_LINE:
                raise Refused(TOO_LARGE, field="file", file=file)
            # A row that the sheet doesn't have is the same empty cell throughout, which is quick to see.
            if set(map(id, cells)) != {id(EMPTY_CELL)}:
                yield line, [as_seen(cell) for cell in _without_tail(cells)]
    except Refused:
        raise
    except Exception:
        raise Refused(NOT_A_WORKBOOK, field="file", file=file) from None


def _without_tail(cells: Sequence[Any]) -> Sequence[Any]:
    width = len(cells)
    while width and cells[width - 1] is EMPTY_CELL:
        width -= 1
    return cells[:width]


def as_seen(cell: Any) -> str:
    """The text of a cell."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value, str(cell.number_format))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return value.strftime("%H:%M") if isinstance(value, time) else str(value)


def _number(value: int | float, shown_as: str) -> str:
    """Without a decimal point where it has no decimals, with 15 digits as Excel keeps them, filled up where its format is 00000."""
    text = str(value) if isinstance(value, int) else f"{value:.15g}"
    if "e" in text:
        text = f"{value:.0f}" if value == int(value) else text
    return text.zfill(len(shown_as)) if ONLY_ZEROS.fullmatch(shown_as) else text
