"""The equipment manager's page of a model: what is wrong with one item is said at that item, and nothing typed is lost."""

import pytest
from sqlalchemy import select

from inventory.equipment import EquipmentModel, Item
from seminar.ground.db import db
from tests.cast import TODAY, a_cast, a_model
from tests.pages.as_who import as_who

EDIT = "/equipment/printer/edit"


@pytest.fixture
def depot(clean):
    with clean.app_context():
        a_model(a_cast(), items=2)
    return clean


def items(app):
    with app.app_context():
        return [(item.tag, item.retired_reason) for item in db.session.scalars(select(Item).order_by(Item.id))]


def test_an_item_is_taken_out_for_a_reason_and_brought_back(depot):
    eli = as_who(depot, "eli")
    refused = eli.post("/items/1/retirement", data={"reason": " "})
    assert refused.status_code == 422
    assert '<a href="#reason-1">' in refused.text
    assert "<details open>" in refused.text
    eli.post("/items/1/retirement", data={"reason": "Noisy fan"})
    assert items(depot) == [("Printer-0", "Noisy fan"), ("Printer-1", None)]
    again = eli.post("/items/1/retirement", data={"reason": "Smoke"})
    assert (again.status_code, '<a href="#item-1">Printer-0 is out of lending already.</a>' in again.text) == (409, True)
    eli.post("/items/1/revival")
    assert items(depot) == [("Printer-0", None), ("Printer-1", None)]


def test_how_an_item_came_back_is_said_in_the_readers_language(depot):
    with depot.app_context():
        for item, reason in zip(db.session.scalars(select(Item).order_by(Item.id)), ("damaged: lámina", "lost"), strict=True):
            item.retired_on, item.retired_reason = TODAY, reason
        db.session.commit()
    page = as_who(depot, "eli").get(EDIT, headers={"Accept-Language": "es"}).text
    assert ("Volvió dañado: lámina" in page, "Se perdió." in page, "damaged" in page) == (True, True, False)
    assert "It came back damaged: lámina" in as_who(depot, "eli").get(EDIT).text


def test_a_tag_is_one_items_and_what_was_typed_stays(depot):
    eli = as_who(depot, "eli")
    refused = eli.post("/items/2/edit", data={"tag": "Printer-0", "serial": "S-9"})
    assert refused.status_code == 422
    assert '<a href="#tag-2">' in refused.text
    assert 'value="S-9"' in refused.text
    assert eli.post("/items/2/edit", data={"tag": "Printer-9", "serial": "S-9"}).status_code == 303
    assert eli.post("/equipment/printer/items", data={"tag": "Printer-9"}).status_code == 422
    assert [tag for tag, _ in items(depot)] == ["Printer-0", "Printer-9"]


def test_a_renamed_model_keeps_its_address(depot):
    asked = {"name": "Better printer", "skill_id": "1", "drawing": "printer", "max_loan_days": "7", "badges": ["1"]}
    eli = as_who(depot, "eli")
    assert eli.post(EDIT, data=asked).location == "/equipment/printer"
    assert "Better printer" in eli.get("/equipment/printer").text
    assert eli.post(EDIT, data=asked | {"max_loan_days": "0"}).status_code == 422


def test_a_retired_model_is_not_offered_and_can_be_taken_up_again(depot):
    eli, cora = as_who(depot, "eli"), as_who(depot, "cora")
    eli.post("/equipment/printer/retirement")
    assert "Printer" not in cora.get("/equipment").text
    assert "Reserve</a>" not in cora.get("/equipment/printer").text
    assert "Printer" in eli.get("/equipment").text
    eli.post("/equipment/printer/revival")
    with depot.app_context():
        assert db.session.scalars(select(EquipmentModel.retired_on)).all() == [None]
