"""The help pages: the loop from each role's chair, and what the words mean. Anybody reads them.

A link stands only where its reader may open it: the route's own access line decides.
"""

from dataclasses import dataclass
from typing import Any

from babel.lists import format_list
from flask import abort, current_app, render_template, url_for
from flask_babel import get_locale, gettext

from seminar.people.appointment import ROLES, Standing
from seminar.people.help import LEADS, LOOP, STEPS, HelpStep
from seminar.people.views import people
from seminar.web.requires import public, requires
from seminar.web.shell import ORDER
from seminar.web.viewer import signed_in_standing
from seminar.web.words import WORDS


@dataclass(frozen=True)
class ShownStep:
    step: HelpStep
    url: str | None


def roles_of(standing: Standing | None) -> list[str]:
    """The reader's own roles, the busiest first."""
    return [role for role in ORDER if standing and standing.has(role)]


def url_for_reader(endpoint: str, standing: Standing | None, role: str) -> str | None:
    """The address of a step's page, or None where this reader may not open it."""
    if not endpoint or standing is None:
        return None
    view: Any = current_app.view_functions[endpoint]
    if not view.requires(standing):
        return None
    if endpoint == "coverage.show_person":
        return url_for(endpoint, person_id=standing.person.id)
    if endpoint == "coverage.show_school":
        schools = sorted(standing.school_ids(role))
        return url_for(endpoint, school_id=schools[0]) if schools else None
    return url_for(endpoint)


@people.get("/help")
@requires(public)
def show_help() -> str:
    own = roles_of(signed_in_standing())
    return render_template("people/help.html", own=own, others=[role for role in ROLES if role not in own], leads=LEADS)


@people.get("/help/<role>")
@requires(public)
def show_help_of_role(role: str) -> str:
    if role not in STEPS:
        abort(404)
    standing = signed_in_standing()
    steps = [ShownStep(step, url_for_reader(step.endpoint, standing, role)) for step in STEPS[role]]
    filled = [place for place in LOOP if any(step.place == place for step in STEPS[role])]
    return render_template(
        "people/help_role.html",
        role=role,
        lead=LEADS[role],
        steps=steps,
        loop_places=LOOP,
        filled=filled,
        said_places=format_list([gettext(LOOP[place]) for place in filled], locale=get_locale()),
        own=role in roles_of(standing),
        others=[other for other in ROLES if other != role],
    )


@people.get("/help/words")
@requires(public)
def show_words() -> str:
    return render_template("people/words.html", words=WORDS)
