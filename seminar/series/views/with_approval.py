"""What a series' page says of an approval: that a seat needs one, and of a request, whom it waits for."""

from datetime import datetime

from seminar.people.appointment import Standing
from seminar.series.approval import deciders_of, request_of
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series


def approval_part(standing: Standing, found: Series, place: Enrollment | None, now: datetime, *, may_take: bool) -> dict[str, object]:
    schools = [appointment.school for appointment in standing.appointments if appointment.school is not None]
    needs = may_take and (found.asks_approval or any(school.asks_approval for school in schools))
    request = request_of(place) if place is not None and place.state == "requested" else None
    step = request.open_step if request is not None else None
    if request is None or step is None:
        return {"needs_approval": needs, "approval": None, "approvers": ""}
    deciders = deciders_of([request], {found.district_id: standing.day})
    names = ", ".join(person.name for person in deciders.of(step, request.school_id))
    return {"needs_approval": needs, "approval": request, "approvers": names}
