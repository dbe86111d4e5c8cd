"""More people than the demo district has, each signed in on a device of theirs, and what they do at the same time.

A sign-in checks a password, which is slow on purpose: here its rows and its cookie are made as a sign-in makes them.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from secrets import token_hex, token_urlsafe

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import generate_csrf
from sqlalchemy import insert, select

from inventory.calendar import busy_days, items_of
from inventory.depot import open_days
from inventory.equipment import EquipmentModel, Item
from seminar.ground import clock
from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.people.appointment import Appointment
from seminar.people.device_session import begin_session
from seminar.people.district import District
from seminar.people.person import Person
from seminar.people.school import School
from seminar.skills.award import Award
from seminar.skills.badge import Badge
from seminar.skills.sign_off import SignOff
from seminar.skills.skill import Clearance
from tests.deep.served import Served, Visitor

SINCE = date(2026, 8, 3)


def signed_in_as(served: Served, person_ids: list[int]) -> list[Visitor]:
    """A visitor for each of them, with the cookie that a sign-in gives and the token that its forms carry."""
    keys = {id: token_urlsafe(32) for id in person_ids}
    with served.inside() as app:
        for id, key in keys.items():
            person, device = db.session.get_one(Person, id), "Firefox · Linux"
            begin_session(person, key=key, way="password", is_proven=False, is_shared=False, device=device, now=clock.now())
        db.session.commit()
    return [_visitor(app, served.port, f"{id}:{key}") for id, key in keys.items()]


def _visitor(app: Flask, port: int, cookie_id: str) -> Visitor:
    visitor = Visitor(port)
    with app.test_request_context() as context:
        visitor.token = generate_csrf()
        kept = {**context.session, "_user_id": cookie_id, "_fresh": True, "_permanent": True}
    sealed = SecureCookieSessionInterface().get_signing_serializer(app)
    assert sealed is not None
    visitor.cookies["session"] = str(sealed.dumps(kept))
    return visitor


def more_teachers(served: Served, number: int) -> list[int]:
    """The ids of so many teachers who are new to the district's schools."""
    with served.inside():
        district, schools = db.session.scalars(select(District)).one(), db.session.scalars(select(School.id)).all()
        made = [_person(district, n) for n in range(number)]
        db.session.add_all(made)
        db.session.flush()
        db.session.add_all(_appointed(person, "teacher", schools[n % len(schools)]) for n, person in enumerate(made))
        db.session.commit()
        return [person.id for person in made]


def _person(district: District, n: int) -> Person:
    return Person(district_id=district.id, given_name=f"Ari {n}", family_name="Newman", email=f"{token_hex(6)}@rivermark.example")


def _appointed(person: Person, role: str, school_id: int) -> Appointment:
    return Appointment(district_id=person.district_id, person_id=person.id, role=role, school_id=school_id, first_day=SINCE)


@dataclass(frozen=True)
class Lending:
    """The items of a model that are free on these days, and schools that may borrow it: by the id of who asks for a school,
    what they send for one item."""

    item_ids: list[int]
    asked: dict[int, dict[str, object]]


def schools_for(served: Served, name: str, *, schools: int, items: int, first_day: date, last_day: date) -> Lending:
    """So many new schools with a maker contact and a teacher who holds the model's badges, and so many free items of it at least."""
    with served.inside():
        district = db.session.scalars(select(District)).one()
        model = db.session.scalars(select(EquipmentModel).where(EquipmentModel.name == name)).one()
        today, number = district.day(clock.now()), token_hex(3)
        until = (open_days(district.id).after(last_day, model.turnaround_open_days) or [last_day])[-1]
        busy = busy_days([model.id], first_day, until, today=today)
        free = [item for item in items_of([model.id])[model.id] if item.id not in busy]
        more = [Item(district_id=district.id, model_id=model.id, tag=f"{number}-{n}") for n in range(items - len(free))]
        at = [
            School(district_id=district.id, code=f"{number}-{n}", name=f"School {number}-{n}", grade_first=0, grade_last=5)
            for n in range(schools)
        ]
        contacts, teachers = ([_person(district, n) for n in range(schools)] for _ in range(2))
        db.session.add_all([*more, *at, *contacts, *teachers])
        db.session.flush()
        asked: dict[int, dict[str, object]] = {}
        for school, contact, teacher in zip(at, contacts, teachers, strict=True):
            db.session.add_all([_appointed(contact, "maker_contact", school.id), _appointed(teacher, "teacher", school.id)])
            for badge in model.badges:
                _award(teacher, badge, last_day)
            fields = {"school": school.id, "responsible": teacher.id, f"quantity-{model.id}": 1}
            asked[contact.id] = {**fields, "first_day": first_day, "last_day": last_day}
        db.session.commit()
        return Lending([item.id for item in [*free, *more]], asked)


def _award(person: Person, badge: Badge, last_day: date) -> None:
    """As if earned at the start of the school year: signed off by who is cleared for the skill."""
    trainer_id = db.session.scalars(select(Clearance.person_id).where(Clearance.skill_id == badge.skill_id)).first()
    said = {"district_id": person.district_id, "person_id": person.id}
    at = datetime.combine(SINCE, time(18), UTC)
    competencies = [one for one in badge.competencies if one.retired_on is None]
    db.session.add_all(SignOff(**said, competency_id=one.id, trainer_id=trainer_id, day=SINCE, at=at) for one in competencies)
    db.session.add(Award(**said, badge_id=badge.id, first_day=SINCE, last_day=last_day + timedelta(days=365), awarded_at=at))


def put_mails(served: Served, number: int) -> dict[int, str]:
    """That many mails that are due; answers their ids and recipients."""
    with served.session() as session:
        people = session.scalars(select(Person).where(Person.email.like("person%"))).all()
        due = datetime(2027, 3, 2, 16, tzinfo=UTC)
        letter = {"title": "Robotics", "series_id": 1, "starts_at": {"$at": due.isoformat()}, "place": "Lab", "room": "", "reason": ""}
        rows = [
            {"district_id": person.district_id, "person_id": person.id, "kind": "enrolled", "key": f"test-{n}", "context": letter}
            for n, person in ((n, people[n % len(people)]) for n in range(number))
        ]
        session.execute(insert(Mail), [{**row, "calendar": "BEGIN:VCALENDAR", "created_at": due, "next_try_at": due} for row in rows])
        session.commit()
        put = select(Mail.id, Person.email).join(Person, Person.id == Mail.person_id).where(Mail.key.like("test-%"))
        return dict(session.execute(put).all())
