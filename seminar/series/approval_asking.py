"""Asking for an approval: whose seat needs one, whom its steps go to in order, reminding them, and what is told when it came too late.

Laws: a step that nobody could decide is passed over, and where nobody is left the PD office decides; who enrolls somebody else and could
decide a step has decided it by that. Each step has a deadline of its own, until which the seat is kept. A raised price or other dates
begin the steps anew.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from seminar.ground import history, outbox
from seminar.ground.db import db
from seminar.ground.outbox import Letter
from seminar.ground.refusal import N_, Refused
from seminar.people.appointment import Appointment, current_on
from seminar.people.calendar import closed_between
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.approval import LAST_RESORT, Approval, ApprovalRequest, Deciders, deciders_of, is_open, whole
from seminar.series.approval_deadline import decided_by
from seminar.series.approval_step import Step, steps_of
from seminar.series.enrollment import Enrollment
from seminar.series.offer import SHORTEST
from seminar.series.series import Series

# As far as a deadline can move over days on which the district is closed.
LOOKED_AHEAD = timedelta(days=90)
A_DAY = timedelta(days=1)
NOBODY = N_("Nobody here could decide about the request of {name}. The PD office names somebody under Settings, Approvals.")


def schools_of(people: Sequence[Person], day: date) -> dict[int, School]:
    """By person, the school whose principal decides about them: one that asks for approvals before one that doesn't; one
    statement."""
    query = select(Appointment.person_id, School).join(School, School.id == Appointment.school_id)
    theirs = query.where(Appointment.person_id.in_([person.id for person in people]), current_on(day))
    found: dict[int, School] = {}
    for person_id, school in db.session.execute(theirs.order_by(School.asks_approval.desc(), Appointment.id)):
        found.setdefault(person_id, school)
    return found


def requests_for(people: Sequence[Person], series: Series, *, by: Person, now: datetime) -> dict[int, ApprovalRequest]:
    """By person, the request of each whose seat in the series needs an approval, with the steps that are decided by `by` enrolling
    them; the first that is left is open. They aren't kept. As many statements for forty as for one."""
    if not people:
        return {}
    day = series.district.day(now)
    schools = schools_of(people, day)
    asking = [person for person in people if series.asks_approval or (person.id in schools and schools[person.id].asks_approval)]
    if not asking:
        return {}
    steps = steps_of(series.district_id)
    requests = [_request(person, schools.get(person.id), series, steps, now) for person in asking]
    deciders, closed = deciders_of(requests, {series.district_id: day}), _closed_days(series.district_id, now)
    for person, request in zip(asking, requests, strict=True):
        _decide_by_enrolling(request, deciders, by=by, now=now)
        _go_to_the_next(request, series, deciders, closed, now)
        step = request.open_step
        if step is not None and not deciders.of(step, request.school_id):
            raise Refused(NOBODY, status=409, name=person.name)
    return {request.person_id: request for request in requests}


def _request(person: Person, school: School | None, series: Series, steps: Sequence[Step], now: datetime) -> ApprovalRequest:
    of = {"district_id": series.district_id, "person_id": person.id}
    request = ApprovalRequest(**of, school_id=school.id if school else None, asked_at=now, round=1)
    for position, step in enumerate(steps):
        _add_step(request, position, step.role, step.approver.id if step.approver else None, step.school_days)
    return request


def _add_step(request: ApprovalRequest, position: int, role: str, approver_id: int | None, school_days: int) -> Approval:
    of = {"district_id": request.district_id, "person_id": request.person_id, "round": request.round, "position": position}
    step = Approval(**of, role=role, approver_id=approver_id, school_days=school_days)
    request.all_steps.append(step)
    return step


def _decide_by_enrolling(request: ApprovalRequest, deciders: Deciders, *, by: Person, now: datetime) -> None:
    """A principal's own step; each, for who runs the program."""
    for step in request.steps:
        own = deciders.of(step, request.school_id)
        is_office = any(one.id == by.id for one in deciders.office.get(step.district_id, []))
        if by.id != request.person_id and (is_office or any(one.id == by.id for one in own)):
            step.decision, step.decided_at, step.decided_by_id = "approved", now, by.id
            step.behalf_of_id = None if not own or any(one.id == by.id for one in own) else own[0].id


def _go_to_the_next(request: ApprovalRequest, series: Series, deciders: Deciders, closed: set[date], now: datetime) -> None:
    """The first step that is left and that somebody can decide is open; with none left the request is approved."""
    left = [step for step in request.steps if step.decision is None]
    for number, step in enumerate(left):
        if deciders.of(step, request.school_id):
            _open(step, series, len(left) - number, closed, now)
            return
        step.decision, step.decided_at = "skipped", now
    if request.steps[-1].decision == "skipped" and request.steps[-1].position < LAST_RESORT:
        last = _add_step(request, LAST_RESORT, "program_manager", None, request.steps[-1].school_days)
        is_left = any(step.decision == "approved" for step in request.steps)
        if not is_left or deciders.of(last, request.school_id):
            _open(last, series, 1, closed, now)
            return
        last.decision, last.decided_at = "skipped", now
    request.approved_at = now


def _open(step: Approval, series: Series, steps_left: int, closed: set[date], now: datetime) -> None:
    ahead = [meeting.starts_at for meeting in series.meetings if meeting.canceled_at is None and meeting.starts_at >= now + SHORTEST]
    zone, days = series.district.timezone, step.school_days
    begins = min(ahead, default=None)
    step.begins_at = now
    step.due_at = decided_by(now, begins, school_days=days, steps_left=steps_left, timezone=zone, closed=closed)
    step.remind_at = max(now + (step.due_at - now) / 2, step.due_at - A_DAY)


def _closed_days(district_id: int, now: datetime) -> set[date]:
    return closed_between(district_id, now.date(), now.date() + LOOKED_AHEAD)


def keep(requests: Sequence[ApprovalRequest], places: Sequence[Enrollment], *, by: Person, now: datetime) -> None:
    """Each request goes with the place of its person, which is flushed; whoever is asked, and who waits for it, is told. Flushes; as many
    statements for forty as for one."""
    of_person = {place.person_id: place for place in places}
    for request in requests:
        request.enrollment = of_person[request.person_id]
    db.session.add_all(requests)
    db.session.flush()
    for request in requests:
        for step in request.steps:
            if step.decision == "approved":
                record_step(step, request, by, now)
    tell_of_open_steps(requests, now=now)


def record_step(step: Approval, request: ApprovalRequest, by: Person, now: datetime) -> None:
    told = {"person": request.person_id, "behalf": step.behalf_of_id, "reason": step.reason}
    history.record(by, f"request {step.decision}", step, now, series=request.enrollment.series_id, **told)


def step_decided(step: Approval, request: ApprovalRequest, *, by: Person, now: datetime) -> None:
    """After somebody approved a step: the next is open, whoever it goes to is told; or the request is approved. Flushes."""
    series = request.enrollment.series
    record_step(step, request, by, now)
    # What is open is one step alone, in the database too.
    db.session.flush()
    deciders = deciders_of([request], {series.district_id: series.district.day(now)})
    _go_to_the_next(request, series, deciders, _closed_days(series.district_id, now), now)
    open_step = request.open_step
    if open_step is not None:
        request.enrollment.hold_until = open_step.due_at
    db.session.flush()
    tell_of_open_steps([request], now=now)


def ask_again(series: Series, *, why: str, by: Person, now: datetime) -> None:
    """Its price was raised, or its dates are others: `why` is "price" or "dates". What was decided for a seat that still waits for an
    approval is asked anew. The series is locked. As many statements however many they are; one where nobody waits."""
    waits = Enrollment.series_id == series.id, Enrollment.state == "requested", Enrollment.hold_until > now
    query = select(ApprovalRequest).join(ApprovalRequest.enrollment).where(*waits).options(*whole())
    requests = db.session.scalars(query.order_by(ApprovalRequest.id).execution_options(populate_existing=True)).all()
    if not requests:
        return
    deciders = deciders_of(requests, {series.district_id: series.district.day(now)})
    closed = _closed_days(series.district_id, now)
    for request in requests:
        _close_the_round(request, now)
    db.session.flush()
    for request in requests:
        _go_to_the_next(request, series, deciders, closed, now)
        step = request.open_step
        if step is not None:
            request.enrollment.hold_until = step.due_at
    db.session.flush()
    for request in requests:
        history.record(by, "request again", request, now, series=series.id, person=request.person_id, why=why)
    tell_of_open_steps(requests, now=now, again=why)


def _close_the_round(request: ApprovalRequest, now: datetime) -> None:
    before = [step for step in request.steps if step.position < LAST_RESORT]
    if (step := request.open_step) is not None:
        step.decision, step.decided_at = "again", now
    request.round += 1
    for step in before:
        _add_step(request, step.position, step.role, step.approver_id, step.school_days)


def tell_of_open_steps(requests: Sequence[ApprovalRequest], *, now: datetime, again: str = "") -> None:
    """Whoever decides the open step of each, and who waits for it."""
    waiting = [(request, step) for request in requests if (step := request.open_step) is not None]
    if not waiting:
        return
    ids = [request.id for request, _ in waiting]
    query = select(ApprovalRequest).where(ApprovalRequest.id.in_(ids)).options(*whole()).order_by(ApprovalRequest.id)
    read = db.session.scalars(query).all()
    deciders = deciders_of(read, _days(read, now))
    asked, own = [], []
    for request in read:
        step = request.open_step
        if step is None:
            continue
        values = {**_said(request, step, now), "again": again}
        told = deciders.everybody(step, request.school_id)
        asked += [Letter(person, str(step.id), {**values, "behalf": whose.name if whose else ""}) for person, whose in told]
        by_whom = ", ".join(person.name for person in deciders.of(step, request.school_id))
        own.append(Letter(request.person, f"{request.id}:{step.id}", {**values, "by": by_whom}))
    outbox.put_all("approval_asked", asked, now=now)
    outbox.put_all("requested", own, now=now)


def _days(requests: Sequence[ApprovalRequest], now: datetime) -> dict[int, date]:
    return {request.district_id: request.person.district.day(now) for request in requests}


def _said(request: ApprovalRequest, step: Approval, now: datetime) -> dict[str, object]:
    series = request.enrollment.series
    coming = [meeting for meeting in series.meetings if meeting.starts_at > now and meeting.canceled_at is None]
    return {
        "title": series.seminar.title,
        "series_id": series.id,
        "request_id": request.id,
        "name": request.person.name,
        "until": step.due_at,
        "starts_at": coming[0].starts_at if coming else None,
        "place": coming[0].place if coming else "",
        "room": coming[0].room if coming else "",
    }


def tell_of_lapsed_requests(places: Sequence[Enrollment], now: datetime) -> None:
    """Nobody decided about these in time: who waited for it is told, and who was waited for. The same statements for any number."""
    if not places:
        return
    query = select(ApprovalRequest).where(ApprovalRequest.enrollment_id.in_([place.id for place in places])).options(*whole())
    requests = db.session.scalars(query.order_by(ApprovalRequest.id)).all()
    deciders = deciders_of(requests, _days(requests, now))
    own, theirs = [], []
    for request in requests:
        step = request.open_step
        if step is None:
            continue
        values, told = _said(request, step, now), deciders.everybody(step, request.school_id)
        by_whom = ", ".join(person.name for person in deciders.of(step, request.school_id))
        own.append(Letter(request.person, str(step.id), {**values, "by": by_whom}))
        theirs += [Letter(person, str(step.id), {**values, "behalf": whose.name if whose else ""}) for person, whose in told]
    outbox.put_all("approval_lapsed", own, now=now)
    outbox.put_all("approval_missed", theirs, now=now)


def remind_approvers(now: datetime) -> None:
    """The worker's round: once for each step, halfway to its deadline or the day before it, whichever is later. The same statements for
    any number."""
    due = (Approval.remind_at <= now) & Approval.reminded_at.is_(None)
    query = select(ApprovalRequest).join(ApprovalRequest.enrollment).join(Approval, Approval.request_id == ApprovalRequest.id)
    query = query.where(is_open(now), due).options(*whole())
    requests = db.session.scalars(query.order_by(ApprovalRequest.id)).all()
    if not requests:
        return
    deciders, letters, told = deciders_of(requests, _days(requests, now)), [], []
    for request in requests:
        step = request.open_step
        if step is None:
            continue
        told.append(step.id)
        for person, whose in deciders.everybody(step, request.school_id):
            letters.append(Letter(person, str(step.id), {**_said(request, step, now), "behalf": whose.name if whose else ""}))
    outbox.put_all("approval_reminder", letters, now=now)
    db.session.execute(update(Approval).where(Approval.id.in_(told)).values(reminded_at=now))


def fill_in(place: Enrollment, *, substitute_days: Sequence[str], funding_code: str, note: str) -> None:
    """What the person says with their request as they make it, days as 2027-03-02. Flushes."""
    query = select(ApprovalRequest).where(ApprovalRequest.enrollment_id == place.id).options(joinedload(ApprovalRequest.enrollment))
    request = db.session.scalars(query).one()
    request.substitute_days = sorted(substitute_days)
    request.funding_code, request.note = funding_code, note
    db.session.flush()
