"""A district's providers of single sign-on: what the program manager says of each, and by which one somebody comes.

Laws: a secret stands in the environment, under a name of the district's own, and the database has that name alone; an email
domain leads to one provider in the whole installation, but only the district's own people; the password is closed only after
somebody came in without it.
"""

import os
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from seminar.ground import history
from seminar.ground.db import Model, db
from seminar.ground.refusal import N_, Refused
from seminar.ground.settings import SHARED_ISSUERS, SignOnSettings
from seminar.people.district import District
from seminar.people.email_address import EmailAddress, domain_of, person_by_address
from seminar.people.openid import Provider
from seminar.people.person import Person
from seminar.people.sign_on import SignOnIdentity

OF_THE_ENVIRONMENT = "district"


class SignOnProvider(Model):
    """A provider of single sign-on that a district uses; its secret is in the environment, under a name."""

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    # In the address that the provider sends people back to, which is registered there: it stays.
    slug: Mapped[str]
    name: Mapped[str]
    issuer: Mapped[str]
    client_id: Mapped[str]
    secret_variable: Mapped[str]
    sourced_id_claim: Mapped[str] = mapped_column(default="")
    tenant_claim: Mapped[str] = mapped_column(default="")
    tenant_value: Mapped[str] = mapped_column(default="")
    vouches: Mapped[bool] = mapped_column(default=False)
    password_open: Mapped[bool] = mapped_column(default=True)
    off_since: Mapped[datetime | None]

    domains: Mapped[list["SignOnDomain"]] = relationship(order_by="SignOnDomain.domain", cascade="all, delete-orphan")
    district: Mapped[District] = relationship()

    __table_args__ = (UniqueConstraint("district_id", "name"), UniqueConstraint("slug"))


class SignOnDomain(Model):
    """An email domain, by which a provider is found; it is one provider's in the whole installation."""

    domain: Mapped[str] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("sign_on_provider.id"))

    __table_args__ = (
        CheckConstraint("domain = lower(domain)", name="domain_is_lower_case"),
        Index("ix_sign_on_domain_provider", "provider_id"),
    )


def plain(row: SignOnProvider) -> Provider:
    """Its values, with the secret from the environment."""
    return Provider(
        slug=row.slug,
        district_id=row.district_id,
        name=row.name,
        issuer=row.issuer,
        client_id=row.client_id,
        secret=os.environ.get(row.secret_variable, ""),
        domains=tuple(one.domain for one in row.domains),
        sourced_id_claim=row.sourced_id_claim,
        tenant_claim=row.tenant_claim,
        tenant_value=row.tenant_value,
        vouches=row.vouches,
        password_open=row.password_open,
    )


def of_the_environment(settings: SignOnSettings | None) -> Provider | None:
    """The provider that OIDC_ISSUER and its like make, for an installation with one district."""
    if settings is None:
        return None
    districts = db.session.scalars(select(District.id).limit(2)).all()
    if len(districts) != 1:
        return None
    return Provider(
        slug=OF_THE_ENVIRONMENT,
        district_id=districts[0],
        name=urlsplit(settings.issuer).hostname or settings.issuer,
        issuer=settings.issuer,
        client_id=settings.client_id,
        secret=settings.secret,
    )


def providers_of(district: District, settings: SignOnSettings | None) -> list[Provider]:
    """Those that are on, by name; the environment's first."""
    query = select(SignOnProvider).where(SignOnProvider.district_id == district.id, SignOnProvider.off_since.is_(None))
    rows = db.session.scalars(query.options(joinedload(SignOnProvider.domains)).order_by(SignOnProvider.name)).unique()
    first = of_the_environment(settings)
    return [*([first] if first is not None else []), *map(plain, rows)]


def provider_by_slug(slug: str, settings: SignOnSettings | None) -> Provider | None:
    """The provider of that name in an address, while it is on."""
    if slug == OF_THE_ENVIRONMENT:
        return of_the_environment(settings)
    row = db.session.scalar(select(SignOnProvider).where(SignOnProvider.slug == slug, SignOnProvider.off_since.is_(None)))
    return plain(row) if row is not None else None


def provider_for(email: str) -> Provider | None:
    """The provider of the address' domain, of whichever district; never for an address that is somebody's of another one: a
    district that names the domain of the next sends nobody of it anywhere."""
    row = db.session.scalar(_by_domain().where(SignOnDomain.domain == domain_of(email)))
    whose = person_by_address(email) if row is not None else None
    return None if row is None or (whose is not None and whose.district_id != row.district_id) else plain(row)


def _by_domain() -> Select[SignOnProvider]:
    joined = select(SignOnProvider).join(SignOnDomain, SignOnDomain.provider_id == SignOnProvider.id)
    return joined.where(SignOnProvider.off_since.is_(None))


def closing_provider(person: Person) -> Provider | None:
    """The provider that the district wants this person to come by alone; None for whom the password is open. Any address of
    theirs counts, so that nobody keeps a password by typing another one."""
    theirs = select(EmailAddress.address).where(EmailAddress.person_id == person.id, EmailAddress.confirmed_at.is_not(None))
    domains = [domain_of(address) for address in db.session.scalars(theirs)]
    mine = (SignOnProvider.district_id == person.district_id) & SignOnProvider.password_open.is_(False)
    row = db.session.scalars(_by_domain().where(mine, SignOnDomain.domain.in_(domains)).order_by(SignOnProvider.id)).first()
    return plain(row) if row is not None else None


def refuse_closed_passwords(email: str) -> None:
    """Raises Refused where the district wants people of this domain to come by its provider alone."""
    provider = provider_for(email)
    if provider is not None and not provider.password_open:
        raise _closed(provider)


def refuse_closed_password_of(person: Person) -> None:
    """The same for somebody who showed who they are."""
    provider = closing_provider(person)
    if provider is not None:
        raise _closed(provider)


def _closed(provider: Provider) -> Refused:
    says = N_("Addresses at {domain} sign in with {name}, without a password here.")
    return Refused(says, field="email", status=422, domain=", ".join(provider.domains), name=provider.name)


@dataclass(frozen=True)
class Typed:
    """A provider as the program manager typed it."""

    name: str
    issuer: str
    client_id: str
    secret_variable: str
    domains: list[str]
    sourced_id_claim: str
    tenant_claim: str
    tenant_value: str
    vouches: bool
    password_open: bool


def secret_prefix(district: District) -> str:
    """What the name of each of a district's secrets begins with, so that nobody has another district's sent to a server of theirs."""
    return f"OIDC_{re.sub(r'[^A-Z0-9]+', '_', district.code.upper()).strip('_')}__"


def add_provider(district: District, typed: Typed, *, by: Person, now: datetime) -> SignOnProvider:
    """Raises Refused for a name or a domain that is taken, a secret that isn't the district's, a password closed before anybody
    came in."""
    provider = SignOnProvider(district_id=district.id, slug=_free_slug(district, typed.name))
    _write(provider, district, typed)
    db.session.add(provider)
    db.session.flush()
    history.record(by, "sign-on provider saved", provider, now, name=provider.name, **_lets_in(provider))
    return provider


def change_provider(provider: SignOnProvider, typed: Typed, *, by: Person, now: datetime) -> None:
    """The same for one that is there; the address that people come back to stays."""
    before = _lets_in(provider)
    _write(provider, provider.district, typed)
    db.session.flush()
    history.record(by, "sign-on provider saved", provider, now, name=provider.name, **_lets_in(provider), before=before)


def _lets_in(provider: SignOnProvider) -> dict[str, Any]:
    """All that decides who comes in by it, for the audit trail."""
    names = ("issuer", "client_id", "secret_variable", "sourced_id_claim", "tenant_claim", "tenant_value", "vouches", "password_open")
    return {**{name: getattr(provider, name) for name in names}, "domains": [one.domain for one in provider.domains]}


def _write(provider: SignOnProvider, district: District, typed: Typed) -> None:
    with db.session.no_autoflush:
        _check(provider.id or 0, district, typed)
        kept = {one.domain: one for one in provider.domains}
    for name in ("name", "issuer", "client_id", "secret_variable", "sourced_id_claim", "tenant_claim", "tenant_value"):
        setattr(provider, name, getattr(typed, name))
    provider.vouches, provider.password_open = typed.vouches, typed.password_open
    provider.domains = [kept.get(domain) or SignOnDomain(domain=domain, district_id=district.id) for domain in typed.domains]


def _check(provider_id: int, district: District, typed: Typed) -> None:
    same = select(SignOnProvider.id).where(SignOnProvider.district_id == district.id, SignOnProvider.name == typed.name)
    if db.session.scalar(same.where(SignOnProvider.id != provider_id)) is not None:
        raise Refused(N_("You have a provider of this name already."), field="name")
    if not typed.secret_variable.startswith(secret_prefix(district)):
        prefix = secret_prefix(district)
        raise Refused(N_("The name of your district's secrets begins with {prefix}"), field="secret_variable", prefix=prefix)
    taken = select(SignOnDomain.domain).where(SignOnDomain.domain.in_(typed.domains), SignOnDomain.provider_id != provider_id)
    if (domain := db.session.scalar(taken)) is not None:
        raise Refused(N_("{domain} leads to another provider already."), field="domains", domain=domain)
    if typed.issuer in SHARED_ISSUERS and not typed.tenant_claim:
        raise Refused(N_("Many districts share this issuer. Name the claim that tells yours from the others."), field="tenant_claim")
    if bool(typed.tenant_claim) != bool(typed.tenant_value):
        raise Refused(N_("The claim and its value belong together."), field="tenant_value")
    if typed.vouches and not typed.domains:
        raise Refused(N_("Name the domains that it answers for."), field="domains")
    if not typed.password_open and not _has_let_in(district, typed.issuer):
        raise Refused(N_("Sign in with it once yourself before you close the password."), field="password_open")


def _has_let_in(district: District, issuer: str) -> bool:
    query = select(func.count()).where(SignOnIdentity.district_id == district.id, SignOnIdentity.issuer == issuer)
    return bool(db.session.scalar(query.where(SignOnIdentity.ended_at.is_(None))))


def _free_slug(district: District, name: str) -> str:
    """The district's code and the provider's name, as an address has them; with a number where that is taken."""
    wanted = re.sub(r"[^a-z0-9]+", "-", f"{district.code} {name}".lower()).strip("-")[:60] or "provider"
    wanted = f"{wanted}-1" if wanted == OF_THE_ENVIRONMENT else wanted
    there = set(db.session.scalars(select(SignOnProvider.slug).where(SignOnProvider.slug.startswith(wanted))))
    return next(slug for n in range(1, len(there) + 2) if (slug := wanted if n == 1 else f"{wanted}-{n}") not in there)


def switch_off(provider: SignOnProvider, *, by: Person, now: datetime) -> None:
    """Nobody comes in by it until it is switched on; who is signed in stays so, and passwords are open again."""
    if provider.off_since is None:
        provider.off_since = now
        db.session.flush()
        history.record(by, "sign-on provider switched off", provider, now, name=provider.name)


def switch_on(provider: SignOnProvider, *, by: Person, now: datetime) -> None:
    if provider.off_since is not None:
        provider.off_since = None
        db.session.flush()
        history.record(by, "sign-on provider switched on", provider, now, name=provider.name)
