"""What a district chose to keep for longer, the round of a day that applies it, and the report of what that did.

Laws: a row of choice only where it differs from the kind's own time; a round that runs twice finds nothing the second time,
because what was forgotten is no longer over its time and full.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, literal, select, union_all
from sqlalchemy.orm import Mapped, mapped_column

from seminar.ground import history
from seminar.ground.db import Model, db
from seminar.ground.history import Actor
from seminar.ground.refusal import N_, Refused
from seminar.ground.retention import KINDS, Part, RetentionKind, Times, kinds_to_choose

BATCH = 500
LONGEST_YEARS = 100


class RetentionRule(Model):
    """How many years a district keeps a kind of record, where it isn't the kind's own time."""

    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    years: Mapped[int]

    __table_args__ = (CheckConstraint("years >= 1", name="years"),)


class RetentionReport(Model):
    """How many records of a kind a day's round emptied or removed."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    day: Mapped[date]
    kind: Mapped[str]
    count: Mapped[int]

    __table_args__ = (CheckConstraint("count >= 1", name="count"), Index("ix_retention_report_day", "district_id", "day"))


def chosen_years(district_id: int) -> dict[str, int]:
    """By kind, the years that the district chose; the kinds that it left as they are aren't in it."""
    query = select(RetentionRule.kind, RetentionRule.years).where(RetentionRule.district_id == district_id)
    return {kind: years for kind, years in db.session.execute(query)}


def times_of(district: Any, now: datetime) -> Times:
    return Times(district.id, district.timezone, district.language, district.day(now), now, chosen_years(district.id))


def choose_years(district: Any, years: dict[str, int], *, by: Actor, now: datetime) -> None:
    """Keep each of these kinds for so many years. Raises Refused below a kind's least. What differs is on record."""
    before = chosen_years(district.id)
    for kind in kinds_to_choose():
        _refuse_too_few(kind, years[kind.name])
    rules = {rule.kind: rule for rule in db.session.scalars(select(RetentionRule).where(RetentionRule.district_id == district.id))}
    changed = {}
    for kind in kinds_to_choose():
        asked, was = years[kind.name], before.get(kind.name, kind.years)
        if asked == was:
            continue
        changed[kind.name] = {"before": was, "years": asked}
        _choose(district.id, kind, asked, rules.get(kind.name))
    db.session.flush()
    if changed:
        history.record(by, "retention changed", _Choices(district.id), now, **changed)


def _choose(district_id: int, kind: RetentionKind, years: int, rule: RetentionRule | None) -> None:
    if years == kind.years and rule is not None:
        db.session.delete(rule)
    elif rule is not None:
        rule.years = years
    else:
        db.session.add(RetentionRule(district_id=district_id, kind=kind.name, years=years))


class _Choices:
    """A district has one set of them, so that their record in the audit trail is the district's."""

    __tablename__ = RetentionRule.__tablename__

    def __init__(self, district_id: int) -> None:
        self.id = self.district_id = district_id


def _refuse_too_few(kind: RetentionKind, years: int) -> None:
    if years < kind.least:
        raise Refused(N_("These are kept for at least {least} years. Choose that or more."), field=kind.name, least=kind.least)
    if years > LONGEST_YEARS:
        raise Refused(N_("Choose {most} years or fewer."), field=kind.name, most=LONGEST_YEARS)


def would_touch(times: Times) -> dict[str, int]:
    """By kind, how many records today's round would touch; one statement."""
    parts = [(kind.name, part) for kind in KINDS.values() for part in kind.parts if part.counted]
    counts = [select(literal(name), func.count()).select_from(part.model).where(part.over(times)) for name, part in parts]
    found = dict.fromkeys(KINDS, 0)
    for name, count in db.session.execute(union_all(*counts)):
        found[name] += count
    return found


def apply_retention(district: Any, _today: date, now: datetime) -> None:
    """The round of a day: what is over its time is emptied or removed, kind by kind, and reported."""
    times = times_of(district, now)
    for kind in KINDS.values():
        count = 0
        for part in kind.parts:
            forgotten = _forget(part, times)
            count += forgotten if part.counted else 0
        if count:
            report = RetentionReport(district_id=district.id, day=times.today, kind=kind.name, count=count)
            db.session.add(report)
            db.session.flush()
            history.record(None, "retention applied", report, now, kind=kind.name, count=count)


def _forget(part: Part, times: Times) -> int:
    """Batch by batch. A row that somebody holds at this moment is left for the next day."""
    count = 0
    over = select(part.key).where(part.over(times)).order_by(part.key).limit(BATCH)
    over = over.with_for_update(of=part.model, skip_locked=True)
    keys = list(db.session.scalars(over))
    while keys:
        part.forget(keys, times)
        count += len(keys)
        keys = list(db.session.scalars(over.where(part.key > keys[-1])))
    return count
