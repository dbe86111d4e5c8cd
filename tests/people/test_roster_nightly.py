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
from seminar.people.roster.server import RosterServer
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

    def do_POST(self):
        client = self.headers["Authorization"] == "Basic cGQ6czNjcmV0"
        body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        assert body["grant_type"] == ["client_credentials"]
        self.answer(200 if client else 401, {"access_token": "token"} if client else {"error": "invalid_client"})

    def do_GET(self):
        parts = urlsplit(self.path)
        type(self).asked.append(self.path)
        if self.fails_with or self.headers["Authorization"] != "Bearer token":
            self.answer(self.fails_with or 401, {})
            return
        name, offset = parts.path.rpartition("/")[2], int(parse_qs(parts.query)["offset"][0])
        rows = self.collections[name]
        self.answer(200, {name: rows[offset : offset + self.largest_page]}, {"X-Total-Count": str(len(rows))})

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
    handler = type("Handler", (Rostering,), {"collections": as_objects(), "asked": []})
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


def test_a_server_is_asked_page_by_page_and_once_a_day(server):
    nightly.ask_servers(SECRETS, NOW)
    assert (states(), staff()) == (["applied"], 5)
    asked = len(server.asked)
    # Four organizations, two sessions and eight users, three at a time.
    assert asked == 2 + 1 + 3
    nightly.ask_servers(SECRETS, NOW)
    assert len(server.asked) == asked


def test_the_next_night_it_is_asked_again_and_nothing_changes(server):
    nightly.ask_servers(SECRETS, NOW)
    # 00:30 in Los Angeles is no night yet for the student information system; 03:30 is.
    nightly.ask_servers(SECRETS, NOW + timedelta(hours=16))
    assert states() == ["applied"]
    nightly.ask_servers(SECRETS, NOW + timedelta(hours=19))
    assert (states(), staff()) == (["applied", "applied"], 5)
    assert db.session.scalars(select(RosterImport).order_by(RosterImport.id.desc())).first().outcome["people"]["new"] == 0


def test_nothing_of_pupils_and_no_password_comes_in(server):
    nightly.ask_servers(SECRETS, NOW)
    everything = [repr(row) for table in db.metadata.sorted_tables for row in db.session.execute(select(table))]
    assert not [row for row in everything if "Pupil" in row or "Guardian" in row or "hunter2" in row]


@pytest.mark.parametrize(
    ("secrets", "fails_with", "sentence"),
    [({}, None, "has no {name}"), ({"ROSTER_SECRET": "wrong"}, None, "doesn't know this client"), (SECRETS, 500, "answered {code}")],
)
def test_a_server_that_says_no_is_kept_with_the_reason_and_ends_nobody(server, secrets, fails_with, sentence):
    nightly.ask_servers(SECRETS, NOW)
    server.fails_with = fails_with
    nightly.ask_servers(secrets, NOW + timedelta(days=1))
    assert (states(), staff()) == (["applied", "wrong"], 5)
    assert sentence in db.session.scalars(select(RosterImport).order_by(RosterImport.id.desc())).first().why


def test_a_server_that_tells_of_nobody_ends_nobody(server):
    nightly.ask_servers(SECRETS, NOW)
    server.collections = {"orgs": [], "academicSessions": [], "users": []}
    nightly.ask_servers(SECRETS, NOW + timedelta(days=1))
    assert (states(), staff()) == (["applied", "wrong"], 5)


def test_a_server_that_isnt_there_is_kept_with_the_reason(server, district):
    row = db.session.get_one(RosterServer, district.id)
    row.address = row.token_address = "http://127.0.0.1:1/none"
    db.session.commit()
    nightly.ask_servers(SECRETS, NOW)
    assert (states(), db.session.scalar(select(func.count()).select_from(Person))) == (["wrong"], 0)
