"""What of the series waits for people who are about to leave, and when a school year ends."""

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from seminar.ground.contributions import Touch
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.district import District
from seminar.series.series import Meeting, Series, series_trainer


def series_taught(person_ids: list[int], _day: date, now: datetime) -> list[Touch]:
    """Series that they teach and that aren't over. One statement."""
    until = select(func.max(Meeting.ends_at)).where(Meeting.series_id == Series.id, Meeting.canceled_at.is_(None)).scalar_subquery()
    taught = select(series_trainer.c.series_id).where(series_trainer.c.person_id.in_(person_ids))
    query = select(Series).where(Series.id.in_(taught), Series.canceled_at.is_(None), until > now)
    says = N_("A series they teach that isn't over. Give it another trainer.")
    found = db.session.scalars(query.options(joinedload(Series.seminar)).order_by(Series.id))
    return [Touch(one.seminar.title, Refused(says), "series.show_edit_series", {"series_id": one.id}) for one in found]


LISTED = 50


def drafts_of_series(district: District, _now: datetime) -> list[Touch]:
    """Series that were planned and never published. One statement."""
    query = select(Series).where(Series.district_id == district.id, Series.published_at.is_(None), Series.canceled_at.is_(None))
    says = N_("A series that was never published. Publish it, or cancel it.")
    found = db.session.scalars(query.options(joinedload(Series.seminar)).order_by(Series.id).limit(LISTED))
    return [Touch(one.seminar.title, Refused(says), "series.show_edit_series", {"series_id": one.id}) for one in found]
