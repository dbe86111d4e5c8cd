"""Enrolling several people at once, giving a seat to a colleague, and moving to another series of the same seminar."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import ColumnElement, select

from seminar.ground.db import db
from seminar.people.person import Person
from seminar.series.access import may_have_the_seat_of, theirs_to_enroll
from seminar.series.enrolling_several import enroll_or_line_up, enroll_several
from seminar.series.enrollment import LIVE, Enrollment
from seminar.series.moving import change_to
from seminar.series.series import Series
from seminar.series.substitution import substitute
from tests.years.act import Act, Kind, Thought, kind
from tests.years.model import ZONE, Model
from tests.years.model_places import Place
from tests.years.world import Shut, World

LEADS = ["pia"] * 4 + ["olive"] * 3 + ["pat", "ada"]


def schools(model: Model, person: str, *roles: str) -> set[str]:
    return {at for role, at in model.standing.roles(person, model.today) if at is not None and (not roles or role in roles)}


def is_theirs(model: Model, by: str, person: str) -> bool:
    """Whether a principal or the program manager may enroll them."""
    if model.standing.has(by, model.today, "program_manager"):
        return bool(model.standing.roles(person, model.today))
    return bool(schools(model, by, "principal") & schools(model, person))


def only(world: World, whose: ColumnElement[bool], *names: str) -> None:
    """Raise Shut where the page finds one of them not among those for whom it holds."""
    ids = {world.id_of("person", name) for name in names}
    if set(db.session.scalars(select(Person.id).where(whose, Person.id.in_(ids)))) != ids:
        raise Shut(", ".join(names))


@kind
class EnrollingSeveral(Kind):
    name, weight = "enroll several", 12

    def think(self, model: Model, dice: Random) -> Thought | None:
        names = list(model.places.series)
        taking = [name for name in names if model.places.takes_people(name)]
        if not taking and (not names or dice.random() < 0.9):
            return None
        by = dice.choice(LEADS)
        staff = [person for person in model.people if is_theirs(model, by, person)]
        people = dice.sample(staff if len(staff) > 3 and dice.random() < 0.9 else model.people, dice.randint(2, 4))
        return by, {"series": dice.choice(taking or names[-6:]), "people": people, "rest": dice.choice(["waits", "stays out"])}

    def expected(self, model: Model, act: Act) -> bool:
        leads = model.standing.has(act.by, model.today, "principal", "program_manager")
        return leads and all(is_theirs(model, act.by, one) for one in act["people"]) and self._may(model, act)

    def _may(self, model: Model, act: Act) -> bool:
        """Somebody can approve those that are to be approved."""
        series, places = act["series"], model.places
        if not places.takes_people(series):
            return False
        left, seated = places.free(series) - len(places.line(series)), []
        for person in act["people"]:
            place = places.place_of(person, series)
            if place is not None and place.state == "offered":
                seated.append(person)
            elif place is None and left > 0:
                seated.append(person)
                left -= 1
        return all(model.approvals.may_ask(person, series, act.by) for person in seated)

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        only(world, theirs_to_enroll(world.opens("series.create_several", act.by)), *act["people"])
        people, series, by = [world.person(name) for name in act["people"]], world.get(Series, act["series"]), world.person(act.by)
        verb = enroll_or_line_up if act["rest"] == "waits" else enroll_several

        def enroll_them() -> dict[int, int]:
            verb(people, series, by=by, now=world.now)
            theirs = select(Enrollment.person_id, Enrollment.id).where(Enrollment.series_id == series.id, Enrollment.state.in_(LIVE))
            return {person_id: n for person_id, n in db.session.execute(theirs)}

        world_ids = {world.id_of("person", name): name for name in act["people"]}
        return lambda: {world_ids[person_id]: n for person_id, n in enroll_them().items() if person_id in world_ids}

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        series, places = act["series"], model.places
        places.settle(series)
        model.record(act.by, "several enrolled")
        waiting = []
        for person in act["people"]:
            place = places.place_of(person, series)
            if place is None and not places.has_one_to_spare(series):
                waiting.append(person)
            elif place is None or place.state == "offered":
                places.take(place or self._made(model, act, person, answer), act.by)
        for person in waiting if act["rest"] == "waits" else []:
            place = self._made(model, act, person, answer)
            place.state, place.joined = "waitlisted", act.at
            model.record(act.by, "waitlisted")
            model.tell(person, "waitlisted")

    def _made(self, model: Model, act: Act, person: str, answer: dict[str, int]) -> Place:
        place = Place(f"E{act.number}.{person}", person, act["series"])
        model.places.places[place.name] = place
        model.made["enrollment", place.name] = answer[person]
        return place

    def says(self, act: Act) -> str:
        return f"enrolls {', '.join(one.title() for one in act['people'])} in {act['series']}; who finds no seat {act['rest']}"

    def touches(self, act: Act) -> set[str]:
        return {*super().touches(act), *act["people"]}


def an_enrolled_place(model: Model, dice: Random) -> Place | None:
    live = [place for place in model.places.places.values() if place.state == "enrolled" and not model.places.has_ended(place.series)]
    return dice.choice(live) if live else None


@kind
class GivingASeat(Kind):
    name, weight = "give a seat", 20

    def think(self, model: Model, dice: Random) -> Thought | None:
        place = an_enrolled_place(model, dice)
        if place is None or (self._is_frozen(model, place.series) and dice.random() < 0.8):
            return None
        by = place.person if dice.random() < 0.6 else dice.choice(LEADS)
        near = [person for person in model.people if schools(model, person) & schools(model, place.person)]
        colleague = dice.choice(near if near and dice.random() < 0.8 else model.people)
        return by, {"place": place.name, "series": place.series, "colleague": colleague}

    def rival(self, model: Model, act: Act, dice: Random) -> Thought | None:
        return act.by, {**act.what, "colleague": dice.choice([act["colleague"], *model.people])}

    def expected(self, model: Model, act: Act) -> bool:
        place, today, colleague = model.places.places[act["place"]], model.today, act["colleague"]
        own = act.by == place.person and bool(model.standing.roles(act.by, today))
        leads = model.standing.has(act.by, today, "principal", "program_manager") and is_theirs(model, act.by, place.person)
        if not (own or leads) or colleague == place.person or place.state != "enrolled" or self._is_frozen(model, act["series"]):
            return False
        if model.standing.has(act.by, today, "program_manager"):
            near = bool(model.standing.roles(colleague, today))
        else:
            theirs = schools(model, act.by) if act.by == place.person else schools(model, act.by, "principal")
            near = bool(schools(model, colleague) & schools(model, place.person) & theirs)
        at_once = model.approvals.has_it_at_once(colleague, act["series"], act.by)
        return near and at_once and model.places.place_of(colleague, act["series"]) is None

    def _is_frozen(self, model: Model, series: str) -> bool:
        starts = [meeting.starts for meeting in model.places.series[series].meetings if not meeting.canceled]
        frozen = bool(starts) and model.today > min(starts).astimezone(ZONE).date() - timedelta(days=1)
        return frozen or model.places.has_ended(series)

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        who, place = world.opens("series.create_substitution", act.by), world.get(Enrollment, act["place"])
        if place.person_id != who.person.id:
            only(world, theirs_to_enroll(who) if who.has("principal", "program_manager") else Person.id < 0, self._name(world, place))
        only(world, may_have_the_seat_of(who, place.person_id) & (Person.id != place.person_id), act["colleague"])
        colleague, by = world.person(act["colleague"]), world.person(act.by)
        return lambda: substitute(place, colleague, by=by, now=world.now).id

    def _name(self, world: World, place: Enrollment) -> str:
        return world.names["person", place.person_id]

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.places.settle(act["series"])
        place = model.places.places[act["place"]]
        place.state = "substituted"
        successor = Place(f"E{act.number}", act["colleague"], act["series"], made=act.at, had_it=True)
        model.places.places[successor.name] = successor
        model.approvals.ask(successor, act.by)
        model.made["enrollment", successor.name] = answer
        for what, person, mail in (("substituted", place.person, "substituted"), ("enrolled", successor.person, "seat_given")):
            model.record(act.by, what)
            model.tell(person, mail)
        model.money.hand_on(place, successor, act.by)

    def says(self, act: Act) -> str:
        return f"gives the seat {act['place']} in {act['series']} to {act['colleague'].title()}"


@kind
class Moving(Kind):
    name, weight = "move", 20

    def think(self, model: Model, dice: Random) -> Thought | None:
        place = an_enrolled_place(model, dice)
        if place is None:
            return None
        runs = model.places.series
        others = [name for name in runs if runs[name].badge == runs[place.series].badge and name != place.series]
        others = [name for name in others if not runs[name].price + runs[place.series].price] if dice.random() < 0.9 else others
        taking = [name for name in others if model.places.takes_people(name)]
        if not taking and (not others or dice.random() < 0.8):
            return None
        target = dice.choice(taking or others[-3:]) if dice.random() < 0.95 else dice.choice(list(runs))
        return place.person, {"place": place.name, "series": place.series, "target": target}

    def needs(self, what: dict[str, Any]) -> tuple[str, ...]:
        return what["place"], what["series"], what["target"]

    def expected(self, model: Model, act: Act) -> bool:
        place, runs = model.places.places[act["place"]], model.places.series
        alike = runs[act["series"]].badge == runs[act["target"]].badge and act["series"] != act["target"]
        stands = place.state == "enrolled" and not model.places.has_ended(act["series"])
        works = bool(model.standing.roles(act.by, model.today))
        free = not place.was_held and not runs[act["series"]].price and not runs[act["target"]].price
        at_once = model.approvals.has_it_at_once(act.by, act["target"], act.by)
        return works and alike and stands and free and at_once and model.places.may_enroll(act.by, act["target"])

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        world.opens("series.create_move", act.by)
        target, place, by = world.get(Series, act["target"]), world.get(Enrollment, act["place"]), world.person(act.by)
        return lambda: change_to(target, place, by=by, now=world.now).id

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.places.settle(act["target"])
        taken = model.places.place_of(act.by, act["target"])
        if taken is None:
            taken = Place(f"E{act.number}", act.by, act["target"])
            model.places.places[taken.name] = taken
            model.made["enrollment", taken.name] = answer
        taken.state = "enrolled"
        model.record(act.by, "enrolled")
        model.tell(act.by, "enrolled")
        model.places.end(model.places.places[act["place"]], "withdrawn", act.by)
        model.places.settle(act["series"])

    def says(self, act: Act) -> str:
        return f"moves from {act['series']} ({act['place']}) to {act['target']}"
