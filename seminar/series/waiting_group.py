"""People who wait for seats of a series together: all of them come, or none.

A group has no state of its own: it waits while its places are waitlisted, is offered seats while they are offered, and is over when
neither is the case. Laws: its places stand in line one behind the other, at one moment; while they wait or are offered they are in one
state; seats are offered to all of them or to none; one answer is everybody's. Who withdraws leaves the others a smaller group, and
whoever is left alone waits like anybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, func, select
from sqlalchemy.orm import Mapped, contains_eager, joinedload, mapped_column, relationship

from seminar.ground import outbox
from seminar.ground.db import Model, db
from seminar.ground.outbox import Letter
from seminar.people.appointment import Standing
from seminar.people.person import Person
from seminar.series.access import enrolls_others, plans_series
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series

# They have not come yet.
COMING = ("waitlisted", "offered")


class WaitingGroup(Model):
    """People who wait for seats of a series together, and who put them there."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    made_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]

    made_by: Mapped[Person] = relationship()
    series: Mapped[Series] = relationship()

    __table_args__ = (
        Index("ix_waiting_group_series", "district_id", "series_id"),
        Index("ix_waiting_group_made_by", "district_id", "made_by_id"),
    )


@dataclass(frozen=True)
class Waits:
    """A group with its places that wait or are offered a seat, in their order, and the number in line of the first of them."""

    group: WaitingGroup
    places: tuple[Enrollment, ...]
    number: int

    @property
    def first(self) -> Enrollment:
        return self.places[0]

    @property
    def names(self) -> list[str]:
        return [place.person.name for place in self.places]

    def has(self, person_id: int) -> bool:
        return any(place.person_id == person_id for place in self.places)


def groups_in(series: Series) -> list[Waits]:
    """Those of the series that wait or are offered seats, of two or more people, in the order of the line; one statement."""
    in_order = func.row_number().over(order_by=(Enrollment.joined_at, Enrollment.id)).label("number")
    line = select(Enrollment.id, in_order).where(Enrollment.series_id == series.id, Enrollment.state == "waitlisted").subquery()
    query = (
        select(Enrollment, WaitingGroup, func.coalesce(line.c.number, 0))
        .join(Enrollment.person)
        .outerjoin(line, line.c.id == Enrollment.id)
        .join(WaitingGroup, WaitingGroup.id == Enrollment.group_id)
        .where(Enrollment.series_id == series.id, Enrollment.state.in_(COMING))
        .options(contains_eager(Enrollment.person), joinedload(WaitingGroup.made_by))
        .order_by(Enrollment.joined_at, Enrollment.id)
    )
    found: dict[WaitingGroup, list[tuple[Enrollment, int]]] = {}
    for place, group, number in db.session.execute(query):
        found.setdefault(group, []).append((place, number))
    return [
        Waits(group, tuple(place for place, _ in those), those[0][1]) for group, those in found.items() if len(those) > 1
    ]


def answers_for(standing: Standing, group: WaitingGroup, people: set[int]) -> bool:
    """Its people, whoever of their school or the PD office put them there, and the program manager."""
    made_it = group.made_by_id == standing.person.id and enrolls_others(standing)
    return standing.person.id in people or made_it or plans_series(standing)


def groups_of(standing: Standing, groups: list[Waits]) -> list[Waits]:
    """Those that the reader answers for."""
    return [one for one in groups if answers_for(standing, one.group, {place.person_id for place in one.places})]


def everybody_of(group_id: int) -> set[int]:
    """Who stood in line with it, whatever became of them; one statement."""
    return set(db.session.scalars(select(Enrollment.person_id).where(Enrollment.group_id == group_id)))


def members(group_id: int) -> list[Enrollment]:
    """Its places that wait or are offered a seat, read anew, in their order; one statement."""
    query = select(Enrollment).where(Enrollment.group_id == group_id, Enrollment.state.in_(COMING)).options(joinedload(Enrollment.person))
    return list(db.session.scalars(query.order_by(Enrollment.id).execution_options(populate_existing=True)))


def party_of(place: Enrollment) -> list[Enrollment]:
    """Everybody whose answer is the same: the place's group, while it waits or is offered seats, or the place alone."""
    is_coming = place.group_id is not None and place.state in COMING
    return members(place.group_id) if is_coming and place.group_id is not None else [place]


def together_with(place: Enrollment, places: Sequence[Enrollment]) -> list[str]:
    """The names of those of the places that are of the same group."""
    if place.group_id is None:
        return []
    return [other.person.name for other in places if other.group_id == place.group_id and other is not place]


def tell_makers(places: Sequence[Enrollment], kind: str, *, by: Person | None, now: datetime) -> None:
    """Whoever made the groups of these places, and neither comes along nor did it, learns what is asked of them or became of it; one
    statement."""
    by_group: dict[int, list[Enrollment]] = {}
    for place in places:
        if place.group_id is not None:
            by_group.setdefault(place.group_id, []).append(place)
    if not by_group:
        return
    query = select(WaitingGroup).where(WaitingGroup.id.in_(by_group)).options(joinedload(WaitingGroup.made_by))
    letters = []
    for group in db.session.scalars(query.order_by(WaitingGroup.id)):
        those = by_group[group.id]
        knows = {by.id if by else None, *(place.person_id for place in those)}
        if len(those) > 1 and group.made_by_id not in knows:
            values = {
                "title": those[0].series.seminar.title,
                "series_id": group.series_id,
                "names": [place.person.name for place in those],
                "until": those[0].offer_until,
                "by": by.name if by else "",
            }
            # A group is offered seats once: when it turned them down, or let them run out, it is over.
            letters.append(Letter(group.made_by, str(group.id), values))
    outbox.put_all(kind, letters, now=now)
