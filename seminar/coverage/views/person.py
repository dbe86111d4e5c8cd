"""A person's page: badges for everybody of the district, progress for whom it is meant for."""

from dataclasses import dataclass

from flask import redirect, render_template, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from seminar.coverage.views import coverage
from seminar.ground.db import db
from seminar.people.appointment import Standing, standing
from seminar.people.person import Person
from seminar.series.enrollment import Enrollment
from seminar.series.series import series_trainer
from seminar.skills.award import awards_of, progress
from seminar.skills.badge import Badge, Competency
from seminar.skills.sign_off import SignOff
from seminar.skills.signing import cleared_skills
from seminar.web.asked import asked_id
from seminar.web.requires import requires, works_here
from seminar.web.viewer import found_or_404, me


@dataclass(frozen=True)
class Sees:
    """How much of a person the viewer sees."""

    progress: bool
    sign_offs: bool


def sees_of(viewer: Standing, person: Person, their_schools: set[int]) -> Sees:
    """By contracts.md's table: oneself and the program manager all, a principal their staff's progress without notes, a
    trainer the people of their own series."""
    if viewer.person.id == person.id or viewer.has("program_manager"):
        return Sees(progress=True, sign_offs=True)
    if viewer.has("trainer") and _in_their_series(viewer.person.id, person.id):
        return Sees(progress=True, sign_offs=True)
    return Sees(progress=bool(viewer.school_ids("principal") & their_schools), sign_offs=False)


def _in_their_series(trainer_id: int, person_id: int) -> bool:
    query = (
        select(Enrollment.id)
        .join(series_trainer, series_trainer.c.series_id == Enrollment.series_id)
        .where(series_trainer.c.person_id == trainer_id, Enrollment.person_id == person_id, Enrollment.state == "enrolled")
    )
    return db.session.scalar(query.limit(1)) is not None


@coverage.get("/people/<int:person_id>")
@requires(works_here)
def show_person(person_id: int) -> object:
    person: Person = found_or_404(db.session.get(Person, person_id))
    if person.merged_into_id is not None:
        return redirect(url_for("coverage.show_person", person_id=person.merged_into_id), 303)
    return person_page(person)


def person_page(person: Person) -> str:
    viewer = me()
    theirs = standing(person, viewer.day)
    sees = sees_of(viewer, person, theirs.school_ids())
    cleared = cleared_skills(viewer.person, viewer.day) if viewer.has("trainer", "coach") and viewer.person.id != person.id else set()
    badges = db.session.scalars(
        select(Badge)
        .where(Badge.district_id == person.district_id, Badge.retired_on.is_(None))
        .options(joinedload(Badge.skill), selectinload(Badge.competencies), selectinload(Badge.prerequisites))
        .order_by(Badge.name)
    ).all()
    at = progress([person.id], badges, viewer.day) if sees.progress or cleared else {}
    signable = [badge for badge in badges if badge.skill_id in cleared]
    chosen = next((b for b in signable if b.id == asked_id("badge")), None)
    return render_template(
        "coverage/person.html",
        person=person,
        appointments=theirs.appointments,
        awards=[a for a in awards_of(person) if sees.progress or a.last_day >= viewer.day],
        begun=[p for p in at.values() if p.shown and p.award is None and sees.progress],
        sign_offs=_sign_offs(person, by=None if sees.sign_offs else viewer.person) if sees.sign_offs or cleared else None,
        signable=signable,
        chosen=chosen,
        chosen_at=at.get((person.id, chosen.id)) if chosen else None,
        day=viewer.day,
        undoable=cleared if person.id != viewer.person.id else set(),
    )


def _sign_offs(person: Person, by: Person | None) -> list[SignOff]:
    """The latest of the person's sign-offs; only those by one trainer, for a trainer who sees no others."""
    query = (
        select(SignOff)
        .where(SignOff.person_id == person.id)
        .options(joinedload(SignOff.competency).joinedload(Competency.badge), joinedload(SignOff.trainer))
        .order_by(SignOff.at.desc(), SignOff.id.desc())
        .limit(60)
    )
    return list(db.session.scalars(query if by is None else query.where(SignOff.trainer_id == by.id)))
