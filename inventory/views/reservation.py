"""A reservation's page, canceling it, and one's schools' loans."""

from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from inventory.access import FOR_THEIR_SCHOOL, lends, may_reserve, opens_depot, reserves_for, sees, sees_loans
from inventory.at_risk import LIVE, NO_ITEM, too_late_to_be_ready, why_at_risk
from inventory.depot import depot_of, open_days
from inventory.equipment import EquipmentModel
from inventory.reservation import AHEAD, WAITING, WITH_THE_SCHOOL, GateCheck, Reservation, ReservationLine, is_late, state_of
from inventory.reserving import cancel_reservation
from inventory.views import inventory
from seminar.ground import clock
from seminar.ground.counting import MOST_COUNTED, count_of
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.web.asked import page_number
from seminar.web.language import sentence_of
from seminar.web.pages import PAGE_SIZE, page_of, refusing, told
from seminar.web.requires import anyone_signed_in, requires
from seminar.web.viewer import found_or_404, me


def for_a_row() -> tuple[Any, ...]:
    """What a row of a list says of a reservation, read with it."""
    return (
        joinedload(Reservation.school),
        joinedload(Reservation.responsible),
        selectinload(Reservation.lines).joinedload(ReservationLine.model),
        selectinload(Reservation.lines).joinedload(ReservationLine.item),
    )


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
    risk = why_at_risk([reservation], standing.day).get(reservation.id) if live else None
    gone = _without_item(reservation) + _not_ready(reservation) if live else []
    kept = select(GateCheck).where(GateCheck.reservation_id == reservation.id).options(joinedload(GateCheck.person))
    checks = db.session.scalars(kept.order_by(GateCheck.id)).all()
    return render_template(
        "inventory/reservation.html",
        reservation=reservation,
        state=state_of(reservation),
        late=is_late(reservation, standing.day),
        risks=([sentence_of(risk)] if risk is not None else []) + gone,
        checks=checks,
        refusal=refusal,
        may_change=reserves_for(standing, reservation.school_id) and any(line.state in LIVE for line in reservation.lines),
        may_cancel=reserves_for(standing, reservation.school_id) and any(line.state in AHEAD for line in reservation.lines),
        may_lend=lends(standing),
        ahead=[line for line in reservation.lines if line.state in WAITING],
        packed=any(line.state == "packed" for line in reservation.lines),
        out=[line for line in reservation.lines if line.state == "out"],
    )


def _without_item(reservation: Reservation) -> list[str]:
    """A sentence per item ahead that is out of lending."""
    gone = [line for line in reservation.lines if line.state in AHEAD and line.item.retired_on is not None]
    return [sentence_of(Refused(NO_ITEM, tag=line.item.tag, model=line.model.name)) for line in gone]


def _not_ready(reservation: Reservation) -> list[str]:
    """A sentence where an item ahead comes back too late from another school to be made ready."""
    if depot_of(reservation.district_id) is None:
        return []
    opened = open_days(reservation.district_id)
    return [sentence_of(no) for no in too_late_to_be_ready(reservation.district_id, me().day, opened, of=reservation.id).values()]


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


NOT_OVER = (*AHEAD, *WITH_THE_SCHOOL)


@inventory.get("/loans")
@requires(sees_loans)
def show_loans() -> str:
    """What one's schools hold and have reserved, the soonest first; or what is over, the latest first."""
    standing, shown = me(), "past" if request.args.get("show") == "past" else "now"
    mine = select(Reservation).where(Reservation.district_id == standing.person.district_id)
    if not opens_depot(standing):
        mine = mine.where(Reservation.school_id.in_(standing.school_ids(*FOR_THEIR_SCHOOL)))
    live = select(ReservationLine.reservation_id).where(ReservationLine.district_id == standing.person.district_id)
    live = live.where(ReservationLine.state.in_(NOT_OVER))
    mine = mine.where(Reservation.id.in_(live) if shown == "now" else Reservation.id.not_in(live))
    total = count_of(mine)
    order = (Reservation.first_day, Reservation.id) if shown == "now" else (Reservation.first_day.desc(), Reservation.id.desc())
    query = mine.options(*for_a_row()).order_by(*order).limit(PAGE_SIZE).offset((page_number() - 1) * PAGE_SIZE)
    page = page_of(list(db.session.scalars(query)), total, page_number(), most=MOST_COUNTED)
    return render_template("inventory/loans.html", page=page, shown=shown, state_of=state_of, is_late=is_late, day=standing.day)
