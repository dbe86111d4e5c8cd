"""Every kind of mail there is, in one register: each room declares its own, wsgi.py puts them together, and the outbox knows no
other. A person's choices, the previews and docs/mails.md are read from here.

Laws: a kind's first way is everybody's until they choose; what takes something from a person, or asks for an answer, can't be
turned off; whatever happens before the next digest goes at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from seminar.ground.clock import at_local
from seminar.ground.refusal import N_

AT_ONCE, WEEKLY, NEVER = "at_once", "digest", "never"
WAYS = (AT_ONCE, WEEKLY, NEVER)
DIGEST = "digest"
GROUPS = {
    "learning": N_("My learning"),
    "loans": N_("Our loans"),
    "teaching": N_("Teaching"),
    "school": N_("My school"),
    "program": N_("Program"),
    "account": N_("Your account"),
}


@dataclass(frozen=True)
class MailKind:
    """A kind of mail. `name` is its template and the outbox's kind; `key` says in words what makes it once. `page` is the
    address that its one link leads to, with values of the mail in it. `happens` names the values that say when its event takes
    place; `why` says why not every way can be chosen. `roles` are those that get it at all: none named, and anybody may.
    `example` is what a preview says."""

    name: str
    group: str
    title: str
    event: str
    recipient: str
    key: str
    page: str
    link: str
    example: dict[str, Any]
    ways: tuple[str, ...] = WAYS
    why: str = ""
    happens: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()

    @property
    def can_be_turned_off(self) -> bool:
        return NEVER in self.ways

    def happens_at(self, values: dict[str, Any], timezone: str) -> datetime | None:
        """The first of the moments that the mail is about; a day begins at its midnight. None where it is about none."""
        said = [values[name] for name in self.happens if values.get(name) is not None]
        moments = [one if isinstance(one, datetime) else at_local(one, 0, 0, timezone) for one in said if isinstance(one, date)]
        return min(moments, default=None)


KINDS: dict[str, MailKind] = {}


def declare(kinds: Iterable[MailKind]) -> None:
    """Put a room's kinds into the register. Raises ValueError for a kind that contradicts itself."""
    for kind in kinds:
        if kind.group not in GROUPS or not set(kind.ways) <= set(WAYS) or (set(kind.ways) != set(WAYS) and not kind.why):
            raise ValueError(f"The mail {kind.name} needs a group, ways that there are, and a reason where one of them is missing.")
        KINDS[kind.name] = kind


def kinds_by_group() -> dict[str, list[MailKind]]:
    """The groups that have kinds, in their order."""
    grouped = {group: [kind for kind in KINDS.values() if kind.group == group] for group in GROUPS}
    return {group: kinds for group, kinds in grouped.items() if kinds}


def kinds_to_choose() -> list[MailKind]:
    """The kinds whose way a person can choose; the digest itself comes of those choices."""
    return [kind for kinds in kinds_by_group().values() for kind in kinds if len(kind.ways) > 1 and kind.name != DIGEST]


WAY_WORDS = {AT_ONCE: "at once", WEEKLY: "weekly", NEVER: "not at all"}
HEAD = """# Every mail

What causes it, who gets it, and what makes it one: the same event never writes a second (rule 9 of the product). A mail comes in
the first way named until its reader chooses another at /my/account/mail; *weekly* is one mail with all that waited for it, on
the weekday that they chose, and whatever happens before it, or on its day, comes at once. This page is made from the register
(`flask --app wsgi mails > docs/mails.md`), and a test compares.
"""


def mails_as_markdown() -> str:
    parts = [HEAD]
    for group, kinds in kinds_by_group().items():
        parts.append(f"\n## {GROUPS[group]}\n\n| mail | event | recipient | once per | it can come |\n| --- | --- | --- | --- | --- |\n")
        for kind in kinds:
            ways = ", ".join(WAY_WORDS[way] for way in kind.ways) + (f". {kind.why}" if kind.why else "")
            parts.append(f"| `{kind.name}`: {kind.title} | {kind.event} | {kind.recipient} | {kind.key} | {ways} |\n")
    return "".join(parts)
