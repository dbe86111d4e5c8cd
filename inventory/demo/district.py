"""The demo district: Rivermark Unified, with a year of history up to the day that it is loaded."""

from collections.abc import Iterator
from datetime import time, timedelta
from itertools import cycle

from sqlalchemy import update

from inventory.demo.calendar import TIMEZONE, closed_days, school_day_from, school_years
from inventory.demo.catalog import MODELS
from inventory.demo.history import lend_history, past_training
from inventory.demo.names import FAMILY, GIVEN, SCHOOLS
from inventory.demo.seminars import make_seminars, open_series
from inventory.demo.world import World
from inventory.depot import Depot
from inventory.equipment import EquipmentModel, Item
from seminar.coverage.target import CoverageTarget
from seminar.ground import clock, history
from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.people import account
from seminar.people.account import Account
from seminar.people.district import District
from seminar.people.school import School
from seminar.skills.skill import Clearance
from seminar.skills.starting_set import add_starting_set

PASSWORD = "makerpd-demo"


def load() -> None:
    """Fill an empty database; one transaction."""
    make()
    db.session.commit()


def make() -> World:
    """The district, made in an empty database. Flushes."""
    now = clock.now()
    password_hash = account.hashed(PASSWORD)
    district = District(
        code="RUSD", name="Rivermark Unified School District", timezone=TIMEZONE, language="en", mail_from="pd-office@rivermark.example"
    )
    db.session.add(district)
    db.session.flush()
    calendar_day = district.day(now)
    years, closed = school_years(district.id, calendar_day), closed_days(district.id, calendar_day)
    today = school_day_from(calendar_day, years, closed)
    db.session.add_all([*years, *closed, Depot(district_id=district.id, name="Rivermark depot", opens=time(7, 30), closes=time(16, 30))])
    world = World(district, today, now)
    for step, make in (
        ("people", lambda: make_people(world, password_hash)),
        ("skills", lambda: make_skills(world)),
        ("equipment", lambda: make_equipment(world)),
        ("seminars", lambda: make_seminars(world)),
        ("training", lambda: past_training(world)),
        ("series to come", lambda: open_series(world)),
        ("loans", lambda: lend_history(world)),
    ):
        print(f"The demo district: {step} …", flush=True)
        make()
        db.session.flush()
    # The program manager has looked at the district's page, as its set-up asks for.
    history.record(world.by_email("program"), "district changed", district, now)
    db.session.execute(update(Mail).values(state="sent", sent_at=now))
    return world


def make_people(world: World, password_hash: str) -> None:
    district = world.district
    for code, name, first, last, _, stop in SCHOOLS:
        world.schools[code] = School(
            district_id=district.id,
            code=code,
            name=name,
            grade_first=first,
            grade_last=last,
            delivery_stop=stop,
            address=f"{100 + len(name)} {name.split()[0]} Road",
        )
    db.session.add_all(world.schools.values())
    db.session.flush()
    named: list[tuple[str, str, str, list[tuple[str, str | None, int | None]]]] = [
        ("teacher", "Tessa", "Nguyen", [("teacher", "ALD", 4)]),
        ("contact", "Omar", "Haddad", [("teacher", "ALD", 0), ("maker_contact", "ALD", None)]),
        ("principal", "Ruth", "Castellanos", [("principal", "ALD", None)]),
        ("trainer", "Priya", "Raman", [("trainer", None, None)]),
        ("equipment", "Walt", "Jensen", [("equipment_manager", None, None)]),
        ("program", "Gloria", "Mensah", [("program_manager", None, None)]),
        ("coach", "Ken", "Ito", [("coach", "ALD", None), ("coach", "MES", None), ("coach", "WIL", None)]),
        ("other", "Dora", "Whitfield", [("teacher", "OAK", 7), ("maker_contact", "OAK", None)]),
        ("trainer.coding", "Luis", "Ferreira", [("trainer", None, None)]),
        ("trainer.fabrication", "Dana", "Redbird", [("trainer", None, None)]),
    ]
    for email, given, family, roles in named:
        world.add_person(given, family, f"{email}@rivermark.example", roles)
    _fill_schools(world)
    db.session.flush()
    db.session.add_all(
        Account(person_id=p.id, district_id=district.id, password_hash=password_hash, changed_at=world.now) for p in world.people.values()
    )


def _fill_schools(world: World) -> None:
    """Teachers up to each school's number, a principal and a maker contact where there is none yet."""
    names = _names({person.name for person in world.people.values()})
    for code, _, first, last, teachers, _ in SCHOOLS:
        have = {
            role: sum(1 for a in world.appointments if a.role == role and a.school_id == world.schools[code].id)
            for role in ("teacher", "principal", "maker_contact")
        }
        grades = cycle(range(first, last + 1))
        for n in range(teachers - have["teacher"]):
            given, family = next(names)
            roles: list[tuple[str, str | None, int | None]] = [("teacher", code, next(grades))]
            if n == 0 and not have["maker_contact"]:
                roles.append(("maker_contact", code, None))
            world.add_person(given, family, None, roles)
        if not have["principal"]:
            given, family = next(names)
            world.add_person(given, family, None, [("principal", code, None)])


def _names(taken: set[str]) -> Iterator[tuple[str, str]]:
    for shift in range(len(FAMILY)):
        for n, given in enumerate(GIVEN):
            family = FAMILY[(n * 7 + shift * 5) % len(FAMILY)]
            if f"{given} {family}" not in taken:
                taken.add(f"{given} {family}")
                yield given, family


def make_skills(world: World) -> None:
    skills, badges = add_starting_set(world.district.id)
    world.skills.update(skills)
    world.badges.update(badges)
    cleared = {
        "3D printing": "trainer",
        "Coding": "trainer.coding",
        "Fabrication": "trainer.fabrication",
        "Maker Safety": "trainer.fabrication",
        "Design thinking": "coach",
    }
    for skill_name, email in cleared.items():
        trainer = world.by_email(email)
        world.trainers[skill_name] = trainer
        db.session.add(
            Clearance(
                district_id=world.district.id,
                person_id=trainer.id,
                skill_id=world.skills[skill_name].id,
                first_day=world.today - timedelta(days=1200),
            )
        )
    for code, school in world.schools.items():
        for n, skill in enumerate(world.skills.values()):
            db.session.add(
                CoverageTarget(
                    district_id=world.district.id,
                    school_id=school.id,
                    skill_id=skill.id,
                    percent=(60, 25, 40, 30, 50)[n] - 5 * (code == "RIV"),
                )
            )


def make_equipment(world: World) -> None:
    for name, skill, drawing, quantity, prefix, badges, days, turnaround, description, contents in MODELS:
        model = EquipmentModel(
            district_id=world.district.id,
            slug="".join(c if c.isalnum() else "-" for c in name.lower()).strip("-").replace("--", "-"),
            name=name,
            skill_id=world.skills[skill].id,
            description=description,
            contents=contents,
            drawing=drawing,
            max_loan_days=days,
            turnaround_open_days=turnaround,
        )
        model.badges = [world.badges[badge] for badge in badges]
        model.items = [
            Item(district_id=world.district.id, tag=f"{prefix}-{n:03d}", serial=f"{prefix}{world.district.id}{n:05d}")
            for n in range(1, quantity + 1)
        ]
        db.session.add(model)
        world.models[name] = model
