"""What the demo's loader has made so far, by name, and the small steps it is made with."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from inventory.equipment import EquipmentModel
from seminar.ground.db import db
from seminar.people.appointment import Appointment
from seminar.people.district import District
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.enrollment import Enrollment
from seminar.series.seminar import Seminar
from seminar.series.series import Series
from seminar.skills.award import Award, last_day_of
from seminar.skills.badge import Badge
from seminar.skills.sign_off import SignOff
from seminar.skills.skill import Skill

# They start with what contracts.md says of them, so the history passes them by.
APART = ("teacher@rivermark.example", "contact@rivermark.example")


@dataclass
class World:
    district: District
    today: date
    now: datetime
    schools: dict[str, School] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    appointments: list[Appointment] = field(default_factory=list)
    skills: dict[str, Skill] = field(default_factory=dict)
    badges: dict[str, Badge] = field(default_factory=dict)
    trainers: dict[str, Person] = field(default_factory=dict)
    models: dict[str, EquipmentModel] = field(default_factory=dict)
    seminars: dict[str, Seminar] = field(default_factory=dict)
    # (person id, badge name) -> their last award
    held: dict[tuple[int, str], Award] = field(default_factory=dict)
    turn: int = 0

    def add_person(self, given: str, family: str, email: str | None, roles: list[tuple[str, str | None, int | None]]) -> Person:
        address = email or f"person{len(self.people) + 1}@rivermark.example"
        person = Person(district_id=self.district.id, given_name=given, family_name=family, email=address)
        self.people[address] = person
        db.session.add(person)
        for role, code, grade in roles:
            appointment = Appointment(
                district_id=self.district.id,
                person=person,
                role=role,
                school=self.schools[code] if code else None,
                school_id=self.schools[code].id if code else None,
                grade=grade,
                first_day=self.today - timedelta(days=1500),
                source="roster" if role in ("teacher", "principal") else "hand",
            )
            self.appointments.append(appointment)
            db.session.add(appointment)
        return person

    def by_email(self, name: str) -> Person:
        return self.people[f"{name}@rivermark.example"]

    def teachers(self) -> list[Person]:
        """Every teacher but those apart, in one fixed order."""
        return [a.person for a in self.appointments if a.role == "teacher" and a.person.email not in APART]

    def some_teachers(self, count: int) -> list[Person]:
        """The next so many teachers in turn, spread over the schools."""
        everybody = self.teachers()
        picked = [everybody[(self.turn + n) * 37 % len(everybody)] for n in range(count)]
        self.turn += count
        return list({person.id: person for person in picked}.values())

    def enroll_some(self, series: Series, count: int, *, state_since: datetime) -> list[Person]:
        people = self.some_teachers(count)
        db.session.add_all(
            Enrollment(
                district_id=self.district.id,
                series_id=series.id,
                person_id=person.id,
                state="enrolled",
                state_since=state_since,
                state_by_id=person.id,
                created_at=state_since,
                enrolled_at=state_since,
            )
            for person in people
        )
        return people

    def wait_some(self, series: Series, inside: list[Person], count: int, *, since: datetime) -> list[Enrollment]:
        """So many of those who aren't inside stand in line, an hour after each other."""
        outside = [person for person in self.teachers() if person not in inside][-count:]
        line = [
            Enrollment(
                district_id=self.district.id,
                series_id=series.id,
                person_id=person.id,
                state="waitlisted",
                state_since=since + timedelta(hours=n),
                state_by_id=person.id,
                created_at=since + timedelta(hours=n),
                joined_at=since + timedelta(hours=n),
            )
            for n, person in enumerate(outside)
        ]
        db.session.add_all(line)
        return line

    def train(self, person: Person, badge_name: str, day: date, *, series: Series | None = None, only: int | None = None) -> None:
        """Sign the person off in the badge's competencies (the first `only` of them) and, with all, give the badge."""
        badge = self.badges[badge_name]
        skill_name = next(name for name, skill in self.skills.items() if skill.id == badge.skill_id)
        at = self.now - timedelta(days=(self.today - day).days)
        for competency in badge.competencies[:only]:
            db.session.add(
                SignOff(
                    district_id=self.district.id,
                    person_id=person.id,
                    competency_id=competency.id,
                    trainer_id=self.trainers[skill_name].id,
                    series_id=series.id if series else None,
                    day=day,
                    at=at,
                )
            )
        if only is None:
            last = last_day_of(day, badge.valid_months)
            award = Award(district_id=self.district.id, person_id=person.id, badge_id=badge.id, first_day=day, last_day=last, awarded_at=at)
            self.held[person.id, badge_name] = award
            db.session.add(award)
