"""The roster's pages: a set is looked at first, then applied, left, or taken back."""

import csv
import io
import re
from datetime import date

import pytest
from sqlalchemy import func, select

from seminar.ground.db import db
from seminar.people.appointment import Appointment
from seminar.people.calendar import Term
from seminar.people.person import Person
from seminar.people.roster.staged import RosterImport, StagedPerson
from seminar.people.school import School
from tests.cast import a_cast, a_district
from tests.pages.as_who import as_who
from tests.people.rosters import ORGS, PEOPLE, TERMS, a_set, roles, texts, users, zipped


@pytest.fixture
def olive(clean):
    with clean.app_context():
        a_cast()
    return as_who(clean, "olive")


def send(client, **files):
    sent = [(io.BytesIO(content), name) for name, content in files["files"].items()]
    return client.post("/settings/roster", data={"files": sent}, content_type="multipart/form-data")


def send_set(client, files):
    return send(client, files={"set.zip": zipped(texts(files))}).location


def count(app, model, *where):
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model).where(*where))


def test_a_set_is_looked_at_before_anything_happens_and_then_applied(olive, clean):
    page = send_set(olive, a_set())
    before = count(clean, Person)

    looked_at = olive.get(page).text
    assert "Would be in charge" in looked_at and "Olga Diaz" in looked_at
    assert count(clean, Person) == before

    assert olive.post(f"{page}/application").status_code == 303
    assert count(clean, Person) == before + 6
    assert "Applied" in olive.get(page).text
    assert count(clean, StagedPerson) == 0


def test_the_csv_files_themselves_can_be_chosen(olive):
    answer = send(olive, files=texts(a_set()))
    assert answer.status_code == 303
    assert "rows refused" in olive.get(answer.location).text


def test_nothing_chosen_and_a_wrong_set_say_so_and_are_on_record(olive, clean):
    nothing = olive.post("/settings/roster", data={}, content_type="multipart/form-data")
    assert (nothing.status_code, "Choose the zip of the roster" in nothing.text) == (422, True)

    wrong = send(olive, files={"set.zip": b"no zip"})
    assert (wrong.status_code, "no zip that can be opened" in wrong.text) == (422, True)
    assert count(clean, RosterImport, RosterImport.state == "wrong") == 1
    assert "can't be read" in olive.get("/").text


def test_a_roster_that_waits_stands_on_the_home(olive):
    page = send_set(olive, a_set())
    assert page in olive.get("/").text
    olive.post(f"{page}/dismissal")
    assert page not in olive.get("/").text


def test_rows_with_something_wrong_are_shown_and_can_be_downloaded(olive):
    rows = users("1.2")
    rows[0]["familyName"] = ""
    page = send_set(olive, a_set(users=rows))

    assert "There is no name." in olive.get(page).text
    found = list(csv.DictReader(io.StringIO(olive.get(f"{page}/rows.csv").text)))
    assert {"file": "users.csv", "line": "2", "column": "familyName", "value": "", "reason": "There is no name.", "taken": "no"} in found


def test_ending_many_is_asked_twice(olive, clean):
    olive.post(send_set(olive, a_set()) + "/application")
    few = {"u1": ("Ada", "teacher", "S1")}
    page = send_set(olive, a_set(users=users("1.2", **few), roles=roles(**few)))

    once = olive.post(f"{page}/application")
    assert (once.status_code, "4 of 5 people would have no place any more" in once.text) == (422, True)
    assert olive.post(f"{page}/application", data={"end_many": "1"}).status_code == 303
    assert count(clean, Appointment, Appointment.source == "roster", Appointment.last_day.is_(None)) == 1


def test_who_was_ended_wrongly_is_taken_back_on_the_same_page(olive, clean):
    olive.post(send_set(olive, a_set()) + "/application")
    few = {"u1": ("Ada", "teacher", "S1")}
    page = send_set(olive, a_set(users=users("1.2", **few), roles=roles(**few)))
    olive.post(f"{page}/application", data={"end_many": "1"})

    ben = re.search(r'name="person" value="(\d+)".*?Take back<span class="unseen">: Ben', olive.get(page).text, re.S)
    olive.post(f"{page}/return", data={"person": ben[1]})
    held = (Appointment.source == "roster", Appointment.last_day.is_(None))
    assert count(clean, Appointment, *held) == 2
    olive.post(f"{page}/return")
    assert count(clean, Appointment, *held) == 5


def test_what_others_changed_meanwhile_is_shown_before_it_is_applied(olive, clean):
    page = send_set(olive, a_set())
    with clean.app_context():
        district_id = db.session.scalar(select(RosterImport.district_id))
        db.session.add(Person(district_id=district_id, given_name="Ada", family_name="Diaz", email="u1@r.example"))
        db.session.commit()

    changed = olive.post(f"{page}/application")
    assert (changed.status_code, "has changed since this was read" in changed.text) == (409, True)
    assert olive.post(f"{page}/application").status_code == 303
    assert count(clean, Person, Person.email == "u1@r.example") == 1


def test_it_is_applied_once_and_left_once(olive):
    page = send_set(olive, a_set())
    olive.post(f"{page}/application")
    assert olive.post(f"{page}/application").status_code == 409
    assert olive.post(f"{page}/dismissal").status_code == 409


def test_other_pages_take_no_large_files(olive):
    large = io.BytesIO(b"x" * 3 * 1024 * 1024)
    refused = olive.post("/people/new", data={"file": (large, "x")}, content_type="multipart/form-data")
    assert (refused.status_code, "which is 2 MB. Nothing was saved" in refused.text) == (413, True)
    assert send(olive, files={"large.zip": b"x" * 3 * 1024 * 1024}).status_code == 422


def test_a_school_and_a_term_that_were_ended_wrongly_are_taken_back_on_the_same_page(olive, clean):
    olive.post(send_set(olive, a_set()) + "/application")
    people = {user: PEOPLE[user] for user in ("u1", "u3", "u4", "u5")}
    rest = {"users": users("1.2", **people), "roles": roles(**people)}
    page = send_set(olive, a_set(orgs=[ORGS[0], ORGS[1]], academicSessions=[TERMS[0]], **rest))
    assert "Terms that would be ended" in olive.get(page).text
    olive.post(f"{page}/application", data={"end_many": "1"})
    over = (count(clean, School, School.closed_on.is_not(None)), count(clean, Term, Term.ended_on.is_not(None)))
    assert over == (1, 1)

    buttons = dict(re.findall(r'name="(school|term)" value="(\d+)"', olive.get(page).text))
    olive.post(f"{page}/return", data={"school": buttons["school"]})
    assert count(clean, School, School.closed_on.is_not(None)) == 0
    assert count(clean, Term, Term.ended_on.is_not(None)) == 1
    olive.post(f"{page}/return", data={"term": buttons["term"]})
    assert count(clean, Term, Term.ended_on.is_not(None)) == 0
    # Who is asked for by nobody's number is nobody.
    olive.post(f"{page}/return", data={"person": "x"})
    assert count(clean, Appointment, Appointment.source == "roster", Appointment.last_day.is_(None)) == 3
    olive.post(f"{page}/return")
    assert count(clean, Appointment, Appointment.source == "roster", Appointment.last_day.is_(None)) == 5


def test_what_was_changed_since_is_told_when_the_rest_is_taken_back(olive, clean):
    olive.post(send_set(olive, a_set()) + "/application")
    people = {user: PEOPLE[user] for user in ("u1", "u3", "u4", "u5", "u6")}
    page = send_set(olive, a_set(users=users("1.2", **people), roles=roles(**people)))
    olive.post(f"{page}/application", data={"end_many": "1"})
    with clean.app_context():
        ben = db.session.scalars(select(Appointment).where(Appointment.source == "roster", Appointment.last_day.is_not(None))).one()
        ben.last_day = date(2027, 6, 30)
        db.session.commit()
    olive.post(f"{page}/return")
    assert "1 appointment was changed or begun anew since" in olive.get(page).text


@pytest.mark.parametrize("name", ["..", "C:\\exports\\users.csv", "../../users.csv", "\u5b66.csv", "us\x00ers.csv"])
def test_the_name_of_a_file_names_nothing_on_our_disk(olive, name):
    files = texts(a_set())
    answer = send(olive, files={name: files.pop("users.csv"), **files})
    assert answer.status_code in (303, 422)


def test_an_address_with_a_password_in_it_and_anothers_secret_are_refused(olive, clean):
    with clean.app_context():
        a_district("Q")
        db.session.commit()
    typed = {
        "address": "https://pd:x@sis.example/v1p2",
        "token_address": "https://[sis",
        "client_id": "pd",
        "secret_name": "ROSTER_SECRET_Q",
    }
    answer = olive.post("/settings/roster/server", data=typed)
    assert answer.status_code == 422
    assert "without a name or password in it" in answer.text
    assert "Yours is ROSTER_SECRET_A" in answer.text
