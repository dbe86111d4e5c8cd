"""kill -9 at random moments, under load: what was answered is there, nothing of it twice, and the service is back by itself."""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from email import message_from_bytes
from pathlib import Path

import pytest
from sqlalchemy import select

from seminar.ground.outbox import Mail
from seminar.ground.post import CLAIMED_FOR
from tests.deep.busy_day import AT_A_TIME, BusyDay
from tests.deep.crowd import put_mails
from tests.deep.served import Served, demo_district, web_workers
from tests.ground.mailbox import Mailbox, a_server
from tests.waiting import until

pytestmark = pytest.mark.deep
VICTIMS = ["web worker", "web worker", "web worker", "arbiter", "arbiter", "worker", "worker", "worker"]


@pytest.fixture
def served() -> Iterator[Served]:
    with demo_district() as prepared:
        yield prepared


def all_are_up(served: Served) -> bool:
    return all(process.poll() is None for process in served.kept) and len(web_workers(served.kept[0].pid)) == 2


def kill_one(served: Served, victim: str) -> None:
    until(lambda: all_are_up(served))
    web, worker = served.kept
    pid = {"web worker": random.choice(web_workers(web.pid)), "arbiter": web.pid, "worker": worker.pid}[victim]
    # What was just answered is over; the next is anywhere on its way by then.
    time.sleep(random.uniform(0, 0.05))
    os.kill(pid, signal.SIGKILL)
    # Whoever started it has noticed.
    until(lambda: not Path(f"/proc/{pid}").exists())


def test_kills_of_everything_lose_nothing_and_double_nothing(served: Served) -> None:
    with served.kept_running():
        day = BusyDay(served, people=80, series=6, schools=30)
        all_of_it = day.people * day.series + 2 * day.schools
        moments = sorted(random.sample(range(5, all_of_it - 60), len(VICTIMS)))
        with ThreadPoolExecutor(AT_A_TIME + 4) as pool:
            going = day.begin(pool)
            for moment, victim in zip(moments, random.sample(VICTIMS, len(VICTIMS)), strict=True):
                until(lambda moment=moment: day.done >= moment or wait(going, 0).not_done == set(), within=120)
                kill_one(served, victim)
            for one in going:
                one.result()
    served.pass_time(CLAIMED_FOR.total_seconds() + 60)
    with served.kept_running():
        until(lambda: served.unsent() == set(), within=120)
        assert [day.visitors[0].get(path).status for path in ("/", "/seminars", "/my/learning")] == [200] * 3

    day.assert_all_is_there_once()
    day.assert_each_mail_is_there_once()
    assert served.flask("audit") == 0


def test_kills_of_the_worker_leave_each_mail_sent_and_written_once(served: Served) -> None:
    recipients, unmarked = put_mails(served, 600), set()
    for turn in range(13):
        if turn >= 3 and unmarked:
            break
        number = 40 * turn + random.randint(20, 50)
        workers = [served.start_worker(), served.start_worker()]
        until(lambda number=number: len(served.written()) >= number)
        for worker in workers:
            worker.kill()
            worker.wait()
        unmarked |= served.written() & served.unsent()
        served.pass_time(CLAIMED_FOR.total_seconds() + 60)
    served.start_worker()
    until(lambda: served.unsent() == set())

    with served.session() as session:
        mails = session.execute(select(Mail.id, Mail.tries).where(Mail.tries > 0).order_by(Mail.id)).all()
    assert [mail for mail in mails if mail.tries != 1] == []
    assert sorted(path.name for path in served.mail.iterdir()) == [f"{mail.id:08d}.eml" for mail in mails]
    letters = {id: message_from_bytes((served.mail / f"{id:08d}.eml").read_bytes()) for id in recipients}
    assert {id: letter["To"] for id, letter in letters.items()} == recipients
    assert len({letter["Message-ID"] for letter in letters.values()}) == len(recipients)
    assert all(letter.get_payload()[-1].get_filename() == "makerpd.ics" for letter in letters.values())
    # Else no kill fell between the writing of a mail and its mark, and nothing was shown.
    assert unmarked != set()


class KillsOverTheFifth(Mailbox):
    """A mail server that says yes to every mail; over its fifth, the worker is dead before it hears so."""

    worker: subprocess.Popen[bytes]

    async def handle_DATA(self, server, session, envelope):
        answer = await super().handle_DATA(server, session, envelope)
        if len(self.messages) == 5:
            self.worker.kill()
        return answer


def test_a_worker_that_dies_after_the_servers_yes_sends_that_mail_again_as_the_same(served: Served) -> None:
    put_mails(served, 20)
    mailbox = KillsOverTheFifth()
    with a_server(mailbox) as url:
        served.smtp_url = url
        mailbox.worker = served.start_worker()
        until(lambda: mailbox.worker.poll() is not None)
        served.pass_time(CLAIMED_FOR.total_seconds() + 60)
        served.start_worker()
        until(lambda: served.unsent() == set())

    came = Counter(message["Message-ID"] for message in mailbox.messages)
    fifth = mailbox.messages[4]["Message-ID"]
    assert {id: count for id, count in came.items() if count != 1} == {fifth: 2}
    with served.session() as session:
        tried = session.scalars(select(Mail.tries).where(Mail.tries > 0)).all()
    assert (len(came), set(tried)) == (len(tried), {1})
