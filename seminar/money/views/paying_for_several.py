"""One purchase order for several seats of a series, said by the principal of those who have them, or by the PD office."""

from flask import abort, render_template, url_for
from flask_babel import gettext, lazy_gettext
from wtforms import SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from seminar.ground import clock
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.money.choosing_po import ToPay, pay_by_purchase_order, seats_to_pay
from seminar.money.po_file import keep_file
from seminar.money.seat_grant import schools_of
from seminar.money.views import money
from seminar.money.views.po_form import PurchaseOrderForm, sent_file, with_orders
from seminar.people.school import School
from seminar.series.access import enrolls_others, plans_series, sees_series, theirs_to_enroll
from seminar.series.series import Series
from seminar.web.amount import money as amount
from seminar.web.requires import requires
from seminar.web.saving import saved
from seminar.web.uploads import takes_files
from seminar.web.viewer import found_or_404, me

NOBODY_CHOSEN = N_("Choose somebody of the list.")
NOTHING_TO_PAY = N_("No seat of this list is to be paid any more.")
PAID_MEANWHILE = N_("A seat that you chose is paid or gone meanwhile. Look at the list again.")


class SeveralForm(PurchaseOrderForm):
    # By id of the place; one that isn't there any more is answered by a sentence of its own.
    places = SelectMultipleField(
        lazy_gettext("Whose seats it pays for"),
        coerce=int,
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


@money.get("/series/<int:series_id>/purchase-order")
@requires(enrolls_others)
def show_pay_for_several(series_id: int) -> str:
    found = _series_or_404(series_id)
    seats = _seats(found)
    return _page(found, _form(seats), seats)


@money.post("/series/<int:series_id>/purchase-order")
@requires(enrolls_others)
@takes_files(megabytes=3)
def create_pay_for_several(series_id: int) -> object:
    found, content = _series_or_404(series_id), sent_file()
    form = _form(_seats(found))

    def save() -> str:
        lines = {seat.place.id: seat.line for seat in _seats(_series_or_404(series_id))}
        chosen = form.places.data or []
        if not chosen:
            raise Refused(NOBODY_CHOSEN, field="places")
        if any(place_id not in lines for place_id in chosen):
            raise Refused(PAID_MEANWHILE, status=409)
        by, now = me().person, clock.now()
        covers = pay_by_purchase_order([lines[place_id] for place_id in lines if place_id in chosen], form.typed(), by=by, now=now)
        if content is not None:
            keep_file(content, of=covers[0], by=by, now=now)
        return url_for("series.show_enroll_people", series_id=series_id)

    def list_again(form: SeveralForm) -> str:
        found = _series_or_404(series_id)
        return _page(found, form, _seats(found))

    done = gettext("Done. Each was told by mail whether they are enrolled now, or wait for the purchase order.")
    return saved(form, save, list_again, done)


def _series_or_404(series_id: int) -> Series:
    found: Series = found_or_404(db.session.get(Series, series_id))
    if not sees_series(me(), found, clock.now()):
        abort(404)
    return found


def _seats(found: Series) -> list[ToPay]:
    return seats_to_pay(found, theirs_to_enroll(me()), clock.now())


def _form(seats: list[ToPay]) -> SeveralForm:
    """With the seats that somebody else took for who has them and that wait for no purchase order yet, all of them chosen."""
    form = with_orders(SeveralForm(), _schools(seats), me().day)
    form.places.choices = [(seat.place.id, _said(seat)) for seat in seats]
    if not form.is_submitted():
        form.places.data = [seat.place.id for seat in seats if not seat.awaits and seat.place.state_by_id != seat.place.person_id]
    return form


def _schools(seats: list[ToPay]) -> list[School]:
    """Where these people work, each once; for a principal, those that are theirs."""
    standing, of_each = me(), schools_of([seat.place.person_id for seat in seats], me().day)
    schools = dict.fromkeys(school for schools in of_each.values() for school in schools)
    return [school for school in schools if plans_series(standing) or school.id in standing.school_ids("principal")]


def _said(seat: ToPay) -> str:
    of = {"name": seat.place.person.name, "amount": amount(seat.owed)}
    if seat.awaits:
        return str(gettext("%(name)s: %(amount)s, waits for purchase order %(number)s", number=seat.awaits, **of))
    return str(gettext("%(name)s: %(amount)s", **of))


def _page(found: Series, form: SeveralForm, seats: list[ToPay]) -> str:
    if (form.errors or form.form_errors) and not seats:
        # There is nothing any more that an error could stand at.
        form = SeveralForm(formdata=None)
        form.refuse(Refused(NOTHING_TO_PAY))
    return render_template("money/pay_for_several.html", series=found, seats=seats, form=form, total=sum(seat.owed for seat in seats))
