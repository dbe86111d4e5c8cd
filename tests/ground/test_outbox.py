"""One event makes one mail per person (rule 9); days and times come back as such; a round of the day is done once."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import func, select

from seminar.ground import outbox
from seminar.ground.daily import begins_today
from seminar.ground.db import db
from seminar.ground.outbox import Letter, Mail, values_of
from tests.cast import NOW, TODAY, a_cast


def test_the_same_event_put_twice_is_one_mail(db_session):
    cast = a_cast()
    for _ in range(2):
        outbox.put_all("awarded", [Letter(person, "7", {"badge": "Operator"}) for person in (cast.ada, cast.ben)], now=NOW)
    assert db.session.scalar(select(func.count()).select_from(Mail)) == 2


def test_who_has_no_address_gets_no_mail(db_session):
    cast = a_cast()
    cast.ada.email = None
    outbox.put(cast.ada, "awarded", key="7", now=NOW, badge="Operator")
    assert db.session.scalar(select(func.count()).select_from(Mail)) == 0


def test_days_and_times_come_back_as_such(db_session):
    cast = a_cast()
    said = {"last_day": date(2027, 3, 5), "starts_at": datetime(2027, 3, 5, 9, tzinfo=UTC), "reasons": {"day": date(2027, 3, 6)}, "n": 3}
    outbox.put(cast.ada, "awarded", key="7", now=NOW, **said)
    db.session.expire_all()
    assert values_of(db.session.scalars(select(Mail.context)).one()) == said


def test_a_round_of_the_day_begins_once_a_day(db_session):
    cast = a_cast()
    days = [TODAY, TODAY, TODAY + timedelta(days=1), TODAY]
    assert [begins_today(cast.district.id, "round", day) for day in days] == [True, False, True, False]
