"""Reserving for a school, changing it while nothing is out yet, and canceling.

Laws: rule 5, by the database; rule 6, whenever days, models or the teacher are chosen; nothing is deleted but the days that a
claim frees.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from inventory import gate
from inventory.calendar import busy_days, claim, days_between, items_of, release
from inventory.depot import OpenDays, open_days
from inventory.equipment import EquipmentModel, Item
from inventory.reservation import AHEAD, WITH_THE_SCHOOL, GateCheck, Reservation, ReservationLine, about, locked_lines, models_of, move
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


def lock_models(models: Iterable[EquipmentModel]) -> None:
    """Hold the models' rows, in the order of their ids, so that two askers for the last item follow each other."""
    ids = {model.id for model in models}
    locked = select(EquipmentModel).where(EquipmentModel.id.in_(ids)).order_by(EquipmentModel.id).with_for_update(key_share=True)
    db.session.scalars(locked.execution_options(populate_existing=True)).all()


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
    _assign(reservation, asked, [], opened, by=by, now=now, today=today)
    keep_check(reservation, asked.responsible, "reserved", found, now)
    history.record(by, "reserved", reservation, now, responsible=asked.responsible.id)
    tell_responsible(reservation, "reserved", now, key=str(reservation.id))
    return reservation


def change(reservation: Reservation, asked: Asked, *, by: Person, now: datetime, today: date) -> bool:
    """Other days, models, quantities or another teacher. Items that stay free for it stay with it. Answers whether anything is
    different now; where nothing is, or its purpose alone, nobody is told. Raises Refused as reserving does, and (409) once
    something of it is out: then its loan is changed."""
    lines = locked_lines(reservation, *AHEAD, *WITH_THE_SCHOOL)
    if not lines or any(line.state in WITH_THE_SCHOOL for line in lines):
        raise Refused(N_("Something of this reservation is out already, or it is over. Open its page anew."), status=409)
    if not asked.models:
        raise Refused(N_("Choose how many of which model you want, or cancel the reservation."), field="quantities")
    lock_models({*asked.models, *models_of(lines)})
    opened = open_days(reservation.district_id)
    refuse_days(asked, opened, today, reservation)
    found = gate.check(reservation.school, asked.responsible, asked.models, max(asked.first_day, today), asked.last_day)
    was_from, former, purpose = reservation.first_day, reservation.responsible, reservation.purpose
    claimed = _what_is_claimed(reservation)
    before = {"days": [was_from.isoformat(), reservation.last_day.isoformat()], "responsible": reservation.responsible_id}
    reservation.first_day, reservation.last_day = asked.first_day, asked.last_day
    reservation.responsible, reservation.purpose = asked.responsible, asked.purpose
    release(lines)
    _assign(reservation, asked, lines, opened, by=by, now=now, today=today)
    if _what_is_claimed(reservation) != claimed:
        keep_check(reservation, asked.responsible, "changed", found, now)
        tell_change(reservation, former, now, was_from=was_from)
    elif reservation.purpose == purpose:
        return False
    history.record(by, "changed", reservation, now, before=before)
    return True


def _what_is_claimed(reservation: Reservation) -> tuple[date, date, int, list[tuple[int, int]]]:
    """The days, who answers for it, and the items that are ahead: what somebody is told of when it changes."""
    items = sorted((line.id, line.item_id) for line in reservation.lines if line.state in AHEAD)
    return reservation.first_day, reservation.last_day, reservation.responsible.id, items


def refuse_days(asked: Asked, opened: OpenDays, today: date, changed: Reservation | None = None) -> None:
    """Raises Refused for days that no reservation may have. What a changed one has, it may keep: a pick-up day that is over,
    and models that aren't lent any more."""
    first_day_was = changed.first_day if changed is not None else None
    had = {line.model_id for line in changed.lines} if changed is not None else set()
    first, last = asked.first_day, asked.last_day
    if last < first:
        raise Refused(N_("The return day is before the pick-up day."), field="last_day")
    if first < today and first != first_day_was:
        raise Refused(N_("The pick-up day is over. Choose today or a later day."), field="first_day")
    if not asked.school.is_open_on(last):
        raise Refused(N_("{school} is closed from {day} on."), field="school", school=asked.school.name, day=asked.school.closed_on)
    refuse_return_day(last, opened, today)
    if first != first_day_was:
        _refuse_closed(first, "first_day", opened)
    for model in asked.models:
        if model.retired_on is not None and model.id not in had:
            raise Refused(N_("{model} isn't lent any more."), field="quantities", model=model.name)
        refuse_length(model, first, last)
        notice = opened.after(today, model.notice_open_days)
        if notice and first < notice[-1] and first != first_day_was:
            raise Refused(
                N_("{model} is asked for {notice} open days ahead: the first pick-up day is {day}."),
                field="first_day",
                model=model.name,
                notice=model.notice_open_days,
                day=notice[-1],
            )


def refuse_return_day(last: date, opened: OpenDays, today: date) -> None:
    if last < today:
        raise Refused(N_("The return day is over. Choose today or a later day."), field="last_day")
    _refuse_closed(last, "last_day", opened)


def _refuse_closed(day: date, field: str, opened: OpenDays) -> None:
    if not opened.is_open(day):
        raise Refused(N_("The depot is closed on {day}. {next} is open."), field=field, day=day, next=opened.next_open(day))


def refuse_length(model: EquipmentModel, first: date, last: date) -> None:
    length = (last - first).days + 1
    if length > model.max_loan_days:
        raise Refused(
            N_("{model} may be kept for {most} days; these are {length}."),
            field="last_day",
            model=model.name,
            most=model.max_loan_days,
            length=length,
        )


def _assign(
    reservation: Reservation, asked: Asked, had: list[ReservationLine], opened: OpenDays, *, by: Person, now: datetime, today: date
) -> None:
    """A line per item, and a row per day of it, turnaround included; lines that it had are used first, and what is left of
    them is canceled. Raises Refused (409) where too few are free."""
    after = {model: opened.after(asked.last_day, model.turnaround_open_days) for model in asked.models}
    ids = [model.id for model in asked.models]
    latest = max((days[-1] for days in after.values() if days), default=asked.last_day)
    busy = busy_days(ids, asked.first_day, latest, today=today)
    lendable = items_of(ids)
    kept: list[tuple[ReservationLine, EquipmentModel]] = []
    for model in asked.models:
        needed = {*days_between(asked.first_day, asked.last_day), *after[model]}
        free = [item for item in lendable[model.id] if not needed & busy.get(item.id, set())]
        own = [line for line in had if line.model_id == model.id]
        kept += [(line, model) for line in _lines(reservation, model, _chosen(model, free, own, asked), own, by=by, now=now)]
    for line in had:
        if line not in {one for one, _ in kept}:
            move(line, "canceled", by=by, now=now)
    db.session.flush()
    for line, model in kept:
        claim(line, days_between(asked.first_day, asked.last_day), "loan")
        claim(line, after[model], "turnaround")
    db.session.flush()
    db.session.expire(reservation, ["lines"])


def _chosen(model: EquipmentModel, free: list[Item], own: list[ReservationLine], asked: Asked) -> list[Item]:
    """The items for it: those that it had first, then by tag."""
    wanted, had = asked.quantities[model], {line.item_id for line in own}
    if len(free) < wanted:
        raise Refused(
            N_("Of {model}, {free} are free on all of these days, and you asked for {wanted}. Choose other days, or fewer."),
            field="quantities",
            status=409,
            model=model.name,
            free=len(free),
            wanted=wanted,
        )
    return sorted(free, key=lambda item: (item.id not in had, item.tag))[:wanted]


def _lines(
    reservation: Reservation, model: EquipmentModel, items: list[Item], own: list[ReservationLine], *, by: Person, now: datetime
) -> list[ReservationLine]:
    """A line for each item: its own where it had one, a spare one with another item, or a new one."""
    by_item = {line.item_id: line for line in own}
    spare = [line for line in own if line.item_id not in {item.id for item in items}]
    lines = []
    for item in items:
        line = by_item.get(item.id) or (spare.pop() if spare else None)
        if line is None:
            line = ReservationLine(district_id=reservation.district_id, reservation_id=reservation.id, model_id=model.id, item_id=item.id)
            line.state, line.state_since, line.state_by_id = "reserved", now, by.id
            db.session.add(line)
        elif line.item_id != item.id:
            if line.state == "packed":
                move(line, "reserved", by=by, now=now)
            line.item_id, line.item = item.id, item
        lines.append(line)
    return lines


def cancel_reservation(reservation: Reservation, *, reason: str, by: Person, now: datetime) -> None:
    """Give back what isn't out yet; its days are free at once. Raises Refused where there is nothing left to cancel."""
    lines = locked_lines(reservation, *AHEAD)
    if not lines:
        raise Refused(N_("Nothing of this reservation can be canceled any more."), status=409)
    for line in lines:
        move(line, "canceled", by=by, now=now)
    release(lines)
    reservation.ended_reason = reason or None
    db.session.flush()
    history.record(by, "canceled", reservation, now, reason=reason)
    tell_responsible(reservation, "reservation_canceled", now, key=str(reservation.id), reason=reason)


def keep_check(reservation: Reservation, person: Person, occasion: str, found: dict[str, Any], now: datetime) -> None:
    """What was checked is kept with the reservation (rule 6)."""
    check = GateCheck(
        district_id=reservation.district_id,
        reservation_id=reservation.id,
        person_id=person.id,
        at=now,
        occasion=occasion,
        last_day=reservation.last_day,
        found=found,
    )
    db.session.add(check)
    db.session.flush()


def tell_change(reservation: Reservation, former: Person, now: datetime, *, was_from: date) -> None:
    """Who answers for it now knows the new days; who answered for it before, that they don't any more. Before it was changed, its
    first day was `was_from`."""
    key = f"{reservation.id}:{now.isoformat()}"
    tell_responsible(reservation, "reservation_changed", now, key=key, was_from=was_from)
    if former.id != reservation.responsible.id:
        said = {**about(reservation), "was_from": was_from, "by": reservation.responsible.name}
        outbox.put(former, "answers_no_more", key=key, now=now, **said)


def tell_responsible(reservation: Reservation, kind: str, now: datetime, *, key: str, **values: Any) -> None:
    outbox.put(reservation.responsible, kind, key=key, now=now, **about(reservation), **values)
