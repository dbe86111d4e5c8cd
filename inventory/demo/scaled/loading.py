"""`demo load --scale …`: the demo district; or the same district grown to a city's size, and a state's with others around it.

One transaction: a kill in the middle leaves an empty database, and the next run begins anew. The same day makes the same rows.
"""

from sqlalchemy import func, select

from inventory.demo import district as demo
from inventory.demo.scaled.bulk import Book
from inventory.demo.scaled.country import grow_to_country
from inventory.demo.scaled.districts import equip, found_district
from inventory.demo.scaled.growing import Told, grow, shown
from inventory.demo.scaled.place import Place, place_of
from inventory.demo.scaled.size import CITY, COUNTRY, STATE, Size, district_weights
from inventory.reservation import Reservation
from seminar.ground.db import db
from seminar.people import account
from seminar.people.appointment import Appointment
from seminar.people.district import District
from seminar.people.school import School
from seminar.series.enrollment import Enrollment

SCALES = ("demo", "city", "state")
DISTRICTS_OF_A_STATE = 30


def load(scale: str = "demo") -> None:
    """Fill an empty database."""
    world = demo.make()
    if scale == "city":
        load_district(place_of(world, demo_hash()), CITY)
    elif scale == "state":
        load_state(place_of(world, demo_hash()), STATE, DISTRICTS_OF_A_STATE)
    db.session.commit()
    if scale != "demo":
        freshen()


def load_country() -> None:
    """Make what is there, a loaded city, the largest district of a country: for `make bench`."""
    counted = [there(district_id) for district_id in db.session.scalars(select(District.id))]
    grow_to_country(COUNTRY, there=Size(*(sum(counts) for counts in zip(*(one.counts for one in counted), strict=True))))
    db.session.commit()
    freshen()


def demo_hash() -> str:
    """The one hash that everybody's account has."""
    return db.session.scalars(select(account.Account.password_hash).limit(1)).one()


def load_district(place: Place, size: Size) -> None:
    """Grow the demo district to that size, with all that is there already counted in."""
    with shown("The demo district grows", size.teachers) as told:
        _grow([(place, size - there(place.district_id))], told)


def load_state(place: Place, size: Size, districts: int) -> None:
    """The demo district as the largest of so many, and the others around it."""
    parts = list(size.shared(district_weights(districts)))
    others = [found_district(number, place.now) for number in range(1, districts)]
    for world in others:
        equip(world)
    places = [place, *(place_of(world, place.password_hash) for world in others)]
    db.session.expunge_all()
    with shown("The demo district grows, and others around it", size.teachers) as told:
        _grow([(one, part - there(one.district_id)) for one, part in zip(places, parts, strict=True)], told)


def _grow(parts: list[tuple[Place, Size]], told: Told) -> None:
    book = Book()
    for place, size in parts:
        grow(book, place, size, told=told)
    book.close()


def there(district_id: int) -> Size:
    """What a district has already."""
    counted = (
        select(func.count(School.id)).where(School.district_id == district_id),
        select(func.count(Appointment.person_id.distinct())).where(Appointment.district_id == district_id, Appointment.role == "teacher"),
        select(func.count(Enrollment.id)).where(Enrollment.district_id == district_id),
        select(func.count(Reservation.id)).where(Reservation.district_id == district_id),
    )
    return Size(*(db.session.scalar(query) or 0 for query in counted))


def freshen() -> None:
    """Tell the database what it holds now, as its own housekeeping would within the hour: plans rest on it."""
    engine = db.engine.execution_options(isolation_level="AUTOCOMMIT") if db.engine.dialect.name == "postgresql" else db.engine
    with engine.connect() as connection:
        connection.exec_driver_sql("VACUUM ANALYZE" if connection.dialect.name == "postgresql" else "ANALYZE")
        connection.commit()
