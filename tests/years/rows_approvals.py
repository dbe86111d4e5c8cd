"""What the rows have of approvals, held against the model."""

from collections.abc import Iterable, Iterator
from typing import Any

from tests.years.model_approvals import Approvals
from tests.years.world import World, as_moment

REQUESTS = "SELECT enrollment_id, person_id, school_id, round, approved_at IS NOT NULL FROM approval_request"
STEPS = (
    "SELECT r.enrollment_id, a.round, a.position, a.role, a.approver_id, a.due_at, a.decision, a.decided_by_id, a.reminded_at IS NOT NULL"
    " FROM approval a JOIN approval_request r ON r.id = a.request_id"
)


def approvals_of(world: World, approvals: Approvals) -> Iterator[tuple[str, Iterable[Any], Iterable[Any]]]:
    """Which rule, what the rows have, and what they should."""
    named, requests = world.names, [one for one in approvals.requests if one.place is not None]
    rows = world.rows(REQUESTS)
    found = ((named["enrollment", n], named["person", p], named.get(("school", s)), count, bool(yes)) for n, p, s, count, yes in rows)
    yield "Approvals, requests", found, ((one.place.name, one.person, one.school, len(one.rounds), one.approved) for one in requests)
    rows = world.rows(STEPS)
    steps = (
        (named["enrollment", n], *step, named.get(("person", who)), due and as_moment(due), said, named.get(("person", by)), bool(reminded))
        for n, *step, who, due, said, by, reminded in rows
    )
    should = (
        (one.place.name, number, step.number, step.role, step.named, step.due, step.decision, step.by, step.reminded)
        for one in requests
        for number, those in enumerate(one.rounds, start=1)
        for step in those
    )
    yield "Approvals, steps", steps, should
