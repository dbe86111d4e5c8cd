"""Settings from the environment, checked at the start, with a sentence for each thing that is wrong."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from seminar.ground.db import engine_url

SHORTEST_SECRET = 32
# One issuer for many districts: who else signs in there could carry our numbers and our addresses.
SHARED_ISSUERS = ("https://clever.com", "https://launchpad.classlink.com")
MAKE_A_SECRET = "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"


class WrongSettings(Exception):
    """One sentence per setting that is wrong."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True)
class SignOnSettings:
    """The one OpenID Connect provider of an installation with one district."""

    issuer: str
    client_id: str
    secret: str


@dataclass(frozen=True)
class StripeSettings:
    """What card payments need; `api_base` is another server than Stripe's own."""

    secret_key: str
    webhook_secret: str
    api_base: str | None = None


@dataclass(frozen=True)
class Settings:
    database_url: str
    secret_key: str
    base_url: str
    smtp_url: str | None
    log_level: str
    demo: bool
    demo_starts: datetime | None
    started: float | None
    mail_folder: Path
    # A folder of a folder per district, named by its code, into which the student information system puts its rosters.
    roster_folder: Path | None = None
    sign_on: SignOnSettings | None = None
    # Who shows it reads /metrics; where each web process of this machine keeps its counts for it.
    metrics_token: str | None = None
    metrics_folder: Path = Path("instance/metrics")
    stripe: StripeSettings | None = None


def settings_from(environment: Mapping[str, str], root: Path) -> Settings:
    """Read and check them all; raises WrongSettings with every sentence at once."""
    wrong: list[str] = []
    demo = environment.get("MAKERPD_DEMO", "") == "1"
    if environment.get("MAKERPD_DEMO", "") not in ("", "0", "1"):
        wrong.append("MAKERPD_DEMO is 1 for demo mode, or is left out.")
    secret = environment.get("SECRET_KEY", "")
    if len(secret) < SHORTEST_SECRET:
        what = f"is shorter than {SHORTEST_SECRET} characters" if secret else "is missing"
        wrong.append(f"SECRET_KEY {what}: it signs everybody's session. {MAKE_A_SECRET}")
    level = environment.get("LOG_LEVEL", "INFO").upper()
    if level not in logging.getLevelNamesMapping():
        wrong.append(f"LOG_LEVEL is {level}; it is one of DEBUG, INFO, WARNING, ERROR.")
    smtp = environment.get("SMTP_URL") or None
    if smtp is not None and urlsplit(smtp).scheme not in ("smtp", "smtps"):
        wrong.append("SMTP_URL starts with smtp:// or smtps://, as in smtps://user:password@mail.example.org:465.")
    base = environment.get("BASE_URL", "http://127.0.0.1:8000" if demo else "").rstrip("/")
    if urlsplit(base).scheme not in ("http", "https") or not urlsplit(base).netloc:
        wrong.append("BASE_URL is the address that people open, as in https://makerpd.example.org; mails link to it.")
    settings = Settings(
        database_url=_database(environment, root, wrong),
        secret_key=secret,
        base_url=base,
        smtp_url=smtp,
        log_level=level,
        demo=demo,
        demo_starts=_demo_start(environment, demo, wrong),
        started=float(environment["MAKERPD_STARTED"]) if environment.get("MAKERPD_STARTED") else None,
        mail_folder=root / "instance" / "mail",
        roster_folder=_folder(environment, "ROSTER_FOLDER", wrong),
        sign_on=_sign_on(environment, wrong),
        metrics_token=_metrics_token(environment, wrong),
        metrics_folder=root / "instance" / "metrics",
        stripe=_stripe(environment, wrong),
    )
    if wrong:
        raise WrongSettings(wrong)
    return settings


def _database(environment: Mapping[str, str], root: Path, wrong: list[str]) -> str:
    url = environment.get("DATABASE_URL") or f"sqlite:///{root / 'instance' / 'makerpd.db'}"
    try:
        backend = make_url(engine_url(url)).get_backend_name()
    except (ArgumentError, ValueError):
        backend = "nothing that can be read"
    if backend not in ("sqlite", "postgresql", "postgres"):
        wrong.append(f"DATABASE_URL names {backend}; it is sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME.")
    return url


def _folder(environment: Mapping[str, str], name: str, wrong: list[str]) -> Path | None:
    path = environment.get(name, "")
    if path and not Path(path).is_dir():
        wrong.append(f"{name} is {path}, and there is no such folder.")
    return Path(path) if path else None


def _metrics_token(environment: Mapping[str, str], wrong: list[str]) -> str | None:
    token = environment.get("METRICS_TOKEN") or None
    if token is not None and len(token) < SHORTEST_SECRET:
        wrong.append(f"METRICS_TOKEN is shorter than {SHORTEST_SECRET} characters: it opens /metrics. {MAKE_A_SECRET}")
    return token


def _sign_on(environment: Mapping[str, str], wrong: list[str]) -> SignOnSettings | None:
    """All three settings or none."""
    names = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
    given = [environment.get(name, "").strip() for name in names]
    if not any(given):
        return None
    for name, value in zip(names, given, strict=True):
        if not value:
            wrong.append(f"{name} is missing: {', '.join(names)} belong together. Set all three, or none.")
    issuer = urlsplit(given[0])
    if given[0] and (issuer.scheme != "https" and issuer.hostname not in ("127.0.0.1", "localhost")):
        wrong.append("OIDC_ISSUER is the issuer of your provider, as in https://accounts.google.com; it starts with https://.")
    if given[0] in SHARED_ISSUERS:
        wrong.append(
            f"OIDC_ISSUER is {given[0]}, which many districts share: set it up under Settings, Single sign-on, where the claim that names"
            " yours can be given, and leave the three OIDC_ settings out."
        )
    return SignOnSettings(*given)


def _stripe(environment: Mapping[str, str], wrong: list[str]) -> StripeSettings | None:
    """Both secrets or none."""
    names = ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET")
    secret_key, webhook_secret = (environment.get(name, "").strip() for name in names)
    api_base = environment.get("STRIPE_API_BASE", "").strip().rstrip("/")
    if not secret_key and not webhook_secret:
        return None
    for name, value in zip(names, (secret_key, webhook_secret), strict=True):
        if not value:
            wrong.append(f"{name} is missing: {' and '.join(names)} belong together. Set both, or none.")
    if api_base and urlsplit(api_base).scheme not in ("http", "https"):
        wrong.append("STRIPE_API_BASE is the address of another Stripe server, for tests, as in http://127.0.0.1:4242; else leave it out.")
    return StripeSettings(secret_key, webhook_secret, api_base or None)


def _demo_start(environment: Mapping[str, str], demo: bool, wrong: list[str]) -> datetime | None:
    """Where the demo's clock starts, in the district's own time (so without a zone)."""
    value = environment.get("MAKERPD_NOW", "")
    if not value:
        return None
    if not demo:
        wrong.append("MAKERPD_NOW sets the clock of demo mode only; leave it out, or set MAKERPD_DEMO=1.")
        return None
    try:
        return datetime.strptime(value, "%Y-%m-%dT%H:%M")
    except ValueError:
        wrong.append(f"MAKERPD_NOW is {value}; it is written like 2027-03-02T08:30.")
        return None


def environment(root: Path) -> Mapping[str, str]:
    """The environment. A command beside a demo district that `make run` made needs none: its secret lies by its database."""
    secret = root / "instance" / "secret-key"
    if not secret.exists() or any(name in os.environ for name in ("DATABASE_URL", "SECRET_KEY", "MAKERPD_DEMO")):
        return os.environ
    return {"MAKERPD_DEMO": "1", "SECRET_KEY": secret.read_text().strip(), **os.environ}
