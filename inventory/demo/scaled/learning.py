"""A neighborhood's year of learning: series, who was there, what was signed off, and the badges that rest on it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from inventory.demo.calendar import year_ending
from inventory.demo.scaled.place import BACK, BadgeFacts, Place, SeminarFacts
from inventory.demo.scaled.record import did, mailed
from inventory.demo.scaled.staff import Neighborhood, Teacher
from seminar.ground.clock import at_local, day_of
from seminar.skills.award import last_day_of

TOPICS = ("Meet the tool", "From idea to first piece", "A class of thirty", "Show what you can run")
BY_SLIP = "Signed off on the wrong line."


@dataclass(frozen=True)
class Held:
    """A badge of a teacher that stands."""

    award_id: int
    teacher: Teacher
    badge_id: int
    first_day: date
    last_day: date


@dataclass
class Learned:
    """What the neighborhood's teachers hold, by person and badge, and by badge."""

    of_person: dict[tuple[int, int], list[Held]] = field(default_factory=dict)
    of_badge: dict[int, list[Held]] = field(default_factory=dict)
    signed: set[tuple[int, int, date]] = field(default_factory=set)

    def keep(self, held: Held) -> None:
        self.of_person.setdefault((held.teacher.person_id, held.badge_id), []).append(held)
        self.of_badge.setdefault(held.badge_id, []).append(held)

    def day_to_sign(self, teacher: Teacher, badge_id: int, day: date) -> date:
        """That day, or the last one before it on which nothing of this badge was signed off for them."""
        while (teacher.person_id, badge_id, day) in self.signed:
            day -= timedelta(days=1)
        self.signed.add((teacher.person_id, badge_id, day))
        return day

    def has(self, teacher: Teacher, badge_id: int, day: date) -> bool:
        return any(held.first_day <= day for held in self.of_person.get((teacher.person_id, badge_id), ()))


@dataclass(frozen=True)
class Run:
    """A series as it was made: its meetings' times, by the meeting's id, and who teaches it."""

    series_id: int
    seminar: SeminarFacts
    trainer_id: int
    meetings: tuple[tuple[int, datetime, datetime], ...]

    @property
    def starts_at(self) -> datetime:
        return self.meetings[0][1]

    @property
    def ends_at(self) -> datetime:
        return self.meetings[-1][2]


def learn(here: Neighborhood, enrollments: int) -> Learned:
    """Every place of the year, and what came of it."""
    learned = Learned()
    _learned_before(here, learned)
    for seminar, group in _groups(here, enrollments):
        run = _series(here, seminar, len(group))
        present = [teacher for teacher in group if _enroll(here, run, teacher)]
        _attend(here, run, present)
        if run.ends_at <= here.place.now:
            for teacher in present:
                _show(here, learned, run, teacher)
    return learned


def _learned_before(here: Neighborhood, learned: Learned) -> None:
    """Safety came first, in the last two years: two in five hold it, and of some it runs out soon."""
    place = here.place
    safety = next(badge for badge in place.badges.values() if badge.name == "Maker Safety")
    for teacher in here.teachers:
        if here.chance.random() < 0.4:
            day = place.today - timedelta(days=here.chance.randrange(340, 720))
            _train(here, learned, teacher, safety, learned.day_to_sign(teacher, safety.id, day))


def _groups(here: Neighborhood, enrollments: int) -> Iterator[tuple[SeminarFacts, list[Teacher]]]:
    """Everybody takes their turn at what fits their grade, and who wants the same is put together."""
    waiting: dict[SeminarFacts, list[Teacher]] = {}
    turns = here.chance.sample(here.teachers, len(here.teachers))
    for n in range(enrollments):
        teacher = turns[n % len(turns)]
        fitting = [s for s in here.place.seminars if s.grades[0] <= teacher.grade <= s.grades[1]]
        seminar = fitting[(teacher.person_id + n // len(turns)) % len(fitting)]
        group = waiting.setdefault(seminar, [])
        group.append(teacher)
        if len(group) >= 15 + group[0].person_id % 10:
            yield seminar, waiting.pop(seminar)
    yield from waiting.items()


def _series(here: Neighborhood, seminar: SeminarFacts, people: int) -> Run:
    place, trainer_id = here.place, here.trainers[seminar.skill_id]
    season, days = _days(here)
    starts = [at_local(day, 16, 0, place.timezone) for day in days]
    ends = [start + timedelta(hours=2) for start in starts]
    told = min(place.now, starts[0])
    series_id = here.book.add(
        "series",
        {
            "district_id": place.district_id,
            "seminar_id": seminar.id,
            "season": season,
            "school_year": days[0].year if season == "summer" else year_ending(days[0]),
            "seats": max(people, here.chance.choice((16, 20, 24, 30))),
            "seats_taken": 0,
            "enrollment_opens_at": told - timedelta(days=40),
            "enrollment_closes_at": ends[-1],
            "published_at": told - timedelta(days=45),
        },
    )
    here.book.put("series_trainer", {"series_id": series_id, "person_id": trainer_id})
    did(here, place.program_id, "series published", "series", series_id, told - timedelta(days=45))
    room = {"place": f"Maker Lab {here.number + 1}", "room": f"Room {here.chance.randrange(1, 60)}"}
    meetings = []
    for n, (start, end) in enumerate(zip(starts, ends, strict=True)):
        row = {"district_id": place.district_id, "series_id": series_id, "title": TOPICS[n], "starts_at": start, "ends_at": end, **room}
        row["agenda"] = "Learn as learners, debrief as educators, plan a lesson."
        meetings.append((here.book.add("meeting", row), start, end))
    return Run(series_id, seminar, trainer_id, tuple(meetings))


def _days(here: Neighborhood) -> tuple[str, list[date]]:
    """Weekly in the school year; in the summer, last or next, day after day."""
    place, count = here.place, here.chance.randrange(2, 5)
    if here.once_in(25):
        first = date(year_ending(place.today), 6, 16) + timedelta(days=7 * here.chance.randrange(6))
    else:
        first = here.chance.choice(place.open_days[:-45])
    if place.is_school_day(first):
        weekly = (first + timedelta(days=7 * n) for n in range(count))
        return "year-round", sorted({place.opened.next_open(day) for day in weekly})
    return "summer", [first + timedelta(days=n) for n in range(count)]


def _enroll(here: Neighborhood, run: Run, teacher: Teacher) -> bool:
    """Takes a place, and answers whether it was kept: some withdraw, and the district cancels a few."""
    place, person_id = here.place, teacher.person_id
    at = min(place.now, run.starts_at) - timedelta(minutes=here.chance.randrange(60, 38 * 24 * 60))
    row: dict[str, Any] = {"district_id": place.district_id, "series_id": run.series_id, "person_id": person_id, "created_at": at}
    row |= {"state": "enrolled", "state_since": at, "state_by_id": person_id, "enrolled_at": at}
    fate = here.chance.random()
    ended = at + (min(place.now, run.starts_at) - at) / 2
    if fate < 0.06:
        row |= {"state": "withdrawn", "state_since": ended}
    elif fate < 0.08:
        row |= {"state": "canceled", "state_since": ended, "state_by_id": place.program_id, "state_reason": "Moved to another series."}
    enrollment_id = here.book.add("enrollment", row)
    told = {"series": run.series_id, "person": person_id}
    did(here, person_id, "enrolled", "enrollment", enrollment_id, at, **told)
    said = {"title": run.seminar.title, "series_id": run.series_id, "starts_at": run.starts_at, "reason": ""}
    mailed(here, person_id, "enrolled", str(enrollment_id), at, **said)
    if row["state"] != "enrolled":
        reason = row.get("state_reason")
        did(here, row["state_by_id"], row["state"], "enrollment", enrollment_id, ended, **told, reason=reason)
        mailed(here, person_id, row["state"], str(enrollment_id), ended, **said | {"reason": reason or ""})
    return row["state"] == "enrolled"


def _attend(here: Neighborhood, run: Run, present: list[Teacher]) -> None:
    for meeting_id, starts_at, ends_at in run.meetings:
        if ends_at > here.place.now:
            break
        whole = int((ends_at - starts_at).total_seconds() // 60)
        for teacher in present:
            mark, minutes = here.chance.choice((("present", whole),) * 8 + (("part", 75), ("absent", 0), ("excused", 0)))
            row: dict[str, Any] = {"district_id": here.place.district_id, "meeting_id": meeting_id, "person_id": teacher.person_id}
            row |= {"mark": mark, "minutes": minutes, "marked_by_id": run.trainer_id, "marked_at": ends_at}
            here.book.add("attendance", row)


def _show(here: Neighborhood, learned: Learned, run: Run, teacher: Teacher) -> None:
    """Most show all of it and earn the badge; some are nearly there, and some have shown nothing yet."""
    badge = here.place.badges.get(run.seminar.badge_id or 0)
    if badge is None or here.once_in(4) or learned.has(teacher, badge.id, date.max):
        return
    day = learned.day_to_sign(teacher, badge.id, day_of(run.ends_at, here.place.timezone))
    for first in badge.prerequisites:
        _train_first(here, learned, teacher, here.place.badges[first], day)
    if here.once_in(6):
        _sign_off(here, teacher, badge.competencies[: -here.chance.randrange(1, 3)], badge, day, run.series_id)
    else:
        _train(here, learned, teacher, badge, day, run.series_id)


def _train_first(here: Neighborhood, learned: Learned, teacher: Teacher, badge: BadgeFacts, day: date) -> None:
    if learned.has(teacher, badge.id, day):
        return
    before = learned.day_to_sign(teacher, badge.id, day - timedelta(days=here.chance.randrange(8, 25 * badge.months)))
    for first in badge.prerequisites:
        _train_first(here, learned, teacher, here.place.badges[first], before)
    _train(here, learned, teacher, badge, before)


def _train(here: Neighborhood, learned: Learned, teacher: Teacher, badge: BadgeFacts, day: date, series_id: int | None = None) -> None:
    """Sign everything off and give the badge; one in two hundred was a slip, which stays on record with its reason."""
    place, trainer_id, at = here.place, here.trainers[badge.skill_id], _evening(here.place, day)
    slip = here.once_in(200)
    signed = _sign_off(here, teacher, badge.competencies, badge, day, series_id)
    last_day = last_day_of(day, badge.months)
    row: dict[str, Any] = {"district_id": place.district_id, "person_id": teacher.person_id, "badge_id": badge.id, "first_day": day}
    row |= {"last_day": last_day, "awarded_at": at}
    award_id = here.book.add("award", row)
    did(here, None, "awarded", "award", award_id, at, person=teacher.person_id, badge=badge.name)
    mailed(here, teacher.person_id, "awarded", str(award_id), at, badge=badge.name, last_day=last_day)
    if slip:
        undone = {"withdrawn_at": at + timedelta(minutes=20), "withdrawn_by_id": trainer_id, "withdrawn_reason": BY_SLIP}
        signed[-1].update(undone)
        row.update(undone)
        told = {"person": teacher.person_id, "badge": badge.name, "reason": BY_SLIP}
        did(here, trainer_id, "award withdrawn", "award", award_id, at + timedelta(minutes=20), **told)
    else:
        learned.keep(Held(award_id, teacher, badge.id, day, last_day))


def _sign_off(
    here: Neighborhood, teacher: Teacher, competencies: tuple[int, ...], badge: BadgeFacts, day: date, series_id: int | None
) -> list[dict[str, Any]]:
    place, trainer_id, at = here.place, here.trainers[badge.skill_id], _evening(here.place, day)
    rows = []
    for competency_id in competencies:
        row: dict[str, Any] = {"district_id": place.district_id, "person_id": teacher.person_id, "competency_id": competency_id}
        row |= {"trainer_id": trainer_id, "series_id": series_id, "day": day, "at": at}
        rows.append(row)
        number = here.book.add("sign_off", row)
        if day >= place.today - BACK:
            did(here, trainer_id, "signed off", "sign_off", number, at, person=teacher.person_id, competency=competency_id)
    return rows


def _evening(place: Place, day: date) -> datetime:
    return min(place.now, at_local(day, 18, 30, place.timezone))
