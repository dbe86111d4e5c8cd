"""Coverage: the share of a school's teachers who hold a valid badge in a skill, against its target.

The enrolled are counted apart, as a forecast: a promise is not a badge.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from seminar.coverage.target import CoverageTarget
from seminar.ground.contributions import Gain
from seminar.ground.db import db
from seminar.people.appointment import Appointment, current_on
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.enrollment import Enrollment
from seminar.series.seminar import Seminar
from seminar.series.series import Meeting, Series
from seminar.skills.award import RUNS_OUT_WITHIN, Award, Progress, progress, valid_on
from seminar.skills.badge import Badge
from seminar.skills.skill import Skill


@dataclass(frozen=True)
class Covered:
    """A skill at a school: how many teachers hold a badge in it, and how many more are enrolled for one."""

    skill: Skill
    teachers: int
    holding: int
    enrolled: int
    target: int | None

    @property
    def percent(self) -> float:
        return round(100 * self.holding / self.teachers, 1) if self.teachers else 0.0

    @property
    def forecast_percent(self) -> float:
        return round(100 * (self.holding + self.enrolled) / self.teachers, 1) if self.teachers else 0.0

    @property
    def short(self) -> int:
        """How many teachers are missing to the target."""
        if self.target is None:
            return 0
        return max(0, -(-self.target * self.teachers // 100) - self.holding)


@dataclass(frozen=True)
class Trained:
    """A teacher of the school, the badges they hold on the day, those that they are enrolled for, and those that they are
    one or two competencies away from."""

    person: Person
    grade: int | None
    awards: tuple[Award, ...]
    enrolled_for: tuple[str, ...]
    near: tuple[Progress, ...]

    @property
    def close(self) -> int:
        """Orders who is trained: most badges first, then who is nearest."""
        return len(self.near) + len(self.enrolled_for)


@dataclass(frozen=True)
class SchoolDay:
    """Everything that a school's page says of one day."""

    skills: list[Covered]
    teachers: list[Trained]
    alone: list[tuple[Badge, Person]]
    grades: list[tuple[int, int, int]]
    runs_out: list[Award]
    trained: int
    forecast: int


def school_day(school: School, day: date, now: datetime) -> SchoolDay:
    """The school on a day; the same few statements however many teachers it has."""
    teachers = _teachers(school, day)
    awards = _awards({a.person_id for a in teachers}, day)
    enrolled = _enrolled({a.person_id for a in teachers}, now)
    near = _near({a.person_id for a in teachers}, school, day)
    rows = [_trained(a, awards.get(a.person_id, []), enrolled.get(a.person_id, []), near.get(a.person_id, [])) for a in teachers]
    holding = {person_id for person_id, own in awards.items() if own}
    return SchoolDay(
        skills=_by_skill(school, rows, enrolled),
        teachers=sorted(rows, key=lambda row: (-len(row.awards), -row.close, row.person.family_name, row.person.given_name)),
        alone=_alone(rows),
        grades=_by_grade(school, rows),
        runs_out=sorted((a for own in awards.values() for a in own if a.last_day <= day + RUNS_OUT_WITHIN), key=lambda a: a.last_day),
        trained=len(holding),
        forecast=len(holding | set(enrolled)),
    )


def gain(person: Person, school: School, skill: Skill, day: date) -> Gain:
    """What a badge of this person in the skill would add at the school; three statements."""
    teachers = {appointment.person_id for appointment in _teachers(school, day)}
    holding = {person_id for person_id, own in _awards(teachers, day).items() if any(award.badge.skill_id == skill.id for award in own)}
    of_school = CoverageTarget.school_id == school.id, CoverageTarget.skill_id == skill.id
    target = db.session.scalar(select(CoverageTarget.percent).where(*of_school))
    now, then = (Covered(skill, len(teachers), len(those), 0, target) for those in (holding, holding | ({person.id} & teachers)))
    return Gain(now.percent, then.percent, target)


def _teachers(school: School, day: date) -> list[Appointment]:
    there = (Appointment.district_id == school.district_id, Appointment.school_id == school.id)
    query = select(Appointment).where(*there, Appointment.role == "teacher", current_on(day))
    found = db.session.scalars(query.options(joinedload(Appointment.person)).order_by(Appointment.id))
    return list({appointment.person_id: appointment for appointment in found}.values())


def _awards(people: set[int], day: date) -> dict[int, list[Award]]:
    """By person, the longest-lasting award of each badge that they hold on the day."""
    query = (
        select(Award)
        .where(Award.person_id.in_(people), valid_on(day))
        .options(joinedload(Award.badge).joinedload(Badge.skill), joinedload(Award.person))
        .order_by(Award.last_day)
    )
    longest = {(award.person_id, award.badge_id): award for award in db.session.scalars(query)}
    found: dict[int, list[Award]] = {}
    for award in longest.values():
        found.setdefault(award.person_id, []).append(award)
    return found


def _enrolled(people: set[int], now: datetime) -> dict[int, list[Seminar]]:
    """By person, the seminars with a badge that they are enrolled in and that haven't ended."""
    last_end = select(func.max(Meeting.ends_at)).where(Meeting.series_id == Series.id).correlate(Series).scalar_subquery()
    query = (
        select(Enrollment.person_id, Seminar)
        .join(Series, Series.id == Enrollment.series_id)
        .join(Seminar, Seminar.id == Series.seminar_id)
        .where(Enrollment.person_id.in_(people), Enrollment.state == "enrolled", Series.canceled_at.is_(None))
        .where(Seminar.badge_id.is_not(None), last_end > now)
        .options(joinedload(Seminar.badge))
    )
    found: dict[int, list[Seminar]] = {}
    for person_id, seminar in db.session.execute(query):
        found.setdefault(person_id, []).append(seminar)
    return found


def _near(people: set[int], school: School, day: date) -> dict[int, list[Progress]]:
    """By person, the badges of which they are one or two competencies away, the nearest first."""
    badges = db.session.scalars(
        select(Badge)
        .where(Badge.district_id == school.district_id, Badge.retired_on.is_(None))
        .options(joinedload(Badge.skill), selectinload(Badge.competencies), selectinload(Badge.prerequisites))
    ).all()
    found: dict[int, list[Progress]] = {}
    for (person_id, _), at in progress(people, badges, day).items():
        if at.is_near:
            found.setdefault(person_id, []).append(at)
    return {person_id: sorted(near, key=lambda at: (len(at.owed), at.badge.name)) for person_id, near in found.items()}


def _trained(appointment: Appointment, awards: list[Award], enrolled: list[Seminar], near: list[Progress]) -> Trained:
    held = {award.badge_id for award in awards}
    coming = sorted({s.badge.name for s in enrolled if s.badge and s.badge_id not in held})
    return Trained(appointment.person, appointment.grade, tuple(sorted(awards, key=lambda a: a.last_day)), tuple(coming), tuple(near))


def _by_grade(school: School, rows: list[Trained]) -> list[tuple[int, int, int]]:
    """By grade of the school: the grade, how many of its teachers hold a badge, and how many there are."""
    grades = range(school.grade_first, school.grade_last + 1)
    return [(g, sum(1 for r in rows if r.grade == g and r.awards), sum(1 for r in rows if r.grade == g)) for g in grades]


def _by_skill(school: School, rows: list[Trained], enrolled: dict[int, list[Seminar]]) -> list[Covered]:
    skills = db.session.scalars(select(Skill).where(Skill.district_id == school.district_id).order_by(Skill.position)).all()
    targets = {
        skill_id: percent
        for skill_id, percent in db.session.execute(
            select(CoverageTarget.skill_id, CoverageTarget.percent).where(CoverageTarget.school_id == school.id)
        )
    }
    covered = []
    for skill in skills:
        holding = {row.person.id for row in rows if any(award.badge.skill_id == skill.id for award in row.awards)}
        aiming = {person_id for person_id, seminars in enrolled.items() if any(s.skill_id == skill.id for s in seminars)}
        covered.append(Covered(skill, len(rows), len(holding), len(aiming - holding), targets.get(skill.id)))
    return sorted(covered, key=lambda one: -one.percent)


def _alone(rows: list[Trained]) -> list[tuple[Badge, Person]]:
    """Badges that one single teacher of the school holds, by name."""
    by_badge: dict[int, list[tuple[Badge, Person]]] = {}
    for row in rows:
        for award in row.awards:
            by_badge.setdefault(award.badge_id, []).append((award.badge, row.person))
    return sorted((held[0] for held in by_badge.values() if len(held) == 1), key=lambda one: one[0].name)
