"""A neighborhood's year of loans from its shelf of the depot: each answered for by a teacher who held the badge all the while."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from heapq import heappop, heappush
from typing import Any

from inventory.calendar import days_between
from inventory.demo.scaled.learning import Held, Learned
from inventory.demo.scaled.place import BACK, ModelFacts
from inventory.demo.scaled.record import did, mailed
from inventory.demo.scaled.staff import Neighborhood
from seminar.ground.clock import at_local

LATE_WITHIN = timedelta(days=20)
# Who is late keeps the thing for so long at most, to the eye of the generator; nothing else is planned for it until then.
BACK_AT_LAST = timedelta(days=31)
PLANNED_AHEAD = timedelta(days=40)
# Few reserve weeks before they need a thing.
RESERVED_AHEAD = timedelta(days=21)


@dataclass
class Shelf:
    """The items of a model that this neighborhood lends, each with the day from which it is free again."""

    model: ModelFacts
    free_from: list[tuple[date, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Planned:
    """Who answers for what, on which days, and what came of it."""

    shelf: Shelf
    held: Held
    first: date
    last: date
    state: str


def lend(here: Neighborhood, learned: Learned, loans: int) -> None:
    """So many reservations; fewer only where nobody of the neighborhood could answer for one."""
    shelves = [Shelf(model) for model in here.place.models]
    able = {shelf.model.id: _able(here, learned, shelf.model) for shelf in shelves}
    asked = [shelf for shelf in shelves if able[shelf.model.id]]
    if not asked:
        return
    weights = [len(able[shelf.model.id]) for shelf in asked]
    chosen = here.chance.choices(asked, weights, k=loans)
    plans = [_plan(here, shelf, here.chance.choice(able[shelf.model.id])) for shelf in chosen]
    for plan in sorted(plans, key=lambda one: (one.first, one.held.award_id)):
        _loan(here, plan)


def _able(here: Neighborhood, learned: Learned, model: ModelFacts) -> list[Held]:
    """Badges that cover some weeks of the year that is told."""
    place, found = here.place, learned.of_badge.get(model.badge_ids[0], [])
    return [
        held for held in found if held.first_day <= place.today + timedelta(days=20) and held.last_day >= place.today - timedelta(days=250)
    ]


def _plan(here: Neighborhood, shelf: Shelf, held: Held) -> Planned:
    place = here.place
    earliest = place.open_index(max(held.first_day, place.today - BACK))
    latest = place.open_index(min(held.last_day, place.today + PLANNED_AHEAD)) - 10
    start = here.chance.randint(earliest, max(earliest, latest))
    ahead = place.open_days[start] - place.today
    if ahead > here.chance.random() * RESERVED_AHEAD:
        start = here.chance.randint(earliest, max(earliest, min(latest, place.open_index(place.today) - 1)))
    first = last = place.open_days[start]
    for day in place.open_days[start : start + here.chance.randrange(3, 10)]:
        if (day - first).days < shelf.model.most_days and day <= held.last_day:
            last = day
    return Planned(shelf, held, first, last, _state(here, first, last))


def _state(here: Neighborhood, first: date, last: date) -> str:
    today = here.place.today
    if here.once_in(40):
        return "canceled" if first > today or here.once_in(2) else "not_collected" if last < today else "reserved"
    if first >= today:
        return "packed" if first == today and here.once_in(2) else "reserved"
    if last >= today:
        return "out"
    if last >= today - LATE_WITHIN and here.once_in(14):
        return "out"
    return "in_check" if last >= today - timedelta(days=3) and here.once_in(2) else "closed"


def _item(here: Neighborhood, plan: Planned) -> int:
    """The item that has been back for longest, or a new one where none is; it is free again after its turnaround."""
    place, shelf = here.place, plan.shelf
    if plan.state in ("canceled", "not_collected"):
        return shelf.free_from[0][1] if shelf.free_from else _new_item(here, shelf, plan.first)
    if not shelf.free_from or shelf.free_from[0][0] > plan.first:
        _new_item(here, shelf, plan.first)
    _, item_id = heappop(shelf.free_from)
    after = place.opened.after(plan.last, shelf.model.turnaround)
    free_from = (after[-1] if after else plan.last) + timedelta(days=1)
    if plan.last < place.today and plan.state != "closed":
        free_from = max(free_from, place.today + BACK_AT_LAST)
    heappush(shelf.free_from, (free_from, item_id))
    return item_id


def _new_item(here: Neighborhood, shelf: Shelf, free_from: date) -> int:
    number = here.chance.getrandbits(40)
    row: dict[str, Any] = {"district_id": here.place.district_id, "model_id": shelf.model.id, "serial": f"{number:010x}"}
    item_id = here.book.add("item", row)
    row["tag"] = f"{shelf.model.prefix}-{item_id:06d}"
    heappush(shelf.free_from, (free_from, item_id))
    return item_id


def _loan(here: Neighborhood, plan: Planned) -> None:
    place, held, book = here.place, plan.held, here.book
    teacher, item_id = held.teacher, _item(here, plan)
    out_at = at_local(plan.first, 8, here.chance.randrange(60), place.timezone)
    asked_at = min(place.now, out_at) - timedelta(hours=here.chance.randrange(30, 400))
    row: dict[str, Any] = {"district_id": place.district_id, "school_id": teacher.school_id, "responsible_id": teacher.person_id}
    row |= {"first_day": plan.first, "last_day": plan.last, "created_at": asked_at, "created_by_id": teacher.person_id}
    reservation_id = book.add("reservation", row)
    _check(here, reservation_id, plan, "reserved", asked_at)
    did(here, teacher.person_id, "reserved", "reservation", reservation_id, asked_at, responsible=teacher.person_id)
    said = {"reservation_id": reservation_id, "school": here.schools[teacher.school_id], "first_day": plan.first, "last_day": plan.last}
    mailed(here, teacher.person_id, "reserved", str(reservation_id), asked_at, **said)
    line: dict[str, Any] = {"district_id": place.district_id, "reservation_id": reservation_id, "model_id": plan.shelf.model.id}
    line |= {"item_id": item_id, "state": plan.state, "state_since": asked_at, "state_by_id": teacher.person_id}
    line_id = book.add("reservation_line", line)
    if plan.state in ("out", "in_check", "closed"):
        _went_out(here, plan, line, line_id, out_at)
    elif plan.state in ("canceled", "not_collected"):
        _came_to_nothing(here, plan, row, line, out_at)
    if plan.state in ("reserved", "packed", "out", "in_check"):
        _claim(here, plan, item_id, line_id)


def _went_out(here: Neighborhood, plan: Planned, line: dict[str, Any], line_id: int, out_at: datetime) -> None:
    keeper_id, reservation_id, items = here.place.keeper_id, line["reservation_id"], [line["item_id"]]
    line |= {"out_at": out_at, "state_since": out_at, "state_by_id": keeper_id}
    _check(here, reservation_id, plan, "handed_over", out_at)
    did(here, keeper_id, "handed over", "reservation", reservation_id, out_at, items=items)
    if plan.state == "out":
        return
    in_at = at_local(plan.last, 14, here.chance.randrange(60), here.place.timezone)
    line |= {"in_at": in_at, "state_since": in_at}
    did(here, keeper_id, "taken back", "reservation", reservation_id, in_at, items=items)
    if plan.state == "closed":
        outcome = "incomplete" if here.once_in(20) else "ok"
        line |= {"outcome": outcome, "state_since": in_at + timedelta(hours=2)}
        did(here, keeper_id, "checked in", "reservation_line", line_id, in_at + timedelta(hours=2), outcome=outcome, note="")


def _came_to_nothing(here: Neighborhood, plan: Planned, row: dict[str, Any], line: dict[str, Any], out_at: datetime) -> None:
    if plan.state == "canceled":
        at, who_id, reason = row["created_at"] + timedelta(hours=20), row["created_by_id"], "Our plans have changed."
        row["ended_reason"] = reason
        did(here, who_id, "canceled", "reservation", line["reservation_id"], at, reason=reason)
    else:
        at, who_id = out_at + timedelta(days=1), here.place.keeper_id
        did(here, who_id, "not collected", "reservation", line["reservation_id"], at)
    line |= {"state_since": min(at, here.place.now), "state_by_id": who_id}


def _claim(here: Neighborhood, plan: Planned, item_id: int, line_id: int) -> None:
    """Every day of the loan, and of its turnaround."""
    row = {"item_id": item_id, "district_id": here.place.district_id, "line_id": line_id}
    for day in days_between(plan.first, plan.last):
        here.book.put("item_day", {**row, "day": day, "claim": "loan"})
    for day in here.place.opened.after(plan.last, plan.shelf.model.turnaround):
        here.book.put("item_day", {**row, "day": day, "claim": "turnaround"})


def _check(here: Neighborhood, reservation_id: int, plan: Planned, occasion: str, at: datetime) -> None:
    held, badges = plan.held, list(plan.shelf.model.badge_ids)
    found = {"badges": badges, "awards": [{"badge": held.badge_id, "award": held.award_id, "last_day": held.last_day.isoformat()}]}
    row = {"district_id": here.place.district_id, "reservation_id": reservation_id, "person_id": held.teacher.person_id}
    here.book.add("gate_check", {**row, "at": at, "occasion": occasion, "last_day": plan.last, "found": found})
