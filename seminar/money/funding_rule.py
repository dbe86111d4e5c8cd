"""What a funding source pays of which seats: of a series or a seminar, for everybody, for people of Title I schools or of one school.

It pays a share of the price or up to an amount, for so many seats or for all. A rule without a source is the district giving seats
away. Laws: a rule is never changed, it ends with a reason; never more seats than it has: a trigger keeps `seats_used`, and a CHECK has
the last word.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, Select, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from seminar.ground import history
from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.money.funding_source import SAY_WHY, FundingSource
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.catalog import is_over
from seminar.series.seminar import Seminar
from seminar.series.series import Series

T = TypeVar("T", bound=Model)
EVERYBODY, TITLE_ONE, SCHOOL = FOR_WHOM = ("everybody", "title_one", "school")


class FundingRule(Model):
    """What a funding source, or the district itself, pays of the seats of a series or seminar."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"))
    seminar_id: Mapped[int | None] = mapped_column(ForeignKey("seminar.id"))
    # None: the district gives the seat away.
    funding_source_id: Mapped[int | None] = mapped_column(ForeignKey("funding_source.id"))
    for_whom: Mapped[str]
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    percent: Mapped[int | None]
    most_cents: Mapped[int | None]
    seats: Mapped[int | None]
    seats_used: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ended_reason: Mapped[str | None]

    series: Mapped[Series | None] = relationship()
    seminar: Mapped[Seminar | None] = relationship()
    source: Mapped[FundingSource | None] = relationship()
    school: Mapped[School | None] = relationship()

    __table_args__ = (
        CheckConstraint("(series_id IS NULL) <> (seminar_id IS NULL)", name="of_one_thing"),
        CheckConstraint("for_whom IN ('everybody', 'title_one', 'school')", name="for_whom"),
        CheckConstraint("(for_whom = 'school') = (school_id IS NOT NULL)", name="of_a_school"),
        CheckConstraint("(percent IS NULL) <> (most_cents IS NULL)", name="percent_or_amount"),
        CheckConstraint("percent BETWEEN 1 AND 100", name="percent"),
        CheckConstraint("most_cents > 0", name="amount"),
        CheckConstraint("seats >= 1", name="has_a_seat"),
        CheckConstraint("seats_used >= 0 AND (seats IS NULL OR seats_used <= seats)", name="seats"),
        CheckConstraint("(ended_at IS NULL) = (ended_reason IS NULL)", name="ended_with_a_reason"),
        Index("ix_funding_rule_series", "series_id"),
        Index("ix_funding_rule_seminar", "seminar_id"),
        Index("ix_funding_rule_district", "district_id", "funding_source_id"),
    )

    @property
    def of_seminar(self) -> Seminar:
        found = self.series.seminar if self.series is not None else self.seminar
        if found is None:
            raise ValueError(f"Funding rule {self.id} is of nothing.")
        return found

    def covers(self, price_cents: int) -> int:
        """What it pays of a price at most, in cents; a part of a cent stays with who pays the rest."""
        return price_cents * self.percent // 100 if self.percent is not None else min(self.most_cents or 0, price_cents)


@dataclass(frozen=True)
class Terms:
    """Whose seats are paid for, by which source, and how much of each."""

    source: FundingSource | None
    for_whom: str
    school: School | None
    percent: int | None
    most_cents: int | None
    seats: int | None


def add_rule(of: Series | Seminar, terms: Terms, *, by: Person, now: datetime) -> FundingRule:
    """For seats that are taken from now on. Raises Refused for a source that has ended, and where it is left open how much is paid or
    for which school."""
    if terms.source is not None and terms.source.ended_at is not None:
        raise Refused(N_("{name} ended already."), field="source", name=terms.source.name)
    if (terms.percent is None) == (terms.most_cents is None):
        raise Refused(N_("Type a percentage or an amount: one of the two."), field="percent")
    if (terms.for_whom == SCHOOL) != (terms.school is not None):
        sentence = N_("Choose the school.") if terms.school is None else N_("A school is chosen only where the seats are for its people.")
        raise Refused(sentence, field="school")
    rule = FundingRule(
        district_id=of.district_id,
        series_id=of.id if isinstance(of, Series) else None,
        seminar_id=of.id if isinstance(of, Seminar) else None,
        funding_source_id=terms.source.id if terms.source else None,
        for_whom=terms.for_whom,
        school_id=terms.school.id if terms.school else None,
        percent=terms.percent,
        most_cents=terms.most_cents,
        seats=terms.seats,
        created_at=now,
        created_by_id=by.id,
    )
    db.session.add(rule)
    db.session.flush()
    history.record(by, "funding rule added", rule, now, series=rule.series_id, seminar=rule.seminar_id, source=rule.funding_source_id)
    return rule


def end_rule(rule: FundingRule, *, reason: str, by: Person, now: datetime) -> None:
    """Nothing more is paid by it; what it paid stays paid. Raises Refused where it ended already, and without a reason."""
    db.session.refresh(rule, with_for_update={"key_share": True})
    if rule.ended_at is not None:
        raise Refused(N_("This ended already."), status=409)
    if not reason:
        raise Refused(SAY_WHY, field="reason")
    rule.ended_at, rule.ended_by_id, rule.ended_reason = now, by.id, reason
    db.session.flush()
    history.record(by, "funding rule ended", rule, now, reason=reason)


def _of(series_ids: Collection[int]) -> ColumnElement[bool]:
    seminars = select(Series.seminar_id).where(Series.id.in_(series_ids))
    return FundingRule.series_id.in_(series_ids) | FundingRule.seminar_id.in_(seminars)


def rules_for(series: Series) -> list[FundingRule]:
    """Those of the series and of its seminar, the first one made first, with their sources; one statement."""
    query = select(FundingRule).where(_of([series.id]), FundingRule.ended_at.is_(None)).options(joinedload(FundingRule.source))
    return list(db.session.scalars(query.order_by(FundingRule.id)))


def lock_rules(series_ids: Collection[int]) -> list[FundingRule]:
    """Hold the rules that these series, whose rows are locked, can be paid by, and then the sources of those, each in the order of
    its ids and read anew: who takes a seat and who gives one back hold the same ones in the same order. At most two statements."""
    rules = db.session.scalars(_held(select(FundingRule).where(_of(series_ids)).order_by(FundingRule.id))).all()
    source_ids = {rule.funding_source_id for rule in rules if rule.funding_source_id is not None}
    if source_ids:
        db.session.scalars(_held(select(FundingSource).where(FundingSource.id.in_(source_ids)).order_by(FundingSource.id))).all()
    return [rule for rule in rules if rule.ended_at is None]


def _held(query: Select[T]) -> Select[T]:
    return query.with_for_update(key_share=True).execution_options(populate_existing=True)


def rules_that_go_on(district_id: int, now: datetime) -> list[FundingRule]:
    """Those of seminars, and of series that aren't over, with what they are of; one statement."""
    going_on = select(Series.id).where(Series.district_id == district_id, Series.canceled_at.is_(None), ~is_over(district_id, now))
    theirs = FundingRule.seminar_id.is_not(None) | FundingRule.series_id.in_(going_on)
    query = select(FundingRule).where(FundingRule.district_id == district_id, FundingRule.ended_at.is_(None), theirs)
    return list(db.session.scalars(_whole(query)))


def rules_of(of: Series | Seminar) -> list[FundingRule]:
    """What pays for the seats of a series, or of each series of a seminar, in its order; one statement."""
    is_of_it = _of([of.id]) if isinstance(of, Series) else FundingRule.seminar_id == of.id
    return list(db.session.scalars(_whole(select(FundingRule).where(is_of_it, FundingRule.ended_at.is_(None)))))


def _whole(query: Select[FundingRule]) -> Select[FundingRule]:
    of = joinedload(FundingRule.series).joinedload(Series.seminar), joinedload(FundingRule.seminar)
    return query.options(*of, joinedload(FundingRule.source), joinedload(FundingRule.school)).order_by(FundingRule.id)
