"""Looking as somebody else: who may, why, and until when."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.refusal import Refused
from seminar.people.appointment import Appointment, standing
from seminar.people.support_view import LASTS, begin_view, end_view, may_be_seen, views_of
from tests.cast import NOW, TODAY, a_cast


@pytest.fixture
def cast(db_session):
    return a_cast()


def at(person):
    return standing(person, TODAY)


def test_it_holds_for_half_an_hour_or_until_it_is_stopped(cast):
    view = begin_view(at(cast.ada), by=at(cast.olive), reason=" lost series ", now=NOW)
    assert (view.reason, view.until) == ("lost series", NOW + LASTS)
    assert view.holds(NOW + LASTS - timedelta(seconds=1))
    assert not view.holds(NOW + LASTS)
    end_view(view, now=NOW + timedelta(minutes=5))
    assert not view.holds(NOW + timedelta(minutes=5))
    assert db.session.scalars(select(History.what).where(History.record == "support_view").order_by(History.id)).all() == [
        "view begun",
        "view ended",
    ]


def test_one_that_is_stopped_too_late_ended_at_its_time(cast):
    view = begin_view(at(cast.ada), by=at(cast.olive), reason="why", now=NOW)
    end_view(view, now=NOW + timedelta(days=1))
    assert view.ended_at == NOW + LASTS


def test_never_oneself_never_another_program_manager_never_without_a_reason(cast):
    db.session.add(Appointment(district_id=cast.district.id, person_id=cast.ben.id, role="program_manager", first_day=TODAY))
    db.session.flush()
    for seen, reason, sentence in (
        (cast.olive, "why", "your own pages"),
        (cast.ben, "why", "runs the program as you do"),
        (cast.ada, "  ", "Say why you look"),
    ):
        with pytest.raises(Refused, match=sentence):
            begin_view(at(seen), by=at(cast.olive), reason=reason, now=NOW)
    assert [may_be_seen(at(seen), by=at(cast.olive)) for seen in (cast.olive, cast.ben, cast.ada)] == [False, False, True]


def test_the_person_can_read_who_looked_and_why(cast):
    begin_view(at(cast.ada), by=at(cast.olive), reason="lost series", now=NOW)
    assert [(view.by.name, view.reason) for view in views_of(cast.ada)] == [("Olive Example", "lost series")]
    assert views_of(cast.ben) == []
