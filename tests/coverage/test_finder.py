"""Who is found: by the words of their name, by a school that is typed where there are too many to choose from, and who is near."""

from datetime import timedelta

from seminar.coverage.finder import Sought, holders, nearly_there
from seminar.coverage.views import staff
from seminar.ground.db import db
from seminar.people.appointment import Appointment
from seminar.people.person import Person
from seminar.skills.award import Award
from seminar.skills.sign_off import SignOff
from tests.cast import NOW, TODAY, a_cast


def a_holder(cast, given, family, last_day=TODAY):
    person = Person(district_id=cast.district.id, given_name=given, family_name=family)
    db.session.add(person)
    db.session.flush()
    of = {"district_id": cast.district.id, "person_id": person.id}
    db.session.add(Appointment(**of, role="teacher", school_id=cast.school.id, first_day=TODAY))
    db.session.add(Award(**of, badge_id=cast.badge.id, first_day=TODAY, last_day=last_day, awarded_at=NOW))
    db.session.flush()
    return person


def found(cast, **sought):
    rows, total = holders(cast.district.id, Sought(day=TODAY, **sought), page=1, size=50)
    assert total == len(rows)
    return [row.person.name for row in rows]


def test_a_word_is_the_beginning_of_any_word_of_a_name(db_session):
    cast = a_cast()
    for given, family in (("Mary Jo", "van der Berg"), ("Rosa", "García-Okafor"), ("Sean", "O’Brien"), ("Bert", "Vanderbilt")):
        a_holder(cast, given, family)
    assert found(cast, name="berg") == ["Mary Jo van der Berg"]
    assert found(cast, name="OKA ros") == ["Rosa García-Okafor"]
    assert found(cast, name="o’brien") == ["Sean O’Brien"]
    assert found(cast, name="d") == ["Mary Jo van der Berg"]
    assert found(cast, name="jo") == ["Mary Jo van der Berg"]
    assert found(cast, name="van") == ["Bert Vanderbilt", "Mary Jo van der Berg"]
    for nobody in ("anderbilt", "zz", "%", "' & !", "1d nobody"):
        assert found(cast, name=nobody) == ([] if nobody not in ("%", "' & !") else found(cast)), nobody


def test_nobody_of_another_district_is_found(db_session):
    cast, next_one = a_cast(), a_cast("B")
    a_holder(next_one, "Stan", "Stranger")
    assert (found(cast, name="stan"), found(next_one, name="stan")) == ([], ["Stan Stranger"])


def test_a_badge_that_was_renewed_is_one_row_with_its_last_day_and_so_is_a_teacher_appointed_twice(db_session):
    cast = a_cast()
    person = a_holder(cast, "Rosa", "Twice")
    of = {"district_id": cast.district.id, "person_id": person.id}
    db.session.add(Appointment(**of, role="teacher", school_id=cast.school.id, first_day=TODAY - timedelta(days=3)))
    lasting = TODAY + timedelta(days=90)
    db.session.add(
        Award(**of, badge_id=cast.badge.id, first_day=TODAY - timedelta(days=9), last_day=lasting, awarded_at=NOW - timedelta(days=9))
    )
    db.session.flush()
    rows, total = holders(cast.district.id, Sought(day=TODAY), page=1, size=50)
    assert ([(row.person.name, row.last_day) for row in rows], total) == ([("Rosa Twice", lasting)], 1)


def test_who_is_near_is_found_in_the_whole_district_and_in_one_s_schools(db_session):
    cast = a_cast()
    holder = a_holder(cast, "Rosa", "Holder")
    for person, shown in ((cast.ada, 2), (holder, 2), (cast.ben, 0)):
        for competency in cast.badge.competencies[:shown]:
            of = {"district_id": cast.district.id, "person_id": person.id, "trainer_id": cast.tara.id}
            db.session.add(SignOff(**of, competency_id=competency.id, day=TODAY, at=NOW))
    db.session.flush()
    sought = Sought(day=TODAY, badge_id=cast.badge.id)
    for schools in (None, {cast.school.id}):
        assert [person.name for person, _ in nearly_there(cast.district.id, sought, schools)] == ["Ada Example"], schools
    assert nearly_there(cast.district.id, sought, {cast.school.id + 1}) == []


def test_a_school_is_typed_where_there_are_too_many_to_choose_from(clean, monkeypatch):
    with clean.app_context():
        cast = a_cast()
        a_holder(cast, "Rosa", "Here")
        db.session.commit()
        key = f"{cast.ada.id}:key-ada"
    client = clean.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = key
    assert '<option value="1">School A</option>' in client.get("/staff").text
    monkeypatch.setattr(staff, "MOST_TO_CHOOSE", 0)
    assert '<input id="school" name="school" type="search" value="scho a">' in client.get("/staff?school=scho+a").text
    assert "Rosa Here" in client.get("/staff?school=scho+a").text
    assert "Rosa Here" not in client.get("/staff?school=another").text
