"""The depot's day: packing, handing over, taking back, checking in, and nobody who came."""

from collections.abc import Callable
from random import Random
from typing import Any

from inventory.lending import close_check, hand_over, not_collected, pack, take_back
from inventory.reservation import Reservation, ReservationLine
from seminar.ground.db import db
from tests.years.act import Act, Thought, kind
from tests.years.acts.lending import OfALoan
from tests.years.model import Model
from tests.years.model_loans import AHEAD, Line, Loan
from tests.years.world import World

KEEPERS = ["eli"] * 12 + ["olive", "cora"]


class AtTheDepot(OfALoan):
    """By the equipment manager, for all of a reservation or its first fitting line."""

    endpoint = ""

    def think(self, model: Model, dice: Random) -> Thought | None:
        loan = self.pick(model, dice)
        if loan is None:
            return None
        part = dice.randrange(len(loan.lines)) if dice.random() < 0.3 else None
        return dice.choice(KEEPERS), {"loan": loan.name, "part": part}

    def lends(self, model: Model, act: Act) -> bool:
        return model.standing.has(act.by, model.today, "equipment_manager")

    def chosen(self, model: Model, act: Act) -> list[Line]:
        loan = self.loan(model, act)
        part = [line_id for n, line_id in enumerate(sorted(loan.lines)) if act["part"] in (None, n)]
        return [line for line in loan.having(*self.states) if line.id in part]

    def expected(self, model: Model, act: Act) -> bool:
        return self.lends(model, act) and bool(self.chosen(model, act))

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        by = world.opens(self.endpoint, act.by).person
        reservation = world.reservation(act["loan"])
        lines = world.lines(reservation.id)
        ids = [lines[act["part"]][0]] if act["part"] is not None and act["part"] < len(lines) else None
        return lambda: self.verb(world, reservation, ids, by)

    def verb(self, world: World, reservation: Reservation, ids: list[int] | None, by: Any) -> Any:
        raise NotImplementedError

    def says(self, act: Act) -> str:
        alone = "" if act["part"] is None else f", line {act['part']} alone"
        return f"{self.name}: {act['loan']}{alone}"


@kind
class Packing(AtTheDepot):
    name, weight, states, endpoint = "pack", 9, ("reserved",), "inventory.create_packing"

    def verb(self, world: World, reservation: Reservation, ids: list[int] | None, by: Any) -> Any:
        pack(reservation, ids, by=by, now=world.now)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        for line in self.chosen(model, act):
            line.state = "packed"
        model.record(act.by, "packed")


@kind
class HandingOver(AtTheDepot):
    name, weight, endpoint = "hand over", 38, "inventory.create_hand_over"

    def pick(self, model: Model, dice: Random) -> Loan | None:
        due = [one for one in model.shelf.loans.values() if one.having(*AHEAD) and one.first <= model.today <= one.last]
        return self.one_of(due, model, dice)

    def expected(self, model: Model, act: Act) -> bool:
        loan, lines, shelf = self.loan(model, act), self.chosen(model, act), model.shelf
        if not self.lends(model, act) or not lines or not loan.first <= model.today <= loan.last:
            return False
        if not shelf.may_answer(loan.responsible, loan.school, {line.model for line in lines}, model.today, loan.last):
            return False
        given: set[str] = set()
        for line in lines:
            if shelf.is_lost_to(loan, line):
                left = {day for day in line.claims if day >= model.today}
                other = next((item for item in shelf.free(line.model, left) if item not in given), None)
                if other is None:
                    return False
                given.add(other)
        return True

    def verb(self, world: World, reservation: Reservation, ids: list[int] | None, by: Any) -> Any:
        hand_over(reservation, ids, by=by, now=world.now, today=world.today)
        return world.items()

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        lines = self.chosen(model, act)
        model.shelf.take_over(answer, None, act.by)
        for line in lines:
            line.state = "out"
        self.loan(model, act).checks += 1
        model.record(act.by, "handed over")


@kind
class TakingBack(AtTheDepot):
    name, weight, states, endpoint = "take back", 26, ("out",), "inventory.create_return"

    def pick(self, model: Model, dice: Random) -> Loan | None:
        due = [one for one in model.shelf.loans.values() if one.having("out") and one.last <= model.today]
        return dice.choice(due) if due and dice.random() < 0.7 else super().pick(model, dice)

    def verb(self, world: World, reservation: Reservation, ids: list[int] | None, by: Any) -> Any:
        take_back(reservation, ids, by=by, now=world.now)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        for line in self.chosen(model, act):
            line.state = "in_check"
        model.record(act.by, "taken back")


@kind
class ClosingACheck(OfALoan):
    name, weight, states = "check in", 28, ("in_check",)

    def think(self, model: Model, dice: Random) -> Thought | None:
        loan = self.pick(model, dice)
        lines = list(loan.lines.values()) if loan else []
        fitting = [line for line in lines if line.state == "in_check"] or lines
        if not loan or not fitting:
            return None
        outcome = dice.choice(["ok"] * 12 + ["incomplete", "damaged", "lost"])
        number = sorted(loan.lines).index(dice.choice(fitting).id)
        return dice.choice(KEEPERS), {"loan": loan.name, "number": number, "outcome": outcome}

    def _line(self, model: Model, act: Act) -> Line | None:
        lines = [line for _, line in sorted(self.loan(model, act).lines.items())]
        return lines[act["number"]] if act["number"] < len(lines) else None

    def expected(self, model: Model, act: Act) -> bool:
        line = self._line(model, act)
        return model.standing.has(act.by, model.today, "equipment_manager") and line is not None and line.state == "in_check"

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        by = world.opens("inventory.create_check", act.by).person
        line_id = world.lines(world.id_of("reservation", act["loan"]))[act["number"]][0]
        line = db.session.get_one(ReservationLine, line_id)

        def verb() -> dict[int, str]:
            close_check(line, act["outcome"], note="", by=by, now=world.now)
            return world.items()

        return verb

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        line = self._line(model, act)
        assert line is not None
        line.state, line.claims = "closed", {}
        model.record(act.by, "checked in")
        if act["outcome"] in ("damaged", "lost"):
            model.shelf.retire(line.item, act.by)
            model.shelf.take_over(answer, None, act.by)
            model.shelf.all_have_another_item_of(line.item)

    def says(self, act: Act) -> str:
        return f"checks in line {act['number']} of {act['loan']}: {act['outcome']}"


@kind
class NobodyCame(AtTheDepot):
    name, weight, endpoint = "nobody came", 5, "inventory.create_no_show"

    def pick(self, model: Model, dice: Random) -> Loan | None:
        missed = [one for one in model.shelf.loans.values() if one.having(*AHEAD) and one.first < model.today]
        return self.one_of(missed, model, dice)

    def chosen(self, model: Model, act: Act) -> list[Line]:
        return self.loan(model, act).having(*AHEAD)

    def expected(self, model: Model, act: Act) -> bool:
        return super().expected(model, act) and self.loan(model, act).first < model.today

    def verb(self, world: World, reservation: Reservation, ids: list[int] | None, by: Any) -> Any:
        not_collected(reservation, by=by, now=world.now, today=world.today)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        loan = self.loan(model, act)
        for line in self.chosen(model, act):
            line.state, line.claims = "not_collected", {}
        model.record(act.by, "not collected")
        model.tell_once(loan.responsible, "not_collected", loan.name)
