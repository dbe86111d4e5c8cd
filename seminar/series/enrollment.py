"""A person's place in a series.

States: requested, held, awaiting_po, offered and enrolled take a seat; waitlisted waits for one; withdrawn (by the
person), canceled (by the district), declined, lapsed, passed and substituted are over. A seat is kept until a deadline in three of
them: requested, while somebody decides; held, while somebody pays; awaiting_po, until a purchase order came. Lapsed is one whose
deadline passed; passed, an offer that was turned down or ran out; substituted, one whose seat a colleague took. Laws: rules 1, 2, 3 and
8 of the product; a seat that was given to a colleague has one successor. An offer and a kept seat count until their deadline, whether
or not anybody has tidied up after them.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, bindparam, case, func, select
from sqlalchemy.orm import Mapped, contains_eager, mapped_column, relationship

from seminar.ground import history
from seminar.ground.clock import day_of
from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.ground.triggers import Trigger, declare, keeps_count, listed
from seminar.people.district import District
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.series import Series
from seminar.series.set_aside import Kept, SetAside

TAKES_A_SEAT = ("requested", "held", "awaiting_po", "offered", "enrolled")
LIVE = (*TAKES_A_SEAT, "waitlisted")
# A seat in one of these is kept until hold_until.
KEPT = ("requested", "held", "awaiting_po")
OVER = ("withdrawn", "canceled", "declined", "lapsed", "passed", "substituted")
# What may follow on what.
MOVES = {
    "waitlisted": ("offered", "withdrawn", "canceled"),
    "offered": ("requested", "held", "enrolled", "passed", "withdrawn", "canceled"),
    "requested": ("held", "enrolled", "declined", "lapsed", "withdrawn", "canceled"),
    "held": ("awaiting_po", "enrolled", "lapsed", "withdrawn", "canceled"),
    "awaiting_po": ("enrolled", "lapsed", "withdrawn", "canceled"),
    "enrolled": ("withdrawn", "canceled", "substituted"),
    # Only by a payment that came late, while a seat was still free.
    "lapsed": ("enrolled",),
}


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
    # When the person stood in line for a seat, which is their place in it; until when a freed one is offered to them, and one in KEPT
    # is kept; and when a seat became theirs. Each stays once it is set: what was ever in a calendar, and who was ever
    # in line.
    joined_at: Mapped[datetime | None]
    offer_until: Mapped[datetime | None]
    hold_until: Mapped[datetime | None]
    enrolled_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    # The place of the colleague who took the same seat.
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("enrollment.id"))
    # The set-aside whose seat it took, and the group that it came to the line with.
    set_aside_id: Mapped[int | None] = mapped_column(ForeignKey("set_aside.id"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("waiting_group.id"))

    person: Mapped[Person] = relationship(foreign_keys=person_id)
    series: Mapped[Series] = relationship()

    __table_args__ = (
        CheckConstraint(f"state IN {listed(LIVE + OVER)}", name="state"),
        CheckConstraint("state NOT IN ('waitlisted', 'offered', 'passed') OR joined_at IS NOT NULL", name="joined_the_line"),
        CheckConstraint("state <> 'offered' OR offer_until IS NOT NULL", name="offered_until"),
        CheckConstraint(f"state NOT IN {listed(KEPT)} OR hold_until IS NOT NULL", name="held_until"),
        CheckConstraint("state <> 'substituted' OR successor_id IS NOT NULL", name="substituted_by_a_successor"),
        CheckConstraint("outcome IS NULL OR outcome IN ('completed', 'incomplete', 'no_show')", name="outcome"),
        Index(
            "uq_enrollment_one_live",
            "series_id",
            "person_id",
            unique=True,
            sqlite_where=state.in_(LIVE),
            postgresql_where=state.in_(LIVE),
        ),
        Index("uq_enrollment_successor", "successor_id", unique=True),
        Index("ix_enrollment_person", "person_id", "state"),
        Index("ix_enrollment_group", "group_id", sqlite_where=group_id.is_not(None), postgresql_where=group_id.is_not(None)),
        Index("ix_enrollment_series", "series_id", "state"),
        Index(
            "ix_enrollment_line", "series_id", "joined_at", sqlite_where=state == "waitlisted", postgresql_where=state == "waitlisted"
        ),
        Index("ix_enrollment_offer", "offer_until", sqlite_where=state == "offered", postgresql_where=state == "offered"),
        Index("ix_enrollment_hold", "hold_until", sqlite_where=state.in_(KEPT), postgresql_where=state.in_(KEPT)),
    )


keeps_count("enrollment_seats", table="enrollment", states=TAKES_A_SEAT, parent="series", column="seats_taken")
keeps_count("enrollment_set_aside", table="enrollment", states=TAKES_A_SEAT, parent="set_aside", column="seats_taken")


def _note_when_enrolled() -> None:
    """The triggers that set enrolled_at where the writer didn't: processes of the version before know nothing of it."""
    missing = "NEW.state = 'enrolled' AND NEW.enrolled_at IS NULL"
    note = "UPDATE enrollment SET enrolled_at = NEW.state_since WHERE id = NEW.id;"
    for verb in ("INSERT", "UPDATE"):
        name = f"enrollment_enrolled_at_{verb.lower()}"
        declare(
            Trigger(
                name=name,
                table="enrollment",
                sqlite=f"CREATE TRIGGER {name} AFTER {verb} ON enrollment WHEN {missing} BEGIN {note} END",
                body=f"BEGIN IF {missing} THEN {note} END IF; RETURN NULL; END",
                timing=f"AFTER {verb}",
            )
        )


_note_when_enrolled()


# What may have changed since the series was read, and decides who may have a seat.
_DECIDING = ["seats", "price_cents", "published_at", "canceled_at", "enrollment_opens_at", "enrollment_closes_at"]
_DECIDING += ["minimum", "goes_ahead_at", "freeze_day", "asks_approval_since"]


def lock(series: Series) -> None:
    """Hold the series' row, read anew: on PostgreSQL by a row lock that lets references in, on SQLite the writer is alone."""
    db.session.refresh(series, attribute_names=_DECIDING, with_for_update={"key_share": True})


def ran_out(now: Any) -> ColumnElement[bool]:
    """Offers and kept seats past their deadline, which is too late itself; `now` is a moment, or a parameter for one."""
    offer = (Enrollment.state == "offered") & (Enrollment.offer_until <= now)
    return offer | (Enrollment.state.in_(KEPT) & (Enrollment.hold_until <= now))


# What a crowd asks at the opening of enrollment is put together once.
_OF_SERIES = Enrollment.series_id == bindparam("series_id")
_RAN_OUT = ran_out(bindparam("now"))
_SET_ASIDES = select(func.count()).where(
    SetAside.district_id == bindparam("district_id"), SetAside.series_id == bindparam("series_id")
)
_SEATS = select(
    func.count().filter(Enrollment.state != "waitlisted", ~_RAN_OUT),
    func.count().filter(Enrollment.state == "waitlisted"),
    func.count().filter(_RAN_OUT),
    func.count().filter(Enrollment.state == "waitlisted", Enrollment.group_id.is_not(None)),
    _SET_ASIDES.scalar_subquery(),
).where(_OF_SERIES, Enrollment.state.in_(LIVE))
_LIVE = (
    select(Enrollment)
    .where(_OF_SERIES, Enrollment.person_id == bindparam("person_id"), Enrollment.state.in_(LIVE), ~_RAN_OUT)
    # What was read before the series was locked may have changed.
    .execution_options(populate_existing=True)
)


@dataclass(frozen=True)
class Seats:
    """A series' seats at a moment, counted from the enrollments: those that are taken, the people in line for one, offers and kept
    seats that ran out and still stand in the table, those in line who came as a group, and the set-asides that aren't released."""

    all: int
    taken: int
    waiting: int
    ran_out: int
    grouped: int = 0
    kept: tuple[Kept, ...] = ()

    @property
    def free(self) -> int:
        """Those that nobody has or is offered."""
        return self.all - self.taken

    @property
    def open(self) -> int:
        """Of the free ones, those that aren't set aside."""
        return max(self.free - sum(kept.free for kept in self.kept), 0)

    @property
    def left(self) -> int:
        """Those that anybody new may have: who is in line comes first. Where the seats aren't plain, free_seats says what is left
        for whom."""
        return max(self.open - self.waiting, 0)

    @property
    def is_plain(self) -> bool:
        """Each is simply the next one's: none is set aside, and no group waits."""
        return not self.kept and not self.grouped


def seats_of(series: Series, now: datetime) -> Seats:
    """Counted from the enrollments, never read from seats_taken; one statement, and one more where seats are set aside."""
    of = {"series_id": series.id, "district_id": series.district_id}
    taken, waiting, ran_out, grouped, set_asides = db.session.execute(_SEATS, {**of, "now": now}).one()
    kept = kept_in([series.id], now)[series.id] if set_asides else ()
    return Seats(series.seats, taken, waiting, ran_out, grouped, kept)


def kept_in(series_ids: Sequence[int], now: datetime) -> dict[int, tuple[Kept, ...]]:
    """By series, its set-asides that aren't released, counted as seats_of does; one statement."""
    in_it = (Enrollment.series_id == SetAside.series_id) & (Enrollment.set_aside_id == SetAside.id)
    takes = Enrollment.state.in_(TAKES_A_SEAT) & ~ran_out(now)
    query = (
        select(SetAside, District.timezone, School.name, func.count(Enrollment.id))
        .join(Series, (Series.district_id == SetAside.district_id) & (Series.id == SetAside.series_id))
        .join(District, District.id == SetAside.district_id)
        .outerjoin(School, School.id == SetAside.school_id)
        .outerjoin(Enrollment, in_it & takes)
        .where(Series.id.in_(series_ids))
        .group_by(SetAside.id, District.timezone, School.name)
        .order_by(SetAside.id)
        .execution_options(populate_existing=True)
    )
    found: dict[int, tuple[Kept, ...]] = defaultdict(tuple)
    for one, timezone, school, taken in db.session.execute(query):
        if day_of(now, timezone) < one.released_on:
            found[one.series_id] += (Kept(one.id, one.school_id, school or "", one.role, one.seats, taken, one.released_on),)
    return found


def live_enrollment(person: Person, series: Series, now: datetime) -> Enrollment | None:
    """The person's place in the series, or in the line for it; an offer or a hold that ran out is none."""
    return db.session.scalar(_LIVE, {"series_id": series.id, "person_id": person.id, "now": now})


def takes_enrollments(series: Series, now: datetime) -> bool:
    """Published, not canceled, and within its enrollment window."""
    published = series.published_at is not None and series.published_at <= now and series.canceled_at is None
    return published and series.enrollment_opens_at <= now < series.enrollment_closes_at


def takes_them(now: datetime) -> ColumnElement[bool]:
    """The same as takes_enrollments, asked of the database."""
    opens, closes = Series.enrollment_opens_at <= now, Series.enrollment_closes_at > now
    return opens & closes & (Series.published_at <= now) & Series.canceled_at.is_(None)


def refuse_unless_it_takes_enrollments(series: Series, now: datetime) -> None:
    title = series.seminar.title
    if series.canceled_at is not None:
        raise Refused(N_("{title} is canceled."), status=409, title=title)
    if not takes_enrollments(series, now):
        raise Refused(N_("{title} doesn't take enrollments now. Its page says when it does."), status=409, title=title)


def add_place(person: Person, series: Series, state: str, *, by: Person, now: datetime) -> Enrollment:
    """A new place, which isn't flushed yet."""
    of = {"district_id": series.district_id, "series_id": series.id, "person_id": person.id}
    place = Enrollment(**of, state=state, state_since=now, state_by_id=by.id, created_at=now)
    db.session.add(place)
    return place


def move(place: Enrollment, state: str, *, by: Person | None, now: datetime, reason: str | None = None) -> None:
    """From its state to one that may follow; the series is locked. `by` is None where time did it. Raises Refused for any other."""
    if state not in MOVES.get(place.state, ()):
        raise Refused(N_("This place in {title} is over already."), status=409, title=place.series.seminar.title)
    place.state, place.state_since, place.state_by_id, place.state_reason = state, now, by.id if by else None, reason


def record(places: Iterable[Enrollment], *, by: Person | None, now: datetime) -> None:
    """Write each one's state into the audit trail. They must be flushed."""
    for place in places:
        history.record(by, place.state, place, now, series=place.series_id, person=place.person_id, reason=place.state_reason)


def comings_of(person_ids: list[int], series: Series) -> dict[int, int]:
    """By person, how often they have enrolled in the series, this time included."""
    query = select(Enrollment.person_id, func.count()).where(
        Enrollment.series_id == series.id, Enrollment.person_id.in_(person_ids), Enrollment.enrolled_at.is_not(None)
    )
    return {person_id: count for person_id, count in db.session.execute(query.group_by(Enrollment.person_id))}


def done_for_them_by(place: Enrollment) -> str:
    """The name of who brought the place into its state, where that was somebody else than the person; '' where it wasn't."""
    if place.state_by_id is None or place.state_by_id == place.person_id:
        return ""
    return db.session.get_one(Person, place.state_by_id).name


def enrolled_people(series: Series) -> list[Person]:
    """Who is enrolled, by name; one statement."""
    query = (
        select(Person)
        .join(Enrollment, Enrollment.person_id == Person.id)
        .where(Enrollment.series_id == series.id, Enrollment.state == "enrolled")
        .order_by(Person.given_name, Person.family_name, Person.id)
    )
    return list(db.session.scalars(query))


def seated(series: Series, now: datetime) -> list[Enrollment]:
    """The places of those who are enrolled, or for whom a seat is kept, by name; one statement."""
    query = (
        select(Enrollment)
        .join(Enrollment.person)
        .where(Enrollment.series_id == series.id, Enrollment.state.in_(("enrolled", *KEPT)), ~ran_out(now))
        .options(contains_eager(Enrollment.person))
        .order_by(Person.given_name, Person.family_name, Enrollment.id)
    )
    return list(db.session.scalars(query))


def places(series: Series) -> list[Enrollment]:
    """Everybody's live place in the series, by name, and then the line for it in its order; one statement."""
    query = select(Enrollment).join(Enrollment.person).where(Enrollment.series_id == series.id, Enrollment.state.in_(LIVE))
    waits = Enrollment.state == "waitlisted"
    in_line = case((waits, Enrollment.joined_at)), case((waits, Enrollment.id))
    order = (waits, *in_line, Person.given_name, Person.family_name, Enrollment.id)
    return list(db.session.scalars(query.options(contains_eager(Enrollment.person)).order_by(*order)))
