"""A crowd for few seats, and the line behind them, over HTTP: no seat too many, none idle while somebody waits, the order kept."""

from collections import Counter
from collections.abc import Iterator
from random import Random
from threading import Event, Thread

import pytest
from sqlalchemy import func, select, update

from seminar.ground.outbox import Mail
from seminar.series.enrollment import TAKES_A_SEAT, Enrollment
from seminar.series.seminar import Seminar
from seminar.series.series import Series
from tests.deep.crowd import more_teachers, signed_in_as
from tests.deep.served import Answer, Served, Visitor, all_at_once, demo_district
from tests.waiting import until

pytestmark = pytest.mark.deep
PEOPLE, SEATS = 500, 20
WAYS = ("withdrawn", "turned down", "taken", "lapsed")


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with demo_district() as prepared:
        prepared.start_web()
        prepared.start_worker()
        yield prepared
        assert "database is locked" not in prepared.log.read_text()


def a_series_with_seats(served: Served) -> int:
    with served.session() as session:
        title = "Printing in the Middle School Lab"
        found = max(session.scalars(select(Series.id).join(Seminar).where(Seminar.title == title)))
        session.execute(update(Series).where(Series.id == found).values(seats=Series.seats_taken + SEATS))
        session.commit()
        return found


def come_or_wait(visitor: Visitor, series_id: int) -> list[Answer]:
    """A seat, or a place in line; again, where one became the other meanwhile."""
    answers: list[Answer] = []
    while not answers or answers[-1].status != 303:
        way = "waitlist" if len(answers) % 2 else "enrollment"
        answers.append(visitor.post(f"/series/{series_id}/{way}"))
        assert answers[-1].status in (303, 409)
    return answers


def test_five_hundred_for_twenty_seats_while_some_withdraw_and_offers_lapse(served: Served) -> None:
    series_id = a_series_with_seats(served)
    ids = more_teachers(served, PEOPLE)
    visitors = dict(zip(ids, signed_in_as(served, ids), strict=True))
    over, moved = Event(), Counter[str]()
    moving = Thread(target=keep_moving, args=(served, series_id, visitors, over, moved))
    moving.start()
    try:
        tries = all_at_once([lambda visitor=visitor: come_or_wait(visitor, series_id)[-1] for visitor in visitors.values()])
    finally:
        over.set()
        moving.join()

    assert {answer.status for answer in tries} == {303}
    until(lambda: nothing_is_due(served, series_id), within=60)
    print(f"meanwhile: {dict(moved)}; then {states(served, series_id)}")
    with served.session() as session:
        series = session.get_one(Series, series_id)
        taken = select(func.count()).where(Enrollment.series_id == series_id, Enrollment.state.in_(TAKES_A_SEAT))
        assert session.scalar(taken) == series.seats == series.seats_taken
        # Whoever was ever offered a seat came before whoever still waits.
        came = select(Enrollment).where(Enrollment.series_id == series_id, Enrollment.joined_at.is_not(None))
        line = session.scalars(came.order_by(Enrollment.joined_at, Enrollment.id)).all()
        offered = [place.offer_until is not None for place in line]
        assert offered == sorted(offered, reverse=True)
        letters = Counter(session.scalars(select(Mail.key).where(Mail.kind == "offered")))
        assert letters == Counter(str(place.id) for place in line if place.offer_until is not None)
    assert served.flask("audit") == 0


def keep_moving(served: Served, series_id: int, visitors: dict[int, Visitor], over: Event, moved: Counter[str]) -> None:
    """Meanwhile, over and over, and a while longer: somebody gives their seat back; of the offers that this makes some are taken,
    some turned down, and some run out unanswered."""
    dice = Random(1)
    while not (over.is_set() and min(moved[name] for name in WAYS) >= 3):
        with served.session() as session:
            of_these = (Enrollment.series_id == series_id) & Enrollment.person_id.in_(visitors)
            enrolled = session.scalars(select(Enrollment.person_id).where(of_these, Enrollment.state == "enrolled")).all()
            offered = session.execute(select(Enrollment.id, Enrollment.person_id).where(of_these, Enrollment.state == "offered")).all()
        if enrolled:
            moved["withdrawn"] += visitors[dice.choice(enrolled)].post(f"/series/{series_id}/enrollment/withdrawal").status == 303
        for enrollment_id, person_id in offered[:3]:
            answer(served, series_id, visitors[person_id], enrollment_id, dice.choice(WAYS[1:]), moved)


def answer(served: Served, series_id: int, visitor: Visitor, enrollment_id: int, what: str, moved: Counter[str]) -> None:
    if what == "lapsed":
        with served.session() as session:
            still = (Enrollment.id == enrollment_id) & (Enrollment.state == "offered")
            session.execute(update(Enrollment).where(still).values(offer_until=Enrollment.state_since))
            session.commit()
        moved[what] += 1
        return
    path = "offer/refusal" if what == "turned down" else "enrollment"
    moved[what] += visitor.post(f"/series/{series_id}/{path}").status == 303


def nothing_is_due(served: Served, series_id: int) -> bool:
    """The worker has passed on what ran out: every seat is somebody's, or on offer."""
    with served.session() as session:
        ran_out = select(func.count()).where(Enrollment.state == "offered", Enrollment.offer_until == Enrollment.state_since)
        return not session.scalar(ran_out)


def states(served: Served, series_id: int) -> dict[str, int]:
    with served.session() as session:
        query = select(Enrollment.state, func.count()).where(Enrollment.series_id == series_id).group_by(Enrollment.state)
        return {state: number for state, number in session.execute(query)}
