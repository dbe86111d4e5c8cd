"""Rules 1 to 3: seats, one place per person, and the line for a seat."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.years.model import Model

# For whom a seat is kept until a moment, who has a seat, and who has a place at all.
KEPT = ("requested", "held", "awaiting_po")
SEATED = ("enrolled", "offered", *KEPT)
LIVE = (*SEATED, "waitlisted")


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
    price: int = 0
    # Whether a seat is approved before somebody has it.
    asks: bool = False


@dataclass
class Place:
    """A person's place in a series, or in the line for it: since when they wait, and until when a seat is kept for them. `made` is when
    they took it; `had_it`, whether a seat that costs something was ever theirs, `was_held`, whether it was ever to be paid."""

    name: str
    person: str
    series: str
    state: str = "enrolled"
    joined: datetime | None = None
    until: datetime | None = None
    made: datetime | None = None
    was_held: bool = False
    had_it: bool = False


class Places:
    def __init__(self, model: "Model") -> None:
        self.model = model
        self.series: dict[str, Run] = {}
        self.meetings: dict[str, Meets] = {}
        self.places: dict[str, Place] = {}

    def those(self, series: str, *states: str) -> list[Place]:
        return [place for place in self.places.values() if place.series == series and place.state in states]

    def inside(self, series: str) -> list[Place]:
        return self.those(series, "enrolled")

    def paid_ahead(self) -> list[Place]:
        """Seats that were paid, of series that aren't over."""
        return [place for place in self.places.values() if place.state == "enrolled" and place.had_it and not self.has_ended(place.series)]

    def with_a_seat(self, series: str) -> list[Place]:
        """As the table has it, where an offer or a hold that ran out stands until somebody tidies up."""
        return self.those(series, *SEATED)

    def line(self, series: str) -> list[Place]:
        return sorted(self.those(series, "waitlisted"), key=lambda place: place.joined or self.model.now)

    def ran_out(self, place: Place) -> bool:
        return place.state in ("offered", *KEPT) and place.until is not None and place.until <= self.model.now

    def place_of(self, person: str, series: str) -> Place | None:
        live = [place for place in self.those(series, *LIVE) if not self.ran_out(place)]
        return next((place for place in live if place.person == person), None)

    def is_full(self, series: str) -> bool:
        return len(self.with_a_seat(series)) >= self.series[series].seats

    def free(self, series: str) -> int:
        """Seats that nobody has, nor is offered any more."""
        return self.series[series].seats - sum(not self.ran_out(place) for place in self.with_a_seat(series))

    def has_one_to_spare(self, series: str) -> bool:
        """Whether somebody new may take a seat: who waits comes first."""
        return self.free(series) > len(self.line(series))

    def taken_once_settled(self, series: str) -> int:
        offered_next = min(self.free(series), len(self.line(series))) if self.takes_people(series) else 0
        return self.series[series].seats - self.free(series) + offered_next

    def takes_people(self, series: str) -> bool:
        run = self.series[series]
        return not run.canceled and run.opens <= self.model.now < run.closes

    def may_enroll(self, person: str, series: str) -> bool:
        place = self.place_of(person, series)
        if place is not None:
            return place.state == "offered"
        return self.takes_people(series) and self.has_one_to_spare(series)

    def may_take(self, person: str, series: str, by: str) -> bool:
        """The same, and there is somebody to approve it where that is asked for."""
        return self.may_enroll(person, series) and self.model.approvals.may_ask(person, series, by)

    def may_wait(self, person: str, series: str) -> bool:
        return self.takes_people(series) and self.place_of(person, series) is None and not self.has_one_to_spare(series)

    def settle(self, *series: str) -> None:
        """Rule 3: what ran out goes on to the next."""
        for place in [one for name in series for one in self.those(name, "offered", *KEPT) if self.ran_out(one)]:
            was = place.state
            place.state = "passed" if was == "offered" else "lapsed"
            self.model.record(None, place.state)
            if was == "requested":
                self.model.approvals.lapsed(place)
            else:
                self.model.tell(place.person, place.state)
            if was in ("held", "awaiting_po"):
                self.model.money.ended(place, "lapsed", None)
        self.model.purchase_orders.write_what_is_less(None)
        for name in series:
            self.offer(name)

    def take(self, place: Place, by: str) -> None:
        """One that is to be approved first is asked for."""
        if not self.model.approvals.ask(place, by):
            self.has_it(place, by)

    def has_it(self, place: Place, by: str) -> None:
        """A seat that costs something is held until it is paid: for 40 minutes, or for whoever is told by mail as long as an offer, and
        no less where enrollment closed while it was approved."""
        run, now = self.series[place.series], self.model.now
        if not run.price:
            place.state = "enrolled"
            self.model.record(by, "enrolled")
            self.model.tell(place.person, "enrolled")
            return
        paying = now + timedelta(minutes=40)
        if place.state == "requested":
            place.until = max(self.until(place.series), paying)
        else:
            place.until = paying if by == place.person else self.until(place.series)
        place.state, place.was_held = "held", True
        self.model.record(by, "held")
        self.model.money.open_order(place, by)
        due = self.model.money.due_of(place)
        if due is not None and due.balance <= 0:
            place.state, place.had_it = "enrolled", True
            self.model.record(by, "enrolled")
            self.model.tell(place.person, "enrolled")
        elif by != place.person:
            self.model.tell(place.person, "held")

    def first_in_line(self, late: Place, name: str) -> None:
        """Who paid too late waits before everybody who came after them."""
        self.places[name] = Place(name, late.person, late.series, "waitlisted", joined=late.joined or late.made)
        self.model.to_find.append(name)
        self.model.record(None, "waitlisted")

    def offer(self, series: str) -> None:
        """Each free seat to the next in line."""
        while self.takes_people(series) and not self.has_ended(series) and not self.is_full(series) and self.line(series):
            place = self.line(series)[0]
            place.state, place.until = "offered", self.until(series)
            self.model.record(None, "offered")
            self.model.tell(place.person, "offered")

    def until(self, series: str) -> datetime:
        now, run = self.model.now, self.series[series]
        ahead = [meeting.starts for meeting in run.meetings if meeting.starts >= now + timedelta(hours=1) and not meeting.canceled]
        ends = min([run.closes, *ahead])
        return min(ends, answered_by(now, ends - now, self.model.calendar.closed, now.tzinfo))

    def has_ended(self, series: str) -> bool:
        return max(self.series[series].meetings, key=lambda meeting: meeting.starts).ends <= self.model.now

    def end(self, place: Place, state: str, by: str) -> None:
        self.end_all([place], state, by)

    def end_all(self, places: list[Place], state: str, by: str) -> None:
        for place in places:
            place.state = state
            self.model.record(by, state)
            self.model.tell(place.person, state)
            self.model.money.ended(place, state, by)
        self.model.purchase_orders.write_what_is_less(by)

    def tell_inside(self, series: str, mail: str) -> None:
        for place in self.those(series, "enrolled", *KEPT):
            if not self.ran_out(place):
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


def answered_by(now: datetime, left: timedelta, closed: set[date], zone: tzinfo | None) -> datetime:
    """A quarter of what is left, from an hour to a day, in people's waking hours; on a school day, if that is within the quarter."""
    quarter = min(max(left / 4, timedelta(hours=1)), timedelta(days=1))
    begins = now.astimezone(UTC)
    if is_night(begins, zone):
        begins = up_to_the_next(begins, 7, zone)
    until = begins + quarter
    if is_night(until, zone):
        until = up_to_the_next(until, 9, zone)
    day = until.astimezone(zone)
    while day.weekday() > 4 or day.date() in closed:
        day = (day.replace(tzinfo=None, second=0, microsecond=0) + timedelta(days=1)).replace(tzinfo=zone)
    return day.astimezone(UTC) if day.astimezone(UTC) - now <= left / 4 else until


def is_night(moment: datetime, zone: tzinfo | None) -> bool:
    local = moment.astimezone(zone).time()
    return local < time(7) or local > time(21)


def up_to_the_next(moment: datetime, hour: int, zone: tzinfo | None) -> datetime:
    local = moment.astimezone(zone)
    day = local.date() + timedelta(days=local.time() > time(21))
    return datetime.combine(day, time(hour), zone).astimezone(UTC)
