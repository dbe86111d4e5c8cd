"""Races with real threads: the last seat and the last item, each taken once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select

from inventory.equipment import EquipmentModel
from inventory.reservation import ReservationLine
from inventory.reserving import Asked, reserve
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.people.appointment import Appointment
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.enrollment import Enrollment, enroll
from seminar.series.series import Series
from seminar.skills.award import Award
from seminar.web.pages import refusing
from tests.cast import NOW, TODAY, a_cast, a_model, a_series

pytestmark = pytest.mark.deep
THREADS = 12


def all_at_once(app, number, act):
    """Do act(n) in so many threads at the same moment, each in its own transaction; answers who was refused."""
    barrier = Barrier(THREADS)

    def one(n):
        with app.app_context():
            if n < THREADS:
                barrier.wait()
            try:
                with refusing():
                    act(n)
                    db.session.commit()
                return True
            except Refused:
                return False
            finally:
                db.session.remove()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(number)))


def more_teachers(cast, number):
    people = [Person(district_id=cast.district.id, given_name=f"P{n}", family_name="More") for n in range(number)]
    db.session.add_all(people)
    db.session.commit()
    return [person.id for person in people]


def test_sixty_people_for_ten_seats(clean):
    with clean.app_context():
        cast = a_cast()
        series_id = a_series(cast, seats=10).id
        ids = more_teachers(cast, 60)

    def take(n):
        person = db.session.get(Person, ids[n])
        enroll(person, db.session.get(Series, series_id), by=person, now=NOW)

    taken = all_at_once(clean, 60, take)
    with clean.app_context():
        assert sum(taken) == 10
        assert db.session.scalar(select(func.count()).select_from(Enrollment)) == 10
        assert db.session.get(Series, series_id).seats_taken == 10


def test_one_person_pressing_enroll_many_times(clean):
    with clean.app_context():
        cast = a_cast()
        series_id, ada = a_series(cast, seats=10).id, cast.ada.id

    def take(_n):
        person = db.session.get(Person, ada)
        enroll(person, db.session.get(Series, series_id), by=person, now=NOW)

    assert sum(all_at_once(clean, THREADS, take)) == 1


def test_thirty_reservations_for_three_items(clean):
    with clean.app_context():
        cast = a_cast()
        model_id, school_id, ada = a_model(cast, items=3).id, cast.school.id, cast.ada.id
        db.session.add(
            Award(
                district_id=cast.district.id,
                person_id=ada,
                badge_id=cast.badge.id,
                first_day=TODAY,
                last_day=TODAY + timedelta(days=99),
                awarded_at=NOW,
            )
        )
        db.session.commit()

    def take(_n):
        person = db.session.get(Person, ada)
        asked = Asked(db.session.get(School, school_id), person, {db.session.get(EquipmentModel, model_id): 1}, TODAY, TODAY)
        reserve(asked, by=person, now=NOW, today=TODAY)

    taken = all_at_once(clean, 30, take)
    with clean.app_context():
        assert sum(taken) == 3
        assert db.session.scalar(select(func.count(ReservationLine.item_id.distinct()))) == 3
        assert db.session.scalar(select(func.count()).select_from(Appointment)) == 8
