"""Rule 4: what is owed for a seat, what was paid for it and what of that goes back, in cents; and what Stripe has of it meanwhile.

Stripe's side moves first (somebody pays, a bank says no, a refund is sent back); ours follows when it hears. What is yet to be told is
in `news`, in the order in which it happened.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.years.model_places import Place

if TYPE_CHECKING:
    from tests.years.model import Model

UNPAID = ("created", "pending", "failed", "expired")
OPEN = ("created", "pending")
WAITS = ("held", "awaiting_po")
GIVEN = ("grant", "waiver", "grant_back", "waiver_back")
HAS_COME = ("succeeded", "won")
COUNTS = ("requested", "submitted", "succeeded")
WHY = {"withdrawn": "withdrawn", "canceled": "canceled", "lapsed": "late"}
PAID, EXPIRED = "checkout.session.completed", "checkout.session.expired"
BANK_PAID, BANK_SAID_NO = "checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed"
REFUND_MADE, REFUND_CHANGED, REFUND_FAILED = "refund.created", "refund.updated", "refund.failed"
DISPUTE_OPENED, DISPUTE_CLOSED = "charge.dispute.created", "charge.dispute.closed"
# A page lives for 33 minutes; we take it for over after 34, and keep the seat for 5 more, in which its answer is heard.
PAGE_LIVES, WE_WAIT, HOLD_OUTLIVES = timedelta(minutes=33), timedelta(minutes=34), timedelta(minutes=39)
HELD_FOR, BANK_TAKES = timedelta(minutes=40), timedelta(days=14)
MOST_PAGES = 3
FAR_AHEAD = 200


@dataclass(eq=False)
class Due:
    """What is owed for a place, by whom, at the price and by the refund rule of its day; `entries` are the ledger's."""

    number: int
    place: Place
    payer: str
    price: int
    rule: list[tuple[int, int]]
    entries: list[tuple[str, int]] = field(default_factory=list)
    attempts: list["Attempt"] = field(default_factory=list)

    @property
    def balance(self) -> int:
        return sum(cents for _, cents in self.entries)

    @property
    def charged(self) -> int:
        return sum(cents for kind, cents in self.entries if kind in ("charge", "credit", *GIVEN))

    @property
    def own(self) -> int:
        """Of the price, what others don't pay."""
        return self.price + sum(cents for kind, cents in self.entries if kind in GIVEN)

    @property
    def left(self) -> int:
        """What was paid and is neither on its way back nor disputed."""
        return sum(attempt.left for attempt in self.attempts)

    def under_way(self) -> int:
        return sum(back.cents for attempt in self.attempts for back in attempt.backs if back.state in ("requested", "submitted"))


@dataclass(eq=False)
class Attempt:
    """A page at Stripe: `page` is open, paid, at the bank, said no or expired; `state` is what we know of it. It is `opened` once we
    heard of its page."""

    name: str
    number: int
    due: Due
    cents: int
    begun: datetime
    state: str = "created"
    page: str = "open"
    opened: bool = False
    on_its_way: bool = False
    asked: datetime | None = None
    backs: list["Back"] = field(default_factory=list)
    at_stripe: list["AtStripe"] = field(default_factory=list)
    # '', open, won or lost; and whether we heard that it began.
    dispute: str = ""
    disputed_cents: int = 0
    knows_dispute: bool = False

    @property
    def counted(self) -> int:
        return sum(back.cents for back in self.backs if back.state in COUNTS)

    @property
    def left(self) -> int:
        return self.cents - self.counted if self.state in HAS_COME else 0

    @property
    def left_at_stripe(self) -> int:
        if self.page != "paid" or self.dispute in ("open", "lost"):
            return 0
        return self.cents - sum(one.cents for one in self.at_stripe if one.state in ("pending", "succeeded"))


@dataclass(eq=False)
class Back:
    """A refund as we have it."""

    attempt: Attempt
    cents: int
    why: str
    since: datetime
    state: str = "requested"
    tries: int = 0


@dataclass(eq=False)
class AtStripe:
    """A refund as Stripe has it, and which of ours, in which try, it is; one that was made in the dashboard is nobody's at first."""

    cents: int
    state: str
    back: Back | None = None
    tries: int = 0
    from_dashboard: bool = False


News = tuple[str, Attempt, AtStripe | None]


class Money:
    def __init__(self, model: "Model") -> None:
        self.model = model
        self.rule = [(0, 100)]
        self.dues: list[Due] = []
        self.attempts: dict[str, Attempt] = {}
        self.backs: list[Back] = []
        self.news: list[News] = []
        self.events_asked: datetime | None = None

    # An order

    def due_of(self, place: Place) -> Due | None:
        return next((due for due in self.dues if due.place is place), None)

    def order_number(self, place: Place) -> int:
        due = self.due_of(place)
        return due.number if due else -1

    def open_order(self, place: Place, by: str) -> None:
        due = Due(len(self.dues), place, place.person, self.model.places.series[place.series].price, list(self.rule))
        due.entries.append(("charge", due.price))
        self.dues.append(due)
        self.model.grants.open_order(due)
        self.model.record(by, "order opened")

    def hand_on(self, place: Place, successor: Place, by: str) -> None:
        due = self.due_of(place)
        if due is not None:
            due.place = successor
            self.model.record(by, "order handed on")

    def ended(self, place: Place, why: str, by: str | None) -> None:
        """What is owed goes, and what was paid comes back, but for what the rule keeps of who gave up a seat that they had."""
        due = self.due_of(place)
        if due is None:
            return
        charged, left = due.charged, due.left
        kept = min(self.kept(due), charged) if why == "withdrawn" and by == place.person and place.had_it else 0
        self.model.purchase_orders.less[due] = max(charged - kept, 0)
        self.model.grants.take_back(due)
        if due.charged > kept:
            due.entries.append(("credit", kept - due.charged))
        self.give(due, left - kept, WHY[why], by)

    def kept(self, due: Due) -> int:
        return due.own - due.own * self.percent(due) // 100

    def has_another_rule(self, place: Place) -> bool:
        """Whether the rule of its day would give something else back than that of today."""
        due = self.due_of(place)
        return due is not None and self.percent(due) != self.percent(Due(0, place, due.payer, due.price, self.rule))

    def percent(self, due: Due) -> int:
        model, run = self.model, self.model.places.series[due.place.series]
        starts = [meeting.starts for meeting in run.meetings if not meeting.canceled]
        if starts and min(starts) <= model.now:
            return 0
        last = min(starts).astimezone(model.now.tzinfo).date() if starts else None
        ahead = [model.today + timedelta(days=n) for n in range(1, (last - model.today).days + 1)] if last else []
        days = sum(day.weekday() < 5 and day not in model.calendar.closed for day in ahead) if last else FAR_AHEAD
        return max((percent for least, percent in due.rule if least <= days), default=0)

    def give(self, due: Due, cents: int, why: str, by: str | None) -> None:
        """So much goes back, of what was paid first."""
        for attempt in due.attempts:
            share = min(cents, attempt.left)
            if share > 0:
                self._ask_back(attempt, share, why, by)
                cents -= share

    def _ask_back(self, attempt: Attempt, cents: int, why: str, by: str | None) -> Back:
        back = Back(attempt, cents, why, self.model.now)
        attempt.backs.append(back)
        self.backs.append(back)
        self.model.record(by, "refund requested")
        return back

    # Paying

    def comes_late(self) -> list[str]:
        """Series in which somebody paid for a seat that they don't have any more, and we haven't heard of it."""
        late = [one.due.place for one in self.attempts.values() if one.page == "paid" and one.state in UNPAID]
        return [place.series for place in late if place.state == "lapsed" or self.model.places.ran_out(place)]

    def open_attempt(self, due: Due) -> Attempt | None:
        return next((attempt for attempt in due.attempts if attempt.state in OPEN), None)

    def may_begin(self, place: Place, by: str) -> bool:
        due = self.due_of(place)
        if due is None or due.payer != by or place.state not in WAITS or self.model.places.ran_out(place) or due.balance <= 0:
            return False
        begun = self.open_attempt(due)
        in_vain = sum(attempt.state in ("expired", "failed") for attempt in due.attempts)
        return not begun.on_its_way if begun else in_vain < MOST_PAGES

    def begin(self, place: Place, by: str, name: str, heard: bool) -> None:
        self.model.places.settle(place.series)
        due = self.due_of(place)
        assert due is not None and place.until is not None
        attempt = self.open_attempt(due)
        if attempt is None:
            place.until = max(place.until, self.model.now + HOLD_OUTLIVES)
            attempt = Attempt(name, len(self.attempts), due, due.balance, self.model.now)
            due.attempts.append(attempt)
            self.attempts[name] = attempt
            self.model.record(by, "payment begun")
        if heard:
            attempt.opened = True
            if attempt.state == "created":
                self._move(attempt, "pending")

    def _move(self, attempt: Attempt, state: str) -> None:
        attempt.state = state
        self.model.record(None, f"payment {state}")

    def hear_of_page(self, attempt: Attempt) -> None:
        attempt.opened = True
        if attempt.state not in UNPAID:
            return
        place = attempt.due.place
        self.model.places.settle(place.series)
        if attempt.page == "paid":
            self._paid(attempt)
        elif attempt.state in OPEN:
            self._not_paid(attempt, place)

    def _not_paid(self, attempt: Attempt, place: Place) -> None:
        if attempt.page == "expired":
            self._move(attempt, "expired")
        elif attempt.page == "said no":
            self._move(attempt, "failed")
            if place.state in WAITS:
                place.until = self.model.places.until(place.series)
                self.model.purchase_orders.keep_on(attempt.due)
                self.model.tell(attempt.due.payer, "payment_failed")
        elif attempt.state == "created":
            self._move(attempt, "pending")
        if attempt.page == "at the bank" and not attempt.on_its_way:
            attempt.on_its_way = True
            self.model.record(None, "payment on its way")
            if place.state in WAITS and place.until is not None:
                place.until = max(place.until, self.model.now + BANK_TAKES)

    def _paid(self, attempt: Attempt) -> None:
        """A seat that is held is theirs, and one that lapsed, if one is free that nobody waits for; otherwise all of it goes back."""
        due, places = attempt.due, self.model.places
        place = due.place
        self._move(attempt, "succeeded")
        due.entries.append(("payment", -attempt.cents))
        had_lapsed = place.state == "lapsed"
        if place.state in WAITS or self._has_one_for_who_is_late(place):
            place.state, place.had_it = "enrolled", True
            self.model.record(place.person, "enrolled")
            self.model.tell(place.person, "enrolled")
            if due.balance < 0 and had_lapsed:
                due.entries.append(("charge", due.price))
                if due.balance > 0:
                    self.model.grants.give(due, due.balance)
                if due.balance > 0:
                    due.entries.append(("credit", -due.balance))
            elif due.balance < 0:
                self._ask_back(attempt, -due.balance, "twice", None)
            self.model.purchase_orders.paid_otherwise(due)
        elif place.state == "enrolled":
            self._ask_back(attempt, attempt.cents, "twice", None)
        else:
            self._ask_back(attempt, attempt.cents, "late", None)
            self.model.tell(due.payer, "paid_late")
            goes_on = places.takes_people(place.series) and not places.has_ended(place.series)
            if place.state == "lapsed" and goes_on and places.place_of(place.person, place.series) is None:
                places.first_in_line(place, f"first.{attempt.name}")

    def _has_one_for_who_is_late(self, place: Place) -> bool:
        places = self.model.places
        if place.state != "lapsed" or places.series[place.series].canceled or places.has_ended(place.series):
            return False
        return places.has_one_to_spare(place.series) and places.place_of(place.person, place.series) is None

    def ask_about_pages(self, now: datetime, *, one_is_unknown: bool = False, heard: set[str] | None = None) -> None:
        """The worker's question about pages that are over; `heard` names those of which an answer was written down, None for all."""
        for attempt in self.attempts.values():
            if attempt.state == "created" and not attempt.opened and attempt.begun + WE_WAIT <= now and _in(attempt, heard):
                self._move(attempt, "expired")
        due = [attempt for attempt in self.attempts.values() if attempt.opened and attempt.state in OPEN and self._is_due(attempt, now)]
        due.sort(key=lambda one: (one.asked is not None, one.asked or now, one.number))
        held = {attempt.name for attempt in due if attempt.due.place.state in WAITS}
        for attempt in due:
            attempt.asked = now
        for attempt in due:
            if not _in(attempt, heard):
                continue
            if attempt.name not in held:
                self.page_ends(attempt)
            if one_is_unknown and attempt is due[0]:
                self._move(attempt, "expired")
            else:
                self.hear_of_page(attempt)

    def _is_due(self, attempt: Attempt, now: datetime) -> bool:
        if attempt.on_its_way:
            return attempt.asked is None or attempt.asked <= now - timedelta(hours=1)
        is_over = attempt.begun + WE_WAIT <= now or attempt.due.place.state not in WAITS
        return is_over and (attempt.asked is None or attempt.asked <= now - timedelta(minutes=1))

    # At Stripe

    def pays(self, attempt: Attempt) -> None:
        if attempt.page == "open":
            attempt.page = "paid"
            self.news.append((PAID, attempt, None))

    def pays_by_bank(self, attempt: Attempt) -> None:
        if attempt.page == "open":
            attempt.page = "at the bank"
            self.news.append((PAID, attempt, None))

    def bank_says(self, attempt: Attempt, yes: bool) -> None:
        if attempt.page == "at the bank":
            attempt.page = "paid" if yes else "said no"
            self.news.append((BANK_PAID if yes else BANK_SAID_NO, attempt, None))

    def page_ends(self, attempt: Attempt) -> None:
        if attempt.page == "open":
            attempt.page = "expired"
            self.news.append((EXPIRED, attempt, None))

    def over_by(self, now: datetime) -> list[Attempt]:
        return [attempt for attempt in self.attempts.values() if attempt.page == "open" and attempt.begun + PAGE_LIVES <= now]

    def refunded_in_the_dashboard(self, attempt: Attempt, cents: int) -> None:
        if 0 < cents <= attempt.left_at_stripe:
            attempt.at_stripe.append(AtStripe(cents, "succeeded", from_dashboard=True))
            self.news.append((REFUND_MADE, attempt, attempt.at_stripe[-1]))

    def refund_ends(self, attempt: Attempt, one: AtStripe, well: bool) -> None:
        if well and one.state == "pending":
            one.state = "succeeded"
            self.news.append((REFUND_CHANGED, attempt, one))
        elif not well and one.state in ("pending", "succeeded"):
            one.state = "failed"
            self.news += [(REFUND_CHANGED, attempt, one), (REFUND_FAILED, attempt, one)]

    def is_disputed(self, attempt: Attempt) -> None:
        if attempt.left_at_stripe > 0 and not attempt.dispute:
            attempt.disputed_cents, attempt.dispute = attempt.left_at_stripe, "open"
            self.news.append((DISPUTE_OPENED, attempt, None))

    def dispute_ends(self, attempt: Attempt, won: bool) -> None:
        if attempt.dispute == "open":
            attempt.dispute = "won" if won else "lost"
            self.news.append((DISPUTE_CLOSED, attempt, None))

    # What goes back

    def send_refunds(self, begin: str = "", sent: set[tuple[str, int]] | None = None) -> None:
        """`begin` is what becomes of the first: it is declined, pending, or sent back right after. `sent` names those that are sent,
        None all of them."""
        due = [back for back in self.backs if back.state == "requested" and back.attempt.state in HAS_COME]
        if sent is not None:
            due = [back for back in due if (back.attempt.name, back.attempt.backs.index(back)) in sent]
        for back in sorted(due, key=lambda one: one.since):
            attempt = back.attempt
            back.state = "submitted"
            self.model.record(None, "refund submitted")
            fate, begin = begin, ""
            if fate == "declined" or back.cents > attempt.left_at_stripe:
                begin = fate if fate != "declined" else ""
                self._came_to_nothing(back)
                continue
            made = AtStripe(back.cents, "pending" if fate == "pending" else "succeeded", back, back.tries)
            attempt.at_stripe.append(made)
            self.news.append((REFUND_MADE, attempt, made))
            self._says(made)
            if fate == "failed":
                self.refund_ends(attempt, made, False)

    def _says(self, one: AtStripe) -> None:
        back = one.back
        if back is None or one.tries != back.tries:
            return
        if one.state == "succeeded" and back.state != "succeeded":
            if back.state == "requested":
                self.model.record(None, "refund submitted")
            back.state = "succeeded"
            self.model.record(None, "refund succeeded")
            back.attempt.due.entries.append(("refund", back.cents))
            self.model.tell(back.attempt.due.payer, "refunded")
        elif one.state == "failed" and back.state != "failed":
            self._came_to_nothing(back)

    def _came_to_nothing(self, back: Back) -> None:
        if back.state == "succeeded":
            back.attempt.due.entries.append(("payment", -back.cents))
        back.state = "failed"
        self.model.record(None, "refund failed")

    def _give_up(self, attempt: Attempt) -> None:
        for back in attempt.backs:
            if back.state == "requested":
                self._came_to_nothing(back)

    def can_hear(self, attempt: Attempt, one: AtStripe | None) -> bool:
        """What happened to a payment that we haven't heard of is told again later."""
        if attempt.state in UNPAID:
            return False
        is_new = one is not None and one.from_dashboard and one.back is None and one.state != "failed"
        waiting = sum(back.cents for back in attempt.backs if back.state == "requested")
        return one is None or not is_new or one.cents <= attempt.cents - attempt.counted + waiting

    def hear_of_refund(self, attempt: Attempt, one: AtStripe) -> None:
        if one.from_dashboard and one.back is None:
            if one.state == "failed":
                return
            if one.cents > attempt.cents - attempt.counted:
                self._give_up(attempt)
            one.back = self._ask_back(attempt, one.cents, "at_stripe", None)
            one.back.state = "submitted"
            self.model.record(None, "refund submitted")
        self._says(one)

    def hear_of_dispute(self, attempt: Attempt) -> None:
        due = attempt.due
        if attempt.state in HAS_COME and not attempt.knows_dispute:
            attempt.knows_dispute = True
            self._move(attempt, "disputed")
            due.entries.append(("dispute", attempt.disputed_cents))
            for person in self.model.people:
                if self.model.standing.has(person, self.model.today, "program_manager"):
                    self.model.tell(person, "disputed")
        if attempt.state == "disputed" and attempt.dispute in ("won", "lost"):
            self._move(attempt, attempt.dispute)
            if attempt.dispute == "won":
                due.entries.append(("dispute_won", -attempt.disputed_cents))
                over = attempt.left - due.charged
                if over > 0:
                    self._ask_back(attempt, over, "canceled" if due.place.state == "canceled" else "withdrawn", None)
            else:
                self._give_up(attempt)

    def hear(self, news: News) -> bool:
        """One event: whether it was taken; one that is known says nothing new."""
        kind, attempt, one = news
        if news not in self.news:
            return True
        if kind.startswith("checkout"):
            self.hear_of_page(attempt)
        elif not self.can_hear(attempt, one):
            return False
        elif one is not None:
            self.hear_of_refund(attempt, one)
        else:
            self.hear_of_dispute(attempt)
        self.news.remove(news)
        return True

    def hear_of_events(self, now: datetime) -> None:
        """The worker's question for what wasn't brought, once an hour."""
        if self.events_asked is not None and self.events_asked > now - timedelta(hours=1):
            return
        self.events_asked = now
        for news in list(self.news):
            self.hear(news)

    # What the office decides

    def may_give_back(self, attempt: Attempt, cents: int) -> bool:
        return 0 < cents <= min(attempt.due.left, attempt.due.charged)

    def give_back(self, attempt: Attempt, cents: int, by: str) -> None:
        attempt.due.entries.append(("credit", -cents))
        self.model.purchase_orders.charged_less({attempt.due: cents}, by, ended=False)
        self.give(attempt.due, cents, "office", by)
        self.model.record(by, "order credited")

    def may_let_go(self, attempt: Attempt) -> bool:
        return attempt.due.balance > 0 and attempt.due.place.state not in WAITS

    def owing(self) -> list[Attempt]:
        """What was paid, and is owed again: it went back, or a dispute was lost."""
        return [attempt for attempt in self.attempts.values() if attempt.page == "paid" and self.may_let_go(attempt)]

    def let_go(self, attempt: Attempt, by: str) -> None:
        owed = attempt.due.balance
        attempt.due.entries.append(("credit", -owed))
        self.model.purchase_orders.charged_less({attempt.due: owed}, by, ended=False)
        self.model.record(by, "order let go")

    def may_try_again(self, back: Back) -> bool:
        due = back.attempt.due
        return back.state == "failed" and back.cents <= min(back.attempt.left, -due.balance - due.under_way())

    def try_again(self, back: Back, by: str) -> None:
        back.state, back.since, back.tries = "requested", self.model.now, back.tries + 1
        self.model.record(by, "refund tried again")


def _in(attempt: Attempt, heard: set[str] | None) -> bool:
    return heard is None or attempt.name in heard
