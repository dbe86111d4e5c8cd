"""The rows of users.csv in 1.2, which say who somebody is; what they do was read from roles.csv before."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.refusal import N_
from seminar.people.person import Person
from seminar.people.roster import fields
from seminar.people.roster.fields import Unreadable
from seminar.people.roster.found import UNSURE, Finding, refused
from seminar.people.roster.others import Others
from seminar.people.roster.rows import Row
from seminar.people.roster.settling import take_stock
from seminar.people.roster.shelf import BATCH, Reading
from seminar.people.roster.staff_rows import person_of
from seminar.people.roster.staged import RosterFinding, StagedPerson, StagedRole


def read_users_of_1_2(reading: Reading, others: Others) -> None:
    shelf, strangers = reading.shelf(StagedPerson), 0
    # A statement for each batch looks into them.
    take_stock(StagedRole, RosterFinding, Person)
    for batch in _in_batches(reading.rows("users.csv")):
        ids = [row["sourcedId"] for row in batch]
        met = Met(_with_a_role(reading, ids), _role_refused(reading, ids), _known(reading.one.district_id, ids), others)
        for row in batch:
            try:
                if met.is_a_stranger(row["sourcedId"]) and _is_a_delta(reading):
                    strangers += 1
                elif _is_staff(row, met, reading):
                    reading.note_what_is_odd(row)
                    shelf.put(**person_of(row, reading.source.kinds["users.csv"], reading))
            except Unreadable:
                continue
    shelf.flush()
    if strangers:
        reading.note(Finding("users.csv", 0, "sourcedId", str(strangers), STRANGERS))


STRANGERS = N_(
    "Rows of whom roles.csv says nothing, and whom we don't know: {value}. In a delta those are students as a rule, so they were"
    " passed over."
)


def _is_a_delta(reading: Reading) -> bool:
    """Whether a user without a row in roles.csv is nothing odd: a delta only tells of roles that changed."""
    return reading.source.kinds.get("roles.csv") != "bulk"


def _in_batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


@dataclass(frozen=True)
class Met:
    """Whom of a batch of users we have met before: with a role of the staff, with one that was refused, in our own tables, as others."""

    with_a_role: set[str]
    role_refused: dict[str, bool]
    known: set[str]
    others: Others

    def is_a_stranger(self, user: str) -> bool:
        met = any(user in those for those in (self.with_a_role, self.role_refused, self.known, self.others))
        return bool(user) and not met


def _with_a_role(reading: Reading, ids: list[str]) -> set[str]:
    query = select(StagedRole.user_sourced_id).where(StagedRole.import_id == reading.one.id, StagedRole.user_sourced_id.in_(ids))
    return set(db.session.scalars(query))


def _role_refused(reading: Reading, ids: list[str]) -> dict[str, bool]:
    """By id, whether the row said a role of the staff."""
    reading.findings.flush()
    f = RosterFinding
    query = select(f.about, f.column).where(f.import_id == reading.one.id, f.about.in_(ids), f.file == "roles.csv", f.taken.is_(False))
    return {about: column not in UNSURE for about, column in db.session.execute(query) if about is not None}


def _known(district_id: int, ids: list[str]) -> set[str]:
    query = select(Person.sourced_id).where(Person.district_id == district_id, Person.sourced_id.in_(ids))
    return {sourced_id for sourced_id in db.session.scalars(query) if sourced_id is not None}


def _is_staff(row: Row, met: Met, reading: Reading) -> bool:
    """Whether a row of users.csv is of the staff. Who has no role at all in a bulk set is refused: a row that was forgotten ends nobody."""
    user = row["sourcedId"]
    if user in met.with_a_role or (user in met.known and _is_a_delta(reading)):
        return True
    if user in met.others:
        reading.pass_over(row.file)
        return False
    if not user:
        fields.sourced_id(row, note=reading.note)
    if user in met.role_refused:
        said = user if user in met.known or met.role_refused[user] else ""
        sentence = N_("The row of roles.csv for this user was refused, so this one waits for it.")
        reading.note(refused(row.file, row.line, "sourcedId", said, sentence, about=said))
        return False
    # Staff or a pupil, nobody knows: what the line says stays out of our tables, unless we know them.
    said = user if user in met.known else ""
    sentence = N_("roles.csv has no row for this user, so nobody knows what they do.")
    reading.note(refused(row.file, row.line, "sourcedId", said, sentence, about=said))
    return False
