"""PostgreSQL is restarted, and lost, while people enroll; what they were told is there, and the service comes back by itself. At last
it is restored from a backup, to a moment.

Everything is served by the same processes from the first test to the last.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from seminar.ground.outbox import Mail
from seminar.ground.post import CLAIMED_FOR
from seminar.people.person import Person
from seminar.series.enrollment import TAKES_A_SEAT, Enrollment
from seminar.series.series import Series
from tests.deep.backups import backed_up, last_deed, rehearsed
from tests.deep.cluster import Cluster, add_standby, all_binaries, running_cluster
from tests.deep.served import Served, Visitor, installed_on, signed_in
from tests.waiting import until

pytestmark = pytest.mark.deep
SENTENCE = "MakerPD can't reach its records at this moment."
KEPT = "Send it again"
LONGEST_OUTAGE = 120.0


@dataclass
class Running:
    cluster: Cluster
    served: Served
    # Who enrolls in the next test: nobody twice.
    people: Iterator[Person]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with running_cluster() as cluster, installed_on(cluster.url, "prepare") as served:
        add_standby(cluster)
        served.start_web(within=120)
        served.start_worker()
        with served.session() as session:
            session.execute(update(Series).values(seats=1000, price_cents=0, asks_approval_since=None))
            session.commit()
            people = session.scalars(select(Person).where(Person.email.like("person%")).order_by(Person.id)).all()
            session.expunge_all()
        yield Running(cluster, served, iter(people))


@dataclass
class Told:
    """What the crowd was answered, by person and series; and the moments at which it was told to come again."""

    taken: list[tuple[int, int]] = field(default_factory=list)
    taken_already: list[tuple[int, int]] = field(default_factory=list)
    not_now: list[float] = field(default_factory=list)
    otherwise: list[tuple[int, int, int, str]] = field(default_factory=list)

    def enroll_in_each(self, visitor: Visitor, person_id: int, series_ids: list[int]) -> None:
        for series_id in series_ids:
            self.enroll(visitor, person_id, series_id)
            time.sleep(0.1)

    def enroll(self, visitor: Visitor, person_id: int, series_id: int) -> None:
        """Press; and press the button of the page that says to come again, until something else is said."""
        came_again = False
        while True:
            answer = visitor.post(f"/series/{series_id}/enrollment")
            if answer.status != 503 or SENTENCE not in answer.page or KEPT not in answer.page:
                break
            self.not_now.append(time.monotonic())
            came_again = True
            time.sleep(0.2)
        if answer.status == 303:
            self.taken.append((person_id, series_id))
        elif answer.status == 409 and came_again:
            self.taken_already.append((person_id, series_id))
        else:
            self.otherwise.append((person_id, series_id, answer.status, answer.page))

    @property
    def number(self) -> int:
        return len(self.taken) + len(self.taken_already)


@dataclass(frozen=True)
class Crowd:
    told: Told
    wanted: set[tuple[int, int]]
    seconds_away: float


def all_done(going: list[Future[None]]) -> bool:
    """Everybody has what they wanted; or was told something that ended it, which their result raises."""
    return all(one.done() for one in going)


def a_crowd_enrolls_while(running: Running, faults: list[Callable[[], None]]) -> Crowd:
    """Ten people enroll in every series; the faults come one after the other, each once people were served again."""
    served, told = running.served, Told()
    people = [next(running.people) for _ in range(10)]
    with served.session() as session:
        series_ids = list(session.scalars(select(Series.id).where(Series.enrollment_closes_at > datetime(2027, 3, 2, 17, tzinfo=UTC))))
        before = set(session.execute(select(Enrollment.person_id, Enrollment.series_id)))
    asked = {person.id: [id for id in series_ids if (person.id, id) not in before] for person in people}
    wanted = {(person_id, series_id) for person_id, its_series in asked.items() for series_id in its_series}
    visitors = signed_in(served, [person.email or "" for person in people])
    away = []
    with ThreadPoolExecutor(len(people)) as pool:
        going = [pool.submit(told.enroll_in_each, visitor, one.id, asked[one.id]) for visitor, one in zip(visitors, people, strict=True)]
        for turn, fault in enumerate(faults, 1):
            until(lambda turn=turn: told.number > turn * len(wanted) / (len(faults) + 2), within=LONGEST_OUTAGE)
            began, told_before = time.monotonic(), told.number
            fault()
            until(lambda before=told_before: told.number > before + len(people) or all_done(going), within=LONGEST_OUTAGE)
            away.append(time.monotonic() - began)
        for one in going:
            one.result()
    return Crowd(told, wanted, max(away))


def assert_nothing_is_lost_or_doubled(running: Running, crowd: Crowd) -> None:
    served, told = running.served, crowd.told
    assert told.otherwise == []
    # Else nobody noticed, and nothing was shown.
    assert told.not_now != []
    with served.session() as session:
        people = {person_id for person_id, _ in crowd.wanted}
        pairs = select(Enrollment.person_id, Enrollment.series_id).where(Enrollment.person_id.in_(people))
        there = Counter(session.execute(pairs))
        mails = session.scalar(select(func.count()).where(Mail.kind == "enrolled", Mail.person_id.in_(people)))
        taken = (Enrollment.series_id == Series.id) & Enrollment.state.in_(TAKES_A_SEAT)
        counted = select(func.count()).where(taken).scalar_subquery()
        kept_wrongly = session.scalars(select(Series.id).where(Series.seats_taken != counted)).all()
    assert set(told.taken) | set(told.taken_already) == crowd.wanted
    assert {pair: there[pair] for pair in crowd.wanted} == dict.fromkeys(crowd.wanted, 1)
    assert mails == len(crowd.wanted)
    assert kept_wrongly == []
    assert served.flask("audit") == 0
    assert [process.poll() for process in served.running] == [None, None]


def unsent(served: Served) -> set[int]:
    """Mail that is due; what a worker claimed, and could not mark, is due again after a while."""
    with served.session() as session:
        soon = datetime(2027, 3, 2, 16, 30, tzinfo=UTC) + timedelta(minutes=10)
        return set(session.scalars(select(Mail.id).where(Mail.state == "waiting", Mail.next_try_at < soon)))


def test_a_restart_loses_nothing_and_everybody_is_told_to_come_again(running: Running) -> None:
    primary = running.cluster.primary
    crowd = a_crowd_enrolls_while(running, [lambda: primary.restart("fast"), lambda: primary.restart("immediate")])
    assert_nothing_is_lost_or_doubled(running, crowd)
    until(lambda: unsent(running.served) == set())


def test_a_lost_primary_is_followed_by_its_standby(running: Running) -> None:
    served, cluster = running.served, running.cluster
    ready = []

    def lost_and_promoted() -> None:
        cluster.primary.lose()
        ready.append(served.is_ready())
        time.sleep(2)
        ready.append(served.is_ready())
        cluster.standby.promote()
        until(served.is_ready)

    crowd = a_crowd_enrolls_while(running, [lost_and_promoted])
    assert ready == [False, False]
    assert_nothing_is_lost_or_doubled(running, crowd)
    until(lambda: unsent(served) == set())
    assert all_mail_is_written_once(served)


def test_a_backup_goes_back_to_a_moment(running: Running, tmp_path: Path) -> None:
    served, cluster = running.served, running.cluster
    backup = backed_up(served, tmp_path / "backups", PG_BIN=str(all_binaries()))
    visitor = signed_in(served, [next(running.people).email or ""])[0]
    with served.session() as session:
        series_ids = list(session.scalars(select(Series.id).where(Series.enrollment_closes_at > datetime(2027, 3, 2, 17, tzinfo=UTC))))
    assert visitor.post(f"/series/{series_ids[0]}/enrollment").status == 303
    before, moment = last_deed(served), ask_writer(served, "SELECT clock_timestamp()::text")
    time.sleep(1.1)
    assert visitor.post(f"/series/{series_ids[0]}/enrollment/withdrawal").status == 303
    after = last_deed(served)
    assert before < after
    last = ask_writer(served, "SELECT pg_walfile_name(pg_switch_wal())")
    until(lambda: ask_writer(served, "SELECT last_archived_wal FROM pg_stat_archiver") >= last)

    there = {"PG_BIN": str(all_binaries()), "PG_USER": cluster.primary.owner or "", "DATABASE_NAME": "postgres"}
    assert rehearsed(served, backup, str(cluster.archive), moment, **there) == (0, before)
    assert rehearsed(served, backup, str(cluster.archive), **there) == (0, after)
    never = rehearsed(served, backup, str(cluster.archive), "2099-01-01 00:00:00+00", **there)
    assert never == (1, "")


def ask_writer(served: Served, sql: str) -> str:
    with served.engine.begin() as connection:
        return str(connection.exec_driver_sql(sql).scalar())


def all_mail_is_written_once(served: Served) -> bool:
    """Also what a worker held when the database went: another finds it when its claim is over."""
    served.pass_time(CLAIMED_FOR.total_seconds() + 60)
    assert served.flask("worker", "--once") == 0
    with served.session() as session:
        tried = session.execute(select(Mail.id, Mail.state).where(Mail.tries > 0).order_by(Mail.id)).all()
        waiting = session.scalars(select(Mail.id).where(Mail.state == "waiting")).all()
    assert waiting == []
    assert {state for _, state in tried} == {"sent"}
    return sorted(path.name for path in served.mail.iterdir()) == [f"{id:08d}.eml" for id, _ in tried]
