"""The other districts of a state or a country, each with its calendar, its skills, and who runs it."""

from datetime import datetime, time, timedelta

from inventory.demo.calendar import closed_days, school_years
from inventory.demo.district import make_equipment
from inventory.demo.scaled.names import place_name
from inventory.demo.seminars import make_seminars
from inventory.demo.world import World
from inventory.depot import Depot
from seminar.ground.db import db
from seminar.people.appointment import Appointment
from seminar.people.district import District
from seminar.people.person import Person
from seminar.skills.starting_set import add_starting_set

TIMEZONES = ("America/Los_Angeles", "America/Denver", "America/Chicago", "America/New_York")
# From the far end of the list, so that a district isn't called as its first schools are.
FAR = 700


def found_district(number: int, now: datetime) -> World:
    """A district with what every district begins with, and nothing to teach or to lend yet. Flushes."""
    name, domain = place_name(FAR + number), f"d{number:04d}.example"
    district = District(
        code=domain.partition(".")[0].upper(),
        name=f"{name} School District",
        timezone=TIMEZONES[number % len(TIMEZONES)],
        language="en",
        mail_from=f"pd-office@{domain}",
    )
    db.session.add(district)
    db.session.flush()
    today = district.day(now)
    db.session.add_all([*school_years(district.id, today), *closed_days(district.id, today)])
    db.session.add(Depot(district_id=district.id, name=f"{name} depot", opens=time(7, 30), closes=time(16, 30)))
    world = World(district, today, now)
    for role in ("program_manager", "equipment_manager"):
        person = Person(district_id=district.id, given_name="Robin", family_name=name.split()[0], email=f"{role}@{domain}")
        since = today - timedelta(days=1500)
        db.session.add(Appointment(district_id=district.id, person=person, role=role, first_day=since, source="hand"))
    world.skills, world.badges = add_starting_set(district.id)
    return world


def equip(world: World) -> None:
    """What the district teaches and lends. Flushes."""
    make_equipment(world)
    make_seminars(world)
    db.session.flush()
