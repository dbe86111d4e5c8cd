"""Somebody who left long ago loses their name, and stays: what they did counts on, under a number.

Laws: never while they hold an appointment, or had one within the district's time, and nobody without a name is appointed again:
the database itself refuses that, whoever comes first; never while a record within its own time names
them (an open loan, a place in a series to come, a badge: each room says which). It can't be undone: whoever comes back is added
anew.
"""

import secrets
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, or_, select, update

from seminar.ground import contributions
from seminar.ground.db import Model, db
from seminar.ground.kept import empty_mails_of
from seminar.ground.mail_preference import DigestDay, MailPreference
from seminar.ground.retention import Times
from seminar.ground.triggers import Trigger, declare
from seminar.people.account import Account, AccountLink
from seminar.people.appointment import Appointment
from seminar.people.device_session import DeviceSession
from seminar.people.email_address import EmailAddress
from seminar.people.leaving import Ending
from seminar.people.passkey import Passkey
from seminar.people.person import Person
from seminar.people.second_factor import RecoveryCode, SecondFactor
from seminar.people.sign_on import SignOnIdentity
from seminar.people.support_view import SupportView

# In the language of their district: it is data, and nobody's to read in their own.
NAMES = {"en": ("Former", "person"), "es": ("Persona", "anterior")}
# Theirs alone, and of no use without them.
THEIRS: tuple[type[Model], ...] = (
    Account,
    AccountLink,
    DeviceSession,
    Passkey,
    SecondFactor,
    RecoveryCode,
    EmailAddress,
    SignOnIdentity,
    MailPreference,
    DigestDay,
)


def _appointed_only_with_a_name() -> None:
    """On PostgreSQL the person's row is held first, so that whoever takes the name away at this moment is waited for."""
    gone = "the name of this person is gone"
    for verb, is_changed in (("INSERT", "TRUE"), ("UPDATE", "OLD.last_day IS DISTINCT FROM NEW.last_day")):
        name = f"appointment_with_a_name_{verb.lower()}"
        is_changed_on_sqlite = is_changed.replace("IS DISTINCT FROM", "IS NOT")
        declare(
            Trigger(
                name=name,
                table="appointment",
                sqlite=(
                    f"CREATE TRIGGER {name} BEFORE {verb} ON appointment WHEN {is_changed_on_sqlite}"
                    " AND EXISTS (SELECT 1 FROM person WHERE id = NEW.person_id AND pseudonymised_on IS NOT NULL)"
                    f" BEGIN SELECT RAISE(ABORT, '{gone}'); END"
                ),
                body=(
                    f"DECLARE since date; BEGIN IF {is_changed} THEN"
                    " SELECT pseudonymised_on INTO since FROM person WHERE id = NEW.person_id FOR KEY SHARE;"
                    f" IF since IS NOT NULL THEN RAISE EXCEPTION '{gone}' USING ERRCODE = 'integrity_constraint_violation'; END IF;"
                    " END IF; RETURN NEW; END"
                ),
                timing=f"BEFORE {verb}",
            )
        )


_appointed_only_with_a_name()


def left_long_ago(times: Times) -> ColumnElement[bool]:
    """Whose name is to go on that day. Who was never appointed didn't leave."""
    theirs = Appointment.person_id == Person.id
    recent = theirs & or_(Appointment.last_day.is_(None), Appointment.last_day >= times.first_kept("people"))
    condition = (Person.district_id == times.district_id) & Person.pseudonymised_on.is_(None)
    condition &= exists().where(theirs) & ~exists().where(recent)
    for named in contributions.named_still:
        # Asked of each of the few who left long ago; as a list it would be nearly everybody.
        people = named(times).subquery()
        condition &= ~exists().where(next(iter(people.c)) == Person.id)
    return condition


def pseudonymise(person_ids: list[int], times: Times) -> None:
    """Their names, their addresses, and all that let them in or reached them; a fixed number of statements, however many they are."""
    # They are held by now, and were chosen before that: somebody may have been appointed meanwhile.
    ids = list(db.session.scalars(select(Person.id).where(Person.id.in_(person_ids), left_long_ago(times))))
    if not ids:
        return
    # Records that went into theirs name them too (seminar.people.merging).
    ids += list(db.session.scalars(select(Person.id).where(Person.merged_into_id.in_(ids))))
    unsynced = {"synchronize_session": False}
    for model in THEIRS:
        db.session.execute(delete(model).where(model.__table__.c.person_id.in_(ids)), execution_options=unsynced)
    empty_mails_of(ids)
    db.session.execute(update(Appointment).where(Appointment.person_id.in_(ids)).values(sourced_id=None), execution_options=unsynced)
    db.session.execute(update(Ending).where(Ending.person_id.in_(ids)).values(reason=""), execution_options=unsynced)
    # The database asks a reason of whoever looked.
    db.session.execute(update(SupportView).where(SupportView.person_id.in_(ids)).values(reason="–"), execution_options=unsynced)
    db.session.execute(update(Person), [_nobody(person_id, times) for person_id in ids])


def _nobody(person_id: int, times: Times) -> dict[str, Any]:
    given, family = NAMES.get(times.language, NAMES["en"])
    return {
        "id": person_id,
        "given_name": given,
        "family_name": f"{family} {person_id}",
        "email": None,
        "language": None,
        "theme": "",
        "sourced_id": None,
        "may_sign_in": False,
        "feed_token": secrets.token_urlsafe(24),
        "pseudonymised_on": times.today,
    }
