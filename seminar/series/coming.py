"""The next series that teaches a badge: the way out wherever somebody lacks one."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from seminar.ground.db import db
from seminar.series.catalog import first_start, taken_seats
from seminar.series.seminar import Seminar
from seminar.series.series import Series


def next_series_for(badge_ids: Iterable[int], now: datetime) -> dict[int, Series]:
    """By badge, the first series to come that takes enrollments and has a seat left; one statement, and its meetings."""
    in_order = func.row_number().over(partition_by=Seminar.badge_id, order_by=(first_start(), Series.id))
    coming = (
        select(Series.id, Seminar.badge_id, in_order.label("place"))
        .join(Seminar, Seminar.id == Series.seminar_id)
        .where(
            Seminar.badge_id.in_(set(badge_ids)),
            Series.published_at <= now,
            Series.canceled_at.is_(None),
            Series.enrollment_closes_at > now,
            taken_seats() < Series.seats,
        )
        .subquery()
    )
    query = select(coming.c.badge_id, Series).join(coming, coming.c.id == Series.id).where(coming.c.place == 1)
    firsts = db.session.execute(query.options(joinedload(Series.seminar), selectinload(Series.meetings)))
    return {badge_id: series for badge_id, series in firsts}
