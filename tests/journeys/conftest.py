"""A browser, and demo districts served as `make run` serves them, on a database of the kind that TEST_DATABASE names."""

import os
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.chromium import ARGUMENTS, chromium
from tests.databases import KIND, free_port, running_database
from tests.journeys.addresses import addresses
from tests.journeys.mailbox import Mailbox
from tests.journeys.visitor import kept_by

ROOT = Path(__file__).resolve().parents[2]
SECRET_OF_A_PROVIDER = "OIDC_RUSD__SCHOOL_SECRET"
AsLoaded = Callable[[], AbstractContextManager[str]]


@dataclass(frozen=True)
class Demo:
    address: str
    url: str


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def mailbox() -> Iterator[Mailbox]:
    opened = Mailbox()
    opened.controller.start()
    yield opened
    opened.controller.stop()


@pytest.fixture(scope="session")
def base(browser: Browser, mailbox: Mailbox) -> Iterator[str]:
    """The address of a district that is only read: nobody who visits it changes anything."""
    with served_demo(browser, mailbox) as address:
        yield address


@pytest.fixture(scope="module")
def changing_base(as_loaded: AsLoaded) -> Iterator[str]:
    """The address of a district that the tests of one module change, each of them something else."""
    with as_loaded() as address:
        yield address


@pytest.fixture
def fresh_base(as_loaded: AsLoaded) -> Iterator[str]:
    """The address of a district of one's own, for who walks the whole loop."""
    with as_loaded() as address:
        yield address


@pytest.fixture(scope="session")
def as_loaded(browser: Browser, mailbox: Mailbox) -> Iterator[AsLoaded]:
    """Serves a district as the demo was loaded. A server takes its seconds to start: on SQLite one does for everybody, one after the
    other, and finds its file as it was."""
    with ExitStack() as stack:
        demos: list[Demo] = []

        @contextmanager
        def serving() -> Iterator[str]:
            if KIND != "sqlite":
                with served_demo(browser, mailbox) as address:
                    yield address
                return
            if not demos:
                demos.append(stack.enter_context(_demo(browser, mailbox)))
            (demo,) = demos
            _take_the_first_ones_file(demo.url)
            # Who was signed in there is no more.
            kept_by.cache_clear()
            addresses.cache_clear()
            yield demo.address
            _say_goodbye(browser, demo.address)

        yield serving


@contextmanager
def served_demo(browser: Browser, mailbox: Mailbox) -> Iterator[str]:
    with _demo(browser, mailbox) as demo:
        yield demo.address


@contextmanager
def _demo(browser: Browser, mailbox: Mailbox) -> Iterator[Demo]:
    with running_database() as url:
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        given = {
            **os.environ,
            "DATABASE_URL": url,
            "MAKERPD_DEMO": "1",
            "MAKERPD_NOW": "2027-03-02T08:30",
            "SECRET_KEY": "for-the-browser-tests-" * 3,
            "SMTP_URL": mailbox.url,
            "PORT": str(port),
            SECRET_OF_A_PROVIDER: "any",
        }
        _take_the_first_ones_file(url)
        with _serving(browser, address, given):
            _keep_the_first_ones_file(url)
            yield Demo(address, url)


@contextmanager
def served_empty(browser: Browser, mailbox: Mailbox) -> Iterator[tuple[str, dict[str, str]]]:
    """An installation as a real district has it: an empty database, no demo mode. Answers its address, and its environment."""
    with running_database() as url:
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        given = {name: value for name, value in os.environ.items() if not name.startswith("MAKERPD_")} | {
            "DATABASE_URL": url,
            "SECRET_KEY": "for-the-browser-tests-" * 3,
            "BASE_URL": address,
            "SMTP_URL": mailbox.url,
            "LOG_LEVEL": "WARNING",
            "PORT": str(port),
        }
        with _serving(browser, address, given):
            yield address, given


@contextmanager
def _serving(browser: Browser, address: str, given: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-m", "seminar.ground.serve"], cwd=ROOT, env=given, stdout=subprocess.DEVNULL)
    try:
        _wait_until_ready(process, address)
        yield
    finally:
        _say_goodbye(browser, address)
        process.terminate()
        process.wait(timeout=30)


# A demo takes its seconds to be loaded, and is the same each time: on SQLite the first one's file is copied.
_loaded_demo = sqlite3.connect(":memory:", check_same_thread=False)


def _keep_the_first_ones_file(url: str) -> None:
    if KIND == "sqlite" and not _is_kept():
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as loaded:
            loaded.backup(_loaded_demo)


def _take_the_first_ones_file(url: str) -> None:
    if _is_kept():
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as empty:
            _loaded_demo.backup(empty)


def _is_kept() -> bool:
    return _loaded_demo.execute("SELECT 1 FROM sqlite_master").fetchone() is not None


def _say_goodbye(browser: Browser, address: str) -> None:
    """A server that is told to stop waits for the connections that are still open."""
    for context in browser.contexts:
        if any(page.url.startswith(f"{address}/") for page in context.pages):
            context.close()


def _wait_until_ready(process: subprocess.Popen[bytes], address: str) -> None:
    for _ in range(600):
        with suppress(OSError):
            urllib.request.urlopen(f"{address}/readyz", timeout=2).close()
            return
        with suppress(subprocess.TimeoutExpired):
            raise AssertionError(f"The server ended with {process.wait(timeout=0.1)} before it was ready.")
    raise AssertionError("The server wasn't ready within a minute.")
