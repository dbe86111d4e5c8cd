"""What the PD office does with skills: skills, badges, what a badge asks for, and who is cleared to sign off.

Laws: who holds a badge keeps it when its rule changes; nothing is deleted, it is retired with a day.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from seminar.ground import history
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.person import Person
from seminar.skills.award import award_after_a_change
from seminar.skills.badge import Badge, Competency, badge_prerequisite
from seminar.skills.skill import Clearance, Skill


@dataclass(frozen=True)
class BadgeRule:
    """What a badge is called and stands for, how long it lasts, and what comes before it."""

    name: str
    description: str
    level: int
    glyph: str
    valid_months: int
    attendance_percent: int | None
    prerequisites: list[Badge]


def save_skill(skill: Skill, *, name: str, look: str, by: Person, now: datetime) -> None:
    """Add or change a skill. Raises Refused for a name that another one has."""
    twin = select(Skill.id).where(Skill.district_id == skill.district_id, Skill.name == name, Skill.id != (skill.id or 0))
    if db.session.scalar(twin) is not None:
        raise Refused(N_("There is a skill called {name} already."), field="name", name=name)
    if skill.id is None:
        last = select(func.max(Skill.position)).where(Skill.district_id == skill.district_id)
        skill.position = (db.session.scalar(last) or 0) + 1
    skill.name, skill.look = name, look
    db.session.add(skill)
    db.session.flush()
    history.record(by, "skill saved", skill, now, name=name)


def save_badge(badge: Badge, rule: BadgeRule, *, today: date, by: Person, now: datetime) -> None:
    """Add or change a badge; where it asks for less now, it follows. Raises Refused for a name that another one has, and where
    it would come before itself."""
    with db.session.no_autoflush:
        twin = select(Badge.id).where(Badge.district_id == badge.district_id, Badge.name == rule.name, Badge.id != (badge.id or 0))
        if db.session.scalar(twin) is not None:
            raise Refused(N_("There is a badge called {name} already."), field="name", name=rule.name)
        _refuse_circle(badge, rule.prerequisites)
    badge.name, badge.description, badge.level, badge.glyph = rule.name, rule.description, rule.level, rule.glyph
    badge.valid_months, badge.attendance_percent = rule.valid_months, rule.attendance_percent
    badge.prerequisites = rule.prerequisites
    db.session.add(badge)
    db.session.flush()
    history.record(by, "badge saved", badge, now, name=rule.name, prerequisites=[b.id for b in rule.prerequisites])
    award_after_a_change(badge, now=now, day=today)


def _refuse_circle(badge: Badge, prerequisites: list[Badge]) -> None:
    """A badge can't build on one that builds on it."""
    edges = db.session.execute(
        select(badge_prerequisite.c.badge_id, badge_prerequisite.c.required_id)
        .join(Badge, Badge.id == badge_prerequisite.c.badge_id)
        .where(Badge.district_id == badge.district_id)
    ).all()
    for first in prerequisites:
        below, new = {first.id}, {first.id}
        while new:
            new = {required for holder, required in edges if holder in new} - below
            below |= new
        if badge.id in below:
            sentence = N_("{first} builds on {badge}, so it can't come before it.")
            raise Refused(sentence, field="prerequisites", first=first.name, badge=badge.name)


def retire_badge(badge: Badge, *, today: date, by: Person, now: datetime) -> None:
    """It is earned no more; who holds it keeps it. Retired once is retired."""
    if badge.retired_on is None:
        badge.retired_on = today
        history.record(by, "badge retired", badge, now)


def take_up_badge(badge: Badge, *, today: date, by: Person, now: datetime) -> None:
    """It can be earned again, and whoever has shown everything has it."""
    if badge.retired_on is not None:
        badge.retired_on = None
        history.record(by, "badge taken up again", badge, now)
        award_after_a_change(badge, now=now, day=today)


def add_competency(badge: Badge, *, name: str, is_safety: bool, today: date, by: Person, now: datetime) -> Competency:
    """Asked for from today. Raises Refused where the badge asks for it already."""
    if any(competency.name == name for competency in badge.competencies):
        raise Refused(N_("{badge} asks for that already."), field="name", badge=badge.name)
    last = max((competency.position for competency in badge.competencies), default=0)
    competency = Competency(
        district_id=badge.district_id, badge_id=badge.id, name=name, is_safety=is_safety, position=last + 1, asked_since=today
    )
    db.session.add(competency)
    db.session.flush()
    history.record(by, "competency added", competency, now, badge=badge.id, name=name)
    return competency


def retire_competency(competency: Competency, *, today: date, by: Person, now: datetime) -> None:
    """The badge asks for it no more; what was signed off stays, and whoever has shown the rest has the badge."""
    if competency.retired_on is None:
        competency.retired_on = today
        history.record(by, "competency retired", competency, now)
        award_after_a_change(competency.badge, now=now, day=today)


def ask_again(competency: Competency, *, today: date, by: Person, now: datetime) -> None:
    """The badge asks for it from today again; who holds the badge keeps it."""
    if competency.retired_on is not None:
        competency.retired_on, competency.asked_since = None, today
        history.record(by, "competency taken up again", competency, now)


def clear(trainer: Person, skill: Skill, *, today: date, by: Person, now: datetime) -> None:
    """The trainer may sign off the skill from today; cleared twice is cleared."""
    held = select(Clearance.id).where(Clearance.person_id == trainer.id, Clearance.skill_id == skill.id, Clearance.last_day.is_(None))
    if db.session.scalar(held) is not None:
        return
    clearance = Clearance(district_id=trainer.district_id, person_id=trainer.id, skill_id=skill.id, first_day=today)
    db.session.add(clearance)
    db.session.flush()
    history.record(by, "cleared", clearance, now, person=trainer.id, skill=skill.name)


def end_clearance(clearance: Clearance, *, today: date, by: Person, now: datetime) -> None:
    """With today as its last day; what was signed off stands."""
    if clearance.last_day is None:
        clearance.last_day = max(today, clearance.first_day)
        history.record(by, "clearance ended", clearance, now, person=clearance.person_id)
