"""Every event of Stripe's twice, in several orders, while processes are killed between the steps: one charge, one seat, one mail of each
kind, and a balance that is right.

Whoever dies does so by SIGKILL: while the stand-in has its call, from outside; around its commit, as tests.deep.mortal says.
"""

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from sqlalchemy import select, update

from seminar.ground.outbox import Mail
from seminar.ground.post import CLAIMED_FOR
from seminar.ground.rounds import RoundDone
from seminar.money.asking import EVENTS
from seminar.money.card import OURS
from seminar.money.event import StripeEvent
from seminar.money.ledger import LedgerEntry
from seminar.money.order import Order, OrderLine
from seminar.money.payment import Payment
from seminar.money.refund import Refund
from seminar.series.enrollment import Enrollment
from seminar.series.seminar import Seminar
from seminar.series.series import Series
from tests.deep.crowd import more_teachers, signed_in_as
from tests.deep.mortal import changed_our_mind, has_died, make_mortal, will_die
from tests.deep.served import NO_ANSWER, Answer, Served, Visitor, beside_stripe, demo_district, web_workers
from tests.stand_in.faults import Fault
from tests.stand_in.running import Stripe
from tests.waiting import until

pytestmark = pytest.mark.deep
CENTS, PEOPLE = 4_500, 40
Event = dict[str, Any]


@dataclass
class Paying:
    """Somebody at a browser, who has a seat that is to be paid."""

    visitor: Visitor
    person_id: int
    enrollment_id: int
    order_id: int
    # How many events Stripe had of others by then.
    events_before: int

    def pay(self) -> Answer:
        return self.visitor.post(f"/orders/{self.order_id}/payments")


@dataclass
class Beside:
    """The product and the stand-in, of which no event leaves by itself."""

    served: Served
    stripe: Stripe
    series_id: int
    people: Iterator[tuple[int, Visitor]]
    web: Popen[bytes]
    worker: Popen[bytes]

    def somebody(self) -> Paying:
        person_id, visitor = next(self.people)
        self.web_is_up()
        assert visitor.post(f"/series/{self.series_id}/enrollment").status == 303
        with self.served.session() as session:
            query = select(OrderLine.enrollment_id, OrderLine.order_id).join(Order, Order.id == OrderLine.order_id)
            enrollment_id, order_id = session.execute(query.where(Order.person_id == person_id)).one()
        return Paying(visitor, person_id, enrollment_id, order_id, len(self.stripe.events()))

    def a_page(self, who: Paying) -> str:
        """Stripe's page, to which pressing Pay leads."""
        assert who.pay().status == 303
        return self.payments(who)[-1].session_id or ""

    def paid(self) -> Paying:
        """Somebody who has paid, of whom the product has heard."""
        who = self.somebody()
        self.stripe.pay(self.a_page(who))
        self.bring(self.events(who))
        return who

    def payments(self, who: Paying) -> list[Payment]:
        with self.served.session() as session:
            return list(session.scalars(select(Payment).where(Payment.order_id == who.order_id).order_by(Payment.id)))

    def events(self, who: Paying) -> list[Event]:
        """Since they came, the oldest first."""
        return self.stripe.events()[who.events_before :]

    def web_is_up(self) -> None:
        until(self.served.is_ready, within=60)

    # Kills.

    def web_dies(self, when: str, wrote: str) -> None:
        will_die(self.served.home, "web", when, wrote)

    def worker_dies(self, when: str, wrote: str) -> None:
        will_die(self.served.home, "worker", when, wrote)

    def web_is_killed_while_it_asks(self, calls: str, *, stripe_does_it: bool) -> None:
        self._dies_meanwhile(calls, lambda: web_workers(self.web.pid), stripe_does_it=stripe_does_it)

    def worker_is_killed_while_it_asks(self, calls: str, *, stripe_does_it: bool) -> None:
        self._dies_meanwhile(calls, lambda: [self.worker.pid], stripe_does_it=stripe_does_it)

    def _dies_meanwhile(self, calls: str, victims: Callable[[], list[int]], *, stripe_does_it: bool) -> None:
        """Stripe has the call, and does what it says or loses it; whoever called is dead by then."""

        def kill() -> None:
            pids = victims()
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            until(lambda: all(is_dead(pid) for pid in pids), within=60)
            (self.served.home / f"died-{pids[0]}").touch()

        self.stripe.api.faults.plan(Fault(1, None, "after" if stripe_does_it else "before", calls=calls, meanwhile=kill))

    def somebody_died(self) -> None:
        """As it was told, and not otherwise."""
        pids: list[int] = []

        def told() -> bool:
            pid = has_died(self.served.home)
            pids.extend([] if pid is None else [pid])
            return bool(pids)

        until(told, within=60)
        until(lambda: is_dead(pids[0]), within=60)

    def worker_died(self) -> None:
        self.somebody_died()
        assert self.worker.wait(timeout=60) == -signal.SIGKILL

    # Events.

    def bring(self, events: list[Event]) -> None:
        """Each twice, and again what wasn't taken, as Stripe does, until nothing is left."""
        left = [event for event in events if [self._status(event) for _ in range(2)][-1] != 200]
        for _ in events:
            left = [event for event in left if self._status(event) != 200]
        assert left == []

    def kill_over(self, event: Event) -> bool:
        """It is brought, and the process dies before its commit; again, and it dies after it, with nothing answered. One whose time hasn't
        come kills nobody. Answers whether it did."""
        for when in ("before", "after"):
            self.web_is_up()
            self.web_dies(when, "INSERT INTO stripe_event")
            (status,) = self.stripe.deliver(event)
            if status == 503:
                changed_our_mind(self.served.home)
                return False
            assert status == 0
            self.somebody_died()
            with self.served.session() as session:
                assert (session.get(StripeEvent, event["id"]) is not None) == (when == "after")
        return True

    def _status(self, event: Event) -> int:
        self.web_is_up()
        (status,) = self.stripe.deliver(event)
        assert status in (200, 503)
        return status

    # What is there in the end.

    def assert_once(self, who: Paying, *, is_now: tuple[str, int], mails: set[str], entries: set[str]) -> None:
        """One charge, one place, and one of each of these mails and entries; and the state and balance that it has."""
        tokens = {payment.token for payment in self.payments(who)}
        sessions = [page for page in self.stripe.objects("checkout.session") if page["client_reference_id"] in tokens]
        intents = {page["payment_intent"] for page in sessions if page["payment_intent"]}
        charges = [charge for charge in self.stripe.objects("charge") if charge["payment_intent"] in intents]
        assert (len(sessions), [charge["amount"] for charge in charges if charge["paid"]]) == (len(tokens), [CENTS])
        with self.served.session() as session:
            (place,) = session.scalars(select(Enrollment).where(Enrollment.person_id == who.person_id))
            ledger = session.execute(select(LedgerEntry.kind, LedgerEntry.amount_cents).where(LedgerEntry.order_id == who.order_id)).all()
            assert (place.state, sum(cents for _, cents in ledger)) == is_now
            kinds = {"charge", "payment", *entries}
            assert Counter((kind, abs(cents)) for kind, cents in ledger) == Counter((kind, CENTS) for kind in kinds)
            assert Counter(session.scalars(select(Mail.kind).where(Mail.person_id == who.person_id))) == Counter(mails)

    def assert_office_told_once(self, who: Paying) -> None:
        intent = self.payments(who)[-1].payment_intent
        disputes = [dispute for dispute in self.stripe.objects("dispute") if dispute["payment_intent"] == intent]
        with self.served.session() as session:
            told = Counter(session.scalars(select(Mail.person_id).where(Mail.kind == "disputed", Mail.key == disputes[0]["id"])))
        assert (len(disputes), set(told.values())) == (1, {1})


def is_dead(pid: int) -> bool:
    """Whoever started it may not have looked yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def gets_no_answer(act: Callable[..., object], *said: object) -> bool:
    try:
        act(*said)
    except NO_ANSWER:
        return True
    return False


def orders(events: list[Event]) -> list[list[Event]]:
    """As they happened, the other way round, and the last one first."""
    found = [events, events[::-1], events[-1:] + events[:-1]]
    return [order for n, order in enumerate(found) if order not in found[:n]]


def has_asked_for_events(served: Served) -> bool:
    with served.session() as session:
        return session.get(RoundDone, EVENTS) is not None


@pytest.fixture(scope="module")
def beside() -> Iterator[Beside]:
    with demo_district() as served, beside_stripe(served) as stripe:
        make_mortal(served.home)
        stripe.hold()
        ids = more_teachers(served, PEOPLE)
        people = zip(ids, signed_in_as(served, ids), strict=True)
        with served.session() as session:
            title = "Printing in the Middle School Lab"
            series_id = max(session.scalars(select(Series.id).join(Seminar).where(Seminar.title == title)))
            has_room = {"seats": Series.seats_taken + PEOPLE, "price_cents": CENTS}
            session.execute(update(Series).where(Series.id == series_id).values(has_room))
            session.commit()
        web, worker = served.start_web(within=60), served.start_worker()
        # On its first turn it asks Stripe for the events of the last hour, and from then on leaves them to the tests.
        until(lambda: has_asked_for_events(served), within=120)
        yield Beside(served, stripe, series_id, people, web, worker)
        assert served.flask("audit") == 0


ASKS_FOR_A_PAGE, ATTEMPT, PAGE = "POST /v1/checkout/sessions", r"INSERT INTO payment\b", r"UPDATE payment SET .*session_id"
AT_A_PAGE: dict[str, Callable[[Beside], None]] = {
    "before the attempt is committed": lambda beside: beside.web_dies("before", ATTEMPT),
    "after the attempt is committed": lambda beside: beside.web_dies("after", ATTEMPT),
    "before Stripe has it": lambda beside: beside.web_is_killed_while_it_asks(ASKS_FOR_A_PAGE, stripe_does_it=False),
    "after Stripe has it": lambda beside: beside.web_is_killed_while_it_asks(ASKS_FOR_A_PAGE, stripe_does_it=True),
    "before the page is committed": lambda beside: beside.web_dies("before", PAGE),
    "after the page is committed": lambda beside: beside.web_dies("after", PAGE),
}


def test_whoever_asks_for_a_page_and_dies_asked_for_one(beside: Beside) -> None:
    for n, prepare in enumerate(AT_A_PAGE.values()):
        who, pages = beside.somebody(), len(beside.stripe.objects("checkout.session"))
        prepare(beside)
        assert gets_no_answer(who.pay)
        beside.somebody_died()
        beside.web_is_up()
        knows = {payment.session_id is not None for payment in beside.payments(who)}
        assert knows == (set() if n == 0 else {n == 5})
        beside.stripe.pay(beside.a_page(who))

        beside.bring(orders(beside.events(who))[n % 2])

        assert len(beside.stripe.objects("checkout.session")) == pages + 1
        beside.assert_once(who, is_now=("enrolled", 0), mails={"enrolled"}, entries=set())


SEAT = "INSERT INTO ledger_entry"
AT_THE_RETURN: dict[str, Callable[[Beside], None]] = {
    "while Stripe is asked": lambda beside: beside.web_is_killed_while_it_asks("GET /v1/checkout/sessions/", stripe_does_it=True),
    "before the seat is committed": lambda beside: beside.web_dies("before", SEAT),
    "after the seat is committed": lambda beside: beside.web_dies("after", SEAT),
}


def test_whoever_comes_back_and_is_not_answered_has_paid_once(beside: Beside) -> None:
    for n, prepare in enumerate(AT_THE_RETURN.values()):
        who = beside.somebody()
        beside.stripe.pay(beside.a_page(who))
        back = f"/payments/{beside.payments(who)[0].token}/return"
        prepare(beside)
        assert gets_no_answer(who.visitor.get, back)
        beside.somebody_died()
        beside.web_is_up()
        assert beside.payments(who)[0].state == ("succeeded" if n == 2 else "pending")

        if n == 1:
            beside.bring(beside.events(who))
        assert who.visitor.get(back).status == 303
        beside.bring(beside.events(who))

        beside.assert_once(who, is_now=("enrolled", 0), mails={"enrolled"}, entries=set())


def on_a_second_page(beside: Beside, who: Paying) -> None:
    beside.stripe.expire(beside.a_page(who))
    beside.stripe.pay(beside.a_page(who))


def by_a_bank(beside: Beside, who: Paying) -> None:
    page = beside.a_page(who)
    beside.stripe.pay_by_bank(page)
    beside.stripe.settle(page)


def by_a_card_after_a_banks_no(beside: Beside, who: Paying) -> None:
    page = beside.a_page(who)
    beside.stripe.pay_by_bank(page)
    beside.stripe.fail(page)
    beside.stripe.pay(beside.a_page(who))


def disputed_and_won(beside: Beside, who: Paying) -> None:
    page = beside.a_page(who)
    beside.stripe.pay(page)
    beside.stripe.close_dispute(beside.stripe.dispute(page)["id"], won=True)


def refunded_in_the_dashboard(beside: Beside, who: Paying) -> None:
    page = beside.a_page(who)
    beside.stripe.pay(page)
    beside.stripe.refund(page)


ENROLLED = {"is_now": ("enrolled", 0), "mails": {"enrolled"}, "entries": set[str]()}
STORIES: dict[Callable[[Beside, Paying], None], dict[str, Any]] = {
    on_a_second_page: ENROLLED,
    by_a_bank: ENROLLED,
    by_a_card_after_a_banks_no: ENROLLED | {"mails": {"enrolled", "payment_failed"}},
    disputed_and_won: ENROLLED | {"entries": {"dispute", "dispute_won"}},
    refunded_in_the_dashboard: {"is_now": ("enrolled", CENTS), "mails": {"enrolled", "refunded"}, "entries": {"refund"}},
}


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_an_event_over_which_its_process_dies_is_taken_once(beside: Beside, story: Callable[[Beside, Paying], None]) -> None:
    for n in count():
        who = beside.somebody()
        story(beside, who)
        order = orders(beside.events(who))[n:]
        if not order:
            break
        killed = [beside.kill_over(event) for event in order[0] if event["type"] in OURS]
        # As they happened, the time of each has come.
        assert all(killed) if n == 0 else any(killed)

        beside.bring(order[0])
        beside.bring(order[0][::-1])

        beside.assert_once(who, **STORIES[story])
        if story is disputed_and_won:
            beside.assert_office_told_once(who)


ASKS_FOR_A_REFUND = "POST /v1/refunds"
AT_A_REFUND: dict[str, Callable[[Beside], None]] = {
    "before it is said to be asked for": lambda beside: beside.worker_dies("before", "UPDATE refund SET"),
    "before Stripe has it": lambda beside: beside.worker_is_killed_while_it_asks(ASKS_FOR_A_REFUND, stripe_does_it=False),
    "after Stripe did it": lambda beside: beside.worker_is_killed_while_it_asks(ASKS_FOR_A_REFUND, stripe_does_it=True),
    "before it is written that it went back": lambda beside: beside.worker_dies("before", SEAT),
    "after it is written that it went back": lambda beside: beside.worker_dies("after", SEAT),
    "before it is written that it is on its way": lambda beside: beside.worker_dies("before", "UPDATE refund SET .*stripe_refund_id"),
}


# What we know of it, and how many Stripe made, at each of these moments.
WHEN_IT_DIED = [
    (["requested"], 0),
    (["submitted"], 0),
    (["submitted"], 1),
    (["submitted"], 1),
    (["succeeded"], 1),
    (["submitted"], 1),
]


def test_a_worker_that_dies_over_a_refund_sends_it_once(beside: Beside) -> None:
    served, stripe, everybody = beside.served, beside.stripe, list[Paying]()
    for n, prepare in enumerate(AT_A_REFUND.values()):
        everybody.append(who := beside.paid())
        if n == len(AT_A_REFUND) - 1:
            stripe.next_refunds("pending")
        prepare(beside)
        assert who.visitor.post(f"/series/{beside.series_id}/enrollment/withdrawal").status == 303
        beside.worker_died()
        assert (refund_states(beside, [who]), len(refunds_at_stripe(beside, who))) == WHEN_IT_DIED[n]
        not_before_the_end(beside, who)
        if n % 2:
            # Stripe is before the next worker.
            beside.bring(beside.events(who))
        beside.worker = served.start_worker()
        if n == 0:
            # What wasn't asked for yet is sent at once, and all else when its time has come.
            until(lambda: refund_states(beside, everybody) == ["succeeded"], within=60)
    served.pass_time(CLAIMED_FOR.total_seconds() + 60)
    beside.worker.kill()
    beside.worker.wait()
    beside.worker = served.start_worker()
    until(lambda: set(refund_states(beside, everybody[:-1])) == {"succeeded"}, within=60)
    (slow,) = [refund for refund in stripe.objects("refund") if refund["status"] == "pending"]
    stripe.refund_succeeds(slow["id"])

    for n, who in enumerate(everybody):
        for order in orders(beside.events(who))[n % 2 :]:
            beside.bring(order)

    until(lambda: served.unsent() == set(), within=60)
    for who in everybody:
        assert [(refund["amount"], refund["status"]) for refund in refunds_at_stripe(beside, who)] == [(CENTS, "succeeded")]
        mails = {"enrolled", "withdrawn", "refunded"}
        beside.assert_once(who, is_now=("withdrawn", 0), mails=mails, entries={"credit", "refund"})
    assert set(refund_states(beside, everybody)) == {"succeeded"}


def not_before_the_end(beside: Beside, who: Paying) -> None:
    """What may have been sent is asked about after a minute; on a slow machine that would be meant for another's death."""
    with beside.served.session() as session:
        sent = select(Refund).join(Payment, Payment.id == Refund.payment_id)
        for refund in session.scalars(sent.where(Payment.order_id == who.order_id, Refund.state == "submitted")):
            refund.next_try_at += CLAIMED_FOR - timedelta(minutes=1)
        session.commit()


def refunds_at_stripe(beside: Beside, who: Paying) -> list[Event]:
    intent = beside.payments(who)[0].payment_intent
    return [refund for refund in beside.stripe.objects("refund") if refund["payment_intent"] == intent]


def refund_states(beside: Beside, those: list[Paying]) -> list[str]:
    with beside.served.session() as session:
        query = select(Refund.state).join(Payment, Payment.id == Refund.payment_id).order_by(Refund.id)
        return list(session.scalars(query.where(Payment.order_id.in_([who.order_id for who in those]))))
