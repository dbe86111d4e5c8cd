"""What a new district needs of this room: a seminar, and a series of it that people can enroll in."""

from datetime import datetime

from flask_babel import lazy_gettext
from sqlalchemy import exists, select

from seminar.ground.contributions import Step
from seminar.ground.db import db
from seminar.people.district import District
from seminar.series.series import Series


def series_steps(district: District, now: datetime) -> list[Step]:
    published = exists().where(Series.district_id == district.id, Series.published_at.is_not(None), Series.canceled_at.is_(None))
    return [
        Step(
            lazy_gettext("The first series"),
            lazy_gettext("Write a seminar, give it a series with dates, seats and a trainer, and publish it: then people enroll."),
            "series.show_program",
            db.session.scalar(select(published)) or False,
        )
    ]
