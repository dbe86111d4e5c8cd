"""The staff finder: who holds which badge on a given day, and who is one or two competencies away."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, union_all
from sqlalchemy.orm import aliased, joinedload, selectinload

from seminar.ground.counting import count_of
from seminar.ground.db import db
from seminar.people.appointment import Appointment, current_on
from seminar.people.person import Person, called
from seminar.people.school import School
from seminar.series.catalog import contains
from seminar.skills.award import NEARLY, Award, Progress, progress, valid_on
from seminar.skills.badge import Badge
from seminar.skills.sign_off import SignOff

SIGNED_OFF_LAST = 200


@dataclass(frozen=True)
class Sought:
    """What is looked for; every part but the day may be left out."""

    day: date
    name: str = ""
    badge_id: int | None = None
    school_id: int | None = None
    # Words of a school's name or code, where there are too many schools to choose from.
    school: str = ""
    grades: tuple[int, int] | None = None


@dataclass(frozen=True)
class Found:
    """A person and a badge that they hold on the day."""

    person: Person
    school: School
    badge: Badge
    last_day: date


def _staff(district_id: int, sought: Sought) -> ColumnElement[bool]:
    conditions = [
        *called(district_id, sought.name),
        Appointment.district_id == district_id,
        Appointment.role == "teacher",
        current_on(sought.day),
    ]
    if sought.school_id is not None:
        conditions.append(Appointment.school_id == sought.school_id)
    if sought.school:
        named = [contains(word, School.name, School.code) for word in sought.school.split()[:5]]
        conditions.append(Appointment.school_id.in_(select(School.id).where(School.district_id == district_id, *named)))
    if sought.grades is not None:
        conditions.append(Appointment.grade.between(*sought.grades))
    return and_(*conditions)


def _is_the_last(day: date) -> ColumnElement[bool]:
    """That no other award of the same badge and person, held on that day, lasts longer."""
    other = aliased(Award)
    longer = (other.last_day > Award.last_day) | ((other.last_day == Award.last_day) & (other.id > Award.id))
    same = (other.person_id == Award.person_id) & (other.badge_id == Award.badge_id)
    return ~exists().where(same, other.withdrawn_at.is_(None), other.first_day <= day, longer)


def _is_the_first_there(day: date) -> ColumnElement[bool]:
    """That it is the first of the person's appointments as a teacher at that school, on that day."""
    other = aliased(Appointment)
    same = (other.person_id == Appointment.person_id) & (other.school_id == Appointment.school_id) & (other.role == "teacher")
    current = (other.first_day <= day) & or_(other.last_day.is_(None), other.last_day >= day)
    return ~exists().where(same, current, other.id < Appointment.id)


def _holders(district_id: int, sought: Sought) -> Select[Person, School, Badge, date]:
    query = (
        select(Person, School, Badge, Award.last_day)
        .join(Appointment, Appointment.person_id == Person.id)
        .join(School, School.id == Appointment.school_id)
        .join(Award, Award.person_id == Person.id)
        .join(Badge, Badge.id == Award.badge_id)
        .where(_staff(district_id, sought), valid_on(sought.day), _is_the_last(sought.day), _is_the_first_there(sought.day))
    )
    return query.where(Award.badge_id == sought.badge_id) if sought.badge_id is not None else query


def holders(district_id: int, sought: Sought, *, page: int, size: int) -> tuple[list[Found], int]:
    """A page of who holds a badge that day, a row per person and badge, and how many rows there are."""
    query = _holders(district_id, sought)
    shown = query.order_by(Person.family_name, Person.given_name, Person.id, Badge.name).limit(size).offset((page - 1) * size)
    rows = db.session.execute(shown.options(joinedload(Badge.skill)))
    return [Found(*row) for row in rows], count_of(query.with_only_columns(Person.id))


def nearly_there(district_id: int, sought: Sought, school_ids: set[int] | None, *, most: int = 12) -> list[tuple[Person, Progress]]:
    """Teachers who have begun the badge and are one or two competencies away on that day, the nearest first; of these schools,
    or of all where None: then of those who were signed off last."""
    if sought.badge_id is None or school_ids == set():
        return []
    badge = db.session.scalar(
        select(Badge)
        .where(Badge.id == sought.badge_id, Badge.district_id == district_id)
        .options(joinedload(Badge.skill), selectinload(Badge.competencies), selectinload(Badge.prerequisites))
    )
    if badge is None:
        return []
    asked = [competency.id for competency in badge.competencies if competency.retired_on is None]
    shown = (
        select(func.count(SignOff.competency_id.distinct()))
        .where(
            SignOff.person_id == Person.id, SignOff.competency_id.in_([c.id for c in badge.competencies]), SignOff.withdrawn_at.is_(None)
        )
        .scalar_subquery()
    )
    query = (
        select(Person)
        .join(Appointment, Appointment.person_id == Person.id)
        .where(_staff(district_id, sought), shown >= max(1, len(asked) - NEARLY))
        .where(~exists().where(Award.person_id == Person.id, Award.badge_id == badge.id, valid_on(sought.day)))
    )
    if school_ids is not None:
        query = query.where(Appointment.school_id.in_(school_ids))
    elif sought.school_id is None:
        query = query.where(Person.id.in_(_signed_off_last(asked)))
    people = {person.id: person for person in db.session.scalars(query.order_by(Person.family_name).limit(200))}
    at = progress(people, [badge], sought.day)
    near = [(people[person_id], p) for (person_id, _), p in at.items() if p.is_near]
    return sorted(near, key=lambda one: (len(one[1].owed), one[0].family_name))[:most]


def _signed_off_last(competency_ids: list[int]) -> Select[int]:
    """Who was signed off in one of these last, some hundred of each."""
    parts = []
    for competency_id in competency_ids:
        of_one = select(SignOff.person_id).where(SignOff.competency_id == competency_id, SignOff.withdrawn_at.is_(None))
        parts.append(select(of_one.order_by(SignOff.day.desc()).limit(SIGNED_OFF_LAST).subquery().c.person_id))
    return select(union_all(*parts).subquery().c.person_id) if parts else select(SignOff.person_id).where(false())
