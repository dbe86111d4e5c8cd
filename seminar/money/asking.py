"""What the worker asks of Stripe: about pages that are over and payments that take days, before their seats lapse; what its webhook
didn't bring; and to send back what was decided.

Laws: what is to be asked is read and committed first, Stripe is asked with no transaction open, and its answer is written in one of its
own. A process killed between these asks again, with the same key.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, or_, select, update

from seminar.ground import rounds
from seminar.ground.db import db
from seminar.money import payment as paying
from seminar.money import refund as refunding
from seminar.money.card import Away, Card, Declined
from seminar.money.event import known, take
from seminar.money.order import OrderLine
from seminar.money.payment import OPEN, Payment
from seminar.money.refund import Refund, whole_refund
from seminar.money.settling import NotAsAsked, NotYet, page_told, refund_told
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
    for. A Stripe that doesn't answer is asked again on the next turn."""
    _expire_what_was_never_opened(now)
    query = select(Payment.id, Payment.session_id, Enrollment.state).select_from(Payment)
    query = query.join(OrderLine, OrderLine.id == Payment.line_id).join(Enrollment, Enrollment.id == OrderLine.enrollment_id)
    due = query.where(Payment.state.in_(OPEN), Payment.session_id.is_not(None), _is_to_be_asked(now))
    rows = db.session.execute(due.order_by(Payment.asked_at.is_not(None), Payment.asked_at, Payment.id).limit(PAGES_A_TURN)).all()
    asked = update(Payment).where(Payment.id.in_([row.id for row in rows])).values(asked_at=now)
    db.session.execute(asked, execution_options={"synchronize_session": False})
    db.session.commit()
    try:
        for row in rows:
            _hear_of_page(card, row.id, row.session_id, is_held=row.state in ("held", "awaiting_po"), now=now)
    except Away as error:
        log.warning("pages not heard of", why=str(error))


def _is_to_be_asked(now: datetime) -> ColumnElement[bool]:
    long_ago = or_(Payment.asked_at.is_(None), Payment.asked_at <= now - ASK_AGAIN)
    banks = or_(Payment.asked_at.is_(None), Payment.asked_at <= now - ASK_AGAIN_OF_BANKS)
    is_over = or_(Payment.page_until <= now, Enrollment.state.not_in(("held", "awaiting_po")))
    return (Payment.on_its_way_at.is_(None) & is_over & long_ago) | (Payment.on_its_way_at.is_not(None) & banks)


def _expire_what_was_never_opened(now: datetime) -> None:
    """We never heard of a page, so nobody was sent to one."""
    query = select(Payment).where(Payment.state == "created", Payment.session_id.is_(None), Payment.page_until <= now)
    for payment in db.session.scalars(query.limit(PAGES_A_TURN)):
        paying.move(payment, "expired", now=now)


def _hear_of_page(card: Card, payment_id: int, session_id: str, *, is_held: bool, now: datetime) -> None:
    try:
        found = card.page(session_id) if is_held else card.close_page(session_id)
    except Declined as error:
        # Stripe knows no such page, so nobody can pay on it.
        log.error("page unknown to Stripe", payment=payment_id, why=str(error))
        paying.move(db.session.get_one(Payment, payment_id), "expired", now=now)
        db.session.commit()
        return
    try:
        page_told(found, now=now)
        db.session.commit()
    except NotAsAsked as wrong:
        db.session.rollback()
        log.error("payment not as asked", payment=payment_id, why=str(wrong))


def send_refunds(card: Card, now: datetime) -> None:
    """Those that were decided, and those of which no answer was heard."""
    try:
        for refund_id in _due_refunds(now):
            _send(card, refund_id, now)
    except Away as error:
        log.warning("refunds not heard of", why=str(error))


def _due_refunds(now: datetime) -> list[int]:
    """What wasn't sent waits while its payment is disputed; what may have been is asked about all the same."""
    due = select(Refund.id).join(Payment, Payment.id == Refund.payment_id)
    due = due.where(Refund.state.in_(("requested", "submitted")), Refund.next_try_at <= now, Refund.stripe_refund_id.is_(None))
    due = due.where(or_(Payment.state.in_(paying.CAPTURED), Refund.state == "submitted"))
    found = list(db.session.scalars(due.order_by(Refund.next_try_at, Refund.id).limit(REFUNDS_A_TURN)))
    db.session.commit()
    return found


def _send(card: Card, refund_id: int, now: datetime) -> None:
    claimed = _claimed(refund_id, now)
    if claimed is None:
        return
    intent, cents, key, is_again = claimed
    try:
        made = next((one for one in card.refunds_of(intent) if one.key == key), None) if is_again else None
        found = made or card.refund(intent, cents, key=key)
    except Declined as error:
        _declined(refund_id, str(error), now)
        return
    refund_told(found, now=now)
    db.session.commit()


def _claimed(refund_id: int, now: datetime) -> tuple[str, int, str, bool] | None:
    """What Stripe is to be asked for, written down as asked: the PaymentIntent, the cents, our key, and whether it may have been asked
    before. None where another worker has it. Commits."""
    mine = select(Payment).join(Refund, Refund.payment_id == Payment.id).where(Refund.id == refund_id)
    payment = db.session.scalars(mine.with_for_update(of=Payment, key_share=True, skip_locked=True)).one_or_none()
    refund = db.session.get(Refund, refund_id, populate_existing=True) if payment is not None else None
    if payment is None or refund is None or refund.state not in ("requested", "submitted") or refund.next_try_at > now:
        db.session.rollback()
        return None
    is_again = refund.state == "submitted"
    if not is_again:
        refunding.move(refund, "submitted", now=now)
    wait = TRY_REFUNDS_AFTER[min(refund.unheard, len(TRY_REFUNDS_AFTER) - 1)]
    refund.unheard, refund.next_try_at = refund.unheard + 1, now + wait
    claimed = (payment.payment_intent or "", refund.amount_cents, refund.key, is_again)
    db.session.commit()
    return claimed


def _declined(refund_id: int, because: str, now: datetime) -> None:
    query = select(Refund).where(Refund.id == refund_id).options(*whole_refund())
    refund = db.session.scalars(query.execution_options(populate_existing=True)).one()
    paying.hold(refund.payment)
    db.session.refresh(refund, attribute_names=["state"])
    if refund.state == "submitted":
        refunding.came_to_nothing(refund, because=because, now=now)
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
        done = known([event.id for event in events])
        db.session.commit()
        for event in events:
            if event.id not in done:
                _take(card, event, now)
    except Away as error:
        log.warning("events not heard of", why=str(error))
        return
    rounds.note(EVENTS, found=len(events) - len(done), now=now)


def _take(card: Card, event: Any, now: datetime) -> None:
    """One that can't be taken holds up no other."""
    try:
        take(event.id, event.type, card.about(event), now=now)
        db.session.commit()
    except (Declined, NotAsAsked, NotYet) as error:
        db.session.rollback()
        log.error("event not taken", stripe_event=event.id, why=str(error))
