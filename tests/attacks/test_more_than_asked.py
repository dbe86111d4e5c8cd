"""A form that sends more than its page asks for changes no more than its page does."""

import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.people.person import Person
from tests.cast import a_cast
from tests.house.test_gets_change_nothing import fingerprint
from tests.pages.as_who import as_who


def of_everybody(app):
    with app.app_context():
        return {row.id: row._asdict() for row in db.session.execute(select(Person.__table__))}


@pytest.mark.parametrize("name", ["ada", "olive"])
def test_the_theme_is_all_that_its_form_changes(clean, name):
    with clean.app_context():
        cast = a_cast()
        own, other = cast.people[name].id, cast.ben.id
    before, tables = of_everybody(clean), fingerprint(clean)
    # Every column that there is, of somebody else too.
    more = {column.name: "1" for column in Person.__table__.columns if column.name != "theme"}
    more |= {"person_id": str(other), "role": "program_manager", "password_hash": "x", "state": "enrolled", "is_proven": "1"}
    assert as_who(clean, name).post("/my/account/theme", data={"theme": "dark", **more}).status_code == 303
    after, changed = of_everybody(clean), fingerprint(clean)
    assert after == before | {own: before[own] | {"theme": "dark"}}
    assert {table for table in tables if changed[table] != tables[table]} == {"person", "device_session"}
