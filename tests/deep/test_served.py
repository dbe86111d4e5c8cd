"""Races, kills and time zones against served processes, each on a demo district of its own."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from inventory.calendar import ItemDay
from inventory.equipment import EquipmentModel, Item
from inventory.reservation import ReservationLine
from seminar.ground.outbox import Mail
from seminar.ground.post import CLAIMED_FOR
from seminar.people.appointment import Appointment
from seminar.people.person import Person
from seminar.series.enrollment import Enrollment
from seminar.series.seminar import Seminar
from seminar.series.series import Series
from seminar.skills.award import Award
from tests.deep.served import ROOT, Served, Visitor, all_at_once, demo_district, refused_with, signed_in, web_workers
from tests.waiting import until

pytestmark = pytest.mark.deep
TODAY = date(2027, 3, 2)
RETURN_DAY = date(2027, 3, 9)
LONGEST_WAIT = 10


@pytest.fixture
def served() -> Iterator[Served]:
    with demo_district() as prepared:
        yield prepared


def teachers_outside(session: Session, series_id: int, number: int) -> list[Person]:
    inside = select(Enrollment.person_id).where(Enrollment.series_id == series_id)
    teaching = select(Appointment.person_id).where(Appointment.role == "teacher")
    query = select(Person).where(Person.id.in_(teaching), Person.id.not_in(inside)).order_by(Person.id)
    return list(session.scalars(query.limit(number)))


def test_sixty_signed_in_teachers_for_the_last_seats(served: Served) -> None:
    served.start_web()
    served.start_worker()
    with served.session() as session:
        title = "Craft Cutters: Design It Flat, Fold It Up"
        series = session.scalars(select(Series).join(Seminar).where(Seminar.title == title).order_by(Series.id.desc())).first()
        series_id, seats, left = series.id, series.seats, series.seats - series.seats_taken
        emails = [person.email for person in teachers_outside(session, series_id, 60)]
    assert 0 < left < 10 and len(emails) == 60
    visitors = signed_in(served, emails)
    answers = all_at_once([lambda visitor=visitor: visitor.post(f"/series/{series_id}/enrollment") for visitor in visitors])

    assert Counter(answer.status for answer in answers) == {303: left, 409: 60 - left}
    assert refused_with(answers, "is full", "The last seat was just taken")
    assert max(answer.seconds for answer in answers) < LONGEST_WAIT
    with served.session() as session:
        assert session.scalar(select(func.count()).where(Enrollment.series_id == series_id)) == seats
    assert served.flask("audit") == 0


@dataclass(frozen=True)
class Ask:
    """What a school's maker contact sends, for a teacher of theirs who holds the badge."""

    email: str
    fields: dict[str, object]


def asks_for(session: Session, model: EquipmentModel) -> list[Ask]:
    """Up to four from every school."""
    holding = select(Award.person_id).where(
        Award.badge_id.in_([badge.id for badge in model.badges]), Award.withdrawn_at.is_(None), Award.last_day > RETURN_DAY
    )
    contacts = session.execute(
        select(Person.email, Appointment.school_id).join(Appointment).where(Appointment.role == "maker_contact")
    ).all()
    asks: list[Ask] = []
    for email, school_id in contacts:
        teachers = select(Appointment.person_id).where(Appointment.role == "teacher", Appointment.school_id == school_id)
        for person_id in session.scalars(teachers.where(Appointment.person_id.in_(holding)).limit(4)):
            days = {"first_day": TODAY, "last_day": RETURN_DAY}
            asks.append(Ask(email, {"school": school_id, "responsible": person_id, f"quantity-{model.id}": 1, **days}))
    return asks


def test_every_school_reserves_the_last_items_of_a_model(served: Served) -> None:
    served.start_web()
    served.start_worker()
    with served.session() as session:
        model = session.scalars(select(EquipmentModel).where(EquipmentModel.name == "Desktop laser cutter")).one()
        items = list(session.scalars(select(Item.id).where(Item.model_id == model.id)))
        asks = asks_for(session, model)
    assert len({ask.fields["school"] for ask in asks}) == 6 and len(asks) > 3 * len(items)
    visitors = signed_in(served, [ask.email for ask in asks])
    answers = all_at_once(
        [lambda visitor=visitor, ask=ask: visitor.post("/reservations", **ask.fields) for visitor, ask in zip(visitors, asks, strict=True)]
    )

    assert Counter(answer.status for answer in answers) == {303: len(items), 409: len(asks) - len(items)}
    assert refused_with(answers, "free on all of these days", "The last item was just taken")
    assert max(answer.seconds for answer in answers) < LONGEST_WAIT
    with served.session() as session:
        lines = select(ReservationLine.item_id).where(ReservationLine.item_id.in_(items), ReservationLine.state == "reserved")
        assert sorted(session.scalars(lines)) == sorted(items)
        claimed = select(func.count()).where(ItemDay.item_id.in_(items), ItemDay.claim == "loan")
        assert session.scalar(claimed) == len(items) * ((RETURN_DAY - TODAY).days + 1)
    assert served.flask("audit") == 0


@dataclass
class Answered:
    """What people were told of each (person, series): that they are in, or, pressing again after no answer, that they were already."""

    taken: list[tuple[int, int]] = field(default_factory=list)
    taken_already: list[tuple[int, int]] = field(default_factory=list)
    otherwise: list[tuple[int, int, int]] = field(default_factory=list)

    def enroll_in_each(self, visitor: Visitor, person_id: int, series_ids: list[int]) -> None:
        for series_id in series_ids:
            answer, presses = visitor.post_until_answered(f"/series/{series_id}/enrollment")
            if answer.status == 303:
                self.taken.append((person_id, series_id))
            elif answer.status == 409 and presses > 1:
                self.taken_already.append((person_id, series_id))
            else:
                self.otherwise.append((person_id, series_id, answer.status))


def kill_while(served: Served, answered: Answered, expected: int) -> None:
    """kill -9 of six web workers and of the arbiter, each after some more answers."""
    moments = sorted(random.sample(range(5, expected - 30), 7))
    web, arbiter_at = served.running[0], random.choice(moments[:-1])
    for moment in moments:
        until(lambda moment=moment, web=web: len(answered.taken + answered.taken_already) >= moment and web_workers(web) != [])
        # The answer that was just counted is over; the next ones are anywhere on their way by then.
        time.sleep(random.uniform(0, 0.02))
        if moment == arbiter_at:
            web.kill()
            web.wait()
            until(served.nobody_listens)
            web = served.start_web()
        else:
            os.kill(random.choice(web_workers(web)), signal.SIGKILL)


def test_kills_of_the_web_server_lose_and_double_no_enrollment(served: Served) -> None:
    served.start_web()
    served.start_worker()
    with served.session() as session:
        now = datetime(2027, 3, 2, 17, tzinfo=UTC)
        session.execute(update(Series).values(seats=1000))
        series_ids = list(session.scalars(select(Series.id).where(Series.enrollment_closes_at > now)))
        before = set(session.execute(select(Enrollment.person_id, Enrollment.series_id)))
        people = [(person.id, person.email) for person in session.scalars(select(Person).where(Person.email.like("person%")).limit(24))]
        session.commit()
    asked = {id: [series_id for series_id in series_ids if (id, series_id) not in before] for id, _ in people}
    pairs = {(person_id, series_id) for person_id, its_series in asked.items() for series_id in its_series}
    visitors, answered = signed_in(served, [email for _, email in people]), Answered()
    with ThreadPoolExecutor(len(people)) as pool:
        going = [
            pool.submit(answered.enroll_in_each, visitor, person_id, asked[person_id])
            for visitor, (person_id, _) in zip(visitors, people, strict=True)
        ]
        kill_while(served, answered, len(pairs))
        for one in going:
            one.result()

    assert answered.otherwise == []
    with served.session() as session:
        there = Counter(session.execute(select(Enrollment.person_id, Enrollment.series_id)))
        mails = session.scalar(select(func.count()).where(Mail.kind == "enrolled"))
        counted = select(func.count()).where(Enrollment.series_id == Series.id).scalar_subquery()
        kept_wrongly = session.scalars(select(Series.id).where(Series.seats_taken != counted)).all()
    assert set(answered.taken) | set(answered.taken_already) == pairs
    assert there == Counter(before | pairs)
    assert mails == len(pairs)
    assert kept_wrongly == []
    assert served.flask("audit") == 0
    assert [visitors[0].get(path).status for path in ("/", "/seminars", "/my/learning", f"/series/{series_ids[0]}")] == [200] * 4


def put_mails(served: Served, number: int) -> dict[int, str]:
    """That many mails that are due; answers their ids and recipients."""
    with served.session() as session:
        people = session.scalars(select(Person).where(Person.email.like("person%"))).all()
        due = datetime(2027, 3, 2, 16, tzinfo=UTC)
        letter = {"title": "Robotics", "series_id": 1, "starts_at": {"$at": due.isoformat()}, "place": "Lab", "room": "", "reason": ""}
        rows = [
            {"district_id": person.district_id, "person_id": person.id, "kind": "enrolled", "key": f"test-{n}", "context": letter}
            for n, person in ((n, people[n % len(people)]) for n in range(number))
        ]
        session.execute(insert(Mail), [{**row, "calendar": "BEGIN:VCALENDAR", "created_at": due, "next_try_at": due} for row in rows])
        session.commit()
        put = select(Mail.id, Person.email).join(Person, Person.id == Mail.person_id).where(Mail.key.like("test-%"))
        return dict(session.execute(put).all())


def unsent(served: Served) -> set[int]:
    with served.session() as session:
        return set(session.scalars(select(Mail.id).where(Mail.state != "sent")))


def written(served: Served) -> set[int]:
    return {int(path.name[:8]) for path in served.mail.glob("[0-9]*.eml")}


def test_kills_of_the_worker_leave_each_mail_sent_and_written_once(served: Served) -> None:
    recipients, unmarked = put_mails(served, 600), set()
    for turn in range(13):
        if turn >= 3 and unmarked:
            break
        number = 40 * turn + random.randint(20, 50)
        workers = [served.start_worker(), served.start_worker()]
        until(lambda number=number: len(written(served)) >= number)
        for worker in workers:
            worker.kill()
            worker.wait()
        unmarked |= written(served) & unsent(served)
        served.pass_time(CLAIMED_FOR.total_seconds() + 60)
    served.start_worker()
    until(lambda: unsent(served) == set())

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


FAST = "not deep and not browser and not machine"


@pytest.mark.parametrize(("zone", "hours_from_utc"), [("UTC", 0), ("Asia/Tokyo", 9), ("America/Chicago", -6)])
def test_series_and_loans_fall_on_the_same_days_wherever_the_machine_stands(zone: str, hours_from_utc: int) -> None:
    there = {**os.environ, "TZ": zone}
    # A machine that doesn't know the zone takes it for UTC, without a word.
    offset = subprocess.run([sys.executable, "-c", "import time; print(-time.timezone)"], env=there, capture_output=True, check=True)
    assert timedelta(seconds=int(offset.stdout)) == timedelta(hours=hours_from_utc)
    suite = [sys.executable, *["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/series", "tests/inventory", "-m"], FAST]
    ran = subprocess.run(suite, cwd=ROOT, env=there, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
