"""Paying for a seat: pressing Pay, what the payer does on Stripe's page and the bank after it, and whoever hears of it."""

from collections.abc import Callable
from random import Random
from typing import Any

from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.money.asking import ask_about_pages
from seminar.money.card import page_ends
from seminar.money.event import known, take
from seminar.money.order import order_of
from seminar.money.payment import OPEN, Payment, begin_payment, page_opened, payment_named
from seminar.money.settling import NotAsAsked, NotYet, page_told
from seminar.series.enrollment import Enrollment
from tests.years.act import Act, Kind, Thought, kind
from tests.years.model import Model
from tests.years.model_money import BANK_PAID, BANK_SAID_NO, EXPIRED, PAID, WAITS, Attempt
from tests.years.world import Shut, World

TYPES = {"paid": PAID, "at the bank": PAID, "said no": BANK_SAID_NO, "expired": EXPIRED}


def nothing() -> None:
    """What a page does that finds it done."""


@kind
class Paying(Kind):
    """`heard` says whether Stripe's answer was: the process may die before it is written down."""

    name, weight = "pay", 6

    def think(self, model: Model, dice: Random) -> Thought | None:
        held = [place for place in model.places.places.values() if place.state in WAITS]
        over = [due.place for due in model.money.dues[-5:]] if dice.random() < 0.05 else []
        if not held + over:
            return None
        place = dice.choice(held or over)
        by = place.person if dice.random() < 0.95 else dice.choice(model.people)
        return by, {"place": place.name, "series": place.series, "heard": dice.random() < 0.9}

    def rival(self, model: Model, act: Act, dice: Random) -> Thought | None:
        """It commits on its way, and then nobody can say who was first."""
        return None

    def expected(self, model: Model, act: Act) -> bool:
        return model.money.may_begin(model.places.places[act["place"]], act.by)

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        world.opens("money.create_payment", act.by)
        order = order_of(world.get(Enrollment, act["place"]).id)
        by = world.person(act.by)
        if order is None or order.person_id != by.id:
            raise Shut("money.create_payment")
        line, card, token = order.lines[0], world.stripe.card, f"y{act.number}"
        page = {"says": "Seminar", "success_url": "http://x/ok", "cancel_url": "http://x/no", "language": "en", "expires_at": page_ends()}

        def press() -> None:
            payment = begin_payment(line, token=token, page=page, by=by, now=world.now)
            payment_id, parameters, name, url = payment.id, payment.parameters, payment.token, payment.page_url
            db.session.commit()
            if url is None:
                found = card.open_page(parameters, token=name)
                if act["heard"]:
                    page_opened(db.session.get_one(Payment, payment_id), session_id=found.id, url=found.url, now=world.now)

        return press

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.money.begin(model.places.places[act["place"]], act.by, f"y{act.number}", act["heard"])

    def says(self, act: Act) -> str:
        return f"presses Pay for {act['place']} in {act['series']}{'' if act['heard'] else '; the answer of Stripe is lost'}"


class OfAPage(Kind):
    def needs(self, what: dict[str, Any]) -> tuple[str, ...]:
        return (what["token"],)

    def expected(self, model: Model, act: Act) -> bool:
        return True


@kind
class AtStripesPage(OfAPage):
    """The payer, on the page that they were led to, or their bank after it. Nothing of ours hears of it by itself."""

    name, weight, races, dies = "at stripe", 8, False, False

    def think(self, model: Model, dice: Random) -> Thought | None:
        attempts = [attempt for attempt in model.money.attempts.values() if attempt.opened]
        here = [attempt for attempt in attempts if attempt.page == "open"]
        at_the_bank = [attempt for attempt in attempts if attempt.page == "at the bank"]
        if here and (not at_the_bank or dice.random() < 0.8):
            return self._thought(dice.choice(here), dice.choice(["pay"] * 6 + ["decline"] + ["pay by bank"] * 2))
        if at_the_bank:
            return self._thought(dice.choice(at_the_bank), dice.choice(["the bank pays", "the bank pays", "the bank says no"]))
        return None

    def _thought(self, attempt: Attempt, does: str) -> Thought:
        return attempt.due.payer, {"token": attempt.name, "does": does}

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        stripe, session = world.stripe.control, world.stripe.page(act["token"])
        does: dict[str, Callable[[str], Any]] = {
            "pay": stripe.pay,
            "decline": stripe.decline,
            "pay by bank": stripe.pay_by_bank,
            "the bank pays": stripe.settle,
            "the bank says no": stripe.fail,
        }
        return lambda: does[act["does"]](session) and None

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        money, attempt = model.money, model.money.attempts[act["token"]]
        if act["does"] == "pay":
            money.pays(attempt)
        elif act["does"] == "pay by bank":
            money.pays_by_bank(attempt)
        elif act["does"] != "decline":
            money.bank_says(attempt, act["does"] == "the bank pays")

    def says(self, act: Act) -> str:
        return f"is at Stripe's page {act['token']}: {act['does']}"


@kind
class HearingOfAPage(OfAPage):
    """By the page that leads back, or by an event, which may come late, twice, or never."""

    name, weight, contested = "hear of a page", 6, True

    def think(self, model: Model, dice: Random) -> Thought | None:
        attempts = list(model.money.attempts.values())
        fresh = [attempt for kind, attempt, _ in model.money.news if kind.startswith("checkout") and not self._is_slow(attempt, model)]
        if not attempts or (not fresh and dice.random() < 0.8):
            return None
        attempt = dice.choice(fresh if fresh and dice.random() < 0.9 else attempts[-8:])
        return attempt.due.payer, {"token": attempt.name, **self._way(attempt, dice)}

    def _is_slow(self, attempt: Attempt, model: Model) -> bool:
        """Of one in three nobody hears while its seat is kept."""
        return attempt.number % 3 == 0 and attempt.due.place.state == "held" and not model.places.ran_out(attempt.due.place)

    def _way(self, attempt: Attempt, dice: Random) -> dict[str, str]:
        types = {"paid": [PAID, BANK_PAID] if attempt.on_its_way else [PAID]}.get(attempt.page, [TYPES.get(attempt.page, PAID)])
        return {"way": dice.choice(["return", "event"]), "type": dice.choice(types)}

    def rival(self, model: Model, act: Act, dice: Random) -> Thought | None:
        return act.by, {"token": act["token"], **self._way(model.money.attempts[act["token"]], dice)}

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        card, session = world.stripe.card, world.stripe.page(act["token"])
        if act["way"] == "event":
            return an_event(world, act["type"], session)
        world.opens("money.show_return", act.by)
        payment = payment_named(act["token"])
        if payment is None or payment.order.person_id != world.id_of("person", act.by):
            raise Shut("money.show_return")
        is_open = payment.state in OPEN and payment.session_id is not None
        db.session.rollback()
        found = card.page(session)
        return (lambda: page_told(found, now=world.now) and None) if is_open else nothing

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        attempt = model.money.attempts[act["token"]]
        if act["way"] == "event":
            model.money.hear((act["type"], attempt, None))
        elif attempt.opened and attempt.state in ("created", "pending"):
            model.money.hear_of_page(attempt)

    def says(self, act: Act) -> str:
        return f"hears of the page {act['token']} by {'its ' + act['type'] if act['way'] == 'event' else 'coming back'}"


def an_event(world: World, kind: str, about: str) -> Callable[[], Any]:
    """As the webhook does it: what is known is done, and what isn't is asked of Stripe first."""
    try:
        body, headers = world.stripe.control.signed(world.stripe.event(kind, about))
    except IndexError:
        return nothing
    card = world.stripe.card
    event = card.event(body, headers["Stripe-Signature"])
    is_known = event.id in known([event.id])
    db.session.rollback()
    if is_known:
        return nothing
    found = card.about(event)

    def done() -> None:
        try:
            take(event.id, event.type, found, now=world.now)
        except (NotYet, NotAsAsked) as error:
            raise Refused(str(error)) from error

    return done


@kind
class AskingAboutPages(Kind):
    """That round of the worker's alone; Stripe may say of a page that it knows none such, though there is one."""

    name, weight, races, dies = "ask about pages", 3, False, False

    def think(self, model: Model, dice: Random) -> Thought | None:
        if not any(attempt.state in OPEN for attempt in model.money.attempts.values()):
            return None
        return "the worker", {"one is unknown": dice.random() < 0.3}

    def expected(self, model: Model, act: Act) -> bool:
        return True

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        def ask() -> None:
            if act["one is unknown"]:
                world.stripe.control.fail_next(status=404, calls="GET /v1/checkout/sessions")
            ask_about_pages(world.stripe.card, world.now)
            world.stripe.go_well()

        return ask

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.money.ask_about_pages(act.at, one_is_unknown=act["one is unknown"])

    def says(self, act: Act) -> str:
        return f"asks about pages{'; Stripe says that it knows the first of them not' if act['one is unknown'] else ''}"
