"""Several decide about one request at the same moment, each in a process of their own as far as the database knows: one of them does."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from seminar.audit import broken_rules
from seminar.ground.db import db, twice_if_a_race_is_lost
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.people.person import Person
from seminar.series.approval import ApprovalRequest
from seminar.series.deciding import approve, decline
from seminar.series.enrolling import enroll, withdraw
from seminar.series.enrollment import Enrollment
from seminar.series.waitlist import join_waitlist, pass_on_offers
from tests.cast import NOW, a_cast, a_series, approving

DEEDS = {
    "approve": lambda request, who, now: approve(request, step_id=1, by=who["pia"], now=now),
    "decline": lambda request, who, now: decline(request, step_id=1, reason="No", by=who["olive"], now=now),
    "withdraw": lambda request, who, now: withdraw(request.enrollment, by=who["ada"], now=now),
    "lapse": lambda request, who, now: pass_on_offers(request.all_steps[0].due_at),
}
ENDS = {"approve": "enrolled", "decline": "declined", "withdraw": "withdrawn", "lapse": "lapsed"}


@pytest.fixture
def asked(clean):
    """Ada's request for the one seat that there is; Ben waits for it."""
    with clean.app_context():
        cast = a_cast()
        series = approving(a_series(cast, seats=1))
        enroll(cast.ada, series, by=cast.ada, now=NOW)
        join_waitlist(cast.ben, series, by=cast.ben, now=NOW)
        db.session.commit()
    return clean


def at_once(app, deeds):
    """What each of them came to: done, or refused."""
    start = Barrier(len(deeds))

    def do(name):
        with app.app_context():

            def work():
                who = {person.given_name.lower(): person for person in db.session.scalars(select(Person))}
                request = db.session.get(ApprovalRequest, 1)
                DEEDS[name](request, who, NOW + timedelta(minutes=1))
                db.session.commit()

            start.wait()
            try:
                twice_if_a_race_is_lost(work)
                return name
            except Refused:
                db.session.rollback()
                return None
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return [name for name in pool.map(do, deeds) if name]


@pytest.mark.parametrize(
    "deeds", [("approve", "approve"), ("approve", "decline"), ("approve", "withdraw"), ("approve", "lapse"), tuple(DEEDS)], ids=" and ".join
)
def test_one_of_those_who_decide_at_once_does(asked, deeds):
    done = at_once(asked, deeds)
    with asked.app_context():
        adas, bens = db.session.scalars(select(Enrollment).order_by(Enrollment.id))
        # A withdrawal may follow on a yes; the worker's round always comes through, and finds nothing to do.
        ended = {ENDS[name] for name in done}
        assert adas.state in ended and len({*done} - {"lapse", "withdraw"}) <= 1
        assert bens.state == ("waitlisted" if adas.state == "enrolled" else "offered")
        assert [rule.sentence for rule in broken_rules() if rule.broken] == []
        kinds = list(db.session.scalars(select(Mail.kind).where(Mail.person_id == adas.person_id, Mail.kind != "requested")))
        assert len(kinds) == len({*kinds})
