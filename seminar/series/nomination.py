"""A nomination: somebody's principal, or the program manager, asks them to take part in a series. They decide by themselves.

It is open from the day it is made until the person has a place in the series, or in the line for it; says "No, thank you"; or
enrollment closes. Law: nobody is nominated for a series while they have a place in it, or while a nomination for it is open; the
lock of the series has the last word.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, Text, exists, select, update
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from seminar.ground import history, outbox
from seminar.ground.db import Model, db
from seminar.ground.history import History
from seminar.ground.outbox import Letter
from seminar.ground.refusal import N_, Refused
from seminar.people.person import Person
from seminar.series.enrolling_several import Answers, live_places
from seminar.series.enrollment import LIVE, Enrollment, lock
from seminar.series.series import Series
from seminar.series.waitlist import settled

CLOSED = N_("Enrollment for {title} is closed, so nobody is nominated for it.")


class Nomination(Model):
    """That somebody is asked to take part in a series: by whom, and in which words."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    nominated_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    nominated_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(Text, default="")
    # When the person said no.
    turned_down_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(foreign_keys=person_id)
    nominated_by: Mapped[Person] = relationship(foreign_keys=nominated_by_id)
    series: Mapped[Series] = relationship()

    __table_args__ = (
        Index("ix_nomination_series", "district_id", "series_id", "person_id"),
        Index("ix_nomination_person", "district_id", "person_id"),
    )


def _isnt_answered() -> ColumnElement[bool]:
    """Neither turned down, nor followed by a place: one that they have, or one that they had since."""
    theirs = (Enrollment.series_id == Nomination.series_id) & (Enrollment.person_id == Nomination.person_id)
    since = Enrollment.state.in_(LIVE) | (Enrollment.created_at >= Nomination.nominated_at)
    return Nomination.turned_down_at.is_(None) & ~exists().where(theirs, since)


def takes_nominations(series: Series, now: datetime) -> bool:
    """Already before enrollment opens, and until it closes."""
    return series.published_at is not None and series.canceled_at is None and now < series.enrollment_closes_at


def _takes_them(now: datetime) -> ColumnElement[bool]:
    """The same, asked of the database."""
    return Series.published_at.is_not(None) & Series.canceled_at.is_(None) & (Series.enrollment_closes_at > now)


def nominate(people: Sequence[Person], series: Series, *, note: str, by: Person, now: datetime) -> History:
    """Nominate each who can still be; they get a mail. What became of each (`nominated`, or `nominated_before`, `in_it`, `in_line`)
    is in the details of the entry that the audit trail gets. Raises Refused once enrollment is closed. Flushes."""
    lock(series)
    if not takes_nominations(series, now):
        raise Refused(CLOSED, status=409, title=series.seminar.title)
    settled(series, now)
    places = live_places(people, series)
    before = {nomination.person_id for nomination in open_nominations_for(series)}
    answers: Answers = {
        person.id: "nominated_before" if person.id in before else "nominated" if place is None else _has(place)
        for person in people
        for place in [places.get(person.id)]
    }
    made = [_nominated(person, series, note, by, now) for person in people if answers[person.id] == "nominated"]
    db.session.add_all(made)
    row = history.record(by, "nominated", series, now, answers=list(answers.items()))
    db.session.flush()
    _tell(made, series, by, now)
    return row


def _has(place: Enrollment) -> str:
    return "in_line" if place.state == "waitlisted" else "in_it"


def _nominated(person: Person, series: Series, note: str, by: Person, now: datetime) -> Nomination:
    of = {"district_id": series.district_id, "series_id": series.id, "person_id": person.id}
    return Nomination(**of, person=person, nominated_by_id=by.id, nominated_at=now, note=note)


def _tell(made: Sequence[Nomination], series: Series, by: Person, now: datetime) -> None:
    first = next((meeting for meeting in series.meetings if meeting.ends_at > now and meeting.canceled_at is None), None)
    values = {
        "title": series.seminar.title,
        "series_id": series.id,
        "by": by.name,
        "closes_at": series.enrollment_closes_at,
        "starts_at": first.starts_at if first else None,
        "place": first.place if first else "",
        "room": first.room if first else "",
    }
    letters = [Letter(one.person, str(one.id), {**values, "note": one.note}) for one in made]
    outbox.put_all("nominated", letters, now=now)


def turn_nomination_down(person: Person, series: Series, *, now: datetime) -> None:
    """No, thank you: to whoever nominated them. Raises Refused where nobody does any more."""
    lock(series)
    open_now = nominations_of(person, now, series)
    if not open_now:
        raise Refused(N_("Nobody nominates you for {title} now."), status=409, title=series.seminar.title)
    said_no = update(Nomination).where(Nomination.id.in_([nomination.id for nomination in open_now]))
    db.session.execute(said_no.values(turned_down_at=now))
    history.record(person, "nomination turned down", series, now, person=person.id)
    db.session.flush()


def nominations_of(person: Person, now: datetime, *those: Series) -> list[Nomination]:
    """The person's open nominations, for these series or for all, the first to close first; one statement."""
    query = select(Nomination).join(Series, Series.id == Nomination.series_id)
    query = query.where(Nomination.district_id == person.district_id, Nomination.person_id == person.id, _isnt_answered())
    query = query.where(_takes_them(now))
    if those:
        query = query.where(Nomination.series_id.in_([series.id for series in those]))
    whole = joinedload(Nomination.nominated_by), joinedload(Nomination.series).joinedload(Series.seminar)
    return list(db.session.scalars(query.options(*whole).order_by(Series.enrollment_closes_at, Nomination.id)))


def open_nominations_for(series: Series) -> list[Nomination]:
    """What nobody has answered yet, with who nominates; one statement."""
    query = select(Nomination).where(Nomination.district_id == series.district_id, Nomination.series_id == series.id, _isnt_answered())
    return list(db.session.scalars(query.options(joinedload(Nomination.nominated_by)).order_by(Nomination.id)))
