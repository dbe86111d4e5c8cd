"""Bugs of approvals, put in on purpose (see sabotage.py)."""

from typing import Any

from seminar.series import approval_asking
from tests.years.sabotage import Sabotage, forgetting_in_the_trail, forgotten, patched


def everybody_decides_for_themselves() -> Any:
    """The principal's own request is theirs to decide; the database has the last word."""

    def may_decide(deciders: Any, person: Any, step: Any, school_id: Any) -> Any:
        found = deciders.principals.get(school_id or 0, []) if step.role == "principal" else deciders.office.get(step.district_id, [])
        return any(one.id == person.id for one in found) or person.id == step.person_id, None

    return patched(("seminar.series.approval.Deciders.may_decide", may_decide))


def the_first_yes_is_enough() -> Any:
    def go_to_the_next(request: Any, _series: Any, _deciders: Any, _closed: Any, now: Any) -> None:
        if any(step.decision == "approved" for step in request.steps):
            request.approved_at = now
        else:
            asked(request, _series, _deciders, _closed, now)

    asked = approval_asking._go_to_the_next
    return patched(("seminar.series.approval_asking._go_to_the_next", go_to_the_next))


APPROVALS_SABOTAGES = [
    Sabotage("whoever asks decides", everybody_decides_for_themselves),
    Sabotage("the first yes is enough", the_first_yes_is_enough),
    Sabotage("other days ask nobody anew", forgotten("seminar.series.planning.ask_again")),
    Sabotage("nobody is told of a request that lapsed", forgotten("seminar.series.waitlist.tell_of_lapsed_requests")),
    Sabotage("no trail: request approved", forgetting_in_the_trail("request approved")),
]
