"""Badges that run out: their holders are told 90, 30 and 7 days ahead, unless they have renewed them."""

from datetime import date, datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased, joinedload

from seminar.ground import outbox
from seminar.ground.db import db
from seminar.ground.outbox import Letter
from seminar.people.district import District
from seminar.skills.award import Award

TOLD_AHEAD = (90, 30, 7)
# A notice that was due while the worker stood still is given within these days.
LATE_BY_UP_TO = 6


def tell_what_runs_out(district: District, today: date, now: datetime) -> None:
    """One mail per award and notice, however often it runs."""
    renewed = aliased(Award)
    lasting = exists().where(
        renewed.person_id == Award.person_id,
        renewed.badge_id == Award.badge_id,
        renewed.last_day > Award.last_day,
        renewed.withdrawn_at.is_(None),
    )
    ahead = {today + timedelta(days=days - late): days for days in TOLD_AHEAD for late in range(LATE_BY_UP_TO + 1)}
    query = select(Award).where(Award.district_id == district.id, Award.last_day.in_(ahead), Award.withdrawn_at.is_(None), ~lasting)
    ending = db.session.scalars(query.options(joinedload(Award.person), joinedload(Award.badge))).all()
    outbox.put_all("runs_out", [_letter(award, ahead[award.last_day]) for award in ending], now=now)


def _letter(award: Award, ahead: int) -> Letter:
    return Letter(award.person, f"{award.id}:{ahead}", {"badge": award.badge.name, "last_day": award.last_day})
