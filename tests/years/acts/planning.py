"""What the program manager does with series and meetings."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any

from seminar.ground.db import db
from seminar.series.planning import cancel_meeting, cancel_series, change_meeting, change_series, publish_series
from seminar.series.series import Meeting, Series
from tests.years.act import Act, Kind, Thought, kind
from tests.years.model import ZONE, Model
from tests.years.model_places import LIVE, Meets, Run
from tests.years.world import World

PRICES = [0, 0, 12_000, 9_999]
MANAGERS = ["olive"] * 8 + ["pat", "eli"]


def plans(model: Model, act: Act) -> bool:
    return model.standing.has(act.by, model.today, "program_manager")


def open_series(model: Model) -> list[Run]:
    return [run for run in model.places.series.values() if not run.canceled and not model.places.has_ended(run.name)]


@kind
class Planning(Kind):
    name, weight, races = "plan", 30, False

    def think(self, model: Model, dice: Random) -> Thought | None:
        if len(open_series(model)) >= 3:
            return None
        starts = [dice.randint(3, 25)]
        starts += [starts[0] + 7 * n for n in range(1, dice.randint(1, 3))]
        trainers = dice.choice([["tara"], ["tara", "theo"], ["tara", "kim"], ["tara"], ["theo"], []])
        what = {
            "badge": dice.choice(["Safety", "Operator", "Laser", "Laser"]),
            "seats": dice.choice([1, 1, 1, 2, 3]),
            "starts": starts,
            "hour": dice.choice([9, 15]),
            "price": dice.choice(PRICES),
            "asks": dice.random() < 0.3,
        }
        return dice.choice(MANAGERS), {**what, "opens": dice.choice([0, 0, 0, 1]), "trainers": trainers}

    def expected(self, model: Model, act: Act) -> bool:
        return plans(model, act) and bool(act["trainers"])

    def _times(self, act: Act) -> list[tuple[datetime, datetime]]:
        day = act.at.astimezone(ZONE).date()
        starts = [datetime.combine(day + timedelta(days=n), time(act["hour"]), ZONE) for n in act["starts"]]
        # In UTC, for two times of one zone are apart by their clocks alone.
        return [(start.astimezone(UTC), start.astimezone(UTC) + timedelta(hours=2)) for start in starts]

    def _window(self, act: Act) -> tuple[datetime, datetime]:
        return act.at.astimezone(UTC) + timedelta(days=act["opens"]), self._times(act)[-1][0]

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        world.opens("series.create_series", act.by)
        by, district_id = world.person(act.by), world.id_of("district", "Year")
        opens, closes = self._window(act)

        def plan() -> list[int]:
            series = Series(district_id=district_id, seminar_id=world.id_of("seminar", act["badge"]), season="year-round", school_year=2027)
            series.trainers = [world.person(name) for name in act["trainers"]]
            window = {"enrollment_opens_at": opens, "enrollment_closes_at": closes}
            asks = {"asks_approval_since": world.now if act["asks"] else None}
            values = {"seats": act["seats"], "price_cents": act["price"], **asks, **window}
            change_series(series, values, by=by, now=world.now)
            meetings = [Meeting(district_id=district_id, series_id=series.id) for _ in act["starts"]]
            for meeting, (start, end) in zip(meetings, self._times(act), strict=True):
                change_meeting(meeting, {"starts_at": start, "ends_at": end, "place": "Lab", "room": ""}, by=by, now=world.now)
            db.session.expire(series, ["meetings"])
            publish_series(series, by=by, now=world.now)
            return [series.id, *(meeting.id for meeting in meetings)]

        return plan

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        name = f"S{act.number}"
        opens, closes = self._window(act)
        meetings = [Meets(f"{name}.{n}", name, start, end) for n, (start, end) in enumerate(self._times(act), start=1)]
        asked = {"price": act["price"], "asks": act["asks"]}
        model.places.series[name] = Run(name, act["badge"], act["seats"], opens, closes, act["trainers"], meetings, **asked)
        model.places.meetings |= {meeting.name: meeting for meeting in meetings}
        for table, made, row_id in zip(["series"] + ["meeting"] * len(meetings), [name, *(m.name for m in meetings)], answer, strict=True):
            model.made[table, made] = row_id
        model.record(act.by, "series saved")
        model.record(act.by, "meeting saved", len(meetings))
        model.record(act.by, "series published")

    def says(self, act: Act) -> str:
        days = ", ".join(str(n) for n in act["starts"])
        seats = f"{act['seats']} seats at {act['price']} cents{', approved first' if act['asks'] else ''}"
        return f"plans S{act.number} ({act['badge']}, {seats}, meetings in {days} days, by {act['trainers']})"


@kind
class ChangingSeats(Kind):
    name, weight = "change seats", 7

    def think(self, model: Model, dice: Random) -> Thought | None:
        found = open_series(model)
        return (dice.choice(MANAGERS), {"series": dice.choice(found).name, "seats": dice.randint(1, 5)}) if found else None

    def rival(self, model: Model, act: Act, dice: Random) -> Thought | None:
        return act.by, {"series": act["series"], "seats": 1}

    def expected(self, model: Model, act: Act) -> bool:
        return plans(model, act) and act["seats"] >= model.places.taken_once_settled(act["series"])

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        world.opens("series.save_edit_series", act.by)
        series, by = world.get(Series, act["series"]), world.person(act.by)
        window = {"enrollment_opens_at": series.enrollment_opens_at, "enrollment_closes_at": series.enrollment_closes_at}
        return lambda: change_series(series, {**window, "seats": act["seats"]}, by=by, now=world.now)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.places.settle(act["series"])
        model.places.series[act["series"]].seats = act["seats"]
        model.record(act.by, "series saved")
        model.places.offer(act["series"])

    def says(self, act: Act) -> str:
        return f"sets {act['series']} to {act['seats']} seats"


@kind
class ChangingThePrice(Kind):
    """Who has an order already owes what it says."""

    name, weight, races = "change the price", 3, False

    def think(self, model: Model, dice: Random) -> Thought | None:
        found = open_series(model)
        return (dice.choice(MANAGERS), {"series": dice.choice(found).name, "price": dice.choice(PRICES)}) if found else None

    def expected(self, model: Model, act: Act) -> bool:
        return plans(model, act)

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        world.opens("series.save_edit_series", act.by)
        series, by = world.get(Series, act["series"]), world.person(act.by)
        values = {name: getattr(series, name) for name in ("enrollment_opens_at", "enrollment_closes_at", "seats")}
        return lambda: change_series(series, {**values, "price_cents": act["price"]}, by=by, now=world.now)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.places.settle(act["series"])
        run = model.places.series[act["series"]]
        costs_more, run.price = act["price"] > run.price, act["price"]
        model.record(act.by, "series saved")
        if costs_more:
            model.approvals.ask_again(run.name, act.by)
        model.places.offer(act["series"])

    def says(self, act: Act) -> str:
        return f"sets the price of {act['series']} to {act['price']} cents"


@kind
class CancelingASeries(Kind):
    name, weight = "cancel a series", 2

    def think(self, model: Model, dice: Random) -> Thought | None:
        found = list(model.places.series.values())[-5:]
        return (dice.choice(MANAGERS), {"series": dice.choice(found).name}) if found else None

    def expected(self, model: Model, act: Act) -> bool:
        return plans(model, act) and not model.places.series[act["series"]].canceled

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        world.opens("series.create_series_cancellation", act.by)
        series, by = world.get(Series, act["series"]), world.person(act.by)
        return lambda: cancel_series(series, reason="No trainer", by=by, now=world.now)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        run = model.places.series[act["series"]]
        live = model.places.those(run.name, *LIVE)
        model.places.end_all(sorted(live, key=model.money.order_number), "canceled", act.by)
        run.canceled = True
        for meeting in run.meetings:
            meeting.moves += 1
        model.record(act.by, "series canceled")

    def says(self, act: Act) -> str:
        return f"cancels {act['series']}"


class OfAMeeting(Kind):
    def think(self, model: Model, dice: Random) -> Thought | None:
        ahead = [m for run in open_series(model) for m in run.meetings if m.starts > model.now]
        if not ahead:
            return None
        meeting = dice.choice(ahead)
        return dice.choice(MANAGERS), {"meeting": meeting.name, "series": meeting.series, **self.more(dice)}

    def more(self, dice: Random) -> dict[str, Any]:
        return {}


@kind
class MovingAMeeting(OfAMeeting):
    name, weight = "move a meeting", 4

    def more(self, dice: Random) -> dict[str, Any]:
        return {"days": dice.choice([0, 1, 2, 7]), "hours": dice.choice([-1, 0, 1])}

    def expected(self, model: Model, act: Act) -> bool:
        gone = model.places.meetings[act["meeting"]].canceled or model.places.series[act["series"]].canceled
        return plans(model, act) and not gone

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        world.opens("series.save_edit_meeting", act.by)
        meeting, by = world.get(Meeting, act["meeting"]), world.person(act.by)
        further = timedelta(days=act["days"], hours=act["hours"])
        times = {"starts_at": meeting.starts_at + further, "ends_at": meeting.ends_at + further}
        values = {**times, "place": meeting.place, "room": meeting.room}
        return lambda: change_meeting(meeting, values, by=by, now=world.now) or [values["starts_at"], values["ends_at"]]

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        meeting = model.places.meetings[act["meeting"]]
        if [meeting.starts, meeting.ends] != answer:
            meeting.starts, meeting.ends = answer
            meeting.moves += 1
            model.places.tell_inside(act["series"], "meeting_changed")
            model.approvals.ask_again(act["series"], act.by)
        model.record(act.by, "meeting saved")

    def says(self, act: Act) -> str:
        return f"moves the meeting {act['meeting']} by {act['days']} days and {act['hours']} hours"


@kind
class CancelingAMeeting(OfAMeeting):
    name, weight = "cancel a meeting", 2

    def expected(self, model: Model, act: Act) -> bool:
        return plans(model, act) and not model.places.meetings[act["meeting"]].canceled

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        world.opens("series.create_meeting_cancellation", act.by)
        meeting, by = world.get(Meeting, act["meeting"]), world.person(act.by)
        return lambda: cancel_meeting(meeting, reason="Snow", by=by, now=world.now)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        meeting = model.places.meetings[act["meeting"]]
        meeting.canceled, meeting.moves = True, meeting.moves + 1
        model.record(act.by, "meeting canceled")
        model.places.tell_inside(act["series"], "meeting_canceled")

    def says(self, act: Act) -> str:
        return f"cancels the meeting {act['meeting']}"
