"""Primary roles that overlap: the standard has one for each person and organization at a time.

Both rows are taken all the same, since we don't ask which is primary. The file is read once more only where two of its rows have the
same person and organization, so that eight bytes a row are all that is remembered.
"""

from array import array
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from seminar.ground.refusal import N_
from seminar.people.roster import fields
from seminar.people.roster.fields import Unreadable
from seminar.people.roster.found import Finding
from seminar.people.roster.others import hash_of
from seminar.people.roster.rows import Row
from seminar.people.roster.shelf import Reading

Days = tuple[date, date]
OVERLAP = N_("An earlier line gives this person a primary role at {value} for the same days; there is one at a time. The row was taken.")


class PrimaryRoles:
    """Whose primary role is where, by hash."""

    def __init__(self) -> None:
        self._hashes = array("Q")

    def add(self, row: Row) -> None:
        if row["roleType"] == "primary":
            self._hashes.append(_place_of(row))

    def note_those_that_overlap(self, reading: Reading) -> None:
        found = sorted(self._hashes)
        twice = {one for one, following in pairwise(found) if one == following}
        for row in _overlapping(twice, reading) if twice else ():
            reading.note(Finding(row.file, row.line, "roleType", row["orgSourcedId"], OVERLAP, about=row["userSourcedId"]))


def _place_of(row: Row) -> int:
    return hash_of(f"{row['userSourcedId']}\n{row['orgSourcedId']}")


def _overlapping(twice: set[int], reading: Reading) -> Iterator[Row]:
    met: dict[int, list[Days]] = {}
    for row in reading.source.rows("roles.csv", _nobody_asks):
        if row["roleType"] != "primary" or _place_of(row) not in twice:
            continue
        try:
            first = fields.a_day(row, "beginDate", about="", note=_nobody_asks) or date.min
            last = fields.a_day(row, "endDate", about="", note=_nobody_asks, exclusive=True) or date.max
        except Unreadable:
            continue
        others = met.setdefault(_place_of(row), [])
        if any(first <= other_last and other_first <= last for other_first, other_last in others):
            yield row
        others.append((first, last))


def _nobody_asks(_finding: Finding) -> None:
    """The first reading noted it."""
