"""Two at the same moment who aren't after the last one of anything: both are served, and what follows from both follows."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from secrets import token_hex
from threading import Barrier, BrokenBarrierError
from time import sleep

import pytest
from sqlalchemy import func, select, text, update

from seminar.ground import outbox
from seminar.ground.daily import begins_today
from seminar.ground.db import db, twice_if_a_race_is_lost
from seminar.ground.once import once
from seminar.ground.outbox import Mail
from seminar.ground.post import send_due
from seminar.ground.refusal import Refused
from seminar.ground.retention_rule import apply_retention
from seminar.people.appointment import Appointment
from seminar.people.directory import appoint
from seminar.people.district import District
from seminar.people.person import Person
from seminar.series.enrolling import enroll
from seminar.series.series import Series
from seminar.skills.award import Award
from seminar.skills.badge import Badge
from seminar.skills.expiry import tell_what_runs_out
from seminar.skills.signing import Shown, sign_off
from seminar.skills.skill import Clearance
from seminar.web.letters import write_all
from seminar.web.pages import refusing
from tests.cast import NOW, TODAY, a_cast, a_series, an_award
from tests.databases import KIND

pytestmark = pytest.mark.deep


def both(app, *acts):
    """Do these at the same moment, each in a transaction of its own."""
    barrier = Barrier(len(acts))

    def one(act):
        with app.app_context():
            barrier.wait()
            try:
                answer = act()
                db.session.commit()
                return answer
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def test_one_person_who_presses_enroll_many_times_has_one_place(clean):
    with clean.app_context():
        cast = a_cast()
        series_id, ada = a_series(cast, seats=10).id, cast.ada.id

    def press():
        try:
            with refusing():
                person = db.session.get_one(Person, ada)
                enroll(person, db.session.get_one(Series, series_id), by=person, now=NOW)
                db.session.commit()
        except Refused:
            return False
        return True

    assert sum(both(clean, *[press] * 12)) == 1


@pytest.mark.parametrize("turn", range(10))
def test_two_trainers_who_sign_off_the_last_two_competencies_give_the_badge(clean, turn):
    with clean.app_context():
        cast = a_cast()
        db.session.add(Clearance(district_id=cast.district.id, person_id=cast.kim.id, skill_id=cast.skill.id, first_day=TODAY))
        show(cast.ada.id, cast.badge.id, cast.tara.id, 0)
        db.session.commit()
        ids = cast.ada.id, cast.badge.id, cast.tara.id, cast.kim.id
    both(clean, lambda: show(*ids[:2], ids[2], 1), lambda: show(*ids[:2], ids[3], 2))
    with clean.app_context():
        assert db.session.scalar(select(func.count()).select_from(Award)) == 1


def show(person_id, badge_id, trainer_id, number):
    badge, person, trainer = (db.session.get(kind, n) for kind, n in ((Badge, badge_id), (Person, person_id), (Person, trainer_id)))
    sign_off([Shown(person, badge.competencies[number])], badge, by=trainer, series_id=None, now=NOW, day=TODAY)


def test_a_round_of_the_day_is_one_workers(clean):
    with clean.app_context():
        district_id = a_cast().district.id
    done = both(clean, *[lambda: begins_today(district_id, "round", TODAY)] * 6)
    assert sorted(done) == [False] * 5 + [True]


@pytest.mark.parametrize("ahead", [-0.08, -0.04, -0.02, 0, 0.02, 0.04, 0.08])
def test_who_is_appointed_while_their_name_goes_keeps_it_or_is_refused(clean, ahead):
    """Now one of them is so many seconds ahead, and now the other: nobody without a name holds an appointment."""
    later = NOW.replace(year=2030)
    with clean.app_context():
        cast = a_cast()
        ada, olive = cast.ada.id, cast.olive.id
        db.session.execute(update(Appointment).where(Appointment.person_id == ada).values(last_day=TODAY))
        db.session.commit()

    def name_goes():
        sleep(max(0, ahead))
        district = db.session.scalars(select(District)).one()
        apply_retention(district, district.day(later), later)

    def appointed():
        person, by = (db.session.get_one(Person, n) for n in (ada, olive))
        sleep(max(0, -ahead))
        try:
            appoint(person, "trainer", school=None, grade=None, first_day=TODAY.replace(year=2030), by=by, now=later)
        except Refused:
            db.session.rollback()

    both(clean, name_goes, appointed)
    with clean.app_context():
        holds = select(func.count()).where(Appointment.person_id == ada, Appointment.last_day.is_(None))
        assert db.session.scalar(holds) == (1 if db.session.get_one(Person, ada).pseudonymised_on is None else 0)


def test_two_workers_send_each_mail_once(clean, tmp_path):
    with clean.app_context():
        cast = a_cast()
        for n in range(120):
            outbox.put(cast.ada, "awarded", key=str(n), now=NOW, badge="Operator", last_day=TODAY)
        db.session.commit()

    def work():
        tried = 0
        while sent := send_due(write_all, smtp_url=None, folder=tmp_path, now=NOW):
            tried += sent
        return tried

    assert sum(both(clean, work, work, work)) == 120
    with clean.app_context():
        assert db.session.execute(select(Mail.state, Mail.tries).distinct()).all() == [("sent", 1)]
    assert len(list(tmp_path.glob("*.eml"))) == 120


def test_who_loses_a_race_to_a_deadlock_is_served_on_the_second_try(clean):
    """PostgreSQL ends one of two that wait for each other; SQLite lets the second writer wait, so nobody loses."""
    with clean.app_context():
        cast = a_cast()
        db.session.commit()
        ada, ben = cast.ada.id, cast.ben.id
    meeting, tries = Barrier(2, timeout=5 if KIND == "postgresql" else 0.2), []

    def touch(first, second):
        def once():
            tries.append(first)
            rename(first)
            if tries.count(first) == 1:
                try:
                    meeting.wait()
                except BrokenBarrierError:
                    pass
            rename(second)
            db.session.commit()

        return lambda: twice_if_a_race_is_lost(once)

    both(clean, touch(ada, ben), touch(ben, ada))
    assert len(tries) == (3 if KIND == "postgresql" else 2)
    with clean.app_context():
        renamed = select(Person.given_name).where(Person.id.in_((ada, ben)))
        assert db.session.scalars(renamed).all() == ["xx", "xx"]


def rename(person_id):
    name = "CASE given_name WHEN 'x' THEN 'xx' ELSE 'x' END"
    db.session.execute(text(f"UPDATE person SET given_name = {name} WHERE id = :id"), {"id": person_id})


def test_a_badge_that_runs_out_is_told_once_by_any_number_of_workers(clean):
    with clean.app_context():
        cast = a_cast()
        an_award(cast, cast.ada, last_day=TODAY + timedelta(days=30))
        db.session.commit()
        district_id = cast.district.id
    both(clean, *[lambda: tell_what_runs_out(db.session.get(District, district_id), TODAY, NOW)] * 4)
    with clean.app_context():
        assert db.session.scalar(select(func.count()).select_from(Mail)) == 1


def test_a_form_that_is_sent_many_times_at_once_does_its_work_once(clean):
    """What the work answers stands for every one of them."""
    with clean.app_context():
        db.session.add(District(code="A", name="A", mail_from="pd@example.org"))
        db.session.commit()
    answers = both(clean, *[lambda: once("1:key", a_district_more, now=NOW)] * 6)
    with clean.app_context():
        assert db.session.scalar(select(func.count()).select_from(District)) == 2
    assert len(set(answers)) == 1


def a_district_more():
    made = District(code=token_hex(4), name="B", mail_from="pd@example.org")
    db.session.add(made)
    db.session.flush()
    return f"/districts/{made.code}"
