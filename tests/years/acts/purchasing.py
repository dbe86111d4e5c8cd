"""Purchase orders: the number that somebody types at their order, and what the PD office does with the purchase order itself."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

from seminar.money.choosing_po import Typed, pay_by_purchase_order, seats_to_pay
from seminar.money.covering import accept, cancel, cover_waiting, reject
from seminar.money.invoicing import invoice_purchase_order
from seminar.money.order import order_of
from seminar.money.purchase_order import PurchaseOrder, change, receive
from seminar.money.remittance import Sent, record_payment, record_sent_back
from seminar.people.school import School
from seminar.series.access import theirs_to_enroll
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series
from tests.years.act import Act, Kind, Thought, kind
from tests.years.acts.closing import district_of
from tests.years.acts.giving_back import OFFICE
from tests.years.acts.seats import LEADS, is_theirs
from tests.years.model import Model
from tests.years.model_places import Place
from tests.years.model_po import WAITS
from tests.years.model_po import PurchaseOrder as Ordered
from tests.years.world import Shut, World

NUMBERS = ["PO 1", "PO 2", "PO 3"]
AS_TYPED = {"PO 1": " po  1", "PO 2": "PO 2", "PO 3": "po 3 "}
BUYERS = ["North", "North", "South", None]
CAPS = [5_000, 12_000, 22_000, 36_000]


def school_of(world: World, name: str | None) -> School | None:
    return world.get(School, name) if name else None


def a_number(model: Model, dice: Random) -> tuple[str, str | None]:
    """Mostly of one that the office has."""
    number, buyer = dice.choice(NUMBERS), dice.choice(BUYERS)
    theirs = [one for one in model.purchase_orders.orders.values() if one.state in ("received", "accepted", "invoiced", "paid")]
    if theirs and dice.random() < 0.7:
        one = dice.choice(theirs)
        number, buyer = one.number, one.buyer
    return number, buyer


@kind
class ChoosingAPurchaseOrder(Kind):
    name, weight = "choose a purchase order", 6

    def think(self, model: Model, dice: Random) -> Thought | None:
        waits = [place for place in model.places.places.values() if place.state in WAITS]
        over = [due.place for due in model.money.dues[-5:]] if dice.random() < 0.05 else []
        if not waits + over:
            return None
        place = dice.choice(waits or over)
        by = place.person if dice.random() < 0.95 else dice.choice(model.people)
        number, buyer = a_number(model, dice)
        return by, {"place": place.name, "series": place.series, "number": number, "buyer": buyer}

    def expected(self, model: Model, act: Act) -> bool:
        due = model.money.due_of(model.places.places[act["place"]])
        return due is not None and model.purchase_orders.may_choose(due, act.by, act["number"], act["buyer"])

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        by = world.opens("money.create_purchase_order_choice", act.by).person
        order = order_of(world.get(Enrollment, act["place"]).id)
        if order is None or order.person_id != by.id:
            raise Shut("money.create_purchase_order_choice")
        line, typed = order.lines[0], Typed(AS_TYPED[act["number"]], school_of(world, act["buyer"]))
        return lambda: pay_by_purchase_order([line], typed, by=by, now=world.now) and None

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.places.settle(act["series"])
        due = model.money.due_of(model.places.places[act["place"]])
        assert due is not None
        model.purchase_orders.choose(due, act.by, act["number"], act["buyer"])

    def says(self, act: Act) -> str:
        return f"types {act['number']} of {act['buyer'] or 'the district'} for {act['place']} in {act['series']}"


@kind
class ChoosingForSeveral(Kind):
    name, weight = "choose for several", 6

    def think(self, model: Model, dice: Random) -> Thought | None:
        waits = [place for place in model.places.places.values() if place.state in WAITS]
        if not waits:
            return None
        series = dice.choice(waits).series
        by = dice.choice(LEADS)
        theirs = [place.name for place in waits if place.series == series and (is_theirs(model, by, place.person) or dice.random() < 0.1)]
        if not theirs:
            return None
        number, buyer = a_number(model, dice)
        return by, {"series": series, "places": theirs, "number": number, "buyer": buyer}

    def needs(self, what: dict[str, Any]) -> tuple[str, ...]:
        return what["series"], *what["places"]

    def expected(self, model: Model, act: Act) -> bool:
        leads = model.standing.has(act.by, model.today, "principal", "program_manager")
        return leads and all(self._may(model, act, model.places.places[name]) for name in act["places"])

    def _may(self, model: Model, act: Act, place: Place) -> bool:
        due = model.money.due_of(place)
        theirs = is_theirs(model, act.by, place.person)
        return due is not None and theirs and model.purchase_orders.may_choose(due, due.payer, act["number"], act["buyer"])

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        who = world.opens("money.create_pay_for_several", act.by)
        lines = {seat.place.id: seat.line for seat in seats_to_pay(world.get(Series, act["series"]), theirs_to_enroll(who), world.now)}
        chosen = [world.id_of("enrollment", name) for name in act["places"]]
        if not set(chosen) <= set(lines):
            raise Shut("money.create_pay_for_several")
        typed = Typed(AS_TYPED[act["number"]], school_of(world, act["buyer"]))
        return lambda: pay_by_purchase_order([lines[one] for one in chosen], typed, by=who.person, now=world.now) and None

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.places.settle(act["series"])
        for name in act["places"]:
            due = model.money.due_of(model.places.places[name])
            assert due is not None
            model.purchase_orders.choose(due, act.by, act["number"], act["buyer"])

    def says(self, act: Act) -> str:
        return f"types {act['number']} of {act['buyer'] or 'the district'} for {', '.join(act['places'])} in {act['series']}"

    def touches(self, act: Act) -> set[str]:
        return {*super().touches(act), *act["places"]}


@kind
class ReceivingOne(Kind):
    """Two who enter the same at once: the second is told so by its unique key, and that isn't played."""

    name, weight, races = "receive a purchase order", 5, False

    def think(self, model: Model, dice: Random) -> Thought | None:
        awaited = [cover for cover in model.purchase_orders.covers if cover.state == "awaited"]
        number, buyer = dice.choice(NUMBERS), dice.choice(BUYERS)
        if awaited and dice.random() < 0.8:
            number, buyer = awaited[-1].number, awaited[-1].buyer
        expires = dice.choice([None, None, 5, 60, 200, -1])
        last = (model.today + timedelta(days=expires)).isoformat() if expires else None
        return dice.choice(OFFICE), {"number": number, "buyer": buyer, "cap": dice.choice(CAPS), "expires": last}

    def expected(self, model: Model, act: Act) -> bool:
        is_late = act["expires"] is not None and date.fromisoformat(act["expires"]) < model.today
        there = model.purchase_orders.standing(act["number"], act["buyer"]) is not None
        return model.standing.has(act.by, model.today, "program_manager") and not is_late and not there

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        by, buyer = world.opens("money.create_purchase_order", act.by).person, school_of(world, act["buyer"])
        last = date.fromisoformat(act["expires"]) if act["expires"] else None
        more = {"cap_cents": act["cap"], "funding_code": "", "expires_on": last}
        return lambda: receive(district_of(world), buyer, AS_TYPED[act["number"]], **more, by=by, now=world.now).id

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        last = date.fromisoformat(act["expires"]) if act["expires"] else None
        name = f"P{act.number}"
        model.purchase_orders.orders[name] = Ordered(name, act["number"], act["buyer"], act["cap"], last)
        model.made["purchase_order", name] = answer
        model.record(act.by, "purchase order received")

    def says(self, act: Act) -> str:
        good = f"{act['cap']} cents{' through ' + act['expires'] if act['expires'] else ''}"
        return f"receives {act['number']} of {act['buyer'] or 'the district'} as P{act.number}, good for {good}"


class OfAPurchaseOrder(Kind):
    route = ""

    def needs(self, what: dict[str, Any]) -> tuple[str, ...]:
        return (what["order"],)

    def likely(self, model: Model, order: Ordered) -> bool:
        """Whether it may be let happen."""
        raise NotImplementedError

    def think(self, model: Model, dice: Random) -> Thought | None:
        orders = list(model.purchase_orders.orders.values())
        likely = [order for order in orders if self.likely(model, order)]
        if not likely and (not orders or dice.random() < 0.85):
            return None
        order = dice.choice(likely or orders)
        return dice.choice(OFFICE), {"order": order.name, **self.more(model, order, dice)}

    def more(self, model: Model, order: Ordered, dice: Random) -> dict[str, Any]:
        return {}

    def expected(self, model: Model, act: Act) -> bool:
        is_office = model.standing.has(act.by, model.today, "program_manager")
        return is_office and self.may(model, model.purchase_orders.orders[act["order"]], act)

    def may(self, model: Model, order: Ordered, act: Act) -> bool:
        return self.likely(model, order)

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        by, order = world.opens(self.route, act.by).person, world.get(PurchaseOrder, act["order"])
        return lambda: self.verb(order, act, {"by": by, "now": world.now}, world) and None

    def verb(self, order: PurchaseOrder, act: Act, who: dict[str, Any], world: World) -> Any:
        raise NotImplementedError

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        self.follows(model, model.purchase_orders.orders[act["order"]], act)

    def follows(self, model: Model, order: Ordered, act: Act) -> None:
        raise NotImplementedError

    def says(self, act: Act) -> str:
        return f"{self.name}: {act['order']} {act.what.get('cents', '')}"


@kind
class AcceptingOne(OfAPurchaseOrder):
    name, weight, route = "accept a purchase order", 10, "money.create_acceptance"

    def likely(self, model: Model, order: Ordered) -> bool:
        return model.purchase_orders.may_accept(order)

    def verb(self, order: PurchaseOrder, act: Act, who: dict[str, Any], world: World) -> Any:
        return accept(order, **who)

    def follows(self, model: Model, order: Ordered, act: Act) -> None:
        model.purchase_orders.accept(order, act.by)


@kind
class CoveringMore(OfAPurchaseOrder):
    name, weight, route = "cover more", 3, "money.create_covering"

    def likely(self, model: Model, order: Ordered) -> bool:
        return model.purchase_orders.takes_places(order)

    def verb(self, order: PurchaseOrder, act: Act, who: dict[str, Any], world: World) -> Any:
        return cover_waiting(order, **who)

    def follows(self, model: Model, order: Ordered, act: Act) -> None:
        model.purchase_orders.cover_waiting(order, act.by)


@kind
class EndingOne(OfAPurchaseOrder):
    name, weight, route = "end a purchase order", 3, "money.create_rejection"

    def likely(self, model: Model, order: Ordered) -> bool:
        return model.purchase_orders.may_end(order, "canceled")

    def more(self, model: Model, order: Ordered, dice: Random) -> dict[str, Any]:
        return {"how": dice.choice(["rejected", "canceled"])}

    def may(self, model: Model, order: Ordered, act: Act) -> bool:
        return model.purchase_orders.may_end(order, act["how"])

    def verb(self, order: PurchaseOrder, act: Act, who: dict[str, Any], world: World) -> Any:
        return (reject if act["how"] == "rejected" else cancel)(order, reason="Not signed", **who)

    def follows(self, model: Model, order: Ordered, act: Act) -> None:
        model.purchase_orders.end(order, act["how"], act.by)


@kind
class ChangingOne(OfAPurchaseOrder):
    name, weight, route = "change a purchase order", 3, "money.save_purchase_order"

    def likely(self, model: Model, order: Ordered) -> bool:
        return order.state not in ("rejected", "canceled")

    def more(self, model: Model, order: Ordered, dice: Random) -> dict[str, Any]:
        return {"cents": dice.choice([*CAPS, max(model.purchase_orders.used(order) - 1, 1)])}

    def may(self, model: Model, order: Ordered, act: Act) -> bool:
        return model.purchase_orders.may_change(order, act["cents"])

    def verb(self, order: PurchaseOrder, act: Act, who: dict[str, Any], world: World) -> Any:
        return change(order, cap_cents=act["cents"], funding_code="", expires_on=order.expires_on, **who)

    def follows(self, model: Model, order: Ordered, act: Act) -> None:
        order.cap = act["cents"]
        model.record(act.by, "purchase order changed")


@kind
class InvoicingOne(OfAPurchaseOrder):
    name, weight, route = "invoice", 8, "money.create_invoice"

    def likely(self, model: Model, order: Ordered) -> bool:
        return model.purchase_orders.may_invoice(order)

    def verb(self, order: PurchaseOrder, act: Act, who: dict[str, Any], world: World) -> Any:
        return invoice_purchase_order(order, **who)

    def follows(self, model: Model, order: Ordered, act: Act) -> None:
        model.purchase_orders.invoice(order, act.by)


class OfACheck(OfAPurchaseOrder):
    def whole(self, model: Model, order: Ordered) -> int:
        raise NotImplementedError

    def likely(self, model: Model, order: Ordered) -> bool:
        return self.whole(model, order) > 0

    def more(self, model: Model, order: Ordered, dice: Random) -> dict[str, Any]:
        whole = self.whole(model, order)
        return {"cents": dice.choice([whole, whole, whole // 3 or 1, whole + 1])}

    def may(self, model: Model, order: Ordered, act: Act) -> bool:
        return bool(0 < act["cents"] <= self.whole(model, order))

    def sent(self, act: Act, world: World) -> Sent:
        return Sent(act["cents"], world.today, "Check 7")


@kind
class WritingDownACheck(OfACheck):
    name, weight, route = "write down a check", 8, "money.create_remittance"

    def whole(self, model: Model, order: Ordered) -> int:
        return sum(model.purchase_orders.open_on(order).values())

    def verb(self, order: PurchaseOrder, act: Act, who: dict[str, Any], world: World) -> Any:
        return record_payment(order, self.sent(act, world), **who)

    def follows(self, model: Model, order: Ordered, act: Act) -> None:
        model.places.settle(*{due.place.series for due in model.purchase_orders.ever_on(order)})
        model.purchase_orders.write_down(order, "payment", act["cents"], act.by)


@kind
class SendingACheckBack(OfACheck):
    name, weight, route = "send a check back", 5, "money.create_sent_back"

    def whole(self, model: Model, order: Ordered) -> int:
        return sum(model.purchase_orders.to_send_back(order).values())

    def verb(self, order: PurchaseOrder, act: Act, who: dict[str, Any], world: World) -> Any:
        return record_sent_back(order, self.sent(act, world), **who)

    def follows(self, model: Model, order: Ordered, act: Act) -> None:
        model.places.settle(*{due.place.series for due in model.purchase_orders.ever_on(order)})
        model.purchase_orders.write_down(order, "sent_back", act["cents"], act.by)
