"""One thing that somebody does in a played year: plain values, so that it can be kept, told, dropped and done again.

A kind of act is a class with one instance. It thinks (from the model alone), says whether the rules let it happen, does it
through the product's verbs as its page does, and tells the model what came of it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.years.model import Model
    from tests.years.world import World

# What a think answers: who does it, and with what.
Thought = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Act:
    """`needs` are the records that it is about; without one of them there is nothing to do. `rival` is done at the same moment."""

    number: int
    at: datetime
    kind: str
    by: str
    what: dict[str, Any]
    needs: tuple[str, ...] = ()
    fault: str = ""
    rival: "Act | None" = field(default=None)

    def __getitem__(self, name: str) -> Any:
        return self.what[name]


class Kind:
    """A kind of act. What every kind answers alike stands here; `weight` is how often it is thought of."""

    name = ""
    weight = 1
    # Whether two can do it at the same moment, and how it can go wrong on its way.
    races, dies = True, True
    # Whether two are often after the same.
    contested = False

    def think(self, model: "Model", dice: Random) -> Thought | None:
        raise NotImplementedError

    def needs(self, what: dict[str, Any]) -> tuple[str, ...]:
        return tuple(what[name] for name in ("series", "meeting", "place", "loan") if name in what)

    def rival(self, model: "Model", act: Act, dice: Random) -> Thought | None:
        """What somebody else does at the same moment: the same button, pressed by another or again."""
        return act.by, act.what

    def expected(self, model: "Model", act: Act) -> bool:
        """Whether the rules and the table of who may let it happen now."""
        raise NotImplementedError

    def ready(self, world: "World", act: Act) -> Callable[[], Any]:
        """Load what the page loads and ask who may; answers the verb, which answers what the model is told."""
        raise NotImplementedError

    def happened(self, model: "Model", act: Act, answer: Any) -> None:
        raise NotImplementedError

    def says(self, act: Act) -> str:
        raise NotImplementedError

    def touches(self, act: Act) -> set[str]:
        """The names that its story is about."""
        return {act.by, *act.needs, *(value for value in act.what.values() if isinstance(value, str))}


KINDS: dict[str, Kind] = {}


def kind(cls: type[Kind]) -> type[Kind]:
    """Put a kind of act into the year."""
    KINDS[cls.name] = cls()
    return cls
