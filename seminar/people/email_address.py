"""The email addresses of a person: the primary one, which mail goes to (person.email), and more that they gave themselves.

Laws: an address counts once it is confirmed, and then it is one person's in the whole installation; the database keeps the
primary ones here too, by a trigger on person, so that one unique index holds them all, whoever writes. One that isn't confirmed
is nobody's yet: whoever reads its mail can still have it.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from seminar.ground import history, outbox
from seminar.ground.db import Model, db
from seminar.ground.outbox import Mail
from seminar.ground.refusal import N_, Refused
from seminar.ground.triggers import Trigger, declare
from seminar.people.person import Person

LINK_LIVES = timedelta(days=2)
MOST_ADDRESSES = 6
LINKS_PER_HOUR = 5


class EmailAddress(Model):
    """An email address of a person; it counts once it is confirmed."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    address: Mapped[str]
    confirmed_at: Mapped[datetime | None] = mapped_column()
    token_hash: Mapped[str | None]
    expires_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()

    __table_args__ = (
        CheckConstraint("address = lower(address)", name="address_is_lower_case"),
        Index(
            "uq_email_address_confirmed",
            "address",
            unique=True,
            sqlite_where=confirmed_at.is_not(None),
            postgresql_where=confirmed_at.is_not(None),
        ),
        Index("uq_email_address_of_a_person", "person_id", "address", unique=True),
        Index("uq_email_address_token_hash", "token_hash", unique=True),
    )


def _keep_the_primary_ones() -> None:
    """A person's primary address stands among the others from the moment that it is theirs, and no longer than that."""
    kept = (
        "INSERT INTO email_address (district_id, person_id, address, confirmed_at)"
        " SELECT NEW.district_id, NEW.id, NEW.email, CURRENT_TIMESTAMP WHERE NEW.email IS NOT NULL;"
    )
    dropped = "DELETE FROM email_address WHERE person_id = NEW.id AND address IN (OLD.email, NEW.email);"
    for name, timing, statements in (
        ("person_email_insert", "AFTER INSERT ON person", kept),
        ("person_email_update", "AFTER UPDATE OF email ON person", f"{dropped} {kept}"),
    ):
        changed = "" if name.endswith("insert") else "WHEN (OLD.email IS NOT NEW.email) "
        declare(
            Trigger(
                name=name,
                table="person",
                sqlite=f"CREATE TRIGGER {name} {timing} FOR EACH ROW {changed}BEGIN {statements} END",
                body=f"BEGIN {_where_changed(name, statements)} RETURN NULL; END",
                timing=timing.removesuffix(" ON person"),
            )
        )


def _where_changed(name: str, statements: str) -> str:
    if name.endswith("insert"):
        return statements
    return f"IF OLD.email IS DISTINCT FROM NEW.email THEN {statements} END IF;"


_keep_the_primary_ones()


def domain_of(email: str) -> str:
    return email.strip().lower().rpartition("@")[2]


def person_by_address(email: str) -> Person | None:
    """Whose address it is; None for one that nobody has confirmed."""
    query = select(Person).join(EmailAddress, EmailAddress.person_id == Person.id)
    return db.session.scalar(query.where(EmailAddress.address == email.strip().lower(), EmailAddress.confirmed_at.is_not(None)))


def addresses_of(person: Person) -> list[EmailAddress]:
    """The primary one first, then those that count, then those that wait for their link."""
    rows = db.session.scalars(select(EmailAddress).where(EmailAddress.person_id == person.id).order_by(EmailAddress.address)).all()
    return sorted(rows, key=lambda row: (row.address != person.email, row.confirmed_at is None))


def add_address(person: Person, email: str, *, now: datetime) -> EmailAddress:
    """Have a link sent to the address; it counts when that is opened. Sent again for one that still waits.

    Raises Refused for one's own, for too many, and for too many links within the hour. Whether somebody else has the address is
    told to nobody but who reads its mail.
    """
    address = email.strip().lower()
    rows = {row.address: row for row in addresses_of(person)}
    row = rows.get(address)
    if row is not None and row.confirmed_at is not None:
        raise Refused(N_("{email} is yours already."), field="email", email=address)
    if row is None and len(rows) >= MOST_ADDRESSES:
        raise Refused(N_("You have {number} addresses. Remove one first."), field="email", number=len(rows))
    sent = select(func.count()).where(Mail.person_id == person.id, Mail.kind == "address", Mail.created_at > now - timedelta(hours=1))
    if (db.session.scalar(sent) or 0) >= LINKS_PER_HOUR:
        raise Refused(N_("Those were many links within an hour. Look into the mailbox, or wait a while."), field="email", status=429)
    row = row or EmailAddress(district_id=person.district_id, person_id=person.id, address=address)
    token = secrets.token_urlsafe(32)
    row.token_hash, row.expires_at = _token_hash(token), now + LINK_LIVES
    db.session.add(row)
    db.session.flush()
    outbox.put(person, "address", key=row.token_hash, now=now, to=address, token=token, until_at=row.expires_at)
    history.record(person, "address added", person, now, email=address)
    return row


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def address_of_token(token: str, *, now: datetime) -> EmailAddress | None:
    """The address that waits for this link, while it works."""
    query = select(EmailAddress).where(EmailAddress.token_hash == _token_hash(token)).options(joinedload(EmailAddress.person))
    row = db.session.scalar(query)
    return row if row is not None and row.confirmed_at is None and row.expires_at is not None and row.expires_at > now else None


def confirm(row: EmailAddress, *, now: datetime) -> None:
    """From now on it counts. Raises Refused where it became somebody else's meanwhile."""
    if person_by_address(row.address) is not None:
        raise Refused(N_("{email} belongs to somebody already. The PD office can look into it."), status=409, email=row.address)
    row.confirmed_at, row.token_hash, row.expires_at = now, None, None
    db.session.flush()
    history.record(row.person, "address confirmed", row.person, now, email=row.address)
    outbox.put(row.person, "address_confirmed", key=f"{row.id}:{now.isoformat()}", now=now, email=row.address)


def make_primary(person: Person, row: EmailAddress, *, now: datetime) -> None:
    """Mail goes there; the one before stays theirs. Raises Refused for one that isn't confirmed."""
    if row.confirmed_at is None:
        raise Refused(N_("{email} isn't confirmed yet. Open the link that was sent there."), status=409, email=row.address)
    before, after = person.email, row.address
    if before == after:
        return
    if before is not None:
        key = f"{person.id}:{now.isoformat()}"
        outbox.put(person, "address_primary", key=key, now=now, to=before, email=after)
    db.session.expunge(row)
    person.email = after
    db.session.flush()
    if before is not None:
        db.session.add(EmailAddress(district_id=person.district_id, person_id=person.id, address=before, confirmed_at=now))
        db.session.flush()
    history.record(person, "address made primary", person, now, email=after, before=before)


def remove_address(person: Person, row: EmailAddress, *, by: Person, now: datetime) -> None:
    """It is theirs no more. Raises Refused for the primary one."""
    if row.address == person.email:
        raise Refused(N_("Mail goes to {email}. Have it sent to another of your addresses first."), status=409, email=row.address)
    db.session.delete(row)
    db.session.flush()
    history.record(by, "address removed", person, now, email=row.address, confirmed=row.confirmed_at is not None)
