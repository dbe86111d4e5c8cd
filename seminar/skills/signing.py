"""Signing off and withdrawing a sign-off, with the awards that follow."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select

from seminar.ground import history
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.person import Person
from seminar.skills.award import Award, award_what_is_earned, progress, withdraw_what_is_not_earned
from seminar.skills.badge import Badge, Competency
from seminar.skills.sign_off import SignOff
from seminar.skills.skill import Clearance


@dataclass(frozen=True)
class Shown:
    """That a person showed a competency, with the trainer's note."""

    person: Person
    competency: Competency
    note: str = ""


def cleared_skills(trainer: Person, day: date) -> set[int]:
    """The skills that the trainer may sign off on that day."""
    query = select(Clearance.skill_id).where(
        Clearance.person_id == trainer.id,
        Clearance.first_day <= day,
        or_(Clearance.last_day.is_(None), Clearance.last_day >= day),
    )
    return set(db.session.scalars(query))


def sign_off(shown: Iterable[Shown], badge: Badge, *, by: Person, series_id: int | None, now: datetime, day: date) -> list[Award]:
    """Sign off what people showed of one badge; what is shown already is left as it is. Answers the awards that follow.

    Raises Refused for oneself, and where the trainer isn't cleared for the skill that day.
    """
    asked = list(shown)
    if not asked:
        return []
    refuse_unless_cleared(by, badge, day)
    if badge.retired_on is not None:
        raise Refused(N_("{badge} is retired: nobody earns it any more."), status=409, badge=badge.name)
    if any(one.person.id == by.id for one in asked):
        raise Refused(N_("Nobody signs off their own competencies. Ask another trainer."))
    lock_people(one.person for one in asked)
    if any(one.competency.badge_id != badge.id or one.competency.retired_on is not None for one in asked):
        raise Refused(N_("One of these competencies isn't part of {badge} any more. Reload the page."), status=409, badge=badge.name)
    at = progress([one.person.id for one in asked], [badge], day)
    new = [one for one in asked if one.competency.id not in at[one.person.id, badge.id].shown]
    rows = [_row(one, by=by, series_id=series_id, now=now, day=day) for one in new]
    db.session.add_all(rows)
    db.session.flush()
    for row in rows:
        history.record(by, "signed off", row, now, person=row.person_id, competency=row.competency_id)
    people = list({one.person.id: one.person for one in new}.values())
    return award_what_is_earned(people, [badge], now=now, day=day)


def _row(one: Shown, *, by: Person, series_id: int | None, now: datetime, day: date) -> SignOff:
    return SignOff(
        district_id=one.person.district_id,
        person_id=one.person.id,
        competency_id=one.competency.id,
        trainer_id=by.id,
        series_id=series_id,
        day=day,
        at=now,
        note=one.note,
    )


def lock_people(people: Iterable[Person]) -> None:
    """Hold the people's rows, in the order of their ids: two trainers who sign off the last two competencies of somebody
    at the same moment would each see one missing, and the badge would never follow."""
    ids = sorted({person.id for person in people})
    db.session.execute(select(Person.id).where(Person.id.in_(ids)).order_by(Person.id).with_for_update(key_share=True))


def refuse_unless_cleared(trainer: Person, badge: Badge, day: date) -> None:
    if badge.skill_id not in cleared_skills(trainer, day):
        raise Refused(N_("You aren't cleared to sign off {skill}. The PD office can clear you."), skill=badge.skill.name)


def withdraw_sign_offs(
    pairs: Iterable[tuple[Person, Competency]], badge: Badge, *, reason: str, by: Person, now: datetime, day: date
) -> None:
    """Undo the last sign-off that stands for each of these people and competencies; what was signed off before it stays.

    Raises Refused without a reason, for oneself, and where the trainer isn't cleared.
    """
    asked = {(person.id, competency.id): person for person, competency in pairs}
    if not asked:
        return
    _refuse_undoing(asked.values(), badge, reason, by=by, day=day)
    query = select(SignOff).where(
        SignOff.person_id.in_({person_id for person_id, _ in asked}),
        SignOff.competency_id.in_({competency_id for _, competency_id in asked}),
        SignOff.withdrawn_at.is_(None),
    )
    last = {(row.person_id, row.competency_id): row for row in db.session.scalars(query.order_by(SignOff.day, SignOff.id))}
    _withdraw([row for pair, row in last.items() if pair in asked], list(asked.values()), badge, reason=reason.strip(), by=by, now=now)


def withdraw_sign_off(row: SignOff, badge: Badge, *, reason: str, by: Person, now: datetime, day: date) -> None:
    """Undo this one. Raises Refused as undoing several does, and where it is undone already."""
    _refuse_undoing([row.person], badge, reason, by=by, day=day)
    db.session.refresh(row, attribute_names=["withdrawn_at"])
    if row.withdrawn_at is not None:
        raise Refused(N_("This was undone already."), status=409)
    _withdraw([row], [row.person], badge, reason=reason.strip(), by=by, now=now)


def _refuse_undoing(people: Iterable[Person], badge: Badge, reason: str, *, by: Person, day: date) -> None:
    concerned = list(people)
    if not reason.strip():
        raise Refused(N_("Say why the sign-off is undone; the record keeps it."), field="reason")
    if any(person.id == by.id for person in concerned):
        raise Refused(N_("Nobody undoes their own sign-offs. Ask another trainer."))
    refuse_unless_cleared(by, badge, day)
    lock_people(concerned)


def _withdraw(rows: list[SignOff], people: list[Person], badge: Badge, *, reason: str, by: Person, now: datetime) -> None:
    """The record keeps both, and an award that rested on it ends."""
    for row in rows:
        row.withdrawn_at, row.withdrawn_by_id, row.withdrawn_reason = now, by.id, reason
        history.record(by, "sign-off withdrawn", row, now, person=row.person_id, competency=row.competency_id, reason=reason)
    db.session.flush()
    if rows:
        each = list({person.id: person for person in people}.values())
        withdraw_what_is_not_earned(each, badge, since=min(row.day for row in rows), reason=reason, by=by, now=now)
