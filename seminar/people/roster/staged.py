"""The tables of the roster: each import, what was found wrong in it, and what it read, until it is applied or left.

States of an import: read → applied | left. A set that is wrong as a whole is kept as `wrong`, with the sentence that says why.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from seminar.ground.db import Model
from seminar.people.person import Person


class RosterImport(Model):
    """One set that was read, whether a person, a command or the night brought it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    source: Mapped[str]
    # What came by itself is known by this, so that it comes once.
    mark: Mapped[str | None]
    read_at: Mapped[datetime]
    version: Mapped[str] = mapped_column(default="")
    # By file, what the manifest says it is: bulk or delta; an absent file isn't in it.
    kinds: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    # By file, how many of its rows are of students, guardians and the like, and were passed over.
    passed_over: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(default="read")
    # What it would do, and once it is applied, what it did; as Outcome counts it.
    outcome: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    applied_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(Text, default="")
    why_values: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    by: Mapped[Person | None] = relationship()

    __table_args__ = (
        CheckConstraint("state IN ('read', 'applied', 'left', 'wrong')", name="state"),
        Index("ix_roster_import_mark", "district_id", "mark"),
        Index("ix_roster_import_district", "district_id", "state", "id"),
    )


class RosterFinding(Model):
    """A row that is wrong: refused, or taken all the same.

    `about` and `also` are sourcedIds that it speaks of; NULL in `about`: it might be anybody.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("roster_import.id"))
    file: Mapped[str]
    line: Mapped[int]
    column: Mapped[str]
    value: Mapped[str] = mapped_column(Text)
    other: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(Text)
    about: Mapped[str | None]
    also: Mapped[str | None]
    taken: Mapped[bool]

    __table_args__ = (
        Index("ix_roster_finding_import", "import_id", "taken", "id"),
        Index("ix_roster_finding_about", "import_id", "about"),
    )


class RosterOrg(Model):
    """An organization of the roster, kept for the deltas that refer to it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    sourced_id: Mapped[str]
    kind: Mapped[str]
    parent_sourced_id: Mapped[str] = mapped_column(default="")

    __table_args__ = (Index("uq_roster_org_sourced_id", "district_id", "sourced_id", unique=True),)


class StagedOrg(Model):
    """A row of orgs.csv."""

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("roster_import.id"))
    line: Mapped[int]
    sourced_id: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    code: Mapped[str] = mapped_column(default="")
    parent_sourced_id: Mapped[str] = mapped_column(default="")
    gone: Mapped[bool] = mapped_column(default=False)
    school_id: Mapped[int | None]

    __table_args__ = (Index("ix_staged_org_sourced_id", "import_id", "sourced_id"),)


class StagedTerm(Model):
    """A row of academicSessions.csv; `last_day` is the day before its exclusive end."""

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("roster_import.id"))
    line: Mapped[int]
    sourced_id: Mapped[str]
    kind: Mapped[str] = mapped_column(default="")
    title: Mapped[str] = mapped_column(default="")
    ends_in: Mapped[int] = mapped_column(default=0)
    first_day: Mapped[date | None]
    last_day: Mapped[date | None]
    gone: Mapped[bool] = mapped_column(default=False)
    term_id: Mapped[int | None]

    __table_args__ = (Index("ix_staged_term_sourced_id", "import_id", "sourced_id"),)


class StagedPerson(Model):
    """A row of users.csv that is of the staff.

    `bare_id` is its id without leading zeros; `holds_email` is 1 where the address is theirs already.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("roster_import.id"))
    line: Mapped[int]
    sourced_id: Mapped[str]
    bare_id: Mapped[str]
    given_name: Mapped[str] = mapped_column(default="")
    family_name: Mapped[str] = mapped_column(default="")
    email: Mapped[str | None]
    enabled: Mapped[bool] = mapped_column(default=True)
    gone: Mapped[bool] = mapped_column(default=False)
    feed_token: Mapped[str]
    person_id: Mapped[int | None]
    holds_email: Mapped[int] = mapped_column(default=0)
    # Of two records of the roster that were made one person here, the one whose name and address don't count.
    follows: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        Index("ix_staged_person_sourced_id", "import_id", "sourced_id"),
        Index("ix_staged_person_email", "import_id", "email"),
        Index("ix_staged_person_person", "import_id", "person_id"),
    )


class StagedRole(Model):
    """What somebody does somewhere: a row of roles.csv, or an organization of a 1.1 row of users.csv.

    `role` is ours, '' where we have none; `school_sourced_id` is '' at the district.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("roster_import.id"))
    file: Mapped[str]
    line: Mapped[int]
    sourced_id: Mapped[str | None]
    user_sourced_id: Mapped[str]
    role: Mapped[str] = mapped_column(default="")
    school_sourced_id: Mapped[str] = mapped_column(default="")
    grade: Mapped[int | None]
    first_day: Mapped[date | None]
    last_day: Mapped[date | None]
    gone: Mapped[bool] = mapped_column(default=False)
    person_id: Mapped[int | None]
    school_id: Mapped[int | None]

    __table_args__ = (
        Index("ix_staged_role_user", "import_id", "user_sourced_id"),
        Index("ix_staged_role_person", "import_id", "person_id"),
        Index("ix_staged_role_sourced_id", "import_id", "sourced_id"),
    )


# What an import read, in the order in which it can be removed.
STAGED = (StagedRole, StagedPerson, StagedTerm, StagedOrg)
