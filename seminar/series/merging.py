"""What two records of one person can't both have of series: two live places in one, two marks for one meeting, and an approval of the
one's request by the other, which would become one of their own."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased, joinedload

from seminar.ground import contributions, history
from seminar.ground.contributions import Collision
from seminar.ground.db import db
from seminar.ground.refusal import N_
from seminar.people.person import Person
from seminar.series.answer import take_over_answers
from seminar.series.approval import Approval
from seminar.series.attendance import Attendance
from seminar.series.enrollment import LIVE, Enrollment, lock, move, record
from seminar.series.series import Meeting, Series
from seminar.series.waitlist import pass_on, settled

# The nearer to a seat, the sooner it is the one that stays.
NEAREST = ("enrolled", "awaiting_po", "held", "offered", "requested", "waitlisted")


def merge_collisions(kept: Person, merged: Person, _now: datetime) -> list[Collision]:
    return [*_of_oneself(kept, merged), *_places(kept, merged), *_marks(kept, merged)]


def _of_oneself(kept: Person, merged: Person) -> list[Collision]:
    one_for_the_other = or_(
        (Approval.person_id == kept.id) & (Approval.decided_by_id == merged.id),
        (Approval.person_id == merged.id) & (Approval.decided_by_id == kept.id),
    )
    if db.session.scalar(select(Approval.id).where(one_for_the_other).limit(1)) is None:
        return []
    says = N_("One of them decided about the other's request: merged, it would be their own, which nobody can. They stay two records.")
    return [Collision(says, None)]


def _places(kept: Person, merged: Person) -> list[Collision]:
    one, other = aliased(Enrollment), aliased(Enrollment)
    query = (
        select(one, other)
        .join(other, one.series_id == other.series_id)
        .where(one.person_id == kept.id, other.person_id == merged.id, one.state.in_(LIVE), other.state.in_(LIVE))
        .options(joinedload(one.series).joinedload(Series.seminar))
        .order_by(one.series_id)
    )
    says = N_("Both have a place in {title}. The better one stays, the other is withdrawn and gives its seat back.")
    return [
        Collision(says, _withdrawing(pair[0], pair[1], pair[0].series), {"title": pair[0].series.seminar.title})
        for pair in db.session.execute(query)
    ]


def _how_far(place: Enrollment) -> tuple[int, datetime, int]:
    """The greatest of two is the one to give up: further from a seat, or, alike, the later one."""
    return NEAREST.index(place.state), place.created_at, place.id


def _withdrawing(one: Enrollment, other: Enrollment, series: Series) -> Callable[[Person, datetime], None]:
    """Without a mail: the person still comes. Which of the two is the better one is seen under the lock."""

    def withdraw(by: Person, now: datetime) -> None:
        lock(series)
        settled(series, now)
        for place in (one, other):
            db.session.refresh(place, attribute_names=["state"])
        if not (one.state in LIVE and other.state in LIVE):
            return
        place = max(one, other, key=_how_far)
        move(place, "withdrawn", by=by, now=now, reason=N_("Two records of one person became one."))
        db.session.flush()
        take_over_answers(other if place is one else one, place)
        record([place], by=by, now=now)
        for settle in contributions.places_ended:
            settle([place], why="merged", by=by, now=now)
        pass_on([series], now)

    return withdraw


def _marks(kept: Person, merged: Person) -> list[Collision]:
    """Where both were marked, the longer presence is the kept person's; the other mark stays with the other record."""
    one, other = aliased(Attendance), aliased(Attendance)
    query = (
        select(one, other)
        .join(other, one.meeting_id == other.meeting_id)
        .where(one.person_id == kept.id, other.person_id == merged.id)
        .options(joinedload(one.meeting).joinedload(Meeting.series).joinedload(Series.seminar))
    )
    says = N_("Both are marked in a meeting of {title} on {day}. The longer presence counts.")
    return [
        Collision(
            says,
            _taking_the_longer(ours, theirs),
            {"title": ours.meeting.series.seminar.title, "day": kept.district.day(ours.meeting.starts_at)},
        )
        for ours, theirs in db.session.execute(query)
    ]


def _taking_the_longer(ours: Attendance, theirs: Attendance) -> Callable[[Person, datetime], None]:
    def take(by: Person, now: datetime) -> None:
        if theirs.minutes <= ours.minutes:
            return
        before = (ours.mark, ours.minutes)
        for name in ("mark", "minutes", "marked_by_id", "marked_at"):
            mine, yours = getattr(ours, name), getattr(theirs, name)
            setattr(ours, name, yours)
            setattr(theirs, name, mine)
        history.record(by, "attendance", ours.meeting, now, person=ours.person_id, mark=ours.mark, minutes=ours.minutes, before=before)

    return take
