"""What later rooms give to earlier ones, filled by wsgi.py in plain sight.

A contribution is a plain function; it runs in the transaction of whoever calls it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# (standing, now) -> list of template names with their values, for a person's home
home_cards: list[Callable[..., Any]] = []
# (person, now) -> list of icalendar events for their feed
feed_events: list[Callable[..., Any]] = []
# (person ids, badge) -> by person, the share of a series' minutes that they attended (0–100)
attendance_facts: list[Callable[..., Any]] = []
# (people, now) -> None, when an award or an appointment of theirs ended or began
standing_changed: list[Callable[..., Any]] = []
# (now) -> None, what the worker does on each of its rounds
worker_rounds: list[Callable[..., Any]] = []
# by name, (district, today, now) -> None, what it does once on each day of a district
daily_rounds: dict[str, Callable[..., Any]] = {}


@dataclass(frozen=True)
class Card:
    """A part of somebody's home: a template of the room that gives it, and the values it shows."""

    template: str
    values: dict[str, Any]
