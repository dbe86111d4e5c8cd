"""The demo district of contracts.md, whatever the day that it is loaded on."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from inventory.calendar import free_counts
from inventory.demo import district as demo
from inventory.depot import open_days
from inventory.equipment import EquipmentModel
from inventory.gate import badges_for, candidates
from inventory.reservation import Reservation, ReservationLine
from seminar.audit import broken_rules
from seminar.ground.db import db
from seminar.people.account import DEMO_ACCOUNTS, demo_people
from seminar.people.appointment import standing
from seminar.people.district import District
from seminar.series.catalog import Wanted, catalog
from seminar.series.enrollment import Enrollment, seats_of, takes_enrollments
from seminar.series.seminar import Seminar
from seminar.series.series import Series
from seminar.skills.award import Award, valid_on
from tests.conftest import ClockAt, empty

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
# A Tuesday, a Saturday, the winter break, the summer, and the hour in which a day ends.
DAYS = ["2027-03-02T08:30", "2027-03-06T10:00", "2026-12-25T12:00", "2027-07-04T09:00", "2027-03-02T23:30"]


@pytest.fixture(params=DAYS, scope="module")
def loaded(request, app):
    """Loaded once per day; the tests only read it."""
    moment = datetime.fromisoformat(request.param).replace(tzinfo=LOS_ANGELES)
    before, app.extensions["makerpd_clock"] = app.extensions["makerpd_clock"], ClockAt(moment)
    with app.app_context():
        demo.load()
        yield moment
        db.session.remove()
        empty()
    app.extensions["makerpd_clock"] = before


def its_series(moment):
    """The demo's series, which meets today, or on the next day on which the depot is open and there is school; and that day."""
    district = db.session.scalars(select(District)).one()
    series = db.session.scalars(select(Series).join(Seminar).where(Seminar.title == "3D Printing for the Elementary Classroom")).one()
    day = district.day(series.meetings[0].starts_at)
    assert open_days(district.id).is_open(day)
    assert day >= moment.date()
    return series, day


def test_its_people_are_who_contracts_says(loaded):
    people = {person.email.partition("@")[0]: person for person in demo_people()}
    assert tuple(people) == DEMO_ACCOUNTS
    roles = {name: {a.role for a in standing(person, loaded.date()).appointments} for name, person in people.items()}
    assert roles["contact"] == {"teacher", "maker_contact"}
    assert roles["coach"] == {"coach"}
    schools = [standing(people[name], loaded.date()).schools[0].name for name in ("teacher", "contact", "principal")]
    assert schools == ["Alder Creek Elementary"] * 3
    assert len(standing(people["coach"], loaded.date()).schools) == 3
    held = db.session.scalars(select(Award).where(Award.person_id == people["teacher"].id, valid_on(loaded.date()))).all()
    assert [award.badge.name for award in held] == ["Maker Safety"]
    assert db.session.scalar(select(func.count()).where(Award.person_id == people["contact"].id)) == 0


def test_its_series_is_open_has_seats_and_meets_that_day_from_four(loaded):
    series, _ = its_series(loaded)
    starts = series.meetings[0].starts_at.astimezone(LOS_ANGELES)
    assert (starts.hour, starts.minute) == (16, 0)
    assert takes_enrollments(series, loaded)
    assert not takes_enrollments(series, series.meetings[-1].ends_at)
    assert seats_of(series, loaded).left > 0
    assert [trainer.name for trainer in series.trainers] == ["Priya Raman"]
    district_id = series.district_id
    for season in ("summer", "year-round"):
        listed, _ = catalog(district_id, Wanted(season=season, open_only=True), now=loaded, page=1, size=50)
        assert listed


def test_its_printers_are_free_and_nobody_is_trained_who_should_not_be(loaded):
    _, day = its_series(loaded)
    model = db.session.scalars(select(EquipmentModel).where(EquipmentModel.name == "Desktop 3D printer")).one()
    assert (model.max_loan_days, model.notice_open_days, [badge.name for badge in model.badges]) == (21, 0, ["3D Printing Operator"])
    assert free_counts([model.id], day, day + timedelta(days=9), today=day)[model.id] > 5
    alder = standing(demo_people()[0], day).schools[0]
    lacking = {c.person.name for c in candidates(alder, badges_for([model]), day, day) if not c.may}
    assert {"Tessa Nguyen", "Omar Haddad"} <= lacking


def test_it_has_a_year_of_history_and_no_rule_is_broken(loaded):
    _, day = its_series(loaded)
    late = select(func.count(ReservationLine.id)).join(Reservation).where(ReservationLine.state == "out", Reservation.last_day < day)
    assert db.session.scalar(late) == 1
    assert 450 < db.session.scalar(select(func.count()).select_from(Enrollment)) < 650
    assert 250 < db.session.scalar(select(func.count()).select_from(Reservation)) < 500
    soon = select(func.count()).where(Award.last_day.between(day, day + timedelta(days=90)), Award.withdrawn_at.is_(None))
    assert db.session.scalar(soon) > 5
    assert [rule.sentence for rule in broken_rules() if rule.broken] == []
