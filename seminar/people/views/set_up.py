"""The guided set-up: what is there, what is still missing, and where it is done."""

from typing import Any

from flask import render_template

from seminar.ground import clock
from seminar.ground.contributions import Step
from seminar.people.access import runs_the_program
from seminar.people.set_up import following, steps
from seminar.people.views import people
from seminar.web.requires import requires
from seminar.web.viewer import district_or_404, signed_in_standing


@people.get("/set-up")
@requires(runs_the_program)
def show_set_up() -> str:
    found = steps(district_or_404(), clock.now())
    return render_template("people/set_up.html", steps=found, following=following(found), done=sum(step.done for step in found))


@people.app_context_processor
def _what_comes_next() -> dict[str, Any]:
    """For the page that answers what was just done: a district that is being set up is led on to its next step."""

    def next_step() -> Step | None:
        standing = signed_in_standing()
        if standing is None or not runs_the_program(standing):
            return None
        return following(steps(standing.person.district, clock.now()))

    return {"next_step": next_step}
