"""Taking an item out of lending, and bringing it back."""

from collections.abc import Callable
from random import Random
from typing import Any

from inventory.equipment import Item
from inventory.upkeep import bring_back, take_out_of_lending
from tests.years.act import Act, Kind, Thought, kind
from tests.years.acts.depot import KEEPERS
from tests.years.model import Model
from tests.years.world import World


class OfAnItem(Kind):
    def lends(self, model: Model, act: Act) -> bool:
        return model.standing.has(act.by, model.today, "equipment_manager")

    def says(self, act: Act) -> str:
        return f"{self.name}: {act['item']}"


@kind
class TakingOut(OfAnItem):
    name, weight = "take out of lending", 5

    def think(self, model: Model, dice: Random) -> Thought | None:
        return dice.choice(KEEPERS), {"item": dice.choice(list(model.shelf.items))}

    def expected(self, model: Model, act: Act) -> bool:
        return self.lends(model, act) and model.shelf.may_retire(act["item"])

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        by, item = world.opens("inventory.create_item_retirement", act.by).person, world.get(Item, act["item"])

        def verb() -> dict[int, str]:
            take_out_of_lending(item, reason="Noisy", by=by, now=world.now)
            return world.items()

        return verb

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.shelf.retire(act["item"], act.by)
        model.shelf.take_over(answer, None, act.by)
        model.shelf.all_have_another_item_of(act["item"])


@kind
class BringingBack(OfAnItem):
    name, weight = "bring back", 12

    def think(self, model: Model, dice: Random) -> Thought | None:
        gone = sorted(model.shelf.retired)
        if not gone and dice.random() < 0.8:
            return None
        return dice.choice(KEEPERS), {"item": dice.choice(gone or list(model.shelf.items))}

    def expected(self, model: Model, act: Act) -> bool:
        return self.lends(model, act) and act["item"] in model.shelf.retired

    def ready(self, world: World, act: Act) -> Callable[[], Any]:
        by, item = world.opens("inventory.create_item_revival", act.by).person, world.get(Item, act["item"])
        return lambda: bring_back(item, by=by, now=world.now)

    def happened(self, model: Model, act: Act, answer: Any) -> None:
        model.shelf.retired.discard(act["item"])
        model.record(act.by, "item brought back into lending")
