"""A clock that jumps a day ahead and an hour back, with people signed in and mail on its way: nothing lost, nothing twice."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from seminar.ground import contributions
from seminar.ground.daily import DayDone
from seminar.ground.outbox import Mail
from seminar.ground.post import CLAIMED_FOR
from seminar.series.enrollment import Enrollment
from seminar.series.seminar import Seminar
from seminar.series.series import Series
from tests.deep.crowd import more_teachers, put_mails, signed_in_as
from tests.deep.served import Served, demo_district
from tests.waiting import until

pytestmark = pytest.mark.deep
TODAY, TOMORROW = date(2027, 3, 2), date(2027, 3, 3)
A_DAY, AN_HOUR = timedelta(days=1).total_seconds(), timedelta(hours=1).total_seconds()


@pytest.fixture
def served() -> Iterator[Served]:
    with demo_district() as prepared:
        yield prepared


def days_done(served: Served) -> dict[str, date]:
    with served.session() as session:
        return dict(session.execute(select(DayDone.round, DayDone.day)).all())


def mails_by_event(served: Served) -> Counter[tuple[int, str, str]]:
    with served.session() as session:
        return Counter(session.execute(select(Mail.person_id, Mail.kind, Mail.key)))


def at_another_time(served: Served, seconds: float) -> None:
    """Everything dies, and begins again with the clock so much later: the web, and two workers."""
    for process in served.running:
        process.kill()
    served.stop()
    served.pass_time(seconds)
    served.start_web()
    served.start_worker()
    served.start_worker()


def test_a_day_ahead_and_an_hour_back(served: Served) -> None:
    def all_done_on(day: date) -> bool:
        return days_done(served) == dict.fromkeys(contributions.daily_rounds, day) and served.unsent() == set()

    at_another_time(served, 0)
    (person_id,) = more_teachers(served, 1)
    (visitor,) = signed_in_as(served, [person_id])
    with served.session() as session:
        wanted = select(Series.id).join(Seminar).where(Seminar.title == "Craft Cutters: Design It Flat, Fold It Up")
        series_id = session.scalars(wanted.order_by(Series.id.desc())).first()
    enrollment = f"/series/{series_id}/enrollment"
    until(lambda: all_done_on(TODAY), within=120)

    at_another_time(served, A_DAY)
    until(lambda: all_done_on(TOMORROW), within=120)
    # A sign-in lasts until the first night that is more than twenty hours away.
    assert visitor.get("/my/learning").status == 200
    before, recipients = mails_by_event(served), put_mails(served, 200)
    until(lambda: len(served.written() & recipients.keys()) > 20)

    at_another_time(served, -AN_HOUR)
    assert visitor.get("/my/learning").status == 200
    assert [visitor.post(f"{enrollment}{what}").status for what in ("", "/withdrawal", "")] == [303] * 3
    mine = {event: 1 for event in mails_by_event(served) if event[0] == person_id}
    assert sorted(kind for _, kind, _ in mine) == ["enrolled", "enrolled", "withdrawn"]
    until(lambda: not {id for id in served.unsent() if id > max(recipients)})

    at_another_time(served, AN_HOUR + CLAIMED_FOR.total_seconds() + 60)
    until(lambda: all_done_on(TOMORROW))
    added = mails_by_event(served) - before
    assert {event: count for event, count in added.items() if not event[2].startswith("test-")} == mine
    assert sum(added.values()) == len(mine) + len(recipients)
    with served.session() as session:
        assert served.written() == set(session.scalars(select(Mail.id).where(Mail.tries > 0)))
        assert set(session.scalars(select(Mail.tries).where(Mail.id.in_(recipients)))) == {1}
        places = session.scalars(select(Enrollment.state).where(Enrollment.person_id == person_id).order_by(Enrollment.id))
        assert places.all() == ["withdrawn", "enrolled"]

    served.stop()
    served.pass_time(A_DAY)
    served.start_web()
    assert visitor.get("/my/learning").status == 303
    assert "Traceback" not in served.log.read_text()
    assert served.flask("audit") == 0
