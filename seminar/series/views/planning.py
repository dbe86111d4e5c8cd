"""Planning a series: its dates to enroll, seats, trainers and minimum; publishing it."""

from collections.abc import Callable
from datetime import datetime, time

from flask import url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import select
from wtforms import BooleanField, DateField, DateTimeLocalField, SelectField, SelectMultipleField
from wtforms.validators import NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from seminar.ground import clock
from seminar.ground.clock import at_local
from seminar.ground.db import db
from seminar.people.appointment import Appointment, current_on
from seminar.people.person import Person
from seminar.series.access import plans_series
from seminar.series.planning import change_series, publish_series
from seminar.series.question import QUESTIONS, asked_by
from seminar.series.seminar import Seminar
from seminar.series.series import Series
from seminar.series.views import series
from seminar.series.views.catalog import series_or_404
from seminar.series.views.plan_form import plan_page
from seminar.series.views.program import year_of
from seminar.web.amount import AmountField, AtMost
from seminar.web.asked import a_likely_day
from seminar.web.forms import Form, WholeNumberField, needed
from seminar.web.language import local
from seminar.web.requires import requires
from seminar.web.saving import pressed, saved
from seminar.web.viewer import district_or_404, found_or_404, me

# Nobody means to ask a teacher for more.
MOST_CENTS = 10_000_00
# Stripe takes no smaller payment in US dollars (docs.stripe.com/currencies, minimum charge amounts).
LEAST_CENTS = 50
TOO_LITTLE = lazy_gettext("Cards can't be paid with for less than $0.50. Type a higher price, or leave it free.")


class SeriesForm(Form):
    season = SelectField(lazy_gettext("Season"), choices=[("year-round", lazy_gettext("School year")), ("summer", lazy_gettext("Summer"))])
    school_year = WholeNumberField(lazy_gettext("School year, by the year it ends in"), [needed(), NumberRange(2000, 2200)])
    seats = WholeNumberField(lazy_gettext("Seats"), [needed(), NumberRange(1, 1000)], default=24)
    price_cents = AmountField(lazy_gettext("Price in dollars; empty or 0: free"), [AtMost(0, MOST_CENTS)])
    enrollment_opens_at = DateTimeLocalField(lazy_gettext("Enrollment opens"), [needed(), a_likely_day])
    enrollment_closes_at = DateTimeLocalField(lazy_gettext("Enrollment closes"), [needed(), a_likely_day])
    minimum = WholeNumberField(lazy_gettext("Minimum enrollment (empty: none)"), [Optional(), NumberRange(1, 1000)])
    decide_on = DateField(lazy_gettext("Go or no-go day"), [Optional(), a_likely_day])
    freeze_day = DateField(
        lazy_gettext("Last day to give a seat to a colleague. Empty: the day before the first meeting"), [Optional(), a_likely_day]
    )
    asks_approval = BooleanField(lazy_gettext("A seat is approved before somebody has it"))
    trainers = SelectMultipleField(
        lazy_gettext("Trainers"), coerce=int, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )
    questions = SelectMultipleField(
        lazy_gettext("Ask before somebody enrolls"),
        choices=[(question, lazy_gettext(label)) for question, label in QUESTIONS.items()],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        description=lazy_gettext("Nobody has to answer. The trainers and you read the answers, and nobody else."),
    )

    def validate_price_cents(self, price: AmountField) -> None:
        if price.data and price.data < LEAST_CENTS:
            raise ValidationError(TOO_LITTLE)


TEACHES = ("trainer", "coach")


def _series_form(found: Series | None = None, *, typed: bool = True) -> SeriesForm:
    form = SeriesForm() if typed else SeriesForm(formdata=None, obj=found)
    district, today = district_or_404(), me().day
    trainers = select(Person).join(Appointment, Appointment.person_id == Person.id)
    # Who teaches it already stays offered, appointed or not.
    theirs = Person.id.in_([person.id for person in found.trainers] if found else [])
    trainers = trainers.where(Person.district_id == district.id, theirs | (Appointment.role.in_(TEACHES) & current_on(today))).distinct()
    form.trainers.choices = [(person.id, person.name) for person in db.session.scalars(trainers.order_by(Person.family_name))]
    return form


@series.get("/seminars/<int:seminar_id>/series/new")
@requires(plans_series)
def show_new_series(seminar_id: int) -> str:
    seminar: Seminar = found_or_404(db.session.get(Seminar, seminar_id))
    form, today = _series_form(typed=False), me().day
    form.school_year.data = year_of(today)
    form.enrollment_opens_at.data = datetime.combine(today, time(8, 0))
    return _new_page(seminar.id, form)


def _new_page(seminar_id: int, form: Form) -> str:
    seminar: Seminar = found_or_404(db.session.get(Seminar, seminar_id))
    title = gettext("New series: %(title)s", title=seminar.title)
    return plan_page(title, form, url_for("series.create_series", seminar_id=seminar.id), url_for("series.show_program"))


@series.post("/seminars/<int:seminar_id>/series/new")
@requires(plans_series)
def create_series(seminar_id: int) -> object:
    seminar: Seminar = found_or_404(db.session.get(Seminar, seminar_id))
    target = Series(district_id=seminar.district_id, seminar_id=seminar.id)
    return _save_series(_series_form(), target, lambda form: _new_page(seminar.id, form))


@series.get("/series/<int:series_id>/edit")
@requires(plans_series)
def show_edit_series(series_id: int) -> str:
    return _edit_page(series_or_404(series_id))


def _edit_page(found: Series, form: SeriesForm | None = None) -> str:
    """The series as it is, or as it was typed; below it, the way to canceling."""
    return plan_page(
        found.seminar.title,
        form or _as_it_is(found),
        url_for("series.save_edit_series", series_id=found.id),
        url_for("series.show_series", series_id=found.id),
        series=found,
    )


def _as_it_is(found: Series) -> SeriesForm:
    form = _series_form(found, typed=False)
    form.trainers.data = [trainer.id for trainer in found.trainers]
    form.questions.data = asked_by(found)
    for field in (form.enrollment_opens_at, form.enrollment_closes_at):
        field.data = local(field.data).replace(tzinfo=None)
    return form


@series.post("/series/<int:series_id>/edit")
@requires(plans_series)
def save_edit_series(series_id: int) -> object:
    found = series_or_404(series_id)
    return _save_series(_series_form(found), found, lambda form: _edit_page(series_or_404(series_id), form))


def _utc(moment: datetime) -> datetime:
    """A time typed in the district's zone, in UTC."""
    return at_local(moment.date(), moment.hour, moment.minute, district_or_404().timezone)


def _save_series(form: SeriesForm, target: Series, page: Callable[[SeriesForm], str]) -> object:
    def save() -> str:
        chosen = select(Person).where(Person.id.in_(form.trainers.data), Person.district_id == target.district_id)
        values = {
            "season": form.season.data,
            "school_year": form.school_year.data,
            "seats": form.seats.data,
            "price_cents": form.price_cents.data or 0,
            "minimum": form.minimum.data,
            "decide_on": form.decide_on.data,
            "enrollment_opens_at": _utc(form.enrollment_opens_at.data),
            "enrollment_closes_at": _utc(form.enrollment_closes_at.data),
            "freeze_day": form.freeze_day.data,
            "asks_approval_since": (target.asks_approval_since or clock.now()) if form.asks_approval.data else None,
            "trainers": list(db.session.scalars(chosen)),
            **{f"asks_{question}": question in form.questions.data for question in QUESTIONS},
        }
        change_series(target, values, by=me().person, now=clock.now())
        return url_for("series.show_series", series_id=target.id)

    return saved(form, save, page, gettext("Saved."))


@series.post("/series/<int:series_id>/publication")
@requires(plans_series)
def create_publication(series_id: int) -> object:
    found = series_or_404(series_id)
    back = url_for("series.show_series", series_id=series_id)
    return pressed(lambda: publish_series(found, by=me().person, now=clock.now()), gettext("Published: it is in the catalog."), back=back)
