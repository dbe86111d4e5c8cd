"""What people see while the database is away, from an application whose PostgreSQL isn't there."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import text

from seminar.ground.db import db
from seminar.web.requires import public, requires
from tests.databases import free_port, running_postgresql
from tests.pages.reader import Reader
from wsgi import create_app

AWAY = "MakerPD can't reach its records at this moment."


@pytest.fixture
def nobody_there(app: Flask):
    url = f"postgresql://nobody@127.0.0.1:{free_port()},127.0.0.1:{free_port()}/none"
    away = create_app(replace(app.config["SETTINGS"], database_url=url))
    away.config["WTF_CSRF_ENABLED"] = False
    away.test_client_class = Reader
    yield away
    with away.app_context():
        db.engine.dispose()


@pytest.fixture
def ada(nobody_there):
    """A client of somebody who is signed in."""
    client = nobody_there.test_client()
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = "1:key", True
    return client


def test_a_page_says_that_the_records_are_away(ada):
    answer = ada.get("/seminars?q=robots")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert (AWAY in answer.text, "Send it again" in answer.text) == (True, False)


def test_the_page_speaks_the_language_of_the_device(ada):
    answer = ada.get("/seminars", headers={"Accept-Language": "es"})
    assert (answer.status_code, AWAY in answer.text, '<html lang="es"' in answer.text) == (503, False, True)


def test_what_was_sent_is_kept_to_be_sent_again(ada):
    answer = ada.post("/series/7/enrollment/withdrawal?from=home", data={"reason": 'Ill & "away"\nuntil <Monday>', "once": "k1"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert 'action="/series/7/enrollment/withdrawal?from=home"' in answer.text
    assert 'name="reason" value="Ill &amp; &#34;away&#34;\nuntil &lt;Monday&gt;"' in answer.text
    assert 'name="once" value="k1"' in answer.text


def test_a_password_is_never_put_into_the_page(nobody_there):
    answer = nobody_there.test_client().post("/sign-in", data={"email": "ada@a.example", "password": "correct-horse"})
    assert answer.status_code == 503
    assert "correct-horse" not in answer.text
    assert "Send it again" not in answer.text


def test_a_page_that_is_not_there_says_that_the_records_are_away(ada):
    answer = ada.get("/nowhere")
    assert (answer.status_code, AWAY in answer.text) == (503, True)


def test_an_answer_that_is_made_stays_when_the_server_goes_before_its_transaction_ends(app):
    def answered_over_a_dead_connection():
        pid = db.session.execute(text("SELECT pg_backend_pid()")).scalar()
        with db.engine.connect() as another:
            another.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        return "made"

    with running_postgresql() as url:
        there = create_app(replace(app.config["SETTINGS"], database_url=url))
        there.add_url_rule("/made", "made", requires(public)(answered_over_a_dead_connection))
        answer = there.test_client().get("/made")
        with there.app_context():
            db.engine.dispose()
    assert (answer.status_code, answer.text) == (200, "made")


def test_it_lives_and_is_not_ready(nobody_there):
    client = nobody_there.test_client()
    assert (client.get("/healthz").status_code, client.get("/readyz").status_code) == (200, 503)
