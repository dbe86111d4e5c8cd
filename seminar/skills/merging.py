"""What two records of one person can't both have of skills: sign-offs and awards that say the same, and sign-offs by the one for
the other, which would become sign-offs for oneself (rule 7)."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased, joinedload

from seminar.ground import history
from seminar.ground.contributions import Collision
from seminar.ground.db import db
from seminar.ground.refusal import N_
from seminar.people.person import Person
from seminar.skills.award import Award, award_what_is_earned
from seminar.skills.badge import Badge, Competency
from seminar.skills.sign_off import SignOff

SAID_TWICE = N_("Two records of one person became one.")
Standing = SignOff | Award


def merge_collisions(kept: Person, merged: Person, _now: datetime) -> list[Collision]:
    return [*_for_oneself(kept, merged), *_sign_offs(kept, merged), *_awards(kept, merged)]


def _for_oneself(kept: Person, merged: Person) -> list[Collision]:
    one_for_the_other = or_(
        (SignOff.person_id == kept.id) & (SignOff.trainer_id == merged.id),
        (SignOff.person_id == merged.id) & (SignOff.trainer_id == kept.id),
    )
    if db.session.scalar(select(SignOff.id).where(one_for_the_other).limit(1)) is None:
        return []
    says = N_("One of them signed off the other: merged, it would be for oneself, which nobody can. They stay two records.")
    return [Collision(says, None)]


def _sign_offs(kept: Person, merged: Person) -> list[Collision]:
    theirs, other = aliased(SignOff), aliased(SignOff)
    same = (theirs.competency_id == other.competency_id) & (theirs.day == other.day)
    query = (
        select(theirs)
        .join(other, same)
        .where(theirs.person_id == merged.id, other.person_id == kept.id, theirs.withdrawn_at.is_(None), other.withdrawn_at.is_(None))
        .options(joinedload(theirs.competency))
    )
    says = N_("Both have {competency} signed off on {day}. One of the two is withdrawn, and stays on record.")
    return [
        Collision(says, _withdrawing(row, "sign-off withdrawn"), {"competency": row.competency.name, "day": row.day})
        for row in db.session.scalars(query)
    ]


def _awards(kept: Person, merged: Person) -> list[Collision]:
    """Of two awards of one badge from the same day, the one that ends first is withdrawn."""
    theirs, other = aliased(Award), aliased(Award)
    same = (theirs.badge_id == other.badge_id) & (theirs.first_day == other.first_day)
    query = (
        select(theirs, other)
        .join(other, same)
        .where(theirs.person_id == merged.id, other.person_id == kept.id, theirs.withdrawn_at.is_(None), other.withdrawn_at.is_(None))
        .options(joinedload(theirs.badge))
    )
    says = N_("Both hold {badge} from {day}. The one that lasts longer counts, the other is withdrawn and stays on record.")
    return [
        Collision(
            says,
            _withdrawing(first if first.last_day <= second.last_day else second, "award withdrawn"),
            {"badge": first.badge.name, "day": first.first_day},
        )
        for first, second in db.session.execute(query)
    ]


def _withdrawing(row: Standing, what: str) -> Callable[[Person, datetime], None]:
    def withdraw(by: Person, now: datetime) -> None:
        row.withdrawn_at, row.withdrawn_by_id, row.withdrawn_reason = now, by.id, SAID_TWICE
        history.record(by, what, row, now, person=row.person_id, reason=SAID_TWICE)

    return withdraw


def award_together(people: list[Person], now: datetime) -> None:
    """What was shown on one record and what was shown on the other can be a whole badge."""
    for person in people:
        begun = select(Competency.badge_id).join(SignOff, SignOff.competency_id == Competency.id)
        begun = begun.where(SignOff.person_id == person.id, SignOff.withdrawn_at.is_(None))
        badges = list(db.session.scalars(select(Badge).where(Badge.id.in_(begun), Badge.retired_on.is_(None)).order_by(Badge.id)))
        award_what_is_earned([person], badges, now=now, day=person.district.day(now))
