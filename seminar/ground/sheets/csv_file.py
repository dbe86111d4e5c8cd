"""A CSV as spreadsheets write it: its encoding and its separator are recognized, its lines counted as an editor does."""

import codecs
import csv
import io
from collections.abc import Iterator

from seminar.ground.refusal import N_, Refused

SEPARATORS = (",", ";", "\t")
UNREADABLE = N_("{file} can't be read as text. Save it from your spreadsheet as “CSV UTF-8”, or as an Excel workbook (.xlsx).")
NEVER_CLOSED = N_("{file}: a quotation mark is opened and never closed, so its row has no end. The row begins on line {line}.")
CELL_TOO_LONG = N_("{file}: a cell near line {line} is longer than a cell can be. Look for a quotation mark that is never closed.")
LONGEST_CELL = 32_767
# No text has one.
END = "\x00"


def records(content: bytes, file: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line that it begins on. Raises Refused where it is no text, or where nobody can say what is a row."""
    text = as_text(content, file)
    first, separator = 1, _named_separator(text)
    if separator:
        text, first = text.partition("\n")[2], 2
    separator = separator or _likely_separator(text)
    return _records(text, separator, first, file)


def as_text(content: bytes, file: str) -> str:
    """UTF-8 with or without a byte order mark, UTF-16 with one, or the Windows encoding that older Excels write."""
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ["utf-16"] if is_utf16 else ["utf-8-sig", "cp1252"]:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if END not in text:
            return text
    raise Refused(UNREADABLE, field="file", file=file)


def _named_separator(text: str) -> str:
    """Excel takes the separator from a first line such as `sep=;`."""
    line = text.partition("\n")[0].rstrip("\r")
    return line[4] if line.lower().startswith("sep=") and len(line) == 5 else ""


def _likely_separator(text: str) -> str:
    """The one that cuts the first line with anything on it into the most cells."""
    head = next((line for line in io.StringIO(text[:LONGEST_CELL], newline="") if line.strip(" ,;\t\r\n")), "")
    return max(SEPARATORS, key=lambda separator: len(next(csv.reader([head.rstrip("\r\n")], delimiter=separator), [])))


def _records(text: str, separator: str, first: int, file: str) -> Iterator[tuple[int, list[str]]]:
    # A last line of our own: where it comes out as part of another row, a quotation mark before it was never closed.
    reader = csv.reader(io.StringIO(f"{text}\n{END}", newline=""), delimiter=separator)
    begins = first
    while True:
        try:
            cells = next(reader)
        except csv.Error:
            raise Refused(CELL_TOO_LONG, field="file", file=file, line=begins) from None
        if cells == [END]:
            return
        if cells and cells[-1].endswith(END):
            raise Refused(NEVER_CLOSED, field="file", file=file, line=begins)
        yield begins, cells
        begins = first + reader.line_num
