"""A neighborhood's schools and who works there: teachers with their grade, a principal, a maker contact, and its own trainers."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import cycle
from typing import NamedTuple

from inventory.demo.scaled.bulk import Book
from inventory.demo.scaled.names import people_names, place_name
from inventory.demo.scaled.place import Place
from inventory.demo.scaled.size import Size

# (what follows the place's name, first grade, last grade, how many teachers beside the others, how often)
LEVELS = (("Elementary", 0, 5, 38, 58), ("K–8", 0, 8, 52, 12), ("Middle", 6, 8, 48, 15), ("High", 9, 12, 74, 15))
TARGETS = (60, 25, 40, 30, 50)
# So many schools share a coach.
COACHED = 8


class Teacher(NamedTuple):
    person_id: int
    school_id: int
    grade: int


@dataclass
class Neighborhood:
    """Some schools beside each other, with the trainers that they share."""

    place: Place
    book: Book
    chance: random.Random
    number: int
    # By id, their names.
    schools: dict[int, str] = field(default_factory=dict)
    teachers: list[Teacher] = field(default_factory=list)
    # By skill, who is cleared to sign it off.
    trainers: dict[int, int] = field(default_factory=dict)

    def once_in(self, count: int) -> bool:
        return self.chance.randrange(count) == 0


def settle(here: Neighborhood, size: Size, first_school: int) -> None:
    """Make the schools and everybody who works there; `first_school` numbers the district's schools through."""
    names = people_names(here.chance)
    kinds = here.chance.choices(LEVELS, [level[4] for level in LEVELS], k=size.schools)
    weights = [round(teachers * here.chance.uniform(0.7, 1.3)) for _, _, _, teachers, _ in kinds]
    parts = size.shared(weights)
    for number, (kind, part) in enumerate(zip(kinds, parts, strict=True), first_school):
        _school(here, number, kind, part.teachers, names)
    for skill_id in here.place.skill_ids:
        here.trainers[skill_id] = trainer = _person(here, names)
        _appoint(here, trainer, "trainer")
        cleared = {"person_id": trainer, "skill_id": skill_id, "first_day": here.place.today - timedelta(days=1500)}
        here.book.add("clearance", {"district_id": here.place.district_id, **cleared})
    coaches = [_person(here, names) for _ in range(0, len(here.schools), COACHED)]
    for n, school_id in enumerate(here.schools):
        _appoint(here, coaches[n // COACHED], "coach", school_id=school_id)
    _appoint(here, _person(here, names), "program_manager" if here.number % 12 == 0 else "equipment_manager")


def _school(here: Neighborhood, number: int, kind: tuple[str, int, int, int, int], teachers: int, names: Iterator[tuple[str, str]]) -> None:
    place, name = here.place, place_name(number)
    level, first, last = kind[:3]
    school_id = here.book.add(
        "school",
        {
            "district_id": place.district_id,
            "code": f"{number:05d}",
            "name": f"{name} {level}",
            "grade_first": first,
            "grade_last": last,
            "address": f"{here.chance.randrange(100, 9900)} {name} Road",
            "delivery_stop": f"Van {here.number + 1}, {8 + number % 4}:{10 * (number % 6):02d}",
        },
    )
    here.schools[school_id] = f"{name} {level}"
    for skill_id, percent in zip(place.skill_ids, TARGETS, strict=True):
        target = {"school_id": school_id, "skill_id": skill_id, "district_id": place.district_id, "percent": percent - 5 * (number % 3)}
        here.book.put("coverage_target", target)
    grades = cycle(range(first, last + 1))
    for n in range(teachers):
        teacher = Teacher(_person(here, names), school_id, next(grades))
        _teaches(here, teacher)
        if n == 0:
            _appoint(here, teacher.person_id, "maker_contact", school_id=school_id)
    _appoint(here, _person(here, names), "principal", school_id=school_id, source="roster")


def _teaches(here: Neighborhood, teacher: Teacher) -> None:
    """Since some years; one in fifteen was at another school of the neighborhood before, and one in eighty is at two."""
    beside = next((school_id for school_id in here.schools if school_id != teacher.school_id), None)
    began = here.place.today - timedelta(days=here.chance.randrange(420, 9000))
    if beside is not None and here.once_in(15):
        moved = began + (here.place.today - timedelta(days=400) - began) / 2
        _appoint(here, teacher.person_id, "teacher", beside, teacher.grade, began, moved, source="roster")
        began = moved + timedelta(days=1)
    if beside is not None and here.once_in(80):
        _appoint(here, teacher.person_id, "teacher", beside, teacher.grade, began, source="roster")
    _appoint(here, teacher.person_id, "teacher", teacher.school_id, teacher.grade, began, source="roster")
    here.teachers.append(teacher)


def _person(here: Neighborhood, names: Iterator[tuple[str, str]]) -> int:
    """Somebody; with an account where the place has a password, so that the demo's sign-in lets them in."""
    place, (given, family) = here.place, next(names)
    row = {"district_id": place.district_id, "given_name": given, "family_name": family, "may_sign_in": True}
    row["feed_token"] = f"{here.chance.getrandbits(192):048x}"
    person_id = here.book.add("person", row)
    row["email"] = f"person{person_id}@{place.domain}"
    if place.password_hash:
        account = {"person_id": person_id, "district_id": place.district_id, "password_hash": place.password_hash}
        here.book.put("account", {**account, "changed_at": place.now})
    return person_id


def _appoint(
    here: Neighborhood,
    person_id: int,
    role: str,
    school_id: int | None = None,
    grade: int | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
    source: str = "hand",
) -> None:
    row = {"district_id": here.place.district_id, "person_id": person_id, "role": role, "school_id": school_id, "grade": grade}
    row |= {"first_day": first_day or here.place.today - timedelta(days=1500), "last_day": last_day, "source": source}
    here.book.add("appointment", row)
