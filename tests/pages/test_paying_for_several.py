"""One purchase order for several seats, as a principal and the PD office meet it."""

from io import BytesIO

import pytest
from sqlalchemy import select, update

from seminar.ground.db import db
from seminar.money.covering import PurchaseOrderLine
from seminar.money.po_file import PurchaseOrderFile
from seminar.people.appointment import Appointment
from seminar.people.person import Person
from seminar.people.school import School
from seminar.series.enrolling import withdraw
from seminar.series.enrolling_several import enroll_several
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series
from tests.cast import NOW, TODAY, a_cast, a_person
from tests.databases import POSTGRESQL_IN_THE_DEEP_RUN
from tests.money.stripe import a_priced_series, held
from tests.pages.as_who import as_who
from tests.pages.document import Document
from tests.pages.test_purchase_orders import ENTERED
from tests.pages.test_waiting import refused, said

pytestmark = POSTGRESQL_IN_THE_DEEP_RUN

PAY, SCHOOL = "/series/1/purchase-order", "1"
PO = {"number": "77120", "buyer": SCHOOL}


@pytest.fixture
def cast(clean):
    """In a series (1) that costs $120 Pia enrolled Ada and Ben (1, 2), Cora enrolled herself (3), and Tess (4) is of another school, where
    Ben teaches too."""
    with clean.app_context():
        cast = a_cast()
        series = a_priced_series(cast, seats=5)
        school = School(district_id=cast.district.id, code="T", name="Elsewhere", grade_first=0, grade_last=5)
        db.session.add(school)
        db.session.flush()
        tess = a_person(cast.district, "tess", "teacher", school)
        more = {"role": "teacher", "school_id": school.id, "first_day": TODAY}
        db.session.add(Appointment(district_id=cast.district.id, person_id=cast.ben.id, **more))
        enroll_several([cast.ada, cast.ben], series, by=cast.pia, now=NOW)
        held(cast, "cora", series, NOW)
        enroll_several([tess], series, by=cast.olive, now=NOW)
        db.session.commit()
    return clean


def states(app):
    with app.app_context():
        query = select(Person.given_name, Enrollment.state).join(Person, Person.id == Enrollment.person_id).order_by(Enrollment.id)
        return dict(db.session.execute(query).all())


def listed(page):
    """The values of the list's boxes, and of those the ticked ones."""
    boxes = [one.attributes for one in Document(page.text).elements if one.tag == "input" and one.attributes.get("name") == "places"]
    return [box["value"] for box in boxes], [box["value"] for box in boxes if "checked" in box]


def test_a_principal_pays_for_their_staff_with_one_purchase_order(cast):
    pia, olive = as_who(cast, "pia"), as_who(cast, "olive")
    olive.post("/purchase-orders", data=ENTERED)
    olive.post("/purchase-orders/1/acceptance")
    page = pia.get(PAY)
    assert listed(page) == (["1", "2", "3"], ["1", "2"])
    assert "$360.00 is to be paid" in said(pia, PAY) and "77120, School A: $500.00 left" in said(pia, PAY)
    sent = {"places": ["1", "2"], "open_order": "1", "buyer": SCHOOL, "file": (BytesIO(b"%PDF-1.7\n%%EOF"), "po.pdf"), "once": "key"}
    answer = pia.post(PAY, data=sent)
    assert answer.location == "/series/1/enrollments/new" and "Each was told by mail" in said(pia, answer.location)
    assert states(cast) == {"Ada": "enrolled", "Ben": "enrolled", "Cora": "held", "Tess": "held"}
    with cast.app_context():
        assert db.session.scalars(select(PurchaseOrderFile.cover_id)).all() == [1]


def test_a_number_that_the_office_has_not_is_awaited_for_each(cast):
    as_who(cast, "pia").post(PAY, data={"places": ["1", "3"], **PO})
    assert states(cast) == {"Ada": "awaiting_po", "Ben": "held", "Cora": "awaiting_po", "Tess": "held"}
    assert "Ada Example: $120.00, waits for purchase order 77120" in said(as_who(cast, "pia"), PAY)
    assert listed(as_who(cast, "pia").get(PAY))[1] == ["2"]


def test_the_pd_office_pays_for_anyone_and_a_principal_for_their_own_alone(cast):
    assert listed(as_who(cast, "olive").get(PAY))[0] == ["1", "2", "3", "4"]
    status, page = refused(as_who(cast, "pia").post(PAY, data={"places": ["1", "4"], **PO}))
    assert status == 409 and "paid or gone meanwhile" in page and set(states(cast).values()) == {"held"}
    as_who(cast, "olive").post(PAY, data={"places": ["1", "4"], **PO})
    assert states(cast)["Tess"] == "awaiting_po"
    assert "Elsewhere" not in as_who(cast, "pia").get(PAY).text


def test_what_is_typed_wrongly_stands_beside_its_field_and_is_kept(cast):
    pia = as_who(cast, "pia")
    for typed, field, sentence in (
        ({"places": [], **PO}, "places", "Choose somebody of the list."),
        ({"places": ["1"], "number": " ", "buyer": SCHOOL}, "number", "Type the purchase order's number"),
        ({"places": ["1"], "number": "7" * 90, "buyer": SCHOOL}, "number", "These are 90 characters"),
        ({"places": ["1"], **PO, "file": (BytesIO(b"x"), "po.pdf")}, "file", "no whole PDF, PNG or JPEG"),
    ):
        answer = pia.post(PAY, data=typed)
        assert answer.status_code == 422 and sentence in refused(answer)[1], typed
        assert f'href="#{field}"' in answer.text and f'id="{field}"' in answer.text
        assert listed(answer)[1] == typed["places"]
    assert set(states(cast).values()) == {"held"}


def test_a_list_that_is_empty_says_what_to_do_and_takes_nothing(cast):
    with cast.app_context():
        for place in db.session.scalars(select(Enrollment).where(Enrollment.id < 4)):
            withdraw(place, by=place.person, now=NOW)
        db.session.commit()
    pia = as_who(cast, "pia")
    assert "No seat waits to be paid here." in said(pia, PAY)
    for typed, status in ((PO, 422), ({"places": ["1"], "number": "1", "buyer": ""}, 409), ({"places": ["1"], "number": "7" * 90}, 422)):
        answer = pia.post(PAY, data=typed)
        assert answer.status_code == status and "No seat of this list is to be paid any more." in answer.text, typed
    with cast.app_context():
        assert db.session.scalars(select(PurchaseOrderLine)).all() == []


def test_a_draft_is_nobodys_to_pay_for_but_its_planners(cast):
    with cast.app_context():
        db.session.execute(update(Series).values(published_at=None))
        db.session.commit()
    assert [as_who(cast, name).get(PAY).status_code for name in ("pia", "olive", "ada")] == [404, 200, 403]


def test_both_pages_of_enrolling_lead_there(cast):
    pia = as_who(cast, "pia")
    assert f'href="{PAY}"' in pia.get("/series/1/enrollments/new").text
    pia.post("/enrollments/1/withdrawal")
    with cast.app_context():
        ada_id = db.session.scalar(select(Enrollment.person_id).where(Enrollment.id == 1))
    answer = pia.post("/series/1/enrollments/several", data={"chosen": [ada_id]})
    assert f'href="{PAY}"' in pia.get(answer.location).text
