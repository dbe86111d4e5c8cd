"""A second step at sign-in beside the password: a code from an app (RFC 6238), or a recovery code where the app is gone.

States: on → off, by the person with a code, or reset by the program manager.
Laws: a person has one at most; a code opens once, and no older one after it; a recovery code opens once; the app's secret
is sealed in the database, and a recovery code is only known again; setting one up ends every other session.
"""

import hmac
import secrets
from datetime import datetime
from typing import Any, cast

import pyotp
from sqlalchemy import CursorResult, ForeignKey, Index, Text, UniqueConstraint, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from seminar.ground import history
from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.people.account import note_failure, refuse_when_throttled, tell_of_change
from seminar.people.device_session import end_sessions
from seminar.people.passkey import Passkey, passkeys_of, remove_passkey
from seminar.people.person import Person
from seminar.people.sealing import fingerprint, sealed, unsealed

# What an app counts in, and how far its clock may be off.
STEP_SECONDS, STEPS_OFF = 30, 1
RECOVERY_CODES = 10
# Without what is read as something else: 0 and O, 1, I and L.
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
WRONG_CODE = N_("That code doesn't open it. Type the one that the app shows now, or a recovery code that you haven't used.")
TOO_MANY = N_("Too many codes. Wait {minutes} minutes, then type the one that the app shows.")
KEEPS_ONE = N_("Your role asks for a second step. Set up another one before you take this one off.")


class SecondFactor(Model):
    """An app that shows codes (TOTP, RFC 6238) beside the password; its secret is sealed."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    secret: Mapped[str] = mapped_column(Text)
    # The time step of the last code that opened: that one and what came before open nothing.
    last_step: Mapped[int]
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column()

    __table_args__ = (
        Index(
            "uq_second_factor_one_live",
            "person_id",
            unique=True,
            sqlite_where=ended_at.is_(None),
            postgresql_where=ended_at.is_(None),
        ),
    )


class RecoveryCode(Model):
    """A code that opens once where the app is lost; only its HMAC is kept."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    code_hash: Mapped[str]
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("person_id", "code_hash"),)


def new_secret() -> str:
    return pyotp.random_base32()


def app_address(person: Person, secret: str) -> str:
    """What the square code says to the app."""
    return pyotp.TOTP(secret).provisioning_uri(name=person.email or person.name, issuer_name=f"MakerPD {person.district.name}")


def second_factor_of(person: Person) -> SecondFactor | None:
    return db.session.scalar(select(SecondFactor).where(SecondFactor.person_id == person.id, SecondFactor.ended_at.is_(None)))


def takes_a_second_step(person: Person, *, with_passkey: bool) -> bool:
    """Whether a password leads to a second step. `with_passkey`: a passkey counts as one, as for whom the role asks for it; for
    others it stands beside the password."""
    return second_factor_of(person) is not None or (with_passkey and bool(passkeys_of(person)))


def codes_left(person: Person) -> int:
    left = select(func.count()).where(RecoveryCode.person_id == person.id, RecoveryCode.used_at.is_(None))
    return db.session.scalar(left) or 0


def _step_of(secret: str, code: str, *, now: datetime) -> int | None:
    """The time step whose code this is, around now; None for none of them."""
    step = int(now.timestamp()) // STEP_SECONDS
    near = range(step - STEPS_OFF, step + STEPS_OFF + 1)
    return next((one for one in near if hmac.compare_digest(pyotp.TOTP(secret).generate_otp(one), code)), None)


def _plain(code: str) -> str:
    """As it is compared: people type spaces and dashes, and small letters."""
    return "".join(letter for letter in code.upper() if letter.isascii() and letter.isalnum())[:32]


def set_up(person: Person, secret: str, code: str, *, now: datetime) -> None:
    """Turn it on with a code that the app shows. Raises Refused for another code, and where one is on already."""
    step = _step_of(secret, _plain(code), now=now)
    if step is None:
        raise Refused(N_("The app shows another code now. Wait for the next one and type it."), field="code")
    if second_factor_of(person) is not None:
        raise Refused(N_("An app is set up already. Take it off first."), status=409)
    factor = SecondFactor(
        district_id=person.district_id, person_id=person.id, secret=sealed(secret, "second factor"), last_step=step, begun_at=now
    )
    db.session.add(factor)
    db.session.flush()
    history.record(person, "second step set up", person, now)
    tell_of_change(person, N_("Signing in with your password now asks for a code from your app."), key=f"on {factor.id}", now=now)


def new_codes(person: Person, *, now: datetime) -> list[str]:
    """Ten recovery codes, to be shown once; older ones open nothing any more."""
    letters = ["".join(secrets.choice(LETTERS) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id, RecoveryCode.used_at.is_(None)))
    db.session.add_all(
        RecoveryCode(district_id=person.district_id, person_id=person.id, code_hash=fingerprint(code, "recovery code"), made_at=now)
        for code in letters
    )
    db.session.flush()
    history.record(person, "recovery codes made", person, now)
    return [f"{code[:5]}-{code[5:]}" for code in letters]


def refuse_too_many(person_id: int, *, address: str, now: datetime) -> None:
    """Raise Refused (429) after too many wrong codes for this person."""
    try:
        refuse_when_throttled(_tries(person_id), address=address, now=now)
    except Refused as refused:
        raise Refused(TOO_MANY, status=429, **refused.values) from refused


def note_wrong_code(person_id: int, *, address: str, now: datetime) -> None:
    note_failure(_tries(person_id), address=address, now=now)


def _tries(person_id: int) -> str:
    """Wrong codes are counted with wrong passwords, under a name that no address has."""
    return f"code of {person_id}"


def use_code(person: Person, code: str, *, now: datetime) -> None:
    """Open with a code of the app, or with a recovery code; each opens once. Raises Refused for any other."""
    typed = _plain(code)
    factor = second_factor_of(person)
    secret = unsealed(factor.secret, "second factor") if factor is not None else None
    step = _step_of(secret, typed, now=now) if secret is not None else None
    if factor is not None and step is not None:
        # Two requests with one code: only one of them moves the step on.
        moved = update(SecondFactor).where(SecondFactor.id == factor.id, SecondFactor.last_step < step).values(last_step=step)
        if _rows(moved) == 1:
            return
    mine = (RecoveryCode.person_id == person.id) & (RecoveryCode.code_hash == fingerprint(typed, "recovery code"))
    if _rows(update(RecoveryCode).where(mine, RecoveryCode.used_at.is_(None)).values(used_at=now)) == 1:
        history.record(person, "recovery code used", person, now, left=codes_left(person))
        return
    raise Refused(WRONG_CODE, field="code")


def _rows(statement: Any) -> int:
    return cast(CursorResult[Any], db.session.execute(statement)).rowcount


def turn_off(person: Person, code: str, *, must_keep_one: bool, now: datetime) -> None:
    """Take the app off, with a code of it. Raises Refused for a wrong code, and where the role asks for one and no other is there."""
    factor = second_factor_of(person)
    if factor is None:
        raise Refused(N_("No app is set up."), status=409)
    if must_keep_one and not passkeys_of(person):
        raise Refused(KEEPS_ONE)
    use_code(person, code, now=now)
    _end(factor, now=now)
    history.record(person, "second step turned off", person, now)
    tell_of_change(person, N_("Signing in with your password asks for no code any more."), key=f"off {factor.id}", now=now)


def take_off_passkey(passkey: Passkey, *, must_keep_one: bool, now: datetime) -> None:
    """Raises Refused where the role asks for a second step, and this is the last one."""
    person = passkey.person
    if must_keep_one and second_factor_of(person) is None and len(passkeys_of(person)) == 1:
        raise Refused(KEEPS_ONE)
    remove_passkey(passkey, by=person, now=now)


def _end(factor: SecondFactor, *, now: datetime) -> None:
    factor.ended_at = now
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == factor.person_id, RecoveryCode.used_at.is_(None)))
    db.session.flush()


def reset(person: Person, *, by: Person | None, now: datetime) -> None:
    """For who lost it: the app, the passkeys and the recovery codes open nothing any more, and every session ends. `by` is None
    for the command line. Raises Refused for one's own, which is taken off with a code, and where there is nothing."""
    factor, keys = second_factor_of(person), passkeys_of(person)
    if by is not None and by.id == person.id:
        raise Refused(N_("Your own second step is on your account's page."))
    if factor is None and not keys:
        raise Refused(N_("{name} has no second step to reset."), status=409, name=person.name)
    if factor is not None:
        _end(factor, now=now)
    for passkey in keys:
        passkey.removed_at = now
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id, RecoveryCode.used_at.is_(None)))
    end_sessions(person, "second step", now=now)
    history.record(by, "second step reset", person, now, app=factor is not None, passkeys=[passkey.name for passkey in keys])
    what = N_("Your second step was reset: your app, your passkeys and your recovery codes no longer open your account.")
    tell_of_change(person, what, key=f"reset {now.isoformat()}", now=now)
