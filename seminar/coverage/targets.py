"""Setting the targets of coverage: which share of a school's teachers should hold a badge in a skill.

Laws: a target is 1 to 100 percent, or there is none; what was set before stays on record.
"""

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext
from sqlalchemy import delete, exists, insert, literal, select

from seminar.coverage.target import CoverageTarget
from seminar.ground import history
from seminar.ground.contributions import Place, Step
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.access import runs_the_program
from seminar.people.district import District
from seminar.people.person import Person
from seminar.people.school import School
from seminar.skills.skill import Skill

Targets = dict[tuple[int, int], int]


def targets_of(schools: list[School]) -> Targets:
    """By school and skill, in percent; what isn't in it has none. One statement."""
    rows = select(CoverageTarget.school_id, CoverageTarget.skill_id, CoverageTarget.percent)
    found = db.session.execute(rows.where(CoverageTarget.school_id.in_([school.id for school in schools])))
    return {(school_id, skill_id): percent for school_id, skill_id, percent in found}


def set_targets(schools: list[School], wanted: Targets, *, by: Person, now: datetime) -> int:
    """These are the schools' targets now, and no others; answers at how many schools something changed. The same statements
    for any number of schools."""
    before = targets_of(schools)
    changed = [school for school in schools if _of(before, school) != _of(wanted, school)]
    if not changed:
        return 0
    _refuse_nonsense(list(wanted.values()))
    db.session.execute(delete(CoverageTarget).where(CoverageTarget.school_id.in_([school.id for school in changed])))
    rows: list[dict[str, Any]] = [
        {"school_id": school.id, "skill_id": skill_id, "district_id": school.district_id, "percent": percent}
        for school in changed
        for skill_id, percent in _of(wanted, school).items()
    ]
    if rows:
        db.session.execute(insert(CoverageTarget), rows)
    for school in changed:
        history.record(by, "targets set", school, now, before=_of(before, school), after=_of(wanted, school))
    db.session.flush()
    return len(changed)


def _of(targets: Targets, school: School) -> dict[int, int]:
    return {skill_id: percent for (school_id, skill_id), percent in targets.items() if school_id == school.id}


def _refuse_nonsense(percents: list[int]) -> None:
    if not all(1 <= percent <= 100 for percent in percents):
        raise Refused(N_("A target is 1 to 100 percent, or nothing."))


def set_everywhere(district: District, skill: Skill, percent: int, *, by: Person, now: datetime) -> None:
    """The same target at every school that isn't closed, whatever it was there before. Raises Refused for no percentage."""
    _refuse_nonsense([percent])
    today = district.day(now)
    open_ones = (School.district_id == district.id) & (School.closed_on.is_(None) | (School.closed_on > today))
    of_skill = (CoverageTarget.skill_id == skill.id) & CoverageTarget.school_id.in_(select(School.id).where(open_ones))
    db.session.execute(delete(CoverageTarget).where(of_skill))
    columns = ["school_id", "skill_id", "district_id", "percent"]
    rows = select(School.id, literal(skill.id), literal(district.id), literal(percent)).where(open_ones)
    db.session.execute(insert(CoverageTarget).from_select(columns, rows))
    history.record(by, "targets set", skill, now, percent=percent)
    db.session.flush()


def target_steps(district: District, now: datetime) -> list[Step]:
    there = exists().where(CoverageTarget.district_id == district.id)
    return [
        Step(
            lazy_gettext("Targets"),
            lazy_gettext("Which share of a school's teachers should be trained in a skill. Principals see their gap against it."),
            "coverage.show_targets",
            db.session.scalar(select(there)) or False,
        )
    ]


def settings_pages() -> list[Place]:
    return [
        Place(
            lazy_gettext("Targets of coverage"),
            lazy_gettext("The share of teachers to be trained, by school and skill. Each school's page and principal shows the gap."),
            "coverage.show_targets",
            runs_the_program,
        )
    ]
