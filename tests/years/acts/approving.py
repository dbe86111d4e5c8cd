"""Approvals: saying yes or no to a request, who decides in which order, who stands in for somebody, and schools that ask."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from seminar.ground.db import db
from seminar.people.person import Person
from seminar.people.school import School
from seminar.people.school_editing import SchoolRule, save_school
from seminar.series.approval import ApprovalRequest, deciders_of, whole
from seminar.series.approval_delegate import ApprovalDelegate, end_delegate, name_delegate
from seminar.series.approval_step import Step, change_steps
from seminar.series.deciding import approve, decline
from tests.years.act import Act, Kind, Thought, kind
from tests.years.acts.closing import district_of
from tests.years.acts.planning import MANAGERS, plans
from tests.years.model import Model
from tests.years.model_approvals import Delegate, Listed, Request
from tests.years.world import Shut, World

PRINCIPAL, OFFICE, KIM = ("principal", None, 3), ("program_manager", None, 2), ("person", "kim", 1)
LISTS: list[list[Listed]] = [[PRINCIPAL], [PRINCIPAL, OFFICE], [KIM, PRINCIPAL], [OFFICE], [OFFICE, PRINCIPAL]]


@kind
class Deciding(Kind):
    """`step` is the one that they saw: its round, and its number in it."""

    name, weight, contested = "decide", 12, True

    def think(self, model: Model, dice: Random) -> Thought | None:
        waiting = model.approvals.waiting()
        found = waiting if waiting and dice.random() < 0.95 else model.approvals.requests[-4:] if dice.random() < 0.1 else []
        if not found:
            return None
        request = dice.choice(found)
        step = request.open_step or request.steps[-1]
        theirs = sorted(model.approvals.told_of(step, request))
        by = dice.choice(theirs) if theirs and dice.random() < 0.75 else dice.choice([request.person, "olive", "pat", *model.people])
        assert request.place is not None
        what = {"place": request.place.name, "series": request.series, "step": [len(request.rounds), step.number]}
        return by, {**what, "says": dice.choice(["yes", "yes", "yes", "no"])}

    def rival(self, model: Model, act: Act, dice: Random) -> Thought | None:
        """The same again, or the other way round by somebody else."""
        return dice.choice([act.by, act.by, "olive", "pia"]), {**act.what, "says": dice.choice(["yes", "no"])}

    def _request(self, model: Model, act: Act) -> Request | None:
        return model.approvals.request_of(model.places.places[act["place"]])

    def expected(self, model: Model, act: Act) -> bool:
        request = self._request(model, act)
        step = request.open_step if request is not None else None
        if request not in model.approvals.waiting() or request is None or step is None or [len(request.rounds), step.number] != act["step"]:
            return False
        return bool(model.standing.roles(act.by, model.today)) and model.approvals.may_decide(act.by, step, request)

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        who = world.opens("series.create_approval", act.by)
        query = select(ApprovalRequest).where(ApprovalRequest.enrollment_id == world.id_of("enrollment", act["place"]))
        request, by = db.session.scalars(query.options(*whole())).one_or_none(), who.person
        if request is None:
            raise LookupError(act["place"])
        deciders = deciders_of([request], {request.district_id: world.today})
        if not any(deciders.may_decide(by, step, request.school_id)[0] for step in request.steps):
            raise Shut("series.create_approval")
        seen = next((step.id for step in request.all_steps if [step.round, step.position] == act["step"]), None)
        if act["says"] == "yes":
            return lambda: approve(request, step_id=seen, by=by, now=world.now)
        return lambda: decline(request, step_id=seen, reason="No substitute", by=by, now=world.now)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        request = self._request(model, act)
        assert request is not None
        model.places.settle(act["series"])
        if act["says"] == "yes":
            model.approvals.approve(request, act.by)
        else:
            model.approvals.decline(request, act.by)
            model.places.settle(act["series"])

    def says(self, act: Act) -> str:
        return f"says {act['says']} to {act['place']} in {act['series']} (round and step {act['step']})"


@kind
class ListingTheSteps(Kind):
    """For requests from now on."""

    name, weight, races = "list approval steps", 3, False

    def think(self, model: Model, dice: Random) -> Thought | None:
        return dice.choice(MANAGERS), {"steps": dice.choice(LISTS)}

    def expected(self, model: Model, act: Act) -> bool:
        return plans(model, act)

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        by = world.opens("series.save_approval_steps", act.by).person
        steps = [Step(role, days, world.person(named) if named else None) for role, named, days in act["steps"]]
        return lambda: change_steps(district_of(world), steps, by=by, now=world.now)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.approvals.listed = list(act["steps"])
        model.record(act.by, "approval steps changed")

    def says(self, act: Act) -> str:
        return f"has requests approved by {', then '.join(named or role for role, named, _ in act['steps'])}"


@kind
class AskingAtASchool(Kind):
    name, weight, races = "ask at a school", 3, False

    def think(self, model: Model, dice: Random) -> Thought | None:
        return dice.choice(MANAGERS), {"school": dice.choice(model.schools), "asks": dice.random() < 0.3}

    def expected(self, model: Model, act: Act) -> bool:
        return plans(model, act)

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        by, school = world.opens("people.save_school_settings", act.by).person, world.get(School, act["school"])
        named = (school.code, school.name, school.grade_first, school.grade_last, school.address, school.delivery_stop)
        return lambda: save_school(school, SchoolRule(*named, asks_approval=act["asks"]), by=by, now=world.now)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        (model.approvals.asking.add if act["asks"] else model.approvals.asking.discard)(act["school"])
        model.record(act.by, "school changed")

    def says(self, act: Act) -> str:
        return f"has seats of people of {act['school']} {'approved first' if act['asks'] else 'not approved any more'}"


@kind
class NamingADelegate(Kind):
    name, weight = "name a delegate", 3

    def think(self, model: Model, dice: Random) -> Thought | None:
        first = model.today + timedelta(days=dice.choice([-2, 0, 0, 1]))
        last = first + timedelta(days=dice.choice([-1, 0, 5, 30]))
        by = dice.choice(["pia", "pia", "olive", "kim", *model.people])
        return by, {"delegate": dice.choice(["cora", "cho", *model.people]), "first": first.isoformat(), "last": last.isoformat()}

    def expected(self, model: Model, act: Act) -> bool:
        both_work = bool(model.standing.roles(act.by, model.today)) and bool(model.standing.roles(act["delegate"], model.today))
        last = date.fromisoformat(act["last"])
        return both_work and act.by != act["delegate"] and date.fromisoformat(act["first"]) <= last and model.today <= last

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        by, delegate = world.opens("series.create_delegate", act.by).person, world.get(Person, act["delegate"])
        first, last = date.fromisoformat(act["first"]), date.fromisoformat(act["last"])
        return lambda: name_delegate(by, delegate, first_day=first, last_day=last, now=world.now).id

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        days = date.fromisoformat(act["first"]), date.fromisoformat(act["last"])
        # Pressed again, it is said once more.
        name = f"D{act.number}" if f"D{act.number}" not in model.approvals.delegates else f"D{act.number}.2"
        model.approvals.delegates[name] = Delegate(name, act.by, act["delegate"], *days)
        model.made["approval_delegate", name] = answer
        model.record(act.by, "delegate named")

    def says(self, act: Act) -> str:
        return f"has {act['delegate'].title()} decide for them from {act['first']} to {act['last']}"


@kind
class EndingADelegate(Kind):
    """Ended once is ended."""

    name, weight = "end a delegate", 2

    def think(self, model: Model, dice: Random) -> Thought | None:
        found = list(model.approvals.delegates.values())[-5:]
        if not found:
            return None
        one = dice.choice(found)
        return one.person if dice.random() < 0.8 else dice.choice(model.people), {"delegate": one.name}

    def needs(self, what: dict[str, Any]) -> tuple[str, ...]:
        return (what["delegate"],)

    def expected(self, model: Model, act: Act) -> bool:
        return bool(model.standing.roles(act.by, model.today)) and model.approvals.delegates[act["delegate"]].person == act.by

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        by, row = world.opens("series.create_delegate_end", act.by).person, world.get(ApprovalDelegate, act["delegate"])
        if row.person_id != by.id:
            raise Shut("series.create_delegate_end")
        return lambda: end_delegate(row, by=by, now=world.now)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        one = model.approvals.delegates[act["delegate"]]
        if not one.ended:
            one.ended = True
            model.record(act.by, "delegate ended")

    def says(self, act: Act) -> str:
        return f"has {act['delegate']} decide for them no more"
