"""What a new district needs of this room: skills with their badges, and somebody who may sign them off."""

from datetime import datetime

from flask_babel import lazy_gettext
from sqlalchemy import exists, or_, select

from seminar.ground.contributions import Place, Step
from seminar.ground.db import db
from seminar.people.district import District
from seminar.skills.access import edits_skills
from seminar.skills.badge import Badge
from seminar.skills.skill import Clearance


def skill_steps(district: District, now: datetime) -> list[Step]:
    badge = exists().where(Badge.district_id == district.id, Badge.retired_on.is_(None))
    return [
        Step(
            lazy_gettext("Skills"),
            lazy_gettext("What people learn, and the badges that open the equipment. Take over what fits from the starting set."),
            "skills.show_starting_set",
            db.session.scalar(select(badge)) or False,
        )
    ]


def clearance_steps(district: District, now: datetime) -> list[Step]:
    """Somebody must be cleared, or nobody ever earns a badge."""
    today = district.day(now)
    standing = or_(Clearance.last_day.is_(None), Clearance.last_day >= today)
    cleared = exists().where(Clearance.district_id == district.id, Clearance.first_day <= today, standing)
    return [
        Step(
            lazy_gettext("Cleared trainers"),
            lazy_gettext("Say which trainer may sign off which skill. Without one, nobody earns a badge in it."),
            "skills.show_skills",
            db.session.scalar(select(cleared)) or False,
        )
    ]


def settings_pages() -> list[Place]:
    return [
        Place(
            lazy_gettext("Skills from the starting set"),
            lazy_gettext("Takes over skills with their badges and what each asks for. It changes nothing that you have already."),
            "skills.show_starting_set",
            edits_skills,
        )
    ]
