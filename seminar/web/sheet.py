"""Rows as a workbook, or as the CSV that the address asks for."""

from collections.abc import Sequence

from flask import Response, request

from seminar.ground.sheets import writing
from seminar.ground.sheets.writing import Cell

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def sheet(title: str, name: str, rows: Sequence[Sequence[Cell]]) -> Response:
    """The first row is the headings; `name` is the file's, without its end."""
    is_csv = request.args.get("format") == "csv"
    content = writing.as_csv(rows) if is_csv else writing.as_xlsx(title, rows)
    disposition = f'attachment; filename="{name}.{"csv" if is_csv else "xlsx"}"'
    return Response(content, mimetype=CSV if is_csv else XLSX, headers={"Content-Disposition": disposition})
