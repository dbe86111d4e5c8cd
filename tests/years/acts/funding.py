"""Who else pays for seats: funding sources with their caps, and the rules of which seats they pay."""

from collections.abc import Callable
from datetime import date
from random import Random
from typing import Any

from seminar.money.funding_rule import FundingRule, Terms, add_rule, end_rule
from seminar.money.funding_source import FundingSource, end_source, save_source
from seminar.series.series import Series
from tests.years.act import Act, Kind, Thought, kind
from tests.years.acts.giving_back import OFFICE
from tests.years.acts.planning import open_series
from tests.years.acts.purchasing import school_of
from tests.years.model import Model
from tests.years.model_grants import FundingRule as Rules
from tests.years.model_grants import Source
from tests.years.world import World

CAPS = [4_000, 12_000, 20_010, 40_000]
DAYS = date(2026, 8, 1), date(2027, 8, 31)
# Percent, or up to so many cents.
PARTS = [(100, None), (100, None), (50, None), (33, None), (None, 5_000), (None, 11_960)]


class Funding(Kind):
    route = ""
    races = False

    def expected(self, model: Model, act: Act) -> bool:
        return model.standing.has(act.by, model.today, "program_manager") and self.may(model, act)

    def may(self, model: Model, act: Act) -> bool:
        return True

    def needs(self, what: dict[str, Any]) -> tuple[str, ...]:
        return tuple(what[name] for name in ("series", "source", "rule") if what.get(name))

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        return self.verb(world, act, {"by": world.opens(self.route, act.by).person, "now": world.now})

    def verb(self, world: World, act: Act, who: dict[str, Any]) -> Callable[[], Any]:
        raise NotImplementedError


@kind
class AddingASource(Funding):
    name, weight, route = "add a source", 6, "money.create_funding_source"

    def think(self, model: Model, dice: Random) -> Thought | None:
        going = [one for one in model.grants.sources.values() if not one.ended]
        return (dice.choice(OFFICE), {"cap": dice.choice(CAPS)}) if len(going) < 3 else None

    def verb(self, world: World, act: Act, who: dict[str, Any]) -> Callable[[], Any]:
        source, named = FundingSource(district_id=world.id_of("district", "Year")), {"name": "Title II", "code": f"F{act.number}"}
        return lambda: save_source(source, **named, cap_cents=act["cap"], days=DAYS, **who) or source.id

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.grants.sources[f"F{act.number}"] = Source(f"F{act.number}", act["cap"])
        model.made["funding_source", f"F{act.number}"] = answer
        model.record(act.by, "funding source added")

    def says(self, act: Act) -> str:
        return f"adds the funding source F{act.number} of {act['cap']} cents"


class OfASource(Funding):
    def think(self, model: Model, dice: Random) -> Thought | None:
        found = list(model.grants.sources.values())[-4:]
        return (dice.choice(OFFICE), {"source": dice.choice(found).name, "cap": dice.choice(CAPS)}) if found else None

    def says(self, act: Act) -> str:
        return f"{self.name}: {act['source']}, {act['cap']} cents"


@kind
class ChangingACap(OfASource):
    name, weight, route = "change a cap", 3, "money.save_funding_source"

    def may(self, model: Model, act: Act) -> bool:
        return bool(act["cap"] >= model.grants.consumed(model.grants.sources[act["source"]]))

    def verb(self, world: World, act: Act, who: dict[str, Any]) -> Callable[[], Any]:
        source = world.get(FundingSource, act["source"])
        return lambda: save_source(source, name=source.name, code=source.code, cap_cents=act["cap"], days=DAYS, **who)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.grants.sources[act["source"]].cap = act["cap"]
        model.record(act.by, "funding source changed")


@kind
class EndingASource(OfASource):
    name, weight, route = "end a source", 1, "money.create_funding_ending"

    def may(self, model: Model, act: Act) -> bool:
        return not model.grants.sources[act["source"]].ended

    def verb(self, world: World, act: Act, who: dict[str, Any]) -> Callable[[], Any]:
        source = world.get(FundingSource, act["source"])
        return lambda: end_source(source, reason="Spent otherwise", **who)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.grants.sources[act["source"]].ended = True
        model.record(act.by, "funding source ended")


@kind
class FundingSeats(Funding):
    name, weight, route = "fund seats", 30, "money.create_funding_rule"

    def think(self, model: Model, dice: Random) -> Thought | None:
        priced = [run for run in open_series(model) if run.price]
        sources = [one.name for one in model.grants.sources.values() if not one.ended or dice.random() < 0.1]
        if not priced or not sources:
            return None
        percent, most = dice.choice(PARTS)
        what = {"series": dice.choice(priced).name, "source": dice.choice([*sources, *sources, None]), "percent": percent, "most": most}
        return dice.choice(OFFICE), {**what, "school": dice.choice([None, None, "North"]), "seats": dice.choice([None, None, 1, 2])}

    def may(self, model: Model, act: Act) -> bool:
        return act["source"] is None or not model.grants.sources[act["source"]].ended

    def verb(self, world: World, act: Act, who: dict[str, Any]) -> Callable[[], Any]:
        series, school = world.get(Series, act["series"]), school_of(world, act["school"])
        source = world.get(FundingSource, act["source"]) if act["source"] else None
        terms = Terms(source, "school" if school else "everybody", school, act["percent"], act["most"], act["seats"])
        return lambda: add_rule(series, terms, **who).id

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        # Pressed again, there are two.
        name = f"R{act.number}" if f"R{act.number}" not in model.grants.rules else f"R{act.number}.2"
        source = model.grants.sources[act["source"]] if act["source"] else None
        model.grants.rules[name] = Rules(name, act["series"], source, act["school"], act["percent"], act["most"], act["seats"])
        model.made["funding_rule", name] = answer
        model.record(act.by, "funding rule added")

    def says(self, act: Act) -> str:
        part = f"{act['percent']} percent" if act["percent"] else f"up to {act['most']} cents"
        whose = f"{act['seats'] or 'all'} seats of {act['school'] or 'everybody'}"
        return f"has {act['source'] or 'the district'} pay {part} of {whose} in {act['series']} (R{act.number})"


@kind
class EndingARule(Funding):
    name, weight, route = "end a funding rule", 2, "money.create_rule_ending"

    def think(self, model: Model, dice: Random) -> Thought | None:
        found = list(model.grants.rules)[-4:]
        return (dice.choice(OFFICE), {"rule": dice.choice(found)}) if found else None

    def may(self, model: Model, act: Act) -> bool:
        return not model.grants.rules[act["rule"]].ended

    def verb(self, world: World, act: Act, who: dict[str, Any]) -> Callable[[], Any]:
        rule = world.get(FundingRule, act["rule"])
        return lambda: end_rule(rule, reason="Spent otherwise", **who)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.grants.rules[act["rule"]].ended = True
        model.record(act.by, "funding rule ended")

    def says(self, act: Act) -> str:
        return f"ends the funding rule {act['rule']}"
