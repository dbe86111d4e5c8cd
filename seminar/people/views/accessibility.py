"""The accessibility statement, and the conformance report that the tests' results make; public."""

from flask import render_template

from seminar.people.views import people
from seminar.web.conformance import MEANS, chapters, checked_on, gaps
from seminar.web.requires import public, requires


@people.get("/accessibility")
@requires(public)
def show_accessibility() -> str:
    return render_template("people/accessibility.html", checked_on=checked_on(), gaps=gaps())


@people.get("/accessibility/report")
@requires(public)
def show_accessibility_report() -> str:
    return render_template("people/accessibility_report.html", checked_on=checked_on(), chapters=chapters(), verdicts=MEANS)
