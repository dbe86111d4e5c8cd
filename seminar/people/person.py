"""A person of the district. Who they are allowed to be is their appointments' matter; how they sign in, their account's."""

import re
import secrets
from datetime import date

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, UniqueConstraint, func, literal_column, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.people.district import District

# What PostgreSQL finds people by: the words of their name, and one that stands for their district. Its index, ix_person_words, is
# made by a migration alone: Alembic can't compare an expression, and SQLite has none of this.
WORDS = "to_tsvector('simple'::regconfig, {0}district_id || 'd ' || {0}given_name || ' ' || {0}family_name)"


class Person(Model):
    """Somebody of the district."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    given_name: Mapped[str]
    family_name: Mapped[str]
    email: Mapped[str | None]
    # None: as the device says; mail is then in the district's.
    language: Mapped[str | None]
    theme: Mapped[str] = mapped_column(default="")
    # Their id in the district's student information system (OneRoster's sourcedId); None for who was added by hand.
    sourced_id: Mapped[str | None]
    # False: the roster says that this account is not to be used (OneRoster's enabledUser).
    may_sign_in: Mapped[bool] = mapped_column(default=True, server_default=true())
    # The one that this record of the same person went into: what is looked up here leads there.
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    feed_token: Mapped[str] = mapped_column(default=lambda: secrets.token_urlsafe(24))
    # The day on which their name went, because they left long ago (seminar.people.pseudonym).
    pseudonymised_on: Mapped[date | None]

    district: Mapped[District] = relationship()
    merged_into: Mapped["Person | None"] = relationship(remote_side=id)

    __table_args__ = (
        UniqueConstraint("email"),
        UniqueConstraint("feed_token"),
        CheckConstraint("email = lower(email)", name="email_is_lower_case"),
        CheckConstraint(
            "merged_into_id IS NULL OR (merged_into_id <> id AND email IS NULL AND NOT may_sign_in)", name="merged_into_another"
        ),
        CheckConstraint("language IS NULL OR language IN ('en', 'es')", name="language"),
        CheckConstraint("theme IN ('', 'light', 'dark')", name="theme"),
        Index("uq_person_sourced_id", "district_id", "sourced_id", unique=True),
        Index("ix_person_merged_into_id", "merged_into_id"),
        Index("ix_person_name", "district_id", "family_name", "given_name"),
    )

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"


def called(district_id: int, name: str) -> list[ColumnElement[bool]]:
    """The conditions that each word of this is the beginning of a word of the person's name; and that they are of the district."""
    words = [word.lower() for word in re.findall(r"[^\W_]+", name)[:5]]
    conditions: list[ColumnElement[bool]] = [Person.district_id == district_id]
    if db.session.get_bind().dialect.name == "postgresql":
        if words:
            asked = " & ".join([f"{district_id}d", *(f"{word}:*" for word in words)])
            conditions.append(literal_column(WORDS.format("person.")).op("@@")(func.to_tsquery("simple", asked)))
        return conditions
    spaced = " " + Person.given_name + " " + Person.family_name
    for mark in ("-", "'", "’"):
        spaced = func.replace(spaced, mark, " ")
    return conditions + [func.lower(spaced).contains(f" {word}") for word in words]


def who_stays(person: Person) -> Person:
    """The person; or, of a record that went into another one, the one who stays. Never more than one step (see merging)."""
    return person.merged_into or person


def refuse_without_a_name(person: Person) -> None:
    """Raise Refused (409) for somebody whose name is gone."""
    if person.pseudonymised_on is not None:
        raise Refused(N_("{name} left long ago, and their name is gone. Add whoever comes back anew."), status=409, name=person.name)


def hold_by_name(person: Person) -> None:
    """Hold the person's row, read anew: two who end and take back, or appoint while their name goes, do it one after the other. Raises
    Refused (409) for somebody whose name is gone."""
    db.session.refresh(person, attribute_names=["pseudonymised_on", "given_name", "family_name"], with_for_update={"key_share": True})
    refuse_without_a_name(person)
