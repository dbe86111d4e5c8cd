"""Each kind of bad row seen in the wild (domain.md, section 2): what is said of which row, and that the good ones don't wait."""

import pytest
from sqlalchemy import func, select

from seminar.ground.db import db
from seminar.people.appointment import Appointment
from seminar.people.person import Person
from seminar.people.roster import importing
from seminar.people.roster.files import read_set
from seminar.people.roster.found import WrongSet
from seminar.people.roster.outcome import outcome_of
from seminar.people.roster.rows import COLUMNS
from tests.cast import NOW, TODAY, a_cast, a_district
from tests.people.rosters import ORGS, TERMS, a_set, as_text, gone, opened_in_memory, read_for, roles, table, texts, users


@pytest.fixture
def district(db_session):
    return a_district("R")


def found(one):
    """By file, line and column: the value, and whether the row was taken."""
    return [(row.file, row.line, row.column, row.value, row.taken) for row in importing.findings(one)]


def sentences(one):
    return [row.reason.format(**row.values) for row in importing.findings(one)]


def changed(rows, number, **values):
    return [row | values if n == number else row for n, row in enumerate(rows)]


DELTA = {"version": "1.2", "kind": "delta"}
# What is wrong with the set -> what is said of it. Line 2 is the first row.
BULK_ROWS = {
    "status filled in a bulk file": (
        a_set(users=changed(users("1.2"), 0, status="active")),
        ("users.csv", 2, "status", "active", True),
    ),
    "tobedeleted in a bulk file": (
        a_set(users=changed(users("1.2"), 0, status="tobedeleted")),
        ("users.csv", 2, "status", "tobedeleted", False),
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


def lines(*rows):
    return as_text([list(row) for row in rows])


HEAD = list(COLUMNS["1.1", "orgs.csv"])
FILES = {
    "a heading that is misspelled": (
        {"users.csv": table(users("1.2"), COLUMNS["1.2", "users.csv"]).replace(b"preferredGivenName", b"prefferedGivenName")},
        ("users.csv", 1, "preferredGivenName", "prefferedGivenName", True),
    ),
    "headings without a name at the end": (
        {"orgs.csv": lines([*HEAD, "", ""], *([*(row.get(name, "") for name in HEAD), "", ""] for row in ORGS))},
        ("orgs.csv", 1, "", "", True),
    ),
    "a short row": (
        {"orgs.csv": lines(HEAD, *([row.get(name, "") for name in HEAD][: 4 + (n > 0) * 3 + 1] for n, row in enumerate(ORGS)))},
        ("orgs.csv", 2, "", "", True),
    ),
    "a row with a comma too many": (
        {"orgs.csv": table(ORGS, HEAD) + b"S9,,,Oak, Hill,school,,D\r\n"},
        ("orgs.csv", 6, "", "", False),
    ),
    "columns in another order": ({"orgs.csv": table(ORGS, HEAD[::-1])}, ("orgs.csv", 1, "", "", True)),
    "metadata in the middle": ({"orgs.csv": table(ORGS, ["metadata.x", *HEAD])}, ("orgs.csv", 1, "", "", True)),
    "a byte of Windows": (
        {"orgs.csv": table(ORGS, HEAD).replace(b"Oak Hill", b"Oak Hill \xd1")},
        ("orgs.csv", 4, "name", "Oak Hill Ñ", True),
    ),
}


@pytest.mark.parametrize("what", FILES)
def test_what_is_wrong_with_a_file_is_named_and_it_is_read_all_the_same(district, what):
    files, said = FILES[what]

    one = read_for(district, texts(a_set()) | files)

    assert said in found(one)
    assert importing.apply(one, end_many=False, by=None, today=TODAY, now=NOW).people.new == 6


def test_a_byte_order_mark_is_passed_over(district):
    files = texts(a_set())
    one = read_for(district, {name: b"\xef\xbb\xbf" + text for name, text in files.items()})
    assert (found(one), outcome_of(one, TODAY).people.new) == ([], 6)


def test_a_good_set_has_nothing_wrong_with_it(district):
    assert found(read_for(district, texts(a_set("1.1"), "1.1"))) == []
    assert found(read_for(district, texts(a_set()))) == []


SETS = {
    "no manifest": ({name: text for name, text in texts(a_set()).items() if name != "manifest.csv"}, "There is no manifest.csv"),
    "nothing in it": ({}, "There is no file in it"),
    "another version": (texts(a_set(), **{"oneroster.version": "2.0"}), "We read 1.1 and 1.2"),
    "a file that isn't there": (
        {name: text for name, text in texts(a_set()).items() if name != "orgs.csv"},
        "speaks of orgs.csv, and it isn't there",
    ),
    "a file said to be absent": (texts(a_set(), **{"file.orgs": "absent"}), "orgs.csv is there, and manifest.csv says that it is absent"),
    "a bulk file without rows": (texts(a_set(users=[])), "users.csv is a bulk file without a row"),
    "users without roles": (texts(a_set(roles=None)), "roles.csv, which says what these people do, isn't in the set"),
    "no column of ids": (texts(a_set()) | {"users.csv": b"id,name\r\n1,Ada\r\n"}, "users.csv has no column sourcedId"),
    "UTF-16": (texts(a_set()) | {"users.csv": "sourcedId".encode("utf-16")}, "written in UTF-16"),
    "Microsoft's": (
        {
            "users.csv": b"sourcedId,username\r\n1,a\r\n",
            "roles.csv": b"userSourcedId,orgSourcedId,role,sessionSourcedId,grade,isPrimary,roleStartDate,roleEndDate\r\n",
        },
        "Microsoft's School Data Sync",
    ),
    "Microsoft's first": ({"School.csv": b"", "Teacher.csv": b""}, "Microsoft's School Data Sync"),
}


@pytest.mark.parametrize("what", SETS)
def test_a_set_that_is_wrong_as_a_whole_says_why(district, what):
    files, sentence = SETS[what]
    with pytest.raises(WrongSet, match=sentence):
        read_for(district, files)


@pytest.mark.parametrize("folder", ["export/", "a/b/"])
def test_a_nested_folder_and_litter_are_named_and_passed_over(district, folder):
    files = {folder + name: text for name, text in texts(a_set()).items()}
    one = read_for(district, files | {"__MACOSX/export/._users.csv": b"x", "export/.DS_Store": b"x"})
    assert found(one) == [("manifest.csv", 0, "", folder.rstrip("/"), True)]


def test_a_file_in_other_letters_is_named_and_read(district):
    files = texts(a_set())
    files["Users.CSV"] = files.pop("users.csv")
    assert found(read_for(district, files)) == [("users.csv", 0, "", "Users.CSV", True)]


def test_a_manifest_value_that_is_blank_and_an_absent_system_are_named(district):
    one = read_for(district, texts(a_set(), **{"file.results": "", "source.systemName": "absent"}))
    assert [(column, value) for _, _, column, value, _ in found(one)] == [("value", "file.results"), ("value", "absent")]


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
