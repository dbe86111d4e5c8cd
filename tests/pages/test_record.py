"""The audit trail's page, and the mail that didn't arrive."""

from sqlalchemy import select

from seminar.ground import outbox
from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.people.views import record
from seminar.series.enrolling import enroll
from tests.cast import NOW, a_cast, a_series
from tests.pages.as_who import as_who


def test_the_trail_says_who_did_what_and_is_filtered(clean):
    with clean.app_context():
        cast = a_cast()
        enroll(cast.ada, a_series(cast), by=cast.olive, now=NOW)
        db.session.commit()
    olive = as_who(clean, "olive")
    assert "Olive Example" in olive.get("/audit-trail").text
    assert "enrollment 1" in olive.get("/audit-trail?name=olive&what=enrolled&day=2027-03-01").text
    for nothing in ("name=ada", "what=packed", "day=2027-02-28"):
        assert "enrollment 1" not in olive.get(f"/audit-trail?{nothing}").text
    assert "enrollment 1" in olive.get("/audit-trail?day=never").text


def test_a_dead_mail_is_seen_and_tried_again(clean):
    with clean.app_context():
        cast = a_cast()
        outbox.put(cast.ada, "awarded", key="1", now=NOW, badge="Operator", last_day=NOW.date())
        mail = db.session.scalars(select(Mail)).one()
        mail.state, mail.tries, mail.last_error = "dead", 6, "Mailbox full"
        db.session.commit()
    olive = as_who(clean, "olive")
    assert "1 mail could not be delivered" in olive.get("/program").text
    assert "Mailbox full" in olive.get("/mail").text
    assert olive.post("/mail/1/retry").status_code == 303
    with clean.app_context():
        assert db.session.execute(select(Mail.state, Mail.tries)).one() == ("waiting", 0)
    assert "Every mail arrived" in olive.get("/mail").text


def test_a_mail_that_did_not_arrive_is_called_by_its_title_and_by_where_it_went(clean):
    with clean.app_context():
        cast = a_cast()
        outbox.put(cast.ada, "address", key="1", now=NOW, to="ada@home.example", token="secret", until_at=NOW)
        outbox.put(cast.ben, "withdrawn", key="1", now=NOW, title="Robotics", series_id=1)
        for mail in db.session.scalars(select(Mail)):
            mail.state = "dead"
            mail.kind = "of_an_older_version" if mail.kind == "withdrawn" else mail.kind
        db.session.commit()
    page = as_who(clean, "olive").get("/mail").text
    for said in ("Is this your address?", "ada@home.example", "of_an_older_version", "ben@a.example"):
        assert said in page
    assert "ada@a.example" not in page


def test_what_is_not_shown_of_it_is_counted(clean, monkeypatch):
    monkeypatch.setattr(record, "UNDELIVERED_SHOWN", 2)
    with clean.app_context():
        cast = a_cast()
        for key in "123":
            outbox.put(cast.ada, "withdrawn", key=key, now=NOW, title="Robotics", series_id=1)
        for mail in db.session.scalars(select(Mail)):
            mail.state = "dead"
        db.session.commit()
    olive = as_who(clean, "olive")
    assert "The newest 2 of 3 are shown." in olive.get("/mail").text
    olive.post("/mail/1/retry")
    assert "are shown" not in olive.get("/mail").text
