"""A message to a series' people: one mail each, and on record."""

import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.ground.retention_rule import apply_retention
from seminar.series.enrolling import enroll
from seminar.series.message import messages_of, readers_of_each, write_to
from seminar.series.waitlist import join_waitlist
from tests.cast import NOW, TODAY, a_cast, a_series


@pytest.fixture
def cast(db_session):
    """Ben has the one seat, Ada and Cora wait for it; Pia is in another series."""
    made = a_cast()
    made.robotics, sewing = a_series(made, seats=1), a_series(made, "Sewing")
    enroll(made.ben, made.robotics, by=made.ben, now=NOW)
    for person in (made.ada, made.cora):
        join_waitlist(person, made.robotics, by=person, now=NOW)
    enroll(made.pia, sewing, by=made.pia, now=NOW)
    db.session.commit()
    return made


def write(cast, audience):
    return write_to(cast.robotics, audience, subject="A laptop", text="Bring one.", by=cast.tara, now=NOW)


def reached():
    return db.session.scalars(select(Mail.person_id).where(Mail.kind == "series_message").order_by(Mail.id)).all()


@pytest.mark.parametrize(("audience", "names"), [("enrolled", ["ben"]), ("waitlist", ["ada", "cora"]), ("both", ["ada", "ben", "cora"])])
def test_it_reaches_whom_it_is_written_to_and_nobody_else(cast, audience, names):
    message = write(cast, audience)
    assert reached() == [cast.people[name].id for name in names]
    assert message.people == readers_of_each(cast.robotics)[audience] == len(names)


def test_two_alike_are_two_messages_of_one_mail_each_and_both_are_on_record(cast):
    for _ in range(2):
        write(cast, "enrolled")
    assert reached() == [cast.ben.id] * 2
    assert [(m.subject, m.text, m.sent_by.id, m.sent_at) for m in messages_of(cast.robotics)] == [
        ("A laptop", "Bring one.", cast.tara.id, NOW)
    ] * 2
    assert len(db.session.scalars(select(History.id).where(History.what == "message sent")).all()) == 2


def test_who_has_no_address_is_not_counted_and_nobody_is_refused(cast):
    cast.ben.email = None
    db.session.flush()
    assert readers_of_each(cast.robotics)["enrolled"] == 0
    with pytest.raises(Refused, match="Nobody is enrolled"):
        write(cast, "enrolled")


def test_its_words_go_with_the_enrollments_time_and_that_it_was_stays(cast):
    write(cast, "both")
    db.session.commit()
    apply_retention(cast.district, TODAY, NOW.replace(year=NOW.year + 7))
    assert messages_of(cast.robotics)[0].subject == "A laptop"
    apply_retention(cast.district, TODAY.replace(year=TODAY.year + 9), NOW.replace(year=NOW.year + 9))
    db.session.expire_all()
    assert [(m.subject, m.text, m.people) for m in messages_of(cast.robotics)] == [("", "", 3)]
