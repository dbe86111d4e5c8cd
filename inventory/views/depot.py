"""The depot's day: pick-ups, returns, late ones and open checks; handing over, taking back, checking in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import ColumnElement, func, literal, or_, select, union_all

from inventory.access import FOR_THEIR_SCHOOL, lends, may_reserve, opens_depot
from inventory.depot import depot_of
from inventory.equipment import Item
from inventory.lending import close_check, hand_over, not_collected, pack, take_back
from inventory.reservation import OUTCOMES, WAITING, WITH_THE_SCHOOL, Reservation, ReservationLine, is_late, state_of
from inventory.views import inventory
from inventory.views.reservation import for_a_row, reservation_or_404, reservation_page
from seminar.ground import clock
from seminar.ground.contributions import Card
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.appointment import Standing
from seminar.web.language import sentence_of
from seminar.web.pages import refusing, told
from seminar.web.requires import requires
from seminar.web.viewer import district_or_404, found_or_404, me

# So many of each kind of work stand on the page; when they are done the next ones do.
SHOWN = {"late": 25, "pick_ups": 25, "returns": 25, "missed": 25, "checks": 25, "ahead": 10}


@dataclass(frozen=True)
class Work:
    """A kind of the depot's work: the first reservations that it is about, and how many there are in all."""

    rows: list[Reservation]
    count: int


def days_work(standing: Standing) -> dict[str, Work]:
    """The depot's day by kind of work: late, pick-ups, returns, not picked up, to check, ahead. The same few statements however
    much there is, and no more rows than are shown."""
    today, district_id = standing.day, standing.person.district_id
    # The open lines are few beside those that are over. From the reservations' days the database would go through all that ever were.
    lines = (
        select(Reservation.id, Reservation.first_day, Reservation.last_day, ReservationLine.state)
        .join(Reservation, Reservation.id == ReservationLine.reservation_id)
        .where(ReservationLine.district_id == district_id, ReservationLine.state.in_((*WAITING, *WITH_THE_SCHOOL)))
        .cte("lines")
    )
    line = lines.c
    waiting, out = line.state.in_(WAITING), line.state == "out"
    kinds: dict[str, ColumnElement[bool]] = {
        "late": out & (line.last_day < today),
        "pick_ups": waiting & (line.first_day == today),
        "returns": out & (line.last_day == today),
        "missed": waiting & (line.first_day < today),
        "checks": line.state == "in_check",
        "ahead": waiting & (line.first_day > today),
    }
    of_kinds = union_all(
        *(select(literal(name).label("kind"), line.id, line.first_day).where(one).distinct() for name, one in kinds.items())
    ).subquery()
    kind = of_kinds.c.kind
    place = func.row_number().over(partition_by=kind, order_by=(of_kinds.c.first_day, of_kinds.c.id)).label("place")
    placed = select(kind, of_kinds.c.id, place, func.count().over(partition_by=kind).label("in_all")).subquery()
    shown = or_(*((placed.c.kind == name) & (placed.c.place <= number) for name, number in SHOWN.items()))
    query = select(placed.c.kind, placed.c.in_all, Reservation).join(Reservation, Reservation.id == placed.c.id).where(shown)
    found = db.session.execute(query.order_by(placed.c.kind, placed.c.place).options(*for_a_row())).all()
    work = {name: Work([], 0) for name in kinds}
    for name, rows in groupby(found, lambda row: row.kind):
        listed = list(rows)
        work[name] = Work([row.Reservation for row in listed], listed[0].in_all)
    return work


@inventory.get("/depot")
@requires(opens_depot)
def show_depot() -> object:
    tag = request.args.get("tag", "").strip()
    if tag and (reservation_id := _reservation_of(tag)) is not None:
        return redirect(url_for("inventory.show_reservation", reservation_id=reservation_id), 303)
    depot = depot_of(district_or_404().id)
    return render_template("inventory/depot.html", work=days_work(me()), depot=depot, day=me().day, tag=tag)


def _reservation_of(tag: str) -> int | None:
    """Where the item with this tag is, or goes next: the reservation that has it out, is being checked, or comes first."""
    today = me().day
    query = (
        select(Reservation.id)
        .join(ReservationLine, ReservationLine.reservation_id == Reservation.id)
        .join(Item, Item.id == ReservationLine.item_id)
        .where(Item.district_id == district_or_404().id, func.lower(Item.tag) == tag.lower())
        .where(ReservationLine.state.in_(WITH_THE_SCHOOL) | (ReservationLine.state.in_(WAITING) & (Reservation.last_day >= today)))
        .order_by(ReservationLine.state.in_(WAITING), Reservation.first_day)
    )
    return db.session.scalar(query.limit(1))


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
    standing, chosen = me(), _chosen_lines()
    return _on_reservation(
        reservation_id,
        lambda reservation, now: hand_over(reservation, chosen, by=standing.person, now=now, today=standing.day),
        gettext("Handed over."),
    )


@inventory.post("/reservations/<int:reservation_id>/packing")
@requires(lends)
def create_packing(reservation_id: int) -> object:
    by, chosen = me().person, _chosen_lines()
    return _on_reservation(
        reservation_id, lambda reservation, now: pack(reservation, chosen, by=by, now=now), gettext("Packed. It stands ready.")
    )


def _chosen_lines() -> list[int] | None:
    """The items that are checked on the page; None where the page offered no choice."""
    return request.form.getlist("line", type=int) if "line" in request.form or "choice" in request.form else None


@inventory.post("/reservations/<int:reservation_id>/return")
@requires(lends)
def create_return(reservation_id: int) -> object:
    by, chosen = me().person, _chosen_lines()
    return _on_reservation(
        reservation_id,
        lambda reservation, now: take_back(reservation, chosen, by=by, now=now),
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
        cards.append(Card("inventory/card_depot.html", {"work": work, "may_lend": lends(standing)}))
    elif may_reserve(standing):
        schools = standing.school_ids(*FOR_THEIR_SCHOOL)
        open_lines = (ReservationLine.district_id == standing.person.district_id) & ReservationLine.state.in_((*WAITING, "out"))
        open_ones = select(ReservationLine.reservation_id).where(open_lines)
        own = select(Reservation).where(Reservation.district_id == standing.person.district_id, Reservation.school_id.in_(schools))
        own = own.where(Reservation.id.in_(open_ones)).options(*for_a_row())
        soonest = db.session.scalars(own.order_by(Reservation.last_day, Reservation.id).limit(5)).all()
        cards.append(Card("inventory/card_loans.html", {"reservations": soonest, "is_late": is_late, "state_of": state_of}))
    return cards
