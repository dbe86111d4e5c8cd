"""What the program manager does with schools: adding, changing, closing with a day and a reason, and taking that back.

Laws: a code and a name are one school's; a school is closed, never deleted; a code is text, its leading zeros stay.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from seminar.ground import contributions, history
from seminar.ground.contributions import Touched
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.appointment import Appointment, current_on
from seminar.people.person import Person
from seminar.people.school import School


@dataclass(frozen=True)
class SchoolRule:
    """What a school is called, whom it teaches, where things are brought to, whether its people's seats are approved, and whether it has
    Title I money."""

    code: str
    name: str
    grade_first: int
    grade_last: int
    address: str
    delivery_stop: str
    asks_approval: bool = False
    title_one: bool = False


def save_school(school: School, rule: SchoolRule, *, by: Person, now: datetime) -> None:
    """Add or change a school. Raises Refused for a code or a name that another one has, and for grades the wrong way round."""
    if rule.grade_first > rule.grade_last:
        raise Refused(N_("The last grade is below the first one."), field="grade_last")
    others = School.district_id == school.district_id, School.id != (school.id or 0)
    with db.session.no_autoflush:
        if db.session.scalar(select(School.id).where(*others, School.code == rule.code)) is not None:
            raise Refused(N_("Another school has the code {code} already."), field="code", code=rule.code)
        if db.session.scalar(select(School.id).where(*others, School.name == rule.name)) is not None:
            raise Refused(N_("There is a school called {name} already."), field="name", name=rule.name)
    is_new = school.id is None
    school.code, school.name = rule.code, rule.name
    school.grade_first, school.grade_last = rule.grade_first, rule.grade_last
    school.address, school.delivery_stop = rule.address, rule.delivery_stop
    school.asks_approval, school.title_one = rule.asks_approval, rule.title_one
    db.session.add(school)
    db.session.flush()
    history.record(by, "school added" if is_new else "school changed", school, now, code=rule.code, name=rule.name, aided=rule.title_one)


def goes_on_at(school: School, day: date, now: datetime) -> tuple[int, list[Touched]]:
    """How many people are appointed there on the day, and what else goes on from it."""
    appointed = select(func.count(Appointment.person_id.distinct())).where(Appointment.school_id == school.id, current_on(day))
    touched = [one for closing in contributions.school_closing for one in closing(school, day, now)]
    return db.session.scalar(appointed) or 0, touched


def close_school(school: School, *, day: date, reason: str, by: Person, now: datetime) -> None:
    """From that day nothing new is at the school; appointments and loans there go on until somebody ends them. Raises Refused
    where it is closed already."""
    if school.closed_on is not None:
        raise closed_already(school)
    school.closed_on = day
    db.session.flush()
    history.record(by, "school closed", school, now, day=day.isoformat(), reason=reason)


def closed_already(school: School) -> Refused:
    return Refused(N_("{school} is closed already, from {day} on."), status=409, school=school.name, day=school.closed_on)


def reopen_school(school: School, *, by: Person, now: datetime) -> None:
    """Take the closing back; open twice is open."""
    if school.closed_on is not None:
        before, school.closed_on = school.closed_on, None
        db.session.flush()
        history.record(by, "school reopened", school, now, before=before.isoformat())
