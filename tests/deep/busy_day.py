"""A day on which everything goes on at once: people enroll, schools reserve, the depot hands over, a trainer takes attendance
and signs off. What was answered is kept, and held against the rows when it is over."""

from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import product

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from inventory.reservation import GateCheck, Reservation, ReservationLine
from seminar.ground.history import History
from seminar.ground.outbox import Mail
from seminar.series.attendance import Attendance
from seminar.series.enrollment import Enrollment
from seminar.series.seminar import Seminar
from seminar.series.series import Meeting, Series
from seminar.skills.badge import Badge, Competency
from seminar.skills.sign_off import SignOff
from tests.deep.crowd import more_teachers, schools_for, signed_in_as
from tests.deep.served import Answer, Served, Visitor, signed_in
from tests.waiting import until

TODAY, RETURN_DAY = date(2027, 3, 2), date(2027, 3, 9)
AT_FOUR = datetime(2027, 3, 3, tzinfo=UTC)
TAUGHT_TODAY = "3D Printing for the Elementary Classroom"
AT_A_TIME, ROOM = 20, 30


@dataclass
class BusyDay:
    """So many people enroll in each of so many series, while so many schools reserve and get an item each."""

    served: Served
    people: int
    series: int
    schools: int
    answers: list[Answer] = field(default_factory=list)
    # What was answered with neither a yes nor, on a second press, that it is done already.
    otherwise: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.person_ids = more_teachers(self.served, self.people)
        days = {"first_day": TODAY, "last_day": RETURN_DAY}
        self.lending = schools_for(self.served, "Desktop 3D printer", schools=self.schools, items=self.schools, **days)
        with self.served.session() as session:
            self.series_ids = self._make_room(session)
            self.meeting_id, self.in_the_room = self._class_of_today(session)
            query = select(Competency.id, Badge.id).join(Badge).where(Badge.name == "3D Printing Operator").order_by(Competency.position)
            self.competency_id, self.badge_id = session.execute(query).first()
            self.mails_before = session.scalar(select(func.max(Mail.id))) or 0
            session.commit()
        self.visitors = signed_in_as(self.served, self.person_ids)
        self.contacts = signed_in_as(self.served, list(self.lending.asked))
        self.trainer, self.keeper = signed_in(self.served, ["trainer@rivermark.example", "equipment@rivermark.example"])

    def _make_room(self, session: Session) -> list[int]:
        """Open series in which there are seats for all of them and not one more."""
        opens, closes = datetime(2027, 3, 2, 16, 30, tzinfo=UTC), datetime(2027, 3, 2, 22, tzinfo=UTC)
        taken = (Series.published_at <= opens) & (Series.enrollment_opens_at <= opens) & (Series.enrollment_closes_at > closes)
        ids = list(session.scalars(select(Series.id).where(taken, Series.canceled_at.is_(None)).order_by(Series.id).limit(self.series)))
        assert len(ids) == self.series
        # Who waits in one of them by now is offered a seat first.
        waits = select(func.count()).where(Enrollment.series_id == Series.id, Enrollment.state == "waitlisted").correlate(Series)
        seats = Series.seats_taken + self.people + waits.scalar_subquery()
        session.execute(update(Series).where(Series.id.in_(ids)).values(seats=seats), execution_options={"synchronize_session": False})
        return ids

    def _class_of_today(self, session: Session) -> tuple[int, list[int]]:
        """The meeting from 16:00 in the district's time, and as many of who comes as fit into a room."""
        of_today = select(Meeting).join(Series).join(Seminar).where(Seminar.title == TAUGHT_TODAY, Meeting.starts_at == AT_FOUR)
        meeting = session.scalars(of_today).one()
        enrolled = select(Enrollment.person_id).where(Enrollment.series_id == meeting.series_id, Enrollment.state == "enrolled")
        return meeting.id, list(session.scalars(enrolled.order_by(Enrollment.person_id).limit(ROOM)))

    @property
    def done(self) -> int:
        return len(self.answers)

    def begin(self, pool: ThreadPoolExecutor) -> list[Future[None]]:
        """Everybody goes about it: one after the other in each of these, and all of these side by side."""
        enrolling = [pool.submit(self._enroll, self.visitors[n::AT_A_TIME]) for n in range(AT_A_TIME)]
        return [*enrolling, pool.submit(self._reserve), pool.submit(self._hand_over), pool.submit(self._teach), pool.submit(self._sign_off)]

    def _press(self, visitor: Visitor, path: str, again: int | None, **fields: object) -> None:
        """Press until somebody answers; `again` is the answer to who presses for what is done already."""
        answer, presses = visitor.post_until_answered(path, **fields)
        self.answers.append(answer)
        if answer.status != 303 and not (presses > 1 and answer.status == again):
            self.otherwise.append(f"{answer.status} after {presses}: {path}")

    def _enroll(self, visitors: list[Visitor]) -> None:
        for visitor, series_id in product(visitors, self.series_ids):
            self._press(visitor, f"/series/{series_id}/enrollment", 409)

    def _reserve(self) -> None:
        for n, (visitor, fields) in enumerate(zip(self.contacts, self.lending.asked.values(), strict=True)):
            self._press(visitor, "/reservations", None, once=f"busy-{n}", **fields)

    def _hand_over(self) -> None:
        """Each school's pick-up, as soon as it is reserved."""
        for person_id in self.lending.asked:
            found: list[int] = []
            until(lambda id=person_id, found=found: found.extend(self._reserved_by(id)) or found != [], within=300)
            self._press(self.keeper, f"/reservations/{found[0]}/hand-over", 409)

    def _reserved_by(self, person_id: int) -> list[int]:
        with self.served.session() as session:
            return list(session.scalars(select(Reservation.id).where(Reservation.created_by_id == person_id)))

    def _teach(self) -> None:
        """The sheet is saved again and again: one more was there each time."""
        for n in range(1, len(self.in_the_room) + 1):
            there = {f"there-{id}": "y" for id in self.in_the_room[:n]}
            away = {f"mark-{id}": "absent" for id in self.in_the_room[n:]}
            self._press(self.trainer, f"/meetings/{self.meeting_id}/attendance", None, **there, **away)

    def _sign_off(self) -> None:
        for person_id in self.person_ids[: self.schools]:
            fields = {"badge": self.badge_id, "competency": self.competency_id}
            self._press(self.trainer, f"/people/{person_id}/sign-offs", None, **fields)

    def assert_all_is_there_once(self) -> None:
        """What was answered is there, as rows and as history, and nothing of it twice."""
        assert self.otherwise == []
        with self.served.session() as session:
            places = select(Enrollment.person_id, Enrollment.series_id).where(Enrollment.series_id.in_(self.series_ids))
            came = session.execute(places.where(Enrollment.person_id.in_(self.person_ids)))
            assert Counter(came) == Counter(product(self.person_ids, self.series_ids))
            left = select(Series.seats - Series.seats_taken).where(Series.id.in_(self.series_ids))
            assert set(session.scalars(left)) == {0}
            there = select(Attendance.person_id).where(Attendance.meeting_id == self.meeting_id, Attendance.mark == "present")
            assert sorted(session.scalars(there)) == self.in_the_room
            self._assert_signed_off_once(session)
            self._assert_lent_once(session)

    def _assert_signed_off_once(self, session: Session) -> None:
        signed = session.execute(select(SignOff.person_id, SignOff.id).where(SignOff.person_id.in_(self.person_ids))).all()
        assert sorted(person_id for person_id, _ in signed) == self.person_ids[: self.schools]
        told = select(History.record_id).where(History.record == "sign_off", History.record_id.in_([id for _, id in signed]))
        assert sorted(session.scalars(told)) == sorted(id for _, id in signed)

    def _assert_lent_once(self, session: Session) -> None:
        made = select(Reservation.id).where(Reservation.created_by_id.in_(self.lending.asked))
        assert session.scalar(select(func.count()).select_from(made.subquery())) == self.schools
        lines = session.scalars(select(ReservationLine).where(ReservationLine.reservation_id.in_(made))).all()
        assert sorted(line.item_id for line in lines) == sorted(self.lending.item_ids)
        assert {line.state for line in lines} == {"out"}
        checks = session.scalars(select(GateCheck.occasion).where(GateCheck.reservation_id.in_(made)))
        assert Counter(checks) == {"reserved": self.schools, "handed_over": self.schools}
        told = select(History.what).where(History.record == "reservation", History.record_id.in_(made))
        assert Counter(session.scalars(told)) == {"reserved": self.schools, "handed over": self.schools}

    def assert_each_mail_is_there_once(self) -> None:
        """One for each place and one for each reservation, every one of them sent, and written."""
        with self.served.session() as session:
            mine = select(Mail.id, Mail.kind, Mail.state).where(Mail.id > self.mails_before, Mail.kind.in_(("enrolled", "reserved")))
            mails = session.execute(mine).all()
        assert Counter((kind, state) for _, kind, state in mails) == {
            ("enrolled", "sent"): self.people * self.series,
            ("reserved", "sent"): self.schools,
        }
        assert {id for id, _, _ in mails} <= self.served.written()
