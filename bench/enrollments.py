"""(a) Completed enrollments: the series page, the POST, the page that confirms it; mail queued, signed in beforehand. The product
and bare.py take turns, a second each, so that whatever else the machine does meets both.

    python -m bench.enrollments             on PostgreSQL
    python -m bench.enrollments sqlite      on SQLite
"""

import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, islice
from threading import Barrier

from click import progressbar

from bench.crowd import a_crowd, series_of
from bench.databases import database, execute, postgresql
from bench.figures import Figure, figure, rate
from bench.served import Served, flask, product, serving, serving_bare
from bench.visitor import NoAnswer, Visitor

SEATS_FOR_ALL = 1_000_000
# Turns that aren't counted, until templates are compiled and connections are open.
WARM = 3
_ACTION = re.compile(rb'action="?(/series/\d+/enroll\w*)')
_DONE = re.compile(rb"You(?:'|&#39;)re enrolled")


@dataclass(frozen=True)
class Load:
    """How much is asked for: turns of so many enrollments by so many clients; and a crowd for fewer seats, so many times."""

    turns: int = 50
    enrollments: int = 48
    clients: int = 16
    crowds: int = 3
    people: int = 600
    seats: int = 200
    # As many as bare.py has.
    series: int = 50


@dataclass(frozen=True)
class Turn:
    """What one contestant did in one turn."""

    seconds: float
    client_seconds: float
    web_seconds: float
    waits: list[float]
    enrolled: int

    @property
    def per_second(self) -> float:
        return len(self.waits) / self.seconds


@dataclass(frozen=True)
class Compared:
    """The product's figures beside the yardstick's, per second, and in seconds; `share` is the product's rate over the yardstick's,
    turn by turn; `client` the part of the machine that the clients took, `web_ms` what a person costs the web workers."""

    product: Figure
    bare: Figure
    share: Figure
    product_wait: Figure
    bare_wait: Figure
    product_client: float
    bare_client: float
    product_web_ms: float
    bare_web_ms: float


@dataclass(frozen=True)
class Enrollments:
    database: str
    load: Load
    steady: Compared
    crowd: Compared


class Contestant:
    """One of the two: who comes (by their cookies), and the series with a seat for everybody."""

    def __init__(self, name: str, served: Served, cookies: Sequence[str], series: Sequence[int]) -> None:
        self.name, self.served, self.cookies = name, served, cookies
        self.places = _places(cookies, series)

    def steady_turn(self, load: Load) -> Turn:
        """A few clients, each with the next person as soon as the one before has their seat."""
        queue = iter(list(islice(self.places, load.enrollments)))
        turn = self._turn([queue] * load.clients)
        if turn.enrolled != load.enrollments:
            raise NoAnswer(f"{self.name} enrolled {turn.enrolled} of {load.enrollments}, and had a seat for everybody")
        return turn

    def crowded_turn(self, load: Load, series_id: int) -> Turn:
        """Everybody at the same moment."""
        turn = self._turn([iter([(cookie, series_id)]) for cookie in self.cookies])
        if turn.enrolled != load.seats:
            raise NoAnswer(f"{self.name} gave {turn.enrolled} people one of {load.seats} seats")
        return turn

    def _turn(self, queues: list[Iterator[tuple[str, int]]]) -> Turn:
        """A client per queue, all from the same moment on."""
        began: list[float] = []
        barrier = Barrier(len(queues), action=lambda: began.extend(self._spent()))

        def client(queue: Iterator[tuple[str, int]]) -> list[tuple[float, bool]]:
            barrier.wait()
            return [_enroll(self.served.port, cookie, series_id) for cookie, series_id in queue]

        with ThreadPoolExecutor(len(queues)) as pool:
            told = [one for answers in pool.map(client, queues) for one in answers]
        seconds, client_seconds, web_seconds = (now - before for now, before in zip(self._spent(), began, strict=True))
        return Turn(seconds, client_seconds, web_seconds, [waited for waited, _ in told], sum(enrolled for _, enrolled in told))

    def _spent(self) -> tuple[float, float, float]:
        """So far: seconds, those of a processor that the clients took, and those that the web workers took."""
        return time.perf_counter(), time.process_time(), self.served.processor_seconds()


def _places(cookies: Sequence[str], series: Sequence[int]) -> Iterator[tuple[str, int]]:
    """One person after the other to one series after the other, and nobody to the same one twice."""
    for n in range(len(cookies) * len(series)):
        yield cookies[n % len(cookies)], series[(n + n // len(cookies)) % len(series)]


def _enroll(port: int, cookie: str, series_id: int) -> tuple[float, bool]:
    """Somebody looks at the series, takes a seat and reads that they have it: how long that took, and whether they do."""
    began = time.perf_counter()
    with Visitor(port, cookie) as visitor:
        page = visitor.get(f"/series/{series_id}")
        if page.status != 200:
            raise NoAnswer(f"series {series_id} answered {page.status}")
        action = _ACTION.search(page.page)
        if action is None:
            # Full already, and the page says so.
            return time.perf_counter() - began, False
        answer = visitor.post(action[1].decode(), page.token)
        if answer.status == 409:
            return time.perf_counter() - began, False
        if answer.status != 303:
            raise NoAnswer(f"enrolling answered {answer.status}")
        confirmed = visitor.get(answer.location)
    if not _DONE.search(confirmed.page):
        raise NoAnswer("nothing says that they are enrolled")
    return time.perf_counter() - began, True


@contextmanager
def _both(server: str, load: Load) -> Iterator[tuple[Contestant, Contestant, Callable[[], tuple[int, int]]]]:
    """The product and the yardstick, each on a database of its own there; and what makes a series with few seats in both."""
    with database(server) as our_url, database(server) as bare_url:
        flask(our_url, "prepare")
        app = product(our_url)
        crowd, series = a_crowd(app, load.people), series_of(app, load.series, SEATS_FOR_ALL)
        with serving(our_url, f"/series/{series[0]}") as ours, serving_bare(bare_url) as bare:
            numbers = count(1001)

            def with_few_seats() -> tuple[int, int]:
                number = next(numbers)
                execute(bare_url, f"INSERT INTO bare_series (id, seats) VALUES ({number}, {load.seats})")
                return series_of(app, 1, load.seats)[0], number

            strangers, its_own = [""] * load.people, range(1, load.series + 1)
            yield Contestant("MakerPD", ours, crowd, series), Contestant("bare.py", bare, strangers, its_own), with_few_seats


def compare(server: str, load: Load) -> Enrollments:
    """On that PostgreSQL server, or on files where it is 'sqlite'."""
    kind = "SQLite" if server == "sqlite" else "PostgreSQL"
    with _both(server, load) as (ours, bare, with_few_seats):
        for _ in range(WARM):
            ours.steady_turn(load), bare.steady_turn(load)
        steady, crowds = [], []
        with progressbar(range(load.turns), label=f"{load.clients} clients enroll, {kind}") as turns:
            steady = [(ours.steady_turn(load), bare.steady_turn(load)) for _ in turns]
        with progressbar(range(load.crowds), label=f"{load.people} people for {load.seats} seats, {kind}") as turns:
            for _ in turns:
                our_series, bare_series = with_few_seats()
                crowds.append((ours.crowded_turn(load, our_series), bare.crowded_turn(load, bare_series)))
    return Enrollments(kind, load, _compared(steady), _compared(crowds))


def _compared(turns: list[tuple[Turn, Turn]]) -> Compared:
    ours, bare = [mine for mine, _ in turns], [theirs for _, theirs in turns]
    return Compared(
        product=rate([turn.per_second for turn in ours]),
        bare=rate([turn.per_second for turn in bare]),
        share=rate([mine.per_second / theirs.per_second for mine, theirs in turns]),
        product_wait=figure([waited for turn in ours for waited in turn.waits]),
        bare_wait=figure([waited for turn in bare for waited in turn.waits]),
        product_client=_client_share(ours),
        bare_client=_client_share(bare),
        product_web_ms=_web_ms(ours),
        bare_web_ms=_web_ms(bare),
    )


def _client_share(turns: list[Turn]) -> float:
    """How much of the machine the clients themselves took, of all its cores."""
    return sum(turn.client_seconds for turn in turns) / sum(turn.seconds for turn in turns) / (os.cpu_count() or 1)


def _web_ms(turns: list[Turn]) -> float:
    return 1000 * sum(turn.web_seconds for turn in turns) / sum(len(turn.waits) for turn in turns)


def main(server: str, load: Load = Load()) -> None:
    """The figures in words."""
    found = compare(server, load)
    for what, compared in ("steady", found.steady), ("crowd", found.crowd):
        print(
            f"{found.database}, {what}: MakerPD {compared.product.median:.1f} a second ({compared.product.p95:.1f}), bare.py"
            f" {compared.bare.median:.1f} ({compared.bare.p95:.1f}): {compared.share.median:.0%} of it ({compared.share.p95:.0%});"
            f" a person waits {compared.product_wait.median * 1000:.0f} ms ({compared.product_wait.p95 * 1000:.0f}), there"
            f" {compared.bare_wait.median * 1000:.0f} ({compared.bare_wait.p95 * 1000:.0f});"
            f" a person costs the web workers {compared.product_web_ms:.1f} ms of a processor, there {compared.bare_web_ms:.1f};"
            f" the clients took {compared.product_client:.0%} of the machine, and {compared.bare_client:.0%}"
        )


if __name__ == "__main__":
    if sys.argv[1:] == ["sqlite"]:
        main("sqlite")
    else:
        with postgresql() as url:
            main(url)
