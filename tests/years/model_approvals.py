"""Approvals: whose seat somebody else says yes to first, in which steps, until when, and what follows from it.

A step is the principal's of the person's school, the PD office's, or somebody's who is named; nobody decides about themself. One that
nobody could decide is passed over, and where nobody is left the PD office decides.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from tests.years.model_places import Place

if TYPE_CHECKING:
    from tests.years.model import Model

# The role, who is named, and how many school days.
Listed = tuple[str, str | None, int]
WITHOUT_A_LIST: list[Listed] = [("principal", None, 3)]
LAST = 100
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(eq=False)
class Step:
    number: int
    role: str
    named: str | None
    days: int
    decision: str | None = None
    by: str | None = None
    begins: datetime | None = None
    due: datetime | None = None
    remind_at: datetime | None = None
    reminded: bool = False


@dataclass(eq=False)
class Request:
    """`rounds` are its steps, each time that they began; the last are those that count."""

    person: str
    series: str
    school: str | None
    rounds: list[list[Step]]
    approved: bool = False
    place: Place | None = None

    @property
    def steps(self) -> list[Step]:
        return self.rounds[-1]

    @property
    def open_step(self) -> Step | None:
        return next((step for step in self.steps if step.begins is not None and step.decision is None), None)


@dataclass(eq=False)
class Delegate:
    """Who decides for somebody, from a day until a day."""

    name: str
    person: str
    delegate: str
    first: date
    last: date
    ended: bool = False

    def holds(self, day: date) -> bool:
        return not self.ended and self.first <= day <= self.last


@dataclass
class Approvals:
    model: "Model"
    listed: list[Listed] = field(default_factory=lambda: list(WITHOUT_A_LIST))
    # Schools whose people's seats are approved first.
    asking: set[str] = field(default_factory=set)
    requests: list[Request] = field(default_factory=list)
    delegates: dict[str, Delegate] = field(default_factory=dict)

    def request_of(self, place: Place) -> Request | None:
        return next((request for request in self.requests if request.place is place), None)

    def waiting(self) -> list[Request]:
        """Those of which a step can be decided now."""
        return [one for one in self.requests if one.place and one.place.state == "requested" and not self.model.places.ran_out(one.place)]

    # Who decides

    def whose(self, step: Step, request: Request) -> list[str]:
        standing, today = self.model.standing, self.model.today
        if step.role == "principal":
            found = [one for one in self.model.people if request.school and ("principal", request.school) in standing.roles(one, today)]
        elif step.role == "program_manager":
            found = [one for one in self.model.people if standing.has(one, today, "program_manager")]
        else:
            found = [one for one in self.model.people if one == step.named and standing.roles(one, today)]
        return [one for one in found if one != request.person]

    def told_of(self, step: Step, request: Request) -> set[str]:
        """Whose it is, and who stands in for them today."""
        whose = self.whose(step, request)
        for_them = {one.delegate for one in self.delegates.values() if one.person in whose and one.holds(self.model.today)}
        return {*whose, *for_them} - {request.person}

    def may_decide(self, person: str, step: Step, request: Request) -> bool:
        is_office = self.model.standing.has(person, self.model.today, "program_manager")
        return person != request.person and (is_office or person in self.told_of(step, request))

    # Asking

    def needed(self, person: str, series: str) -> bool:
        return self.model.places.series[series].asks or self._school_of(person) in self.asking

    def _school_of(self, person: str) -> str | None:
        """One that asks before one that doesn't, the first that they came to before others."""
        mine = [a for a in self.model.standing.appointments if a.person == person and a.school and a.holds(self.model.today)]
        return min(mine, key=lambda one: one.school not in self.asking).school if mine else None

    def _drawn_up(self, person: str, series: str, by: str) -> Request:
        """As it is made: who enrolls somebody else has decided what they could decide by that."""
        steps = [Step(number, *one) for number, one in enumerate(self.listed)]
        request = Request(person, series, self._school_of(person), [steps])
        is_office = self.model.standing.has(by, self.model.today, "program_manager")
        for step in steps:
            if by != person and (is_office or by in self.whose(step, request)):
                step.decision, step.by = "approved", by
        self._to_the_next(request)
        return request

    def may_ask(self, person: str, series: str, by: str) -> bool:
        """Whether there is somebody who could decide, or nothing to decide."""
        if not self.needed(person, series):
            return True
        request = self._drawn_up(person, series, by)
        return request.open_step is None or bool(self.whose(request.open_step, request))

    def has_it_at_once(self, person: str, series: str, by: str) -> bool:
        """Whether nobody else has to say yes."""
        return not self.needed(person, series) or self._drawn_up(person, series, by).approved

    def ask(self, place: Place, by: str) -> bool:
        """Whether the place waits for somebody's yes now."""
        if not self.needed(place.person, place.series):
            return False
        request = self._drawn_up(place.person, place.series, by)
        request.place = place
        self.requests.append(request)
        step = request.open_step
        if step is not None:
            place.state, place.until = "requested", step.due
            self.model.record(by, "requested")
        self.model.record(by, "request approved", sum(one.decision == "approved" for one in request.steps))
        self._tell(request)
        return step is not None

    def _to_the_next(self, request: Request) -> None:
        left = [step for step in request.steps if step.decision is None]
        for number, step in enumerate(left):
            if self.whose(step, request):
                return self._open(step, request.series, len(left) - number)
            step.decision = "skipped"
        last = request.steps[-1]
        if last.decision == "skipped" and last.number != LAST:
            office = Step(LAST, "program_manager", None, last.days)
            said_yes = any(step.decision == "approved" for step in request.steps)
            request.steps.append(office)
            if not said_yes or self.whose(office, request):
                return self._open(office, request.series, 1)
            office.decision = "skipped"
        request.approved = True
        return None

    def _open(self, step: Step, series: str, left: int) -> None:
        now = self.model.now
        step.begins, step.due = now, self._until(step.days, series, left)
        step.remind_at = max(now + (step.due - now) / 2, step.due - DAY)

    def _until(self, days: int, series: str, left: int) -> datetime:
        """So many school days, while people are awake; the steps that are left share the time until the next meeting."""
        now, zone = self.model.now, self.model.now.tzinfo
        day = self.model.today
        while days:
            day += DAY
            days -= day.weekday() < 5 and day not in self.model.calendar.closed
        at = now.time().replace(second=0, microsecond=0)
        until = datetime.combine(day, min(max(at, time(9)), time(21)), zone).astimezone(UTC)
        meetings = self.model.places.series[series].meetings
        ahead = [one.starts for one in meetings if not one.canceled and one.starts >= now + HOUR]
        if not ahead:
            return until
        # In UTC, for two times of one zone are apart by their clocks alone.
        begins = min(ahead).astimezone(UTC)
        return max(min(until, now + (begins - now) / left), min(now + HOUR, begins))

    def _tell(self, request: Request, told: str = "approval_asked", own: str = "requested") -> None:
        step = request.open_step
        if step is not None:
            self.model.tell(request.person, own)
            for person in self.told_of(step, request):
                self.model.tell(person, told)

    # What follows

    def approve(self, request: Request, by: str) -> None:
        step, place = request.open_step, request.place
        assert step is not None and place is not None
        step.decision, step.by = "approved", by
        self.model.record(by, "request approved")
        self._to_the_next(request)
        if request.approved:
            self.model.places.has_it(place, by)
        elif request.open_step is not None:
            place.until = request.open_step.due
        self._tell(request)

    def decline(self, request: Request, by: str) -> None:
        step, place = request.open_step, request.place
        assert step is not None and place is not None
        step.decision, step.by = "declined", by
        self.model.record(by, "request declined")
        self.model.places.end(place, "declined", by)

    def ask_again(self, series: str, by: str) -> None:
        """The price was raised, or the days are others: who still waits is asked about anew."""
        for request in [one for one in self.waiting() if one.series == series]:
            before = [step for step in request.steps if step.number != LAST]
            if request.open_step is not None:
                request.open_step.decision = "again"
            request.rounds.append([Step(step.number, step.role, step.named, step.days) for step in before])
            self._to_the_next(request)
            if request.place is not None and request.open_step is not None:
                request.place.until = request.open_step.due
            self.model.record(by, "request again")
            self._tell(request)

    def lapsed(self, place: Place) -> None:
        request = self.request_of(place)
        if request is not None:
            self._tell(request, "approval_missed", "approval_lapsed")

    def remind(self) -> None:
        """Once for each step."""
        for request in self.waiting():
            step = request.open_step
            if step is not None and not step.reminded and step.remind_at is not None and step.remind_at <= self.model.now:
                step.reminded = True
                for person in self.told_of(step, request):
                    self.model.tell(person, "approval_reminder")
