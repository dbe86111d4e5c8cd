"""Two records of one person become one.

Laws: no row is lost, and none that is append-only is changed. Every table that refers to a person is walked, found from the schema
itself: what the other record had becomes the kept person's; where a unique key holds the place already, the row stays with the
other record, and so do its history and its account. That record stays too, without an address and switched off, and leads to the
one who stays. What two records can't both have is solved by each room, by the states that there are, before anything moves; where
there is no such way (a sign-off by the one for the other, rule 7), the two aren't merged.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Column, CursorResult, Table, func, select, update
from sqlalchemy.exc import IntegrityError

from seminar.ground import contributions, history, outbox
from seminar.ground.contributions import Collision
from seminar.ground.db import Model, broken_constraint, db, is_taken
from seminar.ground.refusal import N_, Refused
from seminar.ground.triggers import TRIGGERS
from seminar.people.account import Account, end_links
from seminar.people.appointment import Appointment
from seminar.people.device_session import end_sessions
from seminar.people.email_address import EmailAddress
from seminar.people.passkey import Passkey
from seminar.people.person import Person, refuse_without_a_name
from seminar.people.second_factor import RecoveryCode, SecondFactor

LONGEST_REASON = 300


def columns_of_people() -> Iterator[Column[Any]]:
    """Every column of every table that refers to a person, append-only tables left out."""
    stays = {f"{trigger.table}" for trigger in TRIGGERS if trigger.name == f"{trigger.table}_no_update"}
    for table in Model.metadata.sorted_tables:
        if table.name not in stays:
            yield from (column for column in table.columns if any(key.column is Person.__table__.c.id for key in column.foreign_keys))


def rows_of(people: list[Person]) -> dict[str, dict[int, int]]:
    """By table, and by person, how many rows name them; one statement per table."""
    ids = [person.id for person in people]
    found: dict[str, dict[int, int]] = {}
    for column in columns_of_people():
        query = select(column, func.count()).where(column.in_(ids)).group_by(column)
        counts = found.setdefault(column.table.name, dict.fromkeys(ids, 0))
        for person_id, count in db.session.execute(query):
            counts[person_id] += count
    return found


def collisions(kept: Person, merged: Person, *, now: datetime) -> list[Collision]:
    """Where the two meet, by room, people first."""
    return [*_of_people(kept, merged, now), *(one for room in contributions.merge_collisions for one in room(kept, merged, now))]


def merge(kept: Person, merged: Person, *, reason: str, by: Person, now: datetime) -> None:
    """`merged` goes into `kept`. Raises Refused where they can't be one. Flushes; what was loaded before is read anew."""
    kept, merged = _held(kept.id, merged.id)
    if not reason.strip():
        raise Refused(N_("Say why these two are one person."), field="reason")
    for one in (kept, merged):
        refuse_without_a_name(one)
    if kept.id == merged.id or kept.district_id != merged.district_id or kept.merged_into_id or merged.merged_into_id:
        raise Refused(N_("These two are one already."), status=409)
    if merged.id == by.id:
        raise Refused(N_("You can't merge your own record away. Keep yours, and merge the other one into it."), status=409)
    meet = collisions(kept, merged, now=now)
    for collision in meet:
        if collision.solve is None:
            raise Refused(collision.says, status=409, **collision.values)
    for collision in meet:
        cast(Any, collision.solve)(by, now)
    db.session.flush()
    addresses = [one.email for one in (kept, merged) if one.email is not None]
    _take_over_address_and_number(kept, merged, now=now)
    _take_over_account(kept, merged, now=now)
    _tell_them(kept, merged, addresses, now=now)
    moved = {str(column): _move(column, kept.id, merged.id) for column in columns_of_people() if not _is_the_whole_key(column)}
    merged.merged_into_id = kept.id
    db.session.flush()
    history.record(by, "merged", kept, now, merged=merged.id, reason=reason.strip(), rows={name: n for name, n in moved.items() if n})
    history.record(by, "merged", merged, now, into=kept.id, reason=reason.strip())
    db.session.flush()
    db.session.expire_all()
    for follows in (*contributions.people_merged, *contributions.standing_changed):
        follows([kept], now)


def _held(*ids: int) -> list[Person]:
    """Both rows, locked in the order of their ids, in the order asked for."""
    query = select(Person).where(Person.id.in_(ids)).order_by(Person.id).with_for_update().execution_options(populate_existing=True)
    found = {person.id: person for person in db.session.scalars(query)}
    return [found[person_id] for person_id in ids]


def _take_over_address_and_number(kept: Person, merged: Person, *, now: datetime) -> None:
    """All of the addresses sign the kept person in; a number of the roster stays findable at the record that had it."""
    address, number = merged.email, merged.sourced_id
    merged.email, merged.may_sign_in = None, False
    if kept.sourced_id is None:
        merged.sourced_id = None
    db.session.flush()
    if kept.sourced_id is None:
        kept.sourced_id = number
    if address is not None and kept.email is None:
        kept.email = address
    elif address is not None:
        db.session.add(EmailAddress(district_id=kept.district_id, person_id=kept.id, address=address, confirmed_at=now))
    db.session.flush()


def _take_over_account(kept: Person, merged: Person, *, now: datetime) -> None:
    """Who has no account yet takes the other's; else it stays, and opens nothing. Every session and open link of it ends."""
    account = db.session.get(Account, merged.id)
    end_links(merged, now=now)
    end_sessions(merged, "ended", now=now)
    if account is None:
        return
    account.changed_at = now
    if db.session.get(Account, kept.id) is None:
        account.person_id = kept.id
    else:
        _close_ways_in(merged, now=now)
    db.session.flush()


def _tell_them(kept: Person, merged: Person, addresses: list[str], *, now: datetime) -> None:
    """At the address of each record: with the other's password nobody comes in any more, and somebody else may have been taken for them."""
    what = N_("Two records of yours are one now. Each address signs you in; if your password doesn't, have a new one sent to you.")
    for address in addresses:
        outbox.put(kept, "sign_in_changed", key=f"merged {merged.id} {address}", now=now, what=what, to=address)


def _close_ways_in(merged: Person, *, now: datetime) -> None:
    """What opened the record that goes opens the one that stays in no way: it has its own."""
    for model, ended in ((Passkey, "removed_at"), (SecondFactor, "ended_at"), (RecoveryCode, "used_at")):
        still = update(model).where(model.person_id == merged.id, getattr(model, ended).is_(None))
        db.session.execute(still.values({ended: now}))


def _is_the_whole_key(column: Column[Any]) -> bool:
    """Whether a row of the table is known by its person alone, as an account is: it stays that record's."""
    return list(cast(Table, column.table).primary_key.columns) == [column]


def _move(column: Column[Any], kept_id: int, merged_id: int) -> int:
    """Have the rows name the kept person; answers how many. A row whose place is taken there stays where it is."""
    moving = update(column.table).where(column == merged_id).values({column.name: kept_id})
    try:
        with db.session.begin_nested():
            return cast(CursorResult[Any], db.session.execute(moving)).rowcount
    except IntegrityError as error:
        if not _stays(error):
            raise
    key = list(cast(Table, column.table).primary_key.columns)
    rows = db.session.execute(select(*key).where(column == merged_id)).all()
    return sum(_moves(moving.where(*(part == value for part, value in zip(key, row, strict=True)))) for row in rows)


def _moves(moving: Any) -> bool:
    try:
        with db.session.begin_nested():
            db.session.execute(moving)
    except IntegrityError as error:
        if not _stays(error):
            raise
        return False
    return True


def _stays(error: IntegrityError) -> bool:
    """Whether the row's place is taken; or it says that one of the two looked as the other, which nobody does as themselves."""
    return is_taken(error) or broken_constraint(error) == "ck_support_view_never_of_oneself"


def _of_people(kept: Person, merged: Person, now: datetime) -> list[Collision]:
    found = list(_same_appointments(kept, merged, now))
    if merged.email is not None and kept.email is not None:
        says = N_("Both have an address. Mail goes to {kept}; {other} signs them in too.")
        found.append(Collision(says, _nothing, {"kept": kept.email, "other": merged.email}))
    if kept.sourced_id is not None and merged.sourced_id is not None:
        says = N_("Both stand in the roster, as {kept} and {other}. Both numbers lead to the one who stays.")
        found.append(Collision(says, _nothing, {"kept": kept.sourced_id, "other": merged.sourced_id}))
    if not kept.may_sign_in:
        found.append(Collision(N_("The roster has switched the record that stays off. Nobody signs in with it."), _nothing))
    if db.session.get(Account, kept.id) is not None and db.session.get(Account, merged.id) is not None:
        found.append(Collision(N_("Both have set a way to sign in. The one of the record that stays counts."), _nothing))
    return found


def _nothing(_by: Person, _now: datetime) -> None:
    """Said, since it is worth knowing; there is nothing to solve."""


def _same_appointments(kept: Person, merged: Person, now: datetime) -> Iterator[Collision]:
    """The same role at the same place, open on both: the one by hand ends, or else the merged record's."""
    open_ones = select(Appointment).where(Appointment.person_id.in_([kept.id, merged.id]), Appointment.last_day.is_(None))
    held: dict[tuple[str, int | None], list[Appointment]] = {}
    for appointment in db.session.scalars(open_ones.order_by(Appointment.id)):
        held.setdefault((appointment.role, appointment.school_id), []).append(appointment)
    today = kept.district.day(now)
    for same in held.values():
        if {one.person_id for one in same} != {kept.id, merged.id}:
            continue
        ends = min(same, key=lambda one: (one.source == "roster", one.person_id == kept.id))
        says = N_("Both hold the same appointment. The one since {day} ends today, the other goes on.")
        yield Collision(says, _ending(ends, today), {"day": ends.first_day})


def _ending(appointment: Appointment, today: date) -> Any:
    def end(by: Person, now: datetime) -> None:
        appointment.last_day = max(today, appointment.first_day)
        history.record(by, "appointment ended", appointment, now, last_day=appointment.last_day.isoformat(), reason="merged")

    return end
