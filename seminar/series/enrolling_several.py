"""Enrolling several people at once, by their principal or the program manager: seats go in the order of the list, and each person
is answered for by a word.

What becomes of somebody: `enrolled`; `held`, where the seat is to be paid first; `requested`, where somebody else approves it first;
`waitlisted` where that was asked for, or `together` with the others; `no_seat` was left for them; they were `in_it` already, or `in_line`
for a seat. Laws: rules 1 to 3, as for who enrolls alone; all of it under one lock, in one transaction, in as many statements for forty as
for four.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, select

from seminar.ground import contributions, history
from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.refusal import N_, Refused
from seminar.people.person import Person
from seminar.series.approval import ApprovalRequest
from seminar.series.approval_asking import requests_for
from seminar.series.enrolling import add_seat, take_seats
from seminar.series.enrollment import (
    LIVE,
    Enrollment,
    Seats,
    lock,
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
    answers = _with_requests(answers, requests_for(_with_a_seat(people, answers), series, by=by, now=now))
    return _with_prices(answers, _with_a_seat(people, answers), series, now)


def _with_a_seat(people: Sequence[Person], answers: Answers) -> list[Person]:
    return [person for person in people if answers[person.id] == "enrolled"]


def _with_requests(answers: Answers, requests: Mapping[int, ApprovalRequest]) -> Answers:
    waits = {person_id for person_id, request in requests.items() if request.approved_at is None}
    return {person_id: "requested" if person_id in waits else answer for person_id, answer in answers.items()}


def _with_prices(answers: Answers, seated: Sequence[Person], series: Series, now: datetime) -> Answers:
    to_pay: Counter[int] = Counter()
    for costs_of in contributions.seat_costs if series.price_cents and seated else ():
        to_pay.update({person_id: cost.cents for person_id, cost in costs_of(seated, series, now).items()})
    return {person_id: "held" if to_pay[person_id] else answer for person_id, answer in answers.items()}


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
    if series.price_cents:
        raise Refused(N_("A seat in {title} costs something, so nobody waits as a group: each pays alone."), title=series.seminar.title)
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
    return seats


def _seat(people: Sequence[Person], series: Series, *, by: Person, now: datetime) -> Answers:
    seats = _settled_or_refused(series, now)
    places, free = live_places(people, series), free_for(people, series, seats, now)
    answers = _answers(people, places, free, now)
    seated = _with_a_seat(people, answers)
    requests = requests_for(seated, series, by=by, now=now)
    taken = [places.get(person.id) or add_seat(person, series, free.given[person.id], by=by, now=now) for person in seated]
    take_seats(taken, requests, by=by, now=now)
    return answers | {place.person_id: place.state for place in taken}


def _recorded(answers: Answers, series: Series, *, by: Person, now: datetime) -> History:
    row = history.record(by, "several enrolled", series, now, answers=list(answers.items()))
    db.session.flush()
    return row
