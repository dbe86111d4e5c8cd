"""What becomes of an order when its place ends, and when Stripe says something of a payment, a refund or a dispute.

The return page, the webhook and the worker's own question to Stripe all end here, with what Stripe itself said when it was asked just
before. Laws: whatever is told twice, late or out of order, a place is paid once, and what came beyond that goes back (rule 4).
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from seminar.ground import history, outbox
from seminar.ground.db import db
from seminar.ground.outbox import Letter
from seminar.money import payment as paying
from seminar.money import refund as refunding
from seminar.money.covering import charged_less, keep_for_its_purchase_order, paid_otherwise
from seminar.money.discount_code import return_uses
from seminar.money.found import CardDispute, CardPage, CardRefund
from seminar.money.ledger import LedgerEntry, balances, charges, entry, given_and_charged, write
from seminar.money.order import OrderLine
from seminar.money.payment import NOT_COME, OPEN, Payment, lock_payment, payment_named
from seminar.money.refund import Refund, whole_refund
from seminar.money.refund_rule import closed_days, percent_back, school_days_before
from seminar.money.seat_grant import give, take_back
from seminar.people.appointment import pd_office
from seminar.people.person import Person
from seminar.series.awaiting_po import keep_until
from seminar.series.enrolling import take_paid_seat
from seminar.series.enrollment import Enrollment, live_enrollment, takes_enrollments
from seminar.series.series import has_ended
from seminar.series.waitlist import answered_by, join_first, settled

log = structlog.get_logger("makerpd.money")
# A bank's own transfer takes days; Stripe says within two weeks at most.
BANK_TAKES = timedelta(days=14)


class NotAsAsked(Exception):
    """Stripe says another amount, currency or attempt than we asked for: nothing is done by it, and somebody has to look."""


# Why a place's refund was asked for, by why the place ended.
WHY = {"withdrawn": "withdrawn", "canceled": "canceled", "lapsed": "late", "merged": "twice"}


def settle_places(places: Sequence[Enrollment], *, why: str, by: Person | None, now: datetime) -> None:
    """These places, of series whose rows are locked, ended: what is owed for them goes, what others paid is theirs again whole, and what
    was paid comes back, but for what the refund rule of their day keeps of one that the person themselves withdrew. As many statements
    whatever their number."""
    lines = _lines_of(places)
    if not lines:
        return
    ids = [line.id for line in lines]
    own_wish = [line for line in lines if why == "withdrawn" and by is not None and by.id == line.enrollment.person_id]
    kept = kept_of(own_wish, now)
    own_part = charges(ids)
    take_back(lines, by=by, now=now)
    return_uses(lines, by=by, now=now)
    charged, paid = charges(ids), _by_line(refunding.captured(ids))
    credits, refunds, less_of = [], [], {}
    for line in lines:
        keeps = kept.get(line.id, 0)
        less = charged.get(line.id, 0) - keeps
        less_of[line.id] = max(own_part.get(line.id, 0) - keeps, 0)
        if less > 0:
            source = f"{line.enrollment.state}:{line.enrollment_id}"
            credits.append(entry(line, "credit", less, source=source, by=by, now=now))
        payments = paid.get(line.id, [])
        refunds += shared_out(sum(payment.left_cents for payment in payments) - keeps, payments)
    write(credits)
    charged_less(less_of, ended=True, by=by, now=now)
    refunding.request_many(refunds, why=WHY[why], by=by, now=now)


def _lines_of(places: Sequence[Enrollment]) -> list[OrderLine]:
    query = select(OrderLine).where(OrderLine.enrollment_id.in_([place.id for place in places])).options(joinedload(OrderLine.order))
    return list(db.session.scalars(query.order_by(OrderLine.id))) if places else []


def _by_line(payments: Sequence[Payment]) -> dict[int, list[Payment]]:
    by_line: dict[int, list[Payment]] = defaultdict(list)
    for payment in payments:
        by_line[payment.line_id].append(payment)
    return by_line


def kept_of(lines: Sequence[OrderLine], now: datetime) -> dict[int, int]:
    """By line, what the district keeps if the person withdraws now of what they pay themselves of its price, in cents, a part of a cent
    with it; nothing of a seat that nobody had."""
    closed: dict[int, set[date]] = {}
    kept = {}
    parts = given_and_charged([line.id for line in lines]) if lines else {}
    for line in lines:
        if line.enrollment.enrolled_at is not None:
            if line.district_id not in closed:
                closed[line.district_id] = closed_days(line.district_id, now)
            by_others, charged = parts[line.id]
            own = line.price_cents - by_others
            kept[line.id] = min(own - own * percent_of(line, now, closed[line.district_id]) // 100, charged)
    return kept


def comes_back(line: OrderLine, payments: Sequence[Payment], now: datetime) -> int:
    """What the person would have back who withdraws now, in cents, of these payments for the line."""
    return max(0, sum(payment.left_cents for payment in payments) - kept_of([line], now).get(line.id, 0))


def percent_of(line: OrderLine, now: datetime, closed: Collection[date]) -> int:
    series = line.enrollment.series
    held = [meeting.starts_at for meeting in series.meetings if meeting.canceled_at is None]
    days = school_days_before(held[0] if held else None, now, district=series.district, closed=closed)
    return percent_back(line.refund_rule, days)


def shared_out(cents: int, payments: Sequence[Payment]) -> list[tuple[Payment, int]]:
    """So many cents of these payments, the first ones first, as far as they go."""
    shares = []
    for payment in payments:
        share = min(cents, payment.left_cents)
        if share > 0:
            shares.append((payment, share))
            cents -= share
    return shares


def page_told(found: CardPage, *, now: datetime) -> Payment | None:
    """What Stripe says of a page of ours; None where it is none of ours. Raises NotAsAsked."""
    payment = payment_named(found.token) if found.token else None
    if payment is None:
        log.error("payment of nobody", session=found.id)
        return None
    lock_payment(payment)
    _refuse_what_was_not_asked(payment, found)
    if payment.session_id is None:
        payment.session_id, payment.page_url = found.id, found.url
    if payment.state not in NOT_COME:
        return payment
    place = payment.line.enrollment
    # A hold that ran out has lapsed before anything is done for it: neither is it kept for longer, nor is the money sent back with it.
    settled(place.series, now)
    db.session.refresh(place, attribute_names=["state", "hold_until"])
    if found.is_paid:
        _paid(payment, found, now)
    elif payment.state in OPEN:
        _not_paid(payment, found, now)
    return payment


def _refuse_what_was_not_asked(payment: Payment, found: CardPage) -> None:
    if (payment.session_id or found.id) != found.id:
        raise NotAsAsked(f"Payment {payment.id} was opened as another page than {found.id}")
    if (found.amount_cents, found.currency) != (payment.amount_cents, payment.currency):
        raise NotAsAsked(f"Payment {payment.id} asked for {payment.amount_cents} {payment.currency}; {found.id} is of another amount")


def _paid(payment: Payment, found: CardPage, now: datetime) -> None:
    payment.payment_intent = found.payment_intent
    paying.move(payment, "succeeded", now=now)
    line = payment.line
    write([entry(line, "payment", payment.amount_cents, source=f"payment:{payment.id}", by=None, now=now)])
    place = line.enrollment
    had_lapsed = place.state == "lapsed"
    if take_paid_seat(place, now=now):
        over = -balances([line.id])[line.id]
        if over > 0 and had_lapsed:
            _charge_again(line, now)
        elif over > 0:
            # Less was asked since that page was opened.
            refunding.request(payment, over, why="twice", by=None, now=now)
        paid_otherwise(line, now=now)
        return
    why = "twice" if place.state == "enrolled" else "late"
    refunding.request(payment, payment.amount_cents, why=why, by=None, now=now)
    if why == "late":
        lapsed = place.state == "lapsed"
        _tell(payment, "paid_late", now, was_kept=lapsed, waits=lapsed and _first_in_line(place, now))


def _charge_again(line: OrderLine, now: datetime) -> None:
    """It lapsed, and what was owed went with it. They paid what they were asked for: what others don't pay of the rest any more, the
    district bears."""
    write([entry(line, "charge", line.price_cents, source=f"charge-late:{line.enrollment_id}", by=None, now=now)])
    rest = balances([line.id])[line.id]
    rest -= give({line: rest}, by=None, now=now)[line.id] if rest > 0 else 0
    if rest > 0:
        write([entry(line, "credit", rest, source=f"late:{line.enrollment_id}", by=None, now=now)])


def _first_in_line(place: Enrollment, now: datetime) -> bool:
    """Whose payment came when the seat was gone stands before everybody who waits; whether they do."""
    series, person = place.series, place.person
    if not takes_enrollments(series, now) or has_ended(series, now) or live_enrollment(person, series, now) is not None:
        return False
    join_first(place, now=now)
    return True


def _not_paid(payment: Payment, found: CardPage, now: datetime) -> None:
    place = payment.line.enrollment
    if found.status == "open" and payment.state == "created":
        paying.move(payment, "pending", now=now)
    elif found.status == "expired":
        paying.move(payment, "expired", now=now)
    elif found.status == "complete" and found.has_failed:
        paying.move(payment, "failed", now=now)
        if place.state in ("held", "awaiting_po"):
            place.hold_until = answered_by(place.series, now)
            keep_for_its_purchase_order(place, payment.line, now=now)
            _tell(payment, "payment_failed", now, until=place.hold_until)
    elif found.status == "complete" and payment.on_its_way_at is None:
        payment.on_its_way_at = now
        if payment.state == "created":
            paying.move(payment, "pending", now=now)
        if place.state in ("held", "awaiting_po"):
            keep_until(place, now + BANK_TAKES)
        history.record(None, "payment on its way", payment, now, cents=payment.amount_cents)
    db.session.flush()


def _tell(payment: Payment, kind: str, now: datetime, **values: object) -> None:
    line = payment.line
    said = {
        "title": line.enrollment.series.seminar.title,
        "series_id": line.enrollment.series_id,
        "order_id": line.order_id,
        "amount_cents": payment.amount_cents,
        "currency": payment.currency,
        **values,
    }
    outbox.put_all(kind, [Letter(line.order.person, str(payment.id), said)], now=now)


class NotYet(Exception):
    """Stripe tells of something that happened to a payment which we haven't heard of ourselves: it is to be told again."""


def _payment_of(token: str) -> Payment | None:
    """Ours, which has come; None where it is somebody else's. Raises NotYet."""
    if not token:
        return None
    payment = payment_named(token)
    if payment is not None:
        lock_payment(payment)
        if payment.state in NOT_COME:
            raise NotYet(f"Payment {payment.id} is {payment.state}")
    return payment


def refund_told(found: CardRefund, *, now: datetime) -> None:
    """What Stripe says of a refund: of ours, or one that was made in its dashboard."""
    payment = _payment_of(found.token)
    if payment is None:
        log.warning("refund of nobody", refund=found.id)
        return
    refund = _tried(found) if found.key else _by_theirs(found) or _from_the_dashboard(payment, found, now)
    if refund is None:
        return
    refund.stripe_refund_id = found.id
    if found.state == "succeeded" and refund.state != "succeeded":
        if refund.state == "requested":
            refunding.move(refund, "submitted", now=now)
        refunding.went_back(refund, now=now)
    elif found.state == "failed" and refund.state != "failed":
        refunding.came_to_nothing(refund, because=found.because, now=now)
    db.session.flush()


def _tried(found: CardRefund) -> Refund | None:
    """The refund whose newest try this is; what Stripe says of an older one changes nothing any more."""
    id = found.key.split("-")[-2] if found.key.count("-") >= 3 else ""
    query = select(Refund).where(Refund.id == (int(id) if id.isdigit() else 0)).options(*whole_refund())
    refund = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    return refund if refund is not None and refund.key == found.key else None


def _by_theirs(found: CardRefund) -> Refund | None:
    query = select(Refund).where(Refund.stripe_refund_id == found.id).options(*whole_refund())
    return db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def _from_the_dashboard(payment: Payment, found: CardRefund, now: datetime) -> Refund | None:
    """Written down as it is; the seat stays, and the office sees what is owed now. Raises NotYet where a bank sent one of ours back, of
    which we haven't heard."""
    if found.state == "failed":
        return None
    if found.amount_cents > payment.amount_cents - payment.refunded_cents:
        _give_up(payment, because="It was refunded in Stripe's dashboard.", now=now)
        db.session.refresh(payment, attribute_names=["refunded_cents"])
        if found.amount_cents > payment.amount_cents - payment.refunded_cents:
            raise NotYet(f"Payment {payment.id} went back already, as far as we know")
    (refund_id,) = refunding.request_many([(payment, found.amount_cents)], why="at_stripe", by=None, now=now)
    refund = db.session.get_one(Refund, refund_id)
    refunding.move(refund, "submitted", now=now)
    return refund


def _give_up(payment: Payment, *, because: str, now: datetime) -> None:
    """Refunds that wait to be sent, and can't be any more."""
    waiting = select(Refund).where(Refund.payment_id == payment.id, Refund.state == "requested").options(*whole_refund())
    for refund in db.session.scalars(waiting):
        refunding.came_to_nothing(refund, because=because, now=now)


def dispute_told(found: CardDispute, *, now: datetime) -> None:
    """The bank of whoever paid takes the money back, or gives it again; the office is told when it begins, for it has to answer."""
    payment = _payment_of(found.token)
    if payment is None:
        log.warning("dispute of nobody", dispute=found.id)
        return
    line = payment.line
    if payment.state in ("succeeded", "won") and not _knows(f"dispute:{found.id}"):
        paying.move(payment, "disputed", now=now)
        write([entry(line, "dispute", found.amount_cents, source=f"dispute:{found.id}", by=None, now=now)])
        _tell_the_office(payment, found, now)
    if payment.state == "disputed" and found.state in ("won", "lost"):
        paying.move(payment, found.state, now=now)
        if found.state == "won":
            write([entry(line, "dispute_won", found.amount_cents, source=f"dispute-won:{found.id}", by=None, now=now)])
            _give_what_is_over(payment, now)
        else:
            _give_up(payment, because="The bank took the payment back.", now=now)


def _give_what_is_over(payment: Payment, now: datetime) -> None:
    """Of a place that ended while the payment was disputed: what isn't charged for it any more."""
    line = payment.line
    over = payment.left_cents - charges([line.id]).get(line.id, 0)
    if over > 0:
        why = "canceled" if line.enrollment.state == "canceled" else "withdrawn"
        refunding.request(payment, over, why=why, by=None, now=now)


def _knows(source: str) -> bool:
    return db.session.scalar(select(LedgerEntry.id).where(LedgerEntry.source == source)) is not None


def _tell_the_office(payment: Payment, found: CardDispute, now: datetime) -> None:
    district = payment.line.enrollment.series.district
    values = {
        "title": payment.line.enrollment.series.seminar.title,
        "name": payment.line.order.person.name,
        "order_id": payment.order_id,
        "amount_cents": found.amount_cents,
        "currency": payment.currency,
        "until": found.answer_by,
    }
    outbox.put_all("disputed", [Letter(person, found.id, values) for person in pd_office(district.id, district.day(now))], now=now)
