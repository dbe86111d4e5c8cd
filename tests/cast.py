"""The cast: Ada and Ben teach, Tara trains, Pia is a principal, Eli keeps the equipment, Olive runs the program, Cora is a
maker contact, Kim a coach, and Stan is a stranger from the next district. And factories without surprises."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from inventory.depot import Depot
from inventory.equipment import EquipmentModel, Item
from seminar.ground.db import db
from seminar.people.account import Account
from seminar.people.appointment import Appointment
from seminar.people.device_session import DeviceSession, _key_hash
from seminar.people.district import District
from seminar.people.passkey import Passkey
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.question import QUESTIONS
from seminar.series.seminar import Seminar
from seminar.series.series import Meeting, Series
from seminar.skills.award import Award
from seminar.skills.badge import Badge, Competency
from seminar.skills.sign_off import SignOff
from seminar.skills.skill import Clearance, Skill

# Monday, March 1, 2027, 8:30 in Los Angeles.
NOW = datetime(2027, 3, 1, 16, 30, tzinfo=UTC)
TODAY = date(2027, 3, 1)
ROLES = {
    "ada": "teacher",
    "ben": "teacher",
    "cora": "maker_contact",
    "pia": "principal",
    "tara": "trainer",
    "kim": "coach",
    "eli": "equipment_manager",
    "olive": "program_manager",
}


@dataclass
class Cast:
    district: District
    school: School
    people: dict[str, Person]
    skill: Skill
    badge: Badge
    depot: Depot

    def __getattr__(self, name: str) -> Person:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None


def a_cast(code: str = "A", names: dict[str, str] = ROLES) -> Cast:
    """A district with one school, one badge of three competencies, and one person per role."""
    district = a_district(code)
    school = School(district_id=district.id, code="S", name=f"School {code}", grade_first=0, grade_last=5)
    skill = Skill(district_id=district.id, name="3D printing", look="print")
    depot = Depot(district_id=district.id, name="Depot", opens=time(8), closes=time(16))
    db.session.add_all([school, skill, depot])
    db.session.flush()
    badge = Badge(district_id=district.id, skill_id=skill.id, name="Operator", valid_months=24)
    badge.competencies = [Competency(district_id=district.id, name=f"C{n}", position=n, is_safety=n == 0) for n in range(3)]
    db.session.add(badge)
    people = people_at(school, district, names)
    if "tara" in people:
        db.session.add(Clearance(district_id=district.id, person_id=people["tara"].id, skill_id=skill.id, first_day=date(2020, 1, 1)))
    db.session.commit()
    return Cast(district, school, people, skill, badge, depot)


def a_district(code: str) -> District:
    """A district with nothing in it."""
    district = District(code=code, name=f"District {code}", mail_from="pd@example.org")
    db.session.add(district)
    db.session.flush()
    return district


def a_person(district: District, name: str, role: str, school: School) -> Person:
    return people_at(school, district, {name: role})[name]


def people_at(school: School, district: District, names: dict[str, str]) -> dict[str, Person]:
    """One person per name, appointed to its role and signed in; in two flushes, however many they are."""
    at = f"{district.code.lower()}.example"
    people = {
        name: Person(district_id=district.id, given_name=name.title(), family_name="Example", email=f"{name}@{at}") for name in names
    }
    db.session.add_all(people.values())
    db.session.flush()
    for name, role in names.items():
        ids = {"district_id": district.id, "person_id": people[name].id}
        school_id = school.id if role in ("teacher", "maker_contact", "principal", "coach") else None
        db.session.add(Appointment(**ids, role=role, school_id=school_id, first_day=date(2020, 1, 1)))
        db.session.add(Account(**ids, password_hash="-", changed_at=NOW))
        db.session.add(_session(people[name], f"key-{name}"))
    db.session.flush()
    return people


def signed_in(person: Person, key: str, way: str = "passkey") -> DeviceSession:
    """Somebody signed in on a device; the cookie of their browser says '<person id>:<key>'."""
    begun = _session(person, key, way)
    db.session.add(begun)
    db.session.flush()
    return begun


def _session(person: Person, key: str, way: str = "passkey") -> DeviceSession:
    return DeviceSession(
        district_id=person.district_id,
        person_id=person.id,
        key_hash=_key_hash(person.id, key),
        way=way,
        is_proven=way == "passkey",
        is_shared=False,
        device="Firefox · Linux",
        begun_at=NOW,
    )


def a_passkey(person: Person, name: str = "Phone") -> Passkey:
    """One that no device holds."""
    passkey = Passkey(
        district_id=person.district_id,
        person_id=person.id,
        name=name,
        credential_id=f"{name}-of-{person.id}",
        user_handle=b"handle",
        public_key=b"key",
        sign_count=0,
        added_at=NOW,
    )
    db.session.add(passkey)
    db.session.flush()
    return passkey


def a_series(cast: Cast, title: str = "Robotics", seats: int = 5) -> Series:
    """Open, published, taught by Tara if she is there, with one meeting today from 16:00."""
    seminar = Seminar(
        district_id=cast.district.id,
        title=title,
        summary="Build it.",
        skill_id=cast.skill.id,
        badge_id=cast.badge.id,
        grade_first=0,
        grade_last=5,
        learn_minutes=50,
        debrief_minutes=25,
        plan_minutes=45,
    )
    db.session.add(seminar)
    db.session.flush()
    starts = NOW + timedelta(hours=7, minutes=30)
    series = Series(
        district_id=cast.district.id,
        seminar_id=seminar.id,
        season="year-round",
        school_year=2027,
        seats=seats,
        enrollment_opens_at=NOW - timedelta(days=9),
        enrollment_closes_at=starts + timedelta(hours=2),
        published_at=NOW - timedelta(days=9),
    )
    series.trainers = [cast.people["tara"]] if "tara" in cast.people else []
    series.meetings = [Meeting(district_id=cast.district.id, starts_at=starts, ends_at=starts + timedelta(hours=2), place="Lab")]
    db.session.add(series)
    db.session.commit()
    return series


def in_days(series: Series, days: int) -> Series:
    """The series, which meets so many days later, and takes enrollments until then."""
    series.enrollment_closes_at += timedelta(days=days)
    for meeting in series.meetings:
        meeting.starts_at, meeting.ends_at = meeting.starts_at + timedelta(days=days), meeting.ends_at + timedelta(days=days)
    db.session.commit()
    return series


# What somebody says to each question of a series.
ANSWERS = {
    "dietary": "vegetarian\nNo mushrooms",
    "accommodation": "Interpreter",
    "grade": "4",
    "experience": "tried",
    "confidence": "2",
}


def asking(series: Series, *questions: str) -> Series:
    """The series, which asks these from now on, or all that there are."""
    for question in questions or QUESTIONS:
        setattr(series, f"asks_{question}", True)
    db.session.commit()
    return series


def a_model(cast: Cast, name: str = "Printer", items: int = 1) -> EquipmentModel:
    """Asks for the cast's badge; no notice, no turnaround."""
    model = EquipmentModel(district_id=cast.district.id, slug=name.lower(), name=name, skill_id=cast.skill.id, max_loan_days=21)
    model.badges = [cast.badge]
    model.items = [Item(district_id=cast.district.id, tag=f"{name}-{n}") for n in range(items)]
    db.session.add(model)
    db.session.commit()
    return model


def an_award(cast: Cast, person: Person, first_day: date = date(2027, 1, 1), last_day: date = date(2028, 1, 1)) -> Award:
    """The cast's badge, held from a day until a day; with the sign-offs that it rests on where Tara is there."""
    award = Award(
        district_id=cast.district.id, person_id=person.id, badge_id=cast.badge.id, first_day=first_day, last_day=last_day, awarded_at=NOW
    )
    db.session.add(award)
    for competency in cast.badge.competencies if "tara" in cast.people else []:
        db.session.add(
            SignOff(
                district_id=cast.district.id,
                person_id=person.id,
                competency_id=competency.id,
                trainer_id=cast.people["tara"].id,
                day=first_day,
                at=NOW,
            )
        )
    db.session.flush()
    return award


def approving(series: Series) -> Series:
    """The series, in which a seat is to be approved from now on: by the principal, as long as the district has no other steps."""
    series.asks_approval_since = NOW - timedelta(days=1)
    db.session.commit()
    return series
