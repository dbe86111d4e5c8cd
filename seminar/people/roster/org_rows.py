"""The rows of orgs.csv: what each organization is, and whether it has a place here."""

from typing import Any

from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.refusal import N_
from seminar.people.roster import fields
from seminar.people.roster.fields import Unreadable
from seminar.people.roster.found import Finding, refused
from seminar.people.roster.orgs import TYPES, Org, Places, places_of
from seminar.people.roster.rows import Row
from seminar.people.roster.shelf import TWICE, Reading
from seminar.people.roster.staged import RosterOrg, StagedOrg


def read_orgs(reading: Reading) -> Places:
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
    reading.note_what_is_odd(row)
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
