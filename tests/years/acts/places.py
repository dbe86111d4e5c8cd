"""Enrolling, waiting for a seat, turning down what is offered, withdrawing, and the district's canceling of a place."""

from collections.abc import Callable
from random import Random
from typing import Any

from seminar.series.enrolling import cancel_enrollment, enroll, withdraw
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series
from seminar.series.waitlist import join_waitlist, turn_down
from tests.years.act import Act, Kind, Thought, kind
from tests.years.model import Model
from tests.years.model_places import LIVE, Place
from tests.years.world import World


def somebody_new(model: Model, series: str, dice: Random) -> str:
    """Mostly somebody who works here and has no place in it."""
    could = [person for person in model.people if model.standing.roles(person, model.today) and not model.places.place_of(person, series)]
    return dice.choice(could if could and dice.random() < 0.85 else model.people)


@kind
class Enrolling(Kind):
    name, weight, contested = "enroll", 40, True

    def think(self, model: Model, dice: Random) -> Thought | None:
        names = list(model.places.series)
        taking = [name for name in names if model.places.takes_people(name)]
        if not taking and (not names or dice.random() < 0.9):
            return None
        offers = [place for place in model.places.places.values() if place.state == "offered"]
        if offers and dice.random() < 0.5:
            offer = dice.choice(offers)
            return offer.person, {"series": offer.series, "person": offer.person}
        late = [series for series in model.money.comes_late() if series in taking]
        if late and dice.random() < 0.6:
            person = somebody_new(model, late[0], dice)
            return person, {"series": late[0], "person": person}
        # Most are after the same series, so that there are lines.
        wanted = taking[:1] if dice.random() < 0.7 else taking
        series = dice.choice(wanted if wanted and dice.random() < 0.9 else names[-6:])
        person = somebody_new(model, series, dice)
        by = person if dice.random() < 0.85 else dice.choice(model.people)
        return by, {"series": series, "person": person}

    def rival(self, model: Model, act: Act, dice: Random) -> Thought | None:
        """Somebody else after the same seat, or the same person twice."""
        person = dice.choice([act["person"]] * 6 + model.people)
        return person, {"series": act["series"], "person": person}

    def expected(self, model: Model, act: Act) -> bool:
        today, person = model.today, act["person"]
        allowed = bool(model.standing.roles(person, today)) if act.by == person else model.standing.has(act.by, today, "program_manager")
        return allowed and model.places.may_take(person, act["series"], act.by)

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        world.opens("series.create_enrollment" if act.by == act["person"] else "series.enroll_somebody", act.by)
        person, series, by = world.person(act["person"]), world.get(Series, act["series"]), world.person(act.by)
        return lambda: enroll(person, series, by=by, now=world.now).id

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.places.settle(act["series"])
        place = model.places.place_of(act["person"], act["series"])
        if place is None:
            place = Place(f"E{act.number}", act["person"], act["series"], made=act.at)
            model.places.places[place.name] = place
            model.made["enrollment", place.name] = answer
        model.places.take(place, act.by)

    def says(self, act: Act) -> str:
        whom = "" if act.by == act["person"] else f" {act['person'].title()}"
        return f"enrolls{whom} in {act['series']}"


@kind
class Waiting(Kind):
    name, weight, contested = "wait", 40, True

    def think(self, model: Model, dice: Random) -> Thought | None:
        names = list(model.places.series)
        full = [name for name in names if model.places.takes_people(name) and not model.places.has_one_to_spare(name)]
        if not full and (not names or dice.random() < 0.9):
            return None
        series = dice.choice(full if full and dice.random() < 0.95 else names[-6:])
        return somebody_new(model, series, dice), {"series": series}

    def rival(self, model: Model, act: Act, dice: Random) -> Thought | None:
        return dice.choice([act.by, *model.people]), act.what

    def expected(self, model: Model, act: Act) -> bool:
        return bool(model.standing.roles(act.by, model.today)) and model.places.may_wait(act.by, act["series"])

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        world.opens("series.create_wait", act.by)
        person, series = world.person(act.by), world.get(Series, act["series"])
        return lambda: join_waitlist(person, series, by=person, now=world.now).id

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.places.settle(act["series"])
        place = Place(f"E{act.number}", act.by, act["series"], "waitlisted", joined=act.at, made=act.at)
        model.places.places[place.name] = place
        model.made["enrollment", place.name] = answer
        model.record(act.by, "waitlisted")
        model.tell(place.person, "waitlisted")

    def says(self, act: Act) -> str:
        return f"joins the waitlist of {act['series']}"


class EndingAPlace(Kind):
    ends: tuple[str, ...] = LIVE

    def think(self, model: Model, dice: Random) -> Thought | None:
        places = list(model.places.places.values())
        live = [place for place in places if place.state in self.ends]
        live = [place for place in live if not model.places.has_ended(place.series) or dice.random() < 0.02]
        paid = [place for place in live if place.had_it]
        of_another_day = [place for place in paid if model.money.has_another_rule(place)]
        if paid and dice.random() < 0.5:
            return self._of(dice.choice(of_another_day or paid), dice)
        waited_for = [place for place in live if place.state == "enrolled" and model.places.line(place.series)]
        live = waited_for if waited_for and dice.random() < 0.7 else live
        found = live if live and dice.random() < 0.9 else places if dice.random() < 0.1 else []
        if not found:
            return None
        return self._of(dice.choice(found), dice)

    def _of(self, chosen: Place, dice: Random) -> Thought:
        return self.who(chosen, dice), {"place": chosen.name, "series": chosen.series}

    def who(self, place: Place, dice: Random) -> str:
        raise NotImplementedError


@kind
class Withdrawing(EndingAPlace):
    name, weight = "withdraw", 20

    def who(self, place: Place, dice: Random) -> str:
        return place.person

    def expected(self, model: Model, act: Act) -> bool:
        return model.places.places[act["place"]].state in self.ends and not model.places.has_ended(act["series"])

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        world.opens("series.create_withdrawal", act.by)
        place, by = world.get(Enrollment, act["place"]), world.person(act.by)
        return lambda: withdraw(place, by=by, now=world.now)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.places.end(model.places.places[act["place"]], "withdrawn", act.by)
        model.places.settle(act["series"])

    def says(self, act: Act) -> str:
        return f"withdraws from {act['series']} ({act['place']})"


@kind
class TurningDown(EndingAPlace):
    name, weight, ends = "turn down", 12, ("offered",)

    def who(self, place: Place, dice: Random) -> str:
        return place.person

    def expected(self, model: Model, act: Act) -> bool:
        place = model.places.places[act["place"]]
        return place.state == "offered" and not model.places.ran_out(place)

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        world.opens("series.create_refusal", act.by)
        place, by = world.get(Enrollment, act["place"]), world.person(act.by)
        return lambda: turn_down(place, by=by, now=world.now)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.places.places[act["place"]].state = "passed"
        model.record(act.by, "passed")
        model.places.settle(act["series"])

    def says(self, act: Act) -> str:
        return f"turns down the seat in {act['series']} ({act['place']})"


@kind
class CancelingAPlace(EndingAPlace):
    name, weight = "cancel a place", 4

    def who(self, place: Place, dice: Random) -> str:
        return dice.choice(["olive", "olive", "pat", "olive", "cora"])

    def expected(self, model: Model, act: Act) -> bool:
        return model.standing.has(act.by, model.today, "program_manager") and model.places.places[act["place"]].state in self.ends

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        world.opens("series.create_cancellation", act.by)
        place, by = world.get(Enrollment, act["place"]), world.person(act.by)
        return lambda: cancel_enrollment(place, reason="No room", by=by, now=world.now)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.places.end(model.places.places[act["place"]], "canceled", act.by)
        model.places.settle(act["series"])

    def says(self, act: Act) -> str:
        return f"cancels the place {act['place']} in {act['series']}"
