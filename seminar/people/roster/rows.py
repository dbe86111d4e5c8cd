"""The lines of a set's files: headings matched by name, text decoded, short and long lines told.

The standard fixes the order of the columns, and so few exports keep it that we map by name and only say so.
"""

import csv
import difflib
import io
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, TextIO

from seminar.ground.refusal import N_
from seminar.people.roster.found import Finding, Note, WrongSet, refused

Open = Callable[[], BinaryIO]

_BASE = ("sourcedId", "status", "dateLastModified")
_PERSON = ("givenName", "familyName", "middleName", "identifier", "email", "sms", "phone", "agentSourcedIds", "grades", "password")
# In the order of the binding (1EdTech OneRoster 1.1 and 1.2, CSV tables).
COLUMNS = {
    ("1.1", "orgs.csv"): (*_BASE, "name", "type", "identifier", "parentSourcedId"),
    ("1.1", "academicSessions.csv"): (*_BASE, "title", "type", "startDate", "endDate", "parentSourcedId", "schoolYear"),
    ("1.1", "users.csv"): (*_BASE, "enabledUser", "orgSourcedIds", "role", "username", "userIds", *_PERSON),
    ("1.2", "users.csv"): (
        *_BASE, "enabledUser", "username", "userIds", *_PERSON, "userMasterIdentifier", "resourceSourcedIds",
        "preferredGivenName", "preferredMiddleName", "preferredFamilyName", "primaryOrgSourcedId", "pronouns",
    ),
    ("1.2", "roles.csv"): (
        *_BASE, "userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId", "userProfileSourcedId",
    ),
}  # fmt: skip
COLUMNS |= {("1.2", name): COLUMNS["1.1", name] for name in ("orgs.csv", "academicSessions.csv")}
# Without these a file tells us nothing.
NEEDED = {
    ("1.1", "orgs.csv"): ("sourcedId", "name", "type"),
    ("1.1", "academicSessions.csv"): ("sourcedId", "title", "type", "startDate", "endDate", "schoolYear"),
    ("1.1", "users.csv"): ("sourcedId", "orgSourcedIds", "role", "givenName", "familyName"),
    ("1.2", "users.csv"): ("sourcedId", "givenName", "familyName"),
    ("1.2", "roles.csv"): ("userSourcedId", "role", "orgSourcedId"),
}
NEEDED |= {("1.2", name): NEEDED["1.1", name] for name in ("orgs.csv", "academicSessions.csv")}
# What no line of ours may keep.
NEVER_READ = ("password",)
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
# In characters. A file without a line's end would otherwise be read into memory as one.
LONGEST_LINE = 100_000
# The standard has no line break within a field, and some write one; a quotation mark that never closes takes no more with it.
MOST_LINES_OF_A_ROW = 10


@dataclass(frozen=True)
class Row:
    """A line by the standard's names of its columns; what has no value is ''. `found` is what is odd about it and was taken all the
    same: noted only once somebody knows that the row isn't a pupil's, since it quotes the row."""

    file: str
    line: int
    values: dict[str, str]
    found: list[Finding] = field(default_factory=list)

    def __getitem__(self, column: str) -> str:
        return self.values.get(column, "")


def rows_of(opener: Open, file: str, *, version: str, kind: str, note: Note) -> Iterator[Row]:
    """Each line that can be told apart, in its order. Raises WrongSet for a file that isn't one, and for an empty bulk file."""
    with opener() as stream:
        head = stream.read(2)
    if head in UTF_16:
        raise WrongSet(N_("{file} is written in UTF-16. Export it as UTF-8."), file=file)
    with opener() as stream, io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
        lines = _Lines(text)
        headings = _headings(_first_line(lines, file), file, version, kind, note)
        empty, told_of_passwords = True, False
        for line, cells in _cells_of(lines, len(headings), file, note):
            empty = False
            if cells is None:
                continue
            if not told_of_passwords and any(name in NEVER_READ and cell.strip() for name, cell in zip(headings, cells, strict=False)):
                told_of_passwords = True
                note(Finding(file, line, NEVER_READ[0], "", PASSWORDS))
            row = _row(file, line, headings, cells, note)
            if row is not None:
                yield row
    if empty and kind == "bulk":
        raise WrongSet(N_("{file} is a bulk file without a row: it would end all that it once told. Export the set again."), file=file)
    if empty:
        note(Finding(file, 0, "", "", N_("There is no row in it. A delta without a change is left out of the set.")))


PASSWORDS = N_(
    "There are passwords in this file, from this line on. None was read. Leave them out of the export: whoever has it can use them."
)


class _Lines:
    """The lines of a text with their numbers, of which some can be looked at before they are taken."""

    def __init__(self, text: TextIO) -> None:
        self._text, self._ahead, self._number = text, deque[tuple[int, str]](), 0

    def take(self) -> tuple[int, str] | None:
        return self._ahead.popleft() if self._ahead else self._read()

    def ahead(self, count: int) -> Iterator[str]:
        for n in range(count):
            if n == len(self._ahead):
                line = self._read()
                if line is None:
                    return
                self._ahead.append(line)
            yield self._ahead[n][1]

    def _read(self) -> tuple[int, str] | None:
        line = self._text.readline(LONGEST_LINE + 1)
        if not line:
            return None
        self._number += 1
        rest = line
        while len(rest) > LONGEST_LINE and not rest.endswith(("\n", "\r")):
            rest = self._text.readline(LONGEST_LINE + 1)
        return self._number, line


def small_table(opener: Open, file: str) -> list[list[str]]:
    """The cells of a file that is small by its nature, at most its first thousand lines. Raises WrongSet."""
    with opener() as stream, io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
        lines, table = _Lines(text), list[list[str]]()
        while len(table) < 1000 and (taken := lines.take()) is not None:
            cells = _split(taken[1]) if len(taken[1]) <= LONGEST_LINE else None
            if cells is None:
                sentence = N_("Line {line} of {file} can't be read: its quotation marks don't close. Export the set again.")
                raise WrongSet(sentence, line=taken[0], file=file)
            table.append([_plain(cell) for cell in cells])
        return table


def _first_line(lines: _Lines, file: str) -> list[str]:
    while (taken := lines.take()) is not None:
        cells = _split(taken[1])
        if cells is None:
            raise WrongSet(N_("The quotation marks of the first line of {file} don't close. Export the set again."), file=file)
        if any(cell.strip() for cell in cells):
            return [_plain(cell) for cell in cells]
    raise WrongSet(N_("{file} is empty: it hasn't even headings. Export the set again."), file=file)


def _cells_of(lines: _Lines, width: int, file: str, note: Note) -> Iterator[tuple[int, list[str] | None]]:
    """Each row that isn't blank, with the number of the line that it begins in; None for one that can't be told apart."""
    while (taken := lines.take()) is not None:
        number, line = taken
        if len(line) > LONGEST_LINE:
            note(refused(file, number, "", "", N_("This line is longer than any row of a roster."), about=None))
            yield number, None
            continue
        cells = _split(line)
        if cells is None:
            cells = _split_with_the_next(line, lines, width)
        if cells is None:
            sentence = N_("The quotation marks of this line don't close, so its columns can't be told apart.")
            note(refused(file, number, "", "", sentence, about=None))
            yield number, None
        elif any(cell.strip() for cell in cells):
            yield number, cells


def _split(line: str) -> list[str] | None:
    """Its cells; None where its quotation marks don't close."""
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error:
        return None


def _split_with_the_next(line: str, lines: _Lines, width: int) -> list[str] | None:
    """The cells of a row that goes on in the next lines, inside quotation marks; its lines are taken. None where it doesn't: then the
    line is wrong alone, and the next ones are rows of their own."""
    joined = line
    for count, following in enumerate(lines.ahead(MOST_LINES_OF_A_ROW - 1), 1):
        joined += following
        if len(joined) > LONGEST_LINE:
            return None
        cells = _split(joined)
        if cells is not None and len(cells) == width:
            for _ in range(count):
                lines.take()
            return cells
    return None


def _headings(found: Sequence[str], file: str, version: str, kind: str, note: Note) -> list[str]:
    """By position, the standard's name of a column, or '' for one that isn't read."""
    known = COLUMNS[version, file]
    names = list(found)
    headings = [_heading(name, file, known, names, note) for name in names]
    while names and not names[-1]:
        names.pop()
    if len(names) < len(found):
        note(Finding(file, 1, "", "", N_("There are headings without a name at the end. Their columns were passed over.")))
    missing = [name for name in NEEDED[version, file] if name not in headings]
    missing += [name for name in ("status",) if kind == "delta" and name not in headings]
    if missing:
        _refuse_another_version(names, file, version)
        raise WrongSet(
            N_("{file} has no column {columns}. Its first line is the headings, spelled as in the standard."),
            file=file,
            columns=", ".join(missing),
        )
    in_order = [name for name in headings if name in known]
    if in_order != sorted(in_order, key=known.index):
        note(Finding(file, 1, "", "", N_("The columns aren't in the order of the standard. They were read by their names.")))
    if any(not name.startswith("metadata.") for name in names[_first_of_metadata(names) :]):
        note(Finding(file, 1, "", "", N_("metadata columns stand before others; they belong at the end. They were read by their names.")))
    return headings


def _refuse_another_version(names: Sequence[str], file: str, version: str) -> None:
    other = "1.2" if version == "1.1" else "1.1"
    only_there = [name for name in COLUMNS.get((other, file), ()) if name not in COLUMNS[version, file]]
    if sum(name in names for name in only_there) >= 2:
        sentence = N_("{file} has the columns of OneRoster {other}, and manifest.csv says {version}. Export the whole set in one version.")
        raise WrongSet(sentence, file=file, other=other, version=version)


def _first_of_metadata(names: Sequence[str]) -> int:
    return next((n for n, name in enumerate(names) if name.startswith("metadata.")), len(names))


def _heading(name: str, file: str, known: Sequence[str], names: Sequence[str], note: Note) -> str:
    if name in known:
        return name
    if not name or name.startswith("metadata."):
        return ""
    meant = [one for one in known if one not in names and one.lower() == name.lower()]
    meant = meant or difflib.get_close_matches(name, [one for one in known if one not in names], 1, 0.85)
    if meant:
        note(Finding(file, 1, meant[0], name, N_("The heading {value} is spelled {other} in the standard. It was read as that."), meant[0]))
        return meant[0]
    note(Finding(file, 1, name, name, N_("The standard has no column {value}. It was passed over.")))
    return ""


def _row(file: str, line: int, headings: Sequence[str], cells: Sequence[str], note: Note) -> Row | None:
    if any(cell.strip() for cell in cells[len(headings) :]):
        sentence = N_("This line has more columns than there are headings: a comma is missing its quotation marks.")
        note(refused(file, line, "", "", sentence, about=_id_of(headings, cells)))
        return None
    row = Row(file, line, {})
    if len(cells) < len(headings) and any(headings[len(cells) :]):
        sentence = N_("This line has fewer columns than there are headings. What is missing was read as empty.")
        row.found.append(Finding(file, line, "", "", sentence))
    for name, cell in zip(headings, cells, strict=False):
        if not name or name in NEVER_READ:
            continue
        value = _decoded(cell)
        if value != cell:
            row.found.append(Finding(file, line, name, value, N_("{value} isn't written in UTF-8. It was read as Windows-1252.")))
        if "\x00" in value:
            sentence = N_("There is a character in it that no text has (NUL).")
            note(refused(file, line, "", "", sentence, about=_id_of(headings, cells)))
            return None
        if "\n" in value or "\r" in value:
            value = " ".join(value.split())
            row.found.append(Finding(file, line, name, value, N_("There is a line break in {value}. It was read as a space.")))
        row.values[name] = value.strip()
    return row


def _id_of(headings: Sequence[str], cells: Sequence[str]) -> str | None:
    """Of whom a line speaks that can't be read as a whole; None where that isn't plain either."""
    by_name = dict(zip(headings, cells, strict=False))
    return _plain(by_name.get("userSourcedId", by_name.get("sourcedId", ""))) or None


def _decoded(cell: str) -> str:
    """UTF-8; a byte that isn't is read as Windows has it, which most of such files come from."""
    if cell.isascii() or not any("\udc80" <= letter <= "\udcff" for letter in cell):
        return cell
    return cell.encode("utf-8", "surrogateescape").decode("cp1252", errors="replace")


def _plain(cell: str) -> str:
    return _decoded(cell).replace("\x00", "").strip()
