"""Sheets that somebody made in a spreadsheet: read from CSV or XLSX as rows of text, by headings in several languages; and written."""

from seminar.ground.sheets.table import Line, Row, Table, read_lines, read_table

__all__ = ["Line", "Row", "Table", "read_lines", "read_table"]
