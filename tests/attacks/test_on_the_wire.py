"""Against served processes: requests whose end is in doubt, and what all of the logs hold at their most talkative."""

import json
import socket
from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from inventory.demo.district import PASSWORD
from seminar.ground.outbox import Mail
from seminar.people.person import Person
from tests.deep.served import Served, Visitor, demo_district
from tests.waiting import until

pytestmark = pytest.mark.deep
TEACHER, CONTACT = "teacher@rivermark.example", "contact@rivermark.example"
FEED = "the-secret-of-a-calendar-feed"
HIDDEN = "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"
DOUBTFUL = {
    "two kinds of length": f"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}",
    "two lengths": f"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: {len(HIDDEN)}\r\n\r\n{HIDDEN}",
    "a length that is none": f"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: +0\r\n\r\n{HIDDEN}",
    "a coding that isn't known": f"POST /sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{HIDDEN}",
    "a blank before the colon": f"POST /sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n{HIDDEN}",
    "a chunk's length that is none": f"POST /sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n{HIDDEN}",
    "a header that goes on in the next line": f"GET /sign-in HTTP/1.1\r\nHost: a\r\nX-One: 1\r\n Host: b\r\n\r\n{HIDDEN}",
    "a header of 70 kilobytes": f"GET /sign-in HTTP/1.1\r\nHost: a\r\nX-Long: {'x' * 70_000}\r\n\r\n{HIDDEN}",
    "an address of 70 kilobytes": f"GET /{'x' * 70_000} HTTP/1.1\r\nHost: a\r\n\r\n{HIDDEN}",
}


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with demo_district() as prepared:
        prepared.log_level = "DEBUG"
        prepared.start_web()
        prepared.start_worker()
        yield prepared


def answers_to(port: int, request: str) -> list[int]:
    """The status of each answer on one connection, until the server closes it."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
        wire.sendall(request.encode())
        wire.shutdown(socket.SHUT_WR)
        said = b"".join(iter(lambda: wire.recv(65536), b""))
    return [int(answer.split(b" ", 1)[0]) for answer in said.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize("what", DOUBTFUL)
def test_what_hides_behind_a_request_whose_end_is_in_doubt_is_never_answered(served: Served, what: str) -> None:
    statuses = answers_to(served.port, DOUBTFUL[what])
    assert statuses
    assert all(400 <= status < 500 or status == 501 for status in statuses), statuses


def test_two_requests_on_one_connection_are_both_answered(served: Served) -> None:
    """What the tests above look for can be seen."""
    assert answers_to(served.port, HIDDEN + HIDDEN) == [200, 200]


def test_no_log_holds_what_opens_something(served: Served) -> None:
    """At DEBUG, of the web, the worker and the mail: passwords right and wrong, links, cookies, forms' tokens, a feed's key."""
    with served.session() as session:
        session.execute(update(Person).where(Person.email == TEACHER).values(feed_token=FEED))
        session.commit()
    guess, weak, new = "a-guess-that-is-wrong", "password12345", "seven-cranes-over-an-orchard"
    teacher = Visitor(served.port)
    teacher.get("/sign-in")
    assert teacher.post("/sign-in", email=TEACHER, password=guess).status == 422
    assert teacher.post("/sign-in/forgotten", email=TEACHER).status in (200, 303)
    token = token_of_the_link(served)
    link = f"/sign-in/link/{token}"
    assert teacher.get(link).status == 200
    assert teacher.post(link, password=weak).status == 422
    before = {*teacher.cookies.values(), teacher.token}
    assert teacher.post(link, password=new).status == 303
    teacher.get("/sign-in")
    assert teacher.post("/sign-in", email=TEACHER, password=new).status == 303
    assert teacher.get("/my/account").status == 200
    assert teacher.post("/my/account/password", current=guess, password=new).status == 422
    assert teacher.get(f"/calendar/{FEED}.ics").status == 200
    assert teacher.get("/no/such/page").status == 404
    until(lambda: served.unsent() == set(), within=60)

    log = served.log.read_text()
    assert "/my/account" in log
    secrets = {
        PASSWORD,
        guess,
        weak,
        new,
        token,
        FEED,
        served.environment()["SECRET_KEY"],
        *before,
        *teacher.cookies.values(),
        teacher.token,
    }
    assert {secret for secret in secrets if secret and secret in log} == set()


def test_the_log_says_who_asked_by_their_number(served: Served) -> None:
    contact = Visitor(served.port).sign_in(CONTACT)
    assert contact.get("/depot").status == 403
    with served.session() as session:
        number = session.scalars(select(Person.id).where(Person.email == CONTACT)).one()
    lines = [json.loads(line) for line in served.log.read_text().splitlines() if '"event": "request"' in line]
    assert [line["person"] for line in lines if (line["path"], line["status"]) == ("/depot", 403)] == [number]
    assert {line["person"] for line in lines if line["path"] == "/readyz"} == {None}


def token_of_the_link(served: Served) -> str:
    with served.session() as session:
        mail = session.scalars(select(Mail).where(Mail.kind == "reset").order_by(Mail.id.desc())).first()
        assert mail is not None
        return str(mail.context["token"])
