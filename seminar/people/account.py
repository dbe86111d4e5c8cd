"""How a person signs in: a password (argon2id), and links by mail to set one.

Laws: a link works once and until its time; what an answer says doesn't tell whether an address is known; changing the
password ends every session.
"""

import hashlib
import secrets
from base64 import b64encode
from datetime import datetime, timedelta
from typing import Any, cast

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import CheckConstraint, CursorResult, ForeignKey, Index, UniqueConstraint, and_, func, select, update
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from seminar.ground import history, outbox
from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.people.device_session import end_sessions
from seminar.people.email_address import EmailAddress, person_by_address
from seminar.people.person import Person


class Account(Model):
    """The password of a person, and the key that their sessions carry."""

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    # Empty for who signs in by single sign-on alone: no password matches it.
    password_hash: Mapped[str]
    changed_at: Mapped[datetime]

    person: Mapped[Person] = relationship()


class AccountLink(Model):
    """An invitation or a reset: only the hash of its token is kept."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str]
    token_hash: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()

    __table_args__ = (
        UniqueConstraint("token_hash"),
        CheckConstraint("kind IN ('invitation', 'reset')", name="kind"),
        Index("ix_account_link_person", "person_id", "kind"),
    )


class SignInAttempt(Model):
    """A failed sign-in, for throttling. The address typed is kept as a hash, since it may be anybody's."""

    id: Mapped[int] = mapped_column(primary_key=True)
    email_hash: Mapped[str]
    address: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (Index("ix_sign_in_attempt_email", "email_hash", "at"), Index("ix_sign_in_attempt_address", "address", "at"))


WRONG = N_("That email and password don't go together. Check both, or have a new password sent to you.")
THROTTLED = N_("Too many tries with this email. Wait {minutes} minutes, or have a new password sent to you.")
SWITCHED_OFF = N_("The district's roster has switched this account off. The PD office can say why.")
SHORTEST_PASSWORD = 10
TRIES_PER_EMAIL = 8
# A whole school comes from one address.
TRIES_PER_ADDRESS = 300
WINDOW = timedelta(minutes=15)
LIVES = {"invitation": timedelta(days=14), "reset": timedelta(hours=2)}
_hasher = PasswordHasher()


def _nobodys(hasher: PasswordHasher) -> str:
    """A hash that no password has, and as slow to check as any; made by chance, since a process that starts has no time to hash."""
    salt, digest = (b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (hasher.salt_len, hasher.hash_len))
    return f"$argon2id$v=19$m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}${salt}${digest}"


# Checked when there is no such account, so that an answer takes as long either way.
_NOBODYS = _nobodys(_hasher)


def hashed(password: str) -> str:
    """argon2id, with the library's parameters (RFC 9106, second recommendation). Slow: never inside a transaction."""
    return _hasher.hash(password)


def matches(password: str, password_hash: str | None) -> bool:
    """Whether the password is the account's; as slow where there is no account."""
    try:
        return _hasher.verify(password_hash or _NOBODYS, password) and bool(password_hash)
    except (VerificationError, InvalidHashError):
        return False


def account_by_email(email: str) -> Account | None:
    """By any address that counts."""
    query = select(Account).join(EmailAddress, EmailAddress.person_id == Account.person_id)
    return db.session.scalar(query.where(EmailAddress.address == email.strip().lower(), EmailAddress.confirmed_at.is_not(None)))


def account_of(person: Person, *, now: datetime) -> Account:
    """The person's account; a new one without a password where they have none yet."""
    account = db.session.get(Account, person.id)
    if account is None:
        account = Account(person_id=person.id, district_id=person.district_id, password_hash="", changed_at=now)
        db.session.add(account)
        db.session.flush()
    return account


def _email_hash(email: str) -> str:
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()


def refuse_when_throttled(email: str, *, address: str, now: datetime) -> None:
    """Raise Refused (429) after too many failures for this email, or very many from this address."""
    # Where a clock that was ahead is set right, what was tried by it doesn't count until that time comes again.
    since = and_(SignInAttempt.at > now - WINDOW, SignInAttempt.at < now + WINDOW)
    for_email = select(func.count()).where(SignInAttempt.email_hash == _email_hash(email), since).scalar_subquery()
    from_address = select(func.count()).where(SignInAttempt.address == address, since).scalar_subquery()
    by_email, by_address = db.session.execute(select(for_email, from_address)).one()
    if by_email >= TRIES_PER_EMAIL or by_address >= TRIES_PER_ADDRESS:
        raise Refused(THROTTLED, status=429, minutes=int(WINDOW.total_seconds() // 60))


def note_failure(email: str, *, address: str, now: datetime) -> None:
    db.session.add(SignInAttempt(email_hash=_email_hash(email), address=address, at=now))
    db.session.flush()


def set_password(person: Person, password_hash: str, *, now: datetime) -> Account:
    """Give the person this password; every session they had ends, and every open link with it."""
    account = db.session.get(Account, person.id)
    if account is None:
        account = Account(person_id=person.id, district_id=person.district_id)
        db.session.add(account)
    had_one = bool(account.password_hash)
    account.password_hash, account.changed_at = password_hash, now
    account.person = person
    end_sessions(person, "password", now=now)
    end_links(person, now=now)
    db.session.flush()
    history.record(person, "password set", person, now)
    if had_one:
        what = N_("A new password was set: the one before no longer opens your account.")
        tell_of_change(person, what, key=f"password {now.isoformat()}", now=now)
    return account


def end_links(person: Person, *, now: datetime) -> None:
    """None that was mailed to them sets a password any more."""
    open_ones = update(AccountLink).where(AccountLink.person_id == person.id, AccountLink.used_at.is_(None))
    db.session.execute(open_ones.values(used_at=now))


def tell_of_change(person: Person, what: str, *, key: str, now: datetime) -> None:
    """Mail that how somebody signs in was changed: who didn't do it learns of it."""
    outbox.put(person, "sign_in_changed", key=key, now=now, what=what)


def send_link(person: Person, kind: str, *, by: Person | None, now: datetime) -> str:
    """Mail the person a link that works once and until its time; answers its token."""
    token = secrets.token_urlsafe(32)
    link = AccountLink(
        district_id=person.district_id,
        person_id=person.id,
        kind=kind,
        token_hash=_token_hash(token),
        created_at=now,
        expires_at=now + LIVES[kind],
    )
    db.session.add(link)
    db.session.flush()
    outbox.put(person, kind, key=str(link.id), now=now, token=token, until_at=link.expires_at)
    history.record(by, f"{kind} sent", person, now)
    return token


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def open_link(token: str, *, now: datetime) -> AccountLink | None:
    """The link of that token, while it works."""
    query = select(AccountLink).where(AccountLink.token_hash == _token_hash(token)).options(joinedload(AccountLink.person))
    link = db.session.scalar(query)
    return link if link is not None and link.used_at is None and link.expires_at > now else None


def use_link(token: str, password_hash: str, *, now: datetime) -> Account:
    """Set the password by a link; raises Refused when it was used or ran out meanwhile."""
    link = open_link(token, now=now)
    if link is None:
        raise Refused(N_("This link was used, or its time is over. Have a new one sent to you."), status=409)
    if not link.person.may_sign_in:
        raise Refused(SWITCHED_OFF, status=403)
    used = update(AccountLink).where(AccountLink.id == link.id, AccountLink.used_at.is_(None)).values(used_at=now)
    if cast(CursorResult[Any], db.session.execute(used)).rowcount != 1:
        raise Refused(N_("This link was used, or its time is over. Have a new one sent to you."), status=409)
    return set_password(link.person, password_hash, now=now)


RESETS_PER_HOUR = 3


def person_for_reset(email: str, *, now: datetime) -> Person | None:
    """Whom to send a reset: nobody for an unknown address, or after a few within the hour."""
    person = person_by_address(email)
    if person is None:
        return None
    recent = select(func.count()).where(
        AccountLink.person_id == person.id, AccountLink.kind == "reset", AccountLink.created_at > now - timedelta(hours=1)
    )
    return person if (db.session.scalar(recent) or 0) < RESETS_PER_HOUR else None


DEMO_ACCOUNTS = ("teacher", "contact", "principal", "trainer", "equipment", "program", "coach", "other")


def demo_people() -> list[Person]:
    """The demo district's people of contracts.md, in its order."""
    emails = [f"{name}@rivermark.example" for name in DEMO_ACCOUNTS]
    found = {person.email: person for person in db.session.scalars(select(Person).where(Person.email.in_(emails)))}
    return [found[email] for email in emails if email in found]
