"""Reserving for a school, changing it, canceling it, and a loan's other return day."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

from inventory.access import reserves_for
from inventory.equipment import EquipmentModel
from inventory.lending import change_loan
from inventory.reservation import Reservation
from inventory.reserving import Asked, cancel_reservation, change, reserve
from seminar.ground.db import db
from seminar.ground.once import once
from seminar.people.school import School
from tests.years.act import Act, Kind, Thought, kind
from tests.years.model import Model
from tests.years.model_loans import AHEAD, AWAY, Broken, Line, Loan
from tests.years.world import Shut, World

TEACHERS = {"North": ["ada", "ada", "ada", "ben", "cho"], "South": ["eve", "eve", "eve", "fay", "gus"]}
CONTACTS = {"North": "cora", "South": "cal"}


def who_lends(school: str, dice: Random) -> str:
    return dice.choice([CONTACTS[school]] * 8 + ["eli"] * 5 + ["olive", "pia", "kim", "cora", "cal", "ada"])


def some_days(model: Model, dice: Random) -> tuple[str, str]:
    first = model.today + timedelta(days=dice.choice([0, 0, 0, 0, 1, 1, 2, 3, 5, 8]))
    last = first + timedelta(days=dice.choice([0, 1, 2, 2, 3, 4, 5, 6, 6, 9]))
    if dice.random() < 0.1:
        first, last = dice.choice([(first - timedelta(days=4), last), (last, first), (first, last + timedelta(days=9))])
    if dice.random() < 0.93:
        first, last = model.calendar.after(first - timedelta(days=1), 1)[-1], model.calendar.after(last - timedelta(days=1), 1)[-1]
    return first.isoformat(), last.isoformat()


def what_is_asked(model: Model, dice: Random) -> dict[str, Any]:
    first, last = some_days(model, dice)
    kinds = dice.sample(list(model.shelf.models), dice.choice([1, 1, 1, 2]))
    return {"quantities": {name: dice.choice([1, 1, 1, 2]) for name in kinds}, "first": first, "last": last}


def asked_of(world: World, act: Act, school: School) -> Asked:
    quantities = {db.session.get_one(EquipmentModel, world.id_of("model", name)): n for name, n in act["quantities"].items()}
    days = date.fromisoformat(act["first"]), date.fromisoformat(act["last"])
    return Asked(school, world.person(act["teacher"]), quantities, *days)


def may_have(model: Model, act: Act, school: str, loan: Loan | None = None) -> bool:
    """Whether days, teacher and items let it be, apart from what the changed one has."""
    first, last = date.fromisoformat(act["first"]), date.fromisoformat(act["last"])
    if not model.shelf.days_are_fine(act["quantities"], first, last, loan.first if loan else None):
        return False
    since = max(first, model.today) if loan else first
    if not model.shelf.may_answer(act["teacher"], school, act["quantities"], since, last):
        return False
    own = [line.id for line in loan.having(*AHEAD)] if loan else []
    return all(len(model.shelf.free(name, model.shelf.needed(name, first, last), own)) >= n for name, n in act["quantities"].items())


def take_over(model: Model, loan: Loan, lines: list[tuple[int, str, str, str]], quantities: dict[str, int]) -> None:
    """The lines that it has now: as many as were asked for, of items that are free, with all of their days."""
    ahead = [line for line in lines if line[3] in AHEAD]
    for line in loan.having(*AHEAD):
        line.state, line.claims = "canceled", {}
    for name, quantity in quantities.items():
        if sum(line[1] == name for line in ahead) != quantity:
            raise Broken(f"{loan.name} asked for {quantity} of {name}, and has the lines {ahead}.")
    for line_id, name, item, state in ahead:
        if item in model.shelf.retired or not model.shelf.is_free(item, model.shelf.needed(name, loan.first, loan.last)):
            raise Broken(f"{loan.name} was given {item}, which isn't free on its days.")
        loan.lines[line_id] = Line(line_id, name, item, state)
        model.shelf.claim_all(loan, loan.lines[line_id])


@kind
class Reserving(Kind):
    name, weight, contested = "reserve", 46, True

    def think(self, model: Model, dice: Random) -> Thought | None:
        school, what = dice.choice(model.schools), what_is_asked(model, dice)
        teacher = dice.choice(TEACHERS[school] if dice.random() < 0.93 else model.people)
        if dice.random() < 0.7:
            school, teacher, thing = dice.choice(self._trained(model) or [(school, teacher, "Printer")])
            what["quantities"] = {thing: dice.choice([1, 1, 1, 1, 2])}
        if (edges := self._edges(model, teacher)) and dice.random() < 0.5:
            what["last"] = (dice.choice(edges) + timedelta(days=dice.choice([0, 1]))).isoformat()
        return who_lends(school, dice), {"school": school, "teacher": teacher, **what}

    def _edges(self, model: Model, teacher: str) -> list[date]:
        """Days soon after which they may answer for something no more."""
        lasting = [award.last for award in model.skills.held if award.stands and award.person == teacher]
        lasting += [one.last for one in model.standing.appointments if one.person == teacher and one.last is not None]
        return sorted(day for day in lasting if 0 <= (day - model.today).days <= 9)

    def _trained(self, model: Model) -> list[tuple[str, str, str]]:
        """Who may answer for what this week."""
        shelf, today = model.shelf, model.today
        asked = [(school, teacher, thing) for school in model.schools for teacher in sorted({*TEACHERS[school]}) for thing in shelf.models]
        return [one for one in asked if shelf.may_answer(one[1], one[0], [one[2]], today, today + timedelta(days=8))]

    def rival(self, model: Model, act: Act, dice: Random) -> Thought | None:
        """The other school after the same items, or a colleague."""
        school = dice.choice(model.schools)
        teacher = dice.choice([act["teacher"] if school == act["school"] else TEACHERS[school][0]])
        return CONTACTS[school], {**act.what, "school": school, "teacher": teacher}

    def expected(self, model: Model, act: Act) -> bool:
        return model.standing.lends_for(act.by, act["school"], model.today) and may_have(model, act, act["school"])

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        who = world.opens("inventory.create_reservation", act.by)
        school = world.get(School, act["school"])
        if not reserves_for(who, school.id):
            raise Shut("inventory.create_reservation")
        asked = asked_of(world, act, school)

        def work() -> str:
            return str(reserve(asked, by=who.person, now=world.now, today=world.today).id)

        def press() -> int:
            return int(once(f"{world.id_of('person', act.by)}:{act.number}", work, now=world.now))

        def presses() -> tuple[int, list[tuple[int, str, str, str]]]:
            made = press()
            if act.fault == "again" and press() != made:
                raise Broken("The same form made two reservations.")
            return made, world.lines(made)

        return presses

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        days = date.fromisoformat(act["first"]), date.fromisoformat(act["last"])
        loan = Loan(f"R{act.number}", answer[0], act["school"], act["teacher"], *days, checks=1)
        take_over(model, loan, answer[1], act["quantities"])
        model.shelf.loans[loan.name] = loan
        model.made["reservation", loan.name] = loan.id
        model.record(act.by, "reserved")
        model.tell(loan.responsible, "reserved")

    def says(self, act: Act) -> str:
        things = " and ".join(f"{n} {name}" for name, n in act["quantities"].items())
        return f"reserves {things} for {act['school']}, {act['first']} to {act['last']}, {act['teacher'].title()} answers (R{act.number})"

    def touches(self, act: Act) -> set[str]:
        return super().touches(act) | {f"R{act.number}", *act["quantities"]}


class OfALoan(Kind):
    """What is done with a reservation that is there: mostly one in the right state."""

    states: tuple[str, ...] = AHEAD

    def pick(self, model: Model, dice: Random) -> Loan | None:
        loans = list(model.shelf.loans.values())
        fitting = [loan for loan in loans if loan.having(*self.states)]
        chosen = fitting if fitting and dice.random() < 0.9 else loans[-8:] if dice.random() < 0.25 else []
        return dice.choice(chosen) if chosen else None

    def one_of(self, due: list[Loan], model: Model, dice: Random) -> Loan | None:
        """One of those that it is time for; where there are none, now and then another."""
        return dice.choice(due) if due else OfALoan.pick(self, model, dice) if dice.random() < 0.15 else None

    def loan(self, model: Model, act: Act) -> Loan:
        return model.shelf.loans[act["loan"]]

    def may_lend_for(self, model: Model, act: Act) -> bool:
        return model.standing.lends_for(act.by, self.loan(model, act).school, model.today)

    def opened(self, world: World, act: Act, endpoint: str) -> tuple[Reservation, Any]:
        who, reservation = world.opens(endpoint, act.by), world.reservation(act["loan"])
        if not reserves_for(who, reservation.school_id):
            raise Shut(endpoint)
        return reservation, who.person


@kind
class Changing(OfALoan):
    name, weight = "change", 14

    def think(self, model: Model, dice: Random) -> Thought | None:
        if (loan := self.pick(model, dice)) is None:
            return None
        what = what_is_asked(model, dice)
        if dice.random() < 0.7:
            what["quantities"] = {line.model: 1 for line in loan.having(*AHEAD)} or what["quantities"]
        if dice.random() < 0.6:
            last = model.calendar.after(loan.last + timedelta(days=dice.choice([-2, -1, -1, 0, 1])), 1)[-1]
            what["first"], what["last"] = loan.first.isoformat(), last.isoformat()
        teacher = dice.choice([loan.responsible] * 3 + TEACHERS[loan.school])
        return who_lends(loan.school, dice), {"loan": loan.name, "teacher": teacher, **what}

    def expected(self, model: Model, act: Act) -> bool:
        loan = self.loan(model, act)
        untouched = bool(loan.having(*AHEAD)) and not loan.having(*AWAY)
        return self.may_lend_for(model, act) and untouched and may_have(model, act, loan.school, loan)

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        reservation, by = self.opened(world, act, "inventory.save_change")
        asked = asked_of(world, act, reservation.school)

        def verb() -> tuple[bool, list[tuple[int, str, str, str]]]:
            return change(reservation, asked, by=by, now=world.now, today=world.today), world.lines(reservation.id)

        return verb

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        loan, (changed, lines) = self.loan(model, act), answer
        former, before = loan.responsible, (loan.first, loan.last, loan.responsible, self._items(loan))
        loan.first, loan.last, loan.responsible = date.fromisoformat(act["first"]), date.fromisoformat(act["last"]), act["teacher"]
        take_over(model, loan, lines, act["quantities"])
        differs = before != (loan.first, loan.last, loan.responsible, self._items(loan))
        if differs != changed:
            raise Broken(f"{loan.name} is {'another' if differs else 'the same'} now, and the answer was {changed}.")
        if differs:
            loan.checks += 1
            model.record(act.by, "changed")
            model.tell(loan.responsible, "reservation_changed")
            if former != loan.responsible:
                model.tell(former, "answers_no_more")

    def _items(self, loan: Loan) -> list[tuple[int, str]]:
        return [(line.id, line.item) for line in loan.having(*AHEAD)]

    def says(self, act: Act) -> str:
        things = " and ".join(f"{n} {name}" for name, n in act["quantities"].items())
        return f"changes {act['loan']} to {things}, {act['first']} to {act['last']}, {act['teacher'].title()} answers"


@kind
class Canceling(OfALoan):
    name, weight = "cancel a reservation", 9

    def think(self, model: Model, dice: Random) -> Thought | None:
        loan = self.pick(model, dice)
        return None if loan is None else (who_lends(loan.school, dice), {"loan": loan.name})

    def expected(self, model: Model, act: Act) -> bool:
        return self.may_lend_for(model, act) and bool(self.loan(model, act).having(*AHEAD))

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        reservation, by = self.opened(world, act, "inventory.create_cancellation")
        return lambda: cancel_reservation(reservation, reason="", by=by, now=world.now)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        loan = self.loan(model, act)
        for line in loan.having(*AHEAD):
            line.state, line.claims = "canceled", {}
        model.record(act.by, "canceled")
        model.tell_once(loan.responsible, "reservation_canceled", loan.name)

    def says(self, act: Act) -> str:
        return f"cancels {act['loan']}"


@kind
class ChangingALoan(OfALoan):
    name, weight, states = "change a loan", 22, ("out",)

    def pick(self, model: Model, dice: Random) -> Loan | None:
        return self.one_of([loan for loan in model.shelf.loans.values() if loan.having("out")], model, dice)

    def think(self, model: Model, dice: Random) -> Thought | None:
        if (loan := self.pick(model, dice)) is None:
            return None
        last = max(loan.last, model.today) + timedelta(days=dice.choice([-3, -1, 0, 1, 1, 1, 2, 7]))
        if dice.random() < 0.8:
            last = model.calendar.after(last - timedelta(days=1), 1)[-1]
        if dice.random() < 0.6:
            last = dice.choice([day for day in self._days_that_a_loan_may_have(model, loan) if day != loan.last] or [last])
        teacher = dice.choice([loan.responsible] * 8 + TEACHERS[loan.school])
        return who_lends(loan.school, dice), {"loan": loan.name, "last": last.isoformat(), "teacher": teacher}

    def expected(self, model: Model, act: Act) -> bool:
        loan, last, shelf = self.loan(model, act), date.fromisoformat(act["last"]), model.shelf
        lines = loan.having("out", *AHEAD)
        models = {line.model for line in lines}
        if not loan.having("out") or not self.may_lend_for(model, act) or not shelf.return_day_is_fine(last):
            return False
        too_long = any((last - loan.first).days >= shelf.models[name].days for name in models)
        if too_long or not shelf.may_answer(act["teacher"], loan.school, models, model.today, last):
            return False
        if (act["teacher"], last) == (loan.responsible, loan.last):
            return True
        own = [line.id for line in loan.having(*AHEAD, *AWAY)]
        return all(not (more := self._more(model, loan, line, last)) or shelf.is_free(line.item, more, own) for line in lines)

    def _days_that_a_loan_may_have(self, model: Model, loan: Loan) -> list[date]:
        """Open days from today on that aren't too long after its first; who answers may do so in all of them."""
        models = {line.model for line in loan.having("out", *AHEAD)}
        longest = min((model.shelf.models[name].days for name in models), default=0)
        days = [day for n in range(longest) if (day := loan.first + timedelta(days=n)) >= model.today and model.calendar.is_open(day)]
        return [day for day in days if model.shelf.may_answer(loan.responsible, loan.school, models, model.today, day)]

    def _more(self, model: Model, loan: Loan, line: Line, last: date) -> set[date]:
        """The days that it needs beyond those that it keeps."""
        return {day for day in model.shelf.needed(line.model, loan.first, last) if day > min(loan.last, last)}

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        reservation, by = self.opened(world, act, "inventory.save_change")
        teacher, last = world.person(act["teacher"]), date.fromisoformat(act["last"])
        return lambda: change_loan(reservation, teacher, last, by=by, now=world.now, today=world.today)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        loan, last = self.loan(model, act), date.fromisoformat(act["last"])
        former, differs = loan.responsible, (act["teacher"], last) != (loan.responsible, loan.last)
        if differs != answer:
            raise Broken(f"{loan.name} is {'another' if differs else 'the same'} now, and the answer was {answer}.")
        if not differs:
            return
        kept_until, loan.last, loan.responsible, loan.checks = min(loan.last, last), last, act["teacher"], loan.checks + 1
        for line in loan.having("out", *AHEAD):
            kept = {day: claim for day, claim in line.claims.items() if day <= kept_until}
            model.shelf.claim_all(loan, line)
            line.claims = kept | {day: claim for day, claim in line.claims.items() if day > kept_until}
        model.record(act.by, "changed")
        model.tell(loan.responsible, "reservation_changed")
        if former != loan.responsible:
            model.tell(former, "answers_no_more")

    def says(self, act: Act) -> str:
        return f"has the loan {act['loan']} until {act['last']}, {act['teacher'].title()} answers"
