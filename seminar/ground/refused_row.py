"""A row of somebody's file that is wrong: which file, line and column, the value, and why; and the list of them as a CSV."""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class RefusedRow:
    """`line` counts as an editor does, the headings being line 1; `reason` is an untranslated sentence with {named} values.

    `taken`: something is wrong with it, and it was taken all the same.
    """

    file: str
    line: int
    column: str
    value: str
    reason: str
    values: dict[str, Any] = field(default_factory=dict)
    taken: bool = False


def as_csv(rows: Iterable[RefusedRow], say: Callable[[str, dict[str, Any]], str]) -> str:
    """file, line, column, value, reason, and whether it was taken (yes or no); `say` puts a reason into the reader's language."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\r\n")
    out.writerow(["file", "line", "column", "value", "reason", "taken"])
    for row in rows:
        written = (row.file, str(row.line), row.column, row.value, say(row.reason, row.values), "yes" if row.taken else "no")
        out.writerow([no_formula(cell) for cell in written])
    return text.getvalue()


def no_formula(text: str) -> str:
    """What begins like a formula would run as one in a spreadsheet."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
