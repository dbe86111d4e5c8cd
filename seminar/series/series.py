"""A series: one dated run of a seminar, with its seats, trainers and enrollment window.

Laws: never more seats taken than there are (rule 1): a trigger on enrollments keeps `seats_taken`, and a CHECK has the
last word. Nothing but that CHECK reads it: how many seats are left is counted.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text, bindparam, false, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from seminar.ground.db import Model, db, fill
from seminar.people.district import District
from seminar.people.person import Person
from seminar.series.seminar import Seminar
from seminar.skills.badge import read_what_is_asked

series_trainer = Table(
    "series_trainer",
    Model.metadata,
    Column("series_id", ForeignKey("series.id"), primary_key=True),
    Column("person_id", ForeignKey("person.id"), primary_key=True),
    Index("ix_series_trainer_person", "person_id"),
    info={"purpose": "Who teaches a series."},
)


class Series(Model):
    """One dated run of a seminar, with its seats."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    seminar_id: Mapped[int] = mapped_column(ForeignKey("seminar.id"))
    season: Mapped[str]
    # The year in which its school year ends: 2027 is 2026–27.
    school_year: Mapped[int]
    seats: Mapped[int]
    seats_taken: Mapped[int] = mapped_column(default=0)
    # What a seat costs; what somebody owes is what it was when their order was made.
    price_cents: Mapped[int] = mapped_column(default=0, server_default="0")
    enrollment_opens_at: Mapped[datetime]
    enrollment_closes_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    canceled_at: Mapped[datetime | None]
    canceled_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    canceled_reason: Mapped[str | None]
    # What it asks of whoever enrolls: see question.py.
    asks_dietary: Mapped[bool] = mapped_column(default=False, server_default=false())
    asks_accommodation: Mapped[bool] = mapped_column(default=False, server_default=false())
    asks_grade: Mapped[bool] = mapped_column(default=False, server_default=false())
    asks_experience: Mapped[bool] = mapped_column(default=False, server_default=false())
    asks_confidence: Mapped[bool] = mapped_column(default=False, server_default=false())
    # As few as must be enrolled by a day; and who said that it goes ahead, with however many there are.
    minimum: Mapped[int | None]
    decide_on: Mapped[date | None]
    goes_ahead_at: Mapped[datetime | None]
    goes_ahead_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # The last day on which a seat can be given to a colleague; None for the day before the first meeting.
    freeze_day: Mapped[date | None]
    # From when on a seat in it is to be approved; None where that isn't asked. Who had one before keeps it.
    asks_approval_since: Mapped[datetime | None]

    district: Mapped[District] = relationship()
    seminar: Mapped[Seminar] = relationship()
    # A record that went into another trainer's of this series stays in the table, and is that one person.
    trainers: Mapped[list[Person]] = relationship(
        secondary=series_trainer,
        secondaryjoin=lambda: (series_trainer.c.person_id == Person.id) & Person.merged_into_id.is_(None),
        order_by=Person.family_name,
    )
    meetings: Mapped[list["Meeting"]] = relationship(back_populates="series", order_by=lambda: Meeting.starts_at)

    __table_args__ = (
        CheckConstraint("season IN ('summer', 'year-round')", name="season"),
        CheckConstraint("seats >= 1", name="has_a_seat"),
        CheckConstraint("seats_taken <= seats", name="seats"),
        CheckConstraint("price_cents >= 0", name="price"),
        CheckConstraint("enrollment_opens_at < enrollment_closes_at", name="window_in_order"),
        CheckConstraint("(canceled_at IS NULL) = (canceled_reason IS NULL)", name="canceled_with_a_reason"),
        CheckConstraint("(minimum IS NULL) = (decide_on IS NULL)", name="minimum_by_a_day"),
        CheckConstraint("minimum >= 1", name="minimum_of_people"),
        CheckConstraint("(goes_ahead_at IS NULL) = (goes_ahead_by_id IS NULL)", name="goes_ahead_by_somebody"),
        Index("ix_series_seminar", "seminar_id"),
        Index("ix_series_year", "district_id", "school_year", "season"),
    )

    @property
    def asks_approval(self) -> bool:
        return self.asks_approval_since is not None


class Meeting(Model):
    """One session of a series. `revision` grows with each change, so that calendars carry it through (RFC 5545, SEQUENCE)."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    title: Mapped[str] = mapped_column(default="")
    agenda: Mapped[str] = mapped_column(Text, default="")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    place: Mapped[str]
    room: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime | None]
    canceled_at: Mapped[datetime | None]
    canceled_reason: Mapped[str | None]

    series: Mapped[Series] = relationship(back_populates="meetings")

    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="times_in_order"),
        CheckConstraint("(canceled_at IS NULL) = (canceled_reason IS NULL)", name="canceled_with_a_reason"),
        Index("ix_meeting_series", "series_id", "starts_at"),
        Index("ix_meeting_starts_at", "district_id", "starts_at"),
        Index("ix_meeting_ends_at", "district_id", "ends_at", "series_id"),
    )

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds() // 60)


def has_ended(series: Series, now: datetime) -> bool:
    """Its last meeting is over."""
    return bool(series.meetings) and series.meetings[-1].ends_at <= now


_MEETINGS = select(Meeting).where(Meeting.series_id == bindparam("id")).order_by(Meeting.starts_at)
_TRAINERS = (
    select(Person)
    .join(series_trainer, series_trainer.c.person_id == Person.id)
    .where(series_trainer.c.series_id == bindparam("id"), Person.merged_into_id.is_(None))
    .order_by(Person.family_name)
)


def read_lists(series: Series) -> None:
    """What a page of the series lists: its meetings, its trainers, and what its badge asks for; four statements."""
    fill(series, "meetings", _MEETINGS)
    fill(series, "trainers", _TRAINERS)
    if series.seminar.badge is not None:
        read_what_is_asked(series.seminar.badge)


def lock_meeting(meeting: Meeting) -> None:
    """Hold the meeting's row, read anew: nobody else moves it, cancels it or saves its attendance meanwhile."""
    decides = ["starts_at", "ends_at", "place", "room", "revision", "canceled_at"]
    db.session.refresh(meeting, attribute_names=decides, with_for_update={"key_share": True})
