"""People who are signed in already, and series with a seat for each of them.

They are signed in by the product's own `begin`, which is what a right password ends in: a device session in the database, and
the cookie that it answers with.
"""

import secrets
from datetime import timedelta
from itertools import cycle

from flask import Flask, session
from sqlalchemy import select

from bench.visitor import USER_AGENT
from seminar.ground import clock
from seminar.ground.db import db
from seminar.people.account import Account
from seminar.people.appointment import Appointment
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.seminar import Seminar
from seminar.series.series import Meeting, Series
from seminar.web.session import begin

SEMINAR = "3D Printing for the Elementary Classroom"


def a_crowd(app: Flask, people: int) -> list[str]:
    """So many more teachers of the district, spread over its schools; each by the cookie that signs them in."""
    with app.app_context():
        schools = db.session.scalars(select(School).order_by(School.id)).all()
        now, batch = clock.now(), secrets.token_hex(3)
        teachers = [
            Person(
                district_id=school.district_id, given_name="Robin", family_name=f"Bench {n}", email=f"bench.{batch}.{n}@rivermark.example"
            )
            for n, school in zip(range(people), cycle(schools))
        ]
        db.session.add_all(teachers)
        db.session.flush()
        for person, school in zip(teachers, cycle(schools)):
            of = {"district_id": person.district_id, "person_id": person.id}
            db.session.add(Appointment(**of, role="teacher", school_id=school.id, grade=4, first_day=now.date() - timedelta(days=900)))
        db.session.commit()
        ids = [person.id for person in teachers]
    return [cookie_of(app, person_id) for person_id in ids]


def cookie_of(app: Flask, person_id: int) -> str:
    """Somebody signs in, as proven as any role asks for: the session cookie of their browser."""
    with app.test_request_context(headers={"User-Agent": USER_AGENT}, environ_base={"REMOTE_ADDR": "127.0.0.1"}):
        account = db.session.get(Account, person_id) or _account_of(person_id)
        begin(account, by="passkey", is_proven=True)
        signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        cookie: str = signer.dumps(dict(session))
    return cookie


def _account_of(person_id: int) -> Account:
    """One without a password, as for who signs in elsewhere."""
    person = db.session.get_one(Person, person_id)
    account = Account(person=person, district_id=person.district_id, password_hash="-", changed_at=clock.now())
    db.session.add(account)
    return account


def series_of(app: Flask, number: int, seats: int) -> list[int]:
    """So many more runs of the demo's best-known seminar, open, with as many meetings as that one has."""
    with app.app_context():
        seminar = db.session.scalars(select(Seminar).where(Seminar.title == SEMINAR)).one()
        model = db.session.scalars(select(Series).where(Series.seminar_id == seminar.id)).first()
        assert model is not None
        made = [_like(model, seats, n) for n in range(number)]
        db.session.add_all(made)
        db.session.commit()
        return [series.id for series in made]


def _like(model: Series, seats: int, n: int) -> Series:
    """The n-th begins n hours later, so that nobody's meetings are at the same time."""
    copied = ("district_id", "seminar_id", "season", "school_year", "enrollment_opens_at", "enrollment_closes_at", "published_at")
    series = Series(seats=seats, **{name: getattr(model, name) for name in copied})
    series.trainers = list(model.trainers)
    later = timedelta(days=1, hours=3 * n)
    series.meetings = [
        Meeting(
            **{name: getattr(meeting, name) for name in ("district_id", "title", "agenda", "place", "room")},
            starts_at=meeting.starts_at + later,
            ends_at=meeting.ends_at + later,
        )
        for meeting in model.meetings
    ]
    return series
