"""Every route × every role × the next district, by the table of tests/pages/doors.py. A route that it doesn't name fails.

A cell is what a role gets for a GET, or for a POST with an empty form: `in` (anything but a door: 200, 303, 409, 422),
`403`, or `404`. Signed out it is `in` for what is public, else the sign-in page.
"""

from datetime import timedelta

import pytest
from sqlalchemy import update

from seminar.ground.db import db
from seminar.people.appointment import Appointment
from tests.cast import TODAY, a_cast
from tests.databases import POSTGRESQL_IN_THE_DEEP_RUN
from tests.pages.doors import EVERYBODY, IN, TABLE, a_full_district, knock, rules

pytestmark = POSTGRESQL_IN_THE_DEEP_RUN

# A link by mail, and the way to a provider and back: whoever has the address, whichever district they are of.
OF_NO_DISTRICT = ("people.show_address_link", "people.confirm_address", "people.start_sign_on", "people.finish_sign_on")
# What stays a person's without an appointment.
HOW_THEY_SIGN_IN = {
    *("people.show_sessions", "people.create_other_sessions_end", "people.show_still_here"),
    *("people.show_passkeys", "people.show_new_passkey_options", "people.create_passkey"),
    *("people.show_second_step", "people.create_second_step", "people.create_second_step_removal"),
    *("people.show_recovery_codes", "people.create_recovery_codes"),
}
THEIR_OWN = HOW_THEY_SIGN_IN | {
    *("people.show_account", "people.change_password", "people.choose_theme"),
    *("money.show_my_orders", "money.show_invoices"),
    *("series.show_learning", "series.create_withdrawal", "series.create_refusal", "series.create_answer"),
}
THEIR_OWN |= {"people.show_own_mail", "people.save_own_mail"}
# What a signed address opens for everybody, and what is alike in every district: its argument is no record.
NO_RECORD = {
    "people.show_help_of_role",
    "people.show_link",
    "people.use_link",
    "series.show_feed",
    "people.show_turn_off",
    "people.create_turn_off",
}
NO_RECORD |= {"people.show_mail", "people.show_mail_letter", "people.show_logo", "people.show_colors"}
THEIR_OWN |= {"people.show_my_data", "people.create_my_export"}
THEIR_OWN |= {"people.show_addresses", "people.create_address"}


def test_the_table_names_every_route(app):
    assert {rule.endpoint for rule, _ in rules(app)} == set(TABLE)


@pytest.mark.parametrize("name", EVERYBODY)
def test_each_role_opens_what_its_table_says(clean, name):
    with clean.app_context():
        ids, keys = a_full_district()
    wrong = []
    for rule, method in sorted(rules(clean), key=lambda one: (one[1], one[0].rule)):
        if rule.endpoint in ("people.change_password", "people.sign_out") or TABLE[rule.endpoint] == "public":
            continue
        status = knock(clean, rule, method, ids, keys[name]).status_code
        allowed = name in TABLE[rule.endpoint]
        if (status in IN) is not allowed or (not allowed and status not in (403, 404)):
            wrong.append((rule.endpoint, status))
    assert wrong == []


def test_who_works_here_no_more_opens_nothing_of_the_district_but_what_is_theirs(clean):
    with clean.app_context():
        ids, keys = a_full_district()
        db.session.execute(update(Appointment).where(Appointment.role == "teacher").values(last_day=TODAY - timedelta(days=1)))
        db.session.commit()
    knocked = [(rule, way) for rule, way in rules(clean) if rule.endpoint != "people.sign_out"]
    opened = {rule.endpoint for rule, way in knocked if knock(clean, rule, way, ids, keys["ben"]).status_code in IN}
    public = {endpoint for endpoint, who in TABLE.items() if who == "public"}
    assert opened - public == THEIR_OWN


def test_who_is_signed_out_is_led_to_sign_in(clean):
    with clean.app_context():
        ids, _ = a_full_district()
    wrong = []
    for rule, method in rules(clean):
        answer = knock(clean, rule, method, ids)
        led = answer.status_code == 303 and answer.location.startswith("/sign-in")
        if TABLE[rule.endpoint] != "public" and not led:
            wrong.append((rule.endpoint, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("role", ["program_manager", "equipment_manager", "trainer", "principal"])
def test_the_next_district_finds_none_of_it(clean, role):
    with clean.app_context():
        ids, _ = a_full_district()
        stan = a_cast("B", {"stan": role}).stan
        key = f"{stan.id}:key-stan"
    wrong = []
    for rule, method in rules(clean):
        if not rule.arguments or rule.endpoint in {*NO_RECORD, *OF_NO_DISTRICT}:
            continue
        status = knock(clean, rule, method, ids, key).status_code
        if status not in (403, 404) or (status == 403 and TABLE[rule.endpoint] in (EVERYBODY, "public")):
            wrong.append((rule.endpoint, status))
    assert wrong == []
