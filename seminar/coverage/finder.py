"""The staff finder: who holds which badge on a given day, and who is one or two competencies away."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import joinedload, selectinload

from seminar.ground.db import db
from seminar.people.appointment import Appointment, current_on
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.catalog import contains
from seminar.skills.award import NEARLY, Award, Progress, progress, valid_on
from seminar.skills.badge import Badge, Competency
from seminar.skills.sign_off import SignOff


@dataclass(frozen=True)
class Sought:
    """What is looked for; every part but the day may be left out."""

    day: date
    name: str = ""
    badge_id: int | None = None
    school_id: int | None = None
    grades: tuple[int, int] | None = None


@dataclass(frozen=True)
class Found:
    """A person and a badge that they hold on the day."""

    person: Person
    school: School
    badge: Badge
    last_day: date


def _staff(district_id: int, sought: Sought) -> ColumnElement[bool]:
    conditions = [Appointment.district_id == district_id, Appointment.role == "teacher", current_on(sought.day)]
    conditions += [contains(word, Person.given_name, Person.family_name) for word in sought.name.split()[:5]]
    if sought.school_id is not None:
        conditions.append(Appointment.school_id == sought.school_id)
    if sought.grades is not None:
        conditions.append(Appointment.grade.between(*sought.grades))
    return and_(*conditions)


def _holders(district_id: int, sought: Sought) -> Select[Person, School, Badge, date]:
    query = (
        select(Person, School, Badge, func.max(Award.last_day))
        .join(Appointment, Appointment.person_id == Person.id)
        .join(School, School.id == Appointment.school_id)
        .join(Award, Award.person_id == Person.id)
        .join(Badge, Badge.id == Award.badge_id)
        .where(_staff(district_id, sought), valid_on(sought.day))
        .group_by(Person.id, School.id, Badge.id)
    )
    return query.where(Award.badge_id == sought.badge_id) if sought.badge_id is not None else query


def holders(district_id: int, sought: Sought, *, page: int, size: int) -> tuple[list[Found], int]:
    """A page of who holds a badge that day, a row per person and badge, and how many rows there are."""
    query = _holders(district_id, sought)
    total = db.session.scalar(select(func.count()).select_from(query.with_only_columns(Person.id).subquery())) or 0
    shown = query.order_by(Person.family_name, Person.given_name, Person.id, Badge.name).limit(size).offset((page - 1) * size)
    rows = db.session.execute(shown.options(joinedload(Badge.skill)))
    return [Found(*row) for row in rows], total


def nearly_there(district_id: int, sought: Sought, school_ids: set[int] | None, *, most: int = 12) -> list[tuple[Person, Progress]]:
    """Teachers who have begun the badge and are one or two competencies away on that day, the nearest first; of these schools,
    or of all where None."""
    if sought.badge_id is None or school_ids == set():
        return []
    badge = db.session.scalar(
        select(Badge)
        .where(Badge.id == sought.badge_id, Badge.district_id == district_id)
        .options(joinedload(Badge.skill), selectinload(Badge.competencies), selectinload(Badge.prerequisites))
    )
    if badge is None:
        return []
    asked = sum(1 for competency in badge.competencies if competency.retired_on is None)
    begun = (
        select(SignOff.person_id)
        .join(Competency, Competency.id == SignOff.competency_id)
        .where(Competency.badge_id == badge.id, SignOff.withdrawn_at.is_(None))
        .group_by(SignOff.person_id)
        .having(func.count(SignOff.competency_id.distinct()) >= asked - NEARLY)
    )
    query = select(Person).join(Appointment, Appointment.person_id == Person.id).where(_staff(district_id, sought), Person.id.in_(begun))
    if school_ids is not None:
        query = query.where(Appointment.school_id.in_(school_ids))
    people = {person.id: person for person in db.session.scalars(query.order_by(Person.family_name).limit(200))}
    at = progress(people, [badge], sought.day)
    near = [(people[person_id], p) for (person_id, _), p in at.items() if p.is_near]
    return sorted(near, key=lambda one: (len(one[1].owed), one[0].family_name))[:most]
