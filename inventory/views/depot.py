"""The depot's day: pick-ups, returns, late ones and open checks; handing over, taking back, checking in."""

from collections.abc import Callable
from datetime import datetime

from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from inventory.access import lends, may_reserve, opens_depot
from inventory.depot import depot_of
from inventory.lending import close_check, hand_over, not_collected, take_back
from inventory.reservation import OUTCOMES, Reservation, ReservationLine, is_late, state_of
from inventory.views import inventory
from inventory.views.reservation import reservation_or_404, reservation_page
from seminar.ground import clock
from seminar.ground.contributions import Card
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.appointment import Standing
from seminar.web.pages import refusing, sentence_of, told
from seminar.web.requires import requires
from seminar.web.viewer import district_or_404, found_or_404, me


def reservations_in(district_id: int, *states: str) -> list[Reservation]:
    """Every reservation with a line in one of these states, the earliest first."""
    within = select(ReservationLine.reservation_id).where(ReservationLine.district_id == district_id, ReservationLine.state.in_(states))
    query = select(Reservation).where(Reservation.id.in_(within)).order_by(Reservation.first_day, Reservation.id)
    return list(
        db.session.scalars(
            query.options(
                joinedload(Reservation.school),
                joinedload(Reservation.responsible),
                selectinload(Reservation.lines).joinedload(ReservationLine.model),
                selectinload(Reservation.lines).joinedload(ReservationLine.item),
            )
        )
    )


def days_work(standing: Standing) -> dict[str, list[Reservation]]:
    """The depot's day by kind of work: late, pick-ups, returns, out today, being checked, not collected, ahead."""
    today = standing.day
    found = reservations_in(standing.person.district_id, "reserved", "packed", "out", "in_check")

    def waiting(reservation: Reservation) -> bool:
        return any(line.state in ("reserved", "packed") for line in reservation.lines)

    def out(reservation: Reservation) -> bool:
        return any(line.state == "out" for line in reservation.lines)

    return {
        "late": [r for r in found if is_late(r, today)],
        "pick_ups": [r for r in found if waiting(r) and r.first_day == today],
        "missed": [r for r in found if waiting(r) and r.first_day < today],
        "returns": [r for r in found if out(r) and r.last_day == today],
        "checks": [r for r in found if any(line.state == "in_check" for line in r.lines)],
        "ahead": [r for r in found if waiting(r) and r.first_day > today][:10],
    }


@inventory.get("/depot")
@requires(opens_depot)
def show_depot() -> str:
    depot = depot_of(district_or_404().id)
    return render_template(
        "inventory/depot.html", work=days_work(me()), depot=depot, day=me().day, may_lend=lends(me()), outcomes=OUTCOMES, state_of=state_of
    )


def _on_reservation(reservation_id: int, verb: Callable[[Reservation, datetime], None], done: str) -> object:
    """Do a verb of the depot to a reservation, and show it."""
    try:
        with refusing():
            verb(reservation_or_404(reservation_id), clock.now())
            db.session.commit()
    except Refused as refused:
        return reservation_page(reservation_or_404(reservation_id), sentence_of(refused)), refused.status
    told(done)
    return redirect(url_for("inventory.show_reservation", reservation_id=reservation_id), 303)


@inventory.post("/reservations/<int:reservation_id>/hand-over")
@requires(lends)
def create_hand_over(reservation_id: int) -> object:
    standing = me()
    return _on_reservation(
        reservation_id,
        lambda reservation, now: hand_over(reservation, by=standing.person, now=now, today=standing.day),
        gettext("Handed over."),
    )


@inventory.post("/reservations/<int:reservation_id>/return")
@requires(lends)
def create_return(reservation_id: int) -> object:
    by = me().person
    return _on_reservation(
        reservation_id,
        lambda reservation, now: take_back(reservation, by=by, now=now),
        gettext("Taken back. Check it, then it is free again."),
    )


@inventory.post("/reservations/<int:reservation_id>/no-show")
@requires(lends)
def create_no_show(reservation_id: int) -> object:
    standing = me()
    return _on_reservation(
        reservation_id,
        lambda reservation, now: not_collected(reservation, by=standing.person, now=now, today=standing.day),
        gettext("Marked as not collected. The items are free."),
    )


@inventory.post("/lines/<int:line_id>/check")
@requires(lends)
def create_check(line_id: int) -> object:
    line: ReservationLine = found_or_404(db.session.get(ReservationLine, line_id))
    outcome, note = request.form.get("outcome", ""), request.form.get("note", "").strip()[:500]

    def check(_reservation: Reservation, now: datetime) -> None:
        if outcome not in OUTCOMES:
            raise Refused(N_("Choose how the item came back."))
        close_check(line, outcome, note=note, by=me().person, now=now)

    return _on_reservation(line.reservation_id, check, gettext("The check is closed."))


def home_cards(standing: Standing, now: datetime) -> list[Card]:
    cards = []
    if opens_depot(standing):
        work = days_work(standing)
        cards.append(Card("inventory/card_depot.html", {"work": work}))
    elif may_reserve(standing):
        schools = standing.school_ids("maker_contact", "principal", "coach")
        open_ones = reservations_in(standing.person.district_id, "reserved", "packed", "out")
        own = [r for r in open_ones if r.school_id in schools]
        cards.append(Card("inventory/card_loans.html", {"reservations": own[:5], "is_late": is_late, "state_of": state_of}))
    return cards
