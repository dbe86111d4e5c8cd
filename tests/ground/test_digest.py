"""The weekly digest: what waits for it, what doesn't, and that nothing is lost or doubled, whoever dies in between."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError

from seminar.ground import outbox
from seminar.ground.db import db
from seminar.ground.digest import gather
from seminar.ground.mail_kinds import AT_ONCE, NEVER, WEEKLY
from seminar.ground.mail_preference import MailPreference, next_digest
from seminar.ground.outbox import RETRY_AFTER, Letter, Mail
from seminar.ground.post import send_due, try_again
from seminar.people.mail_choices import choose_mail, turn_off
from seminar.people.person import Person
from seminar.series.enrolling import enroll
from seminar.series.planning import change_meeting
from seminar.web.letters import write_all
from tests.cast import NOW, TODAY, a_cast, a_series
from tests.ground.mailbox import Mailbox, a_server
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
# NOW is a Monday, 8:30 in Los Angeles: the next digest of Mondays comes in a week, at seven; that of Wednesdays in two days.
MONDAY = datetime(2027, 3, 8, 15, tzinfo=UTC)
WEDNESDAY = datetime(2027, 3, 3, 15, tzinfo=UTC)
BADGE = {"badge": "Operator", "last_day": TODAY + timedelta(days=400)}
MEETING = {"title": "Robotics", "series_id": 1, "place": "Lab", "room": ""}
# Dies where the held mails are to be named to their digest, which is written already.
KILLED = """
import os, signal, sys
from datetime import datetime
from sqlalchemy import event
from wsgi import create_app
from seminar.ground.db import db
from seminar.ground.digest import gather
from seminar.ground.settings import environment, settings_from
from pathlib import Path
app = create_app(settings_from(environment(Path(".")), Path(".")))
with app.app_context():
    @event.listens_for(db.engine, "before_cursor_execute")
    def die(connection, cursor, statement, *_):
        if statement.startswith("UPDATE mail"):
            os.kill(os.getpid(), signal.SIGKILL)
    gather(datetime.fromisoformat(sys.argv[1]))
"""


@pytest.fixture
def cast(db_session):
    cast = a_cast()
    choose_mail(cast.ada, {"awarded": WEEKLY, "runs_out": WEEKLY, "meeting_changed": WEEKLY}, weekday=0, by=cast.ada, now=NOW)
    db.session.commit()
    return cast


def award(person, key, now=NOW):
    outbox.put(person, "awarded", key=key, now=now, **BADGE)
    db.session.commit()


def states(kind=None):
    db.session.expire_all()
    query = select(Mail.state).order_by(Mail.id)
    return list(db.session.scalars(query.where(Mail.kind == kind) if kind else query))


def gathered(now=MONDAY):
    gather(now)
    db.session.commit()


def sent(now=MONDAY):
    mailbox = Mailbox()
    with a_server(mailbox) as url:
        send_due(write_all, smtp_url=url, folder=Path("nowhere"), now=now)
    return mailbox.messages


def test_a_week_of_mails_is_one_mail_with_all_of_them(cast):
    for key in ("1", "2"):
        award(cast.ada, key)
    award(cast.ben, "3")
    gathered(NOW)
    assert states() == ["held", "held", "waiting"]
    assert [message["To"] for message in sent(NOW)] == ["ben@a.example"]

    gathered()
    (message,) = sent()
    gathered()
    assert sent() == []
    assert message["Subject"] == "MakerPD this week: 2 messages"
    assert message.get_body(("plain",)).get_content().count("* You hold Operator") == 2
    assert message.get_body(("html",)).get_content().count("See what you can borrow</a>") == 2
    assert states() == ["gathered", "gathered", "sent", "sent"]


def test_the_same_event_twice_waits_once(cast):
    for now in (NOW, NOW + timedelta(hours=1)):
        award(cast.ada, "1", now)
    gathered()
    award(cast.ada, "1", MONDAY + timedelta(hours=1))
    gathered(MONDAY + timedelta(days=7))
    assert states() == ["gathered", "waiting"]


def test_each_week_has_its_own(cast):
    award(cast.ada, "1")
    gathered()
    award(cast.ada, "2", MONDAY)
    gathered(MONDAY + timedelta(days=7))
    assert [message["Subject"] for message in sent(MONDAY + timedelta(days=7))] == ["MakerPD this week: 1 message"] * 2


def test_a_digest_of_nothing_is_not_made(cast):
    award(cast.ben, "1")
    gathered(MONDAY + timedelta(days=30))
    assert states("digest") == []


def test_what_happens_before_the_digest_comes_at_once(cast):
    for days, key in ((2, "soon"), (7, "the day it comes"), (9, "later")):
        outbox.put(cast.ada, "meeting_changed", key=key, now=NOW, starts_at=NOW + timedelta(days=days), was_at=None, **MEETING)
    far, soon = NOW + timedelta(days=60), NOW + timedelta(days=1)
    outbox.put(cast.ada, "meeting_changed", key="was to be soon", now=NOW, starts_at=far, was_at=soon, **MEETING)
    outbox.put(cast.ada, "runs_out", key="day", now=NOW, badge="Operator", last_day=TODAY + timedelta(days=7))
    assert states() == ["waiting", "waiting", "held", "waiting", "waiting"]


def test_a_meeting_that_leaves_the_day_after_tomorrow_is_told_at_once(cast):
    series = a_series(cast)
    enroll(cast.ada, series, by=cast.ada, now=NOW)
    (meeting,) = series.meetings
    later = {"starts_at": meeting.starts_at + timedelta(days=60), "ends_at": meeting.ends_at + timedelta(days=60)}
    change_meeting(meeting, {**later, "place": "Lab", "room": ""}, by=cast.olive, now=NOW)
    assert states("meeting_changed") == ["waiting"]


def test_the_digest_comes_in_the_morning_of_its_weekday_in_the_districts_time(app):
    assert next_digest(NOW, 0, "America/Los_Angeles") == MONDAY
    assert next_digest(NOW, 2, "America/Los_Angeles") == WEDNESDAY
    assert next_digest(MONDAY, 0, "America/Los_Angeles") == datetime(2027, 3, 15, 14, tzinfo=UTC)
    assert next_digest(NOW, 0, "Pacific/Honolulu") == datetime(2027, 3, 1, 17, tzinfo=UTC)


def test_another_choice_moves_what_waits(cast):
    for key in ("1", "2"):
        award(cast.ada, key)
    choose_mail(cast.ada, {}, weekday=2, by=cast.ada, now=NOW)
    assert set(db.session.scalars(select(Mail.next_try_at))) == {WEDNESDAY}
    choose_mail(cast.ada, {"awarded": AT_ONCE}, weekday=2, by=cast.ada, now=NOW)
    assert states() == ["waiting", "waiting"]
    choose_mail(cast.ada, {"awarded": NEVER}, weekday=2, by=cast.ada, now=NOW)
    assert states() == ["unwanted", "unwanted"]
    gathered()
    assert sent() == []


def test_what_becomes_urgent_by_a_later_weekday_comes_at_once(cast):
    choose_mail(cast.ada, {}, weekday=2, by=cast.ada, now=NOW)
    on_friday = NOW + timedelta(days=4)
    outbox.put(cast.ada, "meeting_changed", key="1", now=NOW, starts_at=on_friday, was_at=None, **MEETING)
    assert states() == ["held"]
    choose_mail(cast.ada, {}, weekday=0, by=cast.ada, now=NOW)
    assert states() == ["waiting"]


def test_what_nobody_wants_is_written_down_and_not_sent(cast):
    turn_off(cast.ben, "reminder", now=NOW)
    outbox.put(cast.ben, "reminder", key="1", now=NOW, starts_at=NOW, **MEETING)
    db.session.commit()
    assert (states(), sent()) == (["unwanted"], [])


def test_a_choice_is_kept_only_where_it_differs(cast):
    assert db.session.scalar(select(func.count()).select_from(MailPreference)) == 3
    choose_mail(cast.ada, {"awarded": AT_ONCE, "runs_out": NEVER}, weekday=0, by=cast.ada, now=NOW)
    kept = db.session.execute(select(MailPreference.kind, MailPreference.way).order_by(MailPreference.kind)).all()
    assert kept == [("meeting_changed", WEEKLY), ("runs_out", NEVER)]


def test_a_digest_that_did_not_arrive_is_tried_again_with_all_that_it_holds(cast):
    award(cast.ada, "1")
    gathered()
    digest = db.session.scalars(select(Mail).where(Mail.kind == "digest")).one()
    digest.state = "dead"
    db.session.commit()
    try_again(digest, now=MONDAY)
    db.session.commit()
    assert ["You hold Operator" in message.get_body(("plain",)).get_content() for message in sent()] == [True]


def test_a_digest_leaves_without_what_cannot_be_written_and_that_is_told(cast):
    for key in ("1", "2"):
        award(cast.ada, key)
    broken = db.session.scalars(select(Mail).order_by(Mail.id)).first()
    broken.kind = "of_a_newer_version"
    db.session.commit()
    gathered()
    (message,) = sent()
    assert message["Subject"] == "MakerPD this week: 1 message"
    assert message.get_body(("plain",)).get_content().count("* You hold Operator") == 1
    assert states() == ["waiting", "gathered", "sent"]
    at = MONDAY
    for wait in RETRY_AFTER:
        at += wait
        assert sent(at) == []
    assert states() == ["dead", "gathered", "sent"]
    assert "of_a_newer_version" in broken.last_error


def test_a_digest_of_which_nothing_can_be_written_waits_with_all_of_it(cast):
    award(cast.ada, "1")
    mail = db.session.scalars(select(Mail)).one()
    whole, mail.context = mail.context, {}
    db.session.commit()
    gathered()
    assert sent() == []
    assert states() == ["gathered", "waiting"]
    mail.context = whole
    db.session.commit()
    assert len(sent(MONDAY + RETRY_AFTER[0])) == 1


def test_the_events_for_a_calendar_come_with_the_digest(cast):
    choose_mail(cast.ben, {"enrolled": WEEKLY}, weekday=0, by=cast.ben, now=NOW)
    for title in ("Robotics", "Weaving"):
        series = a_series(cast, title)
        series.meetings[0].starts_at += timedelta(days=60)
        series.meetings[0].ends_at += timedelta(days=60)
        enroll(cast.ben, series, by=cast.ben, now=NOW)
    db.session.commit()
    gathered()
    (message,) = sent()
    assert [part.get_filename() for part in message.iter_attachments()] == ["makerpd-1.ics", "makerpd-2.ics"]


def test_a_digest_is_read_in_its_readers_language(cast):
    cast.ada.language = "es"
    award(cast.ada, "1")
    gathered()
    (message,) = sent()
    assert message["Subject"] == "MakerPD esta semana: 1 mensaje"
    assert '<html lang="es">' in message.get_body(("html",)).get_content()


def test_a_worker_that_dies_while_it_gathers_leaves_all_of_it_waiting(clean):
    with clean.app_context():
        cast = a_cast()
        choose_mail(cast.ada, {"awarded": WEEKLY}, weekday=0, by=cast.ada, now=NOW)
        for key in ("1", "2"):
            award(cast.ada, key)
        db.session.remove()
    settings = {"DATABASE_URL": clean.config["SETTINGS"].database_url, "SECRET_KEY": "only-for-tests-" * 4, "BASE_URL": "https://a.example"}
    died = subprocess.run([sys.executable, "-c", KILLED, MONDAY.isoformat()], cwd=ROOT, env={**os.environ, **settings}, check=False)
    assert died.returncode == -signal.SIGKILL
    with clean.app_context():
        assert states() == ["held", "held"]
        # PostgreSQL keeps the dead worker's locks for a moment, and a round passes by who is locked: the next round gathers.
        until(lambda: gathered() or states() != ["held", "held"])
        assert states() == ["gathered", "gathered", "waiting"]
        assert len(sent()) == 1


def test_gathering_for_many_takes_as_many_statements_as_for_one(cast):
    def statements(number):
        named = {"district_id": cast.district.id, "given_name": "P", "family_name": "M"}
        people = [Person(**named, email=f"{n}@{number}.example") for n in range(number)]
        db.session.add_all(people)
        db.session.flush()
        db.session.add_all(MailPreference(person_id=p.id, district_id=p.district_id, kind="awarded", way=WEEKLY) for p in people)
        db.session.commit()
        seen = []
        listener = lambda *args: seen.append(args[2].partition(" VALUES ")[0])  # noqa: E731
        ids = [person.id for person in people]
        people = list(db.session.scalars(select(Person).where(Person.id.in_(ids))))
        event.listen(db.engine, "before_cursor_execute", listener)
        try:
            outbox.put_all("awarded", [Letter(person, "1", BADGE) for person in people], now=NOW)
            gather(MONDAY)
            db.session.commit()
            digests = list(db.session.scalars(select(Mail.id).where(Mail.kind == "digest", Mail.state == "waiting")))
            assert len(digests) == number
            written = write_all(digests)
        finally:
            event.remove(db.engine, "before_cursor_execute", listener)
        assert [one for one in written.values() if isinstance(one, str)] == []
        for mail in db.session.scalars(select(Mail)):
            mail.state = "sent" if mail.state == "waiting" else mail.state
        db.session.commit()
        return len(seen)

    assert statements(300) == statements(3)


def test_a_gathered_mail_without_its_digest_is_refused_by_the_database(cast):
    award(cast.ada, "1")
    mail = db.session.scalars(select(Mail)).one()
    mail.state = "gathered"
    with pytest.raises(IntegrityError, match="gathered_into_a_digest"):
        db.session.flush()
