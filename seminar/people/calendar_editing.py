"""What the program manager does with the school calendar: school years, their terms, and closed days.

Laws: school years of a district don't overlap; a term lies within its year, and ends with a day, which can be taken back; a
day is closed once, for one reason.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import select

from seminar.ground import contributions, history
from seminar.ground.contributions import Touched
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.calendar import ClosedDay, SchoolYear, Term
from seminar.people.district import District
from seminar.people.person import Person

LONGEST_SPAN = timedelta(days=120)


def save_year(year: SchoolYear, *, first_day: date, last_day: date, by: Person, now: datetime) -> None:
    """Add or change a school year; it is named by the year it ends in. Raises Refused for days the wrong way round, for more
    than a year, for two years that overlap, and where a term of it would be left outside."""
    if last_day <= first_day:
        raise Refused(N_("The last day is not after the first one."), field="last_day")
    if last_day - first_day > timedelta(days=366):
        raise Refused(N_("A school year is a year at most. Check the days."), field="last_day")
    with db.session.no_autoflush:
        others = select(SchoolYear).where(SchoolYear.district_id == year.district_id, SchoolYear.id != (year.id or 0))
        overlaps = (SchoolYear.first_day <= last_day) & (SchoolYear.last_day >= first_day)
        same = others.where(overlaps | (SchoolYear.ends_in == last_day.year))
        if (twin := db.session.scalars(same.limit(1)).first()) is not None:
            raise Refused(
                N_("The school year from {first} to {last} is there already. Change that one, or choose other days."),
                field="first_day",
                first=twin.first_day,
                last=twin.last_day,
            )
        if year.id is not None:
            _refuse_terms_outside(year, first_day, last_day)
            _rename_terms(year, last_day.year)
    year.first_day, year.last_day, year.ends_in = first_day, last_day, last_day.year
    db.session.add(year)
    db.session.flush()
    history.record(by, "school year saved", year, now, days=[first_day.isoformat(), last_day.isoformat()])


def terms_of(year: SchoolYear) -> list[Term]:
    query = select(Term).where(Term.district_id == year.district_id, Term.ends_in == year.ends_in)
    return list(db.session.scalars(query.order_by(Term.first_day, Term.id)))


def _refuse_terms_outside(year: SchoolYear, first_day: date, last_day: date) -> None:
    for term in terms_of(year):
        if term.ended_on is None and not first_day <= term.first_day <= term.last_day <= last_day:
            raise Refused(N_("{term} would be outside of the year. Change or end the term first."), field="first_day", term=term.title)


def _rename_terms(year: SchoolYear, ends_in: int) -> None:
    for term in terms_of(year) if ends_in != year.ends_in else []:
        term.ends_in = ends_in


def save_term(term: Term, year: SchoolYear, *, title: str, first_day: date, last_day: date, by: Person, now: datetime) -> None:
    """Add or change a term of the year. Raises Refused for days outside of it, or the wrong way round."""
    if last_day < first_day:
        raise Refused(N_("The last day is before the first one."), field="last_day")
    if first_day < year.first_day or last_day > year.last_day:
        raise Refused(
            N_("The school year is from {first} to {last}; a term lies within it."),
            field="first_day",
            first=year.first_day,
            last=year.last_day,
        )
    with db.session.no_autoflush:
        if any(other.title == title and other.id != term.id for other in terms_of(year)):
            raise Refused(N_("The year has a term called {title} already."), field="title", title=title)
    term.title, term.first_day, term.last_day, term.ends_in = title, first_day, last_day, year.ends_in
    db.session.add(term)
    db.session.flush()
    history.record(by, "term saved", term, now, title=title, days=[first_day.isoformat(), last_day.isoformat()])


def end_term(term: Term, *, today: date, by: Person, now: datetime) -> None:
    """It is no term of the year any more; ended twice is ended."""
    if term.ended_on is None:
        term.ended_on = today
        db.session.flush()
        history.record(by, "term ended", term, now, title=term.title)


def take_up_term(term: Term, *, by: Person, now: datetime) -> None:
    """Take its ending back."""
    if term.ended_on is not None:
        term.ended_on = None
        db.session.flush()
        history.record(by, "term taken up again", term, now, title=term.title)


def span(first_day: date, last_day: date) -> list[date]:
    """The days of a typed span. Raises Refused for the wrong way round, and for more than a summer."""
    if last_day < first_day:
        raise Refused(N_("The last day is before the first one."), field="last_day")
    if last_day - first_day > LONGEST_SPAN:
        raise Refused(N_("That is more than four months. Check the days, or close them in parts."), field="last_day")
    return [first_day + timedelta(days=n) for n in range((last_day - first_day).days + 1)]


def closed_among(district: District, days: list[date]) -> dict[date, str]:
    """Those of the days that are closed already, with why."""
    query = select(ClosedDay.day, ClosedDay.reason).where(ClosedDay.district_id == district.id, ClosedDay.day.in_(days))
    return {day: reason for day, reason in db.session.execute(query)}


def touched_by_closing(district: District, days: list[date], now: datetime) -> list[Touched]:
    """What stands on these days, by day: closing them moves nothing by itself."""
    found = [one for closing in contributions.days_closing for one in closing(district, days, now)] if days else []
    return sorted(found, key=lambda one: (one.day, one.what))


def close_days(district: District, reasons: dict[date, str], *, by: Person, now: datetime) -> list[date]:
    """Close these days, each for its reason, and answer those that were open until now; what is lent follows them."""
    there = closed_among(district, list(reasons))
    new = sorted(day for day in reasons if day not in there)
    if not new:
        return []
    db.session.add_all([ClosedDay(district_id=district.id, day=day, reason=reasons[day]) for day in new])
    db.session.flush()
    history.record(by, "days closed", district, now, days={day.isoformat(): reasons[day] for day in new})
    let_follow(district, by, now)
    return new


def open_day_again(closed: ClosedDay, district: District, *, by: Person, now: datetime) -> None:
    """The day is a day like any other; that it was closed stays on record."""
    history.record(by, "day opened again", district, now, day=closed.day.isoformat(), reason=closed.reason)
    db.session.delete(closed)
    db.session.flush()
    let_follow(district, by, now)


def let_follow(district: District, by: Person, now: datetime) -> None:
    """Days were closed or opened again: what is reckoned in open days follows them."""
    for changed in contributions.open_days_changed:
        changed(district, by, now)
