"""`/metrics`: who reads it, and that what it says is so."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from seminar.ground import outbox
from seminar.ground.db import db
from seminar.ground.outbox import Mail
from tests.cast import NOW, a_cast, a_series
from tests.conftest import ClockAt
from tests.databases import free_port
from wsgi import create_app

TOKEN = "only-for-tests-" * 4
OPERATING = Path(__file__).resolve().parents[2] / "docs" / "operating"
# Of the backup, told by node_exporter.
FROM_THE_SCRIPT = "makerpd_backup_timestamp_seconds"


def counting(app, folder: Path, **changed):
    return create_app(replace(app.config["SETTINGS"], metrics_token=TOKEN, metrics_folder=folder, **changed))


def scraped(app) -> dict[tuple[str, ...], float]:
    """By name and the values of its labels, without the histogram's buckets."""
    answer = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    samples = [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]
    return {(one.name, *(value for _, value in sorted(one.labels.items()))): one.value for one in samples if "le" not in one.labels}


@pytest.fixture
def counted(clean, tmp_path):
    counted = counting(clean, tmp_path / "metrics")
    counted.extensions["makerpd_clock"] = ClockAt(NOW)
    yield counted
    with counted.app_context():
        db.engine.dispose()


def test_without_a_token_in_the_settings_there_is_no_such_page(clean):
    assert clean.test_client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("shown", ["", "Bearer ", f"Bearer {TOKEN}x", TOKEN, "Bearer ä"])
def test_who_does_not_show_the_token_reads_nothing(counted, shown):
    answer = counted.test_client().get("/metrics", headers={"Authorization": shown})
    assert (answer.status_code, "makerpd_" in answer.text) == (401, False)


def test_requests_are_counted_by_route_and_status_not_by_who_asked_for_what(counted):
    client = counted.test_client()
    for path in ("/healthz", "/healthz", "/series/41", "/series/42", "/nowhere/ada@a.example"):
        client.get(path)
    found = scraped(counted)
    count = "makerpd_request_seconds_count"
    assert {key[1:]: value for key, value in found.items() if key[0] == count} == {
        ("GET", "/healthz", "200"): 2,
        ("GET", "/series/<int:series_id>", "404"): 2,
        ("GET", "none", "404"): 1,
    }


def test_what_is_too_large_is_refused_and_counted(counted):
    sent = counted.test_client().post("/sign-in", data={"email": "x" * 5_000_000})
    assert sent.status_code == 413
    assert scraped(counted)["makerpd_request_seconds_count", "POST", "/sign-in", "413"] == 1


def test_a_process_goes_on_with_the_counts_of_one_that_ended(counted, tmp_path):
    counted.test_client().get("/healthz")
    again = counting(counted, tmp_path / "metrics")
    again.test_client().get("/healthz")
    assert scraped(again)["makerpd_request_seconds_count", "GET", "/healthz", "200"] == 2


def test_mail_that_waits_or_was_given_up_is_told(counted):
    with counted.app_context():
        cast = a_cast()
        for key in ("1", "2", "3"):
            outbox.put(cast.ada, "award_withdrawn", key=key, now=NOW - timedelta(hours=2), badge="Operator", reason="A slip")
        db.session.flush()
        db.session.get_one(Mail, 1).state = "dead"
        db.session.get_one(Mail, 2).next_try_at = NOW + timedelta(hours=1)
        db.session.commit()
    found = scraped(counted)
    assert (found["makerpd_mail", "dead"], found["makerpd_mail", "waiting"]) == (1, 2)
    assert found[("makerpd_mail_oldest_due_seconds",)] == 7200


def test_the_last_turn_of_the_worker_and_the_last_audit_are_told(counted):
    with counted.app_context():
        a_series(a_cast())
        db.session.commit()
    counted.test_cli_runner().invoke(args=["worker", "--once"])
    with counted.app_context():
        db.session.execute(db.text("UPDATE series SET seats_taken = 1"))
        db.session.commit()
    assert counted.test_cli_runner().invoke(args=["audit"]).exit_code == 1
    found = scraped(counted)
    assert {key: value for key, value in found.items() if key[0].startswith("makerpd_round")} == {
        ("makerpd_round_timestamp_seconds", "audit"): NOW.timestamp(),
        ("makerpd_round_timestamp_seconds", "worker"): NOW.timestamp(),
        ("makerpd_round_found", "audit"): 1,
        ("makerpd_round_found", "worker"): 0,
    }
    assert ("makerpd_daily_round_timestamp_seconds", "retention") in found


@pytest.mark.parametrize("page", ["makerpd-rules.yml", "dashboard.json", "watching.md"])
def test_what_alerts_and_the_dashboard_ask_for_is_told(counted, page):
    counted.test_client().get("/healthz")
    text = counted.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    kinds = dict(re.findall(r"^# TYPE (\S+) (\w+)$", text, re.M))
    told = {
        FROM_THE_SCRIPT,
        *kinds,
        *(f"{name}_{part}" for name, kind in kinds.items() if kind == "histogram" for part in ("bucket", "count")),
    }
    asked = set(re.findall(r"makerpd_[a-z_]+", (OPERATING / page).read_text()))
    assert asked - told == set()
    assert asked != set()


def test_it_says_that_the_database_is_away_and_still_tells_of_requests(clean, tmp_path):
    away = counting(clean, tmp_path, database_url=f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    away.test_client().get("/healthz")
    found = scraped(away)
    assert (found[("makerpd_ready",)], found["makerpd_request_seconds_count", "GET", "/healthz", "200"]) == (0, 1)
