"""Rules 1 and 2: seats, and one place per person."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.years.model import Model


@dataclass
class Meets:
    """A meeting, with its sheet: minutes by person."""

    name: str
    series: str
    starts: datetime
    ends: datetime
    moves: int = 0
    canceled: bool = False
    sheet: dict[str, tuple[str, int]] = field(default_factory=dict)

    @property
    def minutes(self) -> int:
        return int((self.ends - self.starts).total_seconds()) // 60


@dataclass
class Run:
    """A series."""

    name: str
    badge: str
    seats: int
    opens: datetime
    closes: datetime
    trainers: list[str]
    meetings: list[Meets]
    canceled: bool = False


@dataclass
class Place:
    """A person's place in a series."""

    name: str
    person: str
    series: str
    state: str = "enrolled"


class Places:
    def __init__(self, model: "Model") -> None:
        self.model = model
        self.series: dict[str, Run] = {}
        self.meetings: dict[str, Meets] = {}
        self.places: dict[str, Place] = {}

    def inside(self, series: str) -> list[Place]:
        return [place for place in self.places.values() if place.series == series and place.state == "enrolled"]

    def place_of(self, person: str, series: str) -> Place | None:
        return next((place for place in self.inside(series) if place.person == person), None)

    def is_full(self, series: str) -> bool:
        return len(self.inside(series)) >= self.series[series].seats

    def takes_people(self, series: str) -> bool:
        run = self.series[series]
        return not run.canceled and run.opens <= self.model.now < run.closes

    def may_enroll(self, person: str, series: str) -> bool:
        return self.takes_people(series) and self.place_of(person, series) is None and not self.is_full(series)

    def has_ended(self, series: str) -> bool:
        return max(self.series[series].meetings, key=lambda meeting: meeting.starts).ends <= self.model.now

    def end(self, place: Place, state: str, by: str) -> None:
        place.state = state
        self.model.record(by, state)
        self.model.tell(place.person, state)

    def tell_inside(self, series: str, mail: str) -> None:
        for place in self.inside(series):
            self.model.tell(place.person, mail)

    def share_attended(self, person: str, badge: str) -> int:
        """The best share, in percent, of a series that leads to the badge."""
        best = 0
        for run in self.series.values():
            held = [meeting for meeting in run.meetings if not meeting.canceled]
            minutes = sum(meeting.sheet.get(person, ("", 0))[1] for meeting in held)
            if run.badge == badge and held:
                best = max(best, 100 * minutes // sum(meeting.minutes for meeting in held))
        return best
