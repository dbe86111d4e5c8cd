"""Who is looking: the signed-in person with today's appointments, and the district that the page is about."""

from datetime import date
from typing import Any

from flask import abort, current_app, g, request
from flask_login import current_user
from sqlalchemy import select

from seminar.ground import clock
from seminar.ground.db import db
from seminar.people.appointment import Standing, standing
from seminar.people.device_session import PROVE_TWICE
from seminar.people.district import District
from seminar.people.person import Person
from seminar.people.support_view import SupportView


def second_steps_are_asked() -> bool:
    """Everywhere but in demo mode, where everybody has one password that stands on the sign-in page."""
    return not current_app.config["SETTINGS"].demo


def must_prove_twice(standing: Standing) -> bool:
    """Whether a password alone is too little for what this person may do."""
    return second_steps_are_asked() and standing.has(*PROVE_TWICE)


def standing_at_the_door() -> Standing | None:
    """Who signed in, whether or not they still owe a second step; read once per request. Where the program manager looks as
    somebody else, it is them who is seen: see looking()."""
    if not current_user.is_authenticated:
        return None
    if "standing" not in g:
        person: Person = current_user.person
        # For the log's line, which is written when the person's record may be let go of already.
        g.person_id = person.id
        own, view = standing(person, person.district.day(clock.now())), current_user.device.looking
        looks = view is not None and view.holds(clock.now()) and own.has("program_manager")
        g.looking = view if looks else None
        g.owes = second_steps_are_asked() and current_user.device.owes_a_proof(own)
        g.standing = standing(view.person, own.day) if looks else own
    found: Standing = g.standing
    return found


def owes_a_second_step() -> bool:
    return standing_at_the_door() is not None and bool(g.owes)


def signed_in_standing() -> Standing | None:
    """Who the signed-in person is today; None when nobody is signed in, and while they owe the second step that their role asks
    for: no page knows them until then, but those on which it is set up."""
    return standing_at_the_door() if "proving" in g or not owes_a_second_step() else None


def looking() -> SupportView | None:
    """The view by which the program manager sees what somebody else sees; None where everybody sees their own."""
    signed_in_standing()
    view: SupportView | None = g.get("looking")
    return view


def forget_who_is_looking() -> None:
    """Before a request's work is done again from its start."""
    for name in ("standing", "looking", "proving"):
        g.pop(name, None)


def me() -> Standing:
    """The signed-in person's standing; for routes whose access line lets nobody else in."""
    found = signed_in_standing()
    if found is None:
        abort(403)
    return found


def current_district() -> District | None:
    """The signed-in person's district; else the one whose host was asked for, or the only one."""
    found = signed_in_standing()
    if found is not None:
        return found.person.district
    if "district" not in g:
        districts = db.session.scalars(select(District).order_by(District.name)).all()
        by_host = [d for d in districts if d.host and d.host == request.host.partition(":")[0]]
        g.district = by_host[0] if by_host else districts[0] if len(districts) == 1 else None
    chosen: District | None = g.district
    return chosen


def district_or_404() -> District:
    return current_district() or abort(404)


def today() -> date:
    """Today in the district's time zone."""
    return district_or_404().day(clock.now())


def found_or_404(thing: Any) -> Any:
    """The thing, when it is there and of this district; else 404, which never says which of the two it was."""
    district = district_or_404()
    if thing is None or thing.district_id != district.id:
        abort(404)
    return thing
