"""The verbs of a reservation: reserve, cancel, hand over, take back, check in.

Laws: rule 5, by the database; rule 6, at reserving and at hand-over; nothing is deleted but the days that a claim frees.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from inventory import gate
from inventory.calendar import claim, days_between, free_items, release
from inventory.depot import OpenDays, open_days
from inventory.equipment import EquipmentModel, Item
from inventory.reservation import AHEAD, GateCheck, Reservation, ReservationLine
from seminar.ground import history, outbox
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.person import Person
from seminar.people.school import School


@dataclass(frozen=True)
class Asked:
    """What a school asks for: how many of which model, on which days, and who answers for it."""

    school: School
    responsible: Person
    quantities: dict[EquipmentModel, int]
    first_day: date
    last_day: date
    purpose: str = ""

    @property
    def models(self) -> list[EquipmentModel]:
        return [model for model, quantity in self.quantities.items() if quantity > 0]


def lock_models(models: list[EquipmentModel]) -> None:
    """Hold the models' rows, in the order of their ids, so that two askers for the last item follow each other."""
    ids = sorted(model.id for model in models)
    db.session.execute(
        select(EquipmentModel.id).where(EquipmentModel.id.in_(ids)).order_by(EquipmentModel.id).with_for_update(key_share=True)
    )


def reserve(asked: Asked, *, by: Person, now: datetime, today: date) -> Reservation:
    """Claim free items for the school, chosen by the system. Raises Refused for the days, the teacher, or what isn't free.
    Flushes."""
    if not asked.models:
        raise Refused(N_("Choose how many of which model you want."), field="quantities")
    lock_models(asked.models)
    opened = open_days(asked.school.district_id)
    refuse_days(asked, opened, today)
    found = gate.check(asked.school, asked.responsible, asked.models, asked.first_day, asked.last_day)
    reservation = Reservation(
        district_id=asked.school.district_id,
        school_id=asked.school.id,
        responsible_id=asked.responsible.id,
        first_day=asked.first_day,
        last_day=asked.last_day,
        purpose=asked.purpose,
        created_at=now,
        created_by_id=by.id,
    )
    db.session.add(reservation)
    db.session.flush()
    _assign(reservation, asked, opened, by=by, now=now, today=today)
    _keep(reservation, asked.responsible, "reserved", found, now)
    history.record(by, "reserved", reservation, now, responsible=asked.responsible.id)
    _tell(reservation, asked.responsible, "reserved", now)
    return reservation


def refuse_days(asked: Asked, opened: OpenDays, today: date) -> None:
    first, last = asked.first_day, asked.last_day
    if last < first:
        raise Refused(N_("The return day is before the pick-up day."), field="last_day")
    if first < today:
        raise Refused(N_("The pick-up day is over. Choose today or a later day."), field="first_day")
    for day, field in ((first, "first_day"), (last, "last_day")):
        if not opened.is_open(day):
            raise Refused(
                N_("The depot is closed on {day}. {next} is open."),
                field=field,
                day=day.isoformat(),
                next=opened.next_open(day).isoformat(),
            )
    for model in asked.models:
        length = (last - first).days + 1
        if length > model.max_loan_days:
            raise Refused(
                N_("{model} may be kept for {most} days; these are {length}."),
                field="last_day",
                model=model.name,
                most=model.max_loan_days,
                length=length,
            )
        notice = opened.after(today, model.notice_open_days)
        if notice and first < notice[-1]:
            raise Refused(
                N_("{model} is asked for {notice} open days ahead: the first pick-up day is {day}."),
                field="first_day",
                model=model.name,
                notice=model.notice_open_days,
                day=notice[-1].isoformat(),
            )


def _assign(reservation: Reservation, asked: Asked, opened: OpenDays, *, by: Person, now: datetime, today: date) -> None:
    """A line per item, and a row per day of it, turnaround included. Raises Refused (409) where too few are free."""
    for model in asked.models:
        after = opened.after(asked.last_day, model.turnaround_open_days)
        last = after[-1] if after else asked.last_day
        free = free_items([model.id], asked.first_day, last, today=today)[model.id]
        wanted = asked.quantities[model]
        if len(free) < wanted:
            raise Refused(
                N_("Of {model}, {free} are free on all of these days, and you asked for {wanted}. Choose other days, or fewer."),
                field="quantities",
                status=409,
                model=model.name,
                free=len(free),
                wanted=wanted,
            )
        for item in free[:wanted]:
            line = _line(reservation, model, item, by=by, now=now)
            claim(line, days_between(asked.first_day, asked.last_day), "loan")
            claim(line, after, "turnaround")
    db.session.flush()


def _line(reservation: Reservation, model: EquipmentModel, item: Item, *, by: Person, now: datetime) -> ReservationLine:
    line = ReservationLine(
        district_id=reservation.district_id,
        reservation=reservation,
        model_id=model.id,
        item_id=item.id,
        state="reserved",
        state_since=now,
        state_by_id=by.id,
    )
    db.session.add(line)
    db.session.flush()
    return line


def _keep(reservation: Reservation, person: Person, occasion: str, found: dict[str, Any], now: datetime) -> None:
    db.session.add(
        GateCheck(
            district_id=reservation.district_id,
            reservation_id=reservation.id,
            person_id=person.id,
            at=now,
            occasion=occasion,
            found=found,
        )
    )
    db.session.flush()


def _tell(reservation: Reservation, person: Person, kind: str, now: datetime, **values: Any) -> None:
    outbox.put(
        person,
        kind,
        key=str(reservation.id),
        now=now,
        reservation_id=reservation.id,
        school=reservation.school.name,
        first_day=reservation.first_day,
        last_day=reservation.last_day,
        **values,
    )


# Which moves a line may make; every other is refused.
MOVES = {
    "reserved": ("packed", "out", "canceled", "not_collected"),
    "packed": ("out", "canceled", "not_collected"),
    "out": ("in_check",),
    "in_check": ("closed",),
}


def _move(line: ReservationLine, state: str, *, by: Person, now: datetime) -> None:
    if state not in MOVES.get(line.state, ()):
        raise Refused(N_("{tag} isn't where this page thought. Look at its state, and go on from there."), status=409, tag=line.item.tag)
    line.state, line.state_since, line.state_by_id = state, now, by.id


def _locked_lines(reservation: Reservation, *states: str) -> list[ReservationLine]:
    """The reservation's lines in one of these states, read anew under the row's lock."""
    db.session.execute(select(Reservation.id).where(Reservation.id == reservation.id).with_for_update(key_share=True))
    query = select(ReservationLine).where(ReservationLine.reservation_id == reservation.id, ReservationLine.state.in_(states))
    return list(db.session.scalars(query.order_by(ReservationLine.id).execution_options(populate_existing=True)))


def cancel_reservation(reservation: Reservation, *, reason: str, by: Person, now: datetime) -> None:
    """Give back what isn't out yet; its days are free at once. Raises Refused where there is nothing left to cancel."""
    lines = _locked_lines(reservation, *AHEAD)
    if not lines:
        raise Refused(N_("Nothing of this reservation can be canceled any more."), status=409)
    for line in lines:
        _move(line, "canceled", by=by, now=now)
    release(lines)
    reservation.ended_reason = reason or None
    db.session.flush()
    history.record(by, "canceled", reservation, now, reason=reason)
    _tell(reservation, reservation.responsible, "reservation_canceled", now, reason=reason)


def hand_over(reservation: Reservation, *, by: Person, now: datetime, today: date) -> None:
    """Everything that is reserved goes out, packed first where it wasn't. The teacher is checked again (rule 6).

    Raises Refused before the pick-up day, after the return day, when the teacher no longer may, or an item is still away.
    """
    lines = _locked_lines(reservation, "reserved", "packed")
    if not lines:
        raise Refused(N_("Nothing of this reservation is waiting to be handed over."), status=409)
    if not reservation.first_day <= today <= reservation.last_day:
        raise Refused(
            N_("This reservation is for {first} to {last}; hand it over on one of those days."),
            status=409,
            first=reservation.first_day.isoformat(),
            last=reservation.last_day.isoformat(),
        )
    models = list({line.model_id: line.model for line in lines}.values())
    found = gate.check(reservation.school, reservation.responsible, models, today, reservation.last_day)
    for line in lines:
        _move(line, "out", by=by, now=now)
        line.out_at = now
    db.session.flush()
    _keep(reservation, reservation.responsible, "handed_over", found, now)
    history.record(by, "handed over", reservation, now, items=[line.item_id for line in lines])


def take_back(reservation: Reservation, *, by: Person, now: datetime) -> None:
    """Everything that is out comes back, to be checked. Always possible, late or not."""
    lines = _locked_lines(reservation, "out")
    if not lines:
        raise Refused(N_("Nothing of this reservation is out."), status=409)
    for line in lines:
        _move(line, "in_check", by=by, now=now)
        line.in_at = now
    db.session.flush()
    history.record(by, "taken back", reservation, now, items=[line.item_id for line in lines])


def close_check(line: ReservationLine, outcome: str, *, note: str, by: Person, now: datetime) -> None:
    """The check of a returned item is done: its days are free again, and an item that came back in no state to be lent
    is taken out of lending. Raises Refused where it isn't being checked."""
    _locked_lines(line.reservation, "in_check")
    _move(line, "closed", by=by, now=now)
    line.outcome, line.note = outcome, note
    release([line])
    if outcome in ("lost", "damaged"):
        line.item.retired_on, line.item.retired_reason = line.reservation.school.district.day(now), f"{outcome}: {note}".rstrip(": ")
    db.session.flush()
    history.record(by, "checked in", line, now, outcome=outcome, note=note)


def not_collected(reservation: Reservation, *, by: Person, now: datetime, today: date) -> None:
    """Nobody came: free the items. Raises Refused before the pick-up day is over."""
    lines = _locked_lines(reservation, "reserved", "packed")
    if not lines or reservation.first_day >= today:
        raise Refused(N_("This reservation can still be collected."), status=409)
    for line in lines:
        _move(line, "not_collected", by=by, now=now)
    release(lines)
    db.session.flush()
    history.record(by, "not collected", reservation, now)
