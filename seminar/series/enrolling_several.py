"""Enrolling several people at once, by their principal or the program manager: seats go in the order of the list, and each person
is answered for by a word.

What becomes of somebody: `enrolled`; `requested` where somebody else approves the seat first; `waitlisted` where that was asked for, or
`together` with the others; `no_seat` was left for them; they were `in_it` already, or `in_line` for a seat. Laws: rules 1 to 3, as for
who enrolls alone; all of it under one lock, in one transaction, in as many statements for forty as for four.
"""

from collections.abc import Mapping, Sequence
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
    Seats,
    add_place,
    lock,
    move,
    record,
    refuse_unless_it_takes_enrollments,
    seats_of,
)
from seminar.series.free_seats import Free, free_for
from seminar.series.series import Series
from seminar.series.waiting_group import WaitingGroup
from seminar.series.waitlist import is_open, line_up, settled

# By person, what becomes of them: in the order of the list.
Answers = dict[int, str]


def foreseen(people: Sequence[Person], series: Series, *, by: Person, now: datetime) -> Answers:
    """What would become of each if they were enrolled now; the same few statements for any number."""
    answers = _answers(people, live_places(people, series), free_for(people, series, seats_of(series, now), now), now)
    return _with_requests(answers, requests_for(_with_a_seat(people, answers), series, by=by, now=now))


def _with_a_seat(people: Sequence[Person], answers: Answers) -> list[Person]:
    return [person for person in people if answers[person.id] == "enrolled"]


def _with_requests(answers: Answers, requests: Mapping[int, ApprovalRequest]) -> Answers:
    waits = {person_id for person_id, request in requests.items() if request.approved_at is None}
    return {person_id: "requested" if person_id in waits else answer for person_id, answer in answers.items()}


def live_places(people: Sequence[Person], series: Series) -> dict[int, Enrollment]:
    """By person, their place in the series or in the line for it, read anew; one statement."""
    query = select(Enrollment).where(Enrollment.series_id == series.id, Enrollment.state.in_(LIVE))
    theirs = query.where(Enrollment.person_id.in_(bindparam("people", [person.id for person in people], expanding=True)))
    return {place.person_id: place for place in db.session.scalars(theirs.execution_options(populate_existing=True))}


def _answers(people: Sequence[Person], places: dict[int, Enrollment], free: Free, now: datetime) -> Answers:
    """The seat that is kept for somebody is theirs, whatever else is left, but one that is kept for a group waits for its answer; one
    that ran out is like any other."""
    answers: Answers = {}
    for person in people:
        place = places.get(person.id)
        if place is not None and place.state != "offered":
            answers[person.id] = "in_line" if place.state == "waitlisted" else "in_it"
        elif place is not None and is_open(place, now):
            answers[person.id] = "enrolled" if place.group_id is None else "in_line"
        else:
            answers[person.id] = "enrolled" if free.give(person.id) else "no_seat"
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


def enroll_all_or_line_up_together(people: Sequence[Person], series: Series, *, by: Person, now: datetime) -> History:
    """A seat for each who has no place yet, or, where there aren't as many, for nobody: then they wait for them as a group. Raises
    Refused for more people than the series has seats."""
    seats = _settled_or_refused(series, now)
    places = live_places(people, series)
    answers = _answers(people, places, free_for(people, series, seats, now), now)
    if "no_seat" not in answers.values():
        return enroll_several(people, series, by=by, now=now)
    # A seat that is kept for one of them already is theirs alone.
    group = [person for person in people if person.id not in places or answers[person.id] == "no_seat"]
    answers = {person_id: "in_line" if answer == "enrolled" else answer for person_id, answer in answers.items()}
    if len(group) > series.seats:
        sentence = N_("{title} has {seats} seats, fewer than these {number} people, so they can never come together.")
        raise Refused(sentence, field="people", title=series.seminar.title, seats=series.seats, number=len(group))
    made = _made(series, by=by, now=now) if len(group) > 1 else None
    line_up(group, series, by=by, now=now, group=made)
    answers |= {person.id: "together" if made else "waitlisted" for person in group}
    return _recorded(answers, series, by=by, now=now)


def _made(series: Series, *, by: Person, now: datetime) -> WaitingGroup:
    made = WaitingGroup(district_id=series.district_id, series_id=series.id, made_by_id=by.id, made_at=now)
    db.session.add(made)
    db.session.flush()
    return made


def _settled_or_refused(series: Series, now: datetime) -> Seats:
    lock(series)
    seats = settled(series, now)
    refuse_unless_it_takes_enrollments(series, now)
    if series.price_cents:
        sentence = N_("A seat in {title} is paid by whoever has it. Nominate these people: they enroll by themselves.")
        raise Refused(sentence, status=409, title=series.seminar.title)
    return seats


def _seat(people: Sequence[Person], series: Series, *, by: Person, now: datetime) -> Answers:
    seats = _settled_or_refused(series, now)
    places, free = live_places(people, series), free_for(people, series, seats, now)
    answers = _answers(people, places, free, now)
    seated = _with_a_seat(people, answers)
    requests = requests_for(seated, series, by=by, now=now)
    take_seats([places.get(person.id) or _anew(person, series, free, by=by, now=now) for person in seated], requests, by=by, now=now)
    return _with_requests(answers, requests)


def _anew(person: Person, series: Series, free: Free, *, by: Person, now: datetime) -> Enrollment:
    place = add_place(person, series, "enrolled", by=by, now=now)
    place.person, place.set_aside_id = person, free.given[person.id]
    return place


def take_seats(places: Sequence[Enrollment], requests: Mapping[int, ApprovalRequest], *, by: Person, now: datetime) -> None:
    """These places, new ones or offers, of one series that costs nothing, are seats of theirs, or, where a request of theirs is to be
    approved first, asked for; each is told by mail. Flushes."""
    for place in places:
        request = requests.get(place.person_id)
        step = request.open_step if request is not None else None
        state = "enrolled" if step is None else "requested"
        if place.state == "offered":
            move(place, state, by=by, now=now)
        place.state, place.hold_until = state, step.due_at if step is not None else None
        place.enrolled_at = now if step is None else None
    db.session.flush()
    record(places, by=by, now=now)
    keep(list(requests.values()), places, by=by, now=now)
    if enrolled := [place for place in places if place.state == "enrolled"]:
        tell_each(enrolled, enrolled[0].series, "enrolled", now=now)


def _recorded(answers: Answers, series: Series, *, by: Person, now: datetime) -> History:
    row = history.record(by, "several enrolled", series, now, answers=list(answers.items()))
    db.session.flush()
    return row
