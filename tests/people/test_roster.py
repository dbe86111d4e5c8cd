"""What a roster does to people, schools and terms: good sets, bulk and delta, of both versions."""

from datetime import date

import pytest
from sqlalchemy import func, select

from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.refusal import Refused
from seminar.people.appointment import Appointment
from seminar.people.calendar import SchoolYear, Term
from seminar.people.email_address import EmailAddress
from seminar.people.merging import merge
from seminar.people.person import Person
from seminar.people.roster import importing
from seminar.people.roster.outcome import Count, outcome_of
from seminar.people.roster.staged import STAGED
from seminar.people.school import School
from tests.cast import NOW, TODAY, a_cast, a_district
from tests.people.rosters import a_set, gone, read_for, roles, texts, users

NOBODY_MORE = Count(0, 0, 0, 0)


def take(district, files, version="1.2", kind="bulk", end_many=False, **manifest):
    """Read the set and apply it; answers what it did."""
    one = read_for(district, texts(files, version, kind, **manifest))
    return importing.apply(one, end_many=end_many, by=None, today=TODAY, now=NOW)


def held(**where):
    """Everybody's current appointments: given name, role and school's code."""
    query = (
        select(Person.given_name, Appointment.role, School.code)
        .join(Person, Person.id == Appointment.person_id)
        .outerjoin(School, School.id == Appointment.school_id)
        .where(Appointment.last_day.is_(None) | (Appointment.last_day > TODAY), Appointment.source == "roster")
    )
    return sorted((name, role, code or "") for name, role, code in db.session.execute(query))


THE_STAFF = [
    ("Ada", "teacher", "0101"),
    ("Ben", "teacher", "0102"),
    ("Dee", "teacher", "0102"),
    ("Olga", "program_manager", ""),
    ("Pia", "principal", "0101"),
]


@pytest.fixture
def district(db_session):
    return a_district("R")


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_whole_set_brings_schools_terms_people_and_what_they_do(district, version):
    did = take(district, a_set(version), version)

    assert held() == THE_STAFF
    assert db.session.scalars(select(School.name).order_by(School.name)).all() == ["Alder Creek", "Oak Hill"]
    assert db.session.execute(select(Term.title, Term.first_day, Term.last_day)).all() == [("Fall", date(2026, 8, 17), date(2026, 12, 31))]
    assert db.session.execute(select(SchoolYear.ends_in, SchoolYear.last_day)).all() == [(2027, date(2027, 6, 11))]
    assert (did.schools, did.terms, did.people) == (Count(2, 0, 0, 0), Count(1, 0, 0, 0), Count(6, 0, 0, 0))
    assert did.appointments == Count(5, 0, 0, 0)


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_pupils_and_their_families_are_not_stored_anywhere(district, version):
    take(district, a_set(version), version)

    for table in db.metadata.sorted_tables:
        for row in db.session.execute(select(table)):
            assert "Pupil" not in repr(row), table.name
            assert "Guardian" not in repr(row), table.name
            assert "p1" not in [str(value) for value in row], table.name


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_the_same_set_again_changes_nothing(district, version):
    take(district, a_set(version), version)
    trail = db.session.scalar(select(func.count()).select_from(History))

    did = take(district, a_set(version), version)

    assert did.changes == 0
    # One line more: that the roster was applied.
    assert db.session.scalar(select(func.count()).select_from(History)) == trail + 1
    assert [db.session.scalar(select(func.count()).select_from(model)) for model in STAGED] == [0, 0, 0, 0]


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_who_is_missing_from_a_bulk_set_is_ended_and_keeps_everything(district, version):
    take(district, a_set(version), version)
    left = {"u1": ("Ada", "teacher", "S1"), "u3": ("Pia", "principal", "S1"), "u4": ("Olga", "districtAdministrator", "D")}
    left |= {"u5": ("Aldo", "aide", "S1"), "u6": ("Dee", "teacher", "DEP")}
    rest = {"users": users(version, **left)} | ({"roles": roles(**left)} if version == "1.2" else {})

    did = take(district, a_set(version, **rest), version, end_many=True)

    assert (did.leaving, did.staff, did.people.ended) == (1, 5, 1)
    assert held() == [one for one in THE_STAFF if one[0] != "Ben"]
    ben = db.session.scalars(select(Appointment).join(Person, Person.id == Appointment.person_id).where(Person.given_name == "Ben")).one()
    assert (ben.last_day, ben.person.email) == (TODAY, "u2@r.example")


def test_who_comes_back_holds_what_they_held(district):
    take(district, a_set())
    without = {user: one for user, one in PEOPLE_BUT_BEN.items()}
    take(district, a_set(users=users("1.2", **without), roles=roles(**without)), end_many=True)
    take(district, a_set())
    assert held() == THE_STAFF


PEOPLE_BUT_BEN = {
    "u1": ("Ada", "teacher", "S1"),
    "u3": ("Pia", "principal", "S1"),
    "u4": ("Olga", "districtAdministrator", "D"),
    "u6": ("Dee", "teacher", "DEP"),
}


def test_more_than_a_tenth_of_the_staff_is_ended_only_when_told_twice(district):
    take(district, a_set())
    few = a_set(users=users("1.2", **PEOPLE_BUT_BEN), roles=roles(**PEOPLE_BUT_BEN))

    with pytest.raises(Refused, match="1 of 5 people would have no place any more"):
        take(district, few)
    db.session.rollback()


def test_a_move_to_another_school_ends_one_place_and_begins_another(district):
    take(district, a_set("1.1"), "1.1")
    moved = users("1.1")
    moved[0]["orgSourcedIds"] = "S2"

    did = take(district, a_set("1.1", users=moved), "1.1")

    assert did.appointments == Count(1, 0, 1, 0)
    assert did.leaving == 0
    assert ("Ada", "teacher", "0102") in held()
    assert ("Ada", "teacher", "0101") not in held()


def test_one_person_at_two_schools_is_one_person(district):
    both = users("1.1")
    both[0]["orgSourcedIds"] = "S1,S2"
    take(district, a_set("1.1", users=both), "1.1")
    assert [one for one in held() if one[0] == "Ada"] == [("Ada", "teacher", "0101"), ("Ada", "teacher", "0102")]


def test_a_delta_changes_what_it_tells_and_leaves_the_rest(district):
    take(district, a_set())
    changed = [{**users("1.2")[0], "familyName": "Diaz-Ruiz"}, gone(sourcedId="u2")]

    did = take(district, a_set(kind="delta", users=changed), kind="delta", end_many=True)

    assert did.people == Count(0, 1, 1, 0)
    assert held() == [one for one in THE_STAFF if one[0] != "Ben"]
    assert db.session.scalar(select(Person.family_name).where(Person.sourced_id == "u1")) == "Diaz-Ruiz"


def test_a_delta_of_roles_moves_one_of_them(district):
    take(district, a_set())
    moved = roles(u1=("Ada", "teacher", "DEP"))

    did = take(district, a_set(kind="delta", roles=moved), kind="delta")

    assert did.appointments == Count(1, 0, 1, 0)
    assert [one for one in held() if one[0] == "Ada"] == [("Ada", "teacher", "0102")]


def test_a_role_that_a_delta_deletes_ends(district):
    take(district, a_set())
    take(district, a_set(kind="delta", roles=[gone(**roles(u1=("Ada", "teacher", "S1"))[0])]), kind="delta", end_many=True)
    assert "Ada" not in [name for name, _, _ in held()]


def test_a_manifest_alone_says_that_nothing_changed(district):
    take(district, a_set())
    did = take(district, {})
    assert (did.changes, held()) == (0, THE_STAFF)


def test_what_was_given_by_hand_is_never_ended_and_nobody_becomes_two(db_session):
    cast = a_cast()
    rows = users("1.1", u1=("Adela", "teacher", "S1"), u2=("Ben", "teacher", "S2"))
    rows[0]["email"] = cast.ada.email
    hand = held_by_hand(cast)

    take(cast.district, a_set("1.1", users=rows), "1.1")
    take(cast.district, a_set("1.1", users=rows[1:]), "1.1", end_many=True)

    assert held_by_hand(cast) == hand
    assert (cast.ada.sourced_id, cast.ada.given_name) == ("u1", "Adela")
    assert db.session.scalar(select(func.count()).where(Person.email == cast.ada.email)) == 1


def held_by_hand(cast):
    query = select(Appointment.person_id, Appointment.role, Appointment.last_day).where(Appointment.source == "hand")
    return sorted(tuple(row) for row in db.session.execute(query.order_by(Appointment.id)))


def test_a_school_that_is_missing_is_closed_and_one_that_comes_back_opens(district):
    take(district, a_set())
    one_school = [one for one in a_set()["orgs.csv"] if one["sourcedId"] not in ("S1",)]
    people = {"u2": ("Ben", "teacher", "S2")}
    take(district, a_set(orgs=one_school, users=users("1.2", **people), roles=roles(**people)), end_many=True)
    assert db.session.scalar(select(School.closed_on).where(School.code == "0101")) == TODAY

    take(district, a_set())
    assert db.session.scalar(select(School.closed_on).where(School.code == "0101")) is None


def test_two_people_may_swap_their_addresses(district):
    take(district, a_set())
    swapped = users("1.2")
    swapped[0]["email"], swapped[1]["email"] = "u2@r.example", "u1@r.example"
    did = take(district, a_set(users=swapped))
    assert did.people == Count(0, 2, 0, 0)
    assert db.session.scalar(select(Person.email).where(Person.sourced_id == "u1")) == "u2@r.example"


def test_a_role_of_days_to_come_and_one_that_is_over(district):
    rows = roles()
    rows[0] |= {"beginDate": "2027-08-01", "endDate": "2028-06-01"}
    rows[1] |= {"beginDate": "2025-08-01", "endDate": "2026-06-01"}
    take(district, a_set(roles=rows))
    ada = db.session.scalars(select(Appointment).join(Person, Person.id == Appointment.person_id).where(Person.given_name == "Ada")).one()
    assert (ada.first_day, ada.last_day) == (date(2027, 8, 1), date(2028, 5, 31))
    assert "Ben" not in [name for name, _, _ in held()]


def test_an_account_that_the_roster_switches_off_holds_its_place_and_may_not_sign_in(district):
    rows = users("1.2")
    rows[0]["enabledUser"] = "false"
    take(district, a_set(users=rows))
    assert held() == THE_STAFF
    assert db.session.scalar(select(Person.may_sign_in).where(Person.sourced_id == "u1")) is False


def test_what_a_roster_ended_can_be_taken_back(district):
    take(district, a_set())
    few = a_set(users=users("1.2", **PEOPLE_BUT_BEN), roles=roles(**PEOPLE_BUT_BEN))
    one = read_for(district, texts(few))
    importing.apply(one, end_many=True, by=None, today=TODAY, now=NOW)
    ben = db.session.scalars(select(Person).where(Person.given_name == "Ben")).one()
    olga = db.session.scalars(select(Person).where(Person.given_name == "Olga")).one()

    assert importing.take_back(one, [ben.id], by=olga, today=TODAY, now=NOW) == 1
    assert importing.take_back(one, [ben.id], by=olga, today=TODAY, now=NOW) == 0
    assert held() == THE_STAFF


def test_nothing_of_it_is_done_twice(district):
    one = read_for(district, texts(a_set()))
    importing.apply(one, end_many=False, by=None, today=TODAY, now=NOW)
    with pytest.raises(Refused, match="applied or left meanwhile"):
        importing.apply(one, end_many=False, by=None, today=TODAY, now=NOW)


def test_a_preview_says_what_applying_then_does(district):
    one = read_for(district, texts(a_set()))
    before = outcome_of(one, TODAY)
    assert importing.apply(one, end_many=False, by=None, today=TODAY, now=NOW) == before


def test_two_records_that_were_made_one_stay_one_and_nothing_changes_any_more(district):
    take(district, a_set())
    ada, ben, olga = (db.session.scalars(select(Person).where(Person.given_name == name)).one() for name in ("Ada", "Ben", "Olga"))
    merge(ada, ben, reason="One person at two schools.", by=olga, now=NOW)
    assert [one for one in held() if one[0] in ("Ada", "Ben")] == [("Ada", "teacher", "0101"), ("Ada", "teacher", "0102")]

    did = take(district, a_set())

    assert did.changes == 0
    without_the_first = users("1.2")[1:]
    gone = take(district, a_set(users=without_the_first, roles=roles()[1:]), end_many=True)
    assert (gone.people.ended, gone.appointments.ended) == (0, 1)
    assert [one for one in held() if one[0] == "Ada"] == [] or [one for one in held() if one[1:] == ("teacher", "0102")]


def test_a_further_address_of_somebody_is_theirs_too(db_session):
    cast = a_cast()
    db.session.add(EmailAddress(district_id=cast.district.id, person_id=cast.ada.id, address="u1@r.example", confirmed_at=NOW))
    db.session.flush()
    take(cast.district, a_set("1.1"), "1.1")
    assert (cast.ada.sourced_id, cast.ada.email) == ("u1", "u1@r.example")
