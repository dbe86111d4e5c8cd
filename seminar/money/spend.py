"""What was spent on seats, and by whom: by funding code, school and season. A place that ended gave back what was given to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, case, func, literal, select

from seminar.ground.db import db
from seminar.money.discount_code import CodeUse, DiscountCode
from seminar.money.funding_source import FundingSource
from seminar.money.order import OrderLine
from seminar.money.seat_grant import SeatGrant
from seminar.people.school import School
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series


@dataclass(frozen=True)
class Spent:
    """Of one payer, school and season: on how many seats, and how much in cents. `kind` is grant, waiver or discount; the school is
    '' for people of none."""

    kind: str
    code: str
    name: str
    school: str
    season: str
    seats: int
    cents: int


@dataclass(frozen=True)
class Total:
    """Of one payer, in all schools and seasons."""

    kind: str
    code: str
    name: str
    seats: int
    cents: int


def spent_in(district_id: int, school_year: int) -> list[Spent]:
    """Of the series of a school year, by code, school and season; two statements."""
    within = [_within(query, district_id, school_year) for query in (_given(), _taken_off())]
    found = [row for query in within for row in db.session.execute(query)]
    rows = [Spent(kind, code, name, school, season, int(seats), int(cents)) for kind, code, name, school, season, seats, cents in found]
    return sorted(rows, key=lambda row: (("grant", "waiver", "discount").index(row.kind), row.code, row.school, row.season))


# Kind, code, name, school, season, seats, cents.
Rows = Select[str, str, str, str, str, int, int]


def _given() -> Rows:
    kind = case((SeatGrant.funding_source_id.is_(None), "waiver"), else_="grant")
    code, name = func.coalesce(FundingSource.code, ""), func.coalesce(FundingSource.name, "")
    of = select(kind, code, name, func.coalesce(School.name, ""), Series.season, func.count(), func.sum(SeatGrant.amount_cents))
    query = of.select_from(SeatGrant).join(OrderLine, OrderLine.id == SeatGrant.line_id)
    query = query.outerjoin(FundingSource, FundingSource.id == SeatGrant.funding_source_id)
    query = query.outerjoin(School, School.id == SeatGrant.school_id).where(SeatGrant.state == "given")
    return query.group_by(SeatGrant.funding_source_id, FundingSource.code, FundingSource.name, School.name, Series.season)


def _taken_off() -> Rows:
    of = select(
        literal("discount"),
        DiscountCode.code,
        literal(""),
        func.coalesce(School.name, ""),
        Series.season,
        func.count(),
        func.sum(CodeUse.amount_cents),
    )
    query = of.select_from(CodeUse).join(OrderLine, OrderLine.id == CodeUse.line_id)
    query = query.join(DiscountCode, DiscountCode.id == CodeUse.discount_code_id)
    query = query.outerjoin(School, School.id == CodeUse.school_id).where(CodeUse.state == "used")
    return query.group_by(DiscountCode.code, School.name, Series.season)


def _within(query: Rows, district_id: int, school_year: int) -> Rows:
    query = query.join(Enrollment, Enrollment.id == OrderLine.enrollment_id).join(Series, Series.id == Enrollment.series_id)
    return query.where(Series.district_id == district_id, Series.school_year == school_year)


def totals(rows: Sequence[Spent]) -> list[Total]:
    """By payer, in the order of the rows."""
    summed: dict[tuple[str, str, str], tuple[int, int]] = {}
    for row in rows:
        seats, cents = summed.get((row.kind, row.code, row.name), (0, 0))
        summed[row.kind, row.code, row.name] = (seats + row.seats, cents + row.cents)
    return [Total(*payer, *sums) for payer, sums in summed.items()]
