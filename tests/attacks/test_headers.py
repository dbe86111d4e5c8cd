"""What each answer tells the browser to forbid, and what a forged address, host or proxy can't change."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.ground.post import send_due
from seminar.people import account
from seminar.people.account import Account, SignInAttempt
from seminar.web.letters import write_all
from tests.attacks.fuzzing import Unread
from tests.cast import NOW, a_cast
from tests.databases import POSTGRESQL_IN_THE_DEEP_RUN
from tests.pages.doors import LEADS_AWAY, a_full_district, client_of, may_open, pages_of, rules, url_of
from wsgi import create_app

pytestmark = POSTGRESQL_IN_THE_DEEP_RUN

ON_EACH = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
}
# Public, and of a name that changes with what is in them.
KEPT = {"people.show_logo", "people.show_colors"}
EVIL = "evil.example"
PASSWORD = "a short sentence"


@pytest.fixture
def over_https(clean: Flask) -> Flask:
    """The same installation as people reach it: over https, behind a proxy."""
    app = create_app(replace(clean.config["SETTINGS"], base_url="https://pd.example"))
    app.config["WTF_CSRF_ENABLED"] = False
    app.test_client_class = Unread
    app.extensions["makerpd_clock"] = clean.extensions["makerpd_clock"]
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("name", ["olive", "nobody"])
def test_every_page_forbids_what_it_doesnt_need_and_is_kept_by_nobody(over_https, name):
    with over_https.app_context():
        ids, keys = a_full_district()
    for rule, url in pages_of(over_https, ids):
        if not may_open(rule, name):
            continue
        answer = client_of(over_https, keys.get(name)).get(url)
        policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; ") if " " in part)
        assert {header: answer.headers.get(header) for header in ON_EACH} == ON_EACH, url
        assert (policy["default-src"], policy["base-uri"], policy["frame-ancestors"]) == ("'none'", "'none'", "'none'"), url
        assert (answer.headers["Cache-Control"] == "private, no-store") is not (rule.endpoint in KEPT), url
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "charset=" in answer.headers["Content-Type"] or not answer.mimetype.startswith("text/"), url


def test_an_error_and_a_style_sheet_forbid_the_same(over_https):
    client = over_https.test_client()
    for url, status in (("/nothing/here", 404), ("/static/0123456789abcdef/css/tokens.css", 200)):
        answer = client.get(url)
        assert answer.status_code == status
        assert {header: answer.headers.get(header) for header in ON_EACH} == ON_EACH
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_the_cookie_is_for_this_host_over_https_and_for_no_script(over_https):
    with over_https.app_context():
        cast = a_cast()
        db.session.get(Account, cast.ada.id).password_hash = account.hashed(PASSWORD)
        db.session.commit()
    answer = over_https.test_client().post("/sign-in", data={"email": "ada@a.example", "password": PASSWORD}, base_url="https://pd.example")
    (cookie,) = answer.headers.getlist("Set-Cookie")
    name, *attributes = re.split(r"; ", cookie)
    assert name.startswith("__Host-")
    assert {attribute for attribute in attributes if not attribute.startswith("Expires")} == {
        "Secure",
        "HttpOnly",
        "Path=/",
        "SameSite=Lax",
    }


def test_a_mail_links_to_the_address_of_the_settings_whatever_host_was_asked_for(over_https, tmp_path):
    with over_https.app_context():
        a_cast()
    over_https.test_client().post("/sign-in/forgotten", data={"email": "ada@a.example"}, headers={"Host": EVIL, "X-Forwarded-Host": EVIL})
    with over_https.app_context():
        assert db.session.scalars(select(Mail.kind)).all() == ["reset"]
        send_due(write_all, smtp_url=None, folder=tmp_path, now=NOW)
    (letter,) = tmp_path.glob("*.eml")
    assert b"https://pd.example/sign-in/link/" in letter.read_bytes().replace(b"=\n", b"")
    assert EVIL.encode() not in letter.read_bytes()


@pytest.mark.parametrize("path", ["/equipment//edit", "/seminars//"])
def test_more_slashes_than_a_page_has_lead_nowhere(over_https, path):
    answer = over_https.test_client().get(path, headers={"Host": EVIL})
    assert (answer.status_code, answer.headers.get("Location")) == (404, None)


@pytest.mark.parametrize("name", ["olive", "nobody"])
def test_no_answer_repeats_the_host_that_was_asked_for_or_leads_to_the_next_one(clean, monkeypatch, name):
    monkeypatch.setattr(clean, "test_client_class", Unread)
    with clean.app_context():
        ids, keys = a_full_district()
    wrong = []
    for rule, method in rules(clean):
        asked = {
            "method": method,
            "headers": {"Host": EVIL},
            "query_string": {"next": f"//{EVIL}/"},
            "data": {"next": f"//{EVIL}/", "language": "en"},
        }
        if method == "GET":
            del asked["data"]
        answer = client_of(clean, keys.get(name)).open(url_of(clean, rule, ids), **asked)
        leads = answer.headers.get("Location", "/")
        # A sign-in page carries the address back, and opens it only where it is ours.
        said = re.findall(rf'(?:href|src|action)="(?:https?:)?//{EVIL}', answer.get_data().decode(errors="replace"))
        if rule.endpoint not in LEADS_AWAY and (not re.match(r"/(?![/\\])", leads) or said):
            wrong.append((rule.endpoint, leads, said))
    assert wrong == []


def test_only_the_nearest_proxy_says_who_asks(clean, over_https):
    """Failed sign-ins are counted by address: whoever writes their own header must not choose it."""
    with clean.app_context():
        a_cast()
    for app, seen in ((clean, "127.0.0.1"), (over_https, "203.0.113.9")):
        wrong = {"email": "ada@a.example", "password": "wrong"}
        app.test_client().post("/sign-in", data=wrong, headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
        with app.app_context():
            assert db.session.scalars(select(SignInAttempt.address).order_by(SignInAttempt.id)).all()[-1] == seen
