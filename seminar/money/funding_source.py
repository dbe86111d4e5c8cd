"""A funding source: money that the district has for seats, such as a grant, with the code that its accounting knows it by.

Laws: never more is given of it than its cap: a trigger on what is given (seminar.money.seat_grant) keeps `consumed_cents`, and a CHECK
has the last word. It gives within its days, and until somebody ends it; what it gave stays given.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from seminar.ground import history
from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.money.dollars import dollars
from seminar.people.person import Person

SAY_WHY = N_("Say why it ends; it stays on record.")


class FundingSource(Model):
    """Money that the district has for seats, with its cap."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    name: Mapped[str]
    # As the district's accounting writes it; its leading zeros stay.
    code: Mapped[str]
    cap_cents: Mapped[int]
    consumed_cents: Mapped[int] = mapped_column(default=0)
    first_day: Mapped[date]
    last_day: Mapped[date]
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ended_reason: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("district_id", "code"),
        CheckConstraint("cap_cents > 0", name="cap"),
        CheckConstraint("consumed_cents BETWEEN 0 AND cap_cents", name="consumed"),
        CheckConstraint("first_day <= last_day", name="days_in_order"),
        CheckConstraint("(ended_at IS NULL) = (ended_reason IS NULL)", name="ended_with_a_reason"),
    )

    @property
    def left_cents(self) -> int:
        return self.cap_cents - self.consumed_cents

    def gives_on(self, day: date) -> bool:
        return self.ended_at is None and self.first_day <= day <= self.last_day


def save_source(
    source: FundingSource, *, name: str, code: str, cap_cents: int, days: tuple[date, date], by: Person, now: datetime
) -> None:
    """Add or change one. Raises Refused for a code that another one has, for days the wrong way round, and for a cap below what is
    given of it."""
    first_day, last_day = days
    if first_day > last_day:
        raise Refused(N_("The last day is before the first one."), field="last_day")
    others = FundingSource.district_id == source.district_id, FundingSource.id != (source.id or 0)
    with db.session.no_autoflush:
        if db.session.scalar(select(FundingSource.id).where(*others, FundingSource.code == code)) is not None:
            raise Refused(N_("Another funding source has the code {code} already."), field="code", code=code)
    is_new = source.id is None
    if not is_new:
        _hold(source)
        if cap_cents < source.consumed_cents:
            sentence = N_("{amount} of it is given already. Type at least that, or end it: what is given stays.")
            raise Refused(sentence, field="cap_cents", amount=dollars(source.consumed_cents))
    source.name, source.code, source.cap_cents, source.first_day, source.last_day = name, code, cap_cents, first_day, last_day
    db.session.add(source)
    db.session.flush()
    history.record(by, "funding source added" if is_new else "funding source changed", source, now, code=code, cents=cap_cents)


def end_source(source: FundingSource, *, reason: str, by: Person, now: datetime) -> None:
    """It gives nothing more. Raises Refused where it ended already, and without a reason."""
    _hold(source)
    if source.ended_at is not None:
        raise Refused(N_("{name} ended already."), status=409, name=source.name)
    if not reason:
        raise Refused(SAY_WHY, field="reason")
    source.ended_at, source.ended_by_id, source.ended_reason = now, by.id, reason
    db.session.flush()
    history.record(by, "funding source ended", source, now, reason=reason)


def _hold(source: FundingSource) -> None:
    """Its row, read anew: nothing is given of it meanwhile."""
    db.session.refresh(source, with_for_update={"key_share": True})


def sources_of(district_id: int) -> list[FundingSource]:
    """Those that still give first, each by its code; one statement."""
    query = select(FundingSource).where(FundingSource.district_id == district_id)
    return list(db.session.scalars(query.order_by(FundingSource.ended_at.is_not(None), FundingSource.code)))
