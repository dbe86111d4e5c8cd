"""A purchase order: a school's or the district's word that it pays for places, up to an amount.

States: received (the office has it in hand) → accepted → invoiced → paid, and invoiced again when more is; or rejected, or canceled.
Part paid is derived. Laws: a number is a buyer's once while it stands; what it covers is never more than its amount, by a trigger
(seminar.money.covering) and a CHECK; it ends with a person and a reason. A number that somebody typed at an order is none of these:
that order waits for it.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from seminar.ground import history
from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.ground.triggers import listed
from seminar.people.district import District
from seminar.people.person import Person
from seminar.people.school import School

MOVES = {
    "received": ("accepted", "rejected", "canceled"),
    "accepted": ("invoiced", "canceled"),
    "invoiced": ("paid",),
    "paid": ("invoiced",),
}
# Places can be put on it.
OPEN = ("accepted", "invoiced", "paid")
OVER = ("rejected", "canceled")
STATES = (*MOVES, *OVER)
LONGEST_NUMBER, LONGEST_CODE, LONGEST_REASON = 40, 60, 300


class PurchaseOrder(Model):
    """A school's or the district's word that it pays for places, up to an amount."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    number: Mapped[str]
    # The buyer; without one it is the district itself.
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    cap_cents: Mapped[int]
    # What the places on it owe or have paid, which a trigger keeps.
    used_cents: Mapped[int] = mapped_column(default=0)
    funding_code: Mapped[str]
    # The last day on which places can be put on it.
    expires_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(default="received")
    state_since: Mapped[datetime]
    state_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    state_reason: Mapped[str | None]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    school: Mapped[School | None] = relationship()
    district: Mapped[District] = relationship()
    state_by: Mapped[Person | None] = relationship(foreign_keys=state_by_id)

    __table_args__ = (
        CheckConstraint(f"state IN {listed(STATES)}", name="state"),
        CheckConstraint(
            f"state NOT IN {listed(OVER)} OR (state_by_id IS NOT NULL AND state_reason IS NOT NULL)", name="ended_with_a_reason"
        ),
        CheckConstraint("cap_cents > 0", name="cap"),
        CheckConstraint("used_cents BETWEEN 0 AND cap_cents", name="used"),
        CheckConstraint("number <> ''", name="number"),
        Index(
            "uq_purchase_order_of_school",
            "district_id",
            "school_id",
            "number",
            unique=True,
            sqlite_where=state.not_in(OVER) & school_id.is_not(None),
            postgresql_where=state.not_in(OVER) & school_id.is_not(None),
        ),
        Index(
            "uq_purchase_order_of_district",
            "district_id",
            "number",
            unique=True,
            sqlite_where=state.not_in(OVER) & school_id.is_(None),
            postgresql_where=state.not_in(OVER) & school_id.is_(None),
        ),
        Index("ix_purchase_order_state", "district_id", "state", "id"),
    )

    @property
    def left_cents(self) -> int:
        """What more it could pay for."""
        return self.cap_cents - self.used_cents

    @property
    def buyer(self) -> str:
        return self.school.name if self.school is not None else self.district.name

    def is_expired(self, day: date) -> bool:
        return self.expires_on is not None and self.expires_on < day


def as_number(typed: str) -> str:
    """A purchase order's number as it is kept: people type it with other spaces and in other letters than it is printed in."""
    return " ".join(typed.split()).upper()


def hold(order: PurchaseOrder) -> None:
    """Hold its row, read anew, after the series of what it covers: in this order, always."""
    db.session.refresh(order, attribute_names=["state", "cap_cents", "used_cents", "expires_on"], with_for_update={"key_share": True})


def refuse_unless_it_may_be(order: PurchaseOrder, state: str) -> None:
    if state not in MOVES.get(order.state, ()):
        raise Refused(N_("Purchase order {number} is past that: its page says how it stands."), status=409, number=order.number)


def move(order: PurchaseOrder, state: str, *, by: Person | None, now: datetime, reason: str | None = None) -> None:
    """From its state to one that may follow; it is held. Raises Refused for any other. Flushes."""
    refuse_unless_it_may_be(order, state)
    order.state, order.state_since, order.state_by_id, order.state_reason = state, now, by.id if by else None, reason
    db.session.flush()
    history.record(by, f"purchase order {state}", order, now, number=order.number, reason=reason)


def standing_order(district_id: int, school_id: int | None, number: str) -> PurchaseOrder | None:
    """The buyer's purchase order of that number which is neither rejected nor canceled; one statement."""
    query = select(PurchaseOrder).where(PurchaseOrder.district_id == district_id, PurchaseOrder.number == number)
    buyer = PurchaseOrder.school_id.is_(None) if school_id is None else PurchaseOrder.school_id == school_id
    return db.session.scalar(query.where(buyer, PurchaseOrder.state.not_in(OVER)))


def receive(
    district: District,
    school: School | None,
    number: str,
    *,
    cap_cents: int,
    funding_code: str,
    expires_on: date | None,
    by: Person,
    now: datetime,
) -> PurchaseOrder:
    """The office has it in hand. Raises Refused without a number or an amount, for a day that has passed, and for a number that the
    buyer's standing purchase orders have already. Flushes."""
    number = as_number(number)
    _refuse_without_sense(number, cap_cents, expires_on, district.day(now))
    if standing_order(district.id, school.id if school else None, number) is not None:
        raise Refused(ENTERED_ALREADY, field="number", number=number)
    order = PurchaseOrder(
        district_id=district.id,
        number=number,
        school_id=school.id if school else None,
        cap_cents=cap_cents,
        funding_code=funding_code,
        expires_on=expires_on,
        state_since=now,
        state_by_id=by.id,
        created_at=now,
        created_by_id=by.id,
    )
    db.session.add(order)
    db.session.flush()
    history.record(by, "purchase order received", order, now, number=number, cents=cap_cents)
    return order


ENTERED_ALREADY = N_("Purchase order {number} of this buyer is entered already.")


def _refuse_without_sense(number: str, cap_cents: int, expires_on: date | None, today: date) -> None:
    if not number:
        raise Refused(N_("Type the purchase order's number, as it stands on it."), field="number")
    if cap_cents <= 0:
        raise Refused(N_("Type the amount that it is good for, like 120 or 120.50."), field="cap")
    if expires_on is not None and expires_on < today:
        raise Refused(N_("That day has passed: it is good for nothing any more."), field="expires_on")


def change(order: PurchaseOrder, *, cap_cents: int, funding_code: str, expires_on: date | None, by: Person, now: datetime) -> None:
    """The buyer changed it. Raises Refused for less than it covers by now, and once it is over. Flushes."""
    hold(order)
    if order.state in OVER:
        raise Refused(N_("Purchase order {number} is past that: its page says how it stands."), status=409, number=order.number)
    if cap_cents <= 0 or cap_cents < order.used_cents:
        raise Refused(N_("It covers more than that by now. Cancel places on it first, or type a higher amount."), field="cap")
    order.cap_cents, order.funding_code, order.expires_on = cap_cents, funding_code, expires_on
    db.session.flush()
    history.record(by, "purchase order changed", order, now, number=order.number, cents=cap_cents)


def open_orders(district_id: int, school_ids: set[int], today: date) -> list[PurchaseOrder]:
    """Accepted purchase orders of these schools on which something is left today, by number; one statement."""
    query = select(PurchaseOrder).where(PurchaseOrder.district_id == district_id, PurchaseOrder.state.in_(OPEN))
    query = query.where(PurchaseOrder.school_id.in_(school_ids), PurchaseOrder.used_cents < PurchaseOrder.cap_cents)
    lasts = PurchaseOrder.expires_on.is_(None) | (PurchaseOrder.expires_on >= today)
    with_names = joinedload(PurchaseOrder.school), joinedload(PurchaseOrder.district)
    return list(db.session.scalars(query.where(lasts).options(*with_names).order_by(PurchaseOrder.number, PurchaseOrder.id)))
