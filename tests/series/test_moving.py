"""From one series of a seminar to another: a seat there for the seat here, in one go."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.people.appointment import standing
from seminar.series.enrolling import enroll
from seminar.series.enrollment import Enrollment
from seminar.series.moving import change_to, other_series
from seminar.series.series import Meeting, Series
from seminar.series.waitlist import join_waitlist
from tests.cast import NOW, TODAY, a_cast, a_series


@pytest.fixture
def cast(db_session):
    return a_cast()


def another(cast, series, *, seats=1, days=7):
    """The same seminar so many days later."""
    begins = NOW + timedelta(days=days)
    window = {"enrollment_opens_at": NOW - timedelta(days=1), "enrollment_closes_at": begins, "published_at": NOW - timedelta(days=1)}
    later = Series(district_id=cast.district.id, seminar_id=series.seminar_id, season="year-round", school_year=2027, seats=seats, **window)
    later.meetings = [Meeting(district_id=cast.district.id, starts_at=begins, ends_at=begins + timedelta(hours=2), place="Lab")]
    db.session.add(later)
    db.session.flush()
    return later


@contextmanager
def listening(note):
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def states():
    places = db.session.scalars(select(Enrollment).order_by(Enrollment.id))
    return [(place.person.given_name, place.series_id, place.state) for place in places]


def test_one_press_takes_the_seat_there_and_gives_this_one_to_the_next_in_line(cast):
    here = a_series(cast, seats=1)
    there = another(cast, here)
    place = enroll(cast.ada, here, by=cast.ada, now=NOW)
    join_waitlist(cast.ben, here, by=cast.ben, now=NOW)
    assert other_series(here, standing(cast.ada, TODAY), NOW) == [there]
    change_to(there, place, by=cast.ada, now=NOW)
    db.session.commit()
    assert states() == [("Ada", here.id, "withdrawn"), ("Ben", here.id, "offered"), ("Ada", there.id, "enrolled")]


def test_where_there_is_no_seat_the_one_here_stays(cast):
    here = a_series(cast, seats=1)
    there = another(cast, here)
    place = enroll(cast.ada, here, by=cast.ada, now=NOW)
    enroll(cast.ben, there, by=cast.ben, now=NOW)
    with pytest.raises(Refused, match="is full"):
        change_to(there, place, by=cast.ada, now=NOW)
    assert place.state == "enrolled" and other_series(here, standing(cast.ada, TODAY), NOW) == []


def test_only_series_that_can_be_moved_to_are_offered_the_next_first(cast):
    here = a_series(cast)
    months = [another(cast, here, days=days) for days in (28, 14, 21, 35)]
    waited_for = another(cast, here, seats=1, days=7)
    enroll(cast.ben, waited_for, by=cast.ben, now=NOW)
    join_waitlist(cast.kim, waited_for, by=cast.kim, now=NOW)
    waited_for.seats = 2
    draft, canceled = another(cast, here, days=8), another(cast, here, days=9)
    draft.published_at = None
    canceled.canceled_at, canceled.canceled_reason = NOW, "Snow"
    a_series(cast, "Sewing")
    begun = another(cast, here, days=10)
    begun.meetings[0].starts_at = NOW
    db.session.flush()
    assert other_series(here, standing(cast.ada, TODAY), NOW) == [months[1], months[2], months[0]]


def test_neither_another_seminar_nor_the_same_series_nor_without_a_seat_here(cast):
    here = a_series(cast)
    there = another(cast, here)
    place = enroll(cast.ada, here, by=cast.ada, now=NOW)
    for target in (a_series(cast, "Sewing"), here):
        with pytest.raises(Refused, match="no other series of Robotics"):
            change_to(target, place, by=cast.ada, now=NOW)
    change_to(there, place, by=cast.ada, now=NOW)
    with pytest.raises(Refused, match="is over already"):
        change_to(there, place, by=cast.ada, now=NOW)


@pytest.mark.parametrize("back", [False, True], ids=["to the later", "to the earlier"])
def test_both_series_are_locked_in_the_order_of_their_ids(cast, back):
    """revel PR #647: two who move the other way round would wait for each other."""
    first = a_series(cast, seats=1)
    second = another(cast, first)
    here, there = (second, first) if back else (first, second)
    place = enroll(cast.ada, here, by=cast.ada, now=NOW)
    db.session.commit()
    ids = [first.id, second.id]
    locked: list[int] = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        if statement.startswith("SELECT series.") and "seats" in statement.split("FROM")[0] and "WHERE series.id" in statement:
            values = parameters.values() if isinstance(parameters, dict) else parameters
            locked.extend(value for value in values if value in ids)

    db.session.refresh(place)
    assert {place.series.id, there.id} == set(ids)
    with listening(note):
        change_to(there, place, by=cast.ada, now=NOW)
    assert locked[:2] == ids
