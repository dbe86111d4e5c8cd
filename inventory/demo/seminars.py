"""What the demo district teaches: its seminars, and the series that can be enrolled in."""

from datetime import date, timedelta

from sqlalchemy import select

from inventory.demo.approving import ask_for_approvals
from inventory.demo.calendar import TIMEZONE, year_ending
from inventory.demo.catalog import SEMINARS
from inventory.demo.funding import fund
from inventory.demo.purchase_orders import pay_by_purchase_orders
from inventory.demo.running import run_a_series
from inventory.demo.world import World
from seminar.ground.clock import at_local
from seminar.ground.db import db
from seminar.people.appointment import standing
from seminar.people.person import Person
from seminar.series.answer import EnrollmentAnswer
from seminar.series.enrolling_several import enroll_all_or_line_up_together
from seminar.series.enrollment import Enrollment
from seminar.series.nomination import nominate
from seminar.series.question import QUESTIONS
from seminar.series.seminar import Seminar
from seminar.series.series import Meeting, Series
from seminar.series.setting_aside import set_aside
from seminar.series.substitution import substitute

PRICES_CENTS = {"Laser Cutting, Safely": 12_000}


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
    """What can be enrolled in: some with seats, one full with a waitlist, one of them Priya Raman's, meeting today from 16:00."""
    today = world.today
    plans: list[tuple[str, date, int, int, int]] = [
        ("3D Printing for the Elementary Classroom", today, 4, 24, 14),
        ("Printing in the Middle School Lab", today + timedelta(days=9), 3, 16, 5),
        ("Craft Cutters: Design It Flat, Fold It Up", today + timedelta(days=12), 2, 12, 9),
        ("micro:bit in Grades 3–8", today + timedelta(days=16), 3, 20, 20),
        ("Start Safely: The Maker Space", today + timedelta(days=6), 1, 30, 11),
        ("Design Thinking: From Listening to Prototype", today + timedelta(days=20), 2, 24, 8),
        ("Design Thinking: From Listening to Prototype", today + timedelta(days=41), 2, 24, 3),
    ]
    for title, planned, meetings, seats, enrolled in plans:
        first = planned + timedelta(days=max(0, 7 - planned.weekday()) * (planned.weekday() > 4))
        series = add_series(world, title, first, meetings, seats)
        inside = world.enroll_some(series, enrolled, state_since=world.now - timedelta(days=3))
        if enrolled == seats:
            world.wait_some(series, inside, 3, since=world.now - timedelta(days=2))
            _some_wait_together(world, series)
        if enrolled == 3:
            _some_are_set_aside(world, series, first)
        if title == "Printing in the Middle School Lab":
            ask(world, series)
            run_a_series(world, series, inside)
        if (title, planned) == plans[-1][:2]:
            ask_for_approvals(world, series, inside)
        if title.startswith("Craft Cutters"):
            _with_a_principals_help(world, series, inside)
    summer = date(year_ending(today), 6, 15)
    for title, first in (("Laser Cutting, Safely", summer), ("Blocks First: Coding Before the Screen", summer + timedelta(days=21))):
        series = add_series(world, title, first, 4, 20, season="summer", every=1)
        if title in PRICES_CENTS:
            # A payment at Stripe nobody but a person can make; grants and purchase orders are the office's own.
            series.price_cents = PRICES_CENTS[title]
            pay_by_purchase_orders(world, series)
            fund(world, series)
        else:
            world.enroll_some(series, 5, state_since=world.now - timedelta(days=2))


# What those who are in it by now said, in turn: food, access, experience and confidence.
SAID = [
    ("vegetarian", "", "new", "1"),
    ("vegetarian\nnuts", "I read lips: a seat near the front, and one person speaking at a time.", "tried", "2"),
    ("", "", "tried", "3"),
    ("vegetarian", "Step-free access, and a table that a wheelchair fits under.", "uses", "4"),
    ("No shellfish", "", "new", "2"),
]


def ask(world: World, series: Series) -> None:
    """It asks all that a series can, and its people have answered."""
    for question in QUESTIONS:
        setattr(series, f"asks_{question}", True)
    db.session.flush()
    grades = {a.person_id: a.grade for a in world.appointments if a.role == "teacher"}
    places = db.session.scalars(select(Enrollment).where(Enrollment.series_id == series.id).order_by(Enrollment.id))
    for place, (dietary, accommodation, experience, confidence) in zip(places, SAID, strict=False):
        said = {"dietary": dietary, "accommodation": accommodation, "experience": experience, "confidence": confidence}
        said["grade"] = str(grades[place.person_id])
        of = {"district_id": world.district.id, "enrollment_id": place.id, "person_id": place.person_id, "answered_at": place.created_at}
        db.session.add_all(EnrollmentAnswer(**of, question=question, value=value) for question, value in said.items() if value)


def _some_wait_together(world: World, series: Series) -> None:
    """Ruth Castellanos wants two of her staff to come together."""
    db.session.flush()
    principal, yesterday = world.by_email("principal"), world.now - timedelta(days=1)
    theirs = standing(principal, world.today).school_ids("principal")
    known = (world.by_email("teacher"), world.by_email("contact"))
    in_it = {person for (person,) in db.session.execute(select(Enrollment.person_id).where(Enrollment.series_id == series.id))}
    staff = [a.person for a in world.appointments if a.role == "teacher" and a.school_id in theirs and a.person not in known]
    outside = [person for person in staff if person.id not in in_it][:2]
    enroll_all_or_line_up_together(outside, series, by=principal, now=yesterday)


def _some_are_set_aside(world: World, series: Series, first: date) -> None:
    """Alder Creek Elementary is to send a team: six seats are its own until two weeks before the first meeting."""
    db.session.flush()
    yesterday, until = world.now - timedelta(days=1), first - timedelta(days=14)
    school = next(iter(world.schools.values()))
    set_aside(series, school=school, role=None, seats=6, released_on=until, by=world.by_email("program"), now=yesterday)


def _with_a_principals_help(world: World, series: Series, inside: list[Person]) -> None:
    """Ruth Castellanos nominates Tessa Nguyen; and somebody's seat went to a colleague of the same school."""
    db.session.flush()
    yesterday = world.now - timedelta(days=1)
    note = "You asked for a cutter for the fourth grade: this is the way to it."
    nominate([world.by_email("teacher")], series, note=note, by=world.by_email("principal"), now=yesterday)
    school_of = {a.person: a.school_id for a in world.appointments if a.role == "teacher"}
    place = db.session.scalars(select(Enrollment).where(Enrollment.series_id == series.id).order_by(Enrollment.id)).first()
    if place is not None:
        outside = [person for person in world.teachers() if person not in inside and school_of[person] == school_of[place.person]]
        substitute(place, outside[0], by=place.person, now=yesterday)


def add_series(world: World, title: str, first: date, meetings: int, seats: int, season: str = "year-round", every: int = 7) -> Series:
    seminar = world.seminars[title]
    skill_name = next(name for name, skill in world.skills.items() if skill.id == seminar.skill_id)
    trainer = world.trainers[skill_name]
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
