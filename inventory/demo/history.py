"""A year of the demo's history: past series with attendance and badges, and loans."""

from datetime import date, datetime, timedelta

from inventory import gate
from inventory.demo.seminars import add_series
from inventory.demo.world import World
from inventory.depot import open_days
from inventory.equipment import EquipmentModel
from inventory.lending import hand_over
from inventory.reservation import GateCheck, Reservation, ReservationLine
from inventory.reserving import Asked, reserve
from seminar.ground.db import db
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.attendance import Attendance
from seminar.series.series import Series


def past_training(world: World) -> None:
    """Safety for most in the last two years, then a past series every other week."""
    world.train(world.by_email("teacher"), "Maker Safety", world.today - timedelta(days=400))
    for n, person in enumerate(world.teachers()):
        if n % 5 < 2:
            world.train(person, "Maker Safety", world.today - timedelta(days=680 - n * 2))
    titles = [title for title in world.seminars if title != "3D Printing for the Elementary Classroom"]
    for n in range(22):
        first = world.today - timedelta(days=330 - n * 14)
        first -= timedelta(days=max(0, first.weekday() - 4))
        title = titles[n % len(titles)]
        had_a_line = title == "micro:bit in Grades 3–8"
        series = add_series(world, title, first, 2, 21 if had_a_line else 24)
        before = series.meetings[0].starts_at - timedelta(days=9)
        people = world.enroll_some(series, 20, state_since=before)
        if had_a_line:
            _one_came_from_the_line(world, series, people, before)
        db.session.flush()
        _attend(world, series, people)
        badge = world.seminars[title].badge
        for turn, person in enumerate(people):
            if badge is not None and turn % 4 and (person.id, badge.name) not in world.held:
                _train_with_what_comes_first(world, person, badge.name, series, whole=turn % 4 != 1)


def _one_came_from_the_line(world: World, series: Series, people: list[Person], before: datetime) -> None:
    """The last seat was offered to one who let it run out, and taken by the next; the third waited in vain."""
    first, second, _third = world.wait_some(series, people, 3, since=before)
    for place, state in ((first, "passed"), (second, "enrolled")):
        place.offer_until = before + timedelta(days=2 if place is first else 3)
        place.state, place.state_since = state, place.offer_until
    second.enrolled_at = second.state_since = before + timedelta(days=2, hours=5)


def _train_with_what_comes_first(world: World, person: Person, badge_name: str, series: Series, *, whole: bool) -> None:
    day = world.district.day(series.meetings[-1].starts_at)
    for required in world.badges[badge_name].prerequisites:
        if (person.id, required.name) not in world.held:
            world.train(person, required.name, day - timedelta(days=8))
    if whole:
        world.train(person, badge_name, day, series=series)
    else:
        world.train(person, badge_name, day, series=series, only=len(world.badges[badge_name].competencies) - 1)


def _attend(world: World, series: Series, people: list[Person]) -> None:
    for meeting in series.meetings:
        for n, person in enumerate(people):
            mark = ("present", "present", "present", "part", "present", "absent")[n % 6]
            minutes = {"present": meeting.minutes, "part": 75, "absent": 0}[mark]
            db.session.add(
                Attendance(
                    district_id=world.district.id,
                    meeting_id=meeting.id,
                    person_id=person.id,
                    mark=mark,
                    minutes=minutes,
                    marked_by_id=series.trainers[0].id,
                    marked_at=meeting.ends_at,
                )
            )


def lend_history(world: World) -> None:
    """Loans that are closed, then one that is late, some that are out, and pick-ups to come."""
    db.session.flush()
    for week in range(46, 3, -1):
        for n, model in enumerate(world.models.values()):
            _closed_loan(world, model, world.today - timedelta(days=7 * week), n + week)
            if len(model.items) > 12 and week % 2:
                _closed_loan(world, model, world.today - timedelta(days=7 * week), n + week + 5)
    opened = open_days(world.district.id)

    def days_of(first: int, last: int) -> tuple[date, date]:
        """Open days near these offsets from today; what is late stays late over a break."""
        near = opened.last_open if last < 0 else opened.next_open
        return near(world.today + timedelta(days=first)), near(world.today + timedelta(days=last))

    # (model, first day, last day, already handed over)
    plans = [
        ("Craft cutter", -14, -4, True),
        ("Ozobot Evo set (18)", -7, 0, True),
        ("Cardboard and hand-tool cart (30)", -6, 8, True),
        ("micro:bit class set (30)", -5, 9, True),
        ("Craft cutter", 0, 9, False),
        ("Cardboard and hand-tool cart (30)", 0, 12, False),
        ("Ozobot Evo set (18)", 3, 12, False),
    ]
    for n, (name, first, last, out) in enumerate(plans):
        _live_loan(world, world.models[name], *days_of(first, last), out=out, turn=n)


def _responsible(world: World, model: EquipmentModel, first: date, last: date, turn: int) -> tuple[School, Person] | None:
    """A school's teacher who holds what the model asks for on these days."""
    needed = [badge.name for badge in model.badges]
    found = [
        (a.school, a.person)
        for a in world.appointments
        if a.role == "teacher"
        and a.school is not None
        and all((held := world.held.get((a.person.id, b))) is not None and held.covers(first) and held.covers(last) for b in needed)
    ]
    return found[turn % len(found)] if found else None


def _closed_loan(world: World, model: EquipmentModel, first: date, turn: int) -> None:
    last = first + timedelta(days=6)
    chosen = _responsible(world, model, first, last, turn)
    if chosen is None:
        return
    school, person = chosen
    at = world.now - timedelta(days=(world.today - first).days)
    reservation = Reservation(
        district_id=world.district.id,
        school_id=school.id,
        responsible_id=person.id,
        first_day=first,
        last_day=last,
        created_at=at - timedelta(days=10),
        created_by_id=person.id,
    )
    item = model.items[turn % len(model.items)]
    line = ReservationLine(
        district_id=world.district.id,
        reservation=reservation,
        model_id=model.id,
        item_id=item.id,
        state="closed",
        state_since=at + timedelta(days=7),
        out_at=at,
        in_at=at + timedelta(days=6),
        outcome="incomplete" if turn % 11 == 0 else "ok",
    )
    db.session.add_all([reservation, line])
    db.session.flush()
    for occasion, when in (("reserved", reservation.created_at), ("handed_over", at)):
        db.session.add(
            GateCheck(
                district_id=world.district.id,
                reservation_id=reservation.id,
                person_id=person.id,
                at=when,
                occasion=occasion,
                last_day=last,
                found=gate.kept(model.badges, [world.held[person.id, badge.name] for badge in model.badges]),
            )
        )


def _live_loan(world: World, model: EquipmentModel, first: date, last: date, *, out: bool, turn: int) -> None:
    """A loan by the product's own verbs, on the days that it would have been made."""
    chosen = _responsible(world, model, first, last, turn)
    if chosen is None:
        return
    school, person = chosen
    at: datetime = world.now - timedelta(days=max(0, (world.today - first).days))
    walt = world.by_email("equipment")
    reservation = reserve(Asked(school, person, {model: 1}, first, last), by=person, now=at, today=min(first, world.today))
    if out:
        hand_over(reservation, by=walt, now=at, today=first)
