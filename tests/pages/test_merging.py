"""The pages of merging: the other record is found, looked at, and leads to the one who stays afterwards; and of one's addresses."""

import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.people.person import Person
from tests.cast import a_cast
from tests.pages.as_who import as_who


@pytest.fixture
def ids(clean):
    with clean.app_context():
        cast = a_cast()
        return {name: person.id for name, person in cast.people.items()}


def merged(client, kept, other, reason="A typing slip"):
    return client.post(f"/people/{kept}/merge/{other}", data={"reason": reason})


def test_the_other_record_is_found_looked_at_and_becomes_part(clean, ids):
    olive = as_who(clean, "olive")
    kept, other = ids["ada"], ids["ben"]
    assert f'href="/people/{kept}/merge/{other}"' in olive.get(f"/people/{kept}/merge?search=ben").text
    assert "Nothing has happened yet." in olive.get(f"/people/{kept}/merge/{other}").text
    assert merged(olive, kept, other, reason="").status_code == 422
    assert merged(olive, kept, other).location == f"/people/{kept}/appointments"


def test_every_way_to_the_other_record_leads_to_the_one_who_stays(clean, ids):
    olive, ben = as_who(clean, "olive"), as_who(clean, "ben")
    kept, other = ids["ada"], ids["ben"]
    assert ben.get("/my/learning").status_code == 200
    merged(olive, kept, other)
    assert ben.get("/my/learning").status_code == 303
    assert olive.get(f"/people/{other}").location == f"/people/{kept}"
    assert olive.get(f"/people/{other}/appointments").location == f"/people/{kept}/appointments"
    assert olive.get(f"/people/{other}/merge").location == f"/people/{kept}/merge"
    assert f'href="/people/{other}/' not in olive.get("/people").text
    assert merged(olive, kept, other).status_code == 409


def test_a_calendar_that_subscribes_to_the_other_record_goes_on(clean, ids):
    with clean.app_context():
        of = {person.id: person.feed_token for person in db.session.scalars(select(Person))}
    merged(as_who(clean, "olive"), ids["ada"], ids["ben"])
    ours, others = (clean.test_client().get(f"/calendar/{of[ids[name]]}.ics").text for name in ("ada", "ben"))
    assert "Ada Example" in others
    assert ours == others


def test_the_trail_names_who_it_is_now(clean, ids):
    as_who(clean, "ben").post("/my/account/addresses", data={"email": "ben@home.example"})
    olive = as_who(clean, "olive")
    merged(olive, ids["ada"], ids["ben"])
    trail = olive.get("/audit-trail?name=ada").text
    assert "now Ada Example" in trail


def test_an_address_is_added_confirmed_and_made_the_first(clean, ids):
    ada = as_who(clean, "ada")
    assert ada.post("/my/account/addresses", data={"email": "nonsense"}).status_code == 422
    ada.post("/my/account/addresses", data={"email": "ada@home.example"})
    assert "Waits for its link" in ada.get("/my/account/addresses").text
    with clean.app_context():
        link = f"/sign-in/address/{db.session.scalars(select(Mail).where(Mail.kind == 'address')).one().context['token']}"
    somewhere_else = clean.test_client()
    assert "Is ada@home.example yours?" in somewhere_else.get(link).text
    assert somewhere_else.post(link).status_code == 303
    assert somewhere_else.get(link).status_code == 404
    (number,) = [n for n in range(1, 30) if f"/my/account/addresses/{n}/primary" in ada.get("/my/account/addresses").text]
    ada.post(f"/my/account/addresses/{number}/primary")
    with clean.app_context():
        assert db.session.get_one(Person, ids["ada"]).email == "ada@home.example"
    assert as_who(clean, "ben").post(f"/my/account/addresses/{number}/removal").status_code == 404
