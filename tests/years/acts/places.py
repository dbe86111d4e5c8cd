"""Enrolling, withdrawing, and the district's canceling of a place."""

from collections.abc import Callable
from random import Random
from typing import Any

from seminar.series.enrolling import cancel_enrollment, enroll, withdraw
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series
from tests.years.act import Act, Kind, Thought, kind
from tests.years.model import Model
from tests.years.model_places import Place
from tests.years.world import World


@kind
class Enrolling(Kind):
    name, weight, contested = "enroll", 26, True

    def think(self, model: Model, dice: Random) -> Thought | None:
        names = list(model.places.series)
        if not names:
            return None
        taking = [name for name in names if model.places.takes_people(name)]
        series = dice.choice(taking if taking and dice.random() < 0.9 else names[-6:])
        person = dice.choice(model.people)
        by = person if dice.random() < 0.85 else dice.choice(model.people)
        return by, {"series": series, "person": person}

    def rival(self, model: Model, act: Act, dice: Random) -> Thought | None:
        """Somebody else after the same seat, or the same person twice."""
        person = dice.choice([act["person"]] * 6 + model.people)
        return person, {"series": act["series"], "person": person}

    def expected(self, model: Model, act: Act) -> bool:
        today, person = model.today, act["person"]
        allowed = bool(model.standing.roles(person, today)) if act.by == person else model.standing.has(act.by, today, "program_manager")
        return allowed and model.places.may_enroll(person, act["series"])

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        world.opens("series.create_enrollment" if act.by == act["person"] else "series.enroll_somebody", act.by)
        person, series, by = world.person(act["person"]), world.get(Series, act["series"]), world.person(act.by)
        return lambda: enroll(person, series, by=by, now=world.now).id

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        place = Place(f"E{act.number}", act["person"], act["series"])
        model.places.places[place.name] = place
        model.made["enrollment", place.name] = answer
        model.record(act.by, "enrolled")
        model.tell(place.person, "enrolled")

    def says(self, act: Act) -> str:
        whom = "" if act.by == act["person"] else f" {act['person'].title()}"
        return f"enrolls{whom} in {act['series']}"


class EndingAPlace(Kind):
    def think(self, model: Model, dice: Random) -> Thought | None:
        places = list(model.places.places.values())
        live = [place for place in places if place.state == "enrolled"]
        found = live if live and dice.random() < 0.9 else places if dice.random() < 0.3 else []
        if not found:
            return None
        chosen = dice.choice(found)
        return self.who(chosen, dice), {"place": chosen.name, "series": chosen.series}

    def who(self, place: Place, dice: Random) -> str:
        raise NotImplementedError


@kind
class Withdrawing(EndingAPlace):
    name, weight = "withdraw", 10

    def who(self, place: Place, dice: Random) -> str:
        return place.person

    def expected(self, model: Model, act: Act) -> bool:
        return model.places.places[act["place"]].state == "enrolled" and not model.places.has_ended(act["series"])

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        world.opens("series.create_withdrawal", act.by)
        place, by = world.get(Enrollment, act["place"]), world.person(act.by)
        return lambda: withdraw(place, by=by, now=world.now)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.places.end(model.places.places[act["place"]], "withdrawn", act.by)

    def says(self, act: Act) -> str:
        return f"withdraws from {act['series']} ({act['place']})"


@kind
class CancelingAPlace(EndingAPlace):
    name, weight = "cancel a place", 4

    def who(self, place: Place, dice: Random) -> str:
        return dice.choice(["olive", "olive", "pat", "olive", "cora"])

    def expected(self, model: Model, act: Act) -> bool:
        return model.standing.has(act.by, model.today, "program_manager") and model.places.places[act["place"]].state == "enrolled"

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        world.opens("series.create_cancellation", act.by)
        place, by = world.get(Enrollment, act["place"]), world.person(act.by)
        return lambda: cancel_enrollment(place, reason="No room", by=by, now=world.now)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.places.end(model.places.places[act["place"]], "canceled", act.by)

    def says(self, act: Act) -> str:
        return f"cancels the place {act['place']} in {act['series']}"
