"""Ending what a person is, and taking that back: of all of their appointments in one act when they leave, or of a single one.

Laws: nothing is deleted (rule 8): an act of ending is a row that says who, why and what held before, so that it is taken back
as one; it is taken back only where nothing else changed since. What the person answers for is looked at again both ways.
"""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, false, or_, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship, selectinload

from seminar.ground import contributions, history
from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.people.appointment import Appointment
from seminar.people.person import Person, hold_by_name


class Ending(Model):
    """One act that ended appointments of a person; `leaves` where it ended all of them, because the person goes."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    leaves: Mapped[bool]
    last_day: Mapped[date]
    reason: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # The roster that did it; None: somebody did.
    import_id: Mapped[int | None] = mapped_column(ForeignKey("roster_import.id"))
    taken_back_at: Mapped[datetime | None]
    taken_back_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    person: Mapped[Person] = relationship(foreign_keys=person_id)
    ended: Mapped[list["EndedAppointment"]] = relationship(order_by=lambda: EndedAppointment.appointment_id)

    __table_args__ = (Index("ix_ending_person", "district_id", "person_id"), Index("ix_ending_import", "import_id", "person_id"))


class EndedAppointment(Model):
    """An appointment that an act ended, and the last day that it had before; None where it had none."""

    ending_id: Mapped[int] = mapped_column(ForeignKey("ending.id"), primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    last_day_before: Mapped[date | None]

    appointment: Mapped[Appointment] = relationship()

    __table_args__ = (Index("ix_ended_appointment_appointment", "appointment_id"),)


def lasting_beyond(person_ids: Iterable[int], day: date) -> list[Appointment]:
    """What these people hold, or will hold, after that day; one statement."""
    query = select(Appointment).where(Appointment.person_id.in_(list(person_ids)))
    query = query.where(or_(Appointment.last_day.is_(None), Appointment.last_day > day))
    return list(db.session.scalars(query.options(joinedload(Appointment.school), joinedload(Appointment.person)).order_by(Appointment.id)))


def leave(person: Person, *, last_day: date, reason: str, by: Person, now: datetime) -> Ending:
    """End all that the person holds with that day, in one act. Raises Refused where they hold nothing beyond it, or where
    something of theirs begins only later."""
    _lock(person)
    held = lasting_beyond([person.id], last_day)
    if not held:
        raise Refused(N_("{name} holds nothing beyond that day already."), field="last_day", name=person.name)
    late = max(held, key=lambda appointment: appointment.first_day)
    if late.first_day > last_day:
        sentence = N_("{name} begins an appointment on {day} only. Choose that day or a later one.")
        raise Refused(sentence, field="last_day", name=person.name, day=late.first_day)
    refuse_to_end_the_last_program_manager(held, last_day)
    ending = end_in_one_act(held, last_day=last_day, reason=reason, leaves=True, by=by, now=now)[0]
    history.record(by, "person left", person, now, last_day=last_day.isoformat(), reason=reason)
    _look_again([person], now)
    return ending


def refuse_to_end_the_last_program_manager(ending: Iterable[Appointment], last_day: date) -> None:
    """Somebody must be there who could take it back: raises Refused where nobody runs the program after these end with that day."""
    ended = [appointment for appointment in ending if appointment.role == "program_manager"]
    if not ended:
        return
    others = running_the_program_after(last_day, ended[0].district_id).where(Appointment.id.not_in([a.id for a in ended]))
    if db.session.scalar(others.limit(1)) is None:
        sentence = N_("Nobody else runs the program after that day. Appoint another program manager first.")
        raise Refused(sentence, field="last_day")


def running_the_program_after(day: date, district_id: int) -> Select[int]:
    """The appointments as program manager that last beyond that day, by id."""
    a = Appointment
    lasts = or_(a.last_day.is_(None), a.last_day > day)
    return select(a.id).where(a.district_id == district_id, a.role == "program_manager", lasts)


def end_in_one_act(
    appointments: list[Appointment], *, last_day: date, reason: str, leaves: bool, by: Person | None, now: datetime
) -> list[Ending]:
    """End these appointments with that day, one act per person, each on record. Flushes."""
    acts: dict[int, Ending] = {}
    for appointment in appointments:
        act = acts.get(appointment.person_id)
        if act is None:
            act = acts[appointment.person_id] = Ending(
                district_id=appointment.district_id,
                person_id=appointment.person_id,
                leaves=leaves,
                last_day=last_day,
                reason=reason,
                at=now,
                by_id=by.id if by else None,
            )
        act.ended.append(
            EndedAppointment(district_id=appointment.district_id, appointment_id=appointment.id, last_day_before=appointment.last_day)
        )
        appointment.last_day = last_day
        history.record(by, "appointment ended", appointment, now, last_day=last_day.isoformat(), reason=reason)
    db.session.add_all(acts.values())
    db.session.flush()
    return list(acts.values())


def last_leaving(person: Person) -> Ending | None:
    """The act by which the person left, where it stands."""
    query = select(Ending).where(Ending.person_id == person.id, Ending.leaves, Ending.taken_back_at.is_(None))
    whole = selectinload(Ending.ended).joinedload(EndedAppointment.appointment).joinedload(Appointment.school)
    return db.session.scalars(query.options(whole).order_by(Ending.id.desc()).limit(1)).first()


def take_back_leaving(person: Person, *, by: Person, now: datetime) -> None:
    """The person stays after all: what the act ended holds again as it did before. Raises Refused (409) where it was taken back
    already, or something changed since."""
    hold_by_name(person)
    act = last_leaving(person)
    if act is None:
        raise Refused(N_("This was taken back already."), status=409)
    appointments = [row.appointment for row in act.ended]
    _refuse_what_was_begun_since(person, appointments)
    for row in act.ended:
        _hold_again(row.appointment, act, row.last_day_before, by=by, now=now)
    act.taken_back_at, act.taken_back_by_id = now, by.id
    db.session.flush()
    history.record(by, "leaving taken back", person, now, last_day=act.last_day.isoformat())
    _look_again([person], now)


def take_back_ending(appointment: Appointment, *, by: Person, now: datetime) -> None:
    """The appointment holds again through the last day that it had before, or on. Raises Refused (409) where it has no end, or
    the person began the same anew since."""
    person = appointment.person
    hold_by_name(person)
    db.session.refresh(appointment)
    if appointment.last_day is None:
        raise Refused(N_("This was taken back already."), status=409)
    _refuse_what_was_begun_since(person, [appointment])
    row = db.session.scalars(
        select(EndedAppointment)
        .join(Ending, Ending.id == EndedAppointment.ending_id)
        .where(EndedAppointment.appointment_id == appointment.id, Ending.taken_back_at.is_(None))
        .order_by(Ending.id.desc())
        .limit(1)
    ).first()
    act = db.session.get(Ending, row.ending_id) if row is not None else None
    if act is not None and act.last_day != appointment.last_day:
        # Something else ended it since, and nobody kept what was before.
        act = None
    before = row.last_day_before if row is not None and act is not None else None
    _hold_again(appointment, act, before, by=by, now=now)
    if act is not None:
        _close_when_nothing_is_left(act, appointment, by=by, now=now)
    db.session.flush()
    _look_again([person], now)


def _close_when_nothing_is_left(act: Ending, taken_back: Appointment, *, by: Person, now: datetime) -> None:
    """Of one that ended several, the rest stays ended; it is over once none of it stands."""
    standing = select(Appointment.id).join(EndedAppointment, EndedAppointment.appointment_id == Appointment.id)
    standing = standing.where(EndedAppointment.ending_id == act.id, Appointment.last_day == act.last_day, Appointment.id != taken_back.id)
    if db.session.scalar(standing.limit(1)) is None:
        act.taken_back_at, act.taken_back_by_id = now, by.id


def _hold_again(appointment: Appointment, act: Ending | None, before: date | None, *, by: Person, now: datetime) -> None:
    if act is not None and appointment.last_day != act.last_day:
        if act.leaves and appointment.last_day == before:
            return
        raise Refused(N_("This appointment was changed since. Look at it, and change it by itself."), status=409)
    ended = appointment.last_day
    appointment.last_day = before
    history.record(by, "ending taken back", appointment, now, ended=ended.isoformat() if ended else None)


def _refuse_what_was_begun_since(person: Person, appointments: list[Appointment]) -> None:
    """One that was ended can't hold again beside one of the same role and place that took its place."""
    query = select(Appointment).where(
        Appointment.person_id == person.id,
        Appointment.id.not_in([appointment.id for appointment in appointments]),
        or_(false(), *(_same_place_after(a, a.last_day) for a in appointments if a.last_day is not None)),
    )
    begun = db.session.scalars(query.options(joinedload(Appointment.school)).limit(1)).first()
    if begun is None:
        return
    sentence = N_("{name} was appointed to the same role and place again since, from {day} on. End that one first.")
    raise Refused(sentence, status=409, name=person.name, day=begun.first_day)


def _same_place_after(ended: Appointment, last_day: date) -> ColumnElement[bool]:
    reaches_past = or_(Appointment.last_day.is_(None), Appointment.last_day > last_day)
    return (Appointment.role == ended.role) & (Appointment.school_id == ended.school_id) & reaches_past


def _lock(person: Person) -> None:
    """Two people who end and take back at the same moment do it one after the other."""
    db.session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))


def _look_again(people: list[Person], now: datetime) -> None:
    for changed in contributions.standing_changed:
        changed(people, now)
