"""Paying by card: to Stripe's page, and back from it.

What is stored is committed before Stripe is called; its answer is written afterwards, in a transaction of its own.
"""

import secrets
from collections.abc import Callable

import structlog
from flask import abort, current_app, redirect, url_for
from flask_babel import get_locale, gettext

from seminar.ground import clock
from seminar.ground.db import db, writing
from seminar.ground.refusal import N_, Refused
from seminar.money.access import sees_order
from seminar.money.card import Away, Card, Declined, page_ends
from seminar.money.found import CardPage
from seminar.money.order import Order
from seminar.money.payment import OPEN, Payment, begin_payment, move, open_payment, page_opened, payment_named
from seminar.money.settling import page_told
from seminar.money.views import money
from seminar.money.views.card import card
from seminar.money.views.order import order_or_404, order_page
from seminar.web.pages import refusing, told
from seminar.web.requires import anyone_signed_in, requires
from seminar.web.viewer import found_or_404, me

NOT_HEARD = N_("We haven't heard from the card payments' server yet. Don't pay again: a mail says when your seat is yours.")
TAKES_DAYS = N_("Your bank is working on the payment, which takes some days. Your seat is kept meanwhile; a mail says when it is yours.")
log = structlog.get_logger("makerpd.money")
NO_ANSWER = N_("The card payments' server doesn't answer at this moment. Your seat is kept; try again in a minute.")
NOT_TAKEN = N_("The card payments' server doesn't take this payment. Your seat is kept; ask the PD office.")
NO_CARD = N_("Cards can't be paid with here yet. Pay by purchase order.")


@money.post("/orders/<int:order_id>/payments")
@requires(anyone_signed_in)
def create_payment(order_id: int) -> object:
    """To Stripe's page for it: the one that is open, or a new one."""
    try:
        with refusing():
            if order_or_404(order_id).person_id != me().person.id:
                abort(403)
            stripe = card()
            if stripe is None:
                raise Refused(NO_CARD, status=409)
            paid = _hear_of_an_open_page(stripe, order_id)
            return where_it_led(paid, order_or_404(order_id)) if paid is not None else _to_a_page(stripe, order_id)
    except Refused as refused:
        return order_page(order_or_404(order_id), refused), refused.status


def _hear_of_an_open_page(stripe: Card, order_id: int) -> Payment | None:
    """Whoever presses again may have paid on it, in another tab: that payment, else None."""
    open_one = open_payment(order_id)
    if open_one is None or open_one.session_id is None:
        return None
    payment_id, session_id = open_one.id, open_one.session_id
    heard(lambda: stripe.page(session_id))
    asked = db.session.get_one(Payment, payment_id)
    return asked if asked.state == "succeeded" else None


def heard(ask: Callable[[], CardPage]) -> None:
    """Ask with no transaction open, and write down what was said. Raises Refused where nobody answers."""
    db.session.commit()
    try:
        found = ask()
    except (Away, Declined) as error:
        log.warning("page not heard of", why=str(error))
        raise Refused(NO_ANSWER, status=503) from error
    page_told(found, now=clock.now())
    db.session.commit()


def _to_a_page(stripe: Card, order_id: int) -> object:
    """Parameters that were stored too long ago aren't taken any more; then there is another attempt, once."""
    for _ in range(2):
        payment_id, parameters, token, url = _begun(order_id)
        url = url or _opened(stripe, payment_id, parameters, token)
        if url is not None:
            return redirect(url, 303)
    raise Refused(NOT_TAKEN, status=409)


def _begun(order_id: int) -> tuple[int, dict[str, object], str, str | None]:
    """The attempt: its id, what Stripe is asked for, our name for it, and its page where there is one. Commits."""
    order, now = order_or_404(order_id), clock.now()
    base, token = current_app.config["BASE_URL"], secrets.token_urlsafe(24)
    page = {
        "says": order.lines[0].enrollment.series.seminar.title,
        "success_url": base + url_for("money.show_return", token=token),
        "cancel_url": base + url_for("money.show_order", order_id=order_id),
        "language": get_locale().language,
        "expires_at": page_ends(),
    }
    payment = begin_payment(order.lines[0], token=token, page=page, by=me().person, now=now)
    begun = (payment.id, payment.parameters, payment.token, payment.page_url)
    db.session.commit()
    return begun


def _opened(stripe: Card, payment_id: int, parameters: dict[str, object], token: str) -> str | None:
    """Its page's address; None where Stripe won't have it, and the attempt is over."""
    try:
        found = stripe.open_page(parameters, token=token)
    except Away as error:
        log.warning("page not opened", payment=payment_id, why=str(error))
        raise Refused(NO_ANSWER, status=503) from error
    except Declined as error:
        log.error("page declined", payment=payment_id, why=str(error))
        move(db.session.get_one(Payment, payment_id), "expired", now=clock.now())
        db.session.commit()
        return None
    page_opened(db.session.get_one(Payment, payment_id), session_id=found.id, url=found.url, now=clock.now())
    db.session.commit()
    return found.url


@money.get("/payments/<token>/return")
@requires(anyone_signed_in)
def show_return(token: str) -> object:
    """Where Stripe's page leads back to. It may be here before the webhook is: both ask Stripe, and do the same."""
    payment: Payment = found_or_404(payment_named(token))
    if not sees_order(me(), payment.order):
        abort(404)
    payment_id, order_id, session_id, stripe = payment.id, payment.order_id, payment.session_id, card()
    if payment.state in OPEN and session_id is not None and stripe is not None:
        with writing(), refusing():
            try:
                heard(lambda: stripe.page(session_id))
            except Refused:
                told(gettext(NOT_HEARD), "warn")
                return redirect(url_for("money.show_order", order_id=order_id), 303)
    return where_it_led(db.session.get_one(Payment, payment_id), db.session.get_one(Order, order_id))


def where_it_led(payment: Payment, order: Order) -> object:
    place = payment.line.enrollment
    if place.state == "enrolled" and payment.state == "succeeded":
        told(gettext("You're enrolled, and it is paid. The meetings are in your calendar feed, and a mail with them is on its way."))
        return redirect(url_for("series.show_series", series_id=place.series_id), 303)
    if payment.on_its_way_at is not None and payment.state in OPEN:
        told(gettext(TAKES_DAYS))
    return redirect(url_for("money.show_order", order_id=order.id), 303)
