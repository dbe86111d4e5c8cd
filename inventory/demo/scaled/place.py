"""A district as the generator needs it: plain facts, read once, so that a million rows are made without asking the database."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from inventory.demo.catalog import MODELS
from inventory.demo.world import World
from inventory.depot import OpenDays, open_days
from seminar.ground.db import db
from seminar.people.appointment import Appointment
from seminar.people.calendar import SchoolYear
from seminar.skills.badge import Badge

# So far back goes the year that is told, and so far ahead is planned.
BACK, AHEAD = timedelta(days=330), timedelta(days=100)
TAG_PREFIXES = {model[0]: model[4] for model in MODELS}


@dataclass(frozen=True)
class BadgeFacts:
    id: int
    name: str
    skill_id: int
    months: int
    competencies: tuple[int, ...]
    prerequisites: tuple[int, ...]


@dataclass(frozen=True)
class SeminarFacts:
    id: int
    title: str
    skill_id: int
    badge_id: int | None
    grades: tuple[int, int]


@dataclass(frozen=True)
class ModelFacts:
    id: int
    prefix: str
    badge_ids: tuple[int, ...]
    most_days: int
    turnaround: int


@dataclass(frozen=True)
class Place:
    """A district with its skills, what it teaches and lends, and the days on which it is open."""

    district_id: int
    domain: str
    timezone: str
    today: date
    now: datetime
    password_hash: str
    keeper_id: int
    program_id: int
    skill_ids: tuple[int, ...]
    badges: dict[int, BadgeFacts]
    seminars: tuple[SeminarFacts, ...]
    models: tuple[ModelFacts, ...]
    opened: OpenDays
    open_days: tuple[date, ...]
    school_years: tuple[tuple[date, date], ...]

    def open_index(self, day: date) -> int:
        """Where in open_days that day stands, or the first one after it."""
        return bisect_left(self.open_days, day)

    def is_school_day(self, day: date) -> bool:
        return self.opened.is_open(day) and any(first <= day <= last for first, last in self.school_years)


def place_of(world: World, password_hash: str) -> Place:
    """The facts of a district that was made by the demo's own steps, which are flushed."""
    district = world.district
    today, opened = district.day(world.now), open_days(district.id)
    years = db.session.execute(select(SchoolYear.first_day, SchoolYear.last_day).where(SchoolYear.district_id == district.id))
    around = (today - BACK + timedelta(days=n) for n in range((BACK + AHEAD).days + 60))
    return Place(
        district_id=district.id,
        domain=f"{district.code.lower()}.example",
        timezone=district.timezone,
        today=today,
        now=world.now,
        password_hash=password_hash,
        keeper_id=_holder(district.id, "equipment_manager"),
        program_id=_holder(district.id, "program_manager"),
        skill_ids=tuple(skill.id for skill in world.skills.values()),
        badges={badge.id: _badge(badge) for badge in world.badges.values()},
        seminars=tuple(SeminarFacts(s.id, s.title, s.skill_id, s.badge_id, (s.grade_first, s.grade_last)) for s in world.seminars.values()),
        models=tuple(
            ModelFacts(m.id, TAG_PREFIXES[m.name], tuple(b.id for b in m.badges), m.max_loan_days, m.turnaround_open_days)
            for m in world.models.values()
        ),
        opened=opened,
        open_days=tuple(day for day in around if opened.is_open(day)),
        school_years=tuple((first, last) for first, last in years),
    )


def _holder(district_id: int, role: str) -> int:
    held = select(Appointment.person_id).where(Appointment.district_id == district_id, Appointment.role == role)
    return db.session.scalars(held.order_by(Appointment.id).limit(1)).one()


def _badge(badge: Badge) -> BadgeFacts:
    competencies, first = tuple(c.id for c in badge.competencies), tuple(b.id for b in badge.prerequisites)
    return BadgeFacts(badge.id, badge.name, badge.skill_id, badge.valid_months, competencies, first)
