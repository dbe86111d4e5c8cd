"""(b) Pages on big data: one after the other at each size, in turns, as ratios to the demo's time in the same turn.

python -m bench.pages [demo city state …]
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from click import progressbar

from bench.databases import postgresql
from bench.figures import Figure, figure
from bench.plans import Scan, rows_of, sequential_scans
from bench.sizes import SIZES, Loaded, Size, grown_to_country, loaded, served_at
from bench.visitor import Visitor

TURNS, WARM = 60, 8
IN_A_COUNTRY = ("staff finder", "staff finder, a badge", "staff finder, a name", "a school")


@dataclass(frozen=True)
class Timed:
    """A page at a size, in seconds, and how many times the demo's time that is."""

    page: str
    size: str
    seconds: Figure
    times: Figure


@dataclass(frozen=True)
class Pages:
    loading: dict[str, float]
    timed: list[Timed]
    scans: dict[str, list[Scan]]


def measure(server: str, names: Sequence[str], turns: int = TURNS) -> Pages:
    """The first size is what the others are compared to. The country is the city's database, grown once the city is measured."""
    with loaded(server, [name for name in names if name != "country"]) as sizes:
        found = _measured(sizes, turns)
        if "country" not in names:
            return found
        beyond = _measured([sizes[0], grown_to_country(next(size for size in sizes if size.name == "city"))], turns, IN_A_COUNTRY)
    of_it = [timed for timed in beyond.timed if timed.size == "country"]
    return Pages(found.loading | beyond.loading, found.timed + of_it, found.scans | beyond.scans)


def _measured(sizes: Sequence[Loaded], turns: int, only: Sequence[str] = ()) -> Pages:
    """These pages of them, or all."""
    with served_at(sizes) as served:
        names = only or list(served[0].pages)
        timed = [one for name in names for one in time_page(name, served, turns)]
        rows = rows_of(served[0].app)
        scans = {
            size.name: [scan for name in names for scan in sequential_scans(size.app, name, size.pages[name], rows)] for size in served[1:]
        }
    return Pages({size.name: size.seconds for size in sizes}, timed, scans)


def time_page(name: str, sizes: list[Size], turns: int, *, warm: int = WARM) -> list[Timed]:
    """Every other turn the other way round, so that none of them always comes after the largest."""
    seconds: list[list[float]] = [[] for _ in sizes]
    with progressbar(range(warm + turns), label=f"{name} at {', '.join(size.name for size in sizes)}") as bar:
        for turn in bar:
            for at in range(len(sizes))[:: 1 if turn % 2 else -1]:
                seconds[at].append(_seconds(sizes[at], name))
    demo, *_ = counted = [measured[warm:] for measured in seconds]
    return [
        Timed(name, size.name, figure(measured), figure([here / there for here, there in zip(measured, demo, strict=True)]))
        for size, measured in zip(sizes, counted, strict=True)
    ]


def _seconds(size: Size, name: str) -> float:
    page = size.pages[name]
    with Visitor(size.served.port, page.cookie) as visitor:
        return visitor.seconds_for(page.path)


def main(names: Sequence[str]) -> None:
    with postgresql() as server:
        found = measure(server, names)
    for timed in found.timed:
        seconds, times = timed.seconds, timed.times
        print(f"{timed.page}, {timed.size}: {seconds.median * 1000:.1f} ms ({seconds.p95 * 1000:.1f}), {times.median:.2f} times the demo's")
    for name, scans in found.scans.items():
        for scan in scans:
            print(f"{name}, {scan.page}: reads all {scan.rows} rows of {scan.table}: {scan.statement}")


if __name__ == "__main__":
    main(sys.argv[1:] or SIZES)
