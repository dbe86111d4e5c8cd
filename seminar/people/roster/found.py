"""What is wrong with a row, or with a file: where, which value, and why."""

from collections.abc import Callable
from dataclasses import dataclass

from seminar.ground.refusal import Refused


class WrongSet(Refused):
    """The set itself is wrong: nothing of it is taken."""


@dataclass(frozen=True)
class Finding:
    """`line` 0 is about the whole file. `reason` is an untranslated sentence that may name {value} and {other}. `about` is the sourcedId
    of whom the row speaks; None: it might be anybody, so that nobody may be ended. `also`: what else it speaks of, a school for one.
    `taken`: it was read all the same."""

    file: str
    line: int
    column: str
    value: str
    reason: str
    other: str = ""
    about: str | None = ""
    taken: bool = True
    also: str | None = None


# The columns of a refused row of which nobody could tell a role: it may be a pupil's.
UNSURE = ("", "role")

Note = Callable[[Finding], None]


def refused(
    file: str, line: int, column: str, value: str, reason: str, *, about: str | None, other: str = "", also: str | None = None
) -> Finding:
    return Finding(file, line, column, value, reason, other, about, taken=False, also=also)
