"""A meeting that was moved to another time or place: everybody enrolled is asked whether they can still come.

Laws: the question is about the last move alone, so one more move asks anew; who enrolled after it knew, and isn't asked. Yes is on
record; no withdraws, with all that follows from that. Each answer stays (rule 8).
"""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, aliased, joinedload, mapped_column, relationship

from seminar.ground import history
from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.people.person import Person
from seminar.series.enrolling import withdraw
from seminar.series.enrollment import Enrollment, live_enrollment, lock
from seminar.series.series import Meeting, Series

# Another of these, and not only another room, is a reason not to come.
ASKED_OF = ("starts_at", "ends_at", "place")


class MeetingMove(Model):
    """That a meeting was moved, from when and where, and that who was enrolled is asked about it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    was_at: Mapped[datetime]
    was_place: Mapped[str]
    moved_at: Mapped[datetime]
    moved_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    meeting: Mapped[Meeting] = relationship()

    __table_args__ = (Index("ix_meeting_move_meeting", "meeting_id"),)


class MoveAnswer(Model):
    """What somebody answered: whether they can still come."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    move_id: Mapped[int] = mapped_column(ForeignKey("meeting_move.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    comes: Mapped[bool]
    answered_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("move_id", "person_id"), Index("ix_move_answer_person", "person_id"))


@dataclass(frozen=True)
class Answers:
    """Of a moved meeting, who said that they still come, who doesn't, and who hasn't answered yet; by name."""

    move: MeetingMove
    yes: list[str] = field(default_factory=list)
    no: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)


def ask(meeting: Meeting, *, was_at: datetime, was_place: str, by: Person, now: datetime) -> None:
    """From now on whoever is enrolled is asked about the meeting as it is now. Flushes."""
    move = MeetingMove(district_id=meeting.district_id, meeting_id=meeting.id, was_at=was_at, was_place=was_place)
    move.moved_at, move.moved_by_id = now, by.id
    db.session.add(move)
    db.session.flush()


def _last_of_its_meeting() -> ColumnElement[bool]:
    other = aliased(MeetingMove)
    return MeetingMove.id == select(func.max(other.id)).where(other.meeting_id == MeetingMove.meeting_id).scalar_subquery()


def _asked_now(now: datetime) -> Select[MeetingMove]:
    """The last move of each meeting to come, with its meeting."""
    still = (Meeting.starts_at > now, Meeting.canceled_at.is_(None))
    return select(MeetingMove).join(Meeting, Meeting.id == MeetingMove.meeting_id).where(*still, _last_of_its_meeting())


def open_questions(person_id: int, now: datetime, *, series_id: int | None = None) -> list[MeetingMove]:
    """What somebody is asked and hasn't answered, the next meeting first; one statement."""
    answered = select(MoveAnswer.id).where(MoveAnswer.move_id == MeetingMove.id, MoveAnswer.person_id == person_id)
    query = (
        _asked_now(now)
        .join(Enrollment, Enrollment.series_id == Meeting.series_id)
        .where(Enrollment.person_id == person_id, Enrollment.state == "enrolled", Enrollment.enrolled_at <= MeetingMove.moved_at)
        .where(~answered.exists())
        .options(joinedload(MeetingMove.meeting).joinedload(Meeting.series).joinedload(Series.seminar))
        .order_by(Meeting.starts_at, Meeting.id)
    )
    if series_id is not None:
        query = query.where(Meeting.series_id == series_id)
    return list(db.session.scalars(query))


def answer(meeting: Meeting, *, move_id: int | None, comes: bool, by: Person, now: datetime) -> None:
    """Whether they can still come, as the move made it; a no gives their seat back. Raises Refused where they aren't enrolled, or
    nobody asks, or it was moved again since they were asked. Flushes."""
    series = meeting.series
    lock(series)
    title, place = series.seminar.title, live_enrollment(by, series, now)
    if place is None or place.state != "enrolled" or place.enrolled_at is None:
        raise Refused(N_("You aren't enrolled in {title} now."), status=409, title=title)
    move = db.session.scalar(_asked_now(now).where(MeetingMove.meeting_id == meeting.id))
    if move is None or place.enrolled_at > move.moved_at:
        raise Refused(N_("Nobody asks about this meeting of {title} now."), status=409, title=title)
    if move.id != move_id:
        raise Refused(N_("This meeting of {title} was moved again. Look at its day, and answer then."), status=409, title=title)
    _note(move, by, comes=comes, now=now)
    if not comes:
        # The district moved it, so the price comes back as if it had canceled.
        withdraw(place, by=by, now=now, why="canceled")


def _note(move: MeetingMove, person: Person, *, comes: bool, now: datetime) -> None:
    """The answer, which may be another one than before; the audit trail has each."""
    mine = select(MoveAnswer).where(MoveAnswer.move_id == move.id, MoveAnswer.person_id == person.id)
    said = db.session.scalar(mine) or MoveAnswer(district_id=move.district_id, move_id=move.id, person_id=person.id)
    if said.id is not None and said.comes == comes:
        return
    said.comes, said.answered_at = comes, now
    db.session.add(said)
    db.session.flush()
    history.record(person, "answered a move", said, now, meeting=move.meeting_id, comes=comes)


def answers_in(series: Series, now: datetime) -> list[Answers]:
    """By moved meeting that is still to come, who answered what; three statements, one where none was moved."""
    query = _asked_now(now).where(Meeting.series_id == series.id).options(joinedload(MeetingMove.meeting))
    found = {move.id: Answers(move) for move in db.session.scalars(query.order_by(Meeting.starts_at, Meeting.id))}
    if not found:
        return []
    by_name = (Person.given_name, Person.family_name, Person.id)
    given = select(MoveAnswer, Person).join(Person, Person.id == MoveAnswer.person_id).where(MoveAnswer.move_id.in_(list(found)))
    said = [(one.move_id, person.id, one.comes, person.name) for one, person in db.session.execute(given.order_by(*by_name))]
    enrolled = select(Enrollment.enrolled_at, Person).join(Person, Person.id == Enrollment.person_id)
    enrolled = enrolled.where(Enrollment.series_id == series.id, Enrollment.state == "enrolled").order_by(*by_name)
    inside = [(enrolled_at, person.id, person.name) for enrolled_at, person in db.session.execute(enrolled)]
    for move_id, answers in found.items():
        asked = [(person_id, name) for enrolled_at, person_id, name in inside if enrolled_at and enrolled_at <= answers.move.moved_at]
        answered = {person_id for move, person_id, _, _ in said if move == move_id}
        for person_id, name in asked:
            (answers.yes if person_id in answered else answers.open).append(name)
        # Who said no isn't enrolled any more, unless they came back.
        still = {person_id for _, person_id, _ in inside}
        answers.no.extend(name for move, person_id, comes, name in said if move == move_id and not comes and person_id not in still)
    return list(found.values())
