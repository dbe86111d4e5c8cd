"""Many measurements as few numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median


@dataclass(frozen=True)
class Figure:
    """The median, and what 95 of 100 stayed within: under it where less is better, over it for a rate."""

    median: float
    p95: float
    of: int


def figure(durations: Sequence[float]) -> Figure:
    """95 of 100 took no longer than p95."""
    return Figure(median(durations), _within(durations, 0.95), len(durations))


def rate(rates: Sequence[float]) -> Figure:
    """95 of 100 were no lower than p95."""
    return Figure(median(rates), _within(rates, 0.05), len(rates))


def _within(measured: Sequence[float], share: float) -> float:
    """One that was measured, and such a share of them at or under it."""
    return sorted(measured)[max(0, ceil(share * len(measured)) - 1)]
