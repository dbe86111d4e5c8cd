"""Rules 5 and 6: a day of an item is one claim's, an item is with one school, and who answers for it may.

Which of several free items somebody gets is the product's choice: the model takes it over, and holds it against the rules.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.years.model import Model

AHEAD = ("reserved", "packed")
AWAY = ("out", "in_check")
LATE_BLOCKS = timedelta(days=30)


class Broken(AssertionError):
    """The rows break a rule, or aren't what must have come of what was done."""


@dataclass
class Lends:
    """A model of equipment and how it is lent."""

    name: str
    badge: str
    days: int
    notice: int
    turnaround: int


@dataclass
class Line:
    id: int
    model: str
    item: str
    state: str
    claims: dict[date, str] = field(default_factory=dict)


@dataclass
class Loan:
    """A reservation, and what it becomes."""

    name: str
    id: int
    school: str
    responsible: str
    first: date
    last: date
    lines: dict[int, Line] = field(default_factory=dict)
    checks: int = 0

    def having(self, *states: str) -> list[Line]:
        return [line for _, line in sorted(self.lines.items()) if line.state in states]


def span(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


class Shelf:
    def __init__(self, model: "Model") -> None:
        self.model = model
        self.models: dict[str, Lends] = {}
        self.items: dict[str, str] = {}
        self.retired: set[str] = set()
        self.loans: dict[str, Loan] = {}

    def live(self) -> list[tuple[Loan, Line]]:
        return [(loan, line) for loan in self.loans.values() for line in loan.having(*AHEAD, *AWAY)]

    def needed(self, model: str, first: date, last: date) -> set[date]:
        return {*span(first, last), *self.turnaround(model, last)}

    def turnaround(self, model: str, last: date) -> list[date]:
        return self.model.calendar.after(last, self.models[model].turnaround)

    def holder(self, item: str, *but: int) -> Line | None:
        return next((line for _, line in self.live() if line.item == item and line.state in AWAY and line.id not in but), None)

    def is_free(self, item: str, days: set[date], but: Iterable[int] = ()) -> bool:
        """Whether it can be promised for these days, apart from what these lines have."""
        today, apart = self.model.today, set(but)
        for loan, line in self.live():
            if line.item != item or line.id in apart:
                continue
            if days & line.claims.keys():
                return False
            if line.state == "in_check" and min(days) <= today:
                return False
            if line.state == "out" and loan.last < today and min(days) <= today + LATE_BLOCKS:
                return False
        return True

    def free(self, model: str, days: set[date], but: Iterable[int] = ()) -> list[str]:
        apart = set(but)
        lent = [item for item, of in sorted(self.items.items()) if of == model and item not in self.retired]
        return [item for item in lent if self.is_free(item, days, apart)]

    def may_answer(self, person: str, school: str, models: Iterable[str], first: date, last: date) -> bool:
        """Rule 6: a trained teacher of that school for every one of the models, on all of these days."""
        badges = {self.models[model].badge for model in models}
        trained = all(self.model.skills.holds(person, badge, first, last) for badge in badges)
        return trained and self.model.standing.teaches_at(person, school, first, last)

    def return_day_is_fine(self, last: date) -> bool:
        return last >= self.model.today and self.model.calendar.is_open(last)

    def days_are_fine(self, models: Iterable[str], first: date, last: date, was: date | None = None) -> bool:
        """`was` is the pick-up day that it has already, and may keep."""
        today, calendar = self.model.today, self.model.calendar
        if last < first or not self.return_day_is_fine(last) or any((last - first).days >= self.models[m].days for m in models):
            return False
        notice = max(((calendar.after(today, self.models[m].notice) or [date.min])[-1] for m in models), default=date.min)
        return first == was or (first >= today and calendar.is_open(first) and first >= notice)

    def is_lost_to(self, loan: Loan, line: Line) -> bool:
        """Whether the item of a line ahead will not be there: out of lending, or with another school."""
        return line.item in self.retired or self.holder(line.item, line.id) is not None

    def will_not_be_there(self) -> list[tuple[Loan, Line]]:
        """Lines ahead whose item is out of lending, or late with another school."""
        today = self.model.today
        late = {line.item for loan, line in self.live() if line.state == "out" and loan.last < today}
        ahead = [(loan, line) for loan, line in self.live() if line.state in AHEAD and loan.last >= today]
        return [
            (loan, line) for loan, line in ahead if line.item in self.retired or (line.item in late and loan.first <= today + LATE_BLOCKS)
        ]

    def is_out_of_luck(self, line: Line) -> bool:
        """Whether no item is free on the days that are left of a line."""
        left = {day for day in line.claims if day >= self.model.today}
        return bool(left) and not self.free(line.model, left)

    def take_over(self, items: dict[int, str], turnarounds: dict[int, set[date]] | None, by: str | None) -> None:
        """Lines ahead got other items: only such as are there, and free on all of the days that are left. Where turnaround was
        reckoned anew, each line has the days that it needs, but those that are another's claim."""
        swapped = [(line, items[line.id]) for _, line in self.live() if items.get(line.id, line.item) != line.item]
        for line, item in swapped:
            if line.state not in AHEAD or item in self.retired:
                raise Broken(f"Line {line.id} is {line.state} with {line.item}, and was given {item}.")
            line.item, line.state = item, "reserved"
            line.claims = {day: claim for day, claim in line.claims.items() if day >= self.model.today}
        if turnarounds is not None:
            self._reckon(turnarounds, by)
        for line, item in swapped:
            if not self.is_free(item, set(line.claims), [line.id]):
                raise Broken(f"Line {line.id} was given {item}, which isn't free on its days.")
        self.model.record(by, "item replaced", len(swapped))

    def _reckon(self, turnarounds: dict[int, set[date]], by: str | None) -> None:
        reckoned = [(loan, line) for loan, line in self.live() if line.state != "in_check" and loan.last >= self.model.today]
        changed = False
        for _, line in reckoned:
            was, now = {day for day, claim in line.claims.items() if claim == "turnaround"}, turnarounds.get(line.id, set())
            changed |= was != now
            line.claims = {day: claim for day, claim in line.claims.items() if claim == "loan"} | dict.fromkeys(now, "turnaround")
        for loan, line in reckoned:
            needed, has = set(self.turnaround(line.model, loan.last)), turnarounds.get(line.id, set())
            others = {day for _, other in self.live() if other.item == line.item and other.id != line.id for day in other.claims}
            # On an item that is out of lending, what was in the way may have moved on since.
            if has - needed or (needed - has - others and line.item not in self.retired):
                raise Broken(f"Line {line.id} needs turnaround on {sorted(needed)} and has {sorted(has)}.")
        self.model.record(by, "turnaround changed", changed)

    def all_have_another_item(self) -> None:
        """Whoever's item is out of lending, or late with another school, has another one wherever one is free."""
        for loan, line in self.will_not_be_there():
            if self.is_lost_to(loan, line) and not self.is_out_of_luck(line):
                raise Broken(f"{loan.name} is left with {line.item}, and another is free.")

    def all_have_another_item_of(self, item: str) -> None:
        for loan, line in self.will_not_be_there():
            if line.item == item and not self.is_out_of_luck(line):
                raise Broken(f"{loan.name} is left with {item}, and another is free.")

    def retire(self, item: str, by: str) -> None:
        self.retired.add(item)
        self.model.record(by, "item taken out of lending")

    def may_retire(self, item: str) -> bool:
        return item not in self.retired and self.holder(item) is None

    def claim_all(self, loan: Loan, line: Line) -> None:
        line.claims = dict.fromkeys(span(loan.first, loan.last), "loan")
        line.claims |= dict.fromkeys(self.turnaround(line.model, loan.last), "turnaround")

    def at_risk(self, person: str) -> None:
        """A badge or an appointment of theirs ended: of what they answer for and may no more, they must be told."""
        today = self.model.today
        for loan in self.loans.values():
            open_lines = loan.having(*AHEAD, "out")
            if loan.responsible == person and loan.last >= today and open_lines:
                models = {line.model for line in open_lines}
                if not self.may_answer(person, loan.school, models, max(today, loan.first), loan.last):
                    self.model.must_know.add((person, loan.name))
