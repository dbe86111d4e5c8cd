"""Single sign-on: which identity at a provider is which person here.

Laws: a provider lets people of its own district in and no others; it never makes a person; an identity (issuer, subject) is one
person's at a time, by the database; an address counts only when the provider says that it is verified, or when the district said
that the provider answers for its domain.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from seminar.ground import history
from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.people.account import SWITCHED_OFF, Account, account_of
from seminar.people.device_session import end_sessions
from seminar.people.email_address import domain_of, person_by_address
from seminar.people.openid import GOOGLE, Provider
from seminar.people.person import Person, who_stays

# Google answers for these addresses itself; for any other only where its organization has it host the account (`hd`).
GOOGLES_OWN = ("gmail.com", "googlemail.com")


class SignOnIdentity(Model):
    """Somebody's account at a provider, linked to the person that it is; ended, never deleted."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    issuer: Mapped[str]
    subject: Mapped[str]
    linked_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column()
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    person: Mapped[Person] = relationship(foreign_keys=person_id)

    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (ended_by_id IS NULL)", name="ended_by_somebody"),
        Index(
            "uq_sign_on_identity_live",
            "issuer",
            "subject",
            unique=True,
            sqlite_where=ended_at.is_(None),
            postgresql_where=ended_at.is_(None),
        ),
        Index("ix_sign_on_identity_person", "person_id"),
    )


@dataclass(frozen=True)
class Said:
    """What a provider's verified claims say of a person, '' where they don't; `proven` is whether the address counts."""

    issuer: str
    subject: str
    email: str
    proven: bool
    sourced_id: str


UNKNOWN = N_("We know nobody with this address. The PD office can add you.")
UNCONFIRMED = N_("{name} doesn't say that your address is really yours, so it doesn't count. The PD office can help you sign in.")
OUTSIDE = N_("{name} signed you in with an account outside of your district. Choose your school account there.")
ELSEWHERE = N_("This account belongs to somebody of another district. Sign in on that district's own page.")
TAKEN = N_("Another account at {name} is linked to you already. The PD office can take that link off.")
TWO_RECORDS = N_("Your address and your staff number stand on two records. The PD office can make one of them.")


def said_by(provider: Provider, claims: Mapping[str, Any]) -> Said:
    """What counts of the claims. Raises Refused for an account of another organization at the same provider."""
    # A private Google account can be made for any address: only a hosted one is its organization's (Google's `hd`).
    hosted = claims.get("hd")
    needs_hosted = provider.issuer == GOOGLE and provider.domains
    if provider.domains and (hosted is not None or needs_hosted) and str(hosted).lower() not in provider.domains:
        raise Refused(OUTSIDE, status=403, name=provider.name)
    if provider.tenant_claim and str(claims.get(provider.tenant_claim)) != provider.tenant_value:
        raise Refused(OUTSIDE, status=403, name=provider.name)
    email, sourced_id = claims.get("email"), claims.get(provider.sourced_id_claim) if provider.sourced_id_claim else None
    address = email.strip().lower() if isinstance(email, str) else ""
    return Said(
        provider.issuer,
        claims["sub"],
        address,
        _is_proven(provider, claims, address),
        str(sourced_id) if isinstance(sourced_id, str | int) else "",
    )


def _is_proven(provider: Provider, claims: Mapping[str, Any], address: str) -> bool:
    """Whether the address is really theirs. A private Google account keeps `email_verified` for an address that it was made with,
    also when that has long been somebody else's (Google, OpenID Connect, "Authenticate the user")."""
    if provider.issuer == GOOGLE and claims.get("hd") is None and domain_of(address) not in GOOGLES_OWN:
        return False
    return claims.get("email_verified") is True or (provider.vouches and bool(provider.domains))


def signed_in_person(provider: Provider, claims: Mapping[str, Any], *, now: datetime) -> Account:
    """The account of whom the claims speak: by the identity that was linked before, else by sourcedId or address, which links it.

    Raises Refused for who isn't known in the provider's district, is switched off, or is linked to another account there. Flushes.
    """
    said = said_by(provider, claims)
    person = _linked(said)
    if person is None:
        person = _matched(provider, said)
        _link(person, provider, said, now=now)
    if person.district_id != provider.district_id:
        raise Refused(ELSEWHERE, status=403)
    if not person.may_sign_in:
        raise Refused(SWITCHED_OFF, status=403)
    return account_of(person, now=now)


def _linked(said: Said) -> Person | None:
    query = select(SignOnIdentity).options(joinedload(SignOnIdentity.person))
    found = db.session.scalar(
        query.where(SignOnIdentity.issuer == said.issuer, SignOnIdentity.subject == said.subject, SignOnIdentity.ended_at.is_(None))
    )
    return who_stays(found.person) if found is not None else None


def _matched(provider: Provider, said: Said) -> Person:
    """Whom the roster knows by this number or this address."""
    within = not provider.domains or domain_of(said.email) in provider.domains
    by_number = _by_sourced_id(provider, said.sourced_id) if said.sourced_id else None
    by_address = person_by_address(said.email) if said.email and said.proven and within else None
    if by_address is not None and by_address.district_id != provider.district_id:
        # Whether the next district knows an address is nobody's business here.
        by_address = None
    if by_number is not None and by_address is not None and by_number.id != by_address.id:
        raise Refused(TWO_RECORDS, status=403)
    person = by_number or by_address
    if person is None and said.email and not within:
        raise Refused(OUTSIDE, status=403, name=provider.name)
    if person is None and said.email and not said.proven:
        raise Refused(UNCONFIRMED, status=403, name=provider.name)
    if person is None:
        raise Refused(UNKNOWN, status=403)
    return person


def _by_sourced_id(provider: Provider, sourced_id: str) -> Person | None:
    query = select(Person).where(Person.district_id == provider.district_id, Person.sourced_id == sourced_id)
    found = db.session.scalar(query)
    return who_stays(found) if found is not None else None


def _link(person: Person, provider: Provider, said: Said, *, now: datetime) -> None:
    """From now on this identity is that person. Who has one there already keeps it: an address can be given to somebody new."""
    if not person.may_sign_in:
        raise Refused(SWITCHED_OFF, status=403)
    db.session.refresh(person, attribute_names=["may_sign_in"], with_for_update={"key_share": True})
    if any(identity.issuer == said.issuer for identity in identities_of(person)):
        raise Refused(TAKEN, status=403, name=provider.name)
    db.session.add(
        SignOnIdentity(district_id=person.district_id, person_id=person.id, issuer=said.issuer, subject=said.subject, linked_at=now)
    )
    db.session.flush()
    history.record(person, "sign-on linked", person, now, provider=provider.slug, issuer=said.issuer)


def identities_of(person: Person) -> list[SignOnIdentity]:
    query = select(SignOnIdentity).where(SignOnIdentity.person_id == person.id, SignOnIdentity.ended_at.is_(None))
    return list(db.session.scalars(query.order_by(SignOnIdentity.id)))


def unlink(identity: SignOnIdentity, *, by: Person, now: datetime) -> None:
    """The identity is nobody's, and whoever came in by it is out; the next sign-in of that person links one anew. Raises Refused
    where it is over already."""
    if identity.ended_at is not None:
        raise Refused(N_("This link was taken off already."), status=409)
    identity.ended_at, identity.ended_by_id = now, by.id
    end_sessions(identity.person, "ended", now=now)
    db.session.flush()
    history.record(by, "sign-on unlinked", identity.person, now, issuer=identity.issuer)
