"""What can't be saved at this moment, because others hold it for too long: said once, and soon, with what was typed."""

from contextlib import contextmanager

import pytest
from sqlalchemy import event, text, update

from seminar.ground import db as ground_db
from seminar.ground.db import db
from seminar.series.series import Series
from tests.cast import a_cast, a_series
from tests.databases import KIND
from tests.pages.as_who import as_who

PATIENCE_SECONDS = 0.5


@pytest.fixture
def series_id(clean, monkeypatch):
    """Of a series in which a seat is waited for half a second."""
    monkeypatch.setattr(ground_db, "WRITES_WITHIN_SECONDS", PATIENCE_SECONDS)
    with clean.app_context():
        found = a_series(a_cast()).id
        db.session.remove()
        engine = db.engine

    def wait_for_less(connection):
        connection.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE_SECONDS}s'"))

    if KIND == "postgresql":
        event.listen(engine, "begin", wait_for_less)
    yield found
    if KIND == "postgresql":
        event.remove(engine, "begin", wait_for_less)


@contextmanager
def held_by_another(app, series_id):
    with app.app_context(), db.engine.connect() as connection, connection.begin():
        connection.execute(update(Series).where(Series.id == series_id).values(seats=9))
        yield


def test_who_waits_too_long_is_told_so_and_sends_it_again_with_one_press(clean, series_id):
    ada, path = as_who(clean, "ada"), f"/series/{series_id}/enrollment"
    with held_by_another(clean, series_id):
        told = ada.post(path, data={"note": 'Bridges & "towers"'})
    # The page that says so doesn't wait for the same lock again, which would be refused again.
    assert told.status_code == 503
    assert "Very many people are doing this at this moment. Nothing was saved" in told.text
    assert f'<form method="post" action="{path}"' in told.text
    assert '<input type="hidden" name="note" value="Bridges &amp; &#34;towers&#34;">' in told.text
    assert ada.post(path, data={"note": "Bridges"}).status_code == 303


@pytest.mark.parametrize("secret", ["password", "current", "code", "off_code", "credential"])
def test_what_is_secret_is_not_repeated_on_a_page(clean, series_id, secret):
    ada = as_who(clean, "ada")
    with held_by_another(clean, series_id):
        told = ada.post(f"/series/{series_id}/enrollment", data={secret: "hush hush", "note": "Bridges"})
    assert told.status_code == 503
    assert "hush hush" not in told.text
    assert "Send it again" not in told.text
