"""The gate: who may be the responsible teacher of a loan (rule 6).

A trained teacher of that school, holding every badge that the models ask for, from the first day through the last, with
a current appointment there all the while. The same for staff: nobody passes it by.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload, selectinload

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

    @property
    def kind(self) -> str:
        """yes, soon (may, but not for all of these days) or wait (lacks a badge)."""
        if self.may:
            return "yes"
        return "soon" if all(lack.runs_out is not None for lack in self.lacks) else "wait"


@dataclass(frozen=True)
class Claim:
    """What the gate is asked: may this person answer for what needs these badges, at this school, on these days?"""

    school: School
    person: Person
    badges: tuple[Badge, ...]
    first: date
    last: date


@dataclass(frozen=True)
class _Records:
    """What decides, read at once for many people and badges."""

    appointments: dict[tuple[int, int], list[Appointment]]
    awards: dict[tuple[int, int], list[Award]]
    at: dict[tuple[int, int], Progress]


def badges_for(models: Iterable[EquipmentModel]) -> list[Badge]:
    """Every badge that one of the models asks for, by name."""
    ids = {badge.id for model in models for badge in model.badges}
    if not ids:
        return []
    query = select(Badge).where(Badge.id.in_(ids)).options(joinedload(Badge.skill))
    query = query.options(selectinload(Badge.competencies), selectinload(Badge.prerequisites))
    return list(db.session.scalars(query.order_by(Badge.name)))


def _records(people: Iterable[int], badges: Iterable[Badge], day: date) -> _Records:
    ids, asked = set(people), list(badges)
    teaching = select(Appointment).where(Appointment.person_id.in_(ids), Appointment.role == "teacher").order_by(Appointment.first_day)
    held = select(Award).where(Award.person_id.in_(ids), Award.badge_id.in_([b.id for b in asked]), Award.withdrawn_at.is_(None))
    appointments: dict[tuple[int, int], list[Appointment]] = {}
    for appointment in db.session.scalars(teaching):
        appointments.setdefault((appointment.person_id, appointment.school_id or 0), []).append(appointment)
    awards: dict[tuple[int, int], list[Award]] = {}
    for award in db.session.scalars(held.order_by(Award.last_day)):
        awards.setdefault((award.person_id, award.badge_id), []).append(award)
    return _Records(appointments, awards, progress(ids, asked, day))


def _candidate(claim: Claim, records: _Records) -> Candidate | None:
    """None for who is no teacher of the school on the first day."""
    person = claim.person
    there = [
        a
        for a in records.appointments.get((person.id, claim.school.id), [])
        if a.first_day <= claim.first and (a.last_day is None or a.last_day >= claim.first)
    ]
    if not there:
        return None
    lasting = max(there, key=lambda a: a.last_day or date.max)
    leaves = lasting.last_day if lasting.last_day is not None and lasting.last_day < claim.last else None
    lacks: list[Lack] = []
    awards: list[Award] = []
    for badge in claim.badges:
        held = [a for a in records.awards.get((person.id, badge.id), []) if a.first_day <= claim.first <= a.last_day]
        awards += held[-1:]
        if not held or held[-1].last_day < claim.last:
            lacks.append(Lack(badge, records.at[person.id, badge.id], held[-1].last_day if held else None))
    return Candidate(person, lasting.grade, tuple(lacks), leaves, tuple(awards))


def candidates(school: School, badges: list[Badge], first: date, last: date) -> list[Candidate]:
    """Every teacher of the school on the first day, who may first, then who is nearest; the same statements for any number."""
    teaching = (
        select(Person)
        .join(Appointment, Appointment.person_id == Person.id)
        .where(Appointment.district_id == school.district_id, Appointment.school_id == school.id)
        .where(Appointment.role == "teacher", Appointment.first_day <= first)
        .where(or_(Appointment.last_day.is_(None), Appointment.last_day >= first))
        .distinct()
    )
    people = list(db.session.scalars(teaching))
    records = _records([person.id for person in people], badges, first)
    asked = (_candidate(Claim(school, person, tuple(badges), first, last), records) for person in people)
    found = [candidate for candidate in asked if candidate is not None]
    return sorted(found, key=lambda c: (not c.may, sum(len(lack.progress.owed) for lack in c.lacks), c.person.family_name, c.person.id))


def check(school: School, person: Person, models: list[EquipmentModel], first: date, last: date) -> dict[str, Any]:
    """What was checked, to be kept with the reservation. Raises Refused, naming what the person lacks."""
    badges = badges_for(models)
    claim = Claim(school, person, tuple(badges), first, last)
    candidate = _candidate(claim, _records([person.id], badges, first))
    refused = _refusal(claim, candidate)
    if candidate is None or refused is not None:
        raise refused or AssertionError("the gate says no without a reason")
    return kept(badges, candidate.awards)


def kept(badges: Iterable[Badge], awards: Iterable[Award]) -> dict[str, Any]:
    """What was asked for and what was shown, as it is kept with a reservation."""
    shown = [{"badge": award.badge_id, "award": award.id, "last_day": award.last_day.isoformat()} for award in awards]
    return {"badges": [badge.id for badge in badges], "awards": shown}


def refusals(claims: list[Claim], day: date) -> list[Refused | None]:
    """What the gate says to each of many claims, None for yes; the same statements however many they are."""
    badges = {badge.id: badge for claim in claims for badge in claim.badges}
    records = _records([claim.person.id for claim in claims], badges.values(), day)
    return [_refusal(claim, _candidate(claim, records)) for claim in claims]


def _refusal(claim: Claim, candidate: Candidate | None) -> Refused | None:
    name, school = claim.person.name, claim.school.name
    if candidate is None:
        sentence = N_("{name} isn't a teacher of {school} on {day}. Choose one of its teachers.")
        return Refused(sentence, field="responsible", name=name, school=school, day=claim.first)
    if candidate.leaves is not None:
        sentence = N_("{name} is a teacher of {school} through {day} only. Choose an earlier return day, or somebody else.")
        return Refused(sentence, field="responsible", name=name, school=school, day=candidate.leaves)
    return _refusal_for(candidate.person, candidate.lacks[0]) if candidate.lacks else None


def _refusal_for(person: Person, lack: Lack) -> Refused:
    if lack.runs_out is not None:
        return Refused(
            N_("{name} holds {badge} through {day} only, which is inside these days. Choose an earlier return day, or somebody else."),
            field="responsible",
            name=person.name,
            badge=lack.badge.name,
            day=lack.runs_out,
        )
    return Refused(
        N_("{name} doesn't hold {badge} yet: {count} of its {total} competencies are still to be shown. Choose somebody who does."),
        field="responsible",
        name=person.name,
        badge=lack.badge.name,
        count=len(lack.progress.owed),
        total=lack.progress.total,
    )
