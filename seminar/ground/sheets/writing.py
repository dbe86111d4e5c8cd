"""Rows of text written as a CSV or a workbook that a spreadsheet opens as they are: nothing runs, and no zero is cut off."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from seminar.ground.refused_row import no_formula

AS_TEXT = "@"
# An amount of money is a Decimal with its cents, from integers alone.
Cell = str | int | Decimal


def as_csv(rows: Iterable[Sequence[Cell]]) -> bytes:
    """With the mark by which Excel knows UTF-8."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([_as_said(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _as_said(cell: Cell) -> str:
    """What somebody typed runs nowhere; a number that is below zero stays one."""
    return no_formula(cell) if isinstance(cell, str) else str(cell)


def as_xlsx(title: str, rows: Sequence[Sequence[Cell]]) -> bytes:
    """The first row is the headings; a number stays one. Columns are kept as text, so that what is typed below keeps its zeros too."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for position, heading in enumerate(rows[0], 1):
        column = sheet.column_dimensions[get_column_letter(position)]
        column.number_format, column.width = AS_TEXT, max(14, len(str(heading)) + 4)
    for row in rows:
        sheet.append([_cell(sheet, said, bold=row is rows[0]) for said in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet: Any, said: Cell, *, bold: bool) -> Any:
    cell = WriteOnlyCell(sheet, value=None)
    cell.number_format, cell.font = AS_TEXT, Font(bold=bold)
    if isinstance(said, int | Decimal):
        cell.value, cell.number_format = said, "0" if isinstance(said, int) else "0.00"
    elif said:
        # What begins like a formula would become one by itself.
        cell.value, cell.data_type = said, "s"
    return cell
