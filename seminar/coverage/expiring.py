"""What runs out around a new school year: by school, the badges of its teachers."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from seminar.ground.db import db
from seminar.people.appointment import Appointment, current_on
from seminar.people.school import School
from seminar.skills.award import Award


@dataclass(frozen=True)
class Expiring:
    """A school, how many badges of its teachers run out before the new year begins, and how many in it."""

    school: School
    before: int
    within: int


def badges_running_out(district_id: int, *, today: date, first_day: date, last_day: date) -> list[Expiring]:
    """By name of the school, those with a badge that runs out from today through the new year's last day. One statement.
    A badge that was renewed already runs out with its longest award."""
    longest = (
        select(Award.person_id, Award.badge_id, func.max(Award.last_day).label("last_day"))
        .where(Award.district_id == district_id, Award.withdrawn_at.is_(None))
        .group_by(Award.person_id, Award.badge_id)
        .subquery()
    )
    query = (
        select(School, func.count().filter(longest.c.last_day < first_day), func.count().filter(longest.c.last_day >= first_day))
        .join(Appointment, Appointment.school_id == School.id)
        .join(longest, longest.c.person_id == Appointment.person_id)
        .where(School.district_id == district_id, Appointment.role == "teacher", current_on(today))
        .where(longest.c.last_day.between(today, last_day))
        .group_by(School.id)
        .order_by(School.name)
    )
    return [Expiring(*row) for row in db.session.execute(query)]
