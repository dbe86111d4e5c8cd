"""How much of a price comes back when somebody withdraws, by how many school days there are before the first meeting.

A tier is (school days before, percent). The one with the most days that are still ahead counts; with none, nothing comes back. What
the district cancels comes back whole. Education service centers set it alike: five working days and 90 % (ESC Region 2), fourteen
days (Region 11). A district without a rule gives all of it back until the first meeting begins.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

from sqlalchemy import CheckConstraint, ForeignKey, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from seminar.ground import history
from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.people.calendar import closed_between, is_school_day
from seminar.people.district import District
from seminar.people.person import Person

Tiers = Sequence[Sequence[int]]
ALL_OF_IT = [[0, 100]]
MOST_TIERS = 4
# Further ahead than any tier.
MOST_DAYS = 200


class RefundTier(Model):
    """From so many school days before a series on, so much of its price comes back."""

    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"), primary_key=True)
    school_days: Mapped[int] = mapped_column(primary_key=True)
    percent: Mapped[int]

    __table_args__ = (
        CheckConstraint(f"school_days BETWEEN 0 AND {MOST_DAYS}", name="school_days"),
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
    )


def tiers_of(district_id: int) -> list[list[int]]:
    """The district's rule today, the earliest tier first; one statement."""
    query = select(RefundTier.school_days, RefundTier.percent).where(RefundTier.district_id == district_id)
    return [list(row) for row in db.session.execute(query.order_by(RefundTier.school_days.desc()))] or ALL_OF_IT


def change_refund_rule(district: District, tiers: Tiers, *, by: Person, now: datetime) -> None:
    """For orders from now on. Raises Refused for two tiers of the same day, and where coming later gives more."""
    ordered = sorted(((days, percent) for days, percent in tiers), reverse=True)
    if len({days for days, _ in ordered}) < len(ordered):
        raise Refused(N_("Two lines name the same number of school days. Keep one of them."), field="days_0")
    if any(later[1] > earlier[1] for earlier, later in pairwise(ordered)):
        sentence = N_("Whoever withdraws earlier gets at least as much back. Put the higher percentages at more school days.")
        raise Refused(sentence, field="days_0")
    db.session.execute(delete(RefundTier).where(RefundTier.district_id == district.id))
    db.session.add_all([RefundTier(district_id=district.id, school_days=days, percent=percent) for days, percent in ordered])
    db.session.flush()
    history.record(by, "refund rule changed", district, now, tiers=[list(tier) for tier in ordered])


def percent_back(tiers: Tiers, school_days: int | None) -> int:
    """`school_days` before the first meeting, 0 for its own day before it begins; None once it has begun."""
    if school_days is None:
        return 0
    return max((percent for days, percent in tiers if days <= school_days), default=0)


def school_days_before(first: datetime | None, now: datetime, *, district: District, closed: Collection[date]) -> int | None:
    """The school days from the one after today to that of the first meeting; None once that has begun. Without a meeting there is
    all the time in the world."""
    if first is None:
        return MOST_DAYS
    if first <= now:
        return None
    today, day = district.day(now), district.day(first)
    ahead = (today + timedelta(days=n) for n in range(1, min((day - today).days, 2 * MOST_DAYS) + 1))
    return sum(is_school_day(one, closed) for one in ahead)


def closed_days(district_id: int, now: datetime) -> set[date]:
    """Those of the district as far ahead as a rule can look; one statement."""
    return closed_between(district_id, now.date() - timedelta(days=1), now.date() + timedelta(days=2 * MOST_DAYS))
