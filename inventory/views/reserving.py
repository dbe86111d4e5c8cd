"""The page that reserves for a school, and the same page for changing a reservation or a loan."""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from inventory.access import may_reserve, reserves_for
from inventory.calendar import free_counts
from inventory.equipment import EquipmentModel
from inventory.gate import badges_for, candidates
from inventory.lending import change_loan
from inventory.reservation import Reservation
from inventory.reserving import change, reserve
from inventory.views import inventory
from inventory.views.reservation import reservation_or_404
from inventory.views.reserve_form import ReserveForm, is_a_loan, read_loan_form, read_reserve_form, typed_of
from seminar.ground import clock
from seminar.ground.db import db, reading
from seminar.ground.refusal import Refused
from seminar.people.school import School, schools_open_on
from seminar.series.coming import next_series_for
from seminar.web.language import sentence_of
from seminar.web.pages import done_once, refusing, told
from seminar.web.requires import requires
from seminar.web.viewer import district_or_404, me


def schools_to_reserve_for() -> list[School]:
    open_ones = db.session.scalars(schools_open_on(district_or_404().id, me().day))
    return [school for school in open_ones if reserves_for(me(), school.id)]


def lendable_models(reserved: Reservation | None = None) -> list[EquipmentModel]:
    """The models that are lent; with a reservation those that it holds, too, retired ones among them."""
    held = [line.model_id for line in reserved.lines] if reserved is not None else []
    query = (
        select(EquipmentModel)
        .where(EquipmentModel.district_id == district_or_404().id, EquipmentModel.retired_on.is_(None) | EquipmentModel.id.in_(held))
        .options(joinedload(EquipmentModel.skill), selectinload(EquipmentModel.badges))
        .order_by(EquipmentModel.name)
    )
    return list(db.session.scalars(query))


def _typed_form(typed: Mapping[str, str]) -> ReserveForm:
    return read_reserve_form(typed, schools_to_reserve_for(), lendable_models(), me().day)


@inventory.get("/reservations/new")
@requires(may_reserve)
def show_reserve() -> str:
    form = _typed_form(request.args)
    form.errors.clear()
    return _reserve_page(form)


def _reserve_page(form: ReserveForm, changed: Reservation | None = None) -> str:
    """The form with who may answer for what is asked, and what is free, on its days."""
    today = me().day
    first, last = form.first_day or today, form.last_day or form.first_day or today
    loan = changed is not None and is_a_loan(changed)
    asked = [line.model for line in changed.lines] if changed is not None and loan else form.asked_models
    badges = badges_for(asked or form.models)
    return render_template(
        "inventory/reserve.html",
        form=form,
        changed=changed,
        loan=loan,
        people=candidates(form.school, badges if asked else [], max(first, today), max(first, last)) if form.school else [],
        asked=asked,
        free=free_counts([m.id for m in form.models], first, max(first, last), today=today, but=changed.id if changed else None),
        next_series=next_series_for({badge.id for badge in badges}, clock.now()),
    )


@inventory.post("/reservations")
@requires(may_reserve)
def create_reservation() -> object:
    if request.form.get("look"):
        return _look_again(url_for("inventory.show_reserve"))
    form = _typed_form(request.form)
    if form.errors:
        return _reserve_page(form), 422
    try:
        with refusing():
            address = done_once(lambda: _reserved(form))
    except Refused as refused:
        # Where many ask for the last item, most are told no: the others' writes go on meanwhile.
        with reading():
            return _refused(_typed_form(request.form), refused)
    told(gettext("Reserved. The depot has it ready on the pick-up day."))
    return redirect(address, 303)


def _reserved(form: ReserveForm) -> str:
    made = reserve(form.asked(), by=me().person, now=clock.now(), today=me().day)
    return url_for("inventory.show_reservation", reservation_id=made.id)


def _look_again(address: str) -> object:
    """The page for what was typed, in an address that can be kept: without the form's secret, and without what is empty."""
    kept = {name: value for name, value in request.form.items() if name not in ("csrf_token", "once", "look") and value not in ("", "0")}
    return redirect(f"{address}?{urlencode(kept)}", 303)


def _refused(form: ReserveForm, refused: Refused, changed: Reservation | None = None) -> object:
    form.errors.append((refused.field or "quantities", sentence_of(refused)))
    return _reserve_page(form, changed), refused.status


def _to_change_or_refuse(reservation_id: int) -> Reservation:
    reservation = reservation_or_404(reservation_id)
    if not reserves_for(me(), reservation.school_id):
        abort(403)
    return reservation


def _change_form(typed: Mapping[str, str], reservation: Reservation) -> ReserveForm:
    if is_a_loan(reservation):
        return read_loan_form(typed, reservation)
    return read_reserve_form(typed, [reservation.school], lendable_models(reservation), me().day)


@inventory.get("/reservations/<int:reservation_id>/edit")
@requires(may_reserve)
def show_change(reservation_id: int) -> str:
    reservation = _to_change_or_refuse(reservation_id)
    form = _change_form({**typed_of(reservation), **request.args}, reservation)
    form.errors.clear()
    return _reserve_page(form, reservation)


@inventory.post("/reservations/<int:reservation_id>/edit")
@requires(may_reserve)
def save_change(reservation_id: int) -> object:
    if request.form.get("look"):
        return _look_again(url_for("inventory.show_change", reservation_id=reservation_id))
    reservation = _to_change_or_refuse(reservation_id)
    form = _change_form(request.form, reservation)
    if form.errors:
        return _reserve_page(form, reservation), 422
    try:
        with refusing():
            changed = _verb(reservation, form)()
            db.session.commit()
    except Refused as refused:
        again = _to_change_or_refuse(reservation_id)
        return _refused(_change_form(request.form, again), refused, again)
    told(gettext("Changed. Everybody who needs to know was told.") if changed else gettext("Nothing is different, so nobody was told."))
    return redirect(url_for("inventory.show_reservation", reservation_id=reservation_id), 303)


def _verb(reservation: Reservation, form: ReserveForm) -> Callable[[], bool]:
    """What is out is a loan; what isn't is still a reservation."""
    by, now, today = me().person, clock.now(), me().day
    if is_a_loan(reservation):
        if form.responsible is None or form.last_day is None:
            raise ValueError("A form with errors asks for nothing.")
        responsible, last_day = form.responsible, form.last_day
        return lambda: change_loan(reservation, responsible, last_day, by=by, now=now, today=today)
    return lambda: change(reservation, form.asked(), by=by, now=now, today=today)
