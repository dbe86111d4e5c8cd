"""Every route × every role × the next district, by contracts.md's table. A route that the table here doesn't name fails.

A cell is what a role gets for a GET, or for a POST with an empty form: `in` (anything but a door: 200, 303, 409, 422),
`403`, or `404`. Signed out it is `in` for what is public, else the sign-in page.
"""

import pytest
from sqlalchemy import select

from inventory.reserving import Asked, reserve
from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.series.enrollment import enroll
from seminar.skills.award import Award
from seminar.skills.sign_off import SignOff
from tests.cast import NOW, TODAY, a_cast, a_model, a_series

EVERYBODY = ("ada", "cora", "pia", "tara", "kim", "eli", "olive")
PLANS = ("olive",)
LENDS = ("eli",)
DEPOT = ("eli", "olive")
RESERVES = ("cora", "pia", "kim", "eli", "olive")
SIGNS = ("tara", "kim")

# endpoint -> who gets in, or "public"; a dagger means that a stranger's own district answers too (no record in the URL)
TABLE: dict[str, tuple[str, ...] | str] = {
    "healthz": "public",
    "readyz": "public",
    "home": "public",
    "people.show_sign_in": "public",
    "people.sign_in": "public",
    "people.sign_in_as_demo": "public",
    "people.sign_out": "public",
    "people.show_forgotten": "public",
    "people.send_reset": "public",
    "people.show_link": "public",
    "people.use_link": "public",
    "people.choose_language": "public",
    "series.show_catalog": "public",
    "series.show_series": "public",
    "series.show_feed": "public",
    "people.show_account": EVERYBODY,
    "people.change_password": EVERYBODY,
    "people.choose_theme": EVERYBODY,
    "people.show_people": PLANS,
    "people.show_new_person": PLANS,
    "people.create_person": PLANS,
    "people.show_appointments": PLANS,
    "people.create_appointment": PLANS,
    "people.create_end": PLANS,
    "people.create_invitation": PLANS,
    "people.save_person": PLANS,
    "people.show_audit_trail": PLANS,
    "people.show_undelivered": PLANS,
    "people.create_retry": PLANS,
    "skills.create_sign_offs": SIGNS,
    "skills.create_sign_off_withdrawal": SIGNS,
    "skills.show_skills": PLANS,
    "skills.show_new_skill": PLANS,
    "skills.create_skill": PLANS,
    "skills.show_skill": PLANS,
    "skills.save_edit_skill": PLANS,
    "skills.create_clearance": PLANS,
    "skills.create_clearance_end": PLANS,
    "skills.show_new_badge": PLANS,
    "skills.create_badge": PLANS,
    "skills.show_badge": PLANS,
    "skills.save_edit_badge": PLANS,
    "skills.create_badge_retirement": PLANS,
    "skills.create_badge_revival": PLANS,
    "skills.create_competency": PLANS,
    "skills.create_competency_retirement": PLANS,
    "skills.create_competency_revival": PLANS,
    "series.create_enrollment": EVERYBODY,
    "series.create_withdrawal": EVERYBODY,
    "series.enroll_somebody": PLANS,
    "series.create_cancellation": PLANS,
    "series.show_learning": EVERYBODY,
    "series.show_teaching": ("tara", "kim", "olive"),
    "series.show_attendance": ("tara", "olive"),
    "series.save_attendance": ("tara", "olive"),
    "series.show_grid": ("tara", "olive"),
    "series.save_grid": ("tara",),
    "series.show_program": PLANS,
    "series.show_new_seminar": PLANS,
    "series.create_seminar": PLANS,
    "series.show_edit_seminar": PLANS,
    "series.save_edit_seminar": PLANS,
    "series.create_seminar_retirement": PLANS,
    "series.create_seminar_revival": PLANS,
    "series.show_new_series": PLANS,
    "series.create_series": PLANS,
    "series.show_edit_series": PLANS,
    "series.save_edit_series": PLANS,
    "series.create_publication": PLANS,
    "series.create_series_cancellation": PLANS,
    "series.show_new_meeting": PLANS,
    "series.create_meeting": PLANS,
    "series.show_edit_meeting": PLANS,
    "series.save_edit_meeting": PLANS,
    "series.create_meeting_cancellation": PLANS,
    "coverage.show_staff": EVERYBODY,
    "coverage.show_school": ("ada", "cora", "pia", "tara", "kim", "olive"),
    "coverage.show_person": EVERYBODY,
    "inventory.show_equipment": EVERYBODY,
    "inventory.show_model": EVERYBODY,
    "inventory.show_reserve": RESERVES,
    "inventory.create_reservation": RESERVES,
    "inventory.show_reservation": (*RESERVES, "ada"),
    "inventory.create_cancellation": RESERVES,
    "inventory.show_loans": RESERVES,
    "inventory.show_depot": DEPOT,
    "inventory.show_change": RESERVES,
    "inventory.save_change": RESERVES,
    "inventory.create_hand_over": LENDS,
    "inventory.create_packing": LENDS,
    "inventory.create_return": LENDS,
    "inventory.create_no_show": LENDS,
    "inventory.create_check": LENDS,
    "inventory.show_new_model": LENDS,
    "inventory.create_model": LENDS,
    "inventory.show_edit_model": LENDS,
    "inventory.save_edit_model": LENDS,
    "inventory.create_model_retirement": LENDS,
    "inventory.create_model_revival": LENDS,
    "inventory.create_item": LENDS,
    "inventory.save_item": LENDS,
    "inventory.create_item_retirement": LENDS,
    "inventory.create_item_revival": LENDS,
}
IN = (200, 303, 409, 422)


def a_full_district():
    """One record of each kind, and what its URLs are built from."""
    cast = a_cast()
    series, model = a_series(cast), a_model(cast)
    place = enroll(cast.ada, series, by=cast.ada, now=NOW)
    award = Award(
        district_id=cast.district.id, person_id=cast.ada.id, badge_id=cast.badge.id, first_day=TODAY, last_day=TODAY, awarded_at=NOW
    )
    sign_off_row = SignOff(
        district_id=cast.district.id,
        person_id=cast.ada.id,
        competency_id=cast.badge.competencies[0].id,
        trainer_id=cast.tara.id,
        day=TODAY,
        at=NOW,
    )
    db.session.add_all([award, sign_off_row])
    db.session.flush()
    reservation = reserve(Asked(cast.school, cast.ada, {model: 1}, TODAY, TODAY), by=cast.cora, now=NOW, today=TODAY)
    db.session.flush()
    ids = {
        "series_id": series.id,
        "seminar_id": series.seminar_id,
        "meeting_id": series.meetings[0].id,
        "enrollment_id": place.id,
        "person_id": cast.ada.id,
        "appointment_id": 1,
        "badge_id": cast.badge.id,
        "competency_id": cast.badge.competencies[0].id,
        "clearance_id": 1,
        "school_id": cast.school.id,
        "slug": model.slug,
        "reservation_id": reservation.id,
        "line_id": reservation.lines[0].id,
        "item_id": model.items[0].id,
        "skill_id": cast.skill.id,
        "sign_off_id": sign_off_row.id,
        "mail_id": db.session.scalars(select(Mail.id)).first(),
        "token": cast.ada.feed_token,
    }
    keys = {name: f"{person.id}:key-{name}" for name, person in cast.people.items()}
    db.session.commit()
    return ids, keys


def rules(app):
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            yield rule, next(method for method in ("GET", "POST") if method in rule.methods)


def knock(app, rule, method, ids, key=None):
    """The answer at a rule's door; the client is new, so nothing is left from another."""
    client = app.test_client()
    if key is not None:
        with client.session_transaction() as session:
            session["_user_id"], session["_fresh"] = key, True
    with app.test_request_context():
        from flask import url_for

        url = url_for(rule.endpoint, **{name: ids[name] for name in rule.arguments})
    return client.open(url, method=method, data={"badge": ids["badge_id"]} if method == "POST" else None)


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
        if not rule.arguments or rule.endpoint in ("people.show_link", "people.use_link", "series.show_feed"):
            continue
        status = knock(clean, rule, method, ids, key).status_code
        if status not in (403, 404) or (status == 403 and TABLE[rule.endpoint] in (EVERYBODY, "public")):
            wrong.append((rule.endpoint, status))
    assert wrong == []
