"""The lines of a set's files: headings matched by name, text decoded, short and long lines told.

The standard fixes the order of the columns, and so few exports keep it that we map by name and only say so.
"""

import csv
import difflib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

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


@dataclass(frozen=True)
class Row:
    """A line by the standard's names of its columns; what has no value is ''."""

    file: str
    line: int
    values: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values.get(column, "")


def rows_of(opener: Open, file: str, *, version: str, kind: str, note: Note) -> Iterator[Row]:
    """Each line that can be told apart, in its order. Raises WrongSet for a file that isn't one, and for an empty bulk file."""
    with opener() as stream:
        head = stream.read(2)
    if head in UTF_16:
        raise WrongSet(N_("{file} is written in UTF-16. Export it as UTF-8."), file=file)
    with opener() as stream, io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
        reader = csv.reader(text, strict=True)
        headings = _headings(next(reader, []), file, version, kind, note)
        empty = True
        for line, cells in _lines(reader, file, note):
            empty = False
            row = _row(file, line, headings, cells, note)
            if row is not None:
                yield row
    if empty and kind == "bulk":
        raise WrongSet(N_("{file} is a bulk file without a row: it would end all that it once told. Export the set again."), file=file)
    if empty:
        note(Finding(file, 0, "", "", N_("There is no row in it. A delta without a change is left out of the set.")))


def _lines(reader: Any, file: str, note: Note) -> Iterator[tuple[int, list[str]]]:
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            note(
                refused(
                    file,
                    reader.line_num,
                    "",
                    "",
                    N_("The quotation marks of this line don't close, so its columns can't be told apart."),
                    about=None,
                )
            )
            continue
        if any(cell.strip() for cell in cells):
            yield reader.line_num, cells


def _headings(found: Sequence[str], file: str, version: str, kind: str, note: Note) -> list[str]:
    """By position, the standard's name of a column, or '' for one that isn't read."""
    known = COLUMNS[version, file]
    names = [cell.strip() for cell in found]
    headings = [_heading(name, file, known, names, note) for name in names]
    while names and not names[-1]:
        names.pop()
    if len(names) < len(found):
        note(Finding(file, 1, "", "", N_("There are headings without a name at the end. Their columns were passed over.")))
    missing = [name for name in NEEDED[version, file] if name not in headings]
    missing += [name for name in ("status",) if kind == "delta" and name not in headings]
    if missing:
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


def _first_of_metadata(names: Sequence[str]) -> int:
    return next((n for n, name in enumerate(names) if name.startswith("metadata.")), len(names))


def _heading(name: str, file: str, known: Sequence[str], names: Sequence[str], note: Note) -> str:
    if name in known:
        return "" if name in NEVER_READ else name
    if not name or name.startswith("metadata."):
        return ""
    meant = [one for one in known if one not in names and one.lower() == name.lower()]
    meant = meant or difflib.get_close_matches(name, [one for one in known if one not in names], 1, 0.85)
    if meant:
        note(Finding(file, 1, meant[0], name, N_("The heading {value} is spelled {other} in the standard. It was read as that."), meant[0]))
        return "" if meant[0] in NEVER_READ else meant[0]
    note(Finding(file, 1, name, name, N_("The standard has no column {value}. It was passed over.")))
    return ""


def _row(file: str, line: int, headings: Sequence[str], cells: Sequence[str], note: Note) -> Row | None:
    if any(cell.strip() for cell in cells[len(headings) :]):
        sentence = N_("This line has more columns than there are headings: a comma is missing its quotation marks.")
        note(refused(file, line, "", "", sentence, about=_id_of(headings, cells)))
        return None
    if len(cells) < len(headings) and any(headings[len(cells) :]):
        note(
            Finding(
                file,
                line,
                "",
                "",
                N_("This line has fewer columns than there are headings. What is missing was read as empty."),
                about=_id_of(headings, cells),
            )
        )
    values: dict[str, str] = {}
    for name, cell in zip(headings, cells, strict=False):
        if not name:
            continue
        value = _decoded(cell, file, line, name, note).strip()
        if "\x00" in value:
            note(refused(file, line, name, "", N_("There is a character in it that no text has (NUL)."), about=_id_of(headings, cells)))
            return None
        values[name] = value
    return Row(file, line, values)


def _id_of(headings: Sequence[str], cells: Sequence[str]) -> str | None:
    """Of whom a line speaks that can't be read as a whole; None where that isn't plain either."""
    by_name = dict(zip(headings, cells, strict=False))
    return by_name.get("userSourcedId", by_name.get("sourcedId", "")).strip().replace("\x00", "") or None


def _decoded(cell: str, file: str, line: int, column: str, note: Note) -> str:
    """UTF-8; a byte that isn't is read as Windows has it, which most of such files come from."""
    if cell.isascii() or not any("\udc80" <= letter <= "\udcff" for letter in cell):
        return cell
    value = cell.encode("utf-8", "surrogateescape").decode("cp1252", errors="replace")
    note(Finding(file, line, column, value, N_("{value} isn't written in UTF-8. It was read as Windows-1252.")))
    return value
