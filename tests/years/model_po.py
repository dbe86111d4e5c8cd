"""Purchase orders, by rule 4: what waits for a number that somebody typed, what an accepted purchase order covers up to its amount, what
was invoiced of it and what came by check, in cents."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from tests.years.model_money import Due

if TYPE_CHECKING:
    from tests.years.model import Model

OPEN = ("accepted", "invoiced", "paid")
MAY_END = {"rejected": ("received",), "canceled": ("received", "accepted")}
WAITS = ("held", "awaiting_po")
WAITED_FOR, INVOICE_DAYS = 10, 30
TOLD_AHEAD = timedelta(days=3)


@dataclass(eq=False)
class PurchaseOrder:
    """Without a buyer it is the district's."""

    name: str
    number: str
    buyer: str | None
    cap: int
    expires: date | None
    state: str = "received"


@dataclass(eq=False)
class Cover:
    """What an order waits for, or is covered by."""

    due: Due
    number: str
    buyer: str | None
    since: datetime
    state: str = "awaited"
    order: PurchaseOrder | None = None
    cents: int = 0


@dataclass(eq=False)
class Bill:
    """An invoice, or a credit note of one."""

    number: int
    order: PurchaseOrder
    lines: list[tuple[Due, int]]
    due_on: date | None = None
    lessens: "Bill | None" = None


@dataclass
class PurchaseOrders:
    model: "Model"
    orders: dict[str, PurchaseOrder] = field(default_factory=dict)
    covers: list[Cover] = field(default_factory=list)
    bills: list[Bill] = field(default_factory=list)
    # What came by check for whom, or went back: the purchase order, what it was, and cents; and by order what of it is there.
    checks: list[tuple[PurchaseOrder, str, int]] = field(default_factory=list)
    by_check: dict[Due, int] = field(default_factory=dict)
    # What isn't charged any more, until it is written all at once.
    less: dict[Due, int] = field(default_factory=dict)

    def used(self, order: PurchaseOrder) -> int:
        return sum(one.cents for one in self.covers if one.order is order and one.state == "covered")

    def standing(self, number: str, buyer: str | None) -> PurchaseOrder | None:
        those = [one for one in self.orders.values() if (one.number, one.buyer) == (number, buyer)]
        return next((one for one in those if one.state not in ("rejected", "canceled")), None)

    def live(self, due: Due) -> Cover | None:
        return next((one for one in self.covers if one.due is due and one.state != "over"), None)

    def waiting_for(self, order: PurchaseOrder) -> list[Cover]:
        return [one for one in self.covers if one.state == "awaited" and (one.number, one.buyer) == (order.number, order.buyer)]

    def ever_on(self, order: PurchaseOrder) -> list[Due]:
        return list(dict.fromkeys(one.due for one in self.covers if one.order is order))

    def is_expired(self, order: PurchaseOrder) -> bool:
        return order.expires is not None and order.expires < self.model.today

    def takes_places(self, order: PurchaseOrder) -> bool:
        return order.state in OPEN and not self.is_expired(order)

    # Until when a place waits

    def awaited_until(self, series: str, since: datetime) -> datetime:
        """Ten school days, and no longer than until the next meeting."""
        day, left = since.astimezone(self.model.now.tzinfo).date(), WAITED_FOR
        while left:
            day += timedelta(days=1)
            left -= day.weekday() < 5 and day not in self.model.calendar.closed
        held = [one for one in self.model.places.series[series].meetings if not one.canceled]
        coming = [one.starts for one in held if one.starts > since]
        ends = min(coming) if coming else self._end_of(series, since)
        return min(datetime.combine(day + timedelta(days=1), time(0), self.model.now.tzinfo), ends)

    def _end_of(self, series: str, now: datetime) -> datetime:
        held = [one.ends for one in self.model.places.series[series].meetings if not one.canceled and one.ends > now]
        return max(held, default=now)

    # At the order

    def may_choose(self, due: Due, by: str, number: str, buyer: str | None) -> bool:
        place, live = due.place, self.live(due)
        if due.payer != by or place.state not in WAITS or self.model.places.ran_out(place) or due.balance <= 0:
            return False
        begun, order = self.model.money.open_attempt(due), self.standing(number, buyer)
        if (begun is not None and begun.on_its_way) or (live is not None and live.state == "covered"):
            return False
        return order is None or order.state not in OPEN or not self.is_expired(order)

    def choose(self, due: Due, by: str, number: str, buyer: str | None) -> None:
        place, before, order = due.place, self.live(due), self.standing(number, buyer)
        if before is not None:
            before.state = "over"
        cover = Cover(due, number, buyer, self.model.now)
        self.covers.append(cover)
        if place.state == "held":
            place.state = "awaiting_po"
            self.model.record(by, "awaiting_po")
            self._keep(cover, self.awaited_until(place.series, self.model.now))
        self.model.record(by, "purchase order chosen")
        if order is not None and order.state in OPEN and order.cap - self.used(order) >= due.balance:
            self._cover(cover, order, by)
        else:
            self.model.tell(due.payer, "awaiting_po")

    def _keep(self, cover: Cover, until: datetime) -> None:
        place = cover.due.place
        place.until = max(place.until or until, until)

    def keep_on(self, due: Due) -> None:
        """A bank said no: the purchase order is waited for all the same."""
        live = self.live(due)
        if live is not None and live.state == "awaited":
            self._keep(live, self.awaited_until(due.place.series, live.since))

    def _cover(self, cover: Cover, order: PurchaseOrder, by: str) -> None:
        cover.state, cover.order, cover.cents = "covered", order, cover.due.balance
        self.model.record(by, "order covered")
        self._enroll(cover.due, by)

    def _enroll(self, due: Due, by: str) -> None:
        due.place.state, due.place.had_it = "enrolled", True
        self.model.record(by, "enrolled")
        self.model.tell(due.place.person, "enrolled")

    def paid_otherwise(self, due: Due) -> None:
        live = self.live(due)
        if live is not None:
            live.state = "over"
            self._settle(live.order)

    # At the office

    def may_accept(self, order: PurchaseOrder) -> bool:
        return order.state == "received" and not self.is_expired(order)

    def cover_waiting(self, order: PurchaseOrder, by: str) -> None:
        """The first ones first, as far as it goes."""
        self.model.places.settle(*{one.due.place.series for one in self.waiting_for(order)})
        for cover in self.waiting_for(order):
            if 0 < cover.due.balance <= order.cap - self.used(order):
                self._cover(cover, order, by)

    def accept(self, order: PurchaseOrder, by: str) -> None:
        self._move(order, "accepted", by)
        self.cover_waiting(order, by)

    def _move(self, order: PurchaseOrder, state: str, by: str | None) -> None:
        order.state = state
        self.model.record(by, f"purchase order {state}")

    def may_end(self, order: PurchaseOrder, state: str) -> bool:
        return not self.used(order) and order.state in MAY_END[state]

    def end(self, order: PurchaseOrder, state: str, by: str) -> None:
        self._move(order, state, by)
        for cover in self.waiting_for(order):
            self.model.tell(cover.due.payer, "po_rejected")

    def may_change(self, order: PurchaseOrder, cap: int) -> bool:
        return order.state not in MAY_END and cap >= self.used(order)

    def invoiced(self) -> set[Due]:
        return {due for bill in self.bills if bill.lessens is None for due, _ in bill.lines}

    def to_invoice(self, order: PurchaseOrder) -> list[Due]:
        covered = [one.due for one in self.covers if one.order is order and one.state == "covered"]
        return [due for due in covered if due not in self.invoiced() and due.balance > 0]

    def may_invoice(self, order: PurchaseOrder) -> bool:
        return order.state in OPEN and bool(self.to_invoice(order))

    def invoice(self, order: PurchaseOrder, by: str) -> None:
        lines = [(due, due.balance) for due in self.to_invoice(order)]
        if order.state != "invoiced":
            self._move(order, "invoiced", by)
        self.bills.append(Bill(len(self.bills) + 1, order, lines, self.model.today + timedelta(days=INVOICE_DAYS)))
        self.model.record(by, "invoice issued")

    # Checks

    def open_on(self, order: PurchaseOrder) -> dict[Due, int]:
        """What is to be paid of its invoices."""
        invoiced = self.invoiced()
        return {due: due.balance for due in self.ever_on(order) if due in invoiced and due.balance > 0}

    def to_send_back(self, order: PurchaseOrder) -> dict[Due, int]:
        """What came by check and isn't charged any more; what a card has back is none of it."""
        back = {due: min(self.by_check.get(due, 0), -due.balance - due.under_way()) for due in self.ever_on(order)}
        return {due: cents for due, cents in back.items() if cents > 0}

    def write_down(self, order: PurchaseOrder, kind: str, cents: int, by: str) -> None:
        """In proportion, and what is left of the division a cent each to the first ones."""
        is_payment = kind == "payment"
        owed = self.open_on(order) if is_payment else self.to_send_back(order)
        whole = sum(owed.values())
        shares = {due: cents * part // whole for due, part in owed.items()}
        left = cents - sum(shares.values())
        for due, part in owed.items():
            share = shares[due]
            if left and share < part:
                share, left = share + 1, left - 1
            if share:
                due.entries.append(("payment", -share) if is_payment else ("refund", share))
                self.by_check[due] = self.by_check.get(due, 0) + (share if is_payment else -share)
        self.checks.append((order, kind, cents))
        self.model.record(by, "payment recorded" if is_payment else "money sent back")
        if is_payment:
            self._settle(order)

    def _settle(self, order: PurchaseOrder | None) -> None:
        """Nothing of it is owed any more: it is paid."""
        if order is not None and order.state == "invoiced" and not any(due.balance > 0 for due in self.ever_on(order)):
            self._move(order, "paid", None)

    # What ends

    def charged_less(self, less: dict[Due, int], by: str | None, *, ended: bool) -> None:
        """The purchase order has that room again; what was invoiced has its credit note, one for each invoice."""
        touched = []
        for cover in [one for one in self.covers if one.due in less and one.state != "over"]:
            touched.append(cover.order)
            left = cover.cents - less[cover.due]
            if cover.state == "covered" and left > 0:
                cover.cents = left
            elif cover.state == "covered" or ended:
                cover.state = "over"
        for bill in [one for one in self.bills if one.lessens is None]:
            lines = [(due, less[due]) for due, _ in bill.lines if less.get(due, 0) > 0]
            if lines:
                self.bills.append(Bill(len(self.bills) + 1, bill.order, lines, lessens=bill))
                self.model.record(by, "credit note issued")
        for order in dict.fromkeys(touched):
            self._settle(order)

    def write_what_is_less(self, by: str | None) -> None:
        less, self.less = self.less, {}
        if less:
            self.charged_less(less, by, ended=True)

    # What is told day by day

    def tell_of_what_is_late(self) -> None:
        now, standing = self.model.now, self.model.standing
        for cover in self.covers:
            place = cover.due.place
            waits = cover.state == "awaited" and place.state == "awaiting_po" and place.until is not None
            if waits and place.until is not None and now <= place.until <= now + TOLD_AHEAD:
                self.model.tell_once(cover.due.payer, "po_reminder", place.name)
        for bill in self.bills:
            is_open = any(due.balance > 0 for due, _ in bill.lines)
            if bill.due_on is not None and bill.due_on < self.model.today and is_open and bill.order.buyer is not None:
                for person in self.model.people:
                    if ("principal", bill.order.buyer) in standing.roles(person, self.model.today):
                        self.model.tell_once(person, "invoice_overdue", bill.number)
