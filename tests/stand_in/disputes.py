"""Disputes of a charge: `needs_response` → `won` | `lost`. https://docs.stripe.com/disputes/how-disputes-work"""

import time

from tests.stand_in.events import announce
from tests.stand_in.store import Store, Thing

CLOSED = ("won", "lost")
# https://docs.stripe.com/testing#disputes: the payment succeeds, and is disputed at once.
DISPUTED_CARD = "4000000000000259"


def dispute(store: Store, charge_id: str, *, amount: int | None = None, reason: str = "fraudulent") -> Thing:
    """The cardholder asks their bank for the money back, and has it at once."""
    with store.changing():
        charge = store.find("charge", charge_id)
        opened = store.add(
            "dispute",
            amount=amount or charge["amount"],
            balance_transactions=[],
            charge=charge["id"],
            currency=charge["currency"],
            enhanced_eligibility_types=[],
            evidence={},
            evidence_details={"due_by": int(time.time()) + 9 * 86400, "has_evidence": False, "past_due": False, "submission_count": 0},
            is_charge_refundable=False,
            metadata={},
            network_reason_code="10.4",
            payment_intent=charge["payment_intent"],
            payment_method_details={"type": "card"},
            reason=reason,
            status="needs_response",
        )
        charge.update(disputed=True, dispute=opened["id"], _dispute="needs_response")
        announce(store, "charge.dispute.created", opened)
        announce(store, "charge.dispute.funds_withdrawn", opened)
    return opened


def close_dispute(store: Store, sought: str, *, won: bool) -> Thing:
    """One that is closed stays as it is."""
    with store.changing():
        found = store.find("dispute", sought)
        if found["status"] not in CLOSED:
            found["status"] = "won" if won else "lost"
            store.things[found["charge"]]["_dispute"] = found["status"]
            announce(store, "charge.dispute.closed", found)
            if won:
                announce(store, "charge.dispute.funds_reinstated", found)
    return found
