"""What the worker asks of Stripe: about pages that are over and payments that take days, before their seats lapse; what its webhook
didn't bring; and to send back what was decided.

Laws: what is to be asked is read and committed first, Stripe is asked with no transaction open, and its answer is written in one of its
own. A process killed between these asks again, with the same key.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.exc import IntegrityError

from seminar.ground import rounds
from seminar.ground.db import db, is_taken
from seminar.money import payment as paying
from seminar.money import refund as refunding
from seminar.money.card import Away, Card, Declined
from seminar.money.event import known, take
from seminar.money.found import CardPage
from seminar.money.order import OrderLine
from seminar.money.payment import OPEN, Payment
from seminar.money.refund import Refund, whole_refund
from seminar.money.settling import page_told, refund_told
from seminar.series.enrollment import Enrollment

log = structlog.get_logger("makerpd.money")
# In one turn of the worker, so that mail and offers have theirs.
PAGES_A_TURN, REFUNDS_A_TURN = 40, 60
ASK_AGAIN = timedelta(minutes=1)
ASK_AGAIN_OF_BANKS = timedelta(hours=1)
TRY_REFUNDS_AFTER = [timedelta(minutes=m) for m in (1, 5, 30, 120, 720)]
EVENTS_EVERY = timedelta(hours=1)
# Stripe keeps events for thirty days (docs.stripe.com/api/events).
OLDEST_EVENT = timedelta(days=28)
EVENTS = "stripe events"


def ask_about_pages(card: Card, now: datetime) -> None:
    """Pages that are over, whose seats lapse soon; those of places that ended meanwhile are closed; and, hourly, what banks take days
    for."""
    _expire_what_was_never_opened(now)
    query = select(Payment.id, Payment.session_id, Enrollment.state).select_from(Payment)
    query = query.join(OrderLine, OrderLine.id == Payment.line_id).join(Enrollment, Enrollment.id == OrderLine.enrollment_id)
    due = query.where(Payment.state.in_(OPEN), Payment.session_id.is_not(None), _is_to_be_asked(now))
    rows = db.session.execute(due.order_by(Payment.page_until).limit(PAGES_A_TURN)).all()
    asked = update(Payment).where(Payment.id.in_([row.id for row in rows])).values(asked_at=now)
    db.session.execute(asked, execution_options={"synchronize_session": False})
    db.session.commit()
    for row in rows:
        ask = card.page if row.state == "held" else card.close_page
        _hear_of_page(lambda ask=ask, row=row: ask(row.session_id), now)  # type: ignore[misc]


def _is_to_be_asked(now: datetime) -> ColumnElement[bool]:
    long_ago = or_(Payment.asked_at.is_(None), Payment.asked_at <= now - ASK_AGAIN)
    banks = or_(Payment.asked_at.is_(None), Payment.asked_at <= now - ASK_AGAIN_OF_BANKS)
    is_over = or_(Payment.page_until <= now, Enrollment.state != "held")
    return (Payment.on_its_way_at.is_(None) & is_over & long_ago) | (Payment.on_its_way_at.is_not(None) & banks)


def _expire_what_was_never_opened(now: datetime) -> None:
    """We never heard of a page, so nobody was sent to one."""
    query = select(Payment).where(Payment.state == "created", Payment.session_id.is_(None), Payment.page_until <= now)
    for payment in db.session.scalars(query.limit(PAGES_A_TURN)):
        paying.move(payment, "expired", now=now)


def _hear_of_page(ask: Callable[[], CardPage], now: datetime) -> None:
    try:
        found = ask()
    except (Away, Declined) as error:
        log.warning("page not heard of", why=str(error))
        return
    page_told(found, now=now)
    db.session.commit()


def send_refunds(card: Card, now: datetime) -> None:
    """Those that were decided, and those of which no answer was heard."""
    for refund_id in _due_refunds(now):
        _send(card, refund_id, now)


def _due_refunds(now: datetime) -> list[int]:
    due = select(Refund.id).join(Payment, Payment.id == Refund.payment_id)
    due = due.where(Refund.state.in_(("requested", "submitted")), Refund.next_try_at <= now, Refund.stripe_refund_id.is_(None))
    due = due.where(Payment.state.in_(paying.CAPTURED))
    found = list(db.session.scalars(due.order_by(Refund.next_try_at, Refund.id).limit(REFUNDS_A_TURN)))
    db.session.commit()
    return found


def _send(card: Card, refund_id: int, now: datetime) -> None:
    query = select(Refund).where(Refund.id == refund_id).options(*whole_refund())
    # Another worker may have it.
    refund = db.session.scalars(query.with_for_update(of=Refund, skip_locked=True).execution_options(populate_existing=True)).one_or_none()
    if refund is None or refund.state not in ("requested", "submitted") or refund.next_try_at > now:
        db.session.rollback()
        return
    is_again = refund.state == "submitted"
    if not is_again:
        refunding.move(refund, "submitted", now=now)
    wait = TRY_REFUNDS_AFTER[min(refund.unheard, len(TRY_REFUNDS_AFTER) - 1)]
    refund.unheard, refund.next_try_at = refund.unheard + 1, now + wait
    intent, cents, key = refund.payment.payment_intent or "", refund.amount_cents, refund.key
    db.session.commit()
    try:
        made = next((one for one in card.refunds_of(intent) if one.refund_id == refund_id), None) if is_again else None
        found = made or card.refund(intent, cents, refund_id=refund_id, key=key)
    except Away as error:
        log.warning("refund not heard of", refund=refund_id, why=str(error))
        return
    except Declined as error:
        refund = db.session.scalars(query.execution_options(populate_existing=True)).one()
        if refund.state == "submitted":
            refunding.came_to_nothing(refund, because=str(error), now=now)
        db.session.commit()
        return
    refund_told(found, now=now)
    db.session.commit()


def hear_of_events(card: Card, now: datetime) -> None:
    """Once an hour, what the webhook should have brought."""
    last = rounds.last(EVENTS)
    if last is not None and last > now - EVENTS_EVERY:
        return
    # Stripe counts by the world's clock, whatever day a demo plays.
    back = min(OLDEST_EVENT, (now - last if last else EVENTS_EVERY) + EVENTS_EVERY)
    db.session.commit()
    try:
        events = list(card.events_since(datetime.now(UTC) - back))
        new = {event.id for event in events} - known([event.id for event in events])
        db.session.commit()
        for event in events:
            if event.id in new:
                _take(event.id, event.type, card.about(event), now)
    except (Away, Declined) as error:
        log.warning("events not heard of", why=str(error))
        return
    rounds.note(EVENTS, found=len(new), now=now)


def _take(event_id: str, type: str, found: object, now: datetime) -> None:
    try:
        take(event_id, type, found, now=now)  # type: ignore[arg-type]
        db.session.commit()
    except IntegrityError as error:
        db.session.rollback()
        if not is_taken(error):
            raise
