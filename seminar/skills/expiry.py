"""Badges that run out: their holders are told 90, 30 and 7 days ahead."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from seminar.ground import outbox
from seminar.ground.db import db
from seminar.people.district import District
from seminar.skills.award import Award

TOLD_AHEAD = (90, 30, 7)


def tell_what_runs_out(now: datetime) -> None:
    """One mail per award and notice, however often it runs."""
    for district in db.session.scalars(select(District)).all():
        day = district.day(now)
        days = {day + timedelta(days=ahead): ahead for ahead in TOLD_AHEAD}
        query = select(Award).where(Award.district_id == district.id, Award.last_day.in_(days), Award.withdrawn_at.is_(None))
        for award in db.session.scalars(query.options(joinedload(Award.person), joinedload(Award.badge))).all():
            key = f"{award.id}:{days[award.last_day]}"
            outbox.put(award.person, "runs_out", key=key, now=now, badge=award.badge.name, last_day=award.last_day)
