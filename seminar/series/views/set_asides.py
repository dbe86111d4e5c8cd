"""Setting seats of a series aside, for the program manager: how each set-aside fills, how many and until when, and its release."""

from flask import render_template, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from wtforms import DateField, SelectField
from wtforms.validators import NumberRange

from seminar.ground import clock
from seminar.ground.db import db
from seminar.people.appointment import ROLES
from seminar.people.school import School
from seminar.series.access import plans_series
from seminar.series.enrollment import kept_in, seats_of
from seminar.series.series import Series
from seminar.series.set_aside import SetAside
from seminar.series.setting_aside import change_set_aside, release, set_aside
from seminar.series.views import series
from seminar.series.views.catalog import series_or_404
from seminar.web.asked import a_likely_day
from seminar.web.forms import Form, WholeNumberField, needed
from seminar.web.requires import requires
from seminar.web.saving import pressed, saved
from seminar.web.shell import role_name
from seminar.web.viewer import district_or_404, found_or_404, me


class HowManyForm(Form):
    seats = WholeNumberField(lazy_gettext("Seats"), [needed(), NumberRange(1, 1000)])
    released_on = DateField(lazy_gettext("Open to everybody from"), [needed(), a_likely_day])


class SetAsideForm(HowManyForm):
    whom = SelectField(lazy_gettext("For whom"))


def _new_form(*, typed: bool = True) -> SetAsideForm:
    form = SetAsideForm() if typed else SetAsideForm(formdata=None)
    schools = select(School).where(School.district_id == district_or_404().id).order_by(School.name)
    of_schools = [(f"school-{school.id}", school.name) for school in db.session.scalars(schools) if school.is_open_on(me().day)]
    form.whom.choices = [*of_schools, *((f"role-{role}", gettext("Role: %(role)s", role=role_name(role))) for role in ROLES)]
    return form


@series.get("/series/<int:series_id>/set-asides")
@requires(plans_series)
def show_set_asides(series_id: int) -> str:
    return _page(series_or_404(series_id), _new_form(typed=False))


def _page(found: Series, form: SetAsideForm, changed: tuple[int, HowManyForm] | None = None) -> str:
    """`changed` is the form of the set-aside that was refused, beside its id."""
    now = clock.now()
    query = select(SetAside).where(SetAside.district_id == found.district_id, SetAside.series_id == found.id).order_by(SetAside.id)
    kept = {one.id: one for one in kept_in([found.id], now)[found.id]}
    rows = [(one, kept.get(one.id), _form_of(one, changed)) for one in db.session.scalars(query.options(joinedload(SetAside.school)))]
    return render_template(
        "series/set_asides.html",
        series=found,
        form=form,
        rows=rows,
        seats=seats_of(found, now),
        refused=changed[1] if changed else form,
    )


def _form_of(one: SetAside, changed: tuple[int, HowManyForm] | None) -> HowManyForm:
    """Fields of several forms on one page each have an id of their own."""
    form = changed[1] if changed and changed[0] == one.id else HowManyForm(formdata=None, obj=one)
    for field in (form.seats, form.released_on):
        field.id = f"{field.name}-{one.id}"
        field.label.field_id = field.id
    return form


@series.post("/series/<int:series_id>/set-asides")
@requires(plans_series)
def create_set_aside(series_id: int) -> object:
    found, form = series_or_404(series_id), _new_form()

    def save() -> str:
        kind, _, value = form.whom.data.partition("-")
        school, role = (db.session.get_one(School, int(value)), None) if kind == "school" else (None, value)
        until = form.released_on.data
        set_aside(found, school=school, role=role, seats=form.seats.data, released_on=until, by=me().person, now=clock.now())
        return url_for("series.show_set_asides", series_id=series_id)

    return saved(form, save, lambda refused: _page(series_or_404(series_id), refused), gettext("The seats are set aside."))


def _set_aside_or_404(set_aside_id: int) -> SetAside:
    one: SetAside = found_or_404(db.session.get(SetAside, set_aside_id))
    return one


@series.post("/set-asides/<int:set_aside_id>")
@requires(plans_series)
def save_set_aside(set_aside_id: int) -> object:
    one, form = _set_aside_or_404(set_aside_id), HowManyForm()
    series_id = one.series_id

    def save() -> str:
        change_set_aside(one, seats=form.seats.data, released_on=form.released_on.data, by=me().person, now=clock.now())
        return url_for("series.show_set_asides", series_id=series_id)

    def page(refused: HowManyForm) -> str:
        return _page(series_or_404(series_id), _new_form(typed=False), (set_aside_id, refused))

    return saved(form, save, page, gettext("Saved."))


@series.post("/set-asides/<int:set_aside_id>/release")
@requires(plans_series)
def create_release(set_aside_id: int) -> object:
    one = _set_aside_or_404(set_aside_id)
    back = url_for("series.show_set_asides", series_id=one.series_id)
    done = gettext("Released: the seats are open to everybody, and whoever waits is offered them.")
    return pressed(lambda: release(one, by=me().person, now=clock.now()), done, back=back)
