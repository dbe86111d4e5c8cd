"""Refunds of a charge: `pending` → `succeeded` → `failed`, and straight from pending too.

https://docs.stripe.com/refunds: in parts or whole, never more than is left; what a bank sends back, even weeks later, has failed and
counts as not refunded. Nothing is refunded of a charge that is disputed, or whose dispute was lost.
"""

from tests.stand_in.errors import StripeError, missing
from tests.stand_in.events import announce
from tests.stand_in.forms import known, metadata, whole
from tests.stand_in.store import Store, Thing, new_id

REASONS = ("duplicate", "fraudulent", "requested_by_customer")
# https://docs.stripe.com/testing#refunds: begins as pending and succeeds later; begins as succeeded and fails later.
SLOW_CARD, FAILING_CARD = "4000000000007726", "4000000000005126"


def refund(store: Store, params: Thing, *, begins: str = "succeeded") -> Thing:
    """https://docs.stripe.com/api/refunds/create. Raises StripeError where the charge can't give it back."""
    known(params, "payment_intent", "charge", "amount", "metadata", "reason", "expand")
    kept = metadata(params.get("metadata"))
    amount = whole(params["amount"], "amount") if "amount" in params else None
    if amount is not None and amount < 1:
        raise StripeError("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if params.get("reason") not in (None, *REASONS):
        raise StripeError(f"Invalid reason: must be one of {', '.join(REASONS)}", param="reason")
    with store.changing():
        charge = _charge_of(store, params)
        left = charge["amount"] - charge["amount_refunded"]
        _refuse_where_nothing_can_be_given(charge, left, amount)
        amount = left if amount is None else amount
        begins = "pending" if charge["_card"] == SLOW_CARD else begins
        made = store.add(
            "refund",
            amount=amount,
            balance_transaction=new_id("txn_"),
            charge=charge["id"],
            currency=charge["currency"],
            destination_details={"type": "card"} if charge["_card"] else {"type": "us_bank_transfer"},
            metadata=kept,
            payment_intent=charge["payment_intent"],
            reason=params.get("reason"),
            receipt_number=None,
            status=begins,
        )
        _count(store, charge)
        announce(store, "refund.created", made)
        announce(store, "charge.refunded", charge)
    return made


def _charge_of(store: Store, params: Thing) -> Thing:
    if params.get("charge"):
        return store.find("charge", params["charge"], "charge")
    if not params.get("payment_intent"):
        raise missing("payment_intent")
    intent = store.find("payment_intent", params["payment_intent"], "payment_intent")
    charge = store.things.get(intent["latest_charge"] or "")
    if charge is None or charge["status"] != "succeeded":
        raise StripeError(f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.", began=True)
    return charge


def _refuse_where_nothing_can_be_given(charge: Thing, left: int, amount: int | None) -> None:
    if charge["disputed"] and charge["_dispute"] != "won":
        sentence = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise StripeError(sentence, code="charge_disputed", began=True)
    if charge["status"] != "succeeded":
        raise StripeError(f"Charge {charge['id']} has not succeeded; cannot issue a refund.", param="charge", began=True)
    if left == 0:
        raise StripeError(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded", began=True)
    if amount is not None and amount > left:
        # Stripe's page on error codes doesn't say which of its codes this one carries, if any: nobody shall count on one.
        asked, there = f"${amount / 100:,.2f}", f"${left / 100:,.2f}"
        raise StripeError(f"Refund amount ({asked}) is greater than unrefunded amount on charge ({there})", param="amount", began=True)


def _count(store: Store, charge: Thing) -> None:
    """What is on its way counts; what failed doesn't."""
    given = [each["amount"] for each in store.all("refund", charge=charge["id"]) if each["status"] in ("pending", "succeeded")]
    charge.update(amount_refunded=sum(given), refunded=sum(given) == charge["amount"])


def refund_succeeds(store: Store, sought: str) -> Thing:
    """A pending one."""
    with store.changing():
        found = store.find("refund", sought)
        if found["status"] == "pending":
            found["status"] = "succeeded"
            announce(store, "refund.updated", found)
    return found


def refund_fails(store: Store, sought: str, *, reason: str = "lost_or_stolen_card") -> Thing:
    """A pending one, or one that had succeeded."""
    with store.changing():
        found = store.find("refund", sought)
        if found["status"] in ("pending", "succeeded"):
            found.update(status="failed", failure_reason=reason)
            _count(store, store.things[found["charge"]])
            announce(store, "refund.updated", found)
            announce(store, "refund.failed", found)
    return found
