"""The commands of contracts.md, as somebody types them."""

import csv
import io

from sqlalchemy import select, text

from seminar.ground import contributions, outbox
from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.series.enrolling import enroll
from tests.cast import NOW, a_cast, a_passkey, a_series


def run(app, *arguments):
    return app.test_cli_runner().invoke(args=arguments)


def test_people_are_listed_as_csv_by_role_and_school(clean):
    with clean.app_context():
        cast = a_cast()
        cast.ada.given_name = "=Ada"
        db.session.commit()
    rows = list(csv.DictReader(io.StringIO(run(clean, "people", "list", "--role", "teacher", "--school", "S").stdout)))
    assert [(row["email"], row["name"]) for row in rows] == [("ada@a.example", "'=Ada Example"), ("ben@a.example", "Ben Example")]


def test_where_there_are_several_districts_one_is_named(clean):
    with clean.app_context():
        a_cast()
        a_cast("B", {"stan": "teacher"})
    unsaid = run(clean, "people", "list")
    assert (unsaid.exit_code, "There are: A, B" in unsaid.output) == (1, True)
    assert "stan@b.example" in run(clean, "people", "list", "--district", "B").stdout
    assert "ada@a.example" not in run(clean, "people", "list", "--district", "B").stdout


def test_a_second_step_is_reset_from_the_server(clean):
    with clean.app_context():
        a_passkey(a_cast().olive)
        db.session.commit()
    unknown = run(clean, "people", "reset-second-step", "nobody@a.example")
    assert (unknown.exit_code, "Nobody signs in as" in unknown.output) == (1, True)
    assert "signed out everywhere" in run(clean, "people", "reset-second-step", "olive@a.example").stdout
    again = run(clean, "people", "reset-second-step", "olive@a.example")
    assert (again.exit_code, "has no second step" in again.output) == (1, True)


def test_the_demo_goes_into_an_empty_database_only(clean):
    with clean.app_context():
        a_cast()
    loaded = run(clean, "demo", "load")
    assert (loaded.exit_code, "There is a district already" in loaded.output) == (1, True)


def test_the_audit_says_a_line_per_rule_and_exits_with_1_where_one_is_broken(clean):
    with clean.app_context():
        cast = a_cast()
        enroll(cast.ada, a_series(cast), by=cast.ada, now=NOW)
        db.session.commit()
    fine = run(clean, "audit")
    assert (fine.exit_code, "rule 1: 1 checked, 0 broken" in fine.output) == (0, True)
    with clean.app_context():
        db.session.execute(text("UPDATE series SET seats_taken = 0"))
        db.session.commit()
    broken = run(clean, "audit")
    assert (broken.exit_code, "series 1" in broken.output) == (1, True)


def test_the_worker_does_what_is_due_once_and_ends(clean):
    with clean.app_context():
        cast = a_cast()
        enroll(cast.ada, a_series(cast), by=cast.ada, now=NOW)
        db.session.commit()
    for _ in range(2):
        assert run(clean, "worker", "--once").exit_code == 0
    with clean.app_context():
        sent = db.session.execute(select(Mail.kind, Mail.state, Mail.tries).order_by(Mail.kind)).all()
    assert sent == [("enrolled", "sent", 1), ("reminder", "sent", 1)]


def test_a_round_that_fails_holds_up_no_other_and_is_told(clean, monkeypatch):
    def broken(_now):
        raise RuntimeError("This round is broken.")

    monkeypatch.setattr(contributions, "worker_rounds", [broken])
    with clean.app_context():
        cast = a_cast()
        outbox.put(cast.ada, "award_withdrawn", key="1", now=NOW, badge="Operator", reason="A slip")
        db.session.commit()
    assert run(clean, "worker", "--once").exit_code == 1
    with clean.app_context():
        assert db.session.scalars(select(Mail.state)).all() == ["sent"]
