"""What of money goes back: by the office, in Stripe's dashboard, by a bank that sends a refund back or takes a payment."""

from collections.abc import Callable
from random import Random
from typing import Any

from sqlalchemy import select

from seminar.ground.db import db
from seminar.money.office import give_back, let_go
from seminar.money.order import OrderLine
from seminar.money.payment import payment_named
from seminar.money.refund import Refund, try_again
from seminar.money.refund_rule import change_refund_rule
from tests.years.act import Act, Kind, Thought, kind
from tests.years.acts.closing import district_of
from tests.years.acts.paying import an_event
from tests.years.model import Model
from tests.years.model_money import DISPUTE_CLOSED, DISPUTE_OPENED, REFUND_CHANGED, REFUND_FAILED, REFUND_MADE, Attempt
from tests.years.world import World

OFFICE = ["olive"] * 8 + ["pat", "ada"]
RULES = ([(0, 100)], [(5, 100), (0, 50)], [(10, 100), (3, 33)], [(0, 0)])


class OfAPayment(Kind):
    def needs(self, what: dict[str, Any]) -> tuple[str, ...]:
        return (what["token"],)

    def attempts(self, model: Model) -> list[Attempt]:
        return [attempt for attempt in model.money.attempts.values() if attempt.page == "paid"][-12:]

    def keeps_orders(self, model: Model, act: Act) -> bool:
        return model.standing.has(act.by, model.today, "program_manager")

    def line(self, world: World, act: Act) -> OrderLine:
        payment = payment_named(act["token"])
        if payment is None:
            raise LookupError(act["token"])
        return payment.line


@kind
class GivingBack(OfAPayment):
    name, weight = "give back", 3

    def think(self, model: Model, dice: Random) -> Thought | None:
        attempts = [attempt for attempt in self.attempts(model) if attempt.state == "succeeded"]
        if not attempts:
            return None
        attempt = dice.choice(attempts)
        return dice.choice(OFFICE), {"token": attempt.name, "cents": dice.choice([1_000, attempt.cents // 2, attempt.cents])}

    def expected(self, model: Model, act: Act) -> bool:
        return self.keeps_orders(model, act) and model.money.may_give_back(model.money.attempts[act["token"]], act["cents"])

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        by, line = world.opens("money.create_refund", act.by).person, self.line(world, act)
        return lambda: give_back(line, act["cents"], note="Agreed", by=by, now=world.now)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.money.give_back(model.money.attempts[act["token"]], act["cents"], act.by)

    def says(self, act: Act) -> str:
        return f"gives back {act['cents']} cents of {act['token']}"


@kind
class LettingGo(OfAPayment):
    name, weight = "let go", 3

    def think(self, model: Model, dice: Random) -> Thought | None:
        attempts, owing = self.attempts(model), model.money.owing()
        if not owing and (not attempts or dice.random() < 0.8):
            return None
        return dice.choice(OFFICE), {"token": dice.choice(owing or attempts).name}

    def expected(self, model: Model, act: Act) -> bool:
        return self.keeps_orders(model, act) and model.money.may_let_go(model.money.attempts[act["token"]])

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        by, line = world.opens("money.create_letting_go", act.by).person, self.line(world, act)
        return lambda: let_go(line, note="Agreed", by=by, now=world.now)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.money.let_go(model.money.attempts[act["token"]], act.by)

    def says(self, act: Act) -> str:
        return f"lets go what is owed for {act['token']}"


@kind
class TryingAgain(OfAPayment):
    name, weight = "try a refund again", 4

    def think(self, model: Model, dice: Random) -> Thought | None:
        backs = [(attempt, n) for attempt in self.attempts(model) for n in range(len(attempt.backs))]
        failed = [(attempt, n) for attempt, n in backs if attempt.backs[n].state == "failed"]
        if not failed and (not backs or dice.random() < 0.8):
            return None
        attempt, number = dice.choice(failed or backs)
        return dice.choice(OFFICE), {"token": attempt.name, "number": number}

    def expected(self, model: Model, act: Act) -> bool:
        backs = model.money.attempts[act["token"]].backs
        there = act["number"] < len(backs)
        return self.keeps_orders(model, act) and there and model.money.may_try_again(backs[act["number"]])

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        by, payment = world.opens("money.create_try", act.by).person, payment_named(act["token"])
        query = select(Refund).where(Refund.payment_id == (payment.id if payment else 0)).order_by(Refund.id)
        refunds = list(db.session.scalars(query))
        if act["number"] >= len(refunds):
            raise LookupError(act["token"])
        return lambda: try_again(refunds[act["number"]], by=by, now=world.now)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.money.try_again(model.money.attempts[act["token"]].backs[act["number"]], act.by)

    def says(self, act: Act) -> str:
        return f"has the refund {act['number']} of {act['token']} tried again"


@kind
class ChangingTheRule(Kind):
    name, weight, races = "change the refund rule", 7, False

    def think(self, model: Model, dice: Random) -> Thought | None:
        return dice.choice(OFFICE), {"tiers": dice.choice([rule for rule in RULES if rule != model.money.rule])}

    def expected(self, model: Model, act: Act) -> bool:
        return model.standing.has(act.by, model.today, "program_manager")

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        by = world.opens("money.save_refund_rule", act.by).person
        return lambda: change_refund_rule(district_of(world), act["tiers"], by=by, now=world.now)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.money.rule = list(act["tiers"])
        model.record(act.by, "refund rule changed")

    def says(self, act: Act) -> str:
        return f"changes the refund rule to {act['tiers']}"


@kind
class AtStripesDashboard(OfAPayment):
    """Somebody at the district, or a bank. Nothing of ours hears of it by itself."""

    name, weight, races, dies = "in the dashboard", 5, False, False

    def think(self, model: Model, dice: Random) -> Thought | None:
        attempts = self.attempts(model)
        open_ones = [attempt for attempt in attempts if attempt.dispute == "open"]
        refunds = [(attempt, n) for attempt in attempts for n in range(len(attempt.at_stripe))]
        if not attempts:
            return None
        attempt = dice.choice(attempts)
        what: dict[str, Any] = {"does": dice.choice(["refunds", "refunds", "disputes"])}
        what["cents"] = dice.choice([500, attempt.left_at_stripe])
        if open_ones and dice.random() < 0.5:
            attempt, what = dice.choice(open_ones), {"does": dice.choice(["loses the dispute", "wins the dispute"])}
        elif refunds and dice.random() < 0.5:
            attempt, number = dice.choice(refunds)
            what = {"does": dice.choice(["sends a refund back", "has a refund go through"]), "number": number}
        if what.get("does") in ("refunds", "disputes") and not 0 < what["cents"] <= attempt.left_at_stripe:
            return None
        return "somebody", {"token": attempt.name, **what}

    def expected(self, model: Model, act: Act) -> bool:
        attempt = model.money.attempts[act["token"]]
        if act["does"] == "refunds":
            return bool(0 < act["cents"] <= attempt.left_at_stripe)
        if act["does"] == "disputes":
            return bool(0 < act["cents"] <= attempt.left_at_stripe) and not attempt.dispute
        return act["number"] < len(attempt.at_stripe) if "number" in act.what else bool(attempt.dispute)

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        stripe, token, does = world.stripe, act["token"], act["does"]
        page = stripe.page(token)
        if does in ("refunds", "disputes"):
            left = stripe.charged(token) - sum(one["amount"] for one in stripe.refunds(token) if one["status"] != "failed")
            was_disputed = stripe.control.charge(page)["disputed"]
            if not 0 < act["cents"] <= left or not stripe.takes_refunds(token) or (does == "disputes" and was_disputed):
                raise LookupError(token)
            if does == "refunds":
                return lambda: stripe.control.refund(page, act["cents"]) and None
            return lambda: stripe.control.dispute(page, left) and None
        if does in ("loses the dispute", "wins the dispute"):
            dispute = stripe.dispute(token)
            return lambda: stripe.control.close_dispute(dispute, does == "wins the dispute") and None
        refund = stripe.refund(token, act["number"])
        verb = stripe.control.refund_succeeds if does == "has a refund go through" else stripe.control.refund_fails
        return lambda: verb(refund) and None

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        money, attempt, does = model.money, model.money.attempts[act["token"]], act["does"]
        if does == "refunds":
            money.refunded_in_the_dashboard(attempt, act["cents"])
        elif does == "disputes":
            money.is_disputed(attempt)
        elif "number" in act.what:
            money.refund_ends(attempt, attempt.at_stripe[act["number"]], does == "has a refund go through")
        else:
            money.dispute_ends(attempt, does == "wins the dispute")

    def says(self, act: Act) -> str:
        return f"{act['does']} at Stripe: {act['token']}, {act.what.get('cents', act.what.get('number', ''))}"


@kind
class HearingOfMoney(OfAPayment):
    """An event of a refund or a dispute: the newest, or an older one, perhaps before that of the payment itself."""

    name, weight = "hear of money", 6

    def think(self, model: Model, dice: Random) -> Thought | None:
        news = [one for one in model.money.news if not one[0].startswith("checkout")]
        if news and dice.random() < 0.9:
            kind, attempt, refund = dice.choice(news)
            return "stripe", {"token": attempt.name, "type": kind, "number": attempt.at_stripe.index(refund) if refund else -1}
        attempts = [attempt for attempt in self.attempts(model) if attempt.at_stripe or attempt.dispute]
        if not attempts or dice.random() < 0.8:
            return None
        attempt = dice.choice(attempts)
        number = dice.randrange(-1, len(attempt.at_stripe))
        types = [DISPUTE_OPENED, DISPUTE_CLOSED] if number < 0 else [REFUND_MADE, REFUND_CHANGED, REFUND_FAILED]
        return "stripe", {"token": attempt.name, "type": dice.choice(types), "number": number}

    def _news(self, model: Model, act: Act) -> Any:
        attempt = model.money.attempts[act["token"]]
        if act["number"] >= len(attempt.at_stripe):
            return None
        one = attempt.at_stripe[act["number"]] if act["number"] >= 0 else None
        return act["type"], attempt, one

    def expected(self, model: Model, act: Act) -> bool:
        news = self._news(model, act)
        return news is not None and (news not in model.money.news or model.money.can_hear(news[1], news[2]))

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        stripe, token, number = world.stripe, act["token"], act["number"]
        try:
            about = stripe.refund(token, number) if number >= 0 else stripe.dispute(token)
        except LookupError:
            if number >= 0:
                raise
            return lambda: None
        return an_event(world, act["type"], about)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.money.hear(self._news(model, act))

    def says(self, act: Act) -> str:
        about = f"refund {act['number']}" if act["number"] >= 0 else "the dispute"
        return f"tells by {act['type']} of {about} of {act['token']}"
