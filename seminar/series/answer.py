"""What somebody answered to the questions of a series, with their place in it: a row per question, and none for what they leave out.

Laws: a new place starts without answers, whoever had the seat before. The person changes and removes them until the series begins;
its trainers and the program manager read them, nobody else. The audit trail tells that there were answers, never what they say.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from seminar.ground import history
from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.people.person import Person
from seminar.series.clash import IS_IN
from seminar.series.enrollment import Enrollment, lock
from seminar.series.question import CONFIDENCE, EXPERIENCE, GRADES, LONGEST_ANSWER, QUESTIONS
from seminar.series.series import Series


def _one_of(question: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"question <> '{question}' OR value IN ({listed})", name=question)


class EnrollmentAnswer(Model):
    """What somebody with a place in a series answered to one of its questions."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    enrollment_id: Mapped[int] = mapped_column(ForeignKey("enrollment.id"))
    # Whose place it is.
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    question: Mapped[str]
    value: Mapped[str]
    answered_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("enrollment_id", "question"),
        CheckConstraint("question IN (" + ", ".join(f"'{question}'" for question in QUESTIONS) + ")", name="question"),
        CheckConstraint(f"length(value) BETWEEN 1 AND {LONGEST_ANSWER}", name="says_something"),
        _one_of("grade", GRADES),
        _one_of("experience", tuple(EXPERIENCE)),
        _one_of("confidence", tuple(CONFIDENCE)),
        Index("ix_enrollment_answer_question", "district_id", "question"),
        Index("ix_enrollment_answer_person", "person_id"),
    )


def answers_of(place: Enrollment) -> dict[str, str]:
    """By question, what was answered; one statement."""
    query = select(EnrollmentAnswer.question, EnrollmentAnswer.value).where(EnrollmentAnswer.enrollment_id == place.id)
    return {question: value for question, value in db.session.execute(query)}


def begins_at(series: Series) -> datetime | None:
    """When its first meeting begins that isn't canceled; None without one."""
    return min((meeting.starts_at for meeting in series.meetings if meeting.canceled_at is None), default=None)


def has_begun(series: Series, now: datetime) -> bool:
    begins = begins_at(series)
    return begins is not None and begins <= now


def give_answers(place: Enrollment, answers: Mapping[str, str], *, by: Person, now: datetime) -> None:
    """By question, what the person says as they take the place, which is flushed; an empty answer is none. Flushes."""
    if _write(place, answers, now):
        history.record(by, "answers given", place, now, series=place.series_id, person=place.person_id)


def change_answers(place: Enrollment, answers: Mapping[str, str], *, by: Person, now: datetime) -> None:
    """By question, what the person says now; an empty answer is taken away, and a question that isn't named stays as it is. Raises
    Refused once the series has begun, or the place is over. Flushes."""
    series = place.series
    lock(series)
    db.session.refresh(place, attribute_names=["state"])
    title = series.seminar.title
    if place.state not in IS_IN:
        raise Refused(N_("This place in {title} is over already."), status=409, title=title)
    if has_begun(series, now):
        raise Refused(N_("{title} has begun, so your answers stay as they are."), status=409, title=title)
    if _write(place, answers, now):
        history.record(by, "answers changed", place, now, series=place.series_id, person=place.person_id)


def _write(place: Enrollment, answers: Mapping[str, str], now: datetime) -> bool:
    """Whether anything is different now."""
    found = db.session.scalars(select(EnrollmentAnswer).where(EnrollmentAnswer.enrollment_id == place.id))
    there = {answer.question: answer for answer in found}
    different = {question: value for question, value in answers.items() if value != (there[question].value if question in there else "")}
    for question, value in different.items():
        if not value:
            db.session.delete(there[question])
        elif question in there:
            there[question].value, there[question].answered_at = value, now
        else:
            of = {"district_id": place.district_id, "enrollment_id": place.id, "person_id": place.person_id}
            db.session.add(EnrollmentAnswer(**of, question=question, value=value, answered_at=now))
    db.session.flush()
    return bool(different)


def take_over_answers(kept: Enrollment, ended: Enrollment) -> None:
    """Of two places of one person: what only the one that ends says goes on with the other."""
    said = select(EnrollmentAnswer.question).where(EnrollmentAnswer.enrollment_id == kept.id)
    only_there = (EnrollmentAnswer.enrollment_id == ended.id) & EnrollmentAnswer.question.not_in(said)
    moving = update(EnrollmentAnswer).where(only_there).values(enrollment_id=kept.id)
    db.session.execute(moving, execution_options={"synchronize_session": False})


@dataclass(frozen=True)
class Answered:
    """What the people who are in a series answered, for its trainers: dietary needs by what goes together on a plate, accommodation
    needs by name, and of everything else by answer how many."""

    people: int
    dietary: list[tuple[str, int]] = field(default_factory=list)
    accommodation: list[tuple[str, str]] = field(default_factory=list)
    counts: dict[str, Counter[str]] = field(default_factory=dict)

    def number(self, question: str) -> int:
        """How many answered it."""
        if question == "accommodation":
            return len(self.accommodation)
        return sum(count for _, count in self.dietary) if question == "dietary" else self.counts[question].total()


def answered(series: Series) -> Answered:
    """Two statements, however many people there are."""
    is_in = (Enrollment.series_id == series.id) & Enrollment.state.in_(IS_IN)
    people = db.session.scalar(select(func.count()).where(is_in)) or 0
    query = (
        select(EnrollmentAnswer.question, EnrollmentAnswer.value, Person)
        .join(Enrollment, Enrollment.id == EnrollmentAnswer.enrollment_id)
        .join(Person, Person.id == Enrollment.person_id)
        .where(is_in)
        .order_by(Person.given_name, Person.family_name, Person.id)
    )
    plates: Counter[str] = Counter()
    found = Answered(people, counts={question: Counter() for question in ("grade", "experience", "confidence")})
    for question, value, person in db.session.execute(query):
        if question == "dietary":
            plates[value] += 1
        elif question == "accommodation":
            found.accommodation.append((person.name, value))
        else:
            found.counts[question][value] += 1
    found.dietary.extend(plates.most_common())
    return found
