"""Days that the district or its depot closes, and opens again: what is lent follows."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from inventory.depot import Depot, DepotDay
from inventory.depot_keeping import forget_depot_day, set_depot_day
from seminar.ground.db import db
from seminar.people.calendar import ClosedDay
from seminar.people.calendar_editing import close_days, open_day_again
from seminar.people.district import District
from tests.years.act import Act, Kind, Thought, kind
from tests.years.model import Model
from tests.years.world import World


def district_of(world: World) -> District:
    return db.session.get_one(District, world.id_of("district", "Year"))


class OfADay(Kind):
    """An act about a day; all that it does to loans is taken over from the rows, and held against the rules."""

    who = ("olive",) * 6 + ("pia",)

    def rival(self, model: Model, act: Act, dice: Random) -> Thought | None:
        """Two who save the same day at once: the second is told so by its unique key, and that isn't played."""
        return None

    def think(self, model: Model, dice: Random) -> Thought | None:
        day = model.today + timedelta(days=dice.randint(0, 12))
        return dice.choice(self.who), {"day": day.isoformat()}

    def followed(self, world: World, verb: Callable[[], Any]) -> Callable[[], Any]:
        return lambda: (verb(), world.items(), world.turnarounds())

    def loans_follow(self, model: Model, act: Act, answer: Any) -> None:
        model.shelf.take_over(answer[1], answer[2], act.by)

    def says(self, act: Act) -> str:
        return f"{self.name}: {act['day']}"


@kind
class ClosingADay(OfADay):
    name, weight = "close a day", 5

    def expected(self, model: Model, act: Act) -> bool:
        return model.standing.has(act.by, model.today, "program_manager")

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        by, district = world.opens("people.create_closed_days", act.by).person, district_of(world)
        return self.followed(world, lambda: close_days(district, {date.fromisoformat(act["day"]): "Snow"}, by=by, now=world.now))

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        day = date.fromisoformat(act["day"])
        if day not in model.calendar.closed:
            model.calendar.closed.add(day)
            model.record(act.by, "days closed")
            self.loans_follow(model, act, answer)


@kind
class OpeningADay(OfADay):
    name, weight, races = "open a day again", 10, False
    who = ("olive",) * 3 + ("pia",)

    def think(self, model: Model, dice: Random) -> Thought | None:
        closed = sorted(day for day in model.calendar.closed if day >= model.today)
        return (dice.choice(self.who), {"day": dice.choice(closed).isoformat()}) if closed else None

    def expected(self, model: Model, act: Act) -> bool:
        return model.standing.has(act.by, model.today, "program_manager") and date.fromisoformat(act["day"]) in model.calendar.closed

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        by, district = world.opens("people.create_day_reopening", act.by).person, district_of(world)
        closed = db.session.scalars(select(ClosedDay).where(ClosedDay.day == date.fromisoformat(act["day"]))).first()
        if closed is None:
            raise LookupError("A day that isn't closed has no button.")
        return self.followed(world, lambda: open_day_again(closed, district, by=by, now=world.now))

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.calendar.closed.discard(date.fromisoformat(act["day"]))
        model.record(act.by, "day opened again")
        self.loans_follow(model, act, answer)


@kind
class ChangingADepotDay(OfADay):
    name, weight = "change a depot day", 5
    who = ("eli",) * 6 + ("cora",)

    def think(self, model: Model, dice: Random) -> Thought | None:
        day = model.today + timedelta(days=dice.randint(-1, 9))
        return dice.choice(self.who), {"day": day.isoformat(), "open": dice.random() < 0.4}

    def expected(self, model: Model, act: Act) -> bool:
        keeps = model.standing.has(act.by, model.today, "program_manager", "equipment_manager")
        return keeps and date.fromisoformat(act["day"]) >= model.today

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        by, district = world.opens("inventory.create_depot_day", act.by).person, district_of(world)
        depot, day = db.session.scalars(select(Depot)).one(), date.fromisoformat(act["day"])
        when = {"day": day, "is_open": act["open"], "note": "", "by": by, "now": world.now}
        return self.followed(world, lambda: set_depot_day(depot, district, **when))

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.calendar.otherwise[date.fromisoformat(act["day"])] = act["open"]
        model.record(act.by, "depot day changed")
        self.loans_follow(model, act, answer)

    def says(self, act: Act) -> str:
        return f"has the depot {'open' if act['open'] else 'closed'} on {act['day']}"


@kind
class ForgettingADepotDay(OfADay):
    name, weight, races = "forget a depot day", 10, False
    who = ("eli",) * 3 + ("ada",)

    def think(self, model: Model, dice: Random) -> Thought | None:
        days = sorted(day for day in model.calendar.otherwise if day >= model.today)
        return (dice.choice(self.who), {"day": dice.choice(days).isoformat()}) if days else None

    def expected(self, model: Model, act: Act) -> bool:
        keeps = model.standing.has(act.by, model.today, "program_manager", "equipment_manager")
        return keeps and date.fromisoformat(act["day"]) in model.calendar.otherwise

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        by, district = world.opens("inventory.create_depot_day_removal", act.by).person, district_of(world)
        depot, day = db.session.scalars(select(Depot)).one(), date.fromisoformat(act["day"])
        row = db.session.scalars(select(DepotDay).where(DepotDay.day == day)).first()
        if row is None:
            raise LookupError("A day that isn't otherwise has no button.")
        return self.followed(world, lambda: forget_depot_day(row, depot, district, by=by, now=world.now))

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.calendar.otherwise.pop(date.fromisoformat(act["day"]))
        model.record(act.by, "depot day changed")
        self.loans_follow(model, act, answer)
