"""Stripe's side of a year: the stand-in, in this process, and what of it belongs to a payment of the year's name for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from seminar.money.card import Card
from tests.money.stripe import card_of
from tests.stand_in.running import Stripe


class YearsStripe:
    def __init__(self, control: Stripe) -> None:
        self.control = control
        self.card: Card = card_of(control)

    def forget(self) -> None:
        """A year begins with nothing of the one before."""
        with self.control.store.changed:
            self.control.store.things.clear()
            self.control.store.answers.clear()
        self.go_well()

    def go_well(self) -> None:
        """Nothing goes wrong from here on."""
        self.control.api.faults.planned.clear()
        self.control.api.refunds_begin.clear()

    @contextmanager
    def first_refund(self, fate: str) -> Iterator[None]:
        """The next one is declined, stays pending, or is sent back right after; all others go through."""
        if fate == "declined":
            self.control.fail_next(status=400, calls="POST /v1/refunds")
        elif fate:
            self.control.next_refunds(fate)
        try:
            yield
        finally:
            self.go_well()

    def page(self, token: str) -> str:
        """The session's id. Raises LookupError where there is none."""
        return str(self._one("checkout.session", lambda thing: thing["metadata"].get("payment") == token)["id"])

    def refunds(self, token: str) -> list[dict[str, Any]]:
        """In the order in which they were made."""
        return self._all("refund", lambda thing: thing["payment_intent"] == self._intent(token))

    def refund(self, token: str, number: int) -> str:
        found = self.refunds(token)
        if number >= len(found):
            raise LookupError(f"{token} has no refund {number}.")
        return str(found[number]["id"])

    def dispute(self, token: str) -> str:
        return str(self._one("dispute", lambda thing: thing["payment_intent"] == self._intent(token))["id"])

    def charged(self, token: str) -> int:
        """What came, in cents."""
        found = self._all("charge", lambda thing: thing["payment_intent"] == self._intent(token) and thing["status"] == "succeeded")
        return sum(charge["amount"] for charge in found)

    def takes_refunds(self, token: str) -> bool:
        """Not of a charge that is disputed, or whose dispute was lost."""
        charge = self.control.store.things[self.control.charge(self.page(token))["id"]]
        return not charge["disputed"] or charge["_dispute"] == "won"

    def disputed(self, token: str) -> int:
        """What a bank has taken, in cents."""
        found = self._all("dispute", lambda thing: thing["payment_intent"] == self._intent(token))
        return sum(dispute["amount"] for dispute in found if dispute["status"] != "won")

    def event(self, kind: str, about: str) -> dict[str, Any]:
        """The newest of this kind about the object of this id."""
        return self._all("event", lambda thing: thing["type"] == kind and thing["data"]["object"]["id"] == about)[-1]

    def _intent(self, token: str) -> str | None:
        return self.control.store.things[self.page(token)]["payment_intent"] or "none"

    def _one(self, kind: str, holds: Any) -> dict[str, Any]:
        found = self._all(kind, holds)
        if not found:
            raise LookupError(f"Stripe has no such {kind}.")
        return found[0]

    def _all(self, kind: str, holds: Any) -> list[dict[str, Any]]:
        with self.control.store.changed:
            return [thing for thing in self.control.store.things.values() if thing["object"] == kind and holds(thing)]
