"""A series of 2,000 enrollments is canceled in one act: by the button, on the database of TEST_DATABASE, in under ten seconds, and each
person gets one mail."""

import time

import pytest
from sqlalchemy import func, insert, select

from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.people.person import Person
from seminar.series.enrollment import Enrollment
from tests.cast import NOW, a_cast, a_series
from tests.pages.as_who import as_who

pytestmark = pytest.mark.deep
PEOPLE = 2000


def test_two_thousand_are_told_once_in_under_ten_seconds(clean):
    with clean.app_context():
        cast = a_cast()
        series = a_series(cast, seats=PEOPLE)
        of = {"district_id": cast.district.id}
        people = [{**of, "given_name": f"P{n}", "family_name": "More", "email": f"p{n}@many.example"} for n in range(PEOPLE)]
        ids = db.session.scalars(insert(Person).returning(Person.id), people).all()
        at = {"state": "enrolled", "state_since": NOW, "created_at": NOW, "enrolled_at": NOW, "series_id": series.id}
        db.session.execute(insert(Enrollment), [{**of, **at, "person_id": person_id} for person_id in ids])
        db.session.commit()
    olive = as_who(clean, "olive")
    looked = olive.get("/series/1/cancellation")
    assert "Enrolled: 2,000" in looked.text
    began = time.monotonic()
    assert olive.post("/series/1/cancellation", data={"reason": "Snow"}).status_code == 303
    took = time.monotonic() - began
    print(f"took {took:.1f} s")
    with clean.app_context():
        told = select(func.count(), func.count(Mail.person_id.distinct())).where(Mail.kind == "canceled")
        assert tuple(db.session.execute(told).one()) == (PEOPLE, PEOPLE)
        assert set(db.session.scalars(select(Enrollment.state))) == {"canceled"}
    assert took < 10
