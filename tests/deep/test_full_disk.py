"""A disk with no room left, under the database and under the mail: what can't be saved is said, and nothing that was said is lost."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from email import message_from_bytes
from email.policy import default
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import func, select, update

from inventory.reservation import Reservation
from seminar.ground.outbox import Mail
from seminar.people.person import Person
from seminar.series.enrollment import Enrollment
from seminar.series.seminar import Seminar
from seminar.series.series import Series
from tests.deep.crowd import more_teachers, put_mails, schools_for, signed_in_as
from tests.deep.served import Answer, Served, demo_district, signed_in
from tests.waiting import until

pytestmark = pytest.mark.deep
MEGABYTE = 1024 * 1024
PAGES = ("/", "/seminars", "/my/learning", "/equipment", "/staff")
FULL = "The server's disk is full, so nothing can be saved now. Nothing of this was saved"
LLENO = "El disco del servidor está lleno"


@contextmanager
def a_disk(megabytes: int) -> Iterator[Path]:
    """A file system of its own; PostgreSQL's user may enter."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", folder], check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


@contextmanager
def no_room_on(disk: Path) -> Iterator[None]:
    """Every last byte of it is taken."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as taken:
        for size in (MEGABYTE, 4096, 1):
            try:
                while True:
                    taken.write(bytes(size))
            except OSError:
                continue
    try:
        yield
    finally:
        ballast.unlink()


def begin_the_log_anew(served: Served) -> None:
    """What was written before leaves no room in SQLite's, which would be used up first; PostgreSQL has a whole piece of it before it,
    for without one it ends all its processes."""
    with served.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if served.engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            connection.exec_driver_sql("SELECT pg_switch_wal()")
            connection.exec_driver_sql("CHECKPOINT")


def found_no_room(served: Served) -> int:
    with served.session() as session:
        return session.scalar(select(func.count()).where(Mail.last_error.contains("No space left"))) or 0


def is_whole(letter: bytes) -> bool:
    """Read by somebody else's code, down to the calendar at its end."""
    message = message_from_bytes(letter, policy=default)
    return all(not part.defects for part in message.walk()) and [*message.walk()][-1].get_filename() == "makerpd.ics"


def what_it_sends_again(answer: Answer) -> dict[str, str]:
    """The fields of the button on a page that couldn't save."""
    assert ">Send it again</button>" in answer.page
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', answer.page)}


def test_on_a_full_disk_pages_are_read_and_people_are_told_and_with_room_all_goes_on() -> None:
    with a_disk(320) as disk, demo_district(on=disk) as served:
        served.start_web()
        worker = served.start_worker()
        person_ids = more_teachers(served, 60)
        visitors = signed_in_as(served, person_ids)
        (reader,) = signed_in(served, ["principal@rivermark.example"])
        days = {"first_day": date(2027, 3, 2), "last_day": date(2027, 3, 9)}
        lending = schools_for(served, "Desktop 3D printer", schools=1, items=1, **days)
        (contact,) = signed_in_as(served, list(lending.asked))
        (asked,) = lending.asked.values()
        with served.session() as session:
            title = "3D Printing for the Elementary Classroom"
            series_id = session.scalars(select(Series.id).join(Seminar).where(Seminar.title == title)).one()
            session.execute(update(Series).where(Series.id == series_id).values(seats=Series.seats_taken + 60))
            session.execute(update(Person).where(Person.id == person_ids[-1]).values(language="es"))
            session.commit()
        begin_the_log_anew(served)

        with no_room_on(disk):
            answers = [visitor.post(f"/series/{series_id}/enrollment") for visitor in visitors]
            refused = contact.post("/reservations", purpose="Bridges & towers", once="full", **asked)
            assert {reader.get(path).status for path in PAGES} == {200}

        assert {answer.status for answer in [*answers, refused]} <= {303, 503}
        told = [answer for answer in answers if answer.status == 503]
        assert len(told) > 30
        assert refused.status == answers[-1].status == 503
        assert LLENO in answers[-1].page
        assert all(FULL in unescape(answer.page) for answer in [*told[:-1], refused])
        assert "Traceback" not in "".join(answer.page for answer in [*told, refused])
        typed = what_it_sends_again(refused)
        assert typed["purpose"] == "Bridges & towers"
        again = [
            visitor.post(f"/series/{series_id}/enrollment") for visitor, was in zip(visitors, answers, strict=True) if was.status == 503
        ]
        assert {answer.status for answer in again} == {303}
        assert contact.post("/reservations", **{**typed, "csrf_token": contact.token}).status == 303

        with served.session() as session:
            places = select(Enrollment.person_id).where(Enrollment.series_id == series_id, Enrollment.person_id.in_(person_ids))
            assert sorted(session.scalars(places)) == sorted(person_ids)
            purposes = select(Reservation.purpose).where(Reservation.created_by_id.in_(lending.asked))
            assert session.scalars(purposes).all() == ["Bridges & towers"]
            newest = select(func.max(Mail.id)).scalar_subquery()
            last_mail = session.scalars(select(Mail.id).where(Mail.id == newest)).one()
        until(lambda: (served.mail / f"{last_mail:08d}.eml").exists())
        assert worker.poll() is None
        assert served.flask("audit") == 0


def test_mail_that_finds_no_room_is_not_taken_for_sent_and_is_written_whole_later() -> None:
    with a_disk(1) as disk, demo_district() as served:
        served.mail.parent.mkdir()
        served.mail.symlink_to(disk)
        put = put_mails(served, 300)
        worker = served.start_worker()
        until(lambda: found_no_room(served) >= 20, within=60)
        sent = {int(path.name[:8]): path.read_bytes() for path in disk.glob("[0-9]*.eml")}
        assert sent.keys().isdisjoint(served.unsent())
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        assert worker.poll() is None
        served.pass_time(timedelta(hours=1).total_seconds())
        served.start_worker()
        until(lambda: served.unsent() == set(), within=60)

        written = {int(path.name[:8]): path.read_bytes() for path in disk.glob("[0-9]*.eml")}
        assert {id: written[id] for id in sent} == sent
        assert len(list(disk.iterdir())) == len(written)
        assert [id for id in put if not is_whole(written[id])] == []
