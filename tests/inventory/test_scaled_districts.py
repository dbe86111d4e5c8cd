"""Generated districts beside each other: the same each time, a state's and a country's."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text

from inventory.demo.scaled import loading
from inventory.demo.scaled.country import grow_to_country
from inventory.demo.scaled.districts import equip, found_district
from inventory.demo.scaled.place import place_of
from inventory.demo.scaled.size import Size, district_weights
from inventory.reservation import Reservation
from seminar.audit import broken_rules
from seminar.ground.db import db
from seminar.people.appointment import Appointment
from seminar.people.district import District
from seminar.people.person import Person
from seminar.people.school import School
from tests.conftest import empty

MOMENT = datetime(2027, 3, 2, 8, 30, tzinfo=ZoneInfo("America/Los_Angeles"))


def a_place():
    world = found_district(0, MOMENT)
    equip(world)
    return place_of(world, "a hash")


def counted(query):
    return db.session.scalar(select(func.count()).select_from(query.subquery()))


def rows_of_a_tiny_district():
    loading.load_district(a_place(), Size(schools=3, teachers=90, enrollments=200, loans=120))
    people = db.session.execute(select(Person.given_name, Person.family_name, Person.feed_token).order_by(Person.id).offset(2))
    loans = select(Reservation.first_day, Reservation.last_day, Reservation.responsible_id).order_by(Reservation.id)
    return people.all(), db.session.execute(loans).all()


def test_the_same_day_makes_the_same_rows(db_session):
    first = rows_of_a_tiny_district()
    db.session.commit()
    empty()
    assert rows_of_a_tiny_district() == first
    assert (len(first[0]) > 90, len(first[1])) == (True, 120)


def test_a_state_is_many_districts_of_which_the_first_is_the_largest(db_session):
    size = Size(schools=12, teachers=400, enrollments=900, loans=500)
    loading.load_state(a_place(), size, districts=3)
    parts = [loading.there(district_id) for district_id in db.session.scalars(select(District.id).order_by(District.id))]
    assert parts == list(size.shared(district_weights(3)))
    assert [rule.sentence for rule in broken_rules() if rule.broken] == []


def test_a_country_grows_around_what_is_there_and_new_rows_go_on_from_its_ids(db_session):
    loading.load_district(a_place(), Size(schools=2, teachers=60, enrollments=0, loans=0))
    grow_to_country(Size(schools=40, teachers=900, enrollments=0, loans=0), there=Size(2, 60, 0, 0), districts=4)
    teachers = select(Appointment.person_id).where(Appointment.role == "teacher").distinct()
    assert (counted(select(School.id)), counted(teachers)) == (40, 900)
    highest = db.session.scalar(select(func.max(Person.id)))
    row = "INSERT INTO person (district_id, given_name, family_name, theme, feed_token) VALUES (1, 'A', 'B', '', 'x') RETURNING id"
    assert db.session.execute(text(row)).scalar_one() == highest + 1
