"""The meetings of published series on given days, for who is about to close them: a meeting goes on until somebody changes it."""

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from seminar.ground.clock import at_local
from seminar.ground.contributions import Touched
from seminar.ground.db import db
from seminar.people.district import District
from seminar.series.series import Meeting, Series


def meetings_on(district: District, days: list[date], now: datetime) -> list[Touched]:
    """Those that are still to come; two statements."""
    if not days:
        return []
    first = at_local(min(days), 0, 0, district.timezone)
    last = at_local(max(days) + timedelta(days=1), 0, 0, district.timezone)
    query = (
        select(Meeting)
        .join(Series, Series.id == Meeting.series_id)
        .where(Series.district_id == district.id, Series.canceled_at.is_(None), Series.published_at.is_not(None))
        .where(Meeting.canceled_at.is_(None), Meeting.starts_at >= max(first, now), Meeting.starts_at < last)
        .options(joinedload(Meeting.series).joinedload(Series.seminar))
        .order_by(Meeting.starts_at)
    )
    found = [(district.day(meeting.starts_at), meeting.series) for meeting in db.session.scalars(query)]
    return [Touched(one.seminar.title, day, "series.show_series", {"series_id": one.id}) for day, one in found if day in {*days}]
