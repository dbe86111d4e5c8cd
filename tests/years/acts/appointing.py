"""Who leaves, who stays after all, who comes back or moves to the other school."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from seminar.ground.db import db
from seminar.people.appointment import AT_A_SCHOOL, Appointment
from seminar.people.directory import appoint, end_appointment
from seminar.people.leaving import leave, take_back_leaving
from seminar.people.school import School
from tests.years.act import Act, Kind, Thought, kind
from tests.years.district import PEOPLE
from tests.years.model import Appointed, Leaving, Model
from tests.years.world import World

# The depot and the trainings go on all year, and somebody keeps the program.
STAYS = ("olive", "eli", "tara")
FIRST_ROLE = {name: (role, school or None) for school, staff in PEOPLE.items() for name, role in staff.items()}


class Staffing(Kind):
    def by(self, dice: Random) -> str:
        return dice.choice(["olive"] * 8 + ["pia"])

    def runs_it(self, model: Model, act: Act) -> bool:
        return model.standing.has(act.by, model.today, "program_manager")

    def gone(self, model: Model) -> list[str]:
        """Who holds nothing from tomorrow on."""
        beyond = {a.person for a in model.standing.appointments if a.lasts_beyond(model.today)}
        return [name for name in model.people if name not in beyond]


def somebody_else_runs_it(model: Model, ending: list[Appointed], day: date) -> bool:
    if not any(one.role == "program_manager" for one in ending):
        return True
    others = [a for a in model.standing.appointments if a.role == "program_manager" and a not in ending]
    return any(one.lasts_beyond(day) for one in others)


@kind
class LeavingIt(Staffing):
    name, weight = "leave", 4

    def think(self, model: Model, dice: Random) -> Thought | None:
        people = [name for name in model.people if name not in STAYS]
        alone = "pat" in self.gone(model)
        person = "olive" if alone and dice.random() < 0.1 else dice.choice(people)
        last = model.today + timedelta(days=dice.choice([-1, 0, 0, 1, 4, 9]))
        return self.by(dice), {"person": person, "last": last.isoformat()}

    def _held(self, model: Model, act: Act) -> list[Appointed]:
        last = date.fromisoformat(act["last"])
        return [a for a in model.standing.appointments if a.person == act["person"] and a.lasts_beyond(last)]

    def expected(self, model: Model, act: Act) -> bool:
        held, last = self._held(model, act), date.fromisoformat(act["last"])
        begun = all(one.first <= last for one in held)
        return self.runs_it(model, act) and bool(held) and begun and somebody_else_runs_it(model, held, last)

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        by, person = world.opens("people.create_leaving", act.by).person, world.person(act["person"])
        return lambda: leave(person, last_day=date.fromisoformat(act["last"]), reason="Moves away", by=by, now=world.now) and None

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        held, last = self._held(model, act), date.fromisoformat(act["last"])
        model.standing.leavings.append(Leaving(act["person"], last, [(one, one.last) for one in held]))
        for one in held:
            one.last = last
        model.record(act.by, "appointment ended", len(held))
        model.record(act.by, "person left")
        model.shelf.at_risk(act["person"])

    def says(self, act: Act) -> str:
        return f"has {act['person'].title()} leave with {act['last']}"


@kind
class StayingAfterAll(Staffing):
    name, weight = "stay after all", 3

    def think(self, model: Model, dice: Random) -> Thought | None:
        left = [one.person for one in model.standing.leavings]
        return (self.by(dice), {"person": dice.choice(left)}) if left else None

    def _standing_leaving(self, model: Model, act: Act) -> Leaving | None:
        return next((one for one in reversed(model.standing.leavings) if one.person == act["person"]), None)

    def expected(self, model: Model, act: Act) -> bool:
        found = self._standing_leaving(model, act)
        if found is None or not self.runs_it(model, act):
            return False
        ended = [one for one, _ in found.before]
        for one, before in found.before:
            if one.last not in (found.last, before):
                return False
            others = [
                a
                for a in model.standing.appointments
                if a not in ended and (a.person, a.role, a.school) == (one.person, one.role, one.school)
            ]
            if one.last is not None and any(other.lasts_beyond(one.last) for other in others):
                return False
        return True

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        by, person = world.opens("people.create_return", act.by).person, world.person(act["person"])
        return lambda: take_back_leaving(person, by=by, now=world.now)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        found = self._standing_leaving(model, act)
        assert found is not None
        model.standing.leavings.remove(found)
        for one, before in found.before:
            if one.last == found.last:
                one.last = before
                model.record(act.by, "ending taken back")
        model.record(act.by, "leaving taken back")
        model.shelf.at_risk(act["person"])

    def says(self, act: Act) -> str:
        return f"takes back that {act['person'].title()} leaves"


@kind
class Appointing(Staffing):
    """Mostly who is gone comes back; else somebody gets one more role, or one that they hold already."""

    name, weight, races = "appoint", 14, False

    def think(self, model: Model, dice: Random) -> Thought | None:
        gone = self.gone(model)
        if not gone and dice.random() < 0.9:
            return None
        person = dice.choice(gone) if gone and dice.random() < 0.9 else dice.choice(model.people)
        role, school = FIRST_ROLE[person]
        if school is not None and dice.random() < 0.3:
            school = next(other for other in model.schools if other != school)
        first = model.today + timedelta(days=dice.choice([0, 1, 1, 5]))
        return self.by(dice), {"person": person, "role": role, "school": school, "first": first.isoformat()}

    def expected(self, model: Model, act: Act) -> bool:
        place = act["person"], act["role"], act["school"]
        held = any((a.person, a.role, a.school) == place and a.last is None for a in model.standing.appointments)
        return self.runs_it(model, act) and not held

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        by, person = world.opens("people.create_appointment", act.by).person, world.person(act["person"])
        school = world.get(School, act["school"]) if act["school"] else None
        first = date.fromisoformat(act["first"])
        return lambda: appoint(person, act["role"], school=school, grade=None, first_day=first, by=by, now=world.now) and None

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        first = date.fromisoformat(act["first"])
        model.standing.appointments.append(Appointed(act["person"], act["role"], act["school"], first))
        model.record(act.by, "appointed")

    def says(self, act: Act) -> str:
        return f"appoints {act['person'].title()} as {act['role']}{' at ' + act['school'] if act['school'] else ''} from {act['first']} on"


@kind
class EndingAnAppointment(Staffing):
    name, weight = "end an appointment", 3

    def think(self, model: Model, dice: Random) -> Thought | None:
        open_ones = [a for a in model.standing.appointments if a.last is None and a.person not in STAYS]
        if not open_ones:
            return None
        one = dice.choice(open_ones)
        last = dice.choice([one.first - timedelta(days=1), model.today, model.today + timedelta(days=3), model.today + timedelta(days=10)])
        return self.by(dice), {"person": one.person, "role": one.role, "school": one.school, "last": last.isoformat()}

    def _meant(self, model: Model, act: Act) -> Appointed | None:
        place = act["person"], act["role"], act["school"]
        return next((a for a in reversed(model.standing.appointments) if (a.person, a.role, a.school) == place), None)

    def expected(self, model: Model, act: Act) -> bool:
        one, last = self._meant(model, act), date.fromisoformat(act["last"])
        fits = one is not None and last >= one.first and somebody_else_runs_it(model, [one], last)
        return self.runs_it(model, act) and fits

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        by, person_id = world.opens("people.create_end", act.by).person, world.id_of("person", act["person"])
        school_id = world.id_of("school", act["school"]) if act["role"] in AT_A_SCHOOL else None
        query = select(Appointment).where(Appointment.person_id == person_id, Appointment.role == act["role"])
        one = db.session.scalars(query.where(Appointment.school_id == school_id).order_by(Appointment.id.desc())).first()
        if one is None:
            raise LookupError("An appointment that never was has no button.")
        return lambda: end_appointment(one, last_day=date.fromisoformat(act["last"]), by=by, now=world.now)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        one = self._meant(model, act)
        assert one is not None
        one.last = date.fromisoformat(act["last"])
        model.record(act.by, "appointment ended")
        model.shelf.at_risk(one.person)

    def says(self, act: Act) -> str:
        return f"ends {act['person'].title()} as {act['role']} with {act['last']}"
