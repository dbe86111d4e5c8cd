"""The guided set-up: what a district needs before its first series and its first loan, in order.

Whether a step is done is derived from the rows each time; nothing is kept of it. Every room contributes its own steps.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from flask_babel import lazy_gettext
from sqlalchemy import ColumnElement, exists, select

from seminar.ground import contributions
from seminar.ground.contributions import Card, Step
from seminar.ground.db import db
from seminar.ground.history import History
from seminar.people.access import runs_the_program
from seminar.people.appointment import AT_A_SCHOOL, Appointment, Standing, current_on
from seminar.people.calendar import SchoolYear
from seminar.people.district import District
from seminar.people.school import School

# A school year that ends so soon doesn't carry the plans for the next one.
SOON = timedelta(days=30)

# Somebody in each of these, or the loop doesn't turn.
WITHOUT_WHOM_NOTHING_TURNS = ("trainer", "equipment_manager", "principal", "teacher")


def steps(district: District, now: datetime) -> list[Step]:
    """All of them, in the order in which a district does them; the same few statements whatever it has."""
    return [step for of_room in contributions.setup_steps for step in of_room(district, now)]


def following(found: Iterable[Step]) -> Step | None:
    """The first step that is missing; None where all are done."""
    return next((step for step in found if not step.done), None)


def first_steps(district: District, now: datetime) -> list[Step]:
    """The district, its schools and its calendar."""
    today = district.day(now)
    looked_at = exists().where(
        History.district_id == district.id,
        History.record == "district",
        History.record_id == district.id,
        History.what == "district changed",
    )
    has_school = exists().where(School.district_id == district.id, School.closed_on.is_(None))
    has_year = exists().where(SchoolYear.district_id == district.id, SchoolYear.last_day >= today + SOON)
    looked, school, year = db.session.execute(select(looked_at, has_school, has_year)).one()
    return [
        Step(
            lazy_gettext("The district"),
            lazy_gettext("Its name, time zone and language, and the address that its mail comes from. Look at them, and save."),
            "people.show_district",
            looked,
        ),
        Step(
            lazy_gettext("Schools"),
            lazy_gettext("Where people teach, and where equipment is brought to. Appointments, loans and targets belong to one."),
            "people.show_schools",
            school,
        ),
        Step(
            lazy_gettext("School calendar"),
            lazy_gettext("The school year, and the days on which the district is closed: nothing is picked up or due on them."),
            "people.show_calendar",
            year,
        ),
    ]


def people_steps(district: District, now: datetime) -> list[Step]:
    """Somebody in each role without which the loop doesn't turn."""
    current = (Appointment.district_id == district.id, current_on(district.day(now)))
    held = [exists().where(Appointment.role == role, *current, _place(role)) for role in WITHOUT_WHOM_NOTHING_TURNS]
    return [
        Step(
            lazy_gettext("People and roles"),
            lazy_gettext("Invite a trainer, an equipment manager, a principal and teachers. Each sees what their role is for."),
            "people.show_people",
            all(db.session.execute(select(*held)).one()),
        )
    ]


def _place(role: str) -> ColumnElement[bool]:
    """Where the role is held: what appointments are indexed by."""
    return Appointment.school_id.is_not(None) if role in AT_A_SCHOOL else Appointment.school_id.is_(None)


def is_open(found: Iterable[Step]) -> bool:
    return any(not step.done for step in found)


def home_cards(standing: Standing, now: datetime) -> list[Card]:
    """What is still missing, for the program manager, until it is done."""
    if not runs_the_program(standing):
        return []
    found = steps(standing.person.district, now)
    if not is_open(found):
        return []
    missing = [step for step in found if not step.done]
    values = {"next": missing[0], "later": missing[1:4], "done": len(found) - len(missing), "all": len(found)}
    return [Card("people/card_set_up.html", values)]
