"""The next series that teaches a badge: the way out wherever somebody lacks one."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from seminar.ground.db import db
from seminar.series.catalog import taken_seats
from seminar.series.seminar import Seminar
from seminar.series.series import Meeting, Series


def next_series_for(badge_ids: Iterable[int], now: datetime) -> dict[int, Series]:
    """By badge, the first series to come that takes enrollments and has a seat left; one statement, and its meetings."""
    first_start = select(func.min(Meeting.starts_at)).where(Meeting.series_id == Series.id).correlate(Series).scalar_subquery()
    query = (
        select(Series)
        .join(Seminar, Seminar.id == Series.seminar_id)
        .where(
            Seminar.badge_id.in_(set(badge_ids)),
            Series.published_at <= now,
            Series.canceled_at.is_(None),
            Series.enrollment_closes_at > now,
            taken_seats() < Series.seats,
        )
        .options(joinedload(Series.seminar), selectinload(Series.meetings))
        .order_by(first_start.desc())
    )
    return {series.seminar.badge_id: series for series in db.session.scalars(query) if series.seminar.badge_id is not None}
