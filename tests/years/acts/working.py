"""The worker's turn, whole or killed on its way and started anew: the lines for a seat, reminders, the rounds of a day, and mail."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from seminar.commands import work_once
from seminar.ground import rounds
from seminar.ground.db import db
from seminar.money.asking import EVENTS
from tests.years.act import Act, Kind, Thought, kind
from tests.years.faults import Killed, killed_at_commit
from tests.years.model import Model
from tests.years.model_loans import Broken
from tests.years.world import World

TOLD_AHEAD = (90, 30, 7)
LATE_BY_UP_TO = 6
# After a death of the worker, another begins.
LATER = timedelta(minutes=20)


@dataclass(frozen=True)
class Heard:
    """What a worker that was killed had written down of Stripe's: of which payments, their states and when they were asked about; which
    refunds it had begun to send; and when all events were taken."""

    changed: set[str]
    states: dict[str, str]
    asked: dict[str, datetime]
    sent: set[tuple[str, int]]
    events_at: datetime | None


def what_it_heard(world: World, before: dict[str, Any]) -> Heard:
    after, events_at = world.payments(), rounds.last(EVENTS)
    changed = {name for name, (state, is_late, _) in after.items() if (state, is_late) != before[name][:2]}
    sent = {(name, n) for name, n, state in world.refunds() if state != "requested"}
    db.session.rollback()
    asked = {name: moment for name, (_, _, moment) in after.items() if moment is not None}
    return Heard(changed, {name: state for name, (state, _, _) in after.items()}, asked, sent, events_at)


@kind
class Working(Kind):
    """It is no person's, so nobody is asked. `killed_at` says at which of its commits it dies; twenty minutes later another
    worker takes up what is left."""

    name, weight, races = "work", 0, False

    def think(self, model: Model, dice: Random) -> Thought | None:
        killed_at = dice.randint(1, 20) if dice.random() < 0.15 else 0
        fate = dice.choice(["", "", "", "", "declined", "pending", "failed"]) if not killed_at else ""
        return "the worker", {"killed_at": killed_at, "first refund": fate}

    def expected(self, model: Model, act: Act) -> bool:
        return True

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        def work() -> Any:
            heard: Heard | None = None
            if act["killed_at"]:
                before = world.payments()
                self._die(world, act["killed_at"])
                heard = what_it_heard(world, before)
                world.app.extensions["makerpd_clock"].moment += LATER
            with world.stripe.first_refund(act["first refund"]):
                if failed := work_once(world.app):
                    raise Broken(f"The worker's rounds failed: {failed}.")
            return heard, world.items(), world.turnarounds()

        return work

    def _die(self, world: World, commit: int) -> None:
        try:
            with killed_at_commit(commit):
                work_once(world.app)
        except Killed:
            db.session.remove()

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        """The lines and the reminders are the first of its rounds: who dies at its first commit has done nothing, and the next one
        comes later. How far the dead one came with Stripe is taken over, for nobody else can know."""
        heard: Heard | None = answer[0]
        if act["killed_at"] > 1:
            self._the_lines_move(model)
            self._remind(model)
        if act["killed_at"] > 2:
            model.approvals.remind()
        if heard is not None:
            self._hear_of_money(model, act, heard)
            model.now = act.at + LATER
        self._the_lines_move(model)
        model.approvals.remind()
        model.now = act.at
        self._remind(model)
        model.now = act.at + (LATER if heard is not None else timedelta(0))
        self._hear_of_money(model, act, None)
        model.now = act.at
        if model.day_begun != model.today:
            model.day_begun = model.today
            self._badges_run_out(model)
            model.purchase_orders.tell_of_what_is_late()
            model.shelf.take_over(answer[1], answer[2], None)
            model.shelf.all_have_another_item()
            self._loans_are_due(model)

    def _the_lines_move(self, model: Model) -> None:
        model.places.settle(*model.places.series)

    def _remind(self, model: Model) -> None:
        for meeting in model.places.meetings.values():
            if not meeting.canceled and timedelta(0) < meeting.starts - model.now <= timedelta(hours=24):
                for place in model.places.inside(meeting.series):
                    model.tell_once(place.person, "reminder", (meeting.name, meeting.moves))

    def _hear_of_money(self, model: Model, act: Act, heard: Heard | None) -> None:
        """All of it, or what the dead one had written down of it."""
        money = model.money
        if heard is None:
            money.ask_about_pages(model.now)
            money.send_refunds(act["first refund"])
            money.hear_of_events(model.now)
            return
        money.ask_about_pages(model.now, heard=heard.changed)
        money.send_refunds(sent=heard.sent)
        for news in [one for one in money.news if one[1].name in heard.changed and one[2] is None]:
            if news[0].startswith("checkout") or heard.states[news[1].name] in ("disputed", "won", "lost"):
                money.hear(news)
        for name, asked in heard.asked.items():
            money.attempts[name].asked = asked
        if heard.events_at == act.at:
            money.hear_of_events(model.now)

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
