"""A country around the city, for the finder and the schools' pages alone: schools, everybody who works there, and what they hold.

It is many districts. Nobody enrolls and nothing is lent there, and the awards stand without the sign-offs that they would rest on
(twenty million rows that neither page reads), so `flask audit` isn't for it.
"""

from datetime import timedelta

from sqlalchemy import func, select

from inventory.demo.scaled.bulk import Book
from inventory.demo.scaled.districts import found_district
from inventory.demo.scaled.growing import grow, shown
from inventory.demo.scaled.place import place_of
from inventory.demo.scaled.size import Size, district_weights
from inventory.demo.scaled.staff import Neighborhood
from seminar.ground import clock
from seminar.ground.db import db
from seminar.people.district import District
from seminar.skills.award import last_day_of

DISTRICTS = 400


def grow_to_country(size: Size, *, there: Size, districts: int = DISTRICTS) -> None:
    """Add as many districts around those that are there as make it a country of this size. Flushes."""
    first, now = (db.session.scalar(select(func.count(District.id))) or 0) + 1, clock.now()
    worlds = [found_district(number, now) for number in range(first, first + districts)]
    # Nobody signs in there, so nobody has an account.
    places = [place_of(world, "") for world in worlds]
    db.session.expunge_all()
    book, missing = Book(), size - there
    with shown("A country around it", missing.teachers) as told:
        for place, part in zip(places, missing.shared(district_weights(districts)), strict=True):
            grow(book, place, part, told=told, live=_hold)
    book.close()


def _hold(here: Neighborhood, _part: Size) -> None:
    """One in two holds a badge or two; some run out soon, and some did."""
    place = here.place
    badges = list(place.badges.values())
    for teacher in here.teachers:
        for badge in here.chance.sample(badges, here.chance.choice((0, 0, 1, 2))):
            first_day = place.today - timedelta(days=here.chance.randrange(1, 32 * badge.months))
            row = {"district_id": place.district_id, "person_id": teacher.person_id, "badge_id": badge.id, "first_day": first_day}
            here.book.add("award", {**row, "last_day": last_day_of(first_day, badge.months), "awarded_at": place.now})
