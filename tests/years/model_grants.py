"""What others pay of a seat, by rule 4: funding sources with a cap, and the district where a rule has no source. It is given when the
seat is taken, never more than a source has, and is there again when the place ends."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.years.model_money import Due

if TYPE_CHECKING:
    from tests.years.model import Model

# What no card can pay isn't asked for.
LEAST = 50


@dataclass(eq=False)
class Source:
    name: str
    cap: int
    ended: bool = False


@dataclass(eq=False)
class FundingRule:
    """It pays a share of the price in percent, or up to so many cents, for people of one school or everybody, of so many seats or all."""

    name: str
    series: str
    source: Source | None
    school: str | None
    percent: int | None
    most: int | None
    seats: int | None
    ended: bool = False

    def covers(self, price: int) -> int:
        return price * self.percent // 100 if self.percent is not None else min(self.most or 0, price)


@dataclass(eq=False)
class Given:
    due: Due
    rule: FundingRule
    cents: int
    returned: bool = False

    @property
    def kind(self) -> str:
        return "grant" if self.rule.source is not None else "waiver"


@dataclass
class Grants:
    model: "Model"
    sources: dict[str, Source] = field(default_factory=dict)
    rules: dict[str, FundingRule] = field(default_factory=dict)
    given: list[Given] = field(default_factory=list)

    def consumed(self, source: Source) -> int:
        return sum(one.cents for one in self.given if one.rule.source is source and not one.returned)

    def seats_used(self, rule: FundingRule) -> int:
        return sum(one.rule is rule and not one.returned for one in self.given)

    def _is_for(self, rule: FundingRule, person: str) -> bool:
        return rule.school is None or rule.school in {school for _, school in self.model.standing.roles(person, self.model.today)}

    def give(self, due: Due, most: int) -> int:
        """One rule after the other, each of what those before it left."""
        first = len(self.given)
        for rule in self.rules.values():
            gives = rule.series == due.place.series and not rule.ended and self._is_for(rule, due.place.person)
            gives = gives and (rule.source is None or not rule.source.ended)
            if not gives or (rule.seats is not None and self.seats_used(rule) >= rule.seats):
                continue
            left = most if rule.source is None else rule.source.cap - self.consumed(rule.source)
            cents = min(rule.covers(due.price), most, left)
            if cents > 0:
                most -= cents
                self.given.append(Given(due, rule, cents))
                due.entries.append((self.given[-1].kind, -cents))
        return sum(one.cents for one in self.given[first:])

    def open_order(self, due: Due) -> None:
        funded = self.give(due, due.price)
        if funded and 0 < due.price - funded < LEAST:
            due.entries.append(("credit", funded - due.price))

    def take_back(self, due: Due) -> None:
        for one in self.given:
            if one.due is due and not one.returned:
                one.returned = True
                due.entries.append((f"{one.kind}_back", one.cents))
