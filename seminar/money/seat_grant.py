"""What a rule pays of one seat: by a funding source, or, without one, by the district that gives it away.

States: given → returned, when the place ends. Laws: given under the lock of the series, its rules and their sources, so that never more
is given than a source has; each is on the order's ledger, and so is its way back. It stays with the seat when a colleague takes that.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, update
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from seminar.ground.db import Model, db
from seminar.ground.triggers import keeps_count
from seminar.money.funding_rule import EVERYBODY, TITLE_ONE, FundingRule, lock_rules, rules_for
from seminar.money.funding_source import FundingSource
from seminar.money.ledger import asked_for, entry, write
from seminar.people.appointment import Appointment, current_on
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.series import Series


class SeatGrant(Model):
    """What a funding rule pays of one seat."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"))
    funding_rule_id: Mapped[int] = mapped_column(ForeignKey("funding_rule.id"))
    funding_source_id: Mapped[int | None] = mapped_column(ForeignKey("funding_source.id"))
    # Where the person worked then: spend by school stays what it was when they change schools.
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    amount_cents: Mapped[int]
    state: Mapped[str] = mapped_column(default="given")
    given_at: Mapped[datetime]
    returned_at: Mapped[datetime | None]

    rule: Mapped[FundingRule] = relationship()
    source: Mapped[FundingSource | None] = relationship()

    __table_args__ = (
        CheckConstraint("state IN ('given', 'returned')", name="state"),
        CheckConstraint("(state = 'returned') = (returned_at IS NOT NULL)", name="returned_on_a_day"),
        CheckConstraint("amount_cents > 0", name="amount"),
        Index(
            "uq_seat_grant_one_live",
            "line_id",
            "funding_rule_id",
            unique=True,
            sqlite_where=state == "given",
            postgresql_where=state == "given",
        ),
        Index("ix_seat_grant_line", "line_id"),
        Index("ix_seat_grant_source", "funding_source_id"),
    )

    @property
    def kind(self) -> str:
        """What the ledger calls it."""
        return "grant" if self.funding_source_id is not None else "waiver"


_COUNTS = ("given",)
keeps_count(
    "seat_grant_of_source",
    table="seat_grant",
    states=_COUNTS,
    parent="funding_source",
    column="consumed_cents",
    amount="amount_cents",
)
keeps_count("seat_grant_of_rule", table="seat_grant", states=_COUNTS, parent="funding_rule", column="seats_used")


@dataclass(frozen=True)
class Share:
    """What a rule pays of a price, in cents, and the school by which it is for this person."""

    rule: FundingRule
    cents: int
    school_id: int | None


@dataclass(frozen=True)
class Cost:
    """What a seat costs somebody now, in cents, and who pays the rest: by name, '' for the district itself, and in cents."""

    cents: int
    paid_by: list[tuple[str, int]]


class Funds:
    """What some rules can pay on a day, as one seat after the other is taken."""

    def __init__(self, rules: Sequence[FundingRule], day: date) -> None:
        self.rules = [rule for rule in rules if rule.source is None or rule.source.gives_on(day)]
        self.cents = {rule.source.id: rule.source.left_cents for rule in self.rules if rule.source is not None}
        self.seats = {rule.id: rule.seats - rule.seats_used for rule in self.rules if rule.seats is not None}

    def shares(self, price_cents: int, most_cents: int, schools: Sequence[School]) -> list[Share]:
        """What they pay of a price for somebody of these schools, `most_cents` in all: one after the other, each of what the ones
        before it left, and never more than its source has left by the seats before."""
        found = []
        for rule in self.rules:
            is_theirs, school_id = _is_for(rule, schools)
            left = self.cents.get(rule.funding_source_id or 0, price_cents) if self.seats.get(rule.id, 1) > 0 else 0
            cents = min(rule.covers(price_cents), most_cents, left) if is_theirs else 0
            if cents > 0:
                most_cents -= cents
                found.append(self._used(Share(rule, cents, school_id)))
        return found

    def _used(self, share: Share) -> Share:
        source_id, rule_id = share.rule.funding_source_id, share.rule.id
        if source_id is not None:
            self.cents[source_id] -= share.cents
        if rule_id in self.seats:
            self.seats[rule_id] -= 1
        return share


def _is_for(rule: FundingRule, schools: Sequence[School]) -> tuple[bool, int | None]:
    """Whether it pays for somebody of these schools, and by which of them."""
    if rule.for_whom == EVERYBODY:
        return True, schools[0].id if schools else None
    by = [school for school in schools if (school.title_one if rule.for_whom == TITLE_ONE else school.id == rule.school_id)]
    return bool(by), by[0].id if by else None


def schools_of(person_ids: Collection[int], day: date) -> dict[int, list[School]]:
    """By person, where they work on that day, in the order of the schools' ids; one statement."""
    of_theirs = select(Appointment.person_id, Appointment.school_id).where(Appointment.person_id.in_(person_ids), current_on(day))
    at = of_theirs.distinct().subquery()
    schools: dict[int, list[School]] = {person_id: [] for person_id in person_ids}
    query = select(at.c.person_id, School).join(School, School.id == at.c.school_id).order_by(School.id)
    for person_id, school in db.session.execute(query):
        schools[person_id].append(school)
    return schools


def costs_of(people: Sequence[Person], series: Series, now: datetime) -> dict[int, Cost]:
    """By person, what a seat would cost them if they took one now, in this order; at most two statements."""
    day, price = series.district.day(now), series.price_cents
    funds = Funds(rules_for(series), day)
    if not funds.rules:
        return {person.id: Cost(price, []) for person in people}
    schools = schools_of([person.id for person in people], day)
    return {person.id: _cost(price, funds.shares(price, price, schools[person.id])) for person in people}


def _cost(price_cents: int, found: Sequence[Share]) -> Cost:
    rest = price_cents - sum(share.cents for share in found)
    return Cost(asked_for(rest) if found else price_cents, [(_payer(share.rule), share.cents) for share in found])


def _payer(rule: FundingRule) -> str:
    return rule.source.name if rule.source is not None else ""


def give(most_cents: Mapping[Any, int], *, by: Person | None, now: datetime) -> dict[int, int]:
    """What the rules pay of these lines, by line at most so many cents, is given to them, the first ones first; all are of one series,
    which is locked. Answers by line's id what was given, in cents. As many statements whatever their number. Flushes."""
    series = next(iter(most_cents)).enrollment.series
    funds = Funds(lock_rules([series.id]), series.district.day(now))
    if not funds.rules:
        return dict.fromkeys([line.id for line in most_cents], 0)
    schools = schools_of([line.enrollment.person_id for line in most_cents], series.district.day(now))
    found = {line: funds.shares(line.price_cents, most, schools[line.enrollment.person_id]) for line, most in most_cents.items()}
    grants = [(line, _granted(line, share, now)) for line, theirs in found.items() for share in theirs]
    db.session.add_all([grant for _, grant in grants])
    db.session.flush()
    write([_said(line, grant, grant.kind, f"grant:{grant.id}", by=by, now=now) for line, grant in grants])
    return {line.id: sum(share.cents for share in theirs) for line, theirs in found.items()}


def _granted(line: Any, share: Share, now: datetime) -> SeatGrant:
    return SeatGrant(
        district_id=line.district_id,
        line_id=line.id,
        funding_rule_id=share.rule.id,
        funding_source_id=share.rule.funding_source_id,
        school_id=share.school_id,
        amount_cents=share.cents,
        given_at=now,
        rule=share.rule,
        source=share.rule.source,
    )


def _said(line: Any, grant: SeatGrant, kind: str, source: str, *, by: Person | None, now: datetime) -> dict[str, Any]:
    note = f"{grant.source.name} ({grant.source.code})" if grant.source is not None else ""
    return entry(line, kind, grant.amount_cents, source=source, by=by, now=now, note=note)


def take_back(lines: Sequence[Any], *, by: Person | None, now: datetime) -> None:
    """The places of these lines, whose series are locked, ended: what was given to them is there for others. As many statements
    whatever their number."""
    by_id = {line.id: line for line in lines}
    query = select(SeatGrant).where(SeatGrant.line_id.in_(by_id), SeatGrant.state == "given").options(joinedload(SeatGrant.source))
    grants = list(db.session.scalars(query.order_by(SeatGrant.id)))
    if not grants:
        return
    lock_rules({by_id[grant.line_id].enrollment.series_id for grant in grants})
    ended = update(SeatGrant).where(SeatGrant.id.in_([grant.id for grant in grants])).values(state="returned", returned_at=now)
    db.session.execute(ended)
    write([_said(by_id[grant.line_id], grant, f"{grant.kind}_back", f"grant-back:{grant.id}", by=by, now=now) for grant in grants])
