"""Passkeys (WebAuthn Level 3): a key pair whose private half stays in somebody's device, opened by their finger, face or PIN.

States: kept → removed. Laws: the device says that it checked who holds it (user verification), so one passkey is both
factors; a challenge is answered once, within minutes, and by the browser that asked for it; a counter that doesn't grow
means a copy: it is refused, on record, and its person is told.
"""

import hashlib
import ipaddress
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit

from sqlalchemy import CursorResult, ForeignKey, Index, LargeBinary, UniqueConstraint, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url, parse_authentication_credential_json, parse_registration_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from seminar.ground import history
from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.people.account import tell_of_change
from seminar.people.person import Person

CHALLENGE_LASTS = timedelta(minutes=5)
NOT_ACCEPTED = N_("This passkey was not accepted. Try again, or sign in with your password.")
NOT_ADDED = N_("The passkey was not added. Press the button again, and follow what your device says.")
COPIED = N_("This passkey counts backwards, as a copy of it would, and was refused. Sign in with your password, then remove it.")
VERIFIED = UserVerificationRequirement.REQUIRED


class Passkey(Model):
    """A passkey that somebody registered (WebAuthn): its public key, and how often it was used."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]
    credential_id: Mapped[str]
    # Says to the device which account it is for, and to nobody who that is.
    user_handle: Mapped[bytes] = mapped_column(LargeBinary)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int]
    added_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()

    __table_args__ = (UniqueConstraint("credential_id"), Index("ix_passkey_person", "district_id", "person_id"))


class AnsweredChallenge(Model):
    """A challenge that was answered, so that the same answer opens nothing again. Kept for longer than the
    challenge lasts (seminar.people.kept)."""

    digest: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]

    __table_args__ = (Index("ix_answered_challenge_at", "at"),)


class Copied(Refused):
    """A counter that didn't grow: of which passkey, so that its refusal can be kept once nothing else is (`note_copy`)."""

    def __init__(self, passkey_id: int) -> None:
        super().__init__(COPIED)
        self.passkey_id = passkey_id


@dataclass(frozen=True)
class Site:
    """Whose passkeys these are: the name that they are bound to, and the address that people open."""

    rp_id: str
    origin: str


def site_of(base_url: str) -> Site | None:
    """None where the address is a number: WebAuthn binds a passkey to a name."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return Site(host, f"{parts.scheme}://{parts.netloc}")
    return None


@dataclass(frozen=True)
class Challenge:
    """What a device signs: for one purpose, until a moment."""

    value: bytes
    purpose: str
    until: datetime


def new_challenge(purpose: str, *, now: datetime) -> Challenge:
    return Challenge(secrets.token_bytes(32), purpose, now + CHALLENGE_LASTS)


def answered(challenge: Challenge | None, purpose: str, *, now: datetime) -> bytes:
    """The challenge, used up by this. Raises Refused for none, another one's purpose, a late answer, and a second one."""
    if challenge is None or challenge.purpose != purpose or now >= challenge.until:
        raise Refused(N_("Too much time went by. Press the button again."), status=409)
    db.session.add(AnsweredChallenge(digest=hashlib.sha256(challenge.value).hexdigest(), at=now))
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        raise Refused(N_("That was sent already. Press the button again."), status=409)
    return challenge.value


def passkeys_of(person: Person) -> list[Passkey]:
    mine = (Passkey.district_id == person.district_id) & (Passkey.person_id == person.id)
    return list(db.session.scalars(select(Passkey).where(mine, Passkey.removed_at.is_(None)).order_by(Passkey.id)))


def options_to_add(person: Person, challenge: Challenge, site: Site) -> str:
    """What the browser is asked for, as JSON: a key that the device finds by itself, opened by a finger, a face or a PIN."""
    there = passkeys_of(person)
    return options_to_json(
        generate_registration_options(
            rp_id=site.rp_id,
            rp_name="MakerPD",
            user_id=_handle_of(person, there),
            user_name=person.email or person.name,
            user_display_name=person.name,
            challenge=challenge.value,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=VERIFIED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential_id)) for one in there],
        )
    )


def _handle_of(person: Person, there: list[Passkey]) -> bytes:
    """One person, one handle: a device then keeps one account. It is derived, so that the page that asks writes nothing."""
    return there[0].user_handle if there else hashlib.sha256(f"makerpd {person.id} {person.feed_token}".encode()).digest()


def options_to_sign_in(challenge: Challenge, site: Site) -> str:
    return options_to_json(generate_authentication_options(rp_id=site.rp_id, challenge=challenge.value, user_verification=VERIFIED))


def add_passkey(person: Person, said: str, *, name: str, challenge: bytes, site: Site, now: datetime) -> Passkey:
    """Keep the key that the browser brought. Raises Refused for anything that the standard's checks don't accept."""
    if not name.strip():
        raise Refused(N_("Give it a name that you know it by."), field="name")
    try:
        key = verify_registration_response(
            credential=parse_registration_credential_json(said),
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except WebAuthnException as error:
        raise Refused(NOT_ADDED) from error
    there, credential_id = passkeys_of(person), bytes_to_base64url(key.credential_id)
    if db.session.scalar(select(Passkey.id).where(Passkey.credential_id == credential_id)) is not None:
        raise Refused(N_("This passkey is here already."), status=409)
    passkey = Passkey(
        district_id=person.district_id,
        person_id=person.id,
        name=name.strip(),
        credential_id=credential_id,
        user_handle=_handle_of(person, there),
        public_key=key.credential_public_key,
        sign_count=key.sign_count,
        added_at=now,
    )
    db.session.add(passkey)
    db.session.flush()
    history.record(person, "passkey added", passkey, now, name=passkey.name)
    tell_of_change(person, N_("A passkey was added: it opens your account without a password."), key=f"passkey {passkey.id}", now=now)
    return passkey


def use_passkey(said: str, *, challenge: bytes, site: Site, now: datetime) -> Person:
    """Whose passkey answered. Raises Refused for an unknown or removed one, another site's, one that didn't check who holds it, and
    a counter that doesn't grow."""
    try:
        answer = parse_authentication_credential_json(said)
    except WebAuthnException as error:
        raise Refused(NOT_ACCEPTED) from error
    query = select(Passkey).where(Passkey.credential_id == bytes_to_base64url(answer.raw_id), Passkey.removed_at.is_(None))
    passkey = db.session.scalar(query.options(joinedload(Passkey.person)))
    handle = answer.response.user_handle
    if passkey is None or (handle is not None and handle != passkey.user_handle):
        raise Refused(NOT_ACCEPTED)
    try:
        shown = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            # The counter is looked at below, where a copy can be told from any other fault.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except WebAuthnException as error:
        raise Refused(NOT_ACCEPTED) from error
    _count(passkey, shown.new_sign_count, now=now)
    return passkey.person


def _count(passkey: Passkey, count: int, *, now: datetime) -> None:
    """Move the counter on (WebAuthn, 6.1.1). A device without one says 0 forever; one that counted never goes back."""
    grows = update(Passkey).where(Passkey.id == passkey.id, Passkey.removed_at.is_(None))
    grows = grows.where(Passkey.sign_count < count) if count else grows.where(Passkey.sign_count == 0)
    if cast(CursorResult[Any], db.session.execute(grows.values(sign_count=count, used_at=now))).rowcount != 1:
        raise Copied(passkey.id)


def note_copy(passkey_id: int, *, now: datetime) -> None:
    """That a copy of it was refused, for the audit trail and for whose it is: somebody else may hold it. One mail a day."""
    passkey = db.session.get_one(Passkey, passkey_id, options=[joinedload(Passkey.person)])
    history.record(None, "passkey refused as a copy", passkey, now, name=passkey.name, person=passkey.person_id)
    what = N_("A passkey of yours was refused: it counts backwards, as a copy of it would. Remove it, and add a new one.")
    tell_of_change(passkey.person, what, key=f"copy {passkey.id} {passkey.person.district.day(now)}", now=now)


def remove_passkey(passkey: Passkey, *, by: Person, now: datetime) -> None:
    """It opens nothing any more; that it was there stays."""
    if passkey.removed_at is None:
        passkey.removed_at = now
        db.session.flush()
        history.record(by, "passkey removed", passkey, now, name=passkey.name)
        what = N_("A passkey was removed: it no longer opens your account.")
        tell_of_change(passkey.person, what, key=f"passkey removed {passkey.id}", now=now)
