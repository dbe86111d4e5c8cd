"""The product served as `make run` serves it, with real processes on a fresh demo district, and somebody who visits it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from http.cookies import SimpleCookie
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier, Event, Thread
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from inventory.demo.district import PASSWORD
from seminar.ground.db import db, engine_options, engine_url
from seminar.ground.outbox import Mail
from seminar.ground.serve import commands
from seminar.ground.settings import settings_from
from tests.databases import free_port, running_database
from tests.stand_in.running import Stripe, running_stand_in
from tests.stopping import stop_group
from tests.waiting import until
from wsgi import create_app

ROOT = Path(__file__).resolve().parents[2]
NOT_SERVED = shutil.ignore_patterns(".*", "__pycache__", "instance", "tests", "bench", "docs")
NO_ANSWER = (OSError, HTTPException)


@dataclass
class Served:
    """An installation of its own: a database, and a copy of the tree, so that its instance/mail is nobody else's."""

    database_url: str
    home: Path
    port: int = field(default_factory=free_port)
    started: float = field(default_factory=time.time)
    # Without one, mail is written to files.
    smtp_url: str | None = None
    # Where cards are paid with, if anywhere (see beside_stripe).
    stripe: dict[str, str] = field(default_factory=dict)
    log_level: str = "ERROR"
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    # The web server and the worker that are kept running.
    kept: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine = create_engine(engine_url(self.database_url), **engine_options(self.database_url))
        self.log = self.home / "served.log"

    @property
    def mail(self) -> Path:
        return self.home / "instance" / "mail"

    def environment(self) -> dict[str, str]:
        given = {name: value for name, value in os.environ.items() if name != "SMTP_URL"}
        mail = {"SMTP_URL": self.smtp_url} if self.smtp_url is not None else {}
        return (
            given
            | mail
            | self.stripe
            | {
                "DATABASE_URL": self.database_url,
                "HOST": "127.0.0.1",
                "PORT": str(self.port),
                "BASE_URL": f"http://127.0.0.1:{self.port}",
                "SECRET_KEY": "only-for-served-tests-" * 3,
                "LOG_LEVEL": self.log_level,
                "MAKERPD_DEMO": "1",
                "MAKERPD_NOW": "2027-03-02T08:30",
                "MAKERPD_STARTED": str(self.started),
            }
        )

    def session(self) -> Session:
        return Session(self.engine)

    @contextmanager
    def inside(self) -> Iterator[Flask]:
        """The product itself on this database, for rows that would take too long to make by its pages."""
        app = create_app(settings_from(self.environment(), self.home))
        with app.app_context():
            try:
                yield app
            finally:
                db.session.remove()
                db.engine.dispose()

    def flask(self, *arguments: str) -> int:
        """The exit code of one of the product's commands."""
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
        with self.log.open("ab") as log:
            return subprocess.run(command, cwd=self.home, env=self.environment(), stdout=log, stderr=log, check=False).returncode

    def start_web(self, within: float = 30) -> subprocess.Popen[bytes]:
        web, _ = commands(self.environment())
        process = self._start(web)
        until(self.is_ready, within=within)
        return process

    def start_worker(self) -> subprocess.Popen[bytes]:
        _, worker = commands(self.environment())
        return self._start(worker)

    @contextmanager
    def kept_running(self) -> Iterator[None]:
        """Web and worker, each started anew whenever it ends, as systemd does with Restart=always: what is left of its group
        goes with it."""
        self.kept, over = [self.start_web(), self.start_worker()], Event()

        def keep() -> None:
            while not over.wait(0.05):
                for n, command in enumerate(commands(self.environment())):
                    if self.kept[n].poll() is not None:
                        with suppress(ProcessLookupError):
                            os.killpg(self.kept[n].pid, signal.SIGKILL)
                        self.kept[n] = self._start(command)

        keeper = Thread(target=keep)
        keeper.start()
        try:
            yield
        finally:
            over.set()
            keeper.join()
            self.stop()

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command, cwd=self.home, env=self.environment(), stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        self.running.append(process)
        return process

    def is_ready(self) -> bool:
        try:
            return Visitor(self.port).get("/readyz").status == 200
        except NO_ANSWER:
            return False

    def unsent(self) -> set[int]:
        """The ids of the mails that aren't sent yet."""
        with self.session() as session:
            return set(session.scalars(select(Mail.id).where(Mail.state != "sent")))

    def written(self) -> set[int]:
        """The ids of the mails of which there is a file."""
        return {int(path.name[:8]) for path in self.mail.glob("[0-9]*.eml")}

    def pass_time(self, seconds: float) -> None:
        """Whatever is started from here on finds the clock so much later."""
        self.started -= seconds

    def stop(self) -> None:
        for process in self.running:
            stop_group(process)
        self.running.clear()


def web_workers(arbiter: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(arbiter)], capture_output=True, text=True, check=False)
    return [int(pid) for pid in found.stdout.split()]


@contextmanager
def demo_district(on: Path | None = None) -> Iterator[Served]:
    """One that is prepared, with nothing started yet; all that was started is stopped at the end. `on` is a folder for its
    database."""
    with installed("prepare", on=on) as served:
        yield served


@contextmanager
def beside_stripe(served: Served) -> Iterator[Stripe]:
    """What is started from here on pays at a stand-in, which brings its events to it."""
    webhook, secret = f"http://127.0.0.1:{served.port}/stripe/webhook", "whsec_of_served_tests"
    with running_stand_in(webhook_url=webhook, secret=secret) as stripe:
        served.stripe = {"STRIPE_SECRET_KEY": stripe.key, "STRIPE_WEBHOOK_SECRET": secret, "STRIPE_API_BASE": stripe.url}
        yield stripe


@contextmanager
def an_empty_installation() -> Iterator[Served]:
    """One that is migrated and has no district."""
    with installed("db", "upgrade") as served:
        yield served


@contextmanager
def installed(*first: str, on: Path | None = None) -> Iterator[Served]:
    """A copy of the tree with a database of its own, after this first command."""
    with running_database(on) as url, installed_on(url, *first) as served:
        yield served


@contextmanager
def installed_on(url: str, *first: str) -> Iterator[Served]:
    """A copy of the tree that works with this database."""
    with TemporaryDirectory() as folder:
        home = Path(folder) / "makerpd"
        shutil.copytree(ROOT, home, ignore=NOT_SERVED)
        served = Served(url, home)
        try:
            assert served.flask(*first) == 0
            yield served
        finally:
            served.stop()
            served.engine.dispose()
            # pytest shows it when the test has failed.
            print(served.log.read_text()[-6000:])


@dataclass(frozen=True)
class Answer:
    status: int
    page: str
    seconds: float


class Visitor:
    """Somebody at a browser, with their cookies and the token of the last form they saw."""

    patience_seconds = 30.0

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self.token = ""

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, None)

    def post(self, path: str, **fields: object) -> Answer:
        return self._ask("POST", path, urlencode({"csrf_token": self.token, **fields}))

    def post_until_answered(self, path: str, **fields: object) -> tuple[Answer, int]:
        """Press again whenever the server died over it; the answer, and how often it took pressing."""
        answers: list[Answer] = []
        presses = 0

        def pressed() -> bool:
            nonlocal presses
            presses += 1
            try:
                answers.append(self.post(path, **fields))
            except NO_ANSWER:
                return False
            return True

        until(pressed)
        return answers[0], presses

    def sign_in(self, email: str) -> "Visitor":
        self.get("/sign-in")
        assert self.post("/sign-in", email=email, password=PASSWORD).status == 303
        # Nothing of the browser's session from before outlives the sign-in, its forms' token neither: here is a new one.
        assert self.get("/").status == 200
        return self

    def _ask(self, method: str, path: str, body: str | None) -> Answer:
        """One request on a connection of its own; raises one of NO_ANSWER when the server dies over it."""
        asked = time.monotonic()
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = HTTPConnection("127.0.0.1", self.port, timeout=self.patience_seconds)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            page = response.read().decode()
        finally:
            connection.close()
        for header in response.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        self.token = token[1] if token else self.token
        return Answer(response.status, page, time.monotonic() - asked)


def signed_in(served: Served, emails: Iterable[str]) -> list[Visitor]:
    """A visitor for each; a password takes its time to check, so several at once."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda email: Visitor(served.port).sign_in(email), emails))


def all_at_once(acts: list[Callable[[], Answer]]) -> list[Answer]:
    """Everybody presses at the same moment."""
    barrier = Barrier(len(acts))

    def one(act: Callable[[], Answer]) -> Answer:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def refused_with(answers: list[Answer], *sentences: str) -> bool:
    """Whether everybody who got a 409 got a whole page, with one of these sentences."""
    refused = [answer.page for answer in answers if answer.status == 409]
    return all("</html>" in page and any(sentence in page for sentence in sentences) for page in refused)
