"""The depot's settings: its name, its week, and the days on which it does otherwise."""

from typing import Any

from flask import abort, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import select
from wtforms import DateField, SelectField, SelectMultipleField, StringField, TimeField
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from inventory.at_risk import on_closed_days, open_reservations, too_late_to_be_ready
from inventory.depot import Depot, DepotDay, depot_of, open_days
from inventory.depot_keeping import DepotRule, forget_depot_day, save_depot, set_depot_day
from inventory.views import inventory
from seminar.ground import clock
from seminar.ground.db import db
from seminar.people.access import keeps_settings
from seminar.web.asked import a_likely_day
from seminar.web.forms import Form, needed
from seminar.web.pages import told
from seminar.web.requires import requires
from seminar.web.saving import saved
from seminar.web.viewer import district_or_404, found_or_404, me

WEEKDAYS = [
    (1, lazy_gettext("Monday")),
    (2, lazy_gettext("Tuesday")),
    (3, lazy_gettext("Wednesday")),
    (4, lazy_gettext("Thursday")),
    (5, lazy_gettext("Friday")),
    (6, lazy_gettext("Saturday")),
    (7, lazy_gettext("Sunday")),
]


class DepotForm(Form):
    name = StringField(lazy_gettext("Name"), [needed(), Length(max=120)])
    address = StringField(lazy_gettext("Address"), [Length(max=200)])
    weekdays = SelectMultipleField(
        lazy_gettext("Open on"), coerce=int, choices=WEEKDAYS, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )
    opens = TimeField(lazy_gettext("Opens"), [needed()])
    closes = TimeField(lazy_gettext("Closes"), [needed()])


class DepotDayForm(Form):
    day = DateField(lazy_gettext("Day"), [needed(), a_likely_day])
    is_open = SelectField(
        lazy_gettext("The depot is"), choices=[("closed", lazy_gettext("closed on it")), ("open", lazy_gettext("open on it"))]
    )
    note = StringField(lazy_gettext("Why"), [needed(), Length(max=120)])


def _depot_form(depot: Depot | None) -> DepotForm:
    """What the depot says now; for the first one, what most districts would say."""
    from_depot: dict[str, Any] = {"obj": depot} if depot is not None else {}
    form = DepotForm(formdata=None, **from_depot)
    form.weekdays.data = [int(day) for day in depot.weekdays] if depot is not None else [1, 2, 3, 4, 5]
    return form


@inventory.get("/settings/depot")
@requires(keeps_settings)
def show_depot_settings() -> str:
    return _depot_page()


def _depot_page(form: DepotForm | None = None, day_form: DepotDayForm | None = None) -> str:
    depot, today = depot_of(district_or_404().id), me().day
    otherwise: list[DepotDay] = []
    standing: list[Any] = []
    if depot is not None:
        ahead = select(DepotDay).where(DepotDay.depot_id == depot.id, DepotDay.day >= today).order_by(DepotDay.day)
        otherwise = list(db.session.scalars(ahead))
        reservations = open_reservations(depot.district_id, today)
        late = too_late_to_be_ready(depot.district_id, today, open_days(depot.district_id))
        why = late | on_closed_days(reservations, today)
        standing = [(one, why[one.id]) for one in reservations if one.id in why]
    return render_template(
        "inventory/depot_settings.html",
        depot=depot,
        form=form or _depot_form(depot),
        day_form=day_form or DepotDayForm(formdata=None, prefix="day-"),
        otherwise=otherwise,
        standing=standing,
    )


@inventory.post("/settings/depot")
@requires(keeps_settings)
def save_depot_settings() -> object:
    form = DepotForm()

    def save() -> str:
        district = district_or_404()
        rule = DepotRule(
            name=form.name.data.strip(),
            address=(form.address.data or "").strip(),
            weekdays=form.weekdays.data,
            opens=form.opens.data,
            closes=form.closes.data,
        )
        save_depot(depot_of(district.id) or Depot(district_id=district.id), rule, district, by=me().person, now=clock.now())
        return url_for("inventory.show_depot_settings")

    return saved(form, save, lambda refused: _depot_page(refused), gettext("Saved."))


@inventory.post("/settings/depot/days")
@requires(keeps_settings)
def create_depot_day() -> object:
    form, depot = DepotDayForm(prefix="day-"), depot_of(district_or_404().id)
    if depot is None:
        abort(404)

    def save() -> str:
        is_open, note = form.is_open.data == "open", form.note.data.strip()
        set_depot_day(depot, district_or_404(), day=form.day.data, is_open=is_open, note=note, by=me().person, now=clock.now())
        return url_for("inventory.show_depot_settings")

    return saved(form, save, lambda refused: _depot_page(day_form=refused), gettext("Saved."))


@inventory.post("/settings/depot/days/<int:depot_day_id>/removal")
@requires(keeps_settings)
def create_depot_day_removal(depot_day_id: int) -> object:
    row: DepotDay = found_or_404(db.session.get(DepotDay, depot_day_id))
    depot = db.session.get_one(Depot, row.depot_id)
    forget_depot_day(row, depot, district_or_404(), by=me().person, now=clock.now())
    db.session.commit()
    told(gettext("The day is as the week and the school calendar say."))
    return redirect(url_for("inventory.show_depot_settings"), 303)
