"""How a district takes purchase orders and writes invoices: whether an accepted purchase order confirms the seat, how long one is
waited for, when an invoice is due, and what stands on it of the district."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from seminar.ground import history
from seminar.ground.clock import at_local
from seminar.ground.db import Model, db
from seminar.money.refund_rule import closed_days
from seminar.people.calendar import school_days_later
from seminar.people.district import District
from seminar.people.person import Person
from seminar.series.awaiting_po import kept_at_most_until
from seminar.series.series import Series

MOST_SCHOOL_DAYS, MOST_INVOICE_DAYS = 60, 180
LONGEST_ADDRESS, LONGEST_TAX_ID = 400, 40


class PoSettings(Model):
    """How a district takes purchase orders, and what its invoices say of it."""

    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"), primary_key=True)
    accepted_confirms: Mapped[bool]
    # For so many school days a place waits for its purchase order.
    school_days: Mapped[int]
    invoice_days: Mapped[int]
    payee: Mapped[str]
    remit_to: Mapped[str]
    tax_id: Mapped[str]

    __table_args__ = (
        CheckConstraint(f"school_days BETWEEN 1 AND {MOST_SCHOOL_DAYS}", name="school_days"),
        CheckConstraint(f"invoice_days BETWEEN 0 AND {MOST_INVOICE_DAYS}", name="invoice_days"),
    )


@dataclass(frozen=True)
class HowTaken:
    """What counts for a district: what it saved, or else this. `payee` and `remit_to` are lines of an address."""

    accepted_confirms: bool = True
    school_days: int = 10
    invoice_days: int = 30
    payee: str = ""
    remit_to: str = ""
    tax_id: str = ""


def how_taken(district_id: int) -> HowTaken:
    """The district's settings now; at most one statement."""
    kept = db.session.get(PoSettings, district_id, populate_existing=True)
    return HowTaken(**{name: getattr(kept, name) for name in HowTaken.__dataclass_fields__}) if kept is not None else HowTaken()


def change_po_settings(district: District, taken: HowTaken, *, by: Person, now: datetime) -> None:
    """For purchase orders and invoices from now on. Flushes."""
    kept = db.session.get(PoSettings, district.id)
    if kept is None:
        kept = PoSettings(district_id=district.id)
        db.session.add(kept)
    for name, value in vars(taken).items():
        setattr(kept, name, value)
    db.session.flush()
    history.record(by, "purchase order settings saved", district, now, confirms=taken.accepted_confirms, due=taken.invoice_days)


def awaited_until(series: Series, school_days: int, now: datetime) -> datetime:
    """Until when a place in the series waits for its purchase order: through so many school days, weekends and closed days not
    counted, and no longer than until the next meeting begins; one statement."""
    district = series.district
    day, closed = district.day(now), closed_days(district.id, now)
    return min(end_of_day(school_days_later(day, school_days, closed), district), kept_at_most_until(series, now))


def end_of_day(day: date, district: District) -> datetime:
    return at_local(day + timedelta(days=1), 0, 0, district.timezone)
