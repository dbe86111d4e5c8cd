"""`/metrics` for Prometheus: how requests go, and whether mail, worker, rounds, audit and database are well.

It is there where METRICS_TOKEN is set, for who shows that token; without it nothing is counted. Each web process counts in files
of its own, so that any of them answers for all on its machine, and takes over those of one that ended: counts go on, files stay
few. What lies in the database is asked when it is scraped, so it is the same from every machine.
"""

import fcntl
import hmac
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from datetime import time as time_of_day
from functools import lru_cache
from itertools import count
from pathlib import Path
from threading import Lock
from typing import TextIO

from flask import Flask, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest, values
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from seminar.ground import clock
from seminar.ground.daily import DayDone
from seminar.ground.db import db
from seminar.ground.health import is_ready, open_to_all
from seminar.ground.outbox import Mail
from seminar.ground.rounds import RoundDone

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_held: list[TextIO] = []


def install(app: Flask) -> None:
    token, folder = app.config["SETTINGS"].metrics_token, app.config["SETTINGS"].metrics_folder
    if token is None:
        return
    seconds = _Seconds(folder)

    @app.after_request
    def _count(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        # What is refused before anything else is looked at (a body too large) began just now.
        now = time.perf_counter()
        seconds.histogram().labels(request.method, route, response.status_code).observe(now - g.get("began", now))
        return response

    def metrics() -> tuple[bytes | str, int, dict[str, str]]:
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()):
            return "Show METRICS_TOKEN, as Authorization: Bearer …\n", 401, {"Content-Type": "text/plain", "WWW-Authenticate": "Bearer"}
        seconds.histogram()
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=str(folder))
        registry.register(_FromTheDatabase(app))
        return generate_latest(registry), 200, {"Content-Type": CONTENT_TYPE_LATEST}

    app.add_url_rule("/metrics", "metrics", open_to_all(metrics))


class _Seconds:
    """The histogram of requests, made with the first one: a command that somebody else's account runs leaves no file here."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.lock, self.made = folder, Lock(), dict[int, Histogram]()

    def histogram(self) -> Histogram:
        with self.lock:
            if 0 not in self.made:
                self.made[0] = self._make()
            return self.made[0]

    def _make(self) -> Histogram:
        self.folder.mkdir(parents=True, exist_ok=True)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(self.folder)
        # The way that prometheus_client has for processes with numbers of their own, as uWSGI's.
        values.ValueClass = values.MultiProcessValue(lambda: own_number(os.getpid(), self.folder))  # type: ignore[misc]
        asked = ("method", "route", "status")
        return Histogram("makerpd_request_seconds", "How long requests took.", asked, buckets=SECONDS, registry=None)


@lru_cache
def own_number(_pid: int, folder: Path) -> int:
    """The least number that no other living process of this machine has; ours until we end."""
    for number in count():
        lock = (folder / f"{number}.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
        else:
            _held.append(lock)
            return number
    raise AssertionError


class _FromTheDatabase(Collector):
    def __init__(self, app: Flask) -> None:
        self.app = app

    def collect(self) -> Iterator[GaugeMetricFamily]:
        began = time.perf_counter()
        try:
            ready = is_ready(self.app)
            took = time.perf_counter() - began
            found = [*_mail(), *_rounds()]
        except SQLAlchemyError:
            db.session.rollback()
            ready, took, found = False, time.perf_counter() - began, []
        yield GaugeMetricFamily("makerpd_ready", "1 where the database answers and is migrated.", int(ready))
        yield GaugeMetricFamily("makerpd_database_seconds", "How long the database took to answer a question.", took)
        yield from found


def _mail() -> Iterator[GaugeMetricFamily]:
    now = clock.now()
    counts = {"waiting": 0, "dead": 0}
    counts |= dict(db.session.execute(select(Mail.state, func.count()).where(Mail.state.in_(counts)).group_by(Mail.state)).all())  # type: ignore[arg-type]
    by_state = GaugeMetricFamily("makerpd_mail", "Mails that wait to be sent, and that were given up.", labels=["state"])
    for state, number in counts.items():
        by_state.add_metric([state], number)
    yield by_state
    due_since = db.session.scalar(select(func.min(Mail.next_try_at)).where(Mail.state == "waiting", Mail.next_try_at <= now))
    late = (now - due_since).total_seconds() if due_since else 0
    yield GaugeMetricFamily("makerpd_mail_oldest_due_seconds", "How long the mail that waits longest is due.", late)


def _rounds() -> Iterator[GaugeMetricFamily]:
    at = GaugeMetricFamily("makerpd_round_timestamp_seconds", "When the worker's last turn was, and the last audit.", labels=["name"])
    found = GaugeMetricFamily("makerpd_round_found", "Rounds that failed in that turn; rows that break a rule.", labels=["name"])
    for one in db.session.execute(select(RoundDone.name, RoundDone.at, RoundDone.found).order_by(RoundDone.name)):
        at.add_metric([one.name], one.at.timestamp())
        found.add_metric([one.name], one.found)
    yield at
    yield found
    days = GaugeMetricFamily(
        "makerpd_daily_round_timestamp_seconds", "The last day on which it was done in every district.", labels=["round"]
    )
    for name, day in db.session.execute(select(DayDone.round, func.min(DayDone.day)).group_by(DayDone.round).order_by(DayDone.round)):
        days.add_metric([name], datetime.combine(day, time_of_day(), UTC).timestamp())
    yield days
