"""The demo district: Rivermark Unified, with a year of history up to the day that it is loaded."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from itertools import cycle

from sqlalchemy import update

from inventory.demo.calendar import closed_days, school_day_from, school_years, year_ending
from inventory.demo.catalog import MODELS, SEMINARS
from inventory.demo.history import lend_history, past_training
from inventory.demo.names import FAMILY, GIVEN, SCHOOLS
from inventory.demo.world import World
from inventory.depot import Depot
from inventory.equipment import EquipmentModel, Item
from seminar.coverage.target import CoverageTarget
from seminar.ground import clock
from seminar.ground.clock import at_local
from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.people import account
from seminar.people.account import Account
from seminar.people.district import District
from seminar.people.school import School
from seminar.series.seminar import Seminar
from seminar.series.series import Meeting, Series
from seminar.skills.skill import Clearance
from seminar.skills.starting_set import add_starting_set

TIMEZONE = "America/Los_Angeles"
PASSWORD = "makerpd-demo"


def load() -> None:
    """Fill an empty database; one transaction."""
    now = clock.now()
    password_hash = account.hashed(PASSWORD)
    district = District(code="RUSD", name="Rivermark Unified School District", timezone=TIMEZONE, language="en", mail_from="pd-office@rivermark.example")
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
    db.session.execute(update(Mail).values(state="sent", sent_at=now))
    db.session.commit()


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
        Account(person_id=p.id, district_id=district.id, password_hash=password_hash, session_key=f"demo-{p.id}", changed_at=world.now)
        for p in world.people.values()
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


def make_seminars(world: World) -> None:
    for title, skill, badge, first, last, summary, outcomes in SEMINARS:
        world.seminars[title] = Seminar(
            district_id=world.district.id,
            title=title,
            summary=summary,
            outcomes=outcomes,
            skill_id=world.skills[skill].id,
            badge_id=world.badges[badge].id,
            grade_first=first,
            grade_last=last,
            learn_minutes=50,
            learn="You are the student: try it, get stuck, try again.",
            debrief_minutes=25,
            debrief="Step out of it together. Where would a nine-year-old stop? What did the struggle teach?",
            plan_minutes=45,
            plan="Put it into a lesson that you will teach within three weeks. Two colleagues read it first.",
        )
    db.session.add_all(world.seminars.values())


def open_series(world: World) -> None:
    """What can be enrolled in: some with seats, one full, one of them Priya Raman's, meeting today from 16:00."""
    today = world.today
    plans: list[tuple[str, date, int, int, int]] = [
        ("3D Printing for the Elementary Classroom", today, 4, 24, 14),
        ("Printing in the Middle School Lab", today + timedelta(days=9), 3, 16, 5),
        ("Craft Cutters: Design It Flat, Fold It Up", today + timedelta(days=12), 2, 12, 9),
        ("micro:bit in Grades 3–8", today + timedelta(days=16), 3, 20, 20),
        ("Start Safely: The Maker Space", today + timedelta(days=6), 1, 30, 11),
        ("Design Thinking: From Listening to Prototype", today + timedelta(days=20), 2, 24, 8),
    ]
    for title, planned, meetings, seats, enrolled in plans:
        first = planned + timedelta(days=max(0, 7 - planned.weekday()) * (planned.weekday() > 4))
        series = add_series(world, title, first, meetings, seats)
        world.enroll_some(series, enrolled, state_since=world.now - timedelta(days=3))
    summer = date(year_ending(today), 6, 15)
    for title, first in (("Laser Cutting, Safely", summer), ("Blocks First: Coding Before the Screen", summer + timedelta(days=21))):
        series = add_series(world, title, first, 4, 20, season="summer", every=1)
        world.enroll_some(series, 5, state_since=world.now - timedelta(days=2))


def add_series(world: World, title: str, first: date, meetings: int, seats: int, season: str = "year-round", every: int = 7) -> Series:
    seminar = world.seminars[title]
    skill_name = next(name for name, skill in world.skills.items() if skill.id == seminar.skill_id)
    trainer = world.trainers["Maker Safety" if title.startswith("Start Safely") else skill_name]
    days = [first + timedelta(days=every * n) for n in range(meetings)]
    starts = [at_local(day, 16, 0, TIMEZONE) for day in days]
    ends = [at_local(day, 18, 0, TIMEZONE) for day in days]
    series = Series(
        district_id=world.district.id,
        seminar_id=seminar.id,
        season=season,
        school_year=year_ending(first) if season == "year-round" else first.year,
        seats=seats,
        enrollment_opens_at=min(world.now, starts[0]) - timedelta(days=40),
        enrollment_closes_at=ends[-1],
        published_at=min(world.now, starts[0]) - timedelta(days=45),
    )
    series.trainers = [trainer]
    topics = ("Meet the tool", "From idea to first piece", "A class of thirty", "Show what you can run")
    series.meetings = [
        Meeting(
            district_id=world.district.id,
            title=topics[n % 4],
            agenda="Learn as learners, debrief as educators, plan a lesson.",
            starts_at=start,
            ends_at=end,
            place="Alder Creek Elementary" if skill_name == "3D printing" else "District Maker Lab",
            room="Room 12" if skill_name == "3D printing" else "",
        )
        for n, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]
    db.session.add(series)
    db.session.flush()
    return series
