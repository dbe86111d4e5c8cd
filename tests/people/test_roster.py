"""What a roster does to people, schools and terms: good sets, bulk and delta, of both versions."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from seminar.ground import history
from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.refusal import Refused
from seminar.people.appointment import Appointment
from seminar.people.calendar import SchoolYear, Term
from seminar.people.calendar_editing import end_term
from seminar.people.email_address import EmailAddress
from seminar.people.leaving import leave
from seminar.people.merging import merge
from seminar.people.person import Person
from seminar.people.roster import importing
from seminar.people.roster.outcome import Count, outcome_of
from seminar.people.roster.staged import STAGED
from seminar.people.roster.taking_back import TakenBack, closed_schools, ended_terms, open_again, take_back, take_up_again
from seminar.people.school import School
from seminar.people.school_editing import close_school
from tests.cast import NOW, TODAY, a_cast, a_district
from tests.people.rosters import ORGS, PEOPLE, TERMS, a_set, gone, read_for, roles, texts, users

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
    people = {"u2": ("Ben", "teacher", "S2"), "u4": ("Olga", "districtAdministrator", "D")}
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

    assert take_back(one, [ben.id], by=olga, today=TODAY, now=NOW) == TakenBack(1, 0)
    assert take_back(one, [ben.id], by=olga, today=TODAY, now=NOW) == TakenBack(0, 0)
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


def one_of(name):
    return db.session.scalars(select(Appointment).join(Person, Person.id == Appointment.person_id).where(Person.given_name == name)).one()


def but(*left_out):
    """The whole set without these people."""
    rest = {user: one for user, one in PEOPLE.items() if user not in left_out}
    return a_set(users=users("1.2", **rest), roles=roles(**rest))


def ada_from(first, until=""):
    rows = roles()
    rows[0] |= {"beginDate": first, "endDate": until}
    return a_set(roles=rows)


def test_what_hasnt_begun_is_ended_once_and_can_be_taken_back(district):
    take(district, ada_from("2027-08-01"))
    one = read_for(district, texts(but("u1")))
    importing.apply(one, end_many=True, by=None, today=TODAY, now=NOW)
    assert one_of("Ada").last_day == date(2027, 8, 1)
    assert take(district, but("u1")).changes == 0

    olga = db.session.scalars(select(Person).where(Person.given_name == "Olga")).one()
    assert take_back(one, [one_of("Ada").person_id], by=olga, today=TODAY, now=NOW) == TakenBack(1, 0)
    assert one_of("Ada").last_day is None


def test_what_is_still_to_come_begins_when_the_roster_says_so_by_now(district):
    take(district, ada_from("2027-08-01"))
    take(district, ada_from("2027-09-01"))
    assert one_of("Ada").first_day == date(2027, 9, 1)

    take(district, ada_from("2027-02-01", "2027-03-15"))
    assert (one_of("Ada").first_day, one_of("Ada").last_day) == (date(2027, 2, 1), date(2027, 3, 14))
    assert take(district, ada_from("2027-02-01", "2027-03-15")).changes == 0

    # What has begun has begun.
    take(district, ada_from("2027-02-15", "2027-03-15"))
    assert one_of("Ada").first_day == date(2027, 2, 1)


def test_a_role_whose_last_day_goes_by_before_it_is_applied_is_not_begun(district):
    one = read_for(district, texts(ada_from("", "2027-03-02")))
    tomorrow = {"by": None, "end_many": False, "today": date(2027, 3, 2), "now": NOW + timedelta(days=1)}
    with pytest.raises(Refused, match="has changed since this was read"):
        importing.apply(one, **tomorrow)
    importing.look(one, today=date(2027, 3, 2))
    assert importing.apply(one, **tomorrow).appointments.new == 4


@pytest.mark.parametrize("how", ["ended", "switched off"])
def test_the_last_who_runs_the_program_isnt_ended_nor_switched_off(district, how):
    take(district, a_set())
    off = users("1.2")
    off[3]["enabledUser"] = "false"
    with pytest.raises(Refused, match="After it nobody runs the program"):
        take(district, but("u4") if how == "ended" else a_set(users=off), end_many=True)
    db.session.rollback()


def test_what_somebody_changed_since_stays_when_the_rest_is_taken_back(district):
    take(district, a_set())
    one = read_for(district, texts(but("u1", "u2")))
    importing.apply(one, end_many=True, by=None, today=TODAY, now=NOW)
    one_of("Ben").last_day = date(2027, 6, 30)
    olga = db.session.scalars(select(Person).where(Person.given_name == "Olga")).one()

    assert take_back(one, [one_of("Ada").person_id, one_of("Ben").person_id], by=olga, today=TODAY, now=NOW) == TakenBack(1, 1)

    assert (one_of("Ada").last_day, one_of("Ben").last_day) == (None, date(2027, 6, 30))


def test_a_school_and_a_term_that_a_roster_ended_can_be_taken_back(district):
    take(district, a_set())
    only = {"orgs": [ORGS[0], ORGS[1]], "academicSessions": [TERMS[0]]}
    people = {user: PEOPLE[user] for user in ("u1", "u3", "u4")}
    one = read_for(district, texts(a_set(**only, users=users("1.2", **people), roles=roles(**people))))
    importing.apply(one, end_many=True, by=None, today=TODAY, now=NOW)
    olga = db.session.scalars(select(Person).where(Person.given_name == "Olga")).one()
    school, term = closed_schools(one), ended_terms(one)
    assert ([s.name for s in school], [t.name for t in term]) == (["Oak Hill"], ["Fall"])

    assert open_again(one, [school[0].id], by=olga, now=NOW) == 1
    assert take_up_again(one, [term[0].id], by=olga, now=NOW) == 1

    assert (db.session.get_one(School, school[0].id).closed_on, db.session.get_one(Term, term[0].id).ended_on) == (None, None)
    assert [row.stands for row in (*closed_schools(one), *ended_terms(one))] == [False, False]
    assert open_again(one, [school[0].id], by=olga, now=NOW) == 0


def test_what_somebody_closed_ended_or_set_for_a_day_to_come_isnt_undone_in_the_night(district):
    take(district, a_set())
    olga = db.session.scalars(select(Person).where(Person.given_name == "Olga")).one()
    school = db.session.scalars(select(School).where(School.name == "Alder Creek")).one()
    term = db.session.scalars(select(Term).order_by(Term.id)).first()
    close_school(school, day=date(2027, 6, 30), reason="It merges.", by=olga, now=NOW)
    end_term(term, today=TODAY, by=olga, now=NOW)
    leave(one_of("Ben").person, last_day=date(2027, 6, 30), reason="Retires.", by=olga, now=NOW)
    next_year = Appointment(
        district_id=district.id,
        person_id=one_of("Ada").person_id,
        role="teacher",
        school_id=one_of("Ben").school_id,
        first_day=date(2027, 8, 1),
        source="roster",
    )
    db.session.add(next_year)
    db.session.flush()
    history.record(olga, "appointed", next_year, NOW)

    did = take(district, a_set())

    assert did.changes == 0
    assert (school.closed_on, term.ended_on, one_of("Ben").last_day) == (date(2027, 6, 30), TODAY, date(2027, 6, 30))
    assert next_year.last_day is None
    take(district, a_set(orgs=[row | {"name": f"{row['name']} A"} for row in ORGS]))
    db.session.expire_all()
    assert (school.name, school.closed_on) == ("Alder Creek A", date(2027, 6, 30))
