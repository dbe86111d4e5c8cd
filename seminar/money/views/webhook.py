"""Where Stripe calls. Its signature is the key; what an event says is asked of Stripe itself before anything is done."""

import structlog
from flask import Response, abort, request

from seminar.ground import clock
from seminar.ground.db import db
from seminar.money.card import OURS, Away, Declined, Forged
from seminar.money.event import known, take
from seminar.money.settling import NotAsAsked, NotYet
from seminar.money.views import money
from seminar.money.views.card import card
from seminar.web.requires import public, requires

log = structlog.get_logger("makerpd.money")


@money.post("/stripe/webhook")
@requires(public)
def create_event() -> Response:
    """2xx: done, or done before. 4xx: not from Stripe. 5xx: not done, and Stripe comes again (docs.stripe.com/webhooks)."""
    stripe = card()
    if stripe is None:
        abort(404)
    try:
        event = stripe.event(request.get_data(), request.headers.get("Stripe-Signature", ""))
    except Forged as error:
        log.warning("forged event", why=str(error))
        return _said("The signature isn't Stripe's.", 400)
    if event.type not in OURS or known([event.id]):
        return _said("Nothing to do.", 200)
    db.session.commit()
    try:
        found = stripe.about(event)
    except (Away, Declined) as error:
        log.warning("event not looked up", stripe_event=event.id, why=str(error))
        return _said("Stripe didn't say more about it.", 503)
    try:
        take(event.id, event.type, found, now=clock.now())
        db.session.commit()
    except (NotAsAsked, NotYet) as error:
        db.session.rollback()
        log.error("event not taken", stripe_event=event.id, why=str(error))
        return _said("Not taken.", 503)
    return _said("Done.", 200)


def _said(words: str, status: int) -> Response:
    return Response(words, status, mimetype="text/plain")
