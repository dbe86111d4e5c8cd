"""A city's roster of any size, written straight to a zip: two in a hundred rows bad, three at two schools, namesakes, accents,
apostrophes, and as many pupils as one likes. The same number makes the same file."""

import csv
import io
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

from seminar.people.roster.rows import COLUMNS

GIVEN = ("Ana", "José", "Zoë", "Noël", "Siân", "Mary Jo", "Đức", "Łukasz", "Aoife", "Renée", "Kim", "Omar", "Ruth", "Tessa")
FAMILY = ("O'Brien", "Núñez", "García-López", "Nguyễn", "Smith", "D’Angelo", "van der Berg", "Öztürk", "Lee", "Haddad", "Jensen", "Ito")
# What is done to a bad row of users.csv: the column, and its value.
BAD = (("familyName", ""), ("sourcedId", "no id"), ("status", "tobedeleted"), ("enabledUser", "TRUE"), ("email", "nowhere"))


def write(path: Path, people: int, *, schools: int, moved: float = 0.0, seed: int = 1) -> None:
    """A bulk set of 1.2. `moved`: the share of the people who are at another school than the seed alone would say."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        said = {"manifest.version": "1.0", "oneroster.version": "1.2", "file.orgs": "bulk", "file.users": "bulk", "file.roles": "bulk"}
        _file(archive, "manifest.csv", ("propertyName", "value"), ({"propertyName": n, "value": v} for n, v in said.items()))
        _file(archive, "orgs.csv", COLUMNS["1.2", "orgs.csv"], _orgs(schools))
        _file(archive, "users.csv", COLUMNS["1.2", "users.csv"], _users(people, seed))
        _file(archive, "roles.csv", COLUMNS["1.2", "roles.csv"], _roles(people, schools, moved, seed))


def _file(archive: zipfile.ZipFile, name: str, columns: tuple[str, ...], rows: Iterator[dict[str, str]]) -> None:
    with archive.open(name, "w", force_zip64=True) as stream, io.TextIOWrapper(stream, encoding="utf-8", newline="") as text:
        out = csv.DictWriter(text, columns, restval="")
        out.writeheader()
        out.writerows(rows)


def _orgs(schools: int) -> Iterator[dict[str, str]]:
    yield {"sourcedId": "D", "name": "City", "type": "district"}
    for n in range(schools):
        yield {"sourcedId": f"S{n}", "name": f"School {n}", "type": "school", "identifier": f"{n:05d}", "parentSourcedId": "D"}


def _users(people: int, seed: int) -> Iterator[dict[str, str]]:
    chance = random.Random(seed)
    for n in range(people):
        given, family = chance.choice(GIVEN), chance.choice(FAMILY)
        row = {"sourcedId": f"{n:07d}", "enabledUser": "true", "username": f"u{n}", "givenName": given, "familyName": family}
        row["email"] = f"u{n}@city.example"
        if chance.random() < 0.02:
            column, value = chance.choice(BAD)
            row[column] = value
        yield row
        yield row | {"sourcedId": f"P{n}", "givenName": "Pupil", "email": "", "status": ""}


def _roles(people: int, schools: int, moved: float, seed: int) -> Iterator[dict[str, str]]:
    chance = random.Random(seed + 1)
    for n in range(people):
        school = chance.randrange(schools)
        if chance.random() < moved:
            school = (school + 1) % schools
        role = "principal" if n % 50 == 0 else "teacher"
        row = {"sourcedId": f"r{n}", "userSourcedId": f"{n:07d}", "roleType": "primary", "role": role, "orgSourcedId": f"S{school}"}
        yield row
        if n % 33 == 0:
            yield row | {"sourcedId": f"r{n}b", "roleType": "secondary", "orgSourcedId": f"S{(school + 7) % schools}"}
        yield {"sourcedId": f"rp{n}", "userSourcedId": f"P{n}", "roleType": "primary", "role": "student", "orgSourcedId": f"S{school}"}
