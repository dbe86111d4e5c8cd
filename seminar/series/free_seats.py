"""Whose a free seat is: who may have one, within the set-asides of the series, once everybody in line had their turn.

Laws: a seat that is set aside goes to those whom it is for until it is released; whoever may have it takes one of their own before
one that is open to all. The line has the first word, in its order, and groups in it as a whole: seats that aren't enough for a group
go on to whoever is next, and the group keeps its place in line, so that no seat is idle.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select

from seminar.ground.clock import day_of
from seminar.ground.db import db
from seminar.people.appointment import Appointment
from seminar.people.district import District
from seminar.people.person import Person
from seminar.series.enrollment import Enrollment, Seats, kept_in
from seminar.series.series import Series
from seminar.series.set_aside import SetAside

# A set-aside's id, or None for the seats that are open to all.
Share = int | None


class Free:
    """The free seats of a series by share, counted down as they are given; and who may have those that are set aside."""

    def __init__(self, left: Mapping[Share, int], allowed: Mapping[int, Collection[int]]) -> None:
        self.left = dict(left)
        self._allowed = allowed
        # By person, the share that their seat is of.
        self.given: dict[int, Share] = {}

    def of(self, person_id: int | None) -> int:
        """How many of them this person could have; somebody unknown, of those that are open."""
        return sum(self.left[share] for share in self._shares(person_id))

    def _shares(self, person_id: int | None) -> list[Share]:
        theirs = self._allowed.get(person_id, ()) if person_id is not None else ()
        return [*sorted(share for share in theirs if share in self.left), None]

    def give(self, *people: int) -> bool:
        """A seat to each of these people; or, where there aren't as many that they may have, none to anybody. Answers which."""
        has: dict[Share, list[int]] = defaultdict(list)
        if not all(self._seat(person_id, has, set()) for person_id in people):
            return False
        for share, those in has.items():
            self.left[share] -= len(those)
            self.given |= dict.fromkeys(those, share)
        return True

    def _seat(self, person_id: int, has: dict[Share, list[int]], asked: set[Share]) -> bool:
        """Find them a seat, moving others of theirs from share to share where that makes room (an augmenting path)."""
        for share in self._shares(person_id):
            if share in asked:
                continue
            asked.add(share)
            moves = next((other for other in has[share] if self._seat(other, has, asked)), None) if self._is_full(share, has) else None
            if moves is not None:
                has[share].remove(moves)
            if not self._is_full(share, has):
                has[share].append(person_id)
                return True
        return False

    def _is_full(self, share: Share, has: Mapping[Share, list[int]]) -> bool:
        return len(has[share]) >= self.left[share]


def uneven() -> ColumnElement[bool]:
    """Of a series: its seats aren't simply the next one's, for some are or were set aside, or people wait together."""
    grouped = exists().where(Enrollment.series_id == Series.id, Enrollment.state == "waitlisted", Enrollment.group_id.is_not(None))
    return exists().where(SetAside.district_id == Series.district_id, SetAside.series_id == Series.id) | grouped


def free_for(people: Iterable[Person], series: Series, seats: Seats, now: datetime) -> Free:
    """What is left for these people, who have no place in the series, once the line had its turn. No statement where nothing is set
    aside and no group waits, else three at most."""
    if seats.is_plain:
        return Free({None: seats.left}, {})
    free = Free({None: seats.open, **{kept.id: kept.free for kept in seats.kept}}, _allowed([series.id], people, now)[series.id])
    for party in _line([series.id])[series.id]:
        free.give(*party)
    free.given = {}
    return free


def given_in(free: Mapping[int, int], now: datetime) -> dict[int, dict[int, Share]]:
    """By series and person, the share of the seat that is their turn in the line, where so many seats are free in each of these
    series; three statements whatever their number."""
    kept, line, allowed = kept_in(list(free), now), _line(list(free)), _allowed(list(free), (), now)
    given = {}
    for series_id, number in free.items():
        aside: dict[Share, int] = {one.id: one.free for one in kept[series_id]}
        one = Free({None: max(number - sum(aside.values()), 0), **aside}, allowed[series_id])
        for party in line[series_id]:
            one.give(*party)
        given[series_id] = one.given
    return given


def _line(series_ids: Sequence[int]) -> dict[int, list[list[int]]]:
    """By series, who waits, in their order: people alone, and groups."""
    query = select(Enrollment.series_id, Enrollment.id, Enrollment.person_id, Enrollment.group_id)
    query = query.where(Enrollment.series_id.in_(series_ids), Enrollment.state == "waitlisted")
    parties: dict[int, dict[tuple[str, int], list[int]]] = defaultdict(dict)
    for series_id, place_id, person_id, group_id in db.session.execute(query.order_by(Enrollment.joined_at, Enrollment.id)):
        party = ("group", group_id) if group_id is not None else ("place", place_id)
        parties[series_id].setdefault(party, []).append(person_id)
    return defaultdict(list, {series_id: list(those.values()) for series_id, those in parties.items()})


def _allowed(series_ids: Sequence[int], people: Iterable[Person], now: datetime) -> dict[int, dict[int, set[int]]]:
    """By series and person, the set-asides that are for them today: of these people, and of everybody in line."""
    waiting = select(Enrollment.person_id).where(Enrollment.series_id.in_(series_ids), Enrollment.state == "waitlisted")
    asked = Appointment.person_id.in_(waiting) | Appointment.person_id.in_([person.id for person in people])
    return allowed(series_ids, asked, now)


def allowed(series_ids: Sequence[int], whose: ColumnElement[bool], now: datetime) -> dict[int, dict[int, set[int]]]:
    """By series and person, the set-asides that are for them by an appointment that they hold today; one statement."""
    query = (
        select(SetAside.series_id, SetAside.id, Appointment.person_id, Appointment.first_day, Appointment.last_day, District.timezone)
        .join(Series, (Series.district_id == SetAside.district_id) & (Series.id == SetAside.series_id))
        .join(District, District.id == SetAside.district_id)
        .join(
            Appointment,
            (Appointment.district_id == SetAside.district_id)
            & or_(Appointment.school_id == SetAside.school_id, Appointment.role == SetAside.role),
        )
        .where(Series.id.in_(series_ids), whose)
    )
    found: dict[int, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for series_id, set_aside_id, person_id, first_day, last_day, timezone in db.session.execute(query):
        if first_day <= day_of(now, timezone) and (last_day is None or last_day >= day_of(now, timezone)):
            found[series_id][person_id].add(set_aside_id)
    return found
