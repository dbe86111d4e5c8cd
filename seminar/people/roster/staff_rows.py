"""Who works where, of a row: of users.csv in 1.1, which says it all, and of roles.csv in 1.2.

Pupils and their families are passed over before anything of them is kept.
"""

import secrets
from typing import Any

from seminar.ground.refusal import N_
from seminar.people.roster import fields
from seminar.people.roster.fields import Unreadable
from seminar.people.roster.found import Finding, refused
from seminar.people.roster.orgs import Places
from seminar.people.roster.others import Others
from seminar.people.roster.primary_roles import PrimaryRoles
from seminar.people.roster.rows import Row
from seminar.people.roster.shelf import Reading
from seminar.people.roster.staged import StagedPerson, StagedRole

# Pupils and their families: their rows are passed over, and nothing of them is stored.
NOT_STAFF = ("student", "parent", "guardian", "relative")
STAFF = {
    "1.1": ("administrator", "aide", "proctor", "teacher"),
    "1.2": ("aide", "counselor", "districtAdministrator", "principal", "proctor", "siteAdministrator", "systemAdministrator", "teacher"),
}


def read_users_of_1_1(reading: Reading, places: Places) -> None:
    people, roles = reading.shelf(StagedPerson), reading.shelf(StagedRole)
    kind = reading.source.kinds.get("users.csv", "")
    for row in reading.rows("users.csv"):
        try:
            role = staff_role(row, "1.1", reading)
            if role is None:
                continue
            reading.note_what_is_odd(row)
            person = person_of(row, kind, reading)
            for school in _schools_of(row, places, reading) if not person["gone"] else ():
                roles.put(**_role(row, role, school), sourced_id=None, user_sourced_id=person["sourced_id"], gone=False)
            people.put(**person)
        except Unreadable:
            continue
    people.flush()
    roles.flush()


def staff_role(row: Row, version: str, reading: Reading) -> str | None:
    """The standard's word for what they do; None for pupils and families, '' for a record that is deleted and says it no more. Raises
    Unreadable for a word that it hasn't."""
    said = row["role"]
    if not said and row["status"].lower() in fields.GONE:
        return ""
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


def person_of(row: Row, kind: str, reading: Reading) -> dict[str, Any]:
    sourced_id = fields.sourced_id(row, note=reading.note)
    gone = fields.is_gone(row, kind=kind, about=sourced_id, note=reading.note)
    values: dict[str, Any] = {
        "line": row.line,
        "sourced_id": sourced_id,
        "bare_id": sourced_id.lstrip("0"),
        # Of who goes the id is enough: it may be a pupil's.
        "given_name": "" if gone else (row["preferredGivenName"] or row["givenName"])[:80],
        "family_name": "" if gone else (row["preferredFamilyName"] or row["familyName"])[:80],
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
    if not ids:
        sentence = N_("There is no organization, so nobody knows where they work.")
        reading.note(refused(row.file, row.line, "orgSourcedIds", "", sentence, about=row["sourcedId"]))
    for one in unknown:
        # The rest of the row is taken; that it is noted as refused keeps what they hold where nobody can look.
        sentence = NO_PLACE_BUT_OTHERS if found else NO_PLACE
        reading.note(refused(row.file, row.line, "orgSourcedIds", one, sentence, about=row["sourcedId"], also=one))
    if not found:
        raise Unreadable
    return found


NO_PLACE = N_("No school and no district has the id {value}.")
NO_PLACE_BUT_OTHERS = N_("No school and no district has the id {value}. What the row says of other places was taken, and nothing is ended.")


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


def read_roles(reading: Reading, places: Places) -> Others:
    """roles.csv of 1.2. Answers who has a row there that isn't the staff's."""
    shelf, others, primary = reading.shelf(StagedRole), Others(), PrimaryRoles()
    kind = reading.source.kinds.get("roles.csv", "")
    for row in reading.rows("roles.csv"):
        try:
            role = staff_role(row, "1.2", reading)
            if role is None:
                others.add(row["userSourcedId"])
                continue
            reading.note_what_is_odd(row)
            values = _role_of_1_2(row, role, kind, places, reading)
        except Unreadable:
            continue
        shelf.put(**values)
        if not values["gone"]:
            primary.add(row)
    shelf.flush()
    primary.note_those_that_overlap(reading)
    return others


def _role_of_1_2(row: Row, role: str, kind: str, places: Places, reading: Reading) -> dict[str, Any]:
    if kind == "delta" and row["status"].lower() in fields.GONE:
        # A role that goes is known by its own id, and its row may say nothing else.
        fields.sourced_id(row, note=reading.note)
        fields.is_gone(row, kind=kind, about=row["userSourcedId"], note=reading.note)
        gone_one = {"sourced_id": row["sourcedId"], "user_sourced_id": row["userSourcedId"], "first_day": None, "last_day": None}
        return {**_role(row, role, ""), **gone_one, "gone": True}
    user = fields.sourced_id(row, "userSourcedId", note=reading.note)
    gone = fields.is_gone(row, kind=kind, about=user, note=reading.note)
    org = row["orgSourcedId"]
    if org not in places.school and not gone:
        reading.note(refused(row.file, row.line, "orgSourcedId", org, NO_PLACE, about=user, also=org))
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
