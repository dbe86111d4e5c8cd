"""Generated districts, in small: as many of everything as was asked for, under every rule, the same each time."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from inventory.calendar import ItemDay
from inventory.demo import district as demo
from inventory.demo.scaled import loading
from inventory.demo.scaled.size import CITY, STATE, Size
from inventory.reservation import Reservation, ReservationLine
from seminar.audit import broken_rules
from seminar.ground.db import db
from seminar.ground.history import History
from seminar.people.account import DEMO_ACCOUNTS, Account, demo_people
from seminar.people.appointment import Appointment
from seminar.people.district import District
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.enrollment import Enrollment
from seminar.series.series import Meeting, Series
from seminar.skills.award import Award
from tests.conftest import ClockAt, empty

MOMENT = datetime(2027, 3, 2, 8, 30, tzinfo=ZoneInfo("America/Los_Angeles"))
TODAY = MOMENT.date()
SMALL = Size(schools=14, teachers=600, enrollments=1_300, loans=1_200)


@pytest.fixture(scope="module")
def small_city(app):
    """Loaded once; the tests only read it."""
    before, app.extensions["makerpd_clock"] = app.extensions["makerpd_clock"], ClockAt(MOMENT)
    with app.app_context():
        loading.load_district(loading.place_of(demo.make(), loading.demo_hash()), SMALL)
        db.session.commit()
        yield
        db.session.remove()
        empty()
    app.extensions["makerpd_clock"] = before


def counted(query):
    return db.session.scalar(select(func.count()).select_from(query.subquery()))


def test_it_has_as_many_of_everything_as_was_asked_for(small_city):
    assert loading.there(db.session.scalars(select(District.id)).one()) == SMALL


def test_it_breaks_no_rule(small_city):
    found = {rule.sentence: rule.broken for rule in broken_rules()}
    assert {sentence: broken for sentence, broken in found.items() if broken} == {}


def test_the_demo_s_people_are_in_it_and_everybody_has_an_account(small_city):
    assert tuple(person.email.partition("@")[0] for person in demo_people()) == DEMO_ACCOUNTS
    assert counted(select(Account.person_id)) == counted(select(Person.id))
    assert db.session.scalars(select(Account.password_hash).distinct()).all() == [loading.demo_hash()]


def test_every_school_has_its_roles_and_every_teacher_a_grade_of_it(small_city):
    for role in ("principal", "maker_contact", "teacher"):
        held = select(Appointment.school_id).where(Appointment.role == role, Appointment.last_day.is_(None))
        assert set(db.session.scalars(held)) == set(db.session.scalars(select(School.id))), role
    teaching = select(Appointment.grade, School.grade_first, School.grade_last).join(School, School.id == Appointment.school_id)
    current = teaching.where(Appointment.role == "teacher", Appointment.last_day.is_(None), Appointment.source == "roster")
    at_one_school = current.group_by(Appointment.person_id, Appointment.grade, School.id).having(func.count() == 1)
    strays = [row for row in db.session.execute(at_one_school.with_only_columns(Appointment.grade, School.grade_last)) if row[0] > 12]
    assert strays == []


def test_everything_that_happens_in_a_year_is_there(small_city):
    places = {"enrolled", "withdrawn", "canceled", "waitlisted", "passed", "substituted", "requested", "awaiting_po"}
    assert set(db.session.scalars(select(Enrollment.state).distinct())) == places
    states = {"reserved", "packed", "out", "in_check", "closed", "canceled", "not_collected"}
    assert set(db.session.scalars(select(ReservationLine.state).distinct())) == states
    late = select(ReservationLine.id).join(Reservation).where(ReservationLine.state == "out", Reservation.last_day < TODAY)
    assert counted(late) > 1
    assert counted(select(Award.id).where(Award.last_day.between(TODAY, TODAY + timedelta(days=90)))) > 20
    assert counted(select(Award.id).where(Award.withdrawn_at.is_not(None))) > 0
    assert set(db.session.scalars(select(Series.season).distinct())) == {"summer", "year-round"}
    assert counted(select(Series.id).join(Meeting).where(Meeting.starts_at > MOMENT).distinct()) > 10
    done = set(db.session.scalars(select(History.what).distinct()))
    assert done >= {"enrolled", "signed off", "awarded", "award withdrawn", "reserved", "handed over", "taken back", "checked in"}


def test_nothing_is_told_that_has_not_happened_yet(small_city):
    for moment in (History.at, Enrollment.state_since, Award.awarded_at, ReservationLine.state_since):
        assert db.session.scalar(select(func.max(moment))) <= MOMENT, moment
    held_ahead = select(ItemDay.day).join(ReservationLine, ReservationLine.id == ItemDay.line_id)
    assert counted(held_ahead.where(ReservationLine.state.in_(("closed", "canceled", "not_collected")))) == 0


def test_the_scales_are_those_of_the_product():
    assert Size(schools=1_600, teachers=75_000, enrollments=120_000, loans=100_000) == CITY
    assert Size(schools=4_000, teachers=300_000, enrollments=500_000, loans=400_000) == STATE


def test_a_district_that_is_there_stays_alone(app, small_city):
    answer = app.test_cli_runner().invoke(args=["demo", "load", "--scale", "city"])
    assert (answer.exit_code, answer.output) == (1, "Error: There is a district already; the demo goes into an empty database only.\n")
