"""Whether a series goes ahead: with at least so many enrolled by a day, or because somebody says so.

States: open; decided, by a person. Laws: a minimum has its day and a day its minimum; the day isn't after the first meeting. Once
the day has passed with enough people it goes ahead; with too few somebody decides: a series is never canceled by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload, selectinload

from seminar.ground import history, outbox
from seminar.ground.db import db
from seminar.ground.outbox import Letter
from seminar.ground.refusal import N_, Refused
from seminar.people.appointment import pd_office
from seminar.people.district import District
from seminar.people.person import Person
from seminar.series.catalog import is_over
from seminar.series.enrollment import Enrollment, lock
from seminar.series.series import Meeting, Series

# So long before its day, a series with too few people is shown to who decides.
SHOWN_AHEAD = timedelta(days=7)
# A worker that was down tells it so many days late.
TOLD_WITHIN = timedelta(days=6)


@dataclass(frozen=True)
class Decision:
    """Of a series with a minimum: how many are enrolled, whether it goes ahead, and whether its day has passed."""

    minimum: int
    day: date
    enrolled: int
    goes_ahead: bool
    passed: bool


@dataclass(frozen=True)
class Undecided:
    """A series that somebody has to decide on, and how many are enrolled."""

    series: Series
    enrolled: int


def decision_on(series: Series, today: date) -> Decision | None:
    """None for a series without a minimum, or one that is canceled; at most one statement."""
    if series.minimum is None or series.decide_on is None or series.canceled_at is not None:
        return None
    enrolled = db.session.scalar(select(_enrolled(series.id))) or 0
    passed = today > series.decide_on
    goes_ahead = series.goes_ahead_at is not None or (passed and enrolled >= series.minimum)
    return Decision(series.minimum, series.decide_on, enrolled, goes_ahead, passed)


def _enrolled(series_id: Any) -> ColumnElement[int]:
    """How many are enrolled in a series, as a column."""
    enrolled = select(func.count()).where(Enrollment.series_id == series_id, Enrollment.state == "enrolled")
    return enrolled.correlate(Series).scalar_subquery()


def undecided(district_id: int, first: date, last: date, now: datetime) -> list[Undecided]:
    """Published series with too few people whose day is one of these and that nobody decided on; two statements."""
    enrolled = _enrolled(Series.id)
    query = (
        select(Series, enrolled)
        .where(Series.district_id == district_id, Series.decide_on.between(first, last), Series.goes_ahead_at.is_(None))
        .where(Series.published_at <= now, Series.canceled_at.is_(None), enrolled < Series.minimum, ~is_over(district_id, now))
        .options(joinedload(Series.seminar), selectinload(Series.meetings))
        .order_by(Series.decide_on, Series.id)
    )
    return [Undecided(series, number) for series, number in db.session.execute(query)]


def to_decide(district_id: int, today: date, now: datetime) -> list[Undecided]:
    """Those whose day comes within a week, or has passed."""
    return undecided(district_id, date.min, today + SHOWN_AHEAD, now)


def go_ahead(series: Series, *, by: Person, now: datetime) -> None:
    """The series takes place with however many there are; said once is said. Raises Refused where it is canceled, or has no
    minimum."""
    lock(series)
    title = series.seminar.title
    if series.canceled_at is not None:
        raise Refused(N_("{title} is canceled."), status=409, title=title)
    if series.minimum is None:
        raise Refused(N_("{title} has no minimum of people, so it goes ahead anyway."), status=409, title=title)
    if series.goes_ahead_at is None:
        series.goes_ahead_at, series.goes_ahead_by_id = now, by.id
        db.session.flush()
        history.record(by, "goes ahead", series, now)


def refuse_half_a_minimum(values: Mapping[str, Any], meetings: Sequence[Meeting], district: District) -> None:
    """Of what a series is planned with: raises Refused for a minimum without its day, or a day without a minimum; for more people
    than there are seats; and for a day after the first meeting."""
    minimum, day = values.get("minimum"), values.get("decide_on")
    if minimum is not None and day is None:
        raise Refused(N_("Say by which day so many must be enrolled, or leave both empty."), field="decide_on")
    if day is not None and minimum is None:
        raise Refused(N_("Say how many must be enrolled by that day, or leave both empty."), field="minimum")
    if minimum is not None and minimum > values["seats"]:
        raise Refused(N_("There are only {seats} seats."), field="minimum", seats=values["seats"])
    first = first_day(meetings, district)
    if day is not None and first is not None and day > first:
        sentence = N_("The first meeting is on {first}. Decide by then whether the series goes ahead.")
        raise Refused(sentence, field="decide_on", first=first)


def refuse_a_meeting_before_the_decision(series: Series, starts_at: datetime) -> None:
    """Raises Refused where nobody has decided yet and a meeting on that day would come first."""
    if series.decide_on is not None and series.goes_ahead_at is None and series.district.day(starts_at) < series.decide_on:
        sentence = N_("Until {day} it is open whether the series goes ahead. Choose an earlier day for that first.")
        raise Refused(sentence, field="day", day=series.decide_on)


def first_day(meetings: Sequence[Meeting], district: District) -> date | None:
    """The day of the first meeting that isn't canceled."""
    return min((district.day(meeting.starts_at) for meeting in meetings if meeting.canceled_at is None), default=None)


def tell_who_decides(district: District, today: date, now: datetime) -> None:
    """On its day, the program managers are told of a series with too few people that nobody decided on: one mail each, however often
    it runs; the same statements for any number of series."""
    due = undecided(district.id, today - TOLD_WITHIN, today, now)
    if not due:
        return
    managers = pd_office(district.id, today)
    outbox.put_all("go_or_no_go", [_letter(one, person) for one in due for person in managers], now=now)


def _letter(one: Undecided, person: Person) -> Letter:
    coming = [meeting.starts_at for meeting in one.series.meetings if meeting.canceled_at is None]
    values = {
        "title": one.series.seminar.title,
        "series_id": one.series.id,
        "minimum": one.series.minimum,
        "enrolled": one.enrolled,
        "day": one.series.decide_on,
        "starts_at": coming[0] if coming else None,
    }
    return Letter(person, f"{one.series.id}:{one.series.decide_on}", values)
