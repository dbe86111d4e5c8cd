"""A district's own roster server: OneRoster 1.2's REST API with client credentials (1EdTech, Rostering Service REST binding).

All of it is fetched first, page by page, into a folder, with no transaction open, and only then read like any other set. What is of
pupils and families, and every password, is dropped before it touches the disk.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

import requests
from sqlalchemy import CheckConstraint, ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from seminar.ground.db import Model, db
from seminar.ground.refusal import N_
from seminar.people.district import District
from seminar.people.roster import fields
from seminar.people.roster.files import READ
from seminar.people.roster.found import Finding, Note, WrongSet
from seminar.people.roster.rows import Row
from seminar.people.roster.staff_rows import NOT_STAFF

SCOPE = "https://purl.imsglobal.org/spec/or/v1p2/scope/roster-core.readonly"
PAGE = 1000
# Nothing that belongs to a district has more: a server that goes round in circles is left.
MOST_PAGES = 10_000
ANSWER_WITHIN_SECONDS = 30
# Of the whole conversation: the worker has other things to do.
WITHIN_SECONDS = 1800
# A page is asked for so often, with a wait between; a server that says how long is heard, up to a minute.
MOST_TRIES = 3
FIRST_WAIT_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 60.0
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


def fetch(access: Access, folder: Path, *, wait: Callable[[float], None] = time.sleep) -> FetchedSet:
    """Fetch the whole roster into the folder. Raises WrongSet with what the server did wrong."""
    found = FetchedSet(folder)
    with requests.Session() as session:
        client = _Client(session, access, wait)
        _write(found, "orgs.csv", (_org(one) for one in client.objects("orgs")))
        _write(found, "academicSessions.csv", (_term(one) for one in client.objects("academicSessions")))
        with (folder / "users.csv").open("w", encoding="utf-8") as users, (folder / "roles.csv").open("w", encoding="utf-8") as roles:
            for one in client.objects("users"):
                _put_user(one, users, roles)
    return found


_ASKED: Any = {"timeout": ANSWER_WITHIN_SECONDS, "allow_redirects": False}
NO_ANSWER = N_("The roster server didn't answer. It is asked again in the next night.")
BUSY = N_("The roster server answered {code}, also when asked again: it has trouble of its own. It is asked again in the next night.")


class _Client:
    """One night's conversation with a server: who we are, and what it tells, page by page."""

    def __init__(self, session: requests.Session, access: Access, wait: Callable[[float], None]) -> None:
        self._session, self._access, self._wait = session, access, wait
        self._until = time.monotonic() + WITHIN_SECONDS
        self._sign_in()

    def _sign_in(self) -> None:
        """RFC 6749, section 4.4: the client signs in as itself."""
        asked = {"grant_type": "client_credentials", "scope": SCOPE}
        auth = (self._access.client_id, self._access.secret)
        answer = self._answer(lambda: self._session.post(self._access.token_address, data=asked, auth=auth, **_ASKED))
        if answer.status_code in (400, 401, 403):
            raise WrongSet(N_("The roster server doesn't know this client: check its id, its secret and the address of the token."))
        token = _json(answer).get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
            raise WrongSet(N_("The roster server gave no token. Check the address of the token."))
        self._session.headers["Authorization"] = f"Bearer {token}"

    def _answer(self, ask: Callable[[], requests.Response]) -> requests.Response:
        """Its answer; one who is busy is asked again, after as long as it says."""
        for tries in range(MOST_TRIES):
            if time.monotonic() > self._until:
                raise WrongSet(N_("The roster server took longer than half an hour. It is asked again in the next night."))
            try:
                answer = ask()
            except requests.RequestException as error:
                if tries == MOST_TRIES - 1:
                    raise WrongSet(NO_ANSWER) from error
                self._wait(FIRST_WAIT_SECONDS)
                continue
            if answer.status_code != 429 and answer.status_code < 500:
                return answer
            if tries < MOST_TRIES - 1:
                self._wait(_seconds_to_wait(answer))
        raise WrongSet(BUSY, code=answer.status_code)

    def objects(self, name: str) -> Iterator[dict[str, Any]]:
        """All objects of a collection that are active, by pages of limit and offset (REST binding, section on pagination).

        All of them, or WrongSet: who is missing from a bulk set is ended, and a page that got lost mustn't do that.
        """
        offset, first_before = 0, ""
        for _ in range(MOST_PAGES):
            objects, total = self._page(name, offset)
            first = json.dumps(objects[:1])
            if objects and first == first_before:
                raise WrongSet(N_("The roster server's pages of {name} don't end."), name=name)
            yield from (one for one in objects if isinstance(one, dict) and one.get("status") not in fields.GONE)
            offset, first_before = offset + len(objects), first
            if total is not None and offset >= total:
                return
            if not objects and total is not None:
                sentence = N_(
                    "The roster server told of {count} {name} and said that there are {total}. It is asked again in the next night."
                )
                raise WrongSet(sentence, name=name, count=offset, total=total)
            # Without a count, a short page may be all that a server gives at once: an empty one is the end.
            if not objects:
                return
        raise WrongSet(N_("The roster server's pages of {name} don't end."), name=name)

    def _page(self, name: str, offset: int) -> tuple[list[Any], int | None]:
        """The objects from there on, and how many there are in all, where it says so. A token that ran out is renewed once."""
        address, asked = f"{self._access.address.rstrip('/')}/{name}", {"limit": PAGE, "offset": offset}
        answer = self._answer(lambda: self._session.get(address, params=asked, **_ASKED))
        if answer.status_code == 401:
            self._sign_in()
            answer = self._answer(lambda: self._session.get(address, params=asked, **_ASKED))
        if answer.status_code in (401, 403):
            raise WrongSet(N_("The roster server doesn't let this client read {name}. Ask its keeper for the right to."), name=name)
        objects = _json(answer).get(name)
        if not isinstance(objects, list):
            raise WrongSet(N_("The roster server's answer has no {name}. Check its address."), name=name)
        total = answer.headers.get("X-Total-Count", "").strip()
        return objects, int(total) if total.isascii() and total.isdigit() else None


def _seconds_to_wait(answer: requests.Response) -> float:
    """What Retry-After says in seconds (RFC 9110, section 10.2.3), as far as we wait at all."""
    said = answer.headers.get("Retry-After", "").strip()
    return min(float(said), LONGEST_WAIT_SECONDS) if said.isascii() and said.isdigit() else FIRST_WAIT_SECONDS


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


def _text(value: Any) -> str:
    """In one line, and without what no text holds (NUL, half of a pair)."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or isinstance(value, dict | list):
        return ""
    return " ".join(str(value).encode("utf-8", "replace").decode().replace("\x00", "").split())


def _id_of(reference: Any) -> str:
    return _text(reference.get("sourcedId")) if isinstance(reference, dict) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _org(one: dict[str, Any]) -> dict[str, str]:
    plain = {name: _text(one.get(name)) for name in ("sourcedId", "name", "type", "identifier")}
    return plain | {"parentSourcedId": _id_of(one.get("parent"))}


def _term(one: dict[str, Any]) -> dict[str, str]:
    return {name: _text(one.get(name)) for name in ("sourcedId", "title", "type", "startDate", "endDate", "schoolYear")}


USER = ("sourcedId", "enabledUser", "username", "givenName", "familyName", "email", "preferredGivenName", "preferredFamilyName")


def _put_user(one: dict[str, Any], users: TextIO, roles: TextIO) -> None:
    """The person and what they do; nothing of who is no staff. Of who has no role at all, nobody knows: the id alone, to say so."""
    held = [role for role in _list(one.get("roles")) if isinstance(role, dict)]
    ours = [role for role in held if _is_of_the_staff(_text(role.get("role")))]
    if held and not ours:
        return
    if not held:
        users.write(json.dumps({"sourcedId": _text(one.get("sourcedId"))}) + "\n")
        return
    user = {name: _text(one.get(name)) for name in USER} | {"grades": ",".join(map(_text, _list(one.get("grades"))))}
    users.write(json.dumps(user) + "\n")
    for role in ours:
        row = {name: _text(role.get(name)) for name in ("roleType", "role", "beginDate", "endDate")}
        row |= {"userSourcedId": user["sourcedId"], "orgSourcedId": _id_of(role.get("org"))}
        roles.write(json.dumps(row) + "\n")


def _is_of_the_staff(role: str) -> bool:
    """A word of the sender's own may be for pupils too."""
    return role.lower() not in NOT_STAFF and not role.startswith("ext:")


def _write(found: FetchedSet, file: str, rows: Iterator[dict[str, str]]) -> None:
    with (found.folder / file).open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)


def is_an_address(text: str) -> bool:
    """Encrypted, or on the machine itself: a secret travels there. Without a name and password in it, which would stand in our trail."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    if not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost"))


def may_use(secret_name: str, district: District) -> bool:
    """Where an installation has several districts, each has a secret of its own name: nobody sends another's to their own server."""
    others = [secret_name_of(other) for other in db.session.scalars(select(District).where(District.id != district.id))]
    if not others:
        return secret_name.startswith(SECRET_NAMES)
    return secret_name == secret_name_of(district) and secret_name not in others


def secret_name_of(district: District) -> str:
    return f"{SECRET_NAMES}_{re.sub('[^A-Z0-9]', '_', district.code.upper())}"
