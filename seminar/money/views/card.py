"""Stripe as this installation's settings reach it, for the views and the worker."""

from urllib.parse import urlsplit

from flask import current_app

from seminar.ground.settings import Settings
from seminar.money.card import Card

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def card() -> Card | None:
    """None where no card can be paid with."""
    settings: Settings = current_app.config["SETTINGS"]
    if settings.stripe is None:
        return None
    kept: Card = current_app.extensions.setdefault("makerpd_card", Card(settings.stripe))
    return kept


def is_a_stand_in() -> bool:
    """Whether a server on this machine stands for Stripe: no card is charged."""
    settings: Settings = current_app.config["SETTINGS"]
    base = settings.stripe.api_base if settings.stripe else None
    return base is not None and urlsplit(base).hostname in LOOPBACK
