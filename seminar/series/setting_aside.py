"""Setting seats aside, changing how many and until when, and releasing them early.

Whoever has a seat keeps it, whatever is set aside afterwards: those whom the seats are for are counted in first, by the day on which
they came, and only for the rest there must be seats that are free. What somebody in line may have is offered before anything is set
aside.
"""

from datetime import date, datetime

from sqlalchemy import or_, select

from seminar.ground import history
from seminar.ground.clock import day_of
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.appointment import Appointment
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.enrollment import TAKES_A_SEAT, Enrollment, Seats, lock
from seminar.series.free_seats import allowed
from seminar.series.series import Series, has_ended
from seminar.series.set_aside import Kept, SetAside
from seminar.series.waitlist import pass_on, settled

TOO_MANY = N_("At most {most} seats can be set aside here: the others are taken, or set aside already.")
RELEASED = N_("These seats are released already: they are open to everybody.")


def set_aside(
    series: Series, *, school: School | None, role: str | None, seats: int, released_on: date, by: Person, now: datetime
) -> SetAside:
    """Raises Refused where the series is canceled or over, the day can't be, the same is set aside already, or too few seats are free.
    Flushes."""
    lock(series)
    there = settled(series, now)
    _refuse_what_is_over(series, now)
    _refuse_the_day(series, released_on, now)
    theirs = school.id if school else None
    if any((kept.school_id, kept.role) == (theirs, role) for kept in there.kept):
        raise Refused(N_("Seats are set aside for them already. Change how many there."), field="whom")
    of = {"district_id": series.district_id, "series_id": series.id, "school_id": theirs, "role": role}
    made = SetAside(**of, seats=seats, released_on=released_on, created_at=now)
    db.session.add(made)
    db.session.flush()
    _fill(made, series, there, already=0, now=now)
    history.record(by, "seats set aside", made, now, series=series.id, seats=seats, until=released_on.isoformat())
    return made


def change_set_aside(one: SetAside, *, seats: int, released_on: date, by: Person, now: datetime) -> None:
    """Raises Refused where it is released, for fewer seats than are taken of it, and as set_aside does. Flushes."""
    series, there, kept = _locked(one, now)
    _refuse_the_day(series, released_on, now)
    if seats < kept.taken:
        raise Refused(N_("{taken} of these seats are taken. Keep at least as many."), field="seats", taken=kept.taken)
    one.seats, one.released_on = seats, released_on
    if seats > kept.seats:
        _fill(one, series, there, already=kept.seats, now=now)
    db.session.flush()
    history.record(by, "set-aside changed", one, now, series=series.id, seats=seats, until=released_on.isoformat())
    pass_on([series], now)


def release(one: SetAside, *, by: Person, now: datetime) -> None:
    """From now on its seats are open to everybody; who waits is offered them. Raises Refused where they are already. Flushes."""
    series, _there, _kept = _locked(one, now)
    one.released_on = series.district.day(now)
    db.session.flush()
    history.record(by, "set-aside released", one, now, series=series.id)
    pass_on([series], now)


def _locked(one: SetAside, now: datetime) -> tuple[Series, Seats, Kept]:
    series = db.session.get_one(Series, one.series_id)
    lock(series)
    there = settled(series, now)
    _refuse_what_is_over(series, now)
    kept = next((kept for kept in there.kept if kept.id == one.id), None)
    if kept is None:
        raise Refused(RELEASED, status=409)
    return series, there, kept


def _refuse_what_is_over(series: Series, now: datetime) -> None:
    if series.canceled_at is not None:
        raise Refused(N_("{title} is canceled."), status=409, title=series.seminar.title)
    if has_ended(series, now):
        raise Refused(N_("{title} has ended, so its record stays as it is."), status=409, title=series.seminar.title)


def _refuse_the_day(series: Series, released_on: date, now: datetime) -> None:
    """A seat that is never released while people can enroll would stay empty."""
    district = series.district
    if released_on <= district.day(now):
        raise Refused(N_("Choose a day to come: from that day on the seats are open to everybody."), field="released_on")
    if released_on > day_of(series.enrollment_closes_at, district.timezone):
        sentence = N_("Enrollment closes on {day}: seats that are released after it would stay empty.")
        raise Refused(sentence, field="released_on", day=day_of(series.enrollment_closes_at, district.timezone))


def _fill(one: SetAside, series: Series, there: Seats, *, already: int, now: datetime) -> None:
    """Count those in whom its seats are for, as far as there are seats beyond those that it had `already`; the rest must be free."""
    added = one.seats - already
    theirs = _open_places_of_theirs(one, series, there, now)[:added]
    if added - len(theirs) > there.open:
        raise Refused(TOO_MANY, field="seats", most=already + len(theirs) + there.open)
    for place in theirs:
        place.set_aside_id = one.id
    db.session.flush()


def _open_places_of_theirs(one: SetAside, series: Series, there: Seats, now: datetime) -> list[Enrollment]:
    """Who has a seat that no set-aside keeps, and is one of those whom the seats are for; who came first comes first."""
    kept = [kept.id for kept in there.kept]
    query = select(Enrollment).where(Enrollment.series_id == series.id, Enrollment.state.in_(TAKES_A_SEAT))
    query = query.where(or_(Enrollment.set_aside_id.is_(None), Enrollment.set_aside_id.not_in(kept)))
    taken = select(Enrollment.person_id).where(Enrollment.series_id == series.id, Enrollment.state.in_(TAKES_A_SEAT))
    theirs = allowed([series.id], Appointment.person_id.in_(taken), now)[series.id]
    in_order = db.session.scalars(query.order_by(Enrollment.created_at, Enrollment.id))
    return [place for place in in_order if one.id in theirs[place.person_id]]
