"""A sheet whose headings are understood: each row by the names of its columns, with the line that it stands on.

Headings are matched without regard to case, accents, spaces and signs, so that “Serial No.”, “serial_no” and “SERIAL NO” are one.
A row above the headings, such as a title, is passed over. Empty rows are none, short rows end in empty cells.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from seminar.ground.refusal import N_, Refused
from seminar.ground.sheets import csv_file, xlsx_file

MOST_ROWS = 10_000
MOST_COLUMNS = 100
# Titles and notes stand above the headings within so many rows that aren't empty.
SEARCHED_FOR_HEADINGS = 10
TOO_MANY_ROWS = N_("{file} has more than {most} rows. Split it into several sheets, and send one after the other.")
TOO_MANY_COLUMNS = N_("{file} has more than {most} columns. Take away those that aren't needed.")
EMPTY = N_("{file} is empty. It needs a row of headings, and a row for each thing below it.")
NOTHING_IN_IT = N_("{file} is empty.")
NO_HEADING = N_("{file} has no column called {missing}. Its first row names: {found}.")
TWICE = N_("{file} has two columns that mean the same: {first} and {second}. Take one away.")
Line = tuple[int, list[str]]


@dataclass(frozen=True)
class Row:
    """`values` by the name of the column, stripped of space around; '' where the cell is empty or the column isn't there."""

    line: int
    values: dict[str, str]


@dataclass(frozen=True)
class Table:
    """`name` is the file's, with its sheet's in a workbook. `headings` says how the file calls each column that it has, `unknown`
    lists the headings that mean nothing here; `left` the further sheets of the workbook that would have been read in its place."""

    name: str
    headings: dict[str, str]
    unknown: list[str]
    rows: list[Row]
    left: list[str] = field(default_factory=list)


def read_table(content: bytes, file: str, columns: Mapping[str, tuple[str, ...]], needed: Iterable[str]) -> Table:
    """The first sheet that has the needed columns. `columns` gives by name all the headings that mean it, the one to tell people
    first. Raises Refused, for the field `file`, with what is wrong with the file as a whole."""
    wanted, refused = list(needed), None
    sheets = _sheets(content, file)
    for name, lines in sheets:
        try:
            read = _table(name, _not_empty(lines), columns, wanted)
            return replace(read, left=[other for other, more in sheets if _fits(_not_empty(more), columns, wanted)])
        except Refused as no:
            # Of several that don't fit, the first is the one that was meant.
            if no.message not in (NO_HEADING, EMPTY):
                raise
            refused = refused if refused is not None and refused.message == NO_HEADING else no
    raise refused or Refused(EMPTY, field="file", file=file)


def read_lines(content: bytes, file: str) -> tuple[str, list[Line]]:
    """The rows that say something of a file that needs no headings, each with its line, its cells tidied; and the name of the file,
    with its sheet's in a workbook, of which the first sheet with a row is read. Raises Refused, for the field `file`."""
    for name, lines in _sheets(content, file):
        if rows := list(_not_empty(lines)):
            return name, rows
    raise Refused(NOTHING_IN_IT, field="file", file=file)


def _sheets(content: bytes, file: str) -> Iterator[tuple[str, Iterator[Line]]]:
    if xlsx_file.is_workbook(content):
        for title, lines in xlsx_file.sheets(content, file, most_columns=MOST_COLUMNS):
            yield f"{file}, {title}", lines
        return
    yield file, csv_file.records(content, file)


def _not_empty(lines: Iterable[Line]) -> Iterator[Line]:
    for line, cells in lines:
        tidied = [tidy(cell) for cell in cells]
        if any(tidied):
            yield line, tidied


def tidy(cell: str) -> str:
    """Without space around it, and with one kind of line break inside."""
    return cell.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()


def _fits(lines: Iterator[Line], columns: Mapping[str, tuple[str, ...]], needed: list[str]) -> bool:
    """Whether a sheet has the needed headings, and a row below them."""
    meanings = _meanings(columns)
    for _, cells in islice(lines, SEARCHED_FOR_HEADINGS):
        if {meanings[key(cell)] for cell in cells if key(cell) in meanings}.issuperset(needed):
            return next(lines, None) is not None
    return False


def _meanings(columns: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {key(heading): column for column, headings in columns.items() for heading in headings}


def _table(name: str, lines: Iterator[Line], columns: Mapping[str, tuple[str, ...]], needed: list[str]) -> Table:
    meanings = _meanings(columns)
    above: list[Line] = []
    for line in lines:
        above.append(line)
        found = {meanings[key(cell)] for cell in line[1] if key(cell) in meanings}
        if found.issuperset(needed):
            return _read(name, line[1], lines, meanings)
        if len(above) == SEARCHED_FOR_HEADINGS:
            break
    if not above:
        raise Refused(EMPTY, field="file", file=name)
    first = above[0][1]
    missing = next(column for column in needed if column not in {meanings.get(key(cell)) for cell in first})
    named = ", ".join(cell[:40] for cell in first[:8] if cell)
    raise Refused(NO_HEADING, field="file", file=name, missing=columns[missing][0], found=named)


def key(heading: str) -> str:
    """What two headings share that mean the same."""
    plain = unicodedata.normalize("NFKD", heading).casefold()
    return re.sub(r"[^a-z0-9]", "", plain)


def _read(name: str, headings: list[str], lines: Iterator[Line], meanings: dict[str, str]) -> Table:
    if any(headings[MOST_COLUMNS:]):
        raise Refused(TOO_MANY_COLUMNS, field="file", file=name, most=MOST_COLUMNS)
    at: dict[str, int] = {}
    for position, heading in enumerate(headings):
        column = meanings.get(key(heading))
        if column in at:
            raise Refused(TWICE, field="file", file=name, first=headings[at[column]], second=heading)
        if column:
            at[column] = position
    rows: list[Row] = []
    for line, cells in lines:
        if len(rows) == MOST_ROWS:
            raise Refused(TOO_MANY_ROWS, field="file", file=name, most=f"{MOST_ROWS:,}")
        values = {column: cells[position] if position < len(cells) else "" for column, position in at.items()}
        if any(values.values()):
            rows.append(Row(line, values))
    unknown = [heading for heading in headings if heading and key(heading) not in meanings]
    return Table(name, {column: headings[position] for column, position in at.items()}, unknown, rows)
