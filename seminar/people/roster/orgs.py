"""Where an organization of the roster is, to us: at a school, or at the district.

A department lies in the school above it. What lies in none, and is no district, is nowhere that anybody can be appointed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# The standard's types (binding, OrgType), and Microsoft's further ones, which it hasn't.
TYPES = ("department", "school", "district", "local", "state", "national")
AT_THE_DISTRICT = ("district", "local", "state", "national")


@dataclass(frozen=True)
class Org:
    sourced_id: str
    kind: str
    parent: str


@dataclass(frozen=True)
class Places:
    """`school` by organization: the sourcedId of its school, '' at the district; organizations without a place are in `nowhere`,
    those whose parents lead back to themselves in `in_circles`."""

    school: Mapping[str, str]
    nowhere: frozenset[str]
    in_circles: frozenset[str]


def places_of(orgs: Iterable[Org]) -> Places:
    by_id = {org.sourced_id: org for org in orgs}
    school: dict[str, str] = {}
    nowhere, in_circles = set(), set()
    for org in by_id.values():
        found, circle = _school_above(org, by_id)
        if circle:
            in_circles.add(org.sourced_id)
        if found is None:
            nowhere.add(org.sourced_id)
        else:
            school[org.sourced_id] = found
    return Places(school, frozenset(nowhere), frozenset(in_circles))


def _school_above(org: Org, by_id: Mapping[str, Org]) -> tuple[str | None, bool]:
    """The school that it is or lies in, and whether its parents go round in a circle."""
    seen: set[str] = set()
    found: str | None = None
    one: Org | None = org
    while one is not None:
        if one.sourced_id in seen:
            return found, True
        seen.add(one.sourced_id)
        if found is None and one.kind == "school":
            found = one.sourced_id
        elif found is None and one.kind in AT_THE_DISTRICT:
            found = ""
        one = by_id.get(one.parent) if one.parent else None
    return found, False
