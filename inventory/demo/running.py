"""What the demo shows of running a series: too few people so far and a day to decide by, a moved meeting that some have answered
for, and a message to its people."""

from datetime import timedelta

from inventory.demo.world import World
from seminar.ground.db import db
from seminar.people.person import Person
from seminar.series.message import SeriesMessage
from seminar.series.moved import MeetingMove, MoveAnswer
from seminar.series.series import Series


def run_a_series(world: World, series: Series, people: list[Person]) -> None:
    """It needs more people within the week, and its second meeting is in another room of another school now."""
    series.minimum, series.decide_on = len(people) + 3, world.today + timedelta(days=6)
    moved, planner, of = series.meetings[1], world.by_email("program"), {"district_id": world.district.id}
    move = MeetingMove(
        **of,
        meeting_id=moved.id,
        was_at=moved.starts_at - timedelta(days=1),
        was_place="Oak Hill Middle",
        moved_at=world.now - timedelta(days=2),
        moved_by_id=planner.id,
    )
    moved.revision, moved.changed_at = 1, move.moved_at
    message = SeriesMessage(**of, series_id=series.id, audience="enrolled", subject="Bring a laptop", people=len(people))
    message.text = "We draw in the first hour and print in the second.\n\nA laptop of your school is fine, a tablet isn't enough."
    message.sent_at, message.sent_by_id = world.now - timedelta(days=1), series.trainers[0].id
    db.session.add_all([move, message])
    db.session.flush()
    answered = {"move_id": move.id, "comes": True, "answered_at": world.now - timedelta(days=1)}
    db.session.add_all([MoveAnswer(**of, **answered, person_id=person.id) for person in people[:2]])
