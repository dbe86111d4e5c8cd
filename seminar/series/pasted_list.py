"""A list of people as somebody pastes it, from a spreadsheet or a mail: emails or names, one to a line or with commas and semicolons
between them, "Name <email>" too. Each entry leads to one person, to several of whom one has to be chosen, or to nobody.

Law: who asks finds only people whom they may do something with; anybody else is as unknown to them as who doesn't exist.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select

from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.email_address import EmailAddress
from seminar.people.person import Person, called

MOST = 200
# Of those that a name could mean, so many are offered to choose from; of all names together, so many are looked at.
OFFERED, LOOKED_AT = 8, 1000
# No name has more words, nor longer ones.
MOST_WORDS, LONGEST_WORD = 8, 60
_BETWEEN_EMAILS = re.compile(r"[\s<>,;:\"'()]+")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Entry:
    """What stands in the list, and what it is looked up by: an email, or the words of a name."""

    typed: str
    email: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """Whom an entry means: one person, nobody, or one of those that it could mean, of whom one has to be chosen."""

    entry: Entry
    person: Person | None = None
    could_be: tuple[Person, ...] = ()


def entries(text: str) -> list[Entry]:
    """In their order, each once. Raises Refused for more than go at once."""
    parts = [part for line in text.splitlines() for part in _parts(line)]
    found = {entry.email or entry.words or entry.typed: entry for part in parts for entry in _of_part(part)}
    if len(found) > MOST:
        sentence = N_("These are {number} people, and {most} go at once. Take the rest after them.")
        raise Refused(sentence, field="people", number=len(found), most=MOST)
    return list(found.values())


def _parts(line: str) -> list[str]:
    """A comma divides people, but not "Nguyen, Tessa", nor the cells of a spreadsheet's row."""
    parts = []
    for piece in line.split(";"):
        divided = [one.strip() for one in piece.split(",") if one.strip()]
        are_people = "\t" not in piece and all("@" in one or " " in one for one in divided)
        parts += divided if are_people else [piece.strip()]
    return [part for part in parts if part]


def _of_part(part: str) -> list[Entry]:
    emails = [one for one in _BETWEEN_EMAILS.split(part) if one.strip("@").find("@") > 0]
    if emails:
        return [Entry((part if len(emails) == 1 else email)[:100], email=email.lower().strip(".")) for email in emails]
    family, comma, given = part.partition(",")
    words = tuple(_WORD.findall((f"{given} {family}" if comma else part).lower()))
    could_be_a_name = len(words) <= MOST_WORDS and all(len(word) <= LONGEST_WORD for word in words)
    return [Entry(" ".join(part.split())[:100], words=words if could_be_a_name else ())]


def look_up(those: Iterable[Entry], whose: ColumnElement[bool], district_id: int) -> list[Found]:
    """Whom each means, among the people for whom the condition holds; in two statements. An exact name is preferred to one that
    only begins alike, which always has to be chosen."""
    those = list(those)
    by_email = _by_email([entry.email for entry in those if entry.email], whose)
    named = _named([entry.words for entry in those if entry.words], whose, district_id)
    return [Found(entry, by_email.get(entry.email)) if entry.email else _meant(entry, named) for entry in those]


def _by_email(emails: list[str], whose: ColumnElement[bool]) -> dict[str, Person]:
    if not emails:
        return {}
    query = select(EmailAddress.address, Person).join(Person, Person.id == EmailAddress.person_id)
    query = query.where(EmailAddress.address.in_(emails), EmailAddress.confirmed_at.is_not(None), whose)
    return {address: person for address, person in db.session.execute(query)}


def _named(names: list[tuple[str, ...]], whose: ColumnElement[bool], district_id: int) -> list[Person]:
    if not names:
        return []
    query = select(Person).where(whose, or_(*(and_(*called(district_id, " ".join(words))) for words in names)))
    return list(db.session.scalars(query.order_by(Person.family_name, Person.given_name, Person.id).limit(LOOKED_AT)))


def _meant(entry: Entry, named: list[Person]) -> Found:
    exact = tuple(person for person in named if sorted(_words_of(person)) == sorted(entry.words))
    if len(exact) == 1:
        return Found(entry, exact[0])
    alike = tuple(person for person in named if all(any(has.startswith(word) for has in _words_of(person)) for word in entry.words))
    return Found(entry, could_be=(exact or alike)[:OFFERED] if entry.words else ())


def _words_of(person: Person) -> list[str]:
    return _WORD.findall(person.name.lower())
