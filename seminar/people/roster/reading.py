"""Reading a set into the staging tables, row by row, in batches: memory doesn't grow with the rows.

Of users.csv only the staff is kept. In 1.1 a row says itself what the person does; in 1.2 roles.csv says so, and is read first.
"""

import secrets
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any, Protocol

from sqlalchemy import insert, select

from seminar.ground.db import db
from seminar.ground.refusal import N_
from seminar.people.person import Person
from seminar.people.roster import fields
from seminar.people.roster.fields import Unreadable
from seminar.people.roster.found import Finding, Note, refused
from seminar.people.roster.orgs import TYPES, Org, Places, places_of
from seminar.people.roster.rows import Row
from seminar.people.roster.staged import RosterFinding, RosterImport, RosterOrg, StagedOrg, StagedPerson, StagedRole, StagedTerm

BATCH = 2000
# Pupils and their families: their rows are passed over, and nothing of them is stored.
NOT_STAFF = ("student", "parent", "guardian", "relative")
STAFF = {
    "1.1": ("administrator", "aide", "proctor", "teacher"),
    "1.2": ("aide", "counselor", "districtAdministrator", "principal", "proctor", "siteAdministrator", "systemAdministrator", "teacher"),
}
SESSION_TYPES = ("gradingPeriod", "semester", "schoolYear", "term")


class Source(Protocol):
    """Whatever gives the rows of a set: a set of files, or a district's server."""

    version: str
    kinds: dict[str, str]
    findings: list[Finding]

    def rows(self, file: str, note: Note) -> Iterator[Row]: ...


class Shelf:
    """Rows for one table, put there a batch at a time."""

    def __init__(self, model: type[Any], import_id: int) -> None:
        self.model, self.import_id, self.rows = model, import_id, list[dict[str, Any]]()

    def put(self, **values: Any) -> None:
        self.rows.append({"import_id": self.import_id, **values})
        if len(self.rows) >= BATCH:
            self.flush()

    def flush(self) -> None:
        if self.rows:
            db.session.execute(insert(self.model), self.rows)
            self.rows = []


class Reading:
    """One set on its way into the staging tables."""

    def __init__(self, one: RosterImport, source: Source, today: date) -> None:
        self.one, self.source, self.today = one, source, today
        self.findings = Shelf(RosterFinding, one.id)
        self.passed_over: dict[str, int] = {}

    def note(self, finding: Finding) -> None:
        self.findings.put(**vars(finding))

    def rows(self, file: str) -> Iterator[Row]:
        """The rows of that file, where the set has it."""
        return self.source.rows(file, self.note) if file in self.source.kinds else iter(())

    def pass_over(self, file: str) -> None:
        self.passed_over[file] = self.passed_over.get(file, 0) + 1

    def shelf(self, model: type[Any]) -> Shelf:
        return Shelf(model, self.one.id)


def stage(one: RosterImport, source: Source, *, today: date) -> None:
    """Read all of the set. Raises WrongSet where it is wrong as a whole; the caller rolls back then."""
    reading = Reading(one, source, today)
    for finding in source.findings:
        reading.note(finding)
    places = _read_orgs(reading)
    _read_terms(reading)
    if source.version == "1.1":
        _read_users_of_1_1(reading, places)
    else:
        others = _read_roles(reading, places)
        _read_users_of_1_2(reading, others)
    reading.findings.flush()
    one.passed_over = reading.passed_over


def _read_orgs(reading: Reading) -> Places:
    kind, shelf, orgs = reading.source.kinds.get("orgs.csv", ""), reading.shelf(StagedOrg), dict[str, Org]()
    known = {} if kind == "bulk" else _known_orgs(reading.one.district_id)
    staged: dict[str, dict[str, Any]] = {}
    for row in reading.rows("orgs.csv"):
        try:
            values = _org(row, kind, reading)
        except Unreadable:
            continue
        if values["sourced_id"] in staged:
            _refuse_the_second(row, values["sourced_id"], reading)
            continue
        staged[values["sourced_id"]] = values
        if not values["gone"]:
            orgs[values["sourced_id"]] = Org(values["sourced_id"], values["kind"], values["parent_sourced_id"])
    gone = {sourced_id for sourced_id, values in staged.items() if values["gone"]}
    everywhere = {sourced_id: org for sourced_id, org in known.items() if sourced_id not in gone} | orgs
    places = places_of(everywhere.values())
    for values in staged.values():
        if _has_a_place(values, places, everywhere, reading):
            shelf.put(**values)
    shelf.flush()
    return places


def _known_orgs(district_id: int) -> dict[str, Org]:
    """What earlier imports told, for a delta to refer to."""
    query = select(RosterOrg.sourced_id, RosterOrg.kind, RosterOrg.parent_sourced_id).where(RosterOrg.district_id == district_id)
    return {sourced_id: Org(sourced_id, kind, parent) for sourced_id, kind, parent in db.session.execute(query)}


def _org(row: Row, kind: str, reading: Reading) -> dict[str, Any]:
    sourced_id = fields.sourced_id(row, note=reading.note)
    gone = fields.is_gone(row, kind=kind, about=sourced_id, note=reading.note)
    what = row["type"]
    if not gone and what not in TYPES and not what.startswith("ext:"):
        right = next((one for one in TYPES if one.lower() == what.lower()), None)
        sentence = (
            N_("{value} is no type of organization; one is {other}.")
            if right is None
            else N_("{value} is written {other}. The row was taken.")
        )
        reading.note(Finding(row.file, row.line, "type", what, sentence, right or ", ".join(TYPES), sourced_id, taken=right is not None))
        if right is None:
            raise Unreadable
        what = right
    if not gone and not row["name"]:
        reading.note(refused(row.file, row.line, "name", "", N_("There is no name."), about=sourced_id))
        raise Unreadable
    return {
        "line": row.line,
        "sourced_id": sourced_id,
        "kind": what,
        "name": row["name"][:200],
        "code": (row["identifier"] or sourced_id)[:80],
        "parent_sourced_id": row["parentSourcedId"],
        "gone": gone,
    }


def _refuse_the_second(row: Row, sourced_id: str, reading: Reading) -> None:
    reading.note(refused(row.file, row.line, "sourcedId", sourced_id, TWICE, about=sourced_id))


TWICE = N_("The id {value} stands in an earlier line already; that one was taken.")


def _has_a_place(values: dict[str, Any], places: Places, everywhere: dict[str, Org], reading: Reading) -> bool:
    """Whether an organization can be taken; says what is wrong with its parents."""
    sourced_id, parent, at = values["sourced_id"], values["parent_sourced_id"], ("orgs.csv", values["line"], "parentSourcedId")
    if values["gone"]:
        return True
    if sourced_id in places.in_circles:
        reading.note(refused(*at, parent, N_("Its parents lead back to itself."), about=sourced_id))
        return False
    if parent and parent not in everywhere:
        lost = values["kind"] == "department"
        sentence = N_("No organization has the id {value}. Without it nobody knows which school this department is in.")
        kept = N_("No organization has the id {value}. The row was taken all the same.")
        reading.note(Finding(*at, parent, sentence if lost else kept, about=sourced_id, taken=not lost))
        return not lost
    if sourced_id in places.nowhere:
        reading.note(refused(*at, parent, N_("It lies in no school and no district, so nobody can be appointed there."), about=sourced_id))
        return False
    return True


def _read_terms(reading: Reading) -> None:
    shelf, kind = reading.shelf(StagedTerm), reading.source.kinds.get("academicSessions.csv", "")
    for row in reading.rows("academicSessions.csv"):
        try:
            shelf.put(**_term(row, kind, reading))
        except Unreadable:
            continue
    shelf.flush()


def _term(row: Row, kind: str, reading: Reading) -> dict[str, Any]:
    sourced_id = fields.sourced_id(row, note=reading.note)
    gone = fields.is_gone(row, kind=kind, about=sourced_id, note=reading.note)
    values: dict[str, Any] = {"line": row.line, "sourced_id": sourced_id, "gone": gone, "kind": row["type"], "title": row["title"][:200]}
    if gone:
        return values | {"ends_in": 0, "first_day": None, "last_day": None}
    if row["type"] not in SESSION_TYPES and not row["type"].startswith("ext:"):
        sentence = N_("{value} is no type of session; one is {other}.")
        reading.note(refused(row.file, row.line, "type", row["type"], sentence, about=sourced_id, other=", ".join(SESSION_TYPES)))
        raise Unreadable
    first = fields.a_day(row, "startDate", about=sourced_id, note=reading.note)
    last = fields.a_day(row, "endDate", about=sourced_id, note=reading.note, exclusive=True)
    if first is None or last is None or last < first:
        sentence = N_("It ends before it begins: endDate is the first day that is no longer part of it.")
        reading.note(
            refused(
                row.file, row.line, "endDate", row["endDate"], sentence if first and last else N_("A day is missing."), about=sourced_id
            )
        )
        raise Unreadable
    year = row["schoolYear"]
    if not (year.isdigit() and 2000 <= int(year) <= 2100):
        reading.note(
            refused(
                row.file,
                row.line,
                "schoolYear",
                year,
                N_("{value} is no school year; one is the year that it ends in, as 2027."),
                about=sourced_id,
            )
        )
        raise Unreadable
    return values | {"ends_in": int(year), "first_day": first, "last_day": last}


def _read_users_of_1_1(reading: Reading, places: Places) -> None:
    people, roles = reading.shelf(StagedPerson), reading.shelf(StagedRole)
    kind = reading.source.kinds.get("users.csv", "")
    for row in reading.rows("users.csv"):
        try:
            role = _staff_role(row, "1.1", reading)
            if role is None:
                continue
            person = _person(row, kind, reading)
            for school in _schools_of(row, places, reading) if not person["gone"] else ():
                roles.put(**_role(row, role, school), sourced_id=None, user_sourced_id=person["sourced_id"], gone=False)
            people.put(**person)
        except Unreadable:
            continue
    people.flush()
    roles.flush()


def _staff_role(row: Row, version: str, reading: Reading) -> str | None:
    """The standard's word for what they do; None for pupils and families. Raises Unreadable for a word that it hasn't."""
    said = row["role"]
    small = {one.lower(): one for one in (*STAFF[version], *NOT_STAFF)}
    role = small.get(said.lower())
    if role in NOT_STAFF:
        reading.pass_over(row.file)
        return None
    if said.startswith("ext:"):
        # A word of the sender's own may be for pupils too: it is never taken for the staff's.
        reading.pass_over(row.file)
        return None
    column_of_user = "sourcedId" if row.file == "users.csv" else "userSourcedId"
    if role is None:
        sentence = N_("{value} is no role of OneRoster {other}.") if said else N_("There is no role.")
        # The value of a role is nobody's secret; who the row is about may be a pupil, and is kept only as an id that ends nobody.
        reading.note(refused(row.file, row.line, "role", said, sentence, about=row[column_of_user] or None, other=version))
        raise Unreadable
    if role != said:
        reading.note(
            Finding(row.file, row.line, "role", said, N_("{value} is written {other}. The row was taken."), role, row[column_of_user])
        )
    return role


def _person(row: Row, kind: str, reading: Reading) -> dict[str, Any]:
    sourced_id = fields.sourced_id(row, note=reading.note)
    gone = fields.is_gone(row, kind=kind, about=sourced_id, note=reading.note)
    values: dict[str, Any] = {
        "line": row.line,
        "sourced_id": sourced_id,
        "bare_id": sourced_id.lstrip("0"),
        "given_name": (row["preferredGivenName"] or row["givenName"])[:80],
        "family_name": (row["preferredFamilyName"] or row["familyName"])[:80],
        "email": None,
        "enabled": True,
        "gone": gone,
        "feed_token": secrets.token_urlsafe(24),
    }
    if gone:
        return values
    missing = [name for name in ("givenName", "familyName") if not row[name]]
    if missing:
        reading.note(refused(row.file, row.line, missing[0], "", N_("There is no name."), about=sourced_id))
        raise Unreadable
    return values | {
        "email": fields.an_email(row, note=reading.note),
        "enabled": fields.is_true(row, "enabledUser", default=True, note=reading.note),
    }


def _schools_of(row: Row, places: Places, reading: Reading) -> list[str]:
    """Of a 1.1 row, the schools that its organizations are or lie in, each once; '' is the district. Raises Unreadable without any."""
    ids = [one.strip() for one in row["orgSourcedIds"].split(",") if one.strip()]
    unknown = [one for one in ids if one not in places.school]
    found = list(dict.fromkeys(places.school[one] for one in ids if one in places.school))
    if unknown or not ids:
        sentence = (
            N_("No school and no district has the id {value}.") if ids else N_("There is no organization, so nobody knows where they work.")
        )
        reading.note(Finding(row.file, row.line, "orgSourcedIds", ", ".join(unknown), sentence, "", row["sourcedId"], taken=bool(found)))
    if not found:
        raise Unreadable
    return found


def _role(row: Row, role: str, school: str) -> dict[str, Any]:
    """What that word is here, at a school or at the district; '' for staff whom we give no role by the roster."""
    ours = OURS.get((role, "district" if school == "" else "school"), "")
    return {
        "file": row.file,
        "line": row.line,
        "role": ours,
        "school_sourced_id": school if ours != "program_manager" else "",
        "grade": fields.a_grade(row) if ours == "teacher" else None,
    }


# The standard has no principal before 1.2: an administrator of a school is one, and an administrator of the district runs the program.
OURS = {
    ("teacher", "school"): "teacher",
    ("administrator", "school"): "principal",
    ("administrator", "district"): "program_manager",
    ("principal", "school"): "principal",
    ("siteAdministrator", "school"): "principal",
    ("districtAdministrator", "district"): "program_manager",
}


def _read_roles(reading: Reading, places: Places) -> "Others":
    """roles.csv of 1.2. Answers who has a row there that isn't the staff's."""
    shelf, others, kind = reading.shelf(StagedRole), Others(), reading.source.kinds.get("roles.csv", "")
    for row in reading.rows("roles.csv"):
        try:
            role = _staff_role(row, "1.2", reading)
            if role is None:
                others.add(row["userSourcedId"])
                continue
            shelf.put(**_role_of_1_2(row, role, kind, places, reading))
        except Unreadable:
            continue
    shelf.flush()
    return others


def _role_of_1_2(row: Row, role: str, kind: str, places: Places, reading: Reading) -> dict[str, Any]:
    user = fields.sourced_id(row, "userSourcedId", note=reading.note)
    gone = fields.is_gone(row, kind=kind, about=user, note=reading.note)
    org = row["orgSourcedId"]
    if org not in places.school and not gone:
        reading.note(refused(row.file, row.line, "orgSourcedId", org, N_("No school and no district has the id {value}."), about=user))
        raise Unreadable
    first = fields.a_day(row, "beginDate", about=user, note=reading.note)
    last = fields.a_day(row, "endDate", about=user, note=reading.note, exclusive=True)
    if first is not None and last is not None and last < first:
        reading.note(refused(row.file, row.line, "endDate", row["endDate"], N_("The role ends before it begins."), about=user))
        raise Unreadable
    over = last is not None and last < reading.today
    values = _role(row, role, places.school.get(org, ""))
    return {
        **values,
        "sourced_id": row["sourcedId"] or None,
        "user_sourced_id": user,
        "first_day": first,
        "last_day": last,
        "gone": gone or over,
    }


class Others:
    """Who has a role that isn't the staff's: eight bytes of a hash each, so that no pupil is stored, and little is remembered."""

    def __init__(self) -> None:
        self._hashes = array("Q")
        self._sorted = True

    def add(self, user: str) -> None:
        self._hashes.append(_hash(user))
        self._sorted = False

    def __contains__(self, user: str) -> bool:
        if not self._sorted:
            self._hashes, self._sorted = array("Q", sorted(self._hashes)), True
        place = bisect_left(self._hashes, _hash(user))
        return place < len(self._hashes) and self._hashes[place] == _hash(user)


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def _read_users_of_1_2(reading: Reading, others: "Others") -> None:
    shelf = reading.shelf(StagedPerson)
    for batch in _in_batches(reading.rows("users.csv")):
        ids = [row["sourcedId"] for row in batch]
        met = Met(_with_a_role(reading, ids), _role_refused(reading, ids), _known(reading.one.district_id, ids), others)
        for row in batch:
            try:
                if _is_staff(row, met, reading):
                    shelf.put(**_person(row, reading.source.kinds["users.csv"], reading))
            except Unreadable:
                continue
    shelf.flush()


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
    role_refused: set[str]
    known: set[str]
    others: "Others"


def _with_a_role(reading: Reading, ids: list[str]) -> set[str]:
    query = select(StagedRole.user_sourced_id).where(StagedRole.import_id == reading.one.id, StagedRole.user_sourced_id.in_(ids))
    return set(db.session.scalars(query))


def _role_refused(reading: Reading, ids: list[str]) -> set[str]:
    reading.findings.flush()
    f = RosterFinding
    query = select(f.about).where(f.import_id == reading.one.id, f.about.in_(ids), f.file == "roles.csv", f.taken.is_(False))
    return {about for about in db.session.scalars(query) if about is not None}


def _known(district_id: int, ids: list[str]) -> set[str]:
    query = select(Person.sourced_id).where(Person.district_id == district_id, Person.sourced_id.in_(ids))
    return {sourced_id for sourced_id in db.session.scalars(query) if sourced_id is not None}


def _is_staff(row: Row, met: Met, reading: Reading) -> bool:
    """Whether a row of users.csv is of the staff. Who has no role at all in a bulk set is refused: a row that was forgotten ends nobody."""
    user = row["sourcedId"]
    if user in met.with_a_role or (user in met.known and reading.source.kinds.get("roles.csv") != "bulk"):
        return True
    if user in met.others:
        reading.pass_over(row.file)
        return False
    if not user:
        fields.sourced_id(row, note=reading.note)
    if user in met.role_refused:
        sentence = N_("The row of roles.csv for {value} was refused, so this one waits for it.")
        reading.note(refused(row.file, row.line, "sourcedId", user, sentence, about=user))
        return False
    # Staff or a pupil, nobody knows: what the line says stays out of our tables, unless we know them.
    said = user if user in met.known else ""
    sentence = N_("roles.csv has no row for this user, so nobody knows what they do.")
    reading.note(refused(row.file, row.line, "sourcedId", said, sentence, about=said))
    return False
