"""The two that are compared, each served by gunicorn with the product's own command line, and stopped with all that they started."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from flask import Flask

from bench.visitor import NoAnswer, Visitor
from seminar.ground.serve import commands
from seminar.ground.settings import settings_from
from tests.databases import free_port
from tests.stopping import stop_group
from wsgi import create_app

ROOT = Path(__file__).resolve().parents[1]
# A Tuesday, so that the demo's day is a school day whenever the bench runs.
DAY = "2027-03-02T08:30"
STARTED = time.time()
# Nothing takes this long on a machine that isn't overwhelmed.
PATIENCE_SECONDS = 300
# From PORT on, where it is given: nothing is served on the same one twice, so that no one waits for the last one's end.
_PORTS = count(int(os.environ["PORT"])) if "PORT" in os.environ else iter(free_port, None)


@dataclass(frozen=True)
class Served:
    port: int
    process: subprocess.Popen[bytes]
    seconds_to_first_page: float

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def processor_seconds(self) -> float:
        """What the workers that run now have taken of a processor (proc_pid_stat(5): utime and stime, after the name in brackets)."""
        times = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13] for pid in self.workers()]
        return sum(int(ticks) for both in times for ticks in both) / os.sysconf("SC_CLK_TCK")


def bare_folder() -> Path:
    """Where bare.py lies: beside the repository, or beside the folder of its worktrees."""
    folders = [parent / "shared" / "bench" for parent in ROOT.parents]
    found = next((folder for folder in folders if (folder / "bare.py").exists()), None)
    if found is None:
        sys.exit("The yardstick isn't there: ../shared/bench/bare.py, seen from the repository.")
    return found


def environment(database_url: str, port: int = 0) -> dict[str, str]:
    """What a process of the product gets. Its log is as quiet as `make run`'s, and the yardstick has none."""
    return os.environ | {
        "DATABASE_URL": database_url,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "BASE_URL": f"http://127.0.0.1:{port}",
        "SECRET_KEY": "only-for-the-bench-" * 3,
        "LOG_LEVEL": "WARNING",
        "MAKERPD_DEMO": "1",
        "MAKERPD_NOW": DAY,
        "MAKERPD_STARTED": str(STARTED),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def product(database_url: str) -> Flask:
    """The product in this process, on that database: to prepare people in it, and to read the statements of its pages."""
    return create_app(settings_from(environment(database_url), ROOT))


def flask(database_url: str, *arguments: str) -> None:
    """One of the product's commands; what it prints is shown."""
    subprocess.run([sys.executable, "-m", "flask", "--app", "wsgi", *arguments], cwd=ROOT, env=environment(database_url), check=True)


@contextmanager
def serving(database_url: str, first_page: str) -> Iterator[Served]:
    """The product, from its first page on."""
    with _served(database_url, ROOT, "wsgi:app", first_page) as served:
        yield served


@contextmanager
def serving_bare(database_url: str) -> Iterator[Served]:
    """The yardstick, with as many processes and threads and the same limits as the product."""
    with _served(database_url, bare_folder(), "bare:app", "/series/1") as served:
        yield served


@contextmanager
def _served(database_url: str, folder: Path, app: str, first_page: str) -> Iterator[Served]:
    port = next(_PORTS)
    given = environment(database_url, port)
    web = [*commands(given)[0][:-1], app]
    began = time.perf_counter()
    process = subprocess.Popen(web, cwd=folder, env=given, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        _wait_for(port, first_page, process)
        yield Served(port, process, time.perf_counter() - began)
    finally:
        stop_group(process)


def _wait_for(port: int, path: str, process: subprocess.Popen[bytes]) -> None:
    deadline, status = time.monotonic() + PATIENCE_SECONDS, 0
    while status == 0 and time.monotonic() < deadline and process.poll() is None:
        try:
            with Visitor(port) as visitor:
                status = visitor.get(path).status
        except (OSError, NoAnswer):
            time.sleep(0.005)
    if status != 200:
        sys.exit(f"What was to be measured doesn't show {path} ({status or 'no answer'}): {' '.join(map(str, process.args))}")  # type: ignore[arg-type]
