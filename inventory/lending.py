"""The depot's verbs: pack, hand over, take back, check in, mark as not collected; and a loan's other return day.

A part can go out, or come back, without the rest. Laws: rule 5, by the database; rule 6, at hand-over and when a loan is
extended. What comes back is not free until its check is closed.
"""

from collections.abc import Iterable
from datetime import date, datetime

from inventory import gate
from inventory.calendar import busy_days, claim, days_between, release
from inventory.depot import open_days
from inventory.rearranging import rearrange
from inventory.reservation import WAITING, Reservation, ReservationLine, locked_lines, models_of, move
from inventory.reserving import keep_check, lock_models, refuse_length, refuse_return_day, tell_change, tell_responsible
from inventory.upkeep import take_out_of_lending
from seminar.ground import history
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.person import Person


def _chosen(lines: list[ReservationLine], ids: Iterable[int] | None) -> list[ReservationLine]:
    """Those of the lines that were chosen; all of them where nothing was chosen among them."""
    if ids is None:
        return lines
    wanted = set(ids)
    return [line for line in lines if line.id in wanted]


def pack(reservation: Reservation, line_ids: Iterable[int] | None = None, *, by: Person, now: datetime) -> None:
    """These lines stand ready. Raises Refused where nothing of them is waiting to be packed."""
    lines = _chosen(locked_lines(reservation, "reserved"), line_ids)
    if not lines:
        raise Refused(N_("Choose something that isn't packed yet."), status=409)
    for line in lines:
        move(line, "packed", by=by, now=now)
    db.session.flush()
    history.record(by, "packed", reservation, now, items=[line.item_id for line in lines])


def hand_over(reservation: Reservation, line_ids: Iterable[int] | None = None, *, by: Person, now: datetime, today: date) -> None:
    """These lines go out, packed first where they weren't. The teacher is checked again (rule 6); an item that is still away
    is replaced by a free one.

    Raises Refused before the pick-up day, after the return day, when the teacher no longer may, or where no item is there.
    """
    lines = _chosen(locked_lines(reservation, *WAITING), line_ids)
    if not lines:
        raise Refused(N_("Nothing of this reservation is waiting to be handed over."), status=409)
    if not reservation.first_day <= today <= reservation.last_day:
        raise Refused(
            N_("This reservation is for {first} to {last}; hand it over on one of those days."),
            status=409,
            first=reservation.first_day,
            last=reservation.last_day,
        )
    found = gate.check(reservation.school, reservation.responsible, models_of(lines), today, reservation.last_day)
    missing = rearrange(lines, today=today, by=by, now=now)
    if missing:
        sentence = N_("{tag} isn't at the depot, and no other is free. Hand over the rest without it.")
        raise Refused(sentence, status=409, tag=missing[0].item.tag)
    for line in lines:
        move(line, "out", by=by, now=now)
        line.out_at = now
    db.session.flush()
    keep_check(reservation, reservation.responsible, "handed_over", found, now)
    history.record(by, "handed over", reservation, now, items=[line.item_id for line in lines])


def take_back(reservation: Reservation, line_ids: Iterable[int] | None = None, *, by: Person, now: datetime) -> None:
    """These lines come back, to be checked. Always possible, late or not. Raises Refused where nothing of them is out."""
    lines = _chosen(locked_lines(reservation, "out"), line_ids)
    if not lines:
        raise Refused(N_("Nothing of this reservation is out."), status=409)
    for line in lines:
        move(line, "in_check", by=by, now=now)
        line.in_at = now
    db.session.flush()
    history.record(by, "taken back", reservation, now, items=[line.item_id for line in lines])


def close_check(line: ReservationLine, outcome: str, *, note: str, by: Person, now: datetime) -> None:
    """The check of a returned item is done: its days are free again, and an item that came back in no state to be lent
    is taken out of lending. Raises Refused where it isn't being checked."""
    locked_lines(line.reservation, "in_check")
    # Somebody else may have closed it since it was read, and it isn't among those lines then.
    db.session.refresh(line, attribute_names=["state"])
    move(line, "closed", by=by, now=now)
    line.outcome, line.note = outcome, note
    release([line])
    db.session.flush()
    history.record(by, "checked in", line, now, outcome=outcome, note=note)
    if outcome in ("lost", "damaged"):
        take_out_of_lending(line.item, reason=f"{outcome}: {note}".rstrip(": "), by=by, now=now)


def not_collected(reservation: Reservation, *, by: Person, now: datetime, today: date) -> None:
    """Nobody came: free the items. Raises Refused before the pick-up day is over."""
    lines = locked_lines(reservation, *WAITING)
    if not lines or reservation.first_day >= today:
        raise Refused(N_("This reservation can still be collected."), status=409)
    for line in lines:
        move(line, "not_collected", by=by, now=now)
    release(lines)
    db.session.flush()
    history.record(by, "not collected", reservation, now)
    tell_responsible(reservation, "not_collected", now, key=str(reservation.id))


def change_loan(reservation: Reservation, responsible: Person, last_day: date, *, by: Person, now: datetime, today: date) -> bool:
    """Another return day, or another teacher, of what is out. Answers whether it is another one; where it isn't, nobody is told.
    Raises Refused for a day that the depot is closed, that is too far, or on which an item is somebody else's; and where the
    teacher may not answer for it through that day (rule 6)."""
    lines = locked_lines(reservation, "out", *WAITING)
    if not any(line.state == "out" for line in lines):
        raise Refused(N_("Nothing of this reservation is out."), status=409)
    models = models_of(lines)
    lock_models(models)
    opened = open_days(reservation.district_id)
    refuse_return_day(last_day, opened, today)
    for model in models:
        refuse_length(model, reservation.first_day, last_day)
    found = gate.check(reservation.school, responsible, models, today, last_day)
    former = reservation.responsible
    if (former.id, reservation.last_day) == (responsible.id, last_day):
        return False
    before = {"last_day": reservation.last_day.isoformat(), "responsible": reservation.responsible_id}
    _claim_through(reservation, lines, last_day, today)
    reservation.last_day, reservation.responsible = last_day, responsible
    db.session.flush()
    keep_check(reservation, responsible, "changed", found, now)
    history.record(by, "changed", reservation, now, before=before)
    tell_change(reservation, former, now, was_from=reservation.first_day)
    return True


def _claim_through(reservation: Reservation, lines: list[ReservationLine], last_day: date, today: date) -> None:
    """The lines' days through that one, and their turnaround; what was claimed beyond is free. Raises Refused (409) where a
    day is somebody else's."""
    opened, kept_until = open_days(reservation.district_id), min(reservation.last_day, last_day)
    after = {line.id: opened.after(last_day, line.model.turnaround_open_days) for line in lines}
    release(lines, after=kept_until)
    needed = {line.id: [*days_between(kept_until, last_day)[1:], *after[line.id]] for line in lines}
    latest = max((days[-1] for days in needed.values() if days), default=last_day)
    busy = busy_days({line.model_id for line in lines}, kept_until, latest, today=today, but=reservation.id)
    for line in lines:
        taken = sorted(set(needed[line.id]) & busy.get(line.item_id, set()))
        if taken:
            sentence = N_("{tag} is promised to another school from {day} on. Choose an earlier return day.")
            raise Refused(sentence, field="last_day", status=409, tag=line.item.tag, day=taken[0])
        claim(line, days_between(kept_until, last_day)[1:], "loan")
        claim(line, after[line.id], "turnaround")
    db.session.flush()
