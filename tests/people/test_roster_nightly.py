"""Rosters that come by themselves: a watched folder, and a OneRoster 1.2 server that is asked each night."""

import json
import os
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select

from seminar.ground.db import db
from seminar.people.appointment import Appointment
from seminar.people.person import Person
from seminar.people.roster import nightly
from seminar.people.roster.server import Access, RosterServer, fetch, is_an_address
from seminar.people.roster.staged import RosterImport
from tests.cast import NOW, a_district
from tests.people.rosters import ORGS, PEOPLE, TERMS, a_set, in_folder, roles, texts, users, zipped

SECRETS = {"ROSTER_SECRET": "s3cret"}


@pytest.fixture
def district(db_session):
    district = a_district("R")
    db.session.commit()
    return district


def states():
    return list(db.session.scalars(select(RosterImport.state).order_by(RosterImport.id)))


def staff():
    return db.session.scalar(select(func.count()).where(Appointment.last_day.is_(None)))


def put(root, name, content, *, seconds_ago=60):
    folder = root / "R"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    os.utime(folder / name, (time.time() - seconds_ago,) * 2)


def test_a_set_in_the_folder_is_taken_once(district, tmp_path):
    put(tmp_path, "monday.zip", zipped(texts(a_set())))
    nightly.look_into_folder(tmp_path, NOW)
    nightly.look_into_folder(tmp_path, NOW)
    assert (states(), staff()) == (["applied"], 5)


def test_a_folder_in_the_folder_is_a_set_too(district, tmp_path):
    folder = in_folder(tmp_path / "R" / "export", texts(a_set()))
    for file in (*folder.iterdir(), folder):
        os.utime(file, (time.time() - 60,) * 2)
    nightly.look_into_folder(tmp_path, NOW)
    assert (states(), staff()) == (["applied"], 5)


def test_a_file_that_is_still_being_copied_waits(district, tmp_path):
    put(tmp_path, "monday.zip", zipped(texts(a_set()))[:500], seconds_ago=1)
    nightly.look_into_folder(tmp_path, NOW)
    assert states() == []


def test_a_wrong_set_is_kept_with_its_reason_and_holds_up_no_other(district, tmp_path):
    put(tmp_path, "a.zip", b"no zip", seconds_ago=90)
    put(tmp_path, "b.zip", zipped(texts(a_set())))
    nightly.look_into_folder(tmp_path, NOW)
    nightly.look_into_folder(tmp_path, NOW)
    assert (states(), staff()) == (["wrong", "applied"], 5)


def test_what_would_end_many_waits_for_somebody(district, tmp_path):
    put(tmp_path, "monday.zip", zipped(texts(a_set())))
    few = {"u1": ("Ada", "teacher", "S1")}
    put(tmp_path, "tuesday.zip", zipped(texts(a_set(users=users("1.2", **few), roles=roles(**few)))), seconds_ago=50)
    nightly.look_into_folder(tmp_path, NOW)
    assert (states(), staff()) == (["applied", "read"], 5)


class Rostering(BaseHTTPRequestHandler):
    """Answers as the REST binding says: a token for the client, and pages of fewer objects than are asked for."""

    collections: dict[str, list[dict]]
    asked: list[str]
    largest_page = 3
    fails_with: int | None = None
    # What it does otherwise, one after the other: a status and its headers.
    hitches: list[tuple[int, dict[str, str]]]
    counts = True
    ends_at: int | None = None

    def do_POST(self):
        client = self.headers["Authorization"] == "Basic cGQ6czNjcmV0"
        body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        assert body["grant_type"] == ["client_credentials"]
        self.answer(200 if client else 401, {"access_token": "token"} if client else {"error": "invalid_client"})

    def do_GET(self):
        parts = urlsplit(self.path)
        type(self).asked.append(self.path)
        if self.hitches:
            self.answer(self.hitches[0][0], {}, self.hitches.pop(0)[1])
            return
        if self.fails_with or self.headers["Authorization"] != "Bearer token":
            self.answer(self.fails_with or 401, {})
            return
        name, offset = parts.path.rpartition("/")[2], int(parse_qs(parts.query)["offset"][0])
        rows = self.collections[name]
        page = rows[offset : offset + self.largest_page] if self.ends_at is None or offset < self.ends_at else []
        self.answer(200, {name: page}, {"X-Total-Count": str(len(rows))} if self.counts else {})

    def answer(self, status, said, headers=()):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())

    def log_message(self, *_):
        pass


def as_objects():
    """The same district as in the files, as a server tells it."""
    orgs = [{**row, "status": "active", "parent": {"sourcedId": row.get("parentSourcedId", "")}} for row in ORGS]
    people = [
        {
            "sourcedId": user,
            "status": "active",
            "enabledUser": True,
            "username": user,
            "givenName": given,
            "familyName": "Diaz",
            "email": f"{user}@r.example",
            "password": "hunter2",
            "roles": [{"roleType": "primary", "role": role, "org": {"sourcedId": org, "type": "org"}}],
        }
        for user, (given, role, org) in PEOPLE.items()
    ]
    return {"orgs": orgs, "academicSessions": TERMS, "users": people}


@pytest.fixture
def server(district):
    handler = type("Handler", (Rostering,), {"collections": as_objects(), "asked": [], "hitches": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        thread = threading.Thread(target=http.serve_forever, daemon=True)
        thread.start()
        base = f"http://127.0.0.1:{http.server_port}"
        db.session.add(
            RosterServer(
                district_id=district.id, address=f"{base}/v1p2", token_address=f"{base}/token", client_id="pd", secret_name="ROSTER_SECRET"
            )
        )
        db.session.commit()
        yield handler
        http.shutdown()
        thread.join()


def ask(secrets, now, waits=None):
    nightly.ask_servers(secrets, now, wait=lambda seconds: waits.append(seconds) if waits is not None else None)


def why():
    one = db.session.scalars(select(RosterImport).order_by(RosterImport.id.desc())).first()
    return one.why.format(**one.why_values)


def test_a_server_is_asked_page_by_page_and_once_a_day(server):
    ask(SECRETS, NOW)
    assert (states(), staff()) == (["applied"], 5)
    asked = len(server.asked)
    # Four organizations, two sessions and eight users, three at a time.
    assert asked == 2 + 1 + 3
    ask(SECRETS, NOW)
    assert len(server.asked) == asked


def test_the_next_night_it_is_asked_again_and_nothing_changes(server):
    ask(SECRETS, NOW)
    # 00:30 in Los Angeles is no night yet for the student information system; 03:30 is.
    ask(SECRETS, NOW + timedelta(hours=16))
    assert states() == ["applied"]
    ask(SECRETS, NOW + timedelta(hours=19))
    assert (states(), staff()) == (["applied", "applied"], 5)
    assert db.session.scalars(select(RosterImport).order_by(RosterImport.id.desc())).first().outcome["people"]["new"] == 0


def test_nothing_of_pupils_and_no_password_comes_in(server):
    ask(SECRETS, NOW)
    everything = [repr(row) for table in db.metadata.sorted_tables for row in db.session.execute(select(table))]
    assert not [row for row in everything if "Pupil" in row or "Guardian" in row or "hunter2" in row]


@pytest.mark.parametrize(
    ("secrets", "fails_with", "sentence"),
    [({}, None, "has no {name}"), ({"ROSTER_SECRET": "wrong"}, None, "doesn't know this client"), (SECRETS, 500, "answered {code}")],
)
def test_a_server_that_says_no_is_kept_with_the_reason_and_ends_nobody(server, secrets, fails_with, sentence):
    ask(SECRETS, NOW)
    server.fails_with = fails_with
    ask(secrets, NOW + timedelta(days=1))
    assert (states(), staff()) == (["applied", "wrong"], 5)
    assert sentence in db.session.scalars(select(RosterImport).order_by(RosterImport.id.desc())).first().why


def test_a_server_that_tells_of_nobody_ends_nobody(server):
    ask(SECRETS, NOW)
    server.collections = {"orgs": [], "academicSessions": [], "users": []}
    ask(SECRETS, NOW + timedelta(days=1))
    assert (states(), staff()) == (["applied", "wrong"], 5)


def test_a_server_that_isnt_there_is_kept_with_the_reason(server, district):
    row = db.session.get_one(RosterServer, district.id)
    row.address = row.token_address = "http://127.0.0.1:1/none"
    db.session.commit()
    ask(SECRETS, NOW)
    assert (states(), db.session.scalar(select(func.count()).select_from(Person))) == (["wrong"], 0)


def test_pages_that_end_too_early_end_nobody(server):
    ask(SECRETS, NOW)
    server.ends_at = 6
    ask(SECRETS, NOW + timedelta(days=1))
    assert (states(), staff()) == (["applied", "wrong"], 5)
    assert "told of 6 users and said that there are 8" in why()


def test_a_server_that_gives_fewer_than_asked_and_no_count_is_asked_to_the_end(server):
    server.counts = False
    ask(SECRETS, NOW)
    assert (states(), staff()) == (["applied"], 5)


def test_a_server_that_gives_the_same_page_again_and_again_is_left(server, monkeypatch):
    monkeypatch.setattr(server, "do_GET", lambda self: self.answer(200, {"orgs": ORGS}))
    ask(SECRETS, NOW)
    assert (states(), why()) == (["wrong"], "The roster server's pages of orgs don't end.")


@pytest.mark.parametrize(
    ("hitches", "waits"),
    [
        ([(401, {})], []),
        ([(429, {"Retry-After": "7"})], [7.0]),
        ([(503, {"Retry-After": "86400"}), (500, {})], [60.0, 5.0]),
    ],
)
def test_a_token_that_ran_out_and_a_server_that_is_busy_cost_no_night(server, hitches, waits):
    waited = []
    server.hitches = hitches
    ask(SECRETS, NOW, waited)
    assert (states(), staff(), waited) == (["applied"], 5, waits)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (302, "The roster server answered 302. Check its address."),
        (403, "The roster server doesn't let this client read orgs. Ask its keeper for the right to."),
        (429, "The roster server answered 429, also when asked again: it has trouble of its own. It is asked again in the next night."),
    ],
)
def test_what_a_server_does_otherwise_is_said_and_its_secret_goes_nowhere_else(server, status, sentence):
    server.hitches = [(status, {"Location": "http://127.0.0.1:1/elsewhere"})] * 3
    ask(SECRETS, NOW)
    assert (states(), why()) == (["wrong"], sentence)
    assert "s3cret" not in repr([repr(row) for table in db.metadata.sorted_tables for row in db.session.execute(select(table))])


def test_what_no_text_holds_is_left_out_of_what_a_server_says(server):
    server.collections["users"][0] |= {"givenName": "A\x00da\ud800", "familyName": "Di\naz", "grades": "05", "roles": [None, *PEOPLE_ROLES]}
    server.collections["users"][6] |= {"roles": 5}
    ask(SECRETS, NOW)
    assert (states(), staff()) == (["applied"], 5)
    assert db.session.execute(select(Person.given_name, Person.family_name).where(Person.sourced_id == "u1")).one() == ("Ada?", "Di az")


PEOPLE_ROLES = [{"roleType": "primary", "role": "teacher", "org": {"sourcedId": "S1"}}]


def test_of_whom_a_server_says_no_role_only_the_id_is_written(server, tmp_path):
    server.collections["users"][6] |= {"roles": []}
    server.collections["users"][7] |= {"roles": [{"role": "ext:sibling", "org": {"sourcedId": "S1"}}]}
    base = db.session.scalars(select(RosterServer)).one()
    fetch(Access(base.address, base.token_address, "pd", "s3cret"), tmp_path)
    written = "".join(path.read_text("utf-8") for path in tmp_path.iterdir())
    assert ("Ada" in written, "Pupil" in written, "Guardian" in written, "hunter2" in written) == (True, False, False, False)


def test_nobody_sends_another_districts_secret_to_their_own_server(server, district):
    a_district("Q")
    db.session.commit()
    ask(SECRETS, NOW)
    assert (states(), server.asked) == (["wrong"], [])
    assert "ROSTER_SECRET isn't the name of this district's secret" in why()

    db.session.scalars(select(RosterServer)).one().secret_name = "ROSTER_SECRET_R"
    db.session.commit()
    ask({"ROSTER_SECRET_R": "s3cret"}, NOW + timedelta(days=1))
    assert states() == ["wrong", "applied"]


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("https://sis.example/v1p2", True),
        ("http://sis.example/v1p2", False),
        ("https://pd:s3cret@sis.example/v1p2", False),
        ("https://sis.example/v1p2?key=s3cret", False),
        ("https://[sis", False),
        ("file:///etc/passwd", False),
    ],
)
def test_an_address_is_whole_encrypted_and_holds_no_secret(address, good):
    assert is_an_address(address) is good


def old(path):
    os.utime(path, (time.time() - 60,) * 2, follow_symlinks=False)


def test_links_and_pipes_in_the_folder_are_left_alone_and_hold_nothing_up(district, tmp_path):
    (tmp_path / "R").mkdir()
    (tmp_path / "elsewhere.zip").write_bytes(zipped(texts(a_set())))
    (tmp_path / "R" / "broken.zip").symlink_to(tmp_path / "nowhere.zip")
    (tmp_path / "R" / "link.zip").symlink_to(tmp_path / "elsewhere.zip")
    os.mkfifo(tmp_path / "R" / "pipe.zip")
    folder = in_folder(tmp_path / "R" / "export", texts(a_set()))
    (folder / "broken.csv").symlink_to(tmp_path / "nowhere.csv")
    for path in (*(tmp_path / "R").iterdir(), *folder.iterdir()):
        old(path)
    nightly.look_into_folder(tmp_path, NOW)
    assert (states(), staff()) == (["applied"], 5)


def test_a_set_in_the_folder_that_is_damaged_is_kept_with_its_reason_and_holds_up_no_other(district, tmp_path):
    content = bytearray(zipped(texts(a_set())))
    content[200:240] = bytes(40)
    put(tmp_path, "a.zip", bytes(content), seconds_ago=90)
    put(tmp_path, "b.zip", zipped(texts(a_set())))
    nightly.look_into_folder(tmp_path, NOW)
    assert (states(), staff()) == (["wrong", "applied"], 5)


def test_a_folder_whose_manifest_is_in_other_letters_is_a_set_too(district, tmp_path):
    files = texts(a_set())
    files["Manifest.CSV"] = files.pop("manifest.csv")
    folder = in_folder(tmp_path / "R" / "export", files)
    for path in (*folder.iterdir(), folder):
        old(path)
    nightly.look_into_folder(tmp_path, NOW)
    assert states() == ["applied"]
