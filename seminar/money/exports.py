"""A school year's orders as rows for a sheet: a row for each place that an order is for, with all that its ledger says in sums."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from seminar.ground.db import db
from seminar.money.discount_code import CodeUse, DiscountCode
from seminar.money.funding_source import FundingSource
from seminar.money.ledger import LedgerEntry
from seminar.money.order import Order, OrderLine
from seminar.money.seat_grant import SeatGrant
from seminar.people.appointment import Appointment, current_on
from seminar.people.school import School
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series


@dataclass(frozen=True)
class OrderRow:
    """A line of an order; its amounts in cents, by the kind of entry. The schools are those where the person works on that day."""

    line: OrderLine
    schools: list[str]
    cents: dict[str, int]
    funding_codes: list[str]
    discount_codes: list[str]

    def sum_of(self, *kinds: str) -> int:
        return sum(self.cents.get(kind, 0) for kind in kinds)

    @property
    def balance_cents(self) -> int:
        """Above zero the payer owes it, below it is owed to them."""
        return sum(self.cents.values())


def order_rows(district_id: int, school_year: int, today: date) -> list[OrderRow]:
    """In the order in which they were opened; the same statements for any number."""
    of_year = Series.district_id == district_id, Series.school_year == school_year
    place = contains_eager(OrderLine.enrollment)
    series = place.contains_eager(Enrollment.series).options(joinedload(Series.seminar), selectinload(Series.meetings))
    whole = place.joinedload(Enrollment.person), series, joinedload(OrderLine.order).joinedload(Order.person)
    lines = _whose(select(OrderLine), of_year).options(*whole).order_by(OrderLine.id)
    ids = _whose(select(OrderLine.id), of_year)
    cents, funded, discounted = _cents(ids), _funding_codes(ids), _discount_codes(ids)
    schools = _schools(_whose(select(Enrollment.person_id).select_from(OrderLine), of_year), today)
    return [
        OrderRow(line, schools.get(line.enrollment.person_id, []), cents[line.id], funded.get(line.id, []), discounted.get(line.id, []))
        for line in db.session.scalars(lines)
    ]


def _whose(query: Select[Any], of_year: Iterable[ColumnElement[bool]]) -> Select[Any]:
    query = query.join(Enrollment, Enrollment.id == OrderLine.enrollment_id)
    return query.join(Series, Series.id == Enrollment.series_id).where(*of_year)


def _cents(line_ids: Select[Any]) -> dict[int, dict[str, int]]:
    """By line and kind of entry."""
    query = select(LedgerEntry.line_id, LedgerEntry.kind, func.sum(LedgerEntry.amount_cents)).where(LedgerEntry.line_id.in_(line_ids))
    found: dict[int, dict[str, int]] = {}
    for line_id, kind, cents in db.session.execute(query.group_by(LedgerEntry.line_id, LedgerEntry.kind)):
        found.setdefault(line_id, {})[kind] = int(cents)
    return found


def _funding_codes(line_ids: Select[Any]) -> dict[int, list[str]]:
    query = select(SeatGrant.line_id, FundingSource.code).join(FundingSource, FundingSource.id == SeatGrant.funding_source_id)
    return _listed(query.where(SeatGrant.line_id.in_(line_ids), SeatGrant.state == "given").order_by(SeatGrant.id))


def _discount_codes(line_ids: Select[Any]) -> dict[int, list[str]]:
    query = select(CodeUse.line_id, DiscountCode.code).join(DiscountCode, DiscountCode.id == CodeUse.discount_code_id)
    return _listed(query.where(CodeUse.line_id.in_(line_ids), CodeUse.state == "used").order_by(CodeUse.id))


def _schools(person_ids: Select[Any], today: date) -> dict[int, list[str]]:
    query = select(Appointment.person_id, School.name).join(School, School.id == Appointment.school_id).distinct()
    return _listed(query.where(Appointment.person_id.in_(person_ids), current_on(today)).order_by(School.name))


def _listed(query: Select[int, str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for key, said in db.session.execute(query):
        found.setdefault(key, []).append(said)
    return found
