"""Reserving for a school, a reservation's page, and one's school's loans."""

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from inventory.access import lends, may_reserve, reserves_for, sees, sees_loans
from inventory.at_risk import LIVE, why_at_risk
from inventory.calendar import free_items
from inventory.equipment import EquipmentModel
from inventory.gate import Candidate, badges_for, candidates
from inventory.lending import Asked, cancel_reservation, reserve
from inventory.reservation import AHEAD, GateCheck, Reservation, ReservationLine, is_late, state_of
from inventory.views import inventory
from inventory.views.reserve_form import ReserveForm, read_reserve_form
from seminar.ground import clock
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.people.school import School
from seminar.series.coming import next_series_for
from seminar.web.pages import PAGE_SIZE, page_number, page_of, refusing, sentence_of, told
from seminar.web.requires import anyone_signed_in, requires
from seminar.web.viewer import district_or_404, found_or_404, me


def schools_to_reserve_for() -> list[School]:
    query = select(School).where(School.district_id == district_or_404().id, School.closed_on.is_(None)).order_by(School.name)
    return [school for school in db.session.scalars(query) if reserves_for(me(), school.id)]


def lendable_models() -> list[EquipmentModel]:
    query = (
        select(EquipmentModel)
        .where(EquipmentModel.district_id == district_or_404().id, EquipmentModel.retired_on.is_(None))
        .options(joinedload(EquipmentModel.skill), selectinload(EquipmentModel.badges))
        .order_by(EquipmentModel.name)
    )
    return list(db.session.scalars(query))


@inventory.get("/reservations/new")
@requires(may_reserve)
def show_reserve() -> str:
    form = read_reserve_form(request.args, schools_to_reserve_for(), lendable_models(), me().day)
    form.errors.clear()
    return _reserve_page(form)


def _reserve_page(form: ReserveForm) -> str:
    first, last = form.first_day or me().day, form.last_day or form.first_day or me().day
    asked = [model for model in form.models if form.quantities.get(model.id)]
    badges = badges_for(asked or form.models)
    people: list[Candidate] = candidates(form.school, badges if asked else [], first, max(first, last)) if form.school else []
    free = free_items([model.id for model in form.models], first, max(first, last), today=me().day)
    return render_template(
        "inventory/reserve.html",
        form=form,
        people=people,
        asked=asked,
        free=free,
        next_series=next_series_for({badge.id for badge in badges}, clock.now()),
    )


@inventory.post("/reservations")
@requires(may_reserve)
def create_reservation() -> object:
    form = read_reserve_form(request.form, schools_to_reserve_for(), lendable_models(), me().day)
    if form.errors:
        return _reserve_page(form), 422
    try:
        with refusing():
            assert form.school and form.responsible and form.first_day and form.last_day
            quantities = {model: form.quantities.get(model.id, 0) for model in form.models}
            asked = Asked(form.school, form.responsible, quantities, form.first_day, form.last_day, form.purpose)
            reservation = reserve(asked, by=me().person, now=clock.now(), today=me().day)
            reservation_id = reservation.id
            db.session.commit()
    except Refused as refused:
        again = read_reserve_form(request.form, schools_to_reserve_for(), lendable_models(), me().day)
        again.errors.append((refused.field or "quantities", sentence_of(refused)))
        return _reserve_page(again), refused.status
    told(gettext("Reserved. The depot has it ready on the pick-up day."))
    return redirect(url_for("inventory.show_reservation", reservation_id=reservation_id), 303)


def reservation_or_404(reservation_id: int) -> Reservation:
    """A reservation that this person may see; another school's isn't there for them."""
    query = (
        select(Reservation)
        .where(Reservation.id == reservation_id)
        .options(
            joinedload(Reservation.school),
            joinedload(Reservation.responsible),
            joinedload(Reservation.created_by),
            selectinload(Reservation.lines).joinedload(ReservationLine.model).selectinload(EquipmentModel.badges),
            selectinload(Reservation.lines).joinedload(ReservationLine.item),
        )
    )
    found: Reservation = found_or_404(db.session.scalar(query))
    if not sees(me(), found):
        abort(404)
    return found


@inventory.get("/reservations/<int:reservation_id>")
@requires(anyone_signed_in)
def show_reservation(reservation_id: int) -> str:
    return reservation_page(reservation_or_404(reservation_id))


def reservation_page(reservation: Reservation, refusal: str = "") -> str:
    standing = me()
    live = any(line.state in LIVE for line in reservation.lines) and reservation.last_day >= standing.day
    risk = why_at_risk(reservation, standing.day) if live else None
    checks = db.session.scalars(select(GateCheck).where(GateCheck.reservation_id == reservation.id).order_by(GateCheck.id)).all()
    return render_template(
        "inventory/reservation.html",
        reservation=reservation,
        state=state_of(reservation),
        late=is_late(reservation, standing.day),
        risk=sentence_of(risk) if risk else "",
        checks=checks,
        refusal=refusal,
        may_cancel=reserves_for(standing, reservation.school_id) and any(line.state in AHEAD for line in reservation.lines),
        may_lend=lends(standing),
        ahead=any(line.state in ("reserved", "packed") for line in reservation.lines),
        out=any(line.state == "out" for line in reservation.lines),
    )


@inventory.post("/reservations/<int:reservation_id>/cancellation")
@requires(may_reserve)
def create_cancellation(reservation_id: int) -> object:
    try:
        with refusing():
            reservation = reservation_or_404(reservation_id)
            if not reserves_for(me(), reservation.school_id):
                abort(403)
            cancel_reservation(reservation, reason=request.form.get("reason", "").strip()[:300], by=me().person, now=clock.now())
            db.session.commit()
    except Refused as refused:
        return reservation_page(reservation_or_404(reservation_id), sentence_of(refused)), refused.status
    told(gettext("Canceled. The items are free for others."))
    return redirect(url_for("inventory.show_reservation", reservation_id=reservation_id), 303)


@inventory.get("/loans")
@requires(sees_loans)
def show_loans() -> str:
    standing = me()
    schools = [school.id for school in schools_to_reserve_for()]
    query = select(Reservation).where(Reservation.district_id == standing.person.district_id, Reservation.school_id.in_(schools))
    everything = query.options(
        joinedload(Reservation.school),
        joinedload(Reservation.responsible),
        selectinload(Reservation.lines).joinedload(ReservationLine.model),
        selectinload(Reservation.lines).joinedload(ReservationLine.item),
    ).order_by(Reservation.first_day.desc(), Reservation.id.desc())
    rows = db.session.scalars(everything.limit(PAGE_SIZE + 1).offset((page_number() - 1) * PAGE_SIZE)).all()
    total = (page_number() - 1) * PAGE_SIZE + len(rows)
    page = page_of(list(rows[:PAGE_SIZE]), total, page_number())
    return render_template("inventory/loans.html", page=page, state_of=state_of, is_late=is_late, day=standing.day)
