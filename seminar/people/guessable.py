"""Whether a password is among the first that somebody would try: common ones, keyboard rows, dates, and words about its person.

How many guesses it stands is reckoned by zxcvbn (Wheeler, USENIX Security 2016). https://github.com/dwolfhub/zxcvbn-python
"""

from collections.abc import Iterable

from seminar.ground.refusal import N_, Refused
from seminar.people.person import Person

# Eight tries in a quarter of an hour are let through: years of them, for one account.
FEWEST_GUESSES = 1_000_000
# What is longer is reckoned by its beginning; it takes no more letters.
LONGEST_RECKONED = 72
GUESSED = N_("This password is among the first that somebody would try. Take a longer sentence, without names in it.")


def words_about(person: Person) -> list[str]:
    """What somebody who knows them would try: their names, their address, their district, and us."""
    district = person.district
    said = f"{person.name} {person.email} {district.name} {district.code} MakerPD"
    return [word for word in said.replace("@", " ").replace(".", " ").split() if len(word) > 2]


def refuse_guessable(password: str, about: Iterable[str]) -> None:
    """Raises Refused, for the field of the password. Takes milliseconds: never inside a transaction."""
    # Its lists of words take a moment and memory: only who sets a password waits for them.
    from zxcvbn import zxcvbn

    if zxcvbn(password[:LONGEST_RECKONED], user_inputs=list(about))["guesses"] < FEWEST_GUESSES:
        raise Refused(GUESSED, field="password")
