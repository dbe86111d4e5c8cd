"""Sheets that somebody made in a spreadsheet: read from CSV or XLSX as rows of text, by headings in several languages; and written."""

from seminar.ground.sheets.table import Row, Table, read_table

__all__ = ["Row", "Table", "read_table"]
