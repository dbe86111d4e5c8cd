"""A person's place in a series.

States: requested, held, awaiting_po, offered and enrolled take a seat; waitlisted waits for one; withdrawn (by the
person), canceled (by the district), declined, lapsed, passed and substituted are over. A free series knows enrolled,
withdrawn and canceled. Laws: rules 1, 2 and 8 of the product.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, bindparam, func, select
from sqlalchemy.orm import Mapped, contains_eager, mapped_column, relationship

from seminar.ground.db import Model, db
from seminar.ground.triggers import Trigger, declare
from seminar.people.person import Person
from seminar.series.series import Series

TAKES_A_SEAT = ("requested", "held", "awaiting_po", "offered", "enrolled")
LIVE = (*TAKES_A_SEAT, "waitlisted")
OVER = ("withdrawn", "canceled", "declined", "lapsed", "passed", "substituted")


def _listed(states: tuple[str, ...]) -> str:
    return "(" + ", ".join(f"'{state}'" for state in states) + ")"


class Enrollment(Model):
    """A person's place in a series."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str] = mapped_column()
    state_since: Mapped[datetime]
    state_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    state_reason: Mapped[str | None]
    created_at: Mapped[datetime]
    outcome: Mapped[str | None]

    person: Mapped[Person] = relationship(foreign_keys=person_id)
    series: Mapped[Series] = relationship()

    __table_args__ = (
        CheckConstraint(f"state IN {_listed(LIVE + OVER)}", name="state"),
        CheckConstraint("outcome IS NULL OR outcome IN ('completed', 'incomplete', 'no_show')", name="outcome"),
        Index(
            "uq_enrollment_one_live",
            "series_id",
            "person_id",
            unique=True,
            sqlite_where=state.in_(LIVE),
            postgresql_where=state.in_(LIVE),
        ),
        Index("ix_enrollment_person", "person_id", "state"),
        Index("ix_enrollment_series", "series_id", "state"),
    )


def _count_seats() -> None:
    """The triggers that keep series.seats_taken, whoever writes."""
    freed = f"UPDATE series SET seats_taken = seats_taken - 1 WHERE id = OLD.series_id AND OLD.state IN {_listed(TAKES_A_SEAT)};"
    taken = f"UPDATE series SET seats_taken = seats_taken + 1 WHERE id = NEW.series_id AND NEW.state IN {_listed(TAKES_A_SEAT)};"
    for verb, statements in (("INSERT", taken), ("DELETE", freed), ("UPDATE", f"{freed} {taken}")):
        name = f"enrollment_seats_{verb.lower()}"
        declare(
            Trigger(
                name=name,
                table="enrollment",
                sqlite=f"CREATE TRIGGER {name} AFTER {verb} ON enrollment BEGIN {statements} END",
                body=f"BEGIN {statements} RETURN NULL; END",
                timing=f"AFTER {verb}",
            )
        )


_count_seats()


# What may have changed since the series was read, and decides who may have a seat.
_DECIDING = ["seats", "published_at", "canceled_at", "enrollment_opens_at", "enrollment_closes_at"]


def lock(series: Series) -> None:
    """Hold the series' row, read anew: on PostgreSQL by a row lock that lets references in, on SQLite the writer is alone."""
    db.session.refresh(series, attribute_names=_DECIDING, with_for_update={"key_share": True})


# What a crowd asks at the opening of enrollment is put together once.
_OF_SERIES = Enrollment.series_id == bindparam("series_id")
_TAKEN = select(func.count()).where(_OF_SERIES, Enrollment.state.in_(TAKES_A_SEAT))
_LIVE = select(Enrollment).where(_OF_SERIES, Enrollment.person_id == bindparam("person_id"), Enrollment.state.in_(LIVE))


def seats_left(series: Series) -> int:
    """Counted from the enrollments, never read from seats_taken."""
    return series.seats - (db.session.scalar(_TAKEN, {"series_id": series.id}) or 0)


def live_enrollment(person: Person, series: Series) -> Enrollment | None:
    return db.session.scalar(_LIVE, {"series_id": series.id, "person_id": person.id})


def takes_enrollments(series: Series, now: datetime) -> bool:
    """Published, not canceled, and within its enrollment window."""
    published = series.published_at is not None and series.published_at <= now and series.canceled_at is None
    return published and series.enrollment_opens_at <= now < series.enrollment_closes_at


def comings_of(person_ids: list[int], series: Series) -> dict[int, int]:
    """By person, how often they have enrolled in the series, this time included."""
    query = select(Enrollment.person_id, func.count()).where(Enrollment.series_id == series.id, Enrollment.person_id.in_(person_ids))
    return {person_id: count for person_id, count in db.session.execute(query.group_by(Enrollment.person_id))}


def enrolled_people(series: Series) -> list[Person]:
    """Who is enrolled, by name; one statement."""
    query = (
        select(Person)
        .join(Enrollment, Enrollment.person_id == Person.id)
        .where(Enrollment.series_id == series.id, Enrollment.state == "enrolled")
        .order_by(Person.given_name, Person.family_name, Person.id)
    )
    return list(db.session.scalars(query))


def places(series: Series) -> list[Enrollment]:
    """Everybody's live place in the series, by name; one statement."""
    query = select(Enrollment).join(Enrollment.person).where(Enrollment.series_id == series.id, Enrollment.state.in_(LIVE))
    query = query.options(contains_eager(Enrollment.person)).order_by(Person.given_name, Person.family_name, Person.id)
    return list(db.session.scalars(query))
