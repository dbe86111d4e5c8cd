"""A file per kind of act; each is in the year by being imported here."""

from tests.years.acts import (
    appointing,
    approving,
    attending,
    closing,
    depot,
    giving_back,
    lending,
    paying,
    places,
    planning,
    purchasing,
    seats,
    signing,
    slipping,
    upkeep,
    working,
)

__all__ = [
    "appointing",
    "approving",
    "attending",
    "closing",
    "depot",
    "giving_back",
    "lending",
    "paying",
    "places",
    "planning",
    "purchasing",
    "seats",
    "signing",
    "slipping",
    "upkeep",
    "working",
]
