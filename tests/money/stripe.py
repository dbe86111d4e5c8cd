"""The stand-in, asked through the product's own Card; and what a test does with it, as people and Stripe do."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from flask import Flask

from seminar.ground.db import db
from seminar.ground.settings import StripeSettings
from seminar.money.card import Card, page_ends
from seminar.money.event import known, take
from seminar.money.ledger import balance
from seminar.money.order import order_of
from seminar.money.payment import Payment, begin_payment, page_opened
from seminar.series.enrolling import enroll
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series
from tests.cast import Cast, a_series
from tests.stand_in.running import Stripe, running_stand_in

SECRET = "whsec_of_the_tests"


@contextmanager
def stripe_beside(app: Flask) -> Iterator[Stripe]:
    """The application pays at a stand-in, which brings no event by itself: the test does."""
    with running_stand_in(secret=SECRET) as stripe:
        before = app.config["SETTINGS"]
        app.config["SETTINGS"] = replace(before, stripe=StripeSettings(stripe.key, SECRET, stripe.url))
        app.extensions.pop("makerpd_card", None)
        try:
            yield stripe
        finally:
            app.config["SETTINGS"] = before
            app.extensions.pop("makerpd_card", None)


def card_of(stripe: Stripe) -> Card:
    return Card(StripeSettings(stripe.key, SECRET, stripe.url))


def a_priced_series(cast: Cast, *, cents: int = 12_000, seats: int = 2, title: str = "Laser") -> Series:
    series = a_series(cast, title, seats=seats)
    series.price_cents = cents
    db.session.commit()
    return series


def held(cast: Cast, who: str, series: Series, now: datetime) -> Enrollment:
    person = cast.people[who]
    place = enroll(person, series, by=person, now=now)
    db.session.commit()
    return place


def a_page(stripe: Stripe, place: Enrollment, now: datetime) -> Payment:
    """What pressing Pay does: an attempt, and Stripe's page for it."""
    card, line = card_of(stripe), order_of(place.id).lines[0]
    wanted = {"says": "Laser", "success_url": "http://x/ok", "cancel_url": "http://x/no", "language": "en", "expires_at": page_ends()}
    payment = begin_payment(line, token=f"token-{place.id}-{now.timestamp()}", page=wanted, by=place.person, now=now)
    payment_id, parameters, token = payment.id, payment.parameters, payment.token
    db.session.commit()
    found = card.open_page(parameters, token=token)
    page_opened(db.session.get_one(Payment, payment_id), session_id=found.id, url=found.url, now=now)
    db.session.commit()
    return db.session.get_one(Payment, payment_id)


def told(stripe: Stripe, type: str, now: datetime) -> None:
    """Every event of the type that Stripe would have brought by now, taken as the webhook takes it."""
    card = card_of(stripe)
    for raw in stripe.events(type):
        body, headers = stripe.signed(raw)
        event = card.event(body, headers["Stripe-Signature"])
        is_known = event.id in known([event.id])
        db.session.commit()
        if is_known:
            continue
        found = card.about(event)
        take(event.id, event.type, found, now=now)
        db.session.commit()


def balance_of(place: Enrollment) -> int:
    return balance(order_of(place.id).id)
