"""The gate: who may be the responsible teacher of a loan (rule 6).

A trained teacher of that school, holding every badge that the models ask for, from the first day through the last, with
a current appointment there all the while. The same for staff: nobody passes it by.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from inventory.equipment import EquipmentModel
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.appointment import Appointment
from seminar.people.person import Person
from seminar.people.school import School
from seminar.skills.award import Award, Progress, progress
from seminar.skills.badge import Badge


@dataclass(frozen=True)
class Lack:
    """A badge that somebody doesn't hold through these days, with how far they are."""

    badge: Badge
    progress: Progress
    # The last day of an award that ends too early for these days.
    runs_out: date | None


@dataclass(frozen=True)
class Candidate:
    """A teacher of the school, and what they lack for these models on these days."""

    person: Person
    grade: int | None
    lacks: tuple[Lack, ...]
    leaves: date | None
    awards: tuple[Award, ...]

    @property
    def may(self) -> bool:
        return not self.lacks and self.leaves is None


def badges_for(models: Iterable[EquipmentModel]) -> list[Badge]:
    """Every badge that one of the models asks for, by name."""
    ids = {badge.id for model in models for badge in model.badges}
    query = select(Badge).where(Badge.id.in_(ids)).options(selectinload(Badge.competencies), selectinload(Badge.prerequisites))
    return list(db.session.scalars(query.order_by(Badge.name)))


def candidates(school: School, badges: list[Badge], first: date, last: date) -> list[Candidate]:
    """Every teacher of the school on the first day, who may first, then who is nearest; the same statements for any number."""
    teaching = (
        select(Appointment)
        .where(Appointment.school_id == school.id, Appointment.role == "teacher", Appointment.first_day <= first)
        .where(or_(Appointment.last_day.is_(None), Appointment.last_day >= first))
        .options(selectinload(Appointment.person))
        .order_by(Appointment.id)
    )
    appointments: dict[int, Appointment] = {}
    for appointment in db.session.scalars(teaching):
        there = appointments.get(appointment.person_id)
        if there is None or there.last_day is not None:
            appointments[appointment.person_id] = appointment
    at = progress(appointments, badges, first)
    held = _awards_on(set(appointments), badges, first)
    found = [_candidate(a, badges, first, last, at, held) for a in appointments.values()]
    return sorted(found, key=lambda c: (not c.may, sum(len(lack.progress.owed) for lack in c.lacks), c.person.family_name, c.person.id))


def _awards_on(people: set[int], badges: list[Badge], day: date) -> dict[tuple[int, int], Award]:
    """The longest-lasting award that each person holds of each badge on that day."""
    query = select(Award).where(
        Award.person_id.in_(people),
        Award.badge_id.in_([badge.id for badge in badges]),
        Award.first_day <= day,
        Award.last_day >= day,
        Award.withdrawn_at.is_(None),
    )
    return {(a.person_id, a.badge_id): a for a in db.session.scalars(query.order_by(Award.last_day))}


def _candidate(
    appointment: Appointment,
    badges: list[Badge],
    first: date,
    last: date,
    at: dict[tuple[int, int], Progress],
    held: dict[tuple[int, int], Award],
) -> Candidate:
    person = appointment.person
    awards = [held[person.id, b.id] for b in badges if (person.id, b.id) in held]
    long_enough = {award.badge_id for award in awards if award.last_day >= last}
    lacks = tuple(
        Lack(badge, at[person.id, badge.id], held[person.id, badge.id].last_day if (person.id, badge.id) in held else None)
        for badge in badges
        if badge.id not in long_enough
    )
    leaves = appointment.last_day if appointment.last_day is not None and appointment.last_day < last else None
    return Candidate(person, appointment.grade, lacks, leaves, tuple(awards))


def check(school: School, person: Person, models: list[EquipmentModel], first: date, last: date) -> dict[str, Any]:
    """What was checked, to be kept with the reservation. Raises Refused, naming what the person lacks."""
    badges = badges_for(models)
    candidate = next((c for c in candidates(school, badges, first, last) if c.person.id == person.id), None)
    if candidate is None:
        raise Refused(
            N_("{name} isn't a teacher of {school} on {day}. Choose one of its teachers."),
            field="responsible",
            name=person.name,
            school=school.name,
            day=first.isoformat(),
        )
    if candidate.leaves is not None:
        raise Refused(
            N_("{name} is a teacher of {school} through {day} only. Choose an earlier return day, or somebody else."),
            field="responsible",
            name=person.name,
            school=school.name,
            day=candidate.leaves.isoformat(),
        )
    for lack in candidate.lacks:
        _refuse_for(candidate, lack)
    return {"awards": [{"badge": a.badge_id, "award": a.id, "last_day": a.last_day.isoformat()} for a in candidate.awards]}


def _refuse_for(candidate: Candidate, lack: Lack) -> None:
    name, badge = candidate.person.name, lack.badge.name
    if lack.runs_out is not None:
        raise Refused(
            N_("{name} holds {badge} through {day} only, which is inside these days. Choose an earlier return day, or somebody else."),
            field="responsible",
            name=name,
            badge=badge,
            day=lack.runs_out.isoformat(),
        )
    raise Refused(
        N_("{name} doesn't hold {badge} yet: {count} of its {total} competencies are still to be shown. Choose somebody who does."),
        field="responsible",
        name=name,
        badge=badge,
        count=len(lack.progress.owed),
        total=lack.progress.total,
    )
