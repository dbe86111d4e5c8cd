"""A person's place in a series.

States: requested, held, awaiting_po, offered and enrolled take a seat; waitlisted waits for one; withdrawn (by the
person), canceled (by the district), declined, lapsed, passed and substituted are over. A free series knows enrolled,
withdrawn and canceled. Laws: rules 1, 2 and 8 of the product.
"""

from datetime import datetime

from sqlalchemy import BindParameter, CheckConstraint, ForeignKey, Index, Select, bindparam, func, select
from sqlalchemy.orm import Mapped, aliased, contains_eager, joinedload, mapped_column, relationship

from seminar.ground import history, outbox
from seminar.ground.db import Model, db
from seminar.ground.outbox import Letter
from seminar.ground.refusal import N_, Refused
from seminar.ground.triggers import Trigger, declare
from seminar.people.person import Person
from seminar.series.invitation import invitation
from seminar.series.series import Meeting, Series, series_trainer

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


def enroll(person: Person, series: Series, *, by: Person, now: datetime) -> Enrollment:
    """Take a seat. Raises Refused when enrollment is closed, the person is in it already or the series is full. Flushes."""
    # Most of a crowd is told no: they needn't stand in the line of those who may get a seat.
    _refuse_to_enroll(person, series, now)
    lock(series)
    _refuse_to_enroll(person, series, now)
    enrollment = Enrollment(
        district_id=series.district_id,
        series_id=series.id,
        person_id=person.id,
        state="enrolled",
        state_since=now,
        state_by_id=by.id,
        created_at=now,
    )
    db.session.add(enrollment)
    db.session.flush()
    history.record(by, "enrolled", enrollment, now, series=series.id, person=person.id)
    _tell([enrollment], series, "enrolled", now=now)
    return enrollment


def _refuse_to_enroll(person: Person, series: Series, now: datetime) -> None:
    title = series.seminar.title
    if series.canceled_at is not None:
        raise Refused(N_("{title} is canceled."), status=409, title=title)
    if not takes_enrollments(series, now):
        raise Refused(N_("{title} doesn't take enrollments now. Its page says when it does."), status=409, title=title)
    if live_enrollment(person, series) is not None:
        raise Refused(N_("{name} is already enrolled in {title}."), status=409, name=person.name, title=title)
    if seats_left(series) <= 0:
        raise Refused(N_("{title} is full. Look for another series in the catalog."), status=409, title=title)


def withdraw(enrollment: Enrollment, *, by: Person, now: datetime) -> None:
    """Give the seat back. Raises Refused when the place is over already, or the series has ended."""
    series = enrollment.series
    lock(series)
    if series.meetings and series.meetings[-1].ends_at <= now:
        raise Refused(N_("{title} has ended, so its record stays as it is."), status=409, title=series.seminar.title)
    _end([_still_live(enrollment)], series, "withdrawn", reason=None, by=by, now=now)


def cancel_enrollment(enrollment: Enrollment, *, reason: str, by: Person, now: datetime) -> None:
    """The district ends the place, with a reason. Raises Refused when it is over already."""
    lock(enrollment.series)
    _end([_still_live(enrollment)], enrollment.series, "canceled", reason=reason, by=by, now=now)


def cancel_every_enrollment(series: Series, *, reason: str, by: Person, now: datetime) -> None:
    """The same for everybody who has a place in the series or waits for one."""
    lock(series)
    live = select(Enrollment).where(Enrollment.series_id == series.id, Enrollment.state.in_(LIVE)).options(joinedload(Enrollment.person))
    _end(list(db.session.scalars(live)), series, "canceled", reason=reason, by=by, now=now)


def _still_live(enrollment: Enrollment) -> Enrollment:
    db.session.refresh(enrollment, attribute_names=["state"])
    if enrollment.state not in LIVE:
        raise Refused(N_("This place in {title} is over already."), status=409, title=enrollment.series.seminar.title)
    return enrollment


def _end(places: list[Enrollment], series: Series, state: str, *, reason: str | None, by: Person, now: datetime) -> None:
    for enrollment in places:
        enrollment.state, enrollment.state_since, enrollment.state_by_id = state, now, by.id
        enrollment.state_reason = reason
    db.session.flush()
    for enrollment in places:
        history.record(by, state, enrollment, now, series=series.id, person=enrollment.person_id, reason=reason)
    _tell(places, series, state, now=now)


def _tell(places: list[Enrollment], series: Series, kind: str, *, now: datetime) -> None:
    from_now = [meeting for meeting in series.meetings if meeting.ends_at > now and meeting.canceled_at is None]
    first = from_now[0] if from_now else None
    comings = comings_of([enrollment.person_id for enrollment in places], series)

    def letter(enrollment: Enrollment) -> Letter:
        person = enrollment.person
        attached = invitation(series.meetings, series, person, canceled=kind != "enrolled", comings=comings[enrollment.person_id], now=now)
        values = {
            "title": series.seminar.title,
            "series_id": series.id,
            "starts_at": first.starts_at if first else None,
            "place": first.place if first else "",
            "room": first.room if first else "",
            "reason": enrollment.state_reason or "",
        }
        return Letter(person, str(enrollment.id), values, attached)

    outbox.put_all(kind, [letter(enrollment) for enrollment in places], now=now)


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


def _clashes() -> Select[Meeting]:
    """By person_id, series_id and now."""
    other, own = aliased(Meeting), aliased(Meeting)
    person_id: BindParameter[int] = bindparam("person_id")
    enrolled = select(Enrollment.series_id).where(Enrollment.person_id == person_id, Enrollment.state.in_(TAKES_A_SEAT))
    taught = select(series_trainer.c.series_id).where(series_trainer.c.person_id == person_id)
    return (
        select(other)
        .join(own, (own.starts_at < other.ends_at) & (own.ends_at > other.starts_at))
        .where(
            other.series_id.in_(enrolled.union(taught)),
            own.series_id == bindparam("series_id"),
            other.series_id != bindparam("series_id"),
            own.ends_at > bindparam("now"),
            own.canceled_at.is_(None),
            other.canceled_at.is_(None),
        )
        .options(joinedload(other.series).joinedload(Series.seminar))
        .order_by(other.starts_at)
        .distinct()
    )


_CLASHES = _clashes()


def meetings_at_the_same_time(person: Person, series: Series, now: datetime) -> list[Meeting]:
    """Meetings of other series that the person is enrolled in or teaches and that overlap with a coming one of this series
    (rule 2)."""
    return list(db.session.scalars(_CLASHES, {"person_id": person.id, "series_id": series.id, "now": now}))
