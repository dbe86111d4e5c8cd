"""A discount code: what takes something off for whoever types it while their seat waits to be paid.

Laws: a code is one of its district's while it lives, however it is written; it is used no oftener than it may be: a trigger on its uses
keeps `used_count`, and a CHECK has the last word. A seat has one code at most. Uses: used → returned, when the place ends; then somebody
else can use it.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, select, update
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from seminar.ground import history
from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.ground.triggers import keeps_count
from seminar.money.funding_source import SAY_WHY
from seminar.money.ledger import asked_for, balances, entry, let_a_little_go, write
from seminar.money.order import OrderLine
from seminar.money.payment import open_payment
from seminar.money.seat_grant import schools_of
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.enrolling import give_kept_seats
from seminar.series.enrollment import Enrollment, lock
from seminar.series.seminar import Seminar
from seminar.series.series import Series
from seminar.series.waitlist import settled

# The same for one that isn't there, is another district's, has ended or is for other seats: nobody learns which there are.
NO_SUCH_CODE = N_("No discount code like that counts for this seat. Check how it is written.")


class DiscountCode(Model):
    """What takes something off for whoever types it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    # In capitals, however it is typed.
    code: Mapped[str]
    percent: Mapped[int | None]
    most_cents: Mapped[int | None]
    # Of neither: of every seat of the district.
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"))
    seminar_id: Mapped[int | None] = mapped_column(ForeignKey("seminar.id"))
    most_uses: Mapped[int | None]
    used_count: Mapped[int] = mapped_column(default=0)
    last_day: Mapped[date | None]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None] = mapped_column()
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ended_reason: Mapped[str | None]

    series: Mapped[Series | None] = relationship()
    seminar: Mapped[Seminar | None] = relationship()

    __table_args__ = (
        CheckConstraint("code = upper(code) AND code <> ''", name="in_capitals"),
        CheckConstraint("(percent IS NULL) <> (most_cents IS NULL)", name="percent_or_amount"),
        CheckConstraint("percent BETWEEN 1 AND 100", name="percent"),
        CheckConstraint("most_cents > 0", name="amount"),
        CheckConstraint("series_id IS NULL OR seminar_id IS NULL", name="of_one_thing"),
        CheckConstraint("most_uses >= 1", name="has_a_use"),
        CheckConstraint("used_count >= 0 AND (most_uses IS NULL OR used_count <= most_uses)", name="uses"),
        CheckConstraint("(ended_at IS NULL) = (ended_reason IS NULL)", name="ended_with_a_reason"),
        Index(
            "uq_discount_code_live",
            "district_id",
            "code",
            unique=True,
            sqlite_where=ended_at.is_(None),
            postgresql_where=ended_at.is_(None),
        ),
        Index("ix_discount_code_district", "district_id", "ended_at"),
    )

    def takes_off(self, cents: int) -> int:
        """Of so many cents that somebody pays themselves; a part of a cent stays with them."""
        return cents * self.percent // 100 if self.percent is not None else min(self.most_cents or 0, cents)

    def is_for(self, series: Series) -> bool:
        return self.series_id in (None, series.id) and self.seminar_id in (None, series.seminar_id)


class CodeUse(Model):
    """That a discount code took something off for one seat."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    discount_code_id: Mapped[int] = mapped_column(ForeignKey("discount_code.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"))
    # Where the person worked then.
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    amount_cents: Mapped[int]
    state: Mapped[str] = mapped_column(default="used")
    used_at: Mapped[datetime]
    returned_at: Mapped[datetime | None]

    discount_code: Mapped[DiscountCode] = relationship()
    line: Mapped[OrderLine] = relationship()
    school: Mapped[School | None] = relationship()

    __table_args__ = (
        CheckConstraint("state IN ('used', 'returned')", name="state"),
        CheckConstraint("(state = 'returned') = (returned_at IS NOT NULL)", name="returned_on_a_day"),
        CheckConstraint("amount_cents > 0", name="amount"),
        Index("uq_code_use_one_live", "line_id", unique=True, sqlite_where=state == "used", postgresql_where=state == "used"),
        Index("ix_code_use_line", "line_id"),
        Index("ix_code_use_code", "discount_code_id", "state"),
    )


keeps_count("code_use_counts", table="code_use", states=("used",), parent="discount_code", column="used_count")


def as_code(typed: str) -> str:
    """As it is kept: in capitals, without what stands around it."""
    return typed.strip().upper()


def add_code(code: DiscountCode, *, by: Person, now: datetime) -> None:
    """Raises Refused for one that the district has already, and where it is left open how much it takes off."""
    if (code.percent is None) == (code.most_cents is None):
        raise Refused(N_("Type a percentage or an amount: one of the two."), field="percent")
    code.code, code.created_at, code.created_by_id = as_code(code.code), now, by.id
    with db.session.no_autoflush:
        if live_code(code.district_id, code.code) is not None:
            raise Refused(N_("There is a code {code} already. End that one first, or choose another."), field="code", code=code.code)
    db.session.add(code)
    db.session.flush()
    history.record(by, "discount code added", code, now, code=code.code, series=code.series_id, seminar=code.seminar_id)


def end_code(code: DiscountCode, *, reason: str, by: Person, now: datetime) -> None:
    """Nobody can use it any more; what it took off stays. Raises Refused where it ended already, and without a reason."""
    db.session.refresh(code, with_for_update={"key_share": True})
    if code.ended_at is not None:
        raise Refused(N_("{name} ended already."), status=409, name=code.code)
    if not reason:
        raise Refused(SAY_WHY, field="reason")
    code.ended_at, code.ended_by_id, code.ended_reason = now, by.id, reason
    db.session.flush()
    history.record(by, "discount code ended", code, now, code=code.code, reason=reason)


def live_code(district_id: int, code: str) -> DiscountCode | None:
    """The district's code that is written so and hasn't ended; one statement."""
    query = select(DiscountCode).where(DiscountCode.district_id == district_id, DiscountCode.code == code)
    return db.session.scalar(query.where(DiscountCode.ended_at.is_(None)))


def usable_code(typed: str, line: OrderLine, now: datetime) -> DiscountCode:
    """The code that was typed for this seat. Raises Refused where none is, and where it ran out or is used up."""
    series = line.enrollment.series
    code = live_code(line.district_id, as_code(typed)) if typed.strip() else None
    if code is None or not code.is_for(series):
        raise Refused(NO_SUCH_CODE, field="code")
    if code.last_day is not None and series.district.day(now) > code.last_day:
        raise Refused(N_("The code {code} counted through {day}."), field="code", code=code.code, day=code.last_day)
    if code.most_uses is not None and code.used_count >= code.most_uses:
        raise Refused(N_("The code {code} is used up."), field="code", code=code.code)
    return code


def use_code(line: OrderLine, typed: str, *, by: Person, now: datetime) -> int:
    """Take off what the code takes off; where nothing is owed then, the seat is theirs. Answers the cents that it took off. Raises
    Refused where the seat doesn't wait to be paid, has a code already or is being paid, and for a code that can't be used. Flushes."""
    place = line.enrollment
    lock(place.series)
    settled(place.series, now)
    db.session.refresh(place, attribute_names=["state", "hold_until"])
    owed = balances([line.id]).get(line.id, 0)
    if place.state != "held" or owed <= 0:
        raise Refused(N_("Nothing is to be paid for this seat now, so there is nothing to take off."), status=409)
    if db.session.scalar(select(CodeUse.id).where(CodeUse.line_id == line.id, CodeUse.state == "used")) is not None:
        raise Refused(N_("A seat has one discount code, and this one has it already."), status=409)
    if open_payment(line.order_id) is not None:
        raise Refused(N_("A card payment is on its way for the whole amount. Use the code before you pay."), status=409)
    code = usable_code(typed, line, now)
    db.session.refresh(code, with_for_update={"key_share": True})
    code = usable_code(typed, line, now)
    cents = code.takes_off(owed)
    if cents <= 0:
        raise Refused(N_("The code {code} takes nothing off this amount."), field="code", code=code.code)
    _take_off(line, code, cents, by=by, now=now)
    let_a_little_go({line: owed - cents}, by=by, now=now)
    if asked_for(owed - cents) == 0:
        give_kept_seats([place], by=place.person, now=now)
    return cents


def _take_off(line: OrderLine, code: DiscountCode, cents: int, *, by: Person, now: datetime) -> None:
    person_id, day = line.enrollment.person_id, line.enrollment.series.district.day(now)
    schools = schools_of([person_id], day)[person_id]
    use = CodeUse(
        district_id=line.district_id,
        discount_code_id=code.id,
        line_id=line.id,
        school_id=schools[0].id if schools else None,
        amount_cents=cents,
        used_at=now,
    )
    db.session.add(use)
    db.session.flush()
    write([entry(line, "discount", cents, source=f"discount:{use.id}", by=by, now=now, note=code.code)])
    history.record(by, "discount code used", line.order, now, code=code.code, cents=cents)


def return_uses(lines: Sequence[OrderLine], *, by: Person | None, now: datetime) -> None:
    """The places of these lines, whose series are locked, ended: their codes can be used by others. As many statements whatever their
    number."""
    by_id = {line.id: line for line in lines}
    query = select(CodeUse).where(CodeUse.line_id.in_(by_id), CodeUse.state == "used").options(joinedload(CodeUse.discount_code))
    uses = list(db.session.scalars(query.order_by(CodeUse.id)))
    if not uses:
        return
    codes = select(DiscountCode.id).where(DiscountCode.id.in_({use.discount_code_id for use in uses}))
    db.session.scalars(codes.order_by(DiscountCode.id).with_for_update(key_share=True)).all()
    ended = update(CodeUse).where(CodeUse.id.in_([use.id for use in uses])).values(state="returned", returned_at=now)
    db.session.execute(ended)
    write([_given_back(use, by_id[use.line_id], by=by, now=now) for use in uses])


def _given_back(use: CodeUse, line: OrderLine, *, by: Person | None, now: datetime) -> dict[str, Any]:
    source, code = f"discount-back:{use.id}", use.discount_code.code
    return entry(line, "discount_back", use.amount_cents, source=source, by=by, now=now, note=code)


def uses_of(code: DiscountCode, *, page: int, size: int) -> tuple[list[CodeUse], int]:
    """A page of them, the newest first, with whose seat each was; and how many there are in all."""
    mine = CodeUse.discount_code_id == code.id
    total = db.session.scalar(select(func.count()).where(mine)) or 0
    place = joinedload(CodeUse.line).joinedload(OrderLine.enrollment)
    beside = place.options(joinedload(Enrollment.person), joinedload(Enrollment.series).joinedload(Series.seminar))
    query = select(CodeUse).where(mine).options(beside, joinedload(CodeUse.school)).order_by(CodeUse.id.desc())
    return list(db.session.scalars(query.limit(size).offset((page - 1) * size))), total


def codes_of(district_id: int) -> list[DiscountCode]:
    """Those that can be used first, each by its name; one statement."""
    of = joinedload(DiscountCode.series).joinedload(Series.seminar), joinedload(DiscountCode.seminar)
    query = select(DiscountCode).where(DiscountCode.district_id == district_id).options(*of)
    return list(db.session.scalars(query.order_by(DiscountCode.ended_at.is_not(None), DiscountCode.code, DiscountCode.id)))
