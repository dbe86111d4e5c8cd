"""A new version comes while people are served: the database is migrated, then the processes are replaced. Nobody is turned away."""

import shutil
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from threading import Event

import pytest
from alembic.script import ScriptDirectory
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import inspect, select, update

from seminar.ground.serve import commands
from seminar.people.person import Person
from seminar.series.series import Series
from tests.deep.served import NO_ANSWER, Answer, Served, Visitor, demo_district, signed_in, web_workers
from tests.house.test_migrations import MADE_UP, REBUILD
from tests.waiting import until

pytestmark = pytest.mark.deep
TOKEN = "only-for-served-tests-" * 3
PATIENCE = 120.0
ENROLLMENT = "/series/<int:series_id>/enrollment"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with pytest.MonkeyPatch.context() as patch, demo_district() as served:
        patch.setenv("METRICS_TOKEN", TOKEN)
        with served.session() as session:
            session.execute(update(Series).values(seats=1000))
            session.commit()
        # Who waited for a seat is offered one.
        assert served.flask("worker", "--once") == 0
        yield served


@dataclass
class Load:
    """Four people who look at a page and enroll, over and over, until it ends; what each was answered."""

    visitors: list[Visitor]
    series_id: int
    ends: Event = field(default_factory=Event)
    answers: list[tuple[str, int | str]] = field(default_factory=list)

    def go_on(self, visitor: Visitor) -> None:
        while not self.ends.wait(0.05):
            self.answers.append(("GET", answered(lambda: visitor.get(f"/series/{self.series_id}"))))
            self.answers.append(("POST", answered(lambda: visitor.post(f"/series/{self.series_id}/enrollment"))))

    def waits_for(self, more: int) -> None:
        enough = len(self.answers) + more
        until(lambda: len(self.answers) >= enough, within=PATIENCE)


def answered(ask: Callable[[], Answer]) -> int | str:
    """The status; or what the connection ended with."""
    try:
        return ask().status
    except NO_ANSWER as error:
        return repr(error)


@contextmanager
def load_on(served: Served) -> Iterator[Load]:
    with served.session() as session:
        emails = [email or "" for email in session.scalars(select(Person.email).where(Person.email.like("person%")).limit(4))]
        closes = Series.enrollment_closes_at > datetime(2027, 3, 2, 17, tzinfo=UTC)
        series_id = session.scalars(select(Series.id).where(closes)).first()
    load = Load(signed_in(served, emails), series_id or 0)
    for visitor in load.visitors:
        visitor.patience_seconds = PATIENCE
    with ThreadPoolExecutor(len(emails)) as pool:
        going = [pool.submit(load.go_on, visitor) for visitor in load.visitors]
        try:
            load.waits_for(20)
            yield load
            load.waits_for(20)
        finally:
            load.ends.set()
        for one in going:
            one.result()


def enrollments_counted(served: Served) -> int:
    """How many presses /metrics knows of, whichever process answered them."""
    connection = HTTPConnection("127.0.0.1", served.port, timeout=30)
    connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    families = text_string_to_metric_families(connection.getresponse().read().decode())
    samples = [sample for family in families for sample in family.samples]
    connection.close()
    return int(sum(one.value for one in samples if one.name.endswith("_seconds_count") and one.labels.get("route") == ENROLLMENT))


def replace_workers(web: subprocess.Popen[bytes]) -> None:
    """As `systemctl reload makerpd-web` does: two more, and when these have their code, two less, the oldest first."""
    before = set(web_workers(web.pid))
    for more in (3, 4):
        web.send_signal(signal.SIGTTIN)
        until(lambda more=more: len(web_workers(web.pid)) == more, within=PATIENCE)
    until(lambda: all(has_its_code(pid) for pid in web_workers(web.pid)), within=PATIENCE)
    for less in (3, 2):
        web.send_signal(signal.SIGTTOU)
        until(lambda less=less: len(web_workers(web.pid)) == less, within=PATIENCE)
    assert set(web_workers(web.pid)) & before == set()


def has_its_code(pid: int) -> bool:
    """The driver of the database is the last library that comes in."""
    libraries = Path(f"/proc/{pid}/maps").read_text()
    return "_sqlite3" in libraries or "psycopg_binary" in libraries


def test_a_reload_under_load_turns_nobody_away_and_no_request_is_left_uncounted(served: Served) -> None:
    web = served.start_web()
    counted_before = enrollments_counted(served)
    with load_on(served) as load:
        for _ in range(3):
            replace_workers(web)
            load.waits_for(20)
    answers = Counter(load.answers)
    assert {(method, status) for method, status in answers if status not in (200, 303, 409)} == set()
    assert enrollments_counted(served) - counted_before == sum(number for (method, _), number in answers.items() if method == "POST")
    web.terminate()
    web.wait()


HANDED_OVER = "import os, sys; os.dup2(int(sys.argv[1]), 3); os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()));"
HANDED_OVER += " os.execv(sys.argv[2], sys.argv[2:])"


def start_on(served: Served, listening: socket.socket) -> subprocess.Popen[bytes]:
    """As systemd starts it with makerpd-web.socket: the socket is there before, and stays after."""
    web, _ = commands(served.environment())
    handed = [sys.executable, "-c", HANDED_OVER, str(listening.fileno()), *web]
    with served.log.open("ab") as log:
        process = subprocess.Popen(
            handed,
            cwd=served.home,
            env=served.environment(),
            stdout=log,
            stderr=log,
            pass_fds=[listening.fileno()],
            start_new_session=True,
        )
    served.running.append(process)
    until(served.is_ready, within=PATIENCE)
    return process


def test_a_restart_behind_a_socket_that_systemd_holds_turns_nobody_away(served: Served) -> None:
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", served.port))
        listening.listen(2048)
        web = start_on(served, listening)
        with load_on(served) as load:
            for _ in range(2):
                web.terminate()
                web.wait()
                web = start_on(served, listening)
                load.waits_for(20)
        web.terminate()
        web.wait()
    assert {answer for answer in load.answers if answer[1] not in (200, 303, 409)} == set()


def test_a_migration_of_every_table_while_people_are_served(served: Served, tmp_path: Path) -> None:
    web = served.start_web()
    copy = shutil.copytree(served.home / "migrations", tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "versions" / "made_up.py").write_text(MADE_UP.format(newest=ScriptDirectory(str(copy)).get_current_head(), does=REBUILD))
    with load_on(served) as load:
        assert served.flask("db", "upgrade", "--directory", str(copy)) == 0
        load.waits_for(20)
    assert all("made_up" in {column["name"] for column in inspect(served.engine).get_columns(name)} for name in ("enrollment", "person"))
    # Who waited for too long is told to press again; nobody meets an error, and the code from before is ready for who comes.
    assert {answer for answer in load.answers if answer[1] not in (200, 303, 409, 503)} == set()
    assert served.is_ready()
    assert served.flask("audit") == 0
    web.terminate()
    web.wait()
