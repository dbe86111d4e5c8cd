"""What becomes of a seat that somebody has: a colleague takes it, or they move to another series of the same seminar."""

from collections.abc import Sequence

from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select

from seminar.ground import clock
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.person import Person
from seminar.series.access import enrolls_others, may_have_the_seat_of, plans_series, theirs_to_enroll
from seminar.series.clash import who_is_elsewhere
from seminar.series.enrolling_several import live_places
from seminar.series.enrollment import Enrollment, live_enrollment
from seminar.series.moving import change_to
from seminar.series.pasted_list import entries, look_up
from seminar.series.series import Series, read_lists
from seminar.series.substitution import freeze_day, is_frozen, substitute
from seminar.series.views import series
from seminar.series.views.catalog import series_or_404, series_page
from seminar.web.asked import asked_id
from seminar.web.forms import Form
from seminar.web.pages import refusing, told
from seminar.web.requires import requires, works_here
from seminar.web.saving import saved
from seminar.web.viewer import found_or_404, me

NO_COLLEAGUE = N_("Choose a colleague who can take the seat.")


class SeatForm(Form):
    """It has no field of its own: who takes the seat stands on the page."""


def _place_or_404(enrollment_id: int) -> Enrollment:
    """Their own; of their staff for a principal, anybody's for the program manager, also of who doesn't work here any more."""
    standing = me()
    reach = Enrollment.person_id == standing.person.id
    if plans_series(standing):
        reach |= Person.district_id == standing.person.district_id
    elif enrolls_others(standing):
        reach |= theirs_to_enroll(standing)
    query = select(Enrollment).join(Person, Person.id == Enrollment.person_id).where(Enrollment.id == enrollment_id, reach)
    place: Enrollment = found_or_404(db.session.scalar(query))
    return place


def _colleagues(place: Enrollment, *ids: int) -> list[Person]:
    """Who may take the seat, by name: of these, or all of the school."""
    query = select(Person).where(may_have_the_seat_of(me(), place.person_id), Person.id != place.person_id)
    if ids:
        query = query.where(Person.id.in_(ids))
    return list(db.session.scalars(query.order_by(Person.given_name, Person.family_name, Person.id)))


def _who_is_meant(place: Enrollment, typed: str) -> Sequence[Person]:
    """The district is too large to choose from: those whom a name or an email could mean."""
    found = look_up(entries(typed)[:1], may_have_the_seat_of(me(), place.person_id), place.district_id)
    return [person for one in found for person in ([one.person] if one.person else one.could_be) if person.id != place.person_id]


@series.get("/enrollments/<int:enrollment_id>/substitution")
@requires(works_here)
def show_substitution(enrollment_id: int) -> str:
    return _substitution_page(_place_or_404(enrollment_id), SeatForm(formdata=None))


def _substitution_page(place: Enrollment, form: SeatForm) -> str:
    now, found, typed = clock.now(), place.series, request.args.get("who", "").strip()[:100]
    read_lists(found)
    asked = asked_id("colleague")
    colleague = next(iter(_colleagues(place, asked)), None) if asked else None
    everybody = plans_series(me())
    could = [] if colleague or is_frozen(found, now) else _who_is_meant(place, typed) if everybody else _colleagues(place)
    inside = live_places(could, found)
    return render_template(
        "series/substitution.html",
        place=place,
        series=found,
        form=form,
        is_own=place.person_id == me().person.id,
        can_be_given=place.state == "enrolled" and not is_frozen(found, now),
        freeze_day=freeze_day(found),
        colleague=colleague,
        elsewhere=who_is_elsewhere([colleague.id], found, now).get(colleague.id) if colleague else None,
        typed=typed,
        everybody=everybody,
        could=[person for person in could if person.id not in inside],
    )


@series.post("/enrollments/<int:enrollment_id>/substitution")
@requires(works_here)
def create_substitution(enrollment_id: int) -> object:
    place, form = _place_or_404(enrollment_id), SeatForm()
    colleague = next(iter(_colleagues(place, asked_id("colleague") or 0)), None)

    def save() -> str:
        if colleague is None:
            raise Refused(NO_COLLEAGUE)
        series_id, is_own = place.series_id, place.person_id == me().person.id
        substitute(place, colleague, by=me().person, now=clock.now())
        plain = is_own or plans_series(me())
        return url_for("series.show_series" if plain else "series.show_enroll_people", series_id=series_id)

    done = gettext("%(name)s has the seat now, and was told by mail.", name=colleague.name if colleague else "")
    return saved(form, save, lambda refused: _substitution_page(_place_or_404(enrollment_id), refused), done)


@series.post("/series/<int:series_id>/enrollment/move")
@requires(works_here)
def create_move(series_id: int) -> object:
    person, now, target_id = me().person, clock.now(), asked_id("to")
    try:
        with refusing():
            change_to(_target(target_id), _own_seat(person, series_or_404(series_id)), by=person, now=now)
            db.session.commit()
    except Refused as refused:
        return series_page(series_or_404(series_id), refused), refused.status
    told(gettext("You're enrolled here now. Your seat in the other series is free for somebody else."))
    return redirect(url_for("series.show_series", series_id=target_id), 303)


def _target(series_id: int | None) -> Series:
    if series_id is None:
        raise Refused(N_("Choose the series that you move to."))
    return series_or_404(series_id)


def _own_seat(person: Person, found: Series) -> Enrollment:
    place = live_enrollment(person, found, clock.now())
    if place is None:
        raise Refused(N_("You aren't enrolled in {title} now."), status=409, title=found.seminar.title)
    return place
