"""(c) What a worker takes: memory from its first pages on, and the time from the start of the server to its first page.

python -m bench.footprint
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from click import progressbar

from bench.databases import database, postgresql
from bench.figures import Figure, figure
from bench.served import Served, flask, product, serving, serving_bare
from bench.sizes import pages_of
from bench.visitor import Visitor

CLIENTS = 8
MIB = 1024 * 1024


@dataclass(frozen=True)
class Load:
    """So many starts; so many times the memory is read, with so many requests before each."""

    starts: int = 50
    readings: int = 50
    requests: int = 40


@dataclass(frozen=True)
class Taken:
    """By one worker, in bytes: `resident` is all that it has in memory (RSS), `own` that with only its part of what several processes
    share (PSS). The first of its readings and the last are told apart, so that what grows shows."""

    own: Figure
    resident: Figure
    first_own: float
    last_own: float
    requests: int


@dataclass(frozen=True)
class Footprint:
    product: Taken
    bare: Taken
    product_start: Figure
    bare_start: Figure


def measure(server: str, load: Load = Load()) -> Footprint:
    """The product on a demo district, and the yardstick, both on that server."""
    with database(server) as our_url, database(server) as bare_url:
        flask(our_url, "prepare")
        pages = [(page.path, page.cookie) for page in pages_of(product(our_url)).values()]
        starts: list[tuple[float, float]] = []
        with progressbar(range(load.starts), label="Starts") as bar:
            for _ in bar:
                with serving(our_url, "/seminars") as ours:
                    pass
                with serving_bare(bare_url) as bare:
                    pass
                starts.append((ours.seconds_to_first_page, bare.seconds_to_first_page))
        with serving(our_url, "/seminars") as ours, serving_bare(bare_url) as bare:
            product_taken = memory_of("MakerPD", ours, pages, load)
            bare_taken = memory_of("bare.py", bare, [(f"/series/{n}", "") for n in range(1, 11)], load)
    return Footprint(product_taken, bare_taken, figure([ours for ours, _ in starts]), figure([bare for _, bare in starts]))


def memory_of(name: str, served: Served, pages: list[tuple[str, str]], load: Load) -> Taken:
    """Every page is asked for in turn, from the first one after the start on."""
    own: list[float] = []
    resident: list[float] = []
    with progressbar(range(load.readings), label=f"Memory of {name}") as bar:
        for turn in bar:
            asked = [pages[(turn * load.requests + n) % len(pages)] for n in range(load.requests)]
            with ThreadPoolExecutor(CLIENTS) as pool:
                list(pool.map(lambda page: _ask(served.port, *page), asked))
            workers = [_memory(pid) for pid in served.workers()]
            own.append(mean(worker["Pss"] for worker in workers))
            resident.append(mean(worker["Rss"] for worker in workers))
    return Taken(figure(own), figure(resident), own[0], own[-1], load.readings * load.requests)


def _ask(port: int, path: str, cookie: str) -> None:
    with Visitor(port, cookie) as visitor:
        visitor.seconds_for(path)


def _memory(pid: int) -> dict[str, int]:
    """In bytes, by the names of proc_pid_smaps(5)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines}


def main() -> None:
    with postgresql() as server:
        found = measure(server)
    for name, taken, start in ("MakerPD", found.product, found.product_start), ("bare.py", found.bare, found.bare_start):
        print(
            f"{name}: a worker has {taken.own.median / MIB:.0f} MiB of its own ({taken.own.p95 / MIB:.0f}; the first reading"
            f" {taken.first_own / MIB:.0f}, the last {taken.last_own / MIB:.0f}), {taken.resident.median / MIB:.0f} resident;"
            f" the first page comes after {start.median:.2f} s ({start.p95:.2f})"
        )


if __name__ == "__main__":
    main()
