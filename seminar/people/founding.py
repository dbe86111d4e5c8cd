"""How a district begins: itself, the program manager who sets it up, and their invitation."""

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import available_timezones

from sqlalchemy import select

from seminar.ground import history
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.account import send_link
from seminar.people.address import is_an_address
from seminar.people.appointment import Appointment
from seminar.people.district import District
from seminar.people.email_address import person_by_address
from seminar.people.person import Person


@dataclass(frozen=True)
class Beginning:
    """What a district is called, where it is, what language its mail is in, and from which address."""

    name: str
    code: str
    timezone: str
    language: str
    mail_from: str


def found_district(beginning: Beginning, *, admin: str, admin_name: str, now: datetime) -> tuple[District, str]:
    """The district, and the token of its first program manager's invitation, which is mailed too. Raises Refused for a code or an
    address that is taken, and for what isn't an address, a code or a time zone. Flushes."""
    email = admin.strip().lower()
    _refuse(beginning, email)
    district = District(
        code=beginning.code,
        name=beginning.name.strip(),
        timezone=beginning.timezone,
        language=beginning.language,
        mail_from=beginning.mail_from,
    )
    db.session.add(district)
    db.session.flush()
    given, family = name_of(admin_name.strip() or email)
    person = Person(district_id=district.id, given_name=given, family_name=family, email=email)
    db.session.add(person)
    db.session.flush()
    appointment = Appointment(district_id=district.id, person_id=person.id, role="program_manager", first_day=district.day(now))
    db.session.add(appointment)
    db.session.flush()
    history.record(None, "district created", district, now, name=district.name)
    history.record(None, "appointed", appointment, now, person=person.id, role="program_manager")
    return district, send_link(person, "invitation", by=None, now=now)


def _refuse(beginning: Beginning, email: str) -> None:
    if not beginning.name.strip():
        raise Refused(N_("Give the district a name."))
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,29}", beginning.code):
        raise Refused(N_("The code is up to 30 letters, digits, - and _, as in RUSD."))
    for address in (email, beginning.mail_from):
        if not is_an_address(address):
            raise Refused(N_("{address} is no email address. One looks like ana.ruiz@example.org."), address=address)
    if beginning.timezone not in available_timezones():
        raise Refused(N_("There is no time zone {name}. One looks like America/Chicago."), name=beginning.timezone)
    if db.session.scalar(select(District.id).where(District.code == beginning.code)) is not None:
        raise Refused(N_("There is a district with the code {code} already. Choose another."), code=beginning.code)
    if person_by_address(email) is not None:
        raise Refused(N_("{email} belongs to somebody of a district here already. Choose another address."), email=email)


def name_of(typed: str) -> tuple[str, str]:
    """Given and family name as far as a name or an address tells them; People is where they are put right."""
    words = re.split(r"[\s._+-]+", typed.partition("@")[0].strip()) if "@" in typed else typed.split()
    words = [word if "@" not in typed else word.capitalize() for word in words if word]
    if len(words) < 2:
        return (words or ["Program"])[0], "(PD office)"
    return " ".join(words[:-1]), words[-1]
