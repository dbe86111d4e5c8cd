"""What the program manager does with people: adding them, appointing them, ending an appointment."""

from datetime import date, datetime

from sqlalchemy import select

from seminar.ground import contributions, history, outbox
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.account import end_links, send_link
from seminar.people.appointment import AT_A_SCHOOL, Appointment
from seminar.people.email_address import person_by_address
from seminar.people.leaving import end_in_one_act, refuse_to_end_the_last_program_manager
from seminar.people.person import Person, hold_by_name, refuse_without_a_name
from seminar.people.school import School


def _free_address(email: str, person_id: int = 0) -> str:
    """The address as it is kept. Raises Refused where somebody else has it."""
    address = email.strip().lower()
    whose = person_by_address(address)
    if whose is not None and whose.id != person_id:
        raise Refused(N_("{email} belongs to somebody already. Look them up in the list."), field="email", email=address)
    return address


def add_person(district_id: int, *, given_name: str, family_name: str, email: str, by: Person, now: datetime) -> Person:
    """Raises Refused for an address that somebody has already."""
    address = _free_address(email)
    person = Person(district_id=district_id, given_name=given_name.strip(), family_name=family_name.strip(), email=address)
    db.session.add(person)
    db.session.flush()
    history.record(by, "person added", person, now)
    return person


def invite(person: Person, *, by: Person, now: datetime) -> str:
    """Mail a link to set a password; answers its token. Raises Refused for whom no mail reaches, or whom it wouldn't let in."""
    refuse_without_a_name(person)
    if person.merged_into is not None:
        raise Refused(N_("This record went into that of {name}. Invite them there."), status=409, name=person.merged_into.name)
    if not person.may_sign_in:
        raise Refused(N_("The roster has switched {name} off. Have them switched on there, then invite them."), name=person.name)
    if person.email is None:
        raise Refused(N_("{name} has no email address. Type one under Name and address, then invite them."), name=person.name)
    return send_link(person, "invitation", by=by, now=now)


def change_person(person: Person, *, given_name: str, family_name: str, email: str, by: Person, now: datetime) -> None:
    """Another name or address; what they did stays theirs. Raises Refused for an address that somebody has already, and for
    somebody whose name is gone."""
    hold_by_name(person)
    address = _free_address(email, person.id)
    before = {"name": person.name, "email": person.email}
    if person.email is not None and person.email != address:
        # A link that went there, perhaps by a slip, is whoever's who reads that mail.
        end_links(person, now=now)
        # Whoever has it changed could have a new password sent there: they learn of it where they read mail so far.
        outbox.put(person, "address_primary", key=f"{person.id}:{now.isoformat()}", now=now, to=person.email, email=address)
    person.given_name, person.family_name, person.email = given_name.strip(), family_name.strip(), address
    db.session.flush()
    history.record(by, "person changed", person, now, before=before)


def appoint(
    person: Person, role: str, *, school: School | None, grade: int | None, first_day: date, by: Person, now: datetime
) -> Appointment:
    """Raises Refused for a school role without a school, for one that is held already, and for somebody whose name is gone."""
    hold_by_name(person)
    if role in AT_A_SCHOOL and school is None:
        raise Refused(N_("Choose the school; this role is held at one."), field="school")
    if role in AT_A_SCHOOL and school is not None and not school.is_open_on(first_day):
        sentence = N_("{school} is closed from {day} on. Choose another school.")
        raise Refused(sentence, field="school", school=school.name, day=school.closed_on)
    at = school if role in AT_A_SCHOOL else None
    held = select(Appointment.id).where(
        Appointment.person_id == person.id,
        Appointment.role == role,
        Appointment.school_id == (at.id if at else None),
        Appointment.last_day.is_(None),
    )
    if db.session.scalar(held) is not None:
        raise Refused(N_("{name} holds this role there already."), field="role", name=person.name)
    appointment = Appointment(
        district_id=person.district_id,
        person_id=person.id,
        role=role,
        school_id=at.id if at else None,
        grade=grade if role == "teacher" else None,
        first_day=first_day,
        source="hand",
    )
    db.session.add(appointment)
    db.session.flush()
    history.record(by, "appointed", appointment, now, person=person.id, role=role)
    return appointment


def end_appointment(appointment: Appointment, *, last_day: date, reason: str = "", by: Person, now: datetime) -> None:
    """End it with that day, and keep why; what the person answers for is looked at again. Raises Refused before its first day, and
    where nobody would run the program any more."""
    if last_day < appointment.first_day:
        raise Refused(N_("The last day is before the first one."), field="last_day")
    refuse_to_end_the_last_program_manager([appointment], last_day)
    end_in_one_act([appointment], last_day=last_day, reason=reason, leaves=False, by=by, now=now)
    for changed in contributions.standing_changed:
        changed([appointment.person], now)
