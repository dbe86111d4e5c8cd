"""What Stripe answered about a page, a refund or a dispute, as plain values."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class CardPage:
    """A Checkout session: `status` is open, complete or expired. `token` is our payment's. It has failed where a bank that took
    days said no in the end."""

    id: str
    token: str
    url: str
    status: str
    is_paid: bool
    has_failed: bool
    amount_cents: int
    currency: str
    payment_intent: str | None


@dataclass(frozen=True)
class CardRefund:
    """A refund: `state` is pending, succeeded or failed. `key` is ours, empty for one that was made in Stripe's dashboard; `token` our
    payment's, empty where it is somebody else's."""

    id: str
    key: str
    token: str
    state: str
    amount_cents: int
    because: str = ""


@dataclass(frozen=True)
class CardDispute:
    """A dispute: `state` is open, won or lost; until `answer_by` Stripe takes evidence. `token` is our payment's."""

    id: str
    token: str
    state: str
    amount_cents: int
    answer_by: datetime | None
