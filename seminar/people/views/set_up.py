"""The guided set-up: what is there, what is still missing, and where it is done."""

from flask import render_template

from seminar.ground import clock
from seminar.people.access import runs_the_program
from seminar.people.set_up import steps
from seminar.people.views import people
from seminar.web.requires import requires
from seminar.web.viewer import district_or_404


@people.get("/set-up")
@requires(runs_the_program)
def show_set_up() -> str:
    found = steps(district_or_404(), clock.now())
    following = next((step for step in found if not step.done), None)
    return render_template("people/set_up.html", steps=found, following=following, done=sum(step.done for step in found))
