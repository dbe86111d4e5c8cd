"""The pages that reserve, change, hand over and take back."""

import re

import pytest
from sqlalchemy import select

from inventory.reservation import ReservationLine
from seminar.ground.db import db
from tests.cast import a_cast, a_model, an_award
from tests.pages.as_who import as_who

ASKED = {"school": "1", "first_day": "2027-03-01", "last_day": "2027-03-05", "responsible": "1", "quantity-1": "1", "purpose": "Gears"}


@pytest.fixture
def depot(clean):
    """Ada (1) is trained; two printers; the maker contact is Cora."""
    with clean.app_context():
        cast = a_cast()
        a_model(cast, items=2)
        an_award(cast, cast.ada)
        db.session.commit()
    return clean


def states(app):
    with app.app_context():
        return db.session.scalars(select(ReservationLine.state).order_by(ReservationLine.id)).all()


def post(client, path, **data):
    return client.post(path, data=data)


def test_a_school_reserves_and_reads_what_it_reserved(depot):
    cora = as_who(depot, "cora")
    made = cora.post("/reservations", data=ASKED)
    assert (made.status_code, made.location) == (303, "/reservations/1")
    assert "Gears" in cora.get("/reservations/1").text


@pytest.mark.parametrize(
    ("wrong", "field", "status"),
    [
        ({"last_day": ""}, "last_day", 422),
        ({"last_day": "2027-02-01"}, "last_day", 422),
        ({"last_day": "2027-03-06"}, "last_day", 422),
        ({"first_day": "tomorrow"}, "first_day", 422),
        ({"responsible": ""}, "responsible", 422),
        ({"responsible": "2"}, "responsible", 422),
        ({"quantity-1": "0"}, "quantities", 422),
        ({"quantity-1": "many"}, "quantities", 422),
        ({"quantity-1": "3"}, "quantities", 409),
        ({"school": "99"}, "school", 422),
    ],
)
def test_bad_input_says_what_is_wrong_links_to_its_field_and_keeps_what_was_typed(depot, wrong, field, status):
    answer = as_who(depot, "cora").post("/reservations", data=ASKED | wrong)
    assert answer.status_code == status
    assert f'<a href="#{field}">' in answer.text
    assert 'value="Gears"' in answer.text
    assert states(depot) == []


def test_looking_first_reserves_nothing_and_keeps_what_was_typed(depot):
    looked = as_who(depot, "cora").post("/reservations", data=ASKED | {"look": "1", "csrf_token": "secret", "_external": "1"})
    assert looked.status_code == 303
    assert looked.location.startswith("/reservations/new?school=1&first_day=2027-03-01")
    assert "secret" not in looked.location
    assert states(depot) == []


def test_a_change_of_days_is_one_page(depot):
    cora = as_who(depot, "cora")
    cora.post("/reservations", data=ASKED)
    page = cora.get("/reservations/1/edit")
    assert 'value="2027-03-05"' in page.text
    assert cora.post("/reservations/1/edit", data=ASKED | {"last_day": "2027-03-03", "quantity-1": "2"}).status_code == 303
    assert states(depot) == ["reserved", "reserved"]
    assert cora.post("/reservations/1/edit", data=ASKED | {"last_day": ""}).status_code == 422


def test_the_depot_packs_hands_over_and_takes_back_what_is_checked(depot):
    as_who(depot, "cora").post("/reservations", data=ASKED | {"quantity-1": "2"})
    eli = as_who(depot, "eli")
    eli.post("/reservations/1/packing", data={"choice": "1", "line": ["1"]})
    assert states(depot) == ["packed", "reserved"]
    assert eli.post("/reservations/1/hand-over", data={"choice": "1"}).status_code == 409
    eli.post("/reservations/1/hand-over", data={"choice": "1", "line": ["1"]})
    eli.post("/reservations/1/return", data={"choice": "1", "line": ["1"]})
    assert states(depot) == ["in_check", "reserved"]
    eli.post("/reservations/1/hand-over")
    assert states(depot) == ["in_check", "out"]
    cora = as_who(depot, "cora")
    assert "Change the loan" in cora.get("/reservations/1/edit").text
    assert post(cora, "/reservations/1/edit", responsible="1", last_day="2027-03-04").status_code == 303


def test_a_scanned_tag_opens_the_reservation_that_it_belongs_to(depot):
    eli = as_who(depot, "eli")
    assert "neither out, nor to be checked, nor reserved" in eli.get("/depot?tag=printer-0").text
    as_who(depot, "cora").post("/reservations", data=ASKED)
    assert eli.get("/depot?tag=printer-0").location == "/reservations/1"


def test_a_tag_of_the_next_district_is_not_known(depot):
    with depot.app_context():
        a_cast("B", {"stan": "equipment_manager"})
    as_who(depot, "cora").post("/reservations", data=ASKED)
    assert as_who(depot, "stan", "b").get("/depot?tag=Printer-0").status_code == 200


def test_a_form_that_is_sent_twice_reserves_once_and_leads_to_the_same_page(depot):
    cora = as_who(depot, "cora")
    answers = [cora.post("/reservations", data=ASKED | {"once": "the key of this form"}) for _ in range(2)]
    assert [(answer.status_code, answer.location) for answer in answers] == [(303, "/reservations/1")] * 2
    assert states(depot) == ["reserved"]


def test_a_form_that_was_refused_can_be_sent_again(depot):
    cora = as_who(depot, "cora")
    too_many = cora.post("/reservations", data=ASKED | {"once": "the key of this form", "quantity-1": "3"})
    assert too_many.status_code == 409
    assert cora.post("/reservations", data=ASKED | {"once": "the key of this form"}).status_code == 303
    assert states(depot) == ["reserved"]


def test_the_key_of_somebody_elses_form_is_not_ones_own(depot):
    for name in ("cora", "kim"):
        as_who(depot, name).post("/reservations", data=ASKED | {"once": "the key of this form"})
    assert states(depot) == ["reserved", "reserved"]


def test_every_form_that_reserves_has_a_key_of_its_own(depot):
    cora = as_who(depot, "cora")
    keys = [re.search(r'name="once" value="([^"]{20,})"', cora.get("/reservations/new").text)[1] for _ in range(2)]
    assert keys[0] != keys[1]
