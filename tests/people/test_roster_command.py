"""`roster import`, as somebody types it: what it says, what it writes, and how it exits (contracts.md)."""

import csv
import io
import zipfile

import pytest
from sqlalchemy import func, select

from seminar.ground.db import db
from seminar.people.appointment import Appointment
from seminar.people.person import Person
from tests.cast import a_district
from tests.people.rosters import a_set, in_folder, roles, texts, users, zipped


@pytest.fixture
def app(clean):
    with clean.app_context():
        a_district("R")
        db.session.commit()
    return clean


def run(app, *arguments):
    return app.test_cli_runner().invoke(args=["roster", "import", *map(str, arguments)])


def people(app):
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Person))


def test_a_good_set_is_applied_whole_from_a_folder_and_from_a_zip(app, tmp_path):
    folder = in_folder(tmp_path / "set", texts(a_set()))
    first = run(app, folder)
    assert (first.exit_code, people(app)) == (0, 6)
    assert "people: 6 new, 0 changed, 0 ended, 0 refused" in first.output

    (tmp_path / "set.zip").write_bytes(zipped(texts(a_set())))
    again = run(app, tmp_path / "set.zip")
    assert (again.exit_code, "people: 0 new, 0 changed, 0 ended, 0 refused" in again.output) == (0, True)


def test_bad_rows_exit_with_2_and_stand_in_the_report(app, tmp_path):
    rows = users("1.2")
    rows[0]["familyName"] = ""
    rows[1]["email"] = "=cmd()"
    folder = in_folder(tmp_path / "set", texts(a_set(users=rows)))

    done = run(app, folder, "--report", tmp_path / "report.csv")

    with (tmp_path / "report.csv").open(newline="") as report:
        found = [(row["file"], row["line"], row["column"], row["value"], row["taken"]) for row in csv.DictReader(report)]
    assert (done.exit_code, people(app)) == (2, 5)
    assert ("users.csv", "2", "familyName", "", "no") in found
    # What begins like a formula stays text in a spreadsheet.
    assert ("users.csv", "3", "email", "'=cmd()", "yes") in found
    assert "refused: users.csv, line 2, familyName: There is no name." in done.output


def test_a_wrong_set_changes_nothing_and_exits_with_1(app, tmp_path):
    done = run(app, in_folder(tmp_path / "set", {"users.csv": b"sourcedId\r\n1\r\n"}))
    assert (done.exit_code, people(app)) == (1, 0)
    assert "Nothing was changed. There is no manifest.csv" in done.stderr
    assert run(app, tmp_path / "nowhere").exit_code == 1
    (tmp_path / "no.zip").write_bytes(b"PK no zip")
    assert "no zip that can be opened" in run(app, tmp_path / "no.zip").stderr


def test_a_dry_run_says_what_would_happen_and_does_nothing(app, tmp_path):
    folder = in_folder(tmp_path / "set", texts(a_set()))
    done = run(app, folder, "--dry-run")
    assert (done.exit_code, people(app)) == (0, 0)
    assert "people: 6 new" in done.output


def test_ending_more_than_a_tenth_asks_to_be_told_twice(app, tmp_path):
    run(app, in_folder(tmp_path / "set", texts(a_set())))
    few = {"u1": ("Ada", "teacher", "S1"), "u4": ("Olga", "districtAdministrator", "D")}
    less = in_folder(tmp_path / "less", texts(a_set(users=users("1.2", **few), roles=roles(**few))))

    refused = run(app, less)
    assert (refused.exit_code, held(app)) == (1, 5)
    assert "3 of 5 people would have no place any more" in refused.stderr
    assert "--end-many" in refused.stderr

    assert (run(app, less, "--end-many").exit_code, held(app)) == (0, 2)


def held(app):
    with app.app_context():
        return db.session.scalar(select(func.count()).where(Appointment.last_day.is_(None)))


def test_where_there_are_several_districts_one_is_named(app, tmp_path):
    with app.app_context():
        a_district("Q")
        db.session.commit()
    folder = in_folder(tmp_path / "set", texts(a_set()))
    assert run(app, folder).exit_code == 1
    assert run(app, folder, "--district", "Q").exit_code == 0


def test_a_zip_that_was_damaged_on_its_way_says_so(app, tmp_path):
    content = bytearray(zipped(texts(a_set())))
    users_at = next(one for one in zipfile.ZipFile(io.BytesIO(content)).infolist() if one.filename == "users.csv").header_offset
    content[users_at + 60 : users_at + 70] = bytes(10)
    (tmp_path / "set.zip").write_bytes(content)

    done = run(app, tmp_path / "set.zip")

    assert (done.exit_code, people(app)) == (1, 0)
    assert "The zip is damaged" in done.stderr


def test_a_zip_that_was_made_to_fill_the_disk_is_refused(app, tmp_path):
    (tmp_path / "set.zip").write_bytes(zipped(texts(a_set()) | {"users.csv": bytes(20_000_000)}))
    done = run(app, tmp_path / "set.zip")
    assert (done.exit_code, "larger than any roster" in done.stderr) == (1, True)


def test_names_that_lead_out_of_the_zip_write_nothing(app, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "set.zip").write_bytes(zipped({f"../../{name}": text for name, text in texts(a_set()).items()}))
    assert run(app, tmp_path / "in" / "set.zip").exit_code == 0
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["in", "set.zip"]


def test_a_report_that_cant_be_written_changes_nothing(app, tmp_path):
    done = run(app, in_folder(tmp_path / "set", texts(a_set())), "--report", tmp_path / "nowhere" / "report.csv")
    assert (done.exit_code, people(app)) == (1, 0)
    assert "The report can't be written" in done.stderr
