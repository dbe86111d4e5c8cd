"""Rule 7: an award follows from its badge's rule, and ends with what it rested on."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.years.model import Model


@dataclass
class BadgeRule:
    """What a badge asks for; of its competencies, those named in `safety` are safety-critical."""

    name: str
    skill: str
    competencies: tuple[str, ...]
    safety: tuple[str, ...]
    months: int
    before: tuple[str, ...] = ()
    percent: int | None = None


@dataclass
class Signed:
    person: str
    competency: str
    day: date
    trainer: str
    stands: bool = True


@dataclass
class Held:
    person: str
    badge: str
    first: date
    last: date
    stands: bool = True

    def covers(self, day: date) -> bool:
        return self.stands and self.first <= day <= self.last

    @property
    def renewable_from(self) -> date:
        return self.last - min(timedelta(days=90), (self.last - self.first) // 2)


@dataclass
class Skills:
    model: "Model"
    badges: dict[str, BadgeRule] = field(default_factory=dict)
    signed: list[Signed] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)

    def badge_of(self, competency: str) -> BadgeRule:
        return next(badge for badge in self.badges.values() if competency in badge.competencies)

    def awards(self, person: str, badge: str) -> list[Held]:
        return [award for award in self.held if (award.person, award.badge) == (person, badge) and award.stands]

    def holds(self, person: str, badge: str, first: date, last: date) -> bool:
        """Whether one award holds on all of these days."""
        return any(award.covers(first) and award.covers(last) for award in self.awards(person, badge))

    def shown(self, person: str, badge: str, day: date, *, earlier: list[Held]) -> set[str]:
        """What counts as shown on that day. Once the earlier award can be renewed, what is safety-critical (all, where nothing
        is) counts from then on only."""
        rule, since = self.badges[badge], date.min
        if earlier and (lasting := max(earlier, key=lambda award: award.last)).renewable_from <= day:
            since = lasting.renewable_from
        anew = rule.safety or rule.competencies
        return {
            one.competency
            for one in self.signed
            if one.stands and one.person == person and one.competency in rule.competencies and one.day <= day
            if one.day >= since or one.competency not in anew
        }

    def begun(self, person: str, badge: str, day: date) -> list[Held]:
        return [award for award in self.awards(person, badge) if award.first <= day]

    def counts_as_shown(self, person: str, competency: str, day: date) -> bool:
        badge = self.badge_of(competency).name
        return competency in self.shown(person, badge, day, earlier=self.begun(person, badge, day))

    def _earned(self, person: str, badge: str, day: date) -> bool:
        rule, begun = self.badges[badge], self.begun(person, badge, day)
        if set(rule.competencies) - self.shown(person, badge, day, earlier=begun):
            return False
        if not all(self.holds(person, required, day, day) for required in rule.before):
            return False
        lasting = max(begun, key=lambda award: award.last, default=None)
        if lasting is not None and lasting.covers(day) and lasting.renewable_from > day:
            return False
        return rule.percent is None or self.model.places.share_attended(person, badge) >= rule.percent

    def follow(self, people: list[str], badge: str) -> None:
        """Awards that are earned now begin, then those that build on them."""
        day = self.model.today
        for person in people:
            if self._earned(person, badge, day):
                self.held.append(Held(person, badge, day, months_on(day, self.badges[badge].months)))
                self.model.record(None, "awarded")
                self.model.tell(person, "awarded")
                for later in self.badges.values():
                    if badge in later.before:
                        self.follow([person], later.name)

    def end_unearned(self, people: list[str], badge: str, since: date, by: str) -> None:
        """Awards begun since then whose rule isn't met any more end, then those that were built on them."""
        rule, ending = self.badges[badge], []
        for award in [award for person in people for award in self.awards(person, badge) if award.first >= since]:
            earlier = [one for one in self.awards(award.person, badge) if one.first < award.first]
            owed = set(rule.competencies) - self.shown(award.person, badge, award.first, earlier=earlier)
            absent = rule.percent is not None and self.model.places.share_attended(award.person, badge) < rule.percent
            if owed or absent:
                ending.append(award)
        self._end(ending, by)

    def _end(self, ending: list[Held], by: str) -> None:
        for award in ending:
            award.stands = False
            self.model.record(by, "award withdrawn")
            self.model.tell(award.person, "award_withdrawn")
        for award in ending:
            for later in [one for one in self.held if one.stands and one.person == award.person]:
                rests = award.badge in self.badges[later.badge].before and award.first <= later.first <= award.last
                if rests and not self.holds(later.person, award.badge, later.first, later.first):
                    self._end([later], by)
        for award in ending:
            self.model.shelf.at_risk(award.person)


def months_on(day: date, months: int) -> date:
    """The same day of a month so many on, or the last one that it has."""
    year, month = day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1
    for number in range(day.day, 27, -1):
        try:
            return date(year, month, number)
        except ValueError:
            continue
    return date(year, month, day.day)
