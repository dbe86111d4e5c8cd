"""A message that somebody who runs a series writes to its people: to those who have a seat, to those who wait for one, or to both.

Laws: it is one mail per person (rule 9), and stays on record: who wrote it, when, to whom, and what it said.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, Text, func, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from seminar.ground import history, outbox
from seminar.ground.db import Model, db
from seminar.ground.outbox import Letter
from seminar.ground.refusal import N_, Refused
from seminar.people.person import Person
from seminar.series.enrollment import TAKES_A_SEAT, Enrollment
from seminar.series.series import Series

LONGEST_SUBJECT, LONGEST_TEXT = 120, 4000
# Who is offered a seat hasn't got it yet.
WAIT = ("offered", "waitlisted")
HAVE_A_SEAT = tuple(state for state in TAKES_A_SEAT if state not in WAIT)
AUDIENCE_WORDS = {
    "enrolled": N_("Everybody who is enrolled"),
    "waitlist": N_("Everybody who waits for a seat"),
    "both": N_("Everybody who is enrolled or waits for a seat"),
}
AUDIENCES = {"enrolled": HAVE_A_SEAT, "waitlist": WAIT, "both": (*HAVE_A_SEAT, *WAIT)}


class SeriesMessage(Model):
    """A message to a series' people."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    audience: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    people: Mapped[int]
    sent_at: Mapped[datetime]
    sent_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    sent_by: Mapped[Person] = relationship()

    __table_args__ = (
        CheckConstraint("audience IN ('enrolled', 'waitlist', 'both')", name="audience"),
        CheckConstraint("people >= 1", name="has_a_reader"),
        Index("ix_series_message_series", "series_id", "sent_at"),
    )


def _readers(series: Series, audience: str) -> Select[Person]:
    """Who has a place now; who has no address gets no mail."""
    query = select(Person).join(Enrollment, Enrollment.person_id == Person.id)
    return query.where(Enrollment.series_id == series.id, Enrollment.state.in_(AUDIENCES[audience]), Person.email.is_not(None))


def readers(series: Series, audience: str) -> list[Person]:
    """Whom a message would reach, by name; one statement."""
    query = _readers(series, audience).options(joinedload(Person.district))
    return list(db.session.scalars(query.order_by(Person.given_name, Person.family_name, Person.id)))


def readers_of_each(series: Series) -> dict[str, int]:
    """By audience, how many a message would reach; one statement."""
    counts = select(*(func.count().filter(Enrollment.state.in_(states)) for states in AUDIENCES.values()))
    counts = counts.join(Person, Person.id == Enrollment.person_id).where(Enrollment.series_id == series.id, Person.email.is_not(None))
    return dict(zip(AUDIENCES, db.session.execute(counts).one(), strict=True))


def write_to(series: Series, audience: str, *, subject: str, text: str, by: Person, now: datetime) -> SeriesMessage:
    """One mail to each of them. Raises Refused where there is nobody. Flushes; the same statements for any number of people."""
    reached = readers(series, audience)
    if not reached:
        raise Refused(NOBODY[audience], field="audience")
    message = SeriesMessage(district_id=series.district_id, series_id=series.id, audience=audience, subject=subject, text=text)
    message.people, message.sent_at, message.sent_by_id = len(reached), now, by.id
    db.session.add(message)
    db.session.flush()
    history.record(by, "message sent", message, now, series=series.id, people=len(reached))
    coming = [meeting.starts_at for meeting in series.meetings if meeting.starts_at > now and meeting.canceled_at is None]
    values = {
        "title": series.seminar.title,
        "series_id": series.id,
        "subject": subject,
        "text": text,
        "writer": by.name,
        "answer_to": by.email or "",
        "starts_at": coming[0] if coming else None,
    }
    outbox.put_all("series_message", [Letter(person, str(message.id), values) for person in reached], now=now)
    return message


NOBODY = {
    "enrolled": N_("Nobody is enrolled yet."),
    "waitlist": N_("Nobody waits for a seat."),
    "both": N_("Nobody has a place in the series yet."),
}


def messages_of(series: Series) -> list[SeriesMessage]:
    """What was written to its people, the last first; one statement."""
    query = select(SeriesMessage).where(SeriesMessage.series_id == series.id).options(joinedload(SeriesMessage.sent_by))
    return list(db.session.scalars(query.order_by(SeriesMessage.sent_at.desc(), SeriesMessage.id.desc())))
