"""The worker's turn, whole or killed on its way and started anew: the lines for a seat, reminders, the rounds of a day, and mail."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from seminar.commands import work_once
from seminar.ground.db import db
from tests.years.act import Act, Kind, Thought, kind
from tests.years.faults import Killed, killed_at_commit
from tests.years.model import Model
from tests.years.model_loans import Broken
from tests.years.world import World

TOLD_AHEAD = (90, 30, 7)
LATE_BY_UP_TO = 6
# After a death of the worker, another begins.
LATER = timedelta(minutes=20)


@kind
class Working(Kind):
    """It is no person's, so nobody is asked. `killed_at` says at which of its commits it dies; twenty minutes later another
    worker takes up what is left."""

    name, weight, races = "work", 0, False

    def think(self, model: Model, dice: Random) -> Thought | None:
        return "the worker", {"killed_at": dice.randint(1, 14) if dice.random() < 0.15 else 0}

    def expected(self, model: Model, act: Act) -> bool:
        return True

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        def work() -> Any:
            if act["killed_at"]:
                self._die(world, act["killed_at"])
                world.app.extensions["makerpd_clock"].moment += LATER
            if failed := work_once(world.app):
                raise Broken(f"The worker's rounds failed: {failed}.")
            return None, world.items(), world.turnarounds()

        return work

    def _die(self, world: World, commit: int) -> None:
        try:
            with killed_at_commit(commit):
                work_once(world.app)
        except Killed:
            db.session.remove()

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        self._the_lines_move(model, act)
        for meeting in model.places.meetings.values():
            if not meeting.canceled and timedelta(0) < meeting.starts - model.now <= timedelta(hours=24):
                for place in model.places.inside(meeting.series):
                    model.tell_once(place.person, "reminder", (meeting.name, meeting.moves))
        if model.day_begun != model.today:
            model.day_begun = model.today
            self._badges_run_out(model)
            model.shelf.take_over(answer[1], answer[2], None)
            model.shelf.all_have_another_item()
            self._loans_are_due(model)

    def _the_lines_move(self, model: Model, act: Act) -> None:
        """The first of its rounds: who dies at its first commit has done nothing, and the next one comes later."""
        moments = [act.at] * (act["killed_at"] != 1) + [act.at + LATER] * (act["killed_at"] > 0)
        for model.now in moments:
            for series in model.places.series:
                model.places.settle(series)
        model.now = act.at

    def _badges_run_out(self, model: Model) -> None:
        for award in [one for one in model.skills.held if one.stands]:
            days = (award.last - model.today).days
            notice = next((n for n in TOLD_AHEAD if n - LATE_BY_UP_TO <= days <= n), None)
            renewed = any(one.last > award.last for one in model.skills.awards(award.person, award.badge))
            if notice is not None and not renewed:
                model.tell_once(award.person, "runs_out", (id(award), notice))

    def _loans_are_due(self, model: Model) -> None:
        for loan in model.shelf.loans.values():
            if not loan.having("out"):
                continue
            days = (loan.last - model.today).days
            if days in (0, 1):
                model.tell_once(loan.responsible, "due_back", (loan.name, loan.last))
            if -7 <= days <= -1:
                contacts = [p for p in model.people if ("maker_contact", loan.school) in model.standing.roles(p, model.today)]
                for person in {loan.responsible, *contacts}:
                    model.tell_once(person, "late", (loan.name, loan.last))

    def says(self, act: Act) -> str:
        killed = f", is killed at its commit {act['killed_at']}, and another begins 20 minutes later" if act["killed_at"] else ""
        return f"does its rounds{killed}"
