"""The district's settings: one page that leads to each, with what it does and whom it touches."""

from flask import render_template

from seminar.ground import contributions
from seminar.people.access import keeps_settings
from seminar.people.views import people
from seminar.web.requires import requires
from seminar.web.viewer import me


@people.get("/settings")
@requires(keeps_settings)
def show_settings() -> str:
    places = [place for place in contributions.settings_pages if place.opens(me())]
    return render_template("people/settings.html", places=places)
