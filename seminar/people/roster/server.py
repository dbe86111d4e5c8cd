"""A district's own roster server: OneRoster 1.2's REST API with client credentials (1EdTech, Rostering Service REST binding).

All of it is fetched first, page by page, into a folder, with no transaction open, and only then read like any other set. What is of
pupils and families, and every password, is dropped before it touches the disk.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

import requests
from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from seminar.ground.db import Model
from seminar.ground.refusal import N_
from seminar.people.roster.files import READ
from seminar.people.roster.found import Finding, Note, WrongSet
from seminar.people.roster.rows import Row
from seminar.people.roster.staff_rows import NOT_STAFF

SCOPE = "https://purl.imsglobal.org/spec/or/v1p2/scope/roster-core.readonly"
PAGE = 1000
# Nothing that belongs to a district has more: a server that goes round in circles is left.
MOST_PAGES = 10_000
ANSWER_WITHIN_SECONDS = 30
# A secret is named, never stored; and nothing else of the environment can be sent to an address that somebody typed.
SECRET_NAMES = "ROSTER_SECRET"


class RosterServer(Model):
    """Where a district's roster is fetched each night. The secret is in the environment, under `secret_name`."""

    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"), primary_key=True)
    address: Mapped[str]
    token_address: Mapped[str]
    client_id: Mapped[str]
    secret_name: Mapped[str]
    fetched_on: Mapped[date | None]

    @property
    def id(self) -> int:
        """A district has one, so that its record in the audit trail is the district's."""
        return self.district_id

    __table_args__ = (CheckConstraint("secret_name LIKE 'ROSTER_SECRET%'", name="secret_name"),)


@dataclass(frozen=True)
class Access:
    """What it takes to ask the server; plain values, so that no transaction is open meanwhile."""

    address: str
    token_address: str
    client_id: str
    secret: str


@dataclass
class FetchedSet:
    """A set that was fetched into a folder, a line of JSON for each row."""

    folder: Path
    version: str = "1.2"
    kinds: dict[str, str] = field(default_factory=lambda: dict.fromkeys(READ, "bulk"))
    findings: list[Finding] = field(default_factory=list)

    def rows(self, file: str, _note: Note) -> Iterator[Row]:
        empty = True
        with (self.folder / file).open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                empty = False
                yield Row(file, number, json.loads(line))
        if empty and file != "academicSessions.csv":
            raise WrongSet(N_("The server told of nothing in {file}: it would end all that it once told."), file=file)


def fetch(access: Access, folder: Path) -> FetchedSet:
    """Fetch the whole roster into the folder. Raises WrongSet with what the server did wrong."""
    found = FetchedSet(folder)
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {_token(session, access)}"
        _write(found, "orgs.csv", (_org(one) for one in _objects(session, access, "orgs")))
        _write(found, "academicSessions.csv", (_term(one) for one in _objects(session, access, "academicSessions")))
        with (folder / "users.csv").open("w", encoding="utf-8") as users, (folder / "roles.csv").open("w", encoding="utf-8") as roles:
            for one in _objects(session, access, "users"):
                _put_user(one, users, roles)
    return found


def _token(session: requests.Session, access: Access) -> str:
    """RFC 6749, section 4.4: the client signs in as itself."""
    asked = {"grant_type": "client_credentials", "scope": SCOPE}
    answer = _answered(partial(session.post, access.token_address, data=asked, auth=(access.client_id, access.secret), **_ASKED))
    if answer.status_code in (400, 401, 403):
        raise WrongSet(N_("The roster server doesn't know this client: check its id, its secret and the address of the token."))
    token = _json(answer).get("access_token")
    if not isinstance(token, str) or not token:
        raise WrongSet(N_("The roster server gave no token. Check the address of the token."))
    return token


_ASKED: Any = {"timeout": ANSWER_WITHIN_SECONDS, "allow_redirects": False}


def _answered(ask: Callable[[], requests.Response]) -> requests.Response:
    try:
        return ask()
    except requests.RequestException as error:
        raise WrongSet(N_("The roster server didn't answer. It is asked again in the next night.")) from error


def _json(answer: requests.Response) -> dict[str, Any]:
    if answer.status_code != 200:
        raise WrongSet(N_("The roster server answered {code}. Check its address."), code=answer.status_code)
    try:
        said = answer.json()
    except requests.JSONDecodeError as error:
        raise WrongSet(N_("The roster server answered something that isn't JSON. Check its address.")) from error
    if not isinstance(said, dict):
        raise WrongSet(N_("The roster server answered something that isn't JSON. Check its address."))
    return said


def _objects(session: requests.Session, access: Access, name: str) -> Iterator[dict[str, Any]]:
    """All objects of a collection that are active, by pages of limit and offset (REST binding, section on pagination)."""
    address, offset = f"{access.address.rstrip('/')}/{name}", 0
    for _ in range(MOST_PAGES):
        asked = {"limit": PAGE, "offset": offset}
        answer = _answered(partial(session.get, address, params=asked, **_ASKED))
        objects = _json(answer).get(name)
        if not isinstance(objects, list):
            raise WrongSet(N_("The roster server's answer has no {name}. Check its address."), name=name)
        yield from (one for one in objects if isinstance(one, dict) and one.get("status") != "tobedeleted")
        offset += len(objects)
        total = answer.headers.get("X-Total-Count", "")
        # A server may give fewer than were asked for: its count says whether that was all.
        if not objects or (offset >= int(total) if total.isdigit() else len(objects) < PAGE):
            return
    raise WrongSet(N_("The roster server's pages of {name} don't end."), name=name)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _id_of(reference: Any) -> str:
    return _text(reference.get("sourcedId")) if isinstance(reference, dict) else ""


def _org(one: dict[str, Any]) -> dict[str, str]:
    plain = {name: _text(one.get(name)) for name in ("sourcedId", "name", "type", "identifier")}
    return plain | {"parentSourcedId": _id_of(one.get("parent"))}


def _term(one: dict[str, Any]) -> dict[str, str]:
    return {name: _text(one.get(name)) for name in ("sourcedId", "title", "type", "startDate", "endDate", "schoolYear")}


USER = ("sourcedId", "enabledUser", "username", "givenName", "familyName", "email", "preferredGivenName", "preferredFamilyName")


def _put_user(one: dict[str, Any], users: TextIO, roles: TextIO) -> None:
    """The person and what they do; nothing of who is no staff."""
    held = [role for role in one.get("roles") or [] if isinstance(role, dict)]
    ours = [role for role in held if role.get("role") not in NOT_STAFF]
    if held and not ours:
        return
    user = {name: _said(one.get(name)) for name in USER} | {"grades": ",".join(map(_text, one.get("grades") or []))}
    users.write(json.dumps(user) + "\n")
    for role in ours:
        row = {name: _text(role.get(name)) for name in ("roleType", "role", "beginDate", "endDate")}
        row |= {"userSourcedId": user["sourcedId"], "orgSourcedId": _id_of(role.get("org"))}
        roles.write(json.dumps(row) + "\n")


def _said(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else _text(value)


def _write(found: FetchedSet, file: str, rows: Iterator[dict[str, str]]) -> None:
    with (found.folder / file).open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)


def is_an_address(text: str) -> bool:
    """Encrypted, or on the machine itself: a secret travels there."""
    parts = urlsplit(text)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")))
