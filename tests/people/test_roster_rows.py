"""Each kind of bad row seen in the wild (domain.md, section 2): what is said of which row, and that the good ones don't wait."""

import pytest
from sqlalchemy import func, select

from seminar.ground.db import db
from seminar.people.appointment import Appointment
from seminar.people.email_address import EmailAddress
from seminar.people.person import Person
from seminar.people.roster import importing
from seminar.people.roster.files import read_set
from seminar.people.roster.found import WrongSet
from seminar.people.roster.outcome import outcome_of
from seminar.people.roster.rows import COLUMNS
from seminar.people.roster.staged import RosterFinding, StagedRole
from seminar.people.school import School
from tests.cast import NOW, TODAY, a_cast, a_district
from tests.people.rosters import (
    ORGS,
    TERMS,
    a_set,
    changed,
    found,
    gone,
    opened_in_memory,
    read_for,
    roles,
    sentences,
    texts,
    users,
)


@pytest.fixture
def district(db_session):
    return a_district("R")


DELTA = {"version": "1.2", "kind": "delta"}
# What is wrong with the set -> what is said of it. Line 2 is the first row.
BULK_ROWS = {
    "status filled in a bulk file": (
        a_set(users=changed(users("1.2"), 0, status="active")),
        ("users.csv", 2, "status", "active", True),
    ),
    "tobedeleted in a bulk file": (
        a_set(users=changed(users("1.2"), 0, status="tobedeleted")),
        ("users.csv", 2, "status", "tobedeleted", True),
    ),
    "TRUE instead of true": (a_set(users=changed(users("1.2"), 0, enabledUser="TRUE")), ("users.csv", 2, "enabledUser", "TRUE", True)),
    "no address": (a_set(users=changed(users("1.2"), 0, email="")), ("users.csv", 2, "email", "", True)),
    "no address that can be": (a_set(users=changed(users("1.2"), 0, email="ada at r")), ("users.csv", 2, "email", "ada at r", True)),
    "no name": (a_set(users=changed(users("1.2"), 0, familyName="")), ("users.csv", 2, "familyName", "", False)),
    "no id": (a_set(users=changed(users("1.2"), 0, sourcedId="")), ("users.csv", 2, "sourcedId", "", False)),
    "an id that can't be": (a_set(roles=changed(roles(), 0, userSourcedId="u 1")), ("roles.csv", 2, "userSourcedId", "u 1", False)),
    "an id twice": (a_set(users=[*users("1.2"), users("1.2")[0]]), ("users.csv", 10, "sourcedId", "u1", False)),
    "an address twice": (a_set(users=changed(users("1.2"), 1, email="u1@r.example")), ("users.csv", 3, "email", "u1@r.example", False)),
    "a role of nobody": (a_set(roles=[*roles(), *roles(x9=("X", "teacher", "S1"))]), ("roles.csv", 10, "userSourcedId", "x9", False)),
    "no row in roles.csv": (a_set(roles=roles()[1:]), ("users.csv", 2, "sourcedId", "", False)),
    "a role that isn't one": (a_set(roles=changed(roles(), 0, role="wizard")), ("roles.csv", 2, "role", "wizard", False)),
    "a role in other letters": (a_set(roles=changed(roles(), 0, role="Teacher")), ("roles.csv", 2, "role", "Teacher", True)),
    "a role at no school": (a_set(roles=changed(roles(), 0, orgSourcedId="S9")), ("roles.csv", 2, "orgSourcedId", "S9", False)),
    "an ambiguous day": (a_set(roles=changed(roles(), 0, beginDate="1/05/2023")), ("roles.csv", 2, "beginDate", "1/05/2023", False)),
    "a parent that isn't there": (a_set(orgs=changed(ORGS, 1, parentSourcedId="X")), ("orgs.csv", 3, "parentSourcedId", "X", True)),
    "a department of nowhere": (a_set(orgs=changed(ORGS, 3, parentSourcedId="X")), ("orgs.csv", 5, "parentSourcedId", "X", False)),
    "parents in a circle": (
        a_set(
            orgs=[*ORGS, *({"sourcedId": a, "name": a, "type": "department", "parentSourcedId": b} for a, b in (("A", "B"), ("B", "A")))]
        ),
        ("orgs.csv", 6, "parentSourcedId", "B", False),
    ),
    "a type that isn't one": (a_set(orgs=changed(ORGS, 1, type="college")), ("orgs.csv", 3, "type", "college", False)),
    "a name twice": (a_set(orgs=changed(ORGS, 2, name="Alder Creek")), ("orgs.csv", 4, "name", "Alder Creek", False)),
    "a term that ends before it begins": (
        a_set(academicSessions=changed(TERMS, 1, endDate="2026-08-17")),
        ("academicSessions.csv", 3, "endDate", "2026-08-17", False),
    ),
    "a term's ambiguous day": (
        a_set(academicSessions=changed(TERMS, 1, startDate="1/05/2023")),
        ("academicSessions.csv", 3, "startDate", "1/05/2023", False),
    ),
}


@pytest.mark.parametrize("what", BULK_ROWS)
def test_a_bad_row_of_a_bulk_set_is_named_and_the_good_ones_are_taken(district, what):
    files, said = BULK_ROWS[what]

    one = read_for(district, texts(files))

    assert said in found(one)
    assert importing.apply(one, end_many=False, by=None, today=TODAY, now=NOW).people.new >= 3


DELTA_ROWS = {
    "inactive": ({"status": "inactive"}, ("users.csv", 2, "status", "inactive", True)),
    "no status": ({"status": ""}, ("users.csv", 2, "status", "", False)),
    "a status that isn't one": ({"status": "retired"}, ("users.csv", 2, "status", "retired", False)),
    "no time of change": ({"dateLastModified": ""}, ("users.csv", 2, "dateLastModified", "", True)),
    "a day where a time belongs": ({"dateLastModified": "2027-02-01"}, ("users.csv", 2, "dateLastModified", "2027-02-01", True)),
    "a local time": ({"dateLastModified": "2017-05-06 08:01:05"}, ("users.csv", 2, "dateLastModified", "2017-05-06 08:01:05", True)),
}


@pytest.mark.parametrize("what", DELTA_ROWS)
def test_a_bad_row_of_a_delta_is_named(district, what):
    importing.apply(read_for(district, texts(a_set())), end_many=False, by=None, today=TODAY, now=NOW)
    values, said = DELTA_ROWS[what]

    one = read_for(district, texts(a_set(kind="delta", users=changed(users("1.2")[:2], 0, **values)), kind="delta"))

    assert said in found(one)


def test_inactive_ends_like_tobedeleted(district):
    importing.apply(read_for(district, texts(a_set())), end_many=False, by=None, today=TODAY, now=NOW)
    one = read_for(district, texts(a_set(kind="delta", users=[users("1.2")[0] | {"status": "inactive"}]), kind="delta"))
    assert outcome_of(one, TODAY).people.ended == 1


def test_passwords_are_read_by_nobody(district):
    one = read_for(district, texts(a_set(users=changed(users("1.2"), 0, password="hunter2"))))
    importing.apply(one, end_many=False, by=None, today=TODAY, now=NOW)
    assert all("hunter2" not in repr(row) for table in db.metadata.sorted_tables for row in db.session.execute(select(table)))


def test_a_refused_row_is_not_a_missing_one_and_ends_nobody(district):
    importing.apply(read_for(district, texts(a_set())), end_many=False, by=None, today=TODAY, now=NOW)

    for bad in (
        a_set(users=changed(users("1.2"), 0, familyName="")),
        a_set(roles=changed(roles(), 0, role="wizard")),
        a_set(roles=changed(roles(), 0, orgSourcedId="S9")),
        a_set(roles=roles()[1:]),
        # It might be anybody's.
        a_set(users=changed(users("1.2"), 0, sourcedId="")),
        a_set(users=changed(users("1.2"), 0, sourcedId="u 1")),
    ):
        outcome = outcome_of(read_for(district, texts(bad)), TODAY)
        assert (outcome.refused > 0, outcome.people.ended, outcome.appointments.ended) == (True, 0, 0)


def zeros(number, keep):
    people = {f"{n:05d}" if n >= keep else str(n): ("P", "teacher", "S1") for n in range(1, number)}
    return a_set(users=users("1.2", **people), roles=roles(**people))


def test_one_id_that_lost_its_zeros_is_refused_and_ends_nobody(district):
    importing.apply(read_for(district, texts(zeros(30, 0))), end_many=False, by=None, today=TODAY, now=NOW)

    one = read_for(district, texts(zeros(30, 2)))

    assert ("users.csv", 2, "sourcedId", "1", False) in found(one)
    assert (outcome_of(one, TODAY).people.ended, outcome_of(one, TODAY).people.new) == (0, 0)


def test_ids_that_all_lost_their_zeros_are_a_wrong_set(district):
    importing.apply(read_for(district, texts(zeros(30, 0))), end_many=False, by=None, today=TODAY, now=NOW)
    with pytest.raises(WrongSet, match="29 ids have lost the zeros"):
        read_for(district, texts(zeros(30, 30)))


def test_the_address_of_somebody_known_under_another_id_is_refused_and_ends_neither(district):
    importing.apply(read_for(district, texts(a_set())), end_many=False, by=None, today=TODAY, now=NOW)
    renamed = changed(users("1.2"), 0, sourcedId="n1")

    one = read_for(district, texts(a_set(users=renamed, roles=changed(roles(), 0, userSourcedId="n1"))))

    assert ("users.csv", 2, "email", "u1@r.example", False) in found(one)
    assert "known under the id u1" in " ".join(sentences(one))
    assert outcome_of(one, TODAY).people.ended == 0


def test_the_address_of_another_district_is_refused(district):
    a_cast("B", {"stan": "teacher"})
    one = read_for(district, texts(a_set(users=changed(users("1.2"), 0, email="stan@b.example"))))
    assert ("users.csv", 2, "email", "stan@b.example", False) in found(one)


def test_a_delta_may_refer_to_what_an_earlier_set_told(district):
    importing.apply(read_for(district, texts(a_set())), end_many=False, by=None, today=TODAY, now=NOW)
    new = {"n1": ("New", "teacher", "DEP")}
    one = read_for(district, texts(a_set(kind="delta", users=users("1.2", **new), roles=roles(**new)), kind="delta"))
    assert (found(one), outcome_of(one, TODAY).appointments.new) == ([], 1)


def test_an_unknown_person_that_a_delta_deletes_is_nobodys_matter(district):
    importing.apply(read_for(district, texts(a_set())), end_many=False, by=None, today=TODAY, now=NOW)
    one = read_for(district, texts(a_set("1.1", kind="delta", users=[gone(**users("1.1")[0] | {"sourcedId": "x"})]), "1.1", kind="delta"))
    assert outcome_of(one, TODAY).changes == 0


def test_many_bad_rows_are_counted_and_listed_in_the_order_of_the_file(district):
    rows = [row | {"familyName": ""} for row in users("1.2")]
    one = read_for(district, texts(a_set(users=rows)))
    refused = [line for file, line, _, _, taken in found(one) if file == "users.csv" and not taken]
    assert refused == sorted(refused)
    assert len(refused) == 6
    assert db.session.scalar(select(func.count()).select_from(Appointment)) == 0
    assert db.session.scalar(select(func.count()).select_from(Person)) == 0


def test_where_a_row_without_an_id_might_be_anybodys_nobody_is_ended(district):
    importing.apply(read_for(district, texts(a_set("1.1"), "1.1")), end_many=False, by=None, today=TODAY, now=NOW)
    outcome = outcome_of(read_for(district, texts(a_set("1.1", users=changed(users("1.1"), 0, sourcedId="")), "1.1")), TODAY)
    assert (outcome.people.refused, outcome.people.ended, outcome.appointments.ended) == (1, 0, 0)


def test_no_row_has_a_password_in_it(district):
    files = texts(a_set(users=changed(users("1.2"), 0, password="hunter2")))
    rows = list(read_set(opened_in_memory(files)).rows("users.csv", lambda finding: None))
    assert rows[0]["sourcedId"] == "u1"
    assert "hunter2" not in repr(rows)


def one_line(row, version="1.1"):
    return ",".join(row.get(name, "") for name in COLUMNS[version, "users.csv"]).encode()


ODD_LINES = {
    "a byte of Windows": lambda line: line.replace(b"Pupil", b"Pupil \xd1"),
    "a line break": lambda line: line.replace(b"Pupil", b'"Pupil\nDiaz"'),
    "too many columns": lambda line: line + b",,,,x",
    "a NUL": lambda line: line.replace(b"Pupil", b"Pu\x00pil"),
    "too few columns": lambda line: line.rstrip(b","),
}


@pytest.mark.parametrize("odd", ODD_LINES)
@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_nothing_of_a_pupils_odd_line_is_kept(district, version, odd):
    pupil = users(version, p1=("Pupil", "student", "S1"))[0]
    files = texts(a_set(version, users=users(version)), version)
    line = one_line(pupil, version)
    assert line in files["users.csv"]
    files["users.csv"] = files["users.csv"].replace(line, ODD_LINES[odd](line))

    one = read_for(district, files)

    said = [repr((row.value, row.about, row.also, row.other)) for row in db.session.scalars(select(RosterFinding))]
    assert not [text for text in said if "upil" in text or "p1" in text]
    assert outcome_of(one, TODAY).people.new == 6


def test_a_role_that_isnt_one_leaves_no_id_of_whom_we_dont_know(district):
    read_for(district, texts(a_set(roles=changed(roles(), 6, role="wizard"))))
    assert "p1" not in [row.about for row in db.session.scalars(select(RosterFinding))]


AND_SO_ON = {"sourcedId": "r-x", "userSourcedId": "u1", "roleType": "primary", "role": "aide", "orgSourcedId": "S1"}
NOTED = {
    "passwords": (a_set(users=changed(users("1.2"), 2, password="hunter2")), ("users.csv", 4, "password", "", True)),
    "a year that is part of a term": (
        a_set(academicSessions=changed(TERMS, 0, parentSourcedId="T1")),
        ("academicSessions.csv", 2, "parentSourcedId", "T1", True),
    ),
    "a session of no other": (
        a_set(academicSessions=changed(TERMS, 1, parentSourcedId="Y9")),
        ("academicSessions.csv", 3, "parentSourcedId", "Y9", True),
    ),
    "sessions in a circle": (
        a_set(academicSessions=[TERMS[0], *(TERMS[1] | {"sourcedId": a, "parentSourcedId": b} for a, b in (("T1", "T2"), ("T2", "T1")))]),
        ("academicSessions.csv", 4, "parentSourcedId", "T1", True),
    ),
    "a second primary role": (a_set(roles=[*roles(), AND_SO_ON]), ("roles.csv", 10, "roleType", "S1", True)),
    "inactive in a bulk file": (a_set(users=changed(users("1.2"), 0, status="inactive")), ("users.csv", 2, "status", "inactive", True)),
    "a term without a title": (
        a_set(academicSessions=changed(TERMS, 1, title="")),
        ("academicSessions.csv", 3, "title", "", False),
    ),
    "a year in other digits": (
        a_set(academicSessions=changed(TERMS, 1, schoolYear="²")),
        ("academicSessions.csv", 3, "schoolYear", "²", False),
    ),
}


@pytest.mark.parametrize("what", NOTED)
def test_what_else_is_seen_in_the_wild_is_named(district, what):
    files, said = NOTED[what]
    one = read_for(district, texts(files))
    assert said in found(one)
    assert "hunter2" not in repr(sentences(one))


def test_primary_roles_one_after_the_other_are_as_they_should_be(district):
    before = AND_SO_ON | {"endDate": "2026-12-01"}
    since = changed(roles(), 0, beginDate="2026-12-01")
    assert found(read_for(district, texts(a_set(roles=[*since, before])))) == []


def apply(district, files, version="1.2", kind="bulk", end_many=False):
    one = read_for(district, texts(files, version, kind))
    return importing.apply(one, end_many=end_many, by=None, today=TODAY, now=NOW), one


def test_an_address_that_a_refused_row_would_have_given_up_isnt_free(district):
    apply(district, a_set("1.1"), "1.1")
    db.session.add(Person(district_id=district.id, given_name="Cleo", family_name="Hand", email="cleo@r.example", sourced_id="x"))
    db.session.flush()
    rows = changed(changed(users("1.1"), 0, email="cleo@r.example"), 1, email="u1@r.example", familyName="Ruiz")

    did, one = apply(district, a_set("1.1", users=changed(rows, 2, familyName="Ruiz")), "1.1")

    assert {("users.csv", 2, "email", "cleo@r.example", False), ("users.csv", 3, "email", "u1@r.example", False)} <= set(found(one))
    assert (did.people.changed, did.people.ended) == (1, 0)


def test_the_address_of_somebody_added_by_hand_says_what_to_do(district):
    apply(district, a_set())
    db.session.add(Person(district_id=district.id, given_name="Cleo", family_name="Hand", email="cleo@r.example"))
    db.session.flush()
    one = read_for(district, texts(a_set(users=changed(users("1.2"), 0, email="cleo@r.example"))))
    assert "was added by hand. If they are one person, merge the two records" in " ".join(sentences(one))


def test_two_rows_by_two_addresses_of_one_person_are_not_taken_both(district):
    ada = Person(district_id=district.id, given_name="Ada", family_name="Diaz", email="u1@r.example")
    db.session.add(ada)
    db.session.flush()
    db.session.add(EmailAddress(district_id=district.id, person_id=ada.id, address="u2@r.example", confirmed_at=NOW))
    db.session.flush()

    _, one = apply(district, a_set("1.1"), "1.1")

    assert ("users.csv", 3, "email", "u2@r.example", False) in found(one)
    assert (ada.sourced_id, apply(district, a_set("1.1"), "1.1")[0].changes) == ("u1", 0)


def names():
    return dict(db.session.execute(select(School.sourced_id, School.name)).all())


@pytest.mark.parametrize("new", [("Oak Hill", "Alder Creek"), ("Oak Hill", "East")])
def test_schools_may_swap_names_or_pass_one_on(district, new):
    apply(district, a_set())
    apply(district, a_set(orgs=changed(changed(ORGS, 1, name=new[0]), 2, name=new[1])))
    assert names() == {"S1": new[0], "S2": new[1]}


def closed():
    return db.session.scalar(select(func.count()).select_from(School).where(School.closed_on.is_not(None)))


def test_a_school_under_a_new_id_is_refused_and_the_one_that_is_there_isnt_closed(district):
    apply(district, a_set())
    moved = [row | {"orgSourcedId": "N1"} if row["orgSourcedId"] == "S1" else row for row in roles()]

    did, one = apply(district, a_set(orgs=changed(ORGS, 1, sourcedId="N1"), roles=moved))

    assert ("orgs.csv", 3, "identifier", "0101", False) in found(one)
    assert "known under the id S1" in " ".join(sentences(one))
    assert (closed(), did.appointments.ended) == (0, 0)


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_school_of_which_a_refused_row_speaks_isnt_closed(district, version):
    rows = users("1.1")
    both = {"users": changed(rows, 0, orgSourcedIds="S1,S2")} if version == "1.1" else {}
    apply(district, a_set(version, **both), version)

    did, one = apply(district, a_set(version, orgs=ORGS[:2], **both), version)

    assert (closed(), did.appointments.ended, did.refused > 0) == (0, 0, True)
    assert "No school and no district has the id S2." in " ".join(sentences(one))


def schools(count, whole):
    return [{"sourcedId": "D", "name": "R", "type": "district"}] + [
        {"sourcedId": f"{n:04d}" if n in whole else str(n), "name": f"School {n}", "type": "school", "parentSourcedId": "D"}
        for n in range(1, count)
    ]


def test_a_schools_id_that_lost_its_zeros_is_named_and_closes_nothing(district):
    apply(district, {"orgs.csv": schools(20, range(20))})

    did, one = apply(district, {"orgs.csv": schools(20, range(2, 20))})

    assert ("orgs.csv", 3, "sourcedId", "1", False) in found(one)
    assert "a school is known under the id 0001" in " ".join(sentences(one))
    assert (closed(), did.schools.new) == (0, 0)
    with pytest.raises(WrongSet, match="19 ids have lost the zeros"):
        read_for(district, texts({"orgs.csv": schools(20, ())}))


def test_pupils_of_a_delta_whose_roles_didnt_change_are_nothing_odd(district):
    apply(district, a_set())
    pupils = [users("1.2")[6], gone(sourcedId="p9")]

    did, one = apply(district, a_set(kind="delta", users=pupils), kind="delta")

    assert (did.refused, found(one)) == (0, [("users.csv", 0, "sourcedId", "2", True)])


def test_what_a_delta_deletes_needn_t_say_more_than_its_id(district):
    apply(district, a_set("1.1"), "1.1")
    did, _ = apply(district, a_set("1.1", kind="delta", users=[gone(sourcedId="u1"), gone(sourcedId="p9")]), "1.1", "delta", end_many=True)
    assert (did.people.ended, did.refused) == (1, 0)

    apply(district, a_set())
    did, _ = apply(district, a_set(kind="delta", roles=[gone(sourcedId="r-u2"), gone(sourcedId="r-p9")]), kind="delta", end_many=True)
    assert (did.appointments.ended, did.refused) == (1, 0)
    assert db.session.scalar(select(func.count()).select_from(StagedRole)) == 0


def test_a_role_that_a_delta_deletes_without_saying_which_is_refused(district):
    apply(district, a_set())
    one = read_for(district, texts(a_set(kind="delta", roles=[gone(userSourcedId="u2")]), kind="delta"))
    assert ("roles.csv", 2, "sourcedId", "", False) in found(one)


def test_who_goes_holds_nothing_though_a_role_says_so(district):
    apply(district, a_set())
    rows = changed(users("1.2"), 0, status="tobedeleted")
    did, _ = apply(district, a_set(users=rows), end_many=True)
    assert (did.people.ended, apply(district, a_set(users=rows))[0].changes) == (1, 0)
