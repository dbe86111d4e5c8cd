"""What later rooms give to earlier ones, filled by wsgi.py in plain sight.

A contribution is a plain function; it runs in the transaction of whoever calls it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
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
# the pages that keep a district's settings, and those of a person's own account
settings_pages: list["Place"] = []
account_pages: list["Place"] = []
# (district, now) -> list of Step: what a new district still needs before its first loan
setup_steps: list[Callable[..., Any]] = []
# (person ids, day, now) -> list of Touch: what waits for these people after that day, for who is about to end them
leaving_touches: list[Callable[..., Any]] = []
# (times) -> select of the ids of people whom a record within its time still names
named_still: list[Callable[..., Any]] = []
# (district, now) -> list of Touch: what of the old year is still open when a new one is prepared
year_end_touches: list[Callable[..., Any]] = []
# (district, days, now) -> list of Touched: what stands on days that somebody is about to close
days_closing: list[Callable[..., Any]] = []
# (series, now) -> list of Touched: what canceling the series would touch outside of it, for who is about to
canceling_touches: list[Callable[..., Any]] = []
# (district, by, now) -> None, when days were closed or opened again
open_days_changed: list[Callable[..., Any]] = []
# (school, day, now) -> list of Touched: what goes on at a school from the day it closes
school_closing: list[Callable[..., Any]] = []

# (places, by, now) -> by place, what is owed for it in cents, when seats of one series that has a price are held
seats_held: list[Callable[..., Any]] = []
# (people, series, now) -> by person, what a seat that has a price would cost them if they took one in this order, and who pays the rest,
# for the page that says so before
seat_costs: list[Callable[..., Any]] = []
# (places, why, by, now) -> None, when places in series ended: withdrawn, canceled, lapsed, or merged into another of the person's
places_ended: list[Callable[..., Any]] = []

# (place, successor, by, now) -> None, when a colleague took the seat of somebody
seat_handed_on: list[Callable[..., Any]] = []

# (person, school, skill, day) -> Gain: what a badge of somebody would add to the coverage of their school
coverage_gains: list[Callable[..., Any]] = []

# (kept, merged, now) -> list of Collision: what two records of one person can't both have, by room
merge_collisions: list[Callable[..., Any]] = []
# (kept, now) -> None, when what another record had has become theirs
people_merged: list[Callable[..., Any]] = []


@dataclass(frozen=True)
class Collision:
    """Where two records of one person meet: what is the case and what becomes of it, in a sentence of N_ with its values, and
    the function of (by, now) that does it. Without one there is nothing that can be done, and the two stay apart."""

    says: str
    solve: Callable[..., None] | None
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Gain:
    """A school's coverage of a skill in percent, to one decimal, as it is and with one person more; and its target."""

    now_percent: Any
    with_percent: Any
    target: int | None


@dataclass(frozen=True)
class Place:
    """A page in a list of pages: its name, one sentence on what it does and whom it touches, and whose it is."""

    title: Any
    says: Any
    endpoint: str
    opens: Callable[..., bool]


@dataclass(frozen=True)
class Step:
    """One thing that a district needs: what, why, where it is done, and whether it is there."""

    title: Any
    says: Any
    endpoint: str
    done: bool


@dataclass(frozen=True)
class Touched:
    """Something that a change would touch: what it is, its day, and the page that it stands on; and what would be with it, a
    sentence of N_ with its values, where that isn't plain."""

    what: str
    day: Any
    endpoint: str
    values: dict[str, Any]
    says: Any = None


@dataclass(frozen=True)
class Card:
    """A part of somebody's home: a template of the room that gives it, and the values it shows."""

    template: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Touch:
    """Something that a person answers for: what it is, and its page."""

    title: str
    says: Any
    endpoint: str
    values: dict[str, Any]
