"""The fuzz: each role sends a number of inputs through every opening it finds, and what is wrong with any answer is noted."""

import logging
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, event, select
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from seminar.audit import broken_rules
from seminar.ground.db import db
from seminar.ground.post import send_due
from seminar.people.account import SignInAttempt
from seminar.people.person import Person
from seminar.web.letters import write_all
from tests.attacks.inputs import Asked, asked_of
from tests.attacks.leaks import leaks, leaks_of_mail, says_nothing
from tests.attacks.openings import Opening, forms_on, openings_of, unseen_openings
from tests.cast import NOW, signed_in
from tests.conftest import empty
from tests.house.test_gets_change_nothing import WRITES
from tests.pages.document import Document
from tests.pages.doors import EVERYBODY, LEADS_AWAY, Ids, a_full_district, client_of, may_open, pages_of
from tests.pages.reader import Reader, faults_of, is_page

NOBODY = "nobody"
# A principal and a coach find the same forms as a maker contact.
ROLES = (*(name for name in EVERYBODY if name not in ("pia", "kim")), NOBODY)
# After so many inputs, who sends them is asked whether they are still let in.
LOOKED_AT_EVERY = 40
# What is parsed as a whole page: the first answers of each kind, then one in so many.
READ_FIRST, READ_ONE_IN = 2, 40


class Unread(Reader):
    """A client whose answers are read by the fuzz, which goes on after a fault."""

    open = FlaskClient.open


@dataclass
class Fuzz:
    """`sent` counts the inputs by route, `answered` by status; `wrong` is a line for each fault, with how to play it again."""

    app: Flask
    seed: int
    mail: Path
    sent: Counter[str] = field(default_factory=Counter)
    answered: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    seen: Counter[tuple[str, int]] = field(default_factory=Counter)
    found: dict[object, tuple[str, Opening]] = field(default_factory=dict)
    wrote: list[str] = field(default_factory=list)
    sign_ins: Iterator[int] = field(default_factory=count)
    ids: Ids = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    clients: dict[str, FlaskClient] = field(default_factory=dict)
    turns: Counter[str] = field(default_factory=Counter)

    def begin(self) -> None:
        """A district of its own, and where something can be typed in it, by each role."""
        self._anew()
        for name in ROLES:
            for opening in openings_of(self.app, name, self.ids, self.keys.get(name)):
                # What everybody has at the foot of every page is fuzzed by two of them.
                self.found.setdefault((name if name in (NOBODY, "olive") else "", opening.key), (name, opening))
        for unseen in list(unseen_openings(self.app, self.ids, [opening for _, opening in self.found.values()])):
            self.found["unseen", unseen.key] = ("olive", unseen)

    def play(self, inputs: int) -> None:
        """So many inputs in all, evenly by opening; what is found on the way is played too."""
        played: set[object] = set()
        turn = 0
        while sum(self.sent.values()) < inputs:
            turn += 1
            waiting = [key for key in self.found if key not in played] or list(self.found)
            each = max(1, (inputs - sum(self.sent.values())) // len(waiting))
            for n, key in enumerate(waiting):
                if sum(self.sent.values()) == inputs:
                    return
                played.add(key)
                if n % 50 == 0:
                    print(f"{sum(self.sent.values())} of {inputs} inputs sent", flush=True)
                self._play(*self.found[key], min(each, inputs - sum(self.sent.values())), of=f"{self.seed}-{turn}-{n}")

    def _play(self, name: str, opening: Opening, inputs: int, *, of: str) -> None:
        for n in range(inputs):
            self._send(self._client(name), name, opening, asked_of(opening, Random(f"{of}-{n}")))

    def _send(self, client: FlaskClient, name: str, opening: Opening, asked: Asked) -> None:
        self.wrote.clear()
        answer = client.open(
            asked.path, method=asked.method, query_string=asked.query, data=asked.body, content_type=asked.content_type or None
        )
        self.sent[opening.endpoint] += 1
        self.answered[answer.status_code] += 1
        said = f"{name} {asked.method} {asked.path[:120]} {asked.query[:300]} {asked.body[:600]!r}"
        if asked.method == "GET" and self.wrote:
            self._is_wrong(f"a GET wrote {self.wrote[0][:80]}: {said}")
        self._read(answer, opening, said)
        if answer.status_code == 303 and self.seen[opening.endpoint, 303] <= READ_FIRST:
            self._read(client.get(answer.location), opening, f"after {said}")
        if answer.status_code == 303 and answer.location.startswith("/sign-in") and name != NOBODY:
            self._sign_in(client, name)

    def _read(self, answer: TestResponse, opening: Opening, said: str) -> None:
        self.seen[opening.endpoint, answer.status_code] += 1
        times = self.seen[opening.endpoint, answer.status_code]
        faults = [f"it answers {answer.status_code}"] if answer.status_code >= 500 else []
        if opening.endpoint not in LEADS_AWAY:
            faults += leaks(answer)
        if times <= READ_FIRST or times % READ_ONE_IN == 0:
            faults += [*faults_of(answer), *says_nothing(answer)]
            if is_page(answer):
                for form in forms_on(self.app, Document(answer.text), answer.request.path):
                    name = said.split()[1 if said.startswith("after") else 0]
                    self.found.setdefault((name if name in (NOBODY, "olive") else "", form.key), (name, form))
        for fault in faults:
            self._is_wrong(f"{fault}: {said}")

    def _is_wrong(self, line: str) -> None:
        """Told at once: a long run shows what it finds."""
        self.wrong.append(line)
        print(f"{sum(self.sent.values())}: {line[:1500]}", flush=True)

    def _client(self, name: str) -> FlaskClient:
        """Of who is signed in; where what was sent shut them out, in a district that is new."""
        if name not in self.clients:
            self.clients[name] = client_of(self.app, None)
        if self.turns[name] % LOOKED_AT_EVERY == 0:
            with self.app.app_context():
                db.session.execute(delete(SignInAttempt))
                db.session.commit()
            if name != NOBODY and not self._sign_in(self.clients[name], name):
                self.end()
                self._anew()
                assert self._sign_in(self.clients[name], name)
        self.turns[name] += 1
        return self.clients[name]

    def _sign_in(self, client: FlaskClient, name: str) -> bool:
        with self.app.app_context():
            person = db.session.scalar(select(Person).where(Person.id == int(self.keys[name].partition(":")[0])))
            if person is None:
                return False
            key = f"{name}-{next(self.sign_ins)}"
            signed_in(person, key)
            db.session.commit()
            cookie = f"{person.id}:{key}"
        with client.session_transaction() as session:
            session.clear()
            session["_user_id"], session["_fresh"] = cookie, True
        return client.get("/equipment").status_code == 200

    def _anew(self) -> None:
        with self.app.app_context():
            db.session.remove()
            empty()
            self.app.extensions["makerpd_clock"].moment = NOW
            self.ids, self.keys = a_full_district()
            db.session.remove()
        # What is done from here on is after what was there.
        self.app.extensions["makerpd_clock"].moment = NOW + timedelta(minutes=1)
        self.turns.clear()

    def end(self) -> None:
        """Whatever was stored is looked at: on every page as each role, in each mail, and by the audit."""
        for name in ROLES:
            client = client_of(self.app, None)
            if name != NOBODY and not self._sign_in(client, name):
                continue
            for rule, url in pages_of(self.app, self.ids):
                if may_open(rule, name):
                    answer = client.get(url)
                    faults = [f"it answers {answer.status_code}"] if answer.status_code >= 500 else list(leaks(answer))
                    for fault in faults:
                        self._is_wrong(f"afterwards, {fault}: {name} {url}")
        with self.app.app_context():
            while send_due(write_all, smtp_url=None, folder=self.mail, now=NOW + timedelta(minutes=1)):
                pass
            for rule in broken_rules():
                if rule.broken:
                    self._is_wrong(f"the audit says no: {rule.sentence} {rule.broken[:3]}")
            db.session.remove()
        for letter in self.mail.glob("*.eml"):
            for fault in leaks_of_mail(letter.read_bytes()):
                self._is_wrong(f"{fault}: {letter.read_bytes()[:1000]!r}")
            letter.unlink()

    def report(self) -> str:
        by_route = "\n".join(f"{sent:8} {endpoint}" for endpoint, sent in sorted(self.sent.items()))
        by_status = ", ".join(f"{status}: {count}" for status, count in sorted(self.answered.items()))
        total = f"{sum(self.sent.values())} inputs through {len(self.found)} openings, seed {self.seed}"
        return f"{by_route}\n{total}; answered {by_status}; {len(self.wrong)} wrong\n"


@contextmanager
def reaching_nobody() -> Iterator[None]:
    """Addresses that the fuzz types are asked by us, at a provider's check for one: none of them is reached, but on this machine."""
    real = socket.getaddrinfo

    def only_here(host: object, *more: object, **named: object) -> object:
        if host not in (None, "127.0.0.1", "localhost"):
            raise socket.gaierror(f"The fuzz reaches nobody: {str(host)[:80]}")
        return real(host, *more, **named)

    socket.getaddrinfo = only_here
    try:
        yield
    finally:
        socket.getaddrinfo = real


class Kept(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.ERROR)
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@contextmanager
def watched(fuzz: Fuzz) -> Iterator[None]:
    """What is logged as an error is wrong, and what a page that is only read writes is noted."""
    lines: list[str] = []
    handler = Kept(lines)

    def note(*args: object) -> None:
        if WRITES.match(str(args[2])):
            fuzz.wrote.append(str(args[2]))

    with fuzz.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    logging.getLogger().addHandler(handler)
    try:
        with capture_logs() as logged, reaching_nobody():
            yield
    finally:
        event.remove(engine, "before_cursor_execute", note)
        logging.getLogger().removeHandler(handler)
    lines += [str(entry)[:1500] for entry in logged if entry["log_level"] in ("error", "critical")]
    fuzz.wrong += [f"logged as an error: {line}" for line in dict.fromkeys(lines)]
