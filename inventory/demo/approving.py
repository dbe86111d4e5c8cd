"""What the demo shows of approvals: a series in school hours whose seats are approved first, one that waits for Ruth Castellanos and one
that is approved."""

from datetime import timedelta

from inventory.demo.calendar import TIMEZONE
from inventory.demo.world import World
from seminar.ground.clock import at_local
from seminar.ground.db import db
from seminar.people.person import Person
from seminar.series.approval import request_of
from seminar.series.approval_asking import fill_in
from seminar.series.approval_step import Step, change_steps
from seminar.series.days_out import days_out_of_class
from seminar.series.deciding import approve
from seminar.series.enrolling import enroll
from seminar.series.series import Series

NOTE = "My fourth grade builds a playground for the school's yard this spring, and I would like to begin it with them listening."


def ask_for_approvals(world: World, series: Series, inside: list[Person]) -> None:
    """The principal decides, then the PD office. Who is in it by now stays."""
    office, principal, teacher = (world.by_email(name) for name in ("program", "principal", "teacher"))
    change_steps(world.district, [Step("principal", 3), Step("program_manager", 2)], by=office, now=world.now - timedelta(days=30))
    for meeting in series.meetings:
        day = world.district.day(meeting.starts_at)
        meeting.starts_at, meeting.ends_at = at_local(day, 9, 0, TIMEZONE), at_local(day, 14, 0, TIMEZONE)
    series.enrollment_closes_at = series.meetings[-1].ends_at
    series.asks_approval_since = world.now - timedelta(hours=4)
    db.session.flush()
    days = [day.isoformat() for day in days_out_of_class(series, world.now)]
    place = enroll(teacher, series, by=teacher, now=world.now - timedelta(hours=3))
    fill_in(place, substitute_days=days, funding_code="Title II 29-216", note=NOTE)
    colleague = next(person for person in world.teachers() if person not in inside and _works_with(world, person, principal))
    second = enroll(colleague, series, by=colleague, now=world.now - timedelta(hours=3))
    request = request_of(second)
    if request is not None and request.open_step is not None:
        approve(request, step_id=request.open_step.id, by=principal, now=world.now - timedelta(hours=2))


def _works_with(world: World, person: Person, principal: Person) -> bool:
    schools = {a.school_id for a in world.appointments if a.person is principal}
    return any(a.person is person and a.school_id in schools for a in world.appointments)
