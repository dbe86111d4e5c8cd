"""Deciding about a request: a step is approved or declined, by whose it is, by their delegate, or by the PD office for them.

Laws: a step is decided once, before its deadline, and never by whoever asks. The last yes goes on to what the seat costs, in the same
transaction; a no frees it for the next in line.
"""

from datetime import datetime

from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.person import Person
from seminar.series.approval import Approval, ApprovalRequest, deciders_of, whole
from seminar.series.approval_asking import record_step, step_decided
from seminar.series.enrolling import decline_place, go_on
from seminar.series.enrollment import lock
from seminar.series.waitlist import settled

OVER = {
    "withdrawn": N_("{name} has withdrawn, so there is nothing to decide any more."),
    "canceled": N_("The place of {name} is canceled, so there is nothing to decide any more."),
    "declined": N_("The request of {name} is declined already."),
    "lapsed": N_("The request of {name} wasn't decided in time, and the seat is free again."),
}
APPROVED = N_("The request of {name} is approved already.")
CHANGED = N_("This step was decided, or asked anew, since the page was opened. Look at it again.")
NOT_THEIRS = N_("This isn't yours to decide.")


def approve(request: ApprovalRequest, *, step_id: int | None, by: Person, now: datetime) -> None:
    """Say yes to the step that they saw. Raises Refused where it isn't theirs, or isn't open any more. Flushes."""
    step = _decided(request, step_id, "approved", by=by, now=now)
    step_decided(step, request, by=by, now=now)
    if request.approved_at is not None:
        go_on(request.enrollment, by=by, now=now)


def decline(request: ApprovalRequest, *, step_id: int | None, reason: str, by: Person, now: datetime) -> None:
    """Say no, with a reason; the person is told, and the seat goes to the next in line. Raises Refused as `approve` does. Flushes."""
    if not reason:
        raise Refused(N_("Say why; {name} is told."), field="reason", name=request.person.name)
    step = _decided(request, step_id, "declined", by=by, now=now)
    step.reason = reason
    db.session.flush()
    record_step(step, request, by, now)
    decline_place(request.enrollment, reason=reason, by=by, now=now)


def _decided(request: ApprovalRequest, step_id: int | None, decision: str, *, by: Person, now: datetime) -> Approval:
    """The open step of the request, as it is under the lock, with what this person decides; it isn't flushed."""
    place = request.enrollment
    lock(place.series)
    settled(place.series, now)
    again = select(ApprovalRequest).where(ApprovalRequest.id == request.id).options(*whole())
    db.session.scalars(again.execution_options(populate_existing=True)).one()
    name, step = request.person.name, request.open_step
    if place.state != "requested" or step is None:
        raise Refused(OVER.get(place.state, APPROVED), status=409, name=name)
    if step.id != step_id:
        raise Refused(CHANGED, status=409)
    deciders = deciders_of([request], {request.district_id: request.person.district.day(now)})
    may, whose = deciders.may_decide(by, step, request.school_id)
    if not may:
        raise Refused(NOT_THEIRS, status=409)
    step.decision, step.decided_at, step.decided_by_id = decision, now, by.id
    step.behalf_of_id = whose.id if whose else None
    return step
