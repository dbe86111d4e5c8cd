"""Everything held about a person: complete by itself, without secrets, and sparing with others."""

import re

from sqlalchemy import event

from seminar.ground import outbox
from seminar.ground.db import Model, db
from seminar.people.directory import change_person
from seminar.people.held import ACTORS, SECRETS, SUBJECTS, held_about, people_columns, tables_about_people
from seminar.people.merging import merge
from seminar.skills.sign_off import SignOff
from tests.cast import NOW, TODAY, a_cast, an_award

# Names that sound like a secret; what is one without sounding so is in SECRETS too.
SOUNDS_SECRET = re.compile(r"hash|token|secret|password|(^|_)key")


def test_each_reference_to_a_person_says_whose_the_row_is_or_who_did_it():
    """A new table's column is named here first: in SUBJECTS or in ACTORS of seminar.people.held."""
    columns = {column.name for table in Model.metadata.tables.values() for column in people_columns(table)}
    assert columns == set(SUBJECTS) | set(ACTORS)


def test_each_secret_of_a_table_about_people_is_left_out():
    suspects = {(t.name, c.name) for t in tables_about_people() for c in t.columns if SOUNDS_SECRET.search(c.name)}
    assert suspects <= SECRETS
    assert {(t.name, c.name) for t in tables_about_people() for c in t.columns} >= SECRETS


def test_every_table_with_a_person_is_in_it():
    referring = {t.name for t in Model.metadata.tables.values() if any(k.column.table.name == "person" for k in t.foreign_keys)}
    assert {table.name for table in tables_about_people()} == referring | {"person"}


def test_it_holds_what_is_theirs_by_name_and_no_secret(db_session):
    cast = a_cast()
    an_award(cast, cast.ada)
    an_award(cast, cast.ben)
    db.session.flush()
    held = {one.table: one for one in held_about(cast.ada)}
    assert {"person", "account", "appointment", "award", "sign_off"} <= set(held)
    assert (len(held["award"].rows), {row["trainer_id"] for row in held["sign_off"].rows}) == (1, {"Tara Example"})
    said = str(list(held.values()))
    assert "key-ada" not in said and cast.ada.feed_token not in said and "Ben" not in said


def test_it_takes_as_many_statements_for_much_as_for_little(db_session):
    cast = a_cast()
    held_about(cast.tara)
    few = statements(lambda: held_about(cast.tara))
    for name in ("ada", "ben", "pia", "kim"):
        an_award(cast, cast.people[name])
    db.session.flush()
    assert statements(lambda: held_about(cast.tara)) == few == len(tables_about_people()) + 2


def statements(work):
    sent = []

    def note(*args):
        sent.append(args[2])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(sent)


def test_what_somebody_did_for_others_says_nothing_of_them(db_session):
    cast = a_cast()
    an_award(cast, cast.ada)
    for sign_off in db.session.query(SignOff):
        sign_off.note = "Ada was unsure"
    db.session.flush()
    rows = {one.table: one.rows for one in held_about(cast.tara)}["sign_off"]
    assert [(row["person_id"], row["trainer_id"], row["note"]) for row in rows] == [(None, cast.tara.id, None)] * 3
    assert rows[0]["at"] == NOW.isoformat()


def test_the_audit_trail_tells_what_was_done_to_them_and_of_what_they_did_only_that(db_session):
    cast = a_cast()
    change_person(cast.ada, given_name="Ada", family_name="Lovelace", email="ada@new.example", by=cast.olive, now=NOW)
    outbox.put(cast.olive, "at_risk", key="1:Ada Lovelace doesn't hold Operator.", now=NOW, sentence="Ada is out")
    db.session.flush()
    held = {one.table: one.rows for one in held_about(cast.olive)}
    (did,) = [row for row in held["history"] if row["what"] == "person changed"]
    assert (did["record"], did["details"], did["at"]) == ("person", None, NOW.isoformat())
    assert (len(held["mail"]), "Ada" in str(held), "ada@" in str(held)) == (1, False, False)
    (done,) = [row for row in {one.table: one.rows for one in held_about(cast.ada)}["history"] if row["what"] == "person changed"]
    assert (done["who_id"], done["details"]) == ("Olive Example", {"before": {"name": "Ada Example", "email": "ada@a.example"}})


def test_what_stayed_at_a_record_that_went_into_theirs_is_in_it(db_session):
    cast = a_cast()
    mail = {"key": "1", "now": NOW, "badge": "Operator", "last_day": TODAY}
    for person in (cast.ada, cast.ben):
        outbox.put(person, "awarded", **mail)
    merge(cast.ada, cast.ben, reason="A typing slip", by=cast.olive, now=NOW)
    held = {one.table: one.rows for one in held_about(cast.ada)}
    assert [row["person_id"] for row in held["mail"] if row["kind"] == "awarded"] == [cast.ada.id, cast.ben.id]
    assert [row["id"] for row in held["person"]] == [cast.ada.id, cast.ben.id]
