"""What must be so, by the plain words of product.md: dicts and sets, and nothing of the product's code.

It is told what happened and says what may happen next. What it covers, by the number of the rule: 1 and 2 (places), 5 and 6
(loans), 7 (skills), 8 (who did what), 9 (mail), 10 (standing); 3 (the line) and approvals with the places, and 4 (money).
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.years.model_approvals import Approvals
from tests.years.model_grants import Grants
from tests.years.model_loans import Shelf
from tests.years.model_money import Money
from tests.years.model_places import Places
from tests.years.model_po import PurchaseOrders
from tests.years.model_skills import Skills

ZONE = ZoneInfo("America/Los_Angeles")
AT_A_SCHOOL = ("teacher", "maker_contact", "principal", "coach")


@dataclass
class Appointed:
    """A role of a person at a school (None: in the district), from a day until a day."""

    person: str
    role: str
    school: str | None
    first: date
    last: date | None = None

    def holds(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)

    def lasts_beyond(self, day: date) -> bool:
        return self.last is None or self.last > day


@dataclass
class Leaving:
    """That a person left: what ended, and what its last day was before."""

    person: str
    last: date
    before: list[tuple[Appointed, date | None]]


class Standing:
    """Rule 10: who somebody is on a day."""

    def __init__(self) -> None:
        self.appointments: list[Appointed] = []
        self.leavings: list[Leaving] = []
        self.cleared: dict[tuple[str, str], tuple[date, date | None]] = {}

    def roles(self, person: str, day: date) -> set[tuple[str, str | None]]:
        return {(a.role, a.school) for a in self.appointments if a.person == person and a.holds(day)}

    def has(self, person: str, day: date, *roles: str) -> bool:
        return any(role in roles for role, _ in self.roles(person, day))

    def lends_for(self, person: str, school: str, day: date) -> bool:
        mine = self.roles(person, day)
        whole = any(role in ("equipment_manager", "program_manager") for role, _ in mine)
        return whole or any(at == school and role in ("maker_contact", "principal", "coach") for role, at in mine)

    def is_cleared(self, person: str, skill: str, day: date) -> bool:
        first, last = self.cleared.get((person, skill), (date.max, None))
        return first <= day and (last is None or day <= last)

    def teaches_at(self, person: str, school: str, first: date, last: date) -> bool:
        """Whether one appointment as a teacher there holds on all of these days."""
        mine = [a for a in self.appointments if (a.person, a.role, a.school) == (person, "teacher", school)]
        return any(a.holds(first) and a.holds(last) for a in mine)


@dataclass
class Calendar:
    """The days on which the depot is open."""

    weekdays: str = "12345"
    closed: set[date] = field(default_factory=set)
    otherwise: dict[date, bool] = field(default_factory=dict)

    def is_open(self, day: date) -> bool:
        return self.otherwise.get(day, day not in self.closed and str(day.isoweekday()) in self.weekdays)

    def after(self, day: date, count: int) -> list[date]:
        """The days that follow, through the count-th open one."""
        days: list[date] = []
        while sum(map(self.is_open, days)) < count:
            days.append(day + timedelta(days=len(days) + 1))
        return days


class Model:
    """The whole of it. `told` and `recorded` is what mail and trail must have got since they were last compared."""

    def __init__(self) -> None:
        self.now = datetime.min.replace(tzinfo=ZONE)
        self.people: list[str] = []
        self.schools: list[str] = []
        self.standing = Standing()
        self.calendar = Calendar()
        self.places = Places(self)
        self.approvals = Approvals(self)
        self.money = Money(self)
        self.grants = Grants(self)
        self.purchase_orders = PurchaseOrders(self)
        self.skills = Skills(self)
        self.shelf = Shelf(self)
        self.told: Counter[tuple[str, str]] = Counter()
        self.recorded: Counter[tuple[str | None, str]] = Counter()
        # Notices that are given once: what was told to whom already.
        self.noticed: set[tuple[object, ...]] = set()
        # The rounds of a day that were done, and loans about which somebody must have been told that they are at risk.
        self.day_begun: date | None = None
        self.must_know: set[tuple[str, str]] = set()
        # By table and name, the ids of what was made: the world learns them from here.
        self.made: dict[tuple[str, str], int] = {}
        # Places that followed from something else: the world looks for their rows.
        self.to_find: list[str] = []

    @property
    def today(self) -> date:
        return self.now.astimezone(ZONE).date()

    def there(self, name: str) -> bool:
        """Whether the record of that name was made."""
        known: list[Collection[str]] = [self.places.series, self.places.meetings, self.places.places, self.shelf.loans]
        known += [self.money.attempts, self.approvals.delegates, self.purchase_orders.orders, self.grants.sources, self.grants.rules]
        return any(name in those for those in known)

    def tell(self, person: str, mail: str) -> None:
        self.told[person, mail] += 1

    def tell_once(self, person: str, mail: str, about: object) -> None:
        if (person, mail, about) not in self.noticed:
            self.noticed.add((person, mail, about))
            self.tell(person, mail)

    def record(self, who: str | None, what: str, times: int = 1) -> None:
        if times:
            self.recorded[who, what] += times
