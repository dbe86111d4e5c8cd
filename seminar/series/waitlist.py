"""The line for a seat in a series that is full, and the offers by which it moves.

Laws: first come, first served, by `joined_at`, within the set-asides of the series (rule 3). A seat that is set free is offered to the
next in line who may have it, in the transaction that frees it. An offer that is turned down or runs out goes on to the next; who passed
may stand in line again, at its end. Nobody new takes a seat that somebody who waits may have.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import joinedload

from seminar.ground import contributions, outbox
from seminar.ground.db import db
from seminar.ground.outbox import Letter
from seminar.ground.refusal import N_, Refused
from seminar.people.calendar import ClosedDay
from seminar.people.person import Person
from seminar.series.approval_asking import tell_of_lapsed_requests
from seminar.series.catalog import taken_seats
from seminar.series.enrollment import (
    Enrollment,
    Seats,
    add_place,
    done_for_them_by,
    live_enrollment,
    lock,
    move,
    ran_out,
    record,
    refuse_unless_it_takes_enrollments,
    seats_of,
    takes_enrollments,
    takes_them,
)
from seminar.series.free_seats import free_for, given_in, uneven
from seminar.series.offer import SHORTEST, offer_until
from seminar.series.series import Meeting, Series
from seminar.series.waiting_group import WaitingGroup, party_of, tell_makers, together_with

# As far as a deadline can move over days on which the district is closed.
LOOKED_AHEAD = timedelta(days=60)


def join_waitlist(person: Person, series: Series, *, by: Person, now: datetime) -> Enrollment:
    """Stand at the end of the line. Raises Refused when enrollment is closed, the person has a place already, or a seat is free
    for them. Flushes."""
    lock(series)
    seats = settled(series, now)
    refuse_unless_it_takes_enrollments(series, now)
    refuse_a_second_place(live_enrollment(person, series, now), person, series)
    if free_for([person], series, seats, now).of(person.id) > 0:
        raise Refused(N_("{title} has a free seat: you can enroll."), status=409, title=series.seminar.title)
    return line_up([person], series, by=by, now=now)[0]


def line_up(
    people: Sequence[Person], series: Series, *, by: Person, now: datetime, group: WaitingGroup | None = None
) -> list[Enrollment]:
    """Put these people, who have no place in the series, at the end of its line, one behind the other, as a group if there is one. The
    series is locked, and its free seats are offered. Flushes."""
    joined_at = _end_of_line(series, now)
    places = [add_place(person, series, "waitlisted", by=by, now=now) for person in people]
    for place in places:
        place.joined_at = joined_at
        place.group_id = group.id if group else None
    db.session.flush()
    record(places, by=by, now=now)
    _tell(places, "waitlisted", now)
    return places


def _end_of_line(series: Series, now: datetime) -> datetime:
    """Now, or, where somebody who pressed a moment later was let in first, the same moment as theirs: who stands behind them came
    after them."""
    last = db.session.scalar(select(func.max(Enrollment.joined_at)).where(Enrollment.series_id == series.id))
    return now if last is None else max(now, last)


def refuse_a_second_place(place: Enrollment | None, person: Person, series: Series) -> None:
    """`place` is the live one that they have (rule 2)."""
    names = {"name": person.name, "title": series.seminar.title}
    if place is None:
        return
    if place.state == "waitlisted":
        raise Refused(N_("{name} is on the waitlist for {title} already. A free seat is offered in turn."), status=409, **names)
    if place.state == "requested":
        raise Refused(N_("The request of {name} for {title} waits for an approval already."), status=409, **names)
    if place.state == "held":
        raise Refused(N_("A seat in {title} is kept for {name} until it is paid. Its page leads to the order."), status=409, **names)
    if place.state == "awaiting_po":
        raise Refused(N_("A seat in {title} is kept for {name} until its purchase order is accepted."), status=409, **names)
    if place.state == "offered":
        raise Refused(N_("{name} is offered a seat in {title}, and can enroll."), status=409, **names)
    raise Refused(N_("{name} is already enrolled in {title}."), status=409, **names)


def join_first(lapsed: Enrollment, *, now: datetime) -> Enrollment:
    """Stand in line where they stood when they took the seat that they paid for too late: before everybody who joined since, which is
    all who wait. The series is locked, they have no place in it, and it takes enrollments. Flushes."""
    place = add_place(lapsed.person, lapsed.series, "waitlisted", by=lapsed.person, now=now)
    place.joined_at = lapsed.joined_at or lapsed.created_at
    db.session.flush()
    record([place], by=None, now=now)
    return place


def turn_down(offer: Enrollment, *, by: Person, now: datetime) -> None:
    """The person doesn't want the seat that is kept for them; who came to the line as a group passes as one. Raises Refused when the
    offer is over already."""
    lock(offer.series)
    db.session.refresh(offer, attribute_names=["state", "offer_until"])
    if not is_open(offer, now):
        raise Refused(N_("This offer of a seat in {title} is over already."), status=409, title=offer.series.seminar.title)
    party = party_of(offer)
    for place in party:
        move(place, "passed", by=by, now=now)
    db.session.flush()
    record(party, by=by, now=now)
    _tell([place for place in party if place.person_id != by.id and place is not offer], "passed", now)
    tell_makers(party, "group_passed", by=by, now=now)
    pass_on([offer.series], now)


def is_open(place: Enrollment, now: datetime) -> bool:
    """Whether a seat is offered by it that can still be taken; the deadline itself is too late."""
    return place.state == "offered" and place.offer_until is not None and now < place.offer_until


def is_in_line(place: Enrollment, now: datetime) -> bool:
    """Whether the person waits for a seat of a series that goes on, or is offered one."""
    return is_open(place, now) or (place.state == "waitlisted" and bool(place.series.meetings) and place.series.meetings[-1].ends_at > now)


def settled(series: Series, now: datetime) -> Seats:
    """How the seats of a series, whose row is locked, stand once what is due in it was passed on to the next in line."""
    seats = seats_of(series, now)
    if not seats.ran_out and not (seats.waiting and seats.free > 0):
        return seats
    pass_on([series], now)
    return seats_of(series, now)


def pass_on_offers(now: datetime) -> None:
    """The worker's round: offers that ran out, and seats that somebody waits for. As many statements whatever their number."""
    late = select(Enrollment.series_id).where(ran_out(now))
    waited_for = select(Enrollment.series_id).where(Enrollment.state == "waitlisted")
    has_a_seat = takes_them(now) & _isnt_over(now) & Series.id.in_(waited_for) & (taken_seats() < Series.seats)
    due = select(Series).where(or_(Series.id.in_(late), has_a_seat)).order_by(Series.id)
    # One that somebody holds has its turn with the next round.
    locked = due.with_for_update(key_share=True, skip_locked=True).execution_options(populate_existing=True)
    if those := db.session.scalars(locked).all():
        pass_on(those, now)


def pass_on(those: Sequence[Series], now: datetime) -> None:
    """In these series, whose rows are locked: offers and holds that ran out are over, and free seats are offered to the next in
    line."""
    _pass_over(those, now)
    offer_free_seats(those, now)


def _pass_over(those: Sequence[Series], now: datetime) -> None:
    of_these = Enrollment.series_id.in_([series.id for series in those])
    late = db.session.scalars(_whole(select(Enrollment).where(of_these, ran_out(now)))).all()
    offers, kept = [place for place in late if place.state == "offered"], [place for place in late if place.state != "offered"]
    requested = [place for place in kept if place.state == "requested"]
    for places, state in ((offers, "passed"), (kept, "lapsed")):
        for place in places:
            move(place, state, by=None, now=now)
        db.session.flush()
        record(places, by=None, now=now)
        _tell([place for place in places if place not in requested], state, now)
    tell_of_lapsed_requests(requested, now)
    tell_makers(offers, "group_passed", by=None, now=now)
    for settle in contributions.places_ended:
        settle(kept, why="lapsed", by=None, now=now)


def offer_free_seats(those: Sequence[Series], now: datetime) -> None:
    """Each free seat of these series, whose rows are locked, is kept for the next in line until the deadline that they are told,
    while a series takes enrollments."""
    taking = [series.id for series in those if takes_enrollments(series, now)]
    offered = [*db.session.scalars(_whole(_next_in_line(taking, now))), *_next_where_uneven(taking, now)] if taking else []
    closed = _closed_days({place.district_id for place in offered}, now)
    for place in offered:
        move(place, "offered", by=None, now=now)
        zone = place.person.district.timezone
        place.offer_until = offer_until(now, _last_moment(place.series, now), timezone=zone, closed=closed[place.district_id])
    db.session.flush()
    record(offered, by=None, now=now)
    _tell(offered, "offered", now)
    tell_makers(offered, "group_offered", by=None, now=now)


def _next_where_uneven(series_ids: list[int], now: datetime) -> list[Enrollment]:
    """Those whose turn it is where seats are set aside or groups wait, with the set-asides that their seats are of."""
    waited_for = exists().where(Enrollment.series_id == Series.id, Enrollment.state == "waitlisted")
    query = select(Series.id, Series.seats - taken_seats()).where(Series.id.in_(series_ids), uneven(), waited_for, _isnt_over(now))
    free = {series_id: left for series_id, left in db.session.execute(query) if left > 0}
    if not free:
        return []
    given = given_in(free, now)
    people = {person_id for those in given.values() for person_id in those}
    theirs = select(Enrollment).where(Enrollment.series_id.in_(given), Enrollment.person_id.in_(people), Enrollment.state == "waitlisted")
    line = db.session.scalars(_whole(theirs.order_by(Enrollment.series_id, Enrollment.joined_at, Enrollment.id)))
    # Somebody of one line may wait in another where it isn't their turn.
    next_ones = [place for place in line if place.person_id in given[place.series_id]]
    for place in next_ones:
        place.set_aside_id = given[place.series_id][place.person_id]
    return next_ones


def _next_in_line(series_ids: list[int], now: datetime) -> Select[Enrollment]:
    """As many as there are free seats, by series and place in line, where each is simply the next one's; none where the last meeting
    has ended."""
    waits = (Enrollment.state == "waitlisted") & Enrollment.series_id.in_(series_ids)
    number = func.row_number().over(partition_by=Enrollment.series_id, order_by=(Enrollment.joined_at, Enrollment.id))
    line = select(Enrollment.id, number.label("number")).where(waits).subquery()
    plain = Series.id.in_(series_ids) & _isnt_over(now) & ~uneven()
    free = select(Series.id, (Series.seats - taken_seats()).label("free")).where(plain).subquery()
    return (
        select(Enrollment)
        .join(line, line.c.id == Enrollment.id)
        .join(free, free.c.id == Enrollment.series_id)
        .where(line.c.number <= free.c.free)
        .order_by(Enrollment.series_id, line.c.number)
    )


def _isnt_over(now: datetime) -> ColumnElement[bool]:
    """As catalog.goes_on, of series of any district."""
    return exists().where(Meeting.series_id == Series.id, Meeting.ends_at > now)


def _whole(query: Select[Enrollment]) -> Select[Enrollment]:
    """With all that its mail says, read anew."""
    whose, of_series = joinedload(Enrollment.person).joinedload(Person.district), joinedload(Enrollment.series)
    query = query.options(whose, of_series.joinedload(Series.seminar), of_series.selectinload(Series.meetings))
    return query.execution_options(populate_existing=True)


def answered_by(series: Series, now: datetime) -> datetime:
    """Until when a seat is kept for somebody who is told by mail; one statement."""
    district = series.district
    return offer_until(now, _last_moment(series, now), timezone=district.timezone, closed=_closed_days({district.id}, now)[district.id])


def _closed_days(district_ids: set[int], now: datetime) -> dict[int, set[date]]:
    closed: dict[int, set[date]] = defaultdict(set)
    if district_ids:
        ahead = ClosedDay.day.between(now.date(), now.date() + LOOKED_AHEAD)
        query = select(ClosedDay.district_id, ClosedDay.day).where(ClosedDay.district_id.in_(district_ids), ahead)
        for district_id, day in db.session.execute(query):
            closed[district_id].add(day)
    return closed


def _last_moment(series: Series, now: datetime) -> datetime:
    """When nobody can enroll any more, or the next meeting begins that there is time to answer before."""
    ahead = [meeting.starts_at for meeting in _coming(series, now) if meeting.starts_at >= now + SHORTEST]
    return min([series.enrollment_closes_at, *ahead])


def _coming(series: Series, now: datetime) -> list[Meeting]:
    return [meeting for meeting in series.meetings if meeting.starts_at > now and meeting.canceled_at is None]


def _tell(places: Sequence[Enrollment], kind: str, now: datetime) -> None:
    def letter(place: Enrollment) -> Letter:
        coming = _coming(place.series, now)
        values = {
            "title": place.series.seminar.title,
            "series_id": place.series_id,
            "starts_at": coming[0].starts_at if coming else None,
            "place": coming[0].place if coming else "",
            "room": coming[0].room if coming else "",
            "until": place.hold_until if kind == "lapsed" else place.offer_until,
            "open": takes_enrollments(place.series, now),
            "by": done_for_them_by(place),
            "together": together_with(place, places),
        }
        return Letter(place.person, str(place.id), values)

    outbox.put_all(kind, [letter(place) for place in places], now=now)


def open_offers(person_id: int, now: datetime) -> list[Enrollment]:
    """The seats that are kept for a person, the first to run out first; one statement."""
    query = select(Enrollment).where(Enrollment.person_id == person_id, Enrollment.state == "offered", Enrollment.offer_until > now)
    query = query.options(joinedload(Enrollment.series).joinedload(Series.seminar))
    return list(db.session.scalars(query.order_by(Enrollment.offer_until)))


@dataclass(frozen=True)
class Chances:
    """Of the past series of a seminar that somebody waited for, in how many a place in line was reached."""

    series: int
    reached: int


def number_in_line(place: Enrollment) -> int:
    """From 1 on."""
    ahead = (Enrollment.joined_at < place.joined_at) | ((Enrollment.joined_at == place.joined_at) & (Enrollment.id <= place.id))
    query = select(func.count()).where(Enrollment.series_id == place.series_id, Enrollment.state == "waitlisted", ahead)
    return db.session.scalar(query) or 0


def chances(series: Series, number: int, now: datetime) -> Chances:
    """What became of that number in the lines of the seminar's other series whose enrollment is closed."""
    lines = (
        select(func.count(Enrollment.offer_until).label("offers"))
        .join(Series, Series.id == Enrollment.series_id)
        .where(Series.seminar_id == series.seminar_id, Series.id != series.id, Series.enrollment_closes_at <= now)
        .where(Series.canceled_at.is_(None), Enrollment.joined_at.is_not(None))
        .group_by(Enrollment.series_id)
        .subquery()
    )
    query = select(func.count(), func.count().filter(lines.c.offers >= number)).select_from(lines)
    return Chances(*db.session.execute(query).one())
