"""Of series in a list: how many seats are set aside, and whether one is free for somebody; asked of the database."""

from datetime import date

from sqlalchemy import ColumnElement, Integer, cast, exists, false, func, select

from seminar.people.appointment import Standing
from seminar.series.enrollment import TAKES_A_SEAT, Enrollment
from seminar.series.series import Series
from seminar.series.set_aside import SetAside


def _kept_on(day: date) -> ColumnElement[bool]:
    """The series' set-asides that aren't released on a day of its district."""
    return (SetAside.district_id == Series.district_id) & (SetAside.series_id == Series.id) & (SetAside.released_on > day)


def _free() -> ColumnElement[int]:
    """How many seats of a set-aside nobody has, as a correlated column."""
    taken = select(func.count()).where(
        Enrollment.series_id == SetAside.series_id, Enrollment.set_aside_id == SetAside.id, Enrollment.state.in_(TAKES_A_SEAT)
    )
    return SetAside.seats - taken.correlate(SetAside).scalar_subquery()


def seats_aside(day: date) -> ColumnElement[int]:
    """How many free seats of a series are set aside on that day, as a correlated column."""
    # PostgreSQL sums differences of counts as numeric, which gettext's plurals refuse
    return select(cast(func.coalesce(func.sum(_free()), 0), Integer)).where(_kept_on(day)).correlate(Series).scalar_subquery()


def has_one_aside_for(standing: Standing | None, day: date) -> ColumnElement[bool]:
    """That one of the series' free seats is set aside for the school or the role of this person."""
    if standing is None:
        return false()
    roles = {appointment.role for appointment in standing.appointments}
    theirs = SetAside.school_id.in_(standing.school_ids()) | SetAside.role.in_(roles)
    return exists().where(_kept_on(day), theirs, _free() > 0).correlate(Series)
