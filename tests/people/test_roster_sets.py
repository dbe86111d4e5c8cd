"""Roster sets and files that are wrong or odd as a whole: a set that can't be read says why, the rest is named and read all the same."""

import pytest

from seminar.people.roster import importing
from seminar.people.roster.found import WrongSet
from seminar.people.roster.outcome import outcome_of
from seminar.people.roster.rows import COLUMNS
from tests.cast import NOW, TODAY, a_district
from tests.people.rosters import ORGS, a_set, as_text, found, read_for, sentences, table, texts, users


@pytest.fixture
def district(db_session):
    return a_district("R")


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


GOOD = texts(a_set())
SETS = {
    "no manifest": ({name: text for name, text in texts(a_set()).items() if name != "manifest.csv"}, "There is no manifest.csv"),
    "a spreadsheet": ({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>"}, "This is a spreadsheet."),
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
    "two sets in one zip": (
        {f"{year}/{name}": text for year in (2025, 2026) for name, text in GOOD.items()},
        "several sets in it: 2025/manifest.csv, 2026/manifest.csv",
    ),
    "a file without a byte": (GOOD | {"users.csv": b""}, "users.csv is empty"),
    "headings that don't close": (
        GOOD | {"users.csv": GOOD["users.csv"].replace(b"pronouns", b'"pronouns')},
        "marks of the first line of users.csv don't close",
    ),
    "a manifest that doesn't close": (GOOD | {"manifest.csv": GOOD["manifest.csv"] + b'"x\r\n'}, "Line 8 of manifest.csv can't be read"),
    "a manifest without end": (GOOD | {"manifest.csv": GOOD["manifest.csv"] + b"x" * 200_000}, "Line 8 of manifest.csv can't be read"),
    "a file of which the manifest says nothing": (
        GOOD | {"manifest.csv": GOOD["manifest.csv"].replace(b"file.orgs,bulk\r\n", b"")},
        "orgs.csv is there, and manifest.csv has no line for it",
    ),
    "1.1 said of 1.2's columns": (
        texts(a_set("1.1"), "1.1") | {"users.csv": GOOD["users.csv"]},
        "users.csv has the columns of OneRoster 1.2, and manifest.csv says 1.1",
    ),
    "1.2 said of 1.1's columns": (
        texts(a_set("1.1"), "1.1", **{"oneroster.version": "1.2"}),
        "it is OneRoster 1.1, and manifest.csv has to say so",
    ),
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


HEADINGS = {
    "a byte of Windows": (b"pronouns", b"pronou\xf1s", "is spelled pronouns in the standard"),
    "a NUL": (b"pronouns", b"pro\x00xyz", "has no column proxyz"),
}


@pytest.mark.parametrize("what", HEADINGS)
def test_a_heading_with_odd_characters_is_named(district, what):
    old, new, sentence = HEADINGS[what]
    files = texts(a_set())
    one = read_for(district, files | {"users.csv": files["users.csv"].replace(old, new)})
    assert sentence in " ".join(sentences(one))


def test_a_quotation_mark_that_doesnt_close_costs_its_own_line_alone(district):
    files = texts(a_set())
    one = read_for(district, files | {"users.csv": files["users.csv"].replace(b"Ada,", b'"Ada,')})
    assert ("users.csv", 2, "", "", False) in found(one)
    assert outcome_of(one, TODAY).people.new == 5


def test_a_row_that_goes_on_in_the_next_line_is_read_with_a_space(district):
    files = texts(a_set())
    one = read_for(district, files | {"users.csv": files["users.csv"].replace(b"Ada,", b'"Ada\r\nMay",')})
    assert found(one) == [("users.csv", 2, "givenName", "Ada May", True)]
    assert outcome_of(one, TODAY).people.new == 6


def test_a_line_without_an_end_is_refused_and_not_kept_in_memory(district):
    files = texts(a_set())
    one = read_for(district, files | {"users.csv": files["users.csv"].replace(b"Ada,", b"A" * 300_000 + b",")})
    assert ("users.csv", 2, "", "", False) in found(one)
    assert "longer than any row" in " ".join(sentences(one))
    assert outcome_of(one, TODAY).people.new == 5


def test_a_file_that_we_dont_read_in_other_letters_is_named(district):
    one = read_for(district, texts(a_set()) | {"userprofiles.csv": b""})
    assert found(one) == [("userProfiles.csv", 0, "", "userprofiles.csv", True)]


def test_a_manifest_in_other_letters_is_read(district):
    files = texts(a_set())
    files["Manifest.csv"] = files.pop("manifest.csv").replace(b"file.users", b"file.Users")
    one = read_for(district, files)
    assert ("manifest.csv", 6, "propertyName", "file.Users", True) in found(one)
    assert outcome_of(one, TODAY).people.new == 6
