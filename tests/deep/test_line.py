"""A crowd for few seats that cost something, and the line behind them, over HTTP: no seat too many, none idle while somebody waits, the
order kept, and whoever has a seat paid for it once."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from threading import Event, Thread

import pytest
from sqlalchemy import func, or_, select, update

from seminar.ground.outbox import Mail
from seminar.money.order import OrderLine
from seminar.money.payment import Payment
from seminar.money.refund import Refund
from seminar.series.enrollment import TAKES_A_SEAT, Enrollment
from seminar.series.seminar import Seminar
from seminar.series.series import Series
from tests.deep.crowd import more_teachers, signed_in_as
from tests.deep.served import Answer, Served, Visitor, all_at_once, beside_stripe, demo_district
from tests.stand_in.running import Stripe
from tests.waiting import until

pytestmark = pytest.mark.deep
PEOPLE, SEATS, CENTS = 500, 20, 4_500
OF_AN_OFFER = ("turned down", "taken", "lapsed")
# Half of them pay.
OF_A_HOLD = ("paid", "paid", "paid", "given up", "lapsed unpaid", "paid late")
WAYS = ("withdrawn", *OF_AN_OFFER, *OF_A_HOLD)


@dataclass
class Crowd:
    """Who came, where, and what was done meanwhile."""

    served: Served
    stripe: Stripe
    series_id: int
    visitors: dict[int, Visitor]
    moved: Counter[str] = field(default_factory=Counter)


@pytest.fixture(scope="module")
def beside() -> Iterator[tuple[Served, Stripe]]:
    with demo_district() as prepared, beside_stripe(prepared) as stripe:
        prepared.start_web()
        prepared.start_worker()
        yield prepared, stripe
        assert "database is locked" not in prepared.log.read_text()


def a_series_with_seats(served: Served) -> int:
    with served.session() as session:
        title = "Printing in the Middle School Lab"
        found = max(session.scalars(select(Series.id).join(Seminar).where(Seminar.title == title)))
        session.execute(update(Series).where(Series.id == found).values(seats=Series.seats_taken + SEATS, price_cents=CENTS))
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


def test_five_hundred_for_twenty_seats_half_pay_while_some_withdraw_and_offers_and_holds_lapse(beside: tuple[Served, Stripe]) -> None:
    served, stripe = beside
    ids = more_teachers(served, PEOPLE)
    visitors = dict(zip(ids, signed_in_as(served, ids), strict=True))
    for visitor in visitors.values():
        visitor.patience_seconds = 120
    crowd, over = Crowd(served, stripe, a_series_with_seats(served), visitors), Event()
    moving = Thread(target=keep_moving, args=(crowd, over))
    moving.start()
    try:
        tries = all_at_once([lambda visitor=visitor: come_or_wait(visitor, crowd.series_id)[-1] for visitor in visitors.values()])
    finally:
        over.set()
        moving.join()

    assert {answer.status for answer in tries} == {303}
    stripe.delivered(within=30)
    until(lambda: nothing_is_due(crowd), within=60)
    print(f"meanwhile: {dict(crowd.moved)}; then {states(crowd)}")
    assert_seats_and_line_are_right(crowd)
    assert_everybody_paid_once(crowd)
    assert served.flask("audit") == 0


def assert_seats_and_line_are_right(crowd: Crowd) -> None:
    with crowd.served.session() as session:
        series = session.get_one(Series, crowd.series_id)
        taken = select(func.count()).where(Enrollment.series_id == series.id, Enrollment.state.in_(TAKES_A_SEAT))
        assert session.scalar(taken) == series.seats == series.seats_taken
        # Whoever was ever offered a seat came before whoever still waits, but for those whose payment came late: they are first.
        came = select(Enrollment).where(Enrollment.series_id == series.id, Enrollment.joined_at >= Enrollment.created_at)
        line = session.scalars(came.order_by(Enrollment.joined_at, Enrollment.id)).all()
        offered = [place.offer_until is not None for place in line]
        assert offered == sorted(offered, reverse=True)
        offers = select(Enrollment.id).where(Enrollment.series_id == series.id, Enrollment.offer_until.is_not(None))
        letters = Counter(session.scalars(select(Mail.key).where(Mail.kind == "offered")))
        assert letters == Counter(str(id) for id in session.scalars(offers))


def assert_everybody_paid_once(crowd: Crowd) -> None:
    """By place: what Stripe charged, and hasn't given back, is the price of a seat, or nothing; and each has one mail of its seat."""
    charged = Counter({charge["payment_intent"]: charge["amount"] for charge in crowd.stripe.objects("charge")})
    for refund in crowd.stripe.objects("refund"):
        charged[refund["payment_intent"]] -= refund["amount"]
    with crowd.served.session() as session:
        query = select(Enrollment.id, Enrollment.state, Payment.payment_intent).join(OrderLine, OrderLine.enrollment_id == Enrollment.id)
        paid = Counter[tuple[int, str]]()
        for id, state, intent in session.execute(query.join(Payment, Payment.line_id == OrderLine.id)):
            paid[id, state] += charged[intent]
        assert {state: {cents for (_, of), cents in paid.items() if of == state} for _, state in paid if state != "held"} == {
            state: {CENTS if state == "enrolled" else 0} for _, state in paid if state != "held"
        }
        had = select(Enrollment.id).where(Enrollment.series_id == crowd.series_id, Enrollment.enrolled_at.is_not(None))
        mine = Enrollment.person_id.in_(crowd.visitors)
        told = Counter(session.scalars(select(Mail.key).where(Mail.kind == "enrolled", Mail.person_id.in_(crowd.visitors))))
        assert told == Counter(str(id) for id in session.scalars(had.where(mine)))


def keep_moving(crowd: Crowd, over: Event) -> None:
    """Meanwhile, over and over, and a while longer: somebody gives their seat back; of the offers that this makes some are taken, some
    turned down, and some run out unanswered; of the seats that are held half are paid, in time or late, and the others given up or left to
    lapse."""
    dice, moved = Random(1), crowd.moved
    while not (over.is_set() and min(moved[name] for name in WAYS) >= 3):
        of_these = (Enrollment.series_id == crowd.series_id) & Enrollment.person_id.in_(crowd.visitors)
        with crowd.served.session() as session:
            live = select(Enrollment.id, Enrollment.person_id, Enrollment.state).where(of_these).order_by(Enrollment.id)
            found = session.execute(live.where(Enrollment.state.in_(("enrolled", "offered", "held")))).all()
        enrolled = [person_id for _, person_id, state in found if state == "enrolled"]
        if enrolled:
            who = crowd.visitors[dice.choice(enrolled)]
            moved["withdrawn"] += who.post(f"/series/{crowd.series_id}/enrollment/withdrawal").status == 303
        for enrollment_id, person_id, _ in [row for row in found if row[2] == "offered"][:3]:
            answer(crowd, enrollment_id, person_id, dice.choice(OF_AN_OFFER))
        for enrollment_id, person_id, _ in [row for row in found if row[2] == "held"][:4]:
            pay_or_not(crowd, enrollment_id, person_id, dice.choice(OF_A_HOLD))


def answer(crowd: Crowd, enrollment_id: int, person_id: int, what: str) -> None:
    if what == "lapsed":
        crowd.moved[what] += let_run_out(crowd, enrollment_id, "offered")
        return
    path = "offer/refusal" if what == "turned down" else "enrollment"
    crowd.moved[what] += crowd.visitors[person_id].post(f"/series/{crowd.series_id}/{path}").status == 303


def pay_or_not(crowd: Crowd, enrollment_id: int, person_id: int, what: str) -> None:
    who = crowd.visitors[person_id]
    if what == "given up":
        crowd.moved[what] += who.post(f"/series/{crowd.series_id}/enrollment/withdrawal").status == 303
    elif what == "lapsed unpaid":
        crowd.moved[what] += let_run_out(crowd, enrollment_id, "held")
    elif (session_id := a_page(crowd, enrollment_id, who)) is not None:
        if what == "paid late":
            let_run_out(crowd, enrollment_id, "held")
        crowd.moved[what] += crowd.stripe.pay(session_id)["payment_status"] == "paid"


def a_page(crowd: Crowd, enrollment_id: int, who: Visitor) -> str | None:
    """Stripe's page, to which pressing Pay leads; None where nothing is to be paid any more."""
    with crowd.served.session() as session:
        order_id = session.scalars(select(OrderLine.order_id).where(OrderLine.enrollment_id == enrollment_id)).one()
    if who.post(f"/orders/{order_id}/payments").status != 303:
        return None
    with crowd.served.session() as session:
        return session.scalars(select(Payment.session_id).where(Payment.order_id == order_id)).one()


def let_run_out(crowd: Crowd, enrollment_id: int, state: str) -> bool:
    """Whether it was still as it was."""
    ends = {"offered": "offer_until", "held": "hold_until"}[state]
    with crowd.served.session() as session:
        still = (Enrollment.id == enrollment_id) & (Enrollment.state == state)
        done = session.execute(update(Enrollment).where(still).values({ends: Enrollment.state_since}))
        session.commit()
        return bool(done.rowcount)  # type: ignore[attr-defined]


def nothing_is_due(crowd: Crowd) -> bool:
    """The worker has passed on what ran out, and sent what goes back: every seat is somebody's, kept or on offer."""
    late = or_(
        (Enrollment.state == "offered") & (Enrollment.offer_until == Enrollment.state_since),
        (Enrollment.state == "held") & (Enrollment.hold_until == Enrollment.state_since),
    )
    with crowd.served.session() as session:
        ran_out = session.scalar(select(func.count()).where(Enrollment.series_id == crowd.series_id, late))
        unsent = session.scalar(select(func.count()).where(Refund.state.in_(("requested", "submitted"))))
        return not ran_out and not unsent


def states(crowd: Crowd) -> dict[str, int]:
    with crowd.served.session() as session:
        query = select(Enrollment.state, func.count()).where(Enrollment.series_id == crowd.series_id).group_by(Enrollment.state)
        return {state: number for state, number in session.execute(query)}
