"""Whatever is typed into an address or a form, nobody is answered with a fault of ours, and nothing comes back unescaped."""

import pytest
from flask import Flask

from tests.databases import KIND, POSTGRESQL_IN_THE_DEEP_RUN
from tests.pages.doors import EVERYBODY, a_full_district, client_of, rules, url_of

pytestmark = POSTGRESQL_IN_THE_DEEP_RUN

NONSENSE = [
    "0",
    "-1",
    "999999999999999999999999",
    "9999-12-31",
    "0001-01-01",
    "2027-02-30",
    "\x00",
    "<script>alert(1)</script>'\"%{}{{7*7}}%(x)s",
    "é漢🖨" * 70,
    "٣",
    "9" * 400,
]
IN_ADDRESSES = [
    *("search", "skill", "season", "grades", "open", "past", "page", "name", "badge", "school", "day", "from", "until"),
    *("month", "tag", "show", "year", "what", "person", "next", "quantity-1", "first_day", "last_day", "responsible", "purpose"),
]
IN_FORMS = [
    *IN_ADDRESSES,
    *("email", "password", "language", "theme", "given_name", "family_name", "role", "grade", "reason", "cell", "was", "everyone"),
    *("note", "there-1", "mark-1", "minutes-1", "title", "summary", "seats", "skill_id", "badge_id", "grade_first", "grade_last"),
    *("learn_minutes", "season", "school_year", "enrollment_opens_at", "enrollment_closes_at", "trainers", "starts", "ends", "place"),
    *("valid_months", "attendance_percent", "level", "glyph", "look", "prerequisites", "competency-name", "competency", "outcome", "line"),
    *("colleague", "people", "chosen", "rest", "to", "freeze_day"),
    *("choice", "serial", "drawing", "badges", "max_loan_days", "notice_open_days", "turnaround_open_days", "purpose", "skill", "outcome"),
]
# The server takes no longer addresses than 4 kB, all of these together; a form may be as long as it likes.
LONGEST_IN_AN_ADDRESS = 60


def faults(app: Flask, ids: dict[str, object], key: str | None, value: str) -> list[tuple[str, int]]:
    found = []
    for rule, method in rules(app):
        if rule.endpoint in ("people.sign_out", "people.change_password", "people.use_link"):
            continue
        data = dict.fromkeys(IN_FORMS, value) if method == "POST" else None
        query = dict.fromkeys(IN_ADDRESSES, value[:LONGEST_IN_AN_ADDRESS]) if method == "GET" else None
        answer = client_of(app, key).open(url_of(app, rule, ids), method=method, data=data, query_string=query)
        if answer.status_code >= 500 or b"<script>alert" in answer.data:
            found.append((rule.endpoint, answer.status_code))
    return found


def faults_of(app: Flask, names: tuple[str, ...], value: str) -> list[tuple[str, tuple[str, int]]]:
    with app.app_context():
        ids, keys = a_full_district()
    return [(name, fault) for name in names for fault in faults(app, ids, keys.get(name), value)]


# Too late, what would run, and a number beyond any: each found a fault once.
WORST = (3, 7, 10)
# The deep run sends all of them on SQLite, and on PostgreSQL what it refuses by itself: a number that no column has room for, and NUL.
# The worst come from every role, the others from those who have the most to type.
IN_DEPTH = range(len(NONSENSE)) if KIND == "sqlite" else (2, 6)


@pytest.mark.parametrize("value", [NONSENSE[n] for n in WORST], ids=WORST)
def test_nonsense_is_no_fault_of_ours(clean, value):
    assert faults_of(clean, ("olive", "nobody"), value) == []


@pytest.mark.deep
@pytest.mark.parametrize("n", IN_DEPTH)
def test_nonsense_of_any_role_is_no_fault_of_ours(clean, n):
    names = EVERYBODY if n in WORST else ("pia", "eli", "olive", "nobody")
    assert faults_of(clean, names, NONSENSE[n]) == []
