"""Enrolling several people at once, by their principal or the program manager: seats go in the order of the list, and each person
is answered for by a word.

What becomes of somebody: `enrolled`; `requested` where somebody else approves the seat first; or `waitlisted` where that was asked for;
`no_seat` was left for them; they were `in_it` already, or `in_line` for a seat. Laws: rules 1 to 3, as for who enrolls alone; all of it
under one lock, in one transaction, in as many statements for forty as for four.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select

from seminar.ground import history
from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.refusal import N_, Refused
from seminar.people.person import Person
from seminar.series.approval import ApprovalRequest
from seminar.series.approval_asking import keep, requests_for
from seminar.series.enrolling import tell_each
from seminar.series.enrollment import (
    LIVE,
    Enrollment,
    add_place,
    lock,
    move,
    record,
    refuse_unless_it_takes_enrollments,
    seats_of,
)
from seminar.series.series import Series
from seminar.series.waitlist import is_open, line_up, settled

# By person, what becomes of them: in the order of the list.
Answers = dict[int, str]


def foreseen(people: Sequence[Person], series: Series, *, by: Person, now: datetime) -> Answers:
    """What would become of each if they were enrolled now; the same few statements for any number."""
    answers = _answers(people, live_places(people, series), seats_of(series, now).left, now)
    return _with_requests(answers, _requests(people, answers, series, by=by, now=now))


def _requests(people: Sequence[Person], answers: Answers, series: Series, *, by: Person, now: datetime) -> dict[int, ApprovalRequest]:
    return requests_for([person for person in people if answers[person.id] == "enrolled"], series, by=by, now=now)


def _with_requests(answers: Answers, requests: dict[int, ApprovalRequest]) -> Answers:
    waits = {person_id for person_id, request in requests.items() if request.approved_at is None}
    return {person_id: "requested" if person_id in waits else answer for person_id, answer in answers.items()}


def live_places(people: Sequence[Person], series: Series) -> dict[int, Enrollment]:
    """By person, their place in the series or in the line for it, read anew; one statement."""
    query = select(Enrollment).where(Enrollment.series_id == series.id, Enrollment.state.in_(LIVE))
    theirs = query.where(Enrollment.person_id.in_(bindparam("people", [person.id for person in people], expanding=True)))
    return {place.person_id: place for place in db.session.scalars(theirs.execution_options(populate_existing=True))}


def _answers(people: Sequence[Person], places: dict[int, Enrollment], left: int, now: datetime) -> Answers:
    """The seat that is kept for somebody is theirs, whatever else is left; one that ran out is like any other."""
    answers: Answers = {}
    for person in people:
        place = places.get(person.id)
        if place is not None and place.state != "offered":
            answers[person.id] = "in_line" if place.state == "waitlisted" else "in_it"
        elif place is not None and is_open(place, now):
            answers[person.id] = "enrolled"
        else:
            answers[person.id] = "enrolled" if left > 0 else "no_seat"
            left -= 1
    return answers


def enroll_several(people: Sequence[Person], series: Series, *, by: Person, now: datetime) -> History:
    """Give each a seat while there is one, and leave out the rest. Raises Refused where the series takes no enrollments. What
    became of each is in the details of the entry that the audit trail gets. Flushes."""
    return _recorded(_seat(people, series, by=by, now=now), series, by=by, now=now)


def enroll_or_line_up(people: Sequence[Person], series: Series, *, by: Person, now: datetime) -> History:
    """The same, and whoever finds no seat stands in line for one."""
    answers = _seat(people, series, by=by, now=now)
    waiting = [person for person in people if answers[person.id] == "no_seat"]
    if waiting:
        line_up(waiting, series, by=by, now=now)
        answers |= {person.id: "waitlisted" for person in waiting}
    return _recorded(answers, series, by=by, now=now)


def _seat(people: Sequence[Person], series: Series, *, by: Person, now: datetime) -> Answers:
    lock(series)
    seats = settled(series, now)
    refuse_unless_it_takes_enrollments(series, now)
    if series.price_cents:
        sentence = N_("A seat in {title} is paid by whoever has it. Nominate these people: they enroll by themselves.")
        raise Refused(sentence, status=409, title=series.seminar.title)
    places = live_places(people, series)
    answers = _answers(people, places, seats.left, now)
    requests = _requests(people, answers, series, by=by, now=now)
    seated = [
        _seated(person, places.get(person.id), requests.get(person.id), series, by=by, now=now)
        for person in people
        if answers[person.id] == "enrolled"
    ]
    db.session.flush()
    record(seated, by=by, now=now)
    keep(list(requests.values()), seated, by=by, now=now)
    tell_each([place for place in seated if place.state == "enrolled"], series, "enrolled", now=now)
    return _with_requests(answers, requests)


def _seated(
    person: Person, offered: Enrollment | None, request: ApprovalRequest | None, series: Series, *, by: Person, now: datetime
) -> Enrollment:
    step = request.open_step if request is not None else None
    state = "enrolled" if step is None else "requested"
    if offered is not None:
        move(offered, state, by=by, now=now)
    place = offered or add_place(person, series, state, by=by, now=now)
    place.enrolled_at, place.hold_until = (now, None) if step is None else (None, step.due_at)
    return place


def _recorded(answers: Answers, series: Series, *, by: Person, now: datetime) -> History:
    row = history.record(by, "several enrolled", series, now, answers=list(answers.items()))
    db.session.flush()
    return row
