"""Who is looking: the signed-in person with today's appointments, and the district that the page is about."""

from datetime import date
from typing import Any

from flask import abort, g, request
from flask_login import current_user
from sqlalchemy import select

from seminar.ground import clock
from seminar.ground.db import db
from seminar.people.appointment import Standing, standing
from seminar.people.district import District
from seminar.people.person import Person


def signed_in_standing() -> Standing | None:
    """Who the signed-in person is today; None when nobody is signed in. Read once per request."""
    if not current_user.is_authenticated:
        return None
    if "standing" not in g:
        person: Person = current_user.person
        g.standing = standing(person, person.district.day(clock.now()))
    found: Standing = g.standing
    return found


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
