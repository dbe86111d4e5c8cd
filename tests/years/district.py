"""A small district, in rows and in the model alike: two schools, seventeen people, three badges, three kinds of equipment."""

from datetime import date, datetime, time, timedelta

from inventory.depot import Depot
from inventory.equipment import EquipmentModel, Item
from seminar.ground.db import db
from seminar.people.appointment import AT_A_SCHOOL, Appointment
from seminar.people.district import District
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.seminar import Seminar
from seminar.skills.award import Award
from seminar.skills.badge import Badge, Competency
from seminar.skills.sign_off import SignOff
from seminar.skills.skill import Clearance, Skill
from tests.years.model import ZONE, Appointed, Model
from tests.years.model_loans import Lends
from tests.years.model_skills import BadgeRule, Held, Signed, months_on
from tests.years.world import World

FIRST_DAY = date(2026, 8, 10)
LONG_AGO = date(2020, 1, 1)
PEOPLE = {
    "North": {"ada": "teacher", "ben": "teacher", "cho": "teacher", "dan": "teacher", "cora": "maker_contact", "pia": "principal"},
    "South": {"eve": "teacher", "fay": "teacher", "gus": "teacher", "cal": "maker_contact", "kim": "coach"},
    "": {
        "tara": "trainer",
        "theo": "trainer",
        "eli": "equipment_manager",
        "olive": "program_manager",
        "pat": "program_manager",
    },
}
BADGES = (
    BadgeRule("Safety", "print", ("goggles", "outlets"), ("goggles", "outlets"), 6),
    BadgeRule("Operator", "print", ("leveling", "slicing", "nozzle"), ("nozzle",), 4, before=("Safety",)),
    BadgeRule("Laser", "fab", ("venting", "focusing"), (), 12, percent=60),
)
MODELS = (Lends("Printer", "Operator", 14, 0, 1), Lends("Robot kit", "Safety", 7, 2, 2), Lends("Cutter", "Laser", 10, 0, 0))
ITEMS = {"Printer": 2, "Robot kit": 3, "Cutter": 1}
# Theo's clearance ends in the winter, Kim's begins with the year.
CLEARED = {
    ("tara", "print"): (LONG_AGO, None),
    ("tara", "fab"): (LONG_AGO, None),
    ("theo", "print"): (LONG_AGO, date(2027, 1, 15)),
    ("kim", "fab"): (FIRST_DAY, None),
}
HELD = {"ada": ("Safety", "Operator"), "ben": ("Safety", "Laser"), "eve": ("Safety", "Operator", "Laser"), "fay": ("Safety",), "cho": ()}


def begin(world: World, model: Model) -> None:
    """Both begin on the evening before the first day."""
    begun = datetime.combine(FIRST_DAY - timedelta(days=1), time(20), ZONE)
    model.now = begun
    district = District(code="Y", name="Year", mail_from="pd@year.example")
    db.session.add(district)
    db.session.flush()
    world.know("district", "Year", district.id)
    db.session.add(Depot(district_id=district.id, name="Depot", opens=time(8), closes=time(16)))
    _people(world, model, district.id)
    _badges(world, model, district.id)
    _equipment(world, model, district.id)
    _held(world, model, district.id, begun)
    db.session.commit()
    db.session.remove()


def _people(world: World, model: Model, district_id: int) -> None:
    for school, staff in PEOPLE.items():
        at = None
        if school:
            at = School(district_id=district_id, code=school[0], name=school, grade_first=0, grade_last=5)
            db.session.add(at)
            db.session.flush()
            world.know("school", school, at.id)
            model.schools.append(school)
        for name, role in staff.items():
            person = Person(district_id=district_id, given_name=name.title(), family_name="Example", email=f"{name}@year.example")
            db.session.add(person)
            db.session.flush()
            world.know("person", name, person.id)
            model.people.append(name)
            school_id = at.id if at is not None and role in AT_A_SCHOOL else None
            db.session.add(Appointment(district_id=district_id, person_id=person.id, role=role, school_id=school_id, first_day=LONG_AGO))
            model.standing.appointments.append(Appointed(name, role, school or None, LONG_AGO))


def _badges(world: World, model: Model, district_id: int) -> None:
    for position, name in enumerate(("print", "fab")):
        skill = Skill(district_id=district_id, name=name, look="print", position=position)
        db.session.add(skill)
        db.session.flush()
        world.know("skill", name, skill.id)
    for rule in BADGES:
        badge = Badge(
            district_id=district_id,
            skill_id=world.id_of("skill", rule.skill),
            name=rule.name,
            valid_months=rule.months,
            attendance_percent=rule.percent,
        )
        badge.competencies = [
            Competency(district_id=district_id, name=name, position=n, is_safety=name in rule.safety)
            for n, name in enumerate(rule.competencies)
        ]
        badge.prerequisites = [db.session.get_one(Badge, world.id_of("badge", name)) for name in rule.before]
        db.session.add(badge)
        db.session.flush()
        world.know("badge", rule.name, badge.id)
        for competency in badge.competencies:
            world.know("competency", competency.name, competency.id)
        seminar = Seminar(
            district_id=district_id,
            title=f"Learning {rule.name}",
            summary="",
            skill_id=badge.skill_id,
            badge_id=badge.id,
            grade_first=0,
            grade_last=5,
            learn_minutes=50,
            debrief_minutes=25,
            plan_minutes=45,
        )
        db.session.add(seminar)
        db.session.flush()
        world.know("seminar", rule.name, seminar.id)
        model.skills.badges[rule.name] = rule
    for (trainer, skill_name), (first, last) in CLEARED.items():
        person_id, skill_id = world.id_of("person", trainer), world.id_of("skill", skill_name)
        db.session.add(Clearance(district_id=district_id, person_id=person_id, skill_id=skill_id, first_day=first, last_day=last))
        model.standing.cleared[trainer, skill_name] = first, last


def _equipment(world: World, model: Model, district_id: int) -> None:
    for lends in MODELS:
        badge = db.session.get_one(Badge, world.id_of("badge", lends.badge))
        kind = EquipmentModel(
            district_id=district_id,
            slug=lends.name.lower().replace(" ", "-"),
            name=lends.name,
            skill_id=badge.skill_id,
            max_loan_days=lends.days,
            notice_open_days=lends.notice,
            turnaround_open_days=lends.turnaround,
        )
        kind.badges = [badge]
        kind.items = [Item(district_id=district_id, tag=f"{lends.name} {n}") for n in range(1, ITEMS[lends.name] + 1)]
        db.session.add(kind)
        db.session.flush()
        world.know("model", lends.name, kind.id)
        model.shelf.models[lends.name] = lends
        for item in kind.items:
            world.know("item", item.tag, item.id)
            model.shelf.items[item.tag] = lends.name


def _held(world: World, model: Model, district_id: int, begun: datetime) -> None:
    """What some have shown and hold already, in part soon over."""
    for number, (person, badges) in enumerate(HELD.items()):
        day = FIRST_DAY - timedelta(days=20 + 11 * number)
        for name in badges:
            rule, person_id = model.skills.badges[name], world.id_of("person", person)
            for competency in rule.competencies:
                ids = {"person_id": person_id, "competency_id": world.id_of("competency", competency)}
                db.session.add(SignOff(district_id=district_id, trainer_id=world.id_of("person", "tara"), day=day, at=begun, **ids))
                model.skills.signed.append(Signed(person, competency, day, "tara"))
            held = Held(person, name, day, months_on(day, rule.months))
            ids = {"person_id": person_id, "badge_id": world.id_of("badge", name)}
            db.session.add(Award(district_id=district_id, first_day=held.first, last_day=held.last, awarded_at=begun, **ids))
            model.skills.held.append(held)
