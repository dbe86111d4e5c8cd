"""Taking attendance, right or wrong, and taking it again."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from seminar.series.access import looks_after
from seminar.series.attendance import Present, take_attendance
from seminar.series.series import Meeting
from tests.years.act import Act, Kind, Thought, kind
from tests.years.model import ZONE, Model
from tests.years.world import Shut, World


@kind
class TakingAttendance(Kind):
    name, weight = "take attendance", 16

    def think(self, model: Model, dice: Random) -> Thought | None:
        around = [m for m in model.places.meetings.values() if -6 <= (m.starts - model.now) / timedelta(days=1) <= 0.7]
        if not around:
            return None
        meeting = dice.choice(around)
        run = model.places.series[meeting.series]
        marks = {p.person: self._mark(meeting.minutes, dice) for p in model.places.inside(run.name)}
        by = dice.choice(run.trainers * 4 + ["theo", "olive", "kim", "ada"])
        return by, {"meeting": meeting.name, "series": run.name, "marks": marks}

    def _mark(self, minutes: int, dice: Random) -> tuple[str, int]:
        mark = dice.choice(["present"] * 5 + ["part", "absent", "excused"])
        return mark, {"present": minutes, "part": dice.choice([30, 60, 90, 121])}.get(mark, 0)

    def expected(self, model: Model, act: Act) -> bool:
        meeting, today = model.places.meetings[act["meeting"]], model.today
        theirs = model.standing.has(act.by, today, "trainer", "coach") and act.by in model.places.series[meeting.series].trainers
        begun = meeting.starts - model.now <= timedelta(hours=12)
        fits = all(minutes <= meeting.minutes for _, minutes in act["marks"].values())
        return (theirs or model.standing.has(act.by, today, "program_manager")) and begun and fits and not meeting.canceled

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        who = world.opens("series.save_attendance", act.by)
        meeting = world.get(Meeting, act["meeting"])
        if not looks_after(who, meeting.series):
            raise Shut("series.save_attendance")
        presence = [Present(world.person(name), mark, minutes) for name, (mark, minutes) in act["marks"].items()]
        return lambda: take_attendance(meeting, presence, by=who.person, now=world.now) and None

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        meeting = model.places.meetings[act["meeting"]]
        for person, (mark, minutes) in act["marks"].items():
            if meeting.sheet.get(person) != (mark, minutes):
                meeting.sheet[person] = (mark, minutes)
                model.record(act.by, "attendance")
        badge = model.places.series[meeting.series].badge
        if model.skills.badges[badge].percent is not None and act["marks"]:
            people = list(act["marks"])
            model.skills.end_unearned(people, badge, meeting.starts.astimezone(ZONE).date(), act.by)
            model.skills.follow(people, badge)

    def says(self, act: Act) -> str:
        marks = ", ".join(f"{name.title()} {mark} {minutes}" for name, (mark, minutes) in act["marks"].items())
        return f"takes attendance of {act['meeting']}: {marks or 'nobody'}"

    def touches(self, act: Act) -> set[str]:
        return super().touches(act) | set(act["marks"])
