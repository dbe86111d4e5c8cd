"""A school's claim on items for days; the same claim, once the items are out, is a loan.

States of a line, the truth: requested → reserved | declined | expired; reserved → packed → out → in_check → closed with
an outcome; before it is out also canceled and not_collected; packed → reserved when another item takes its place. The
reservation's own state is derived from its lines. Laws: rules 5, 6 and 8.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from inventory.equipment import EquipmentModel, Item
from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.people.person import Person
from seminar.people.school import School

WITH_THE_SCHOOL = ("out", "in_check")
# With items that are claimed and still at the depot; ahead is also what waits for a yes.
WAITING = ("reserved", "packed")
AHEAD = ("requested", *WAITING)
OUTCOMES = ("ok", "incomplete", "damaged", "lost")


class Reservation(Model):
    """A school's claim on items for days, and the person who answers for it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    responsible_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    purpose: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    ended_reason: Mapped[str | None]

    school: Mapped[School] = relationship()
    responsible: Mapped[Person] = relationship(foreign_keys=responsible_id)
    created_by: Mapped[Person] = relationship(foreign_keys=created_by_id)
    lines: Mapped[list["ReservationLine"]] = relationship(back_populates="reservation", order_by=lambda: ReservationLine.id)

    __table_args__ = (
        CheckConstraint("last_day >= first_day", name="days_in_order"),
        Index("ix_reservation_school", "district_id", "school_id", "last_day"),
        Index("ix_reservation_responsible", "responsible_id", "last_day"),
        Index("ix_reservation_first_day", "district_id", "first_day"),
    )


class ReservationLine(Model):
    """One item of a reservation."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservation.id"))
    model_id: Mapped[int] = mapped_column(ForeignKey("equipment_model.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    state: Mapped[str] = mapped_column()
    state_since: Mapped[datetime]
    state_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    out_at: Mapped[datetime | None]
    in_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="")

    reservation: Mapped[Reservation] = relationship(back_populates="lines")
    model: Mapped[EquipmentModel] = relationship()
    item: Mapped[Item] = relationship()

    __table_args__ = (
        CheckConstraint(
            "state IN ('requested', 'reserved', 'packed', 'out', 'in_check', 'closed', 'declined', 'expired', 'canceled', 'not_collected')",
            name="state",
        ),
        CheckConstraint("(outcome IS NOT NULL) = (state = 'closed')", name="closed_with_an_outcome"),
        CheckConstraint("outcome IS NULL OR outcome IN ('ok', 'incomplete', 'damaged', 'lost')", name="outcome"),
        Index(
            "uq_reservation_line_possession",
            "item_id",
            unique=True,
            sqlite_where=state.in_(WITH_THE_SCHOOL),
            postgresql_where=state.in_(WITH_THE_SCHOOL),
        ),
        Index("ix_reservation_line_reservation", "reservation_id"),
        Index("ix_reservation_line_state", "district_id", "state"),
    )


class GateCheck(Model):
    """What was checked when a reservation was taken or a loan handed over: the awards and the appointment (rule 6)."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservation.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    occasion: Mapped[str]
    # Through this day the teacher was checked to be one.
    last_day: Mapped[date]
    found: Mapped[dict[str, Any]] = mapped_column(JSON)

    person: Mapped[Person] = relationship()

    __table_args__ = (
        CheckConstraint("occasion IN ('reserved', 'changed', 'handed_over')", name="occasion"),
        Index("ix_gate_check_reservation", "reservation_id"),
    )


# The state of a reservation is that of its line which is furthest from being over.
_LEADING = ("out", "requested", "reserved", "packed", "in_check", "closed", "not_collected", "declined", "expired", "canceled")
_SAID = {"packed": "reserved", "in_check": "returned", "closed": "returned", "expired": "declined"}


def state_of(reservation: Reservation) -> str:
    """requested, reserved, out, returned, declined, canceled or not_collected: derived from the lines."""
    states = {line.state for line in reservation.lines}
    leading = next((state for state in _LEADING if state in states), "canceled")
    return _SAID.get(leading, leading)


def is_late(reservation: Reservation, today: date) -> bool:
    """Something of it is out after its last day."""
    return reservation.last_day < today and any(line.state == "out" for line in reservation.lines)


def models_of(lines: list[ReservationLine]) -> list[EquipmentModel]:
    """The models of these lines, each once."""
    return list({line.model_id: line.model for line in lines}.values())


# Which moves a line may make; every other is refused.
MOVES = {
    "reserved": ("packed", "out", "canceled", "not_collected"),
    "packed": ("reserved", "out", "canceled", "not_collected"),
    "out": ("in_check",),
    "in_check": ("closed",),
}


def move(line: ReservationLine, state: str, *, by: Person, now: datetime) -> None:
    """Raises Refused (409) where the line may not go there from where it is."""
    if state not in MOVES.get(line.state, ()):
        raise Refused(N_("{tag} isn't where this page thought. Look at its state, and go on from there."), status=409, tag=line.item.tag)
    line.state, line.state_since, line.state_by_id = state, now, by.id


def locked_lines(reservation: Reservation, *states: str) -> list[ReservationLine]:
    """The reservation's lines in one of these states. All of its lines are read anew under the row's lock: what came, or went into
    another state, while this one waited is not what its page had read."""
    db.session.execute(select(Reservation.id).where(Reservation.id == reservation.id).with_for_update(key_share=True))
    db.session.refresh(reservation, attribute_names=["first_day", "last_day", "responsible_id", "responsible"])
    query = (
        select(ReservationLine)
        .where(ReservationLine.reservation_id == reservation.id)
        .options(joinedload(ReservationLine.item), joinedload(ReservationLine.model).selectinload(EquipmentModel.badges))
    )
    lines = db.session.scalars(query.order_by(ReservationLine.id).execution_options(populate_existing=True)).all()
    set_committed_value(reservation, "lines", lines)
    return [line for line in lines if line.state in states]


def about(reservation: Reservation) -> dict[str, Any]:
    """What every mail says of a reservation."""
    days = {"first_day": reservation.first_day, "last_day": reservation.last_day}
    return {"reservation_id": reservation.id, "school": reservation.school.name, **days}
