"""The doors of the house: who opens which route, by contracts.md's table, and a client to knock with."""

from collections.abc import Iterator
from datetime import date, timedelta

from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from inventory.depot import DepotDay
from inventory.equipment_import import EquipmentImport, stage
from inventory.equipment_sheet import COLUMNS, NEEDED
from inventory.reserving import Asked, reserve
from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.ground.sheets import read_table
from seminar.money.choosing_po import Typed, pay_by_purchase_order
from seminar.money.covering import accept
from seminar.money.discount_code import DiscountCode, use_code
from seminar.money.funding_rule import FundingRule
from seminar.money.funding_source import FundingSource
from seminar.money.invoice import Invoice
from seminar.money.invoicing import invoice_purchase_order
from seminar.money.ledger import entry, write
from seminar.money.order import order_of
from seminar.money.payment import Payment, begin_payment, move
from seminar.money.po_file import PurchaseOrderFile, keep_file
from seminar.money.purchase_order import PurchaseOrder, receive
from seminar.money.refund import Refund, request
from seminar.money.remittance import Sent, record_payment
from seminar.people import account, email_address
from seminar.people.calendar import ClosedDay, SchoolYear, Term
from seminar.people.district_editing import put_logo
from seminar.people.roster.server import RosterServer
from seminar.people.sign_on import SignOnIdentity
from seminar.people.sign_on_provider import SignOnProvider
from seminar.series.answer import give_answers
from seminar.series.approval import ApprovalRequest
from seminar.series.approval_delegate import name_delegate
from seminar.series.enrolling import enroll, take_paid_seat
from seminar.series.enrolling_several import enroll_all_or_line_up_together
from seminar.series.nomination import nominate
from seminar.series.set_aside import SetAside
from seminar.series.setting_aside import set_aside
from seminar.series.waiting_group import WaitingGroup
from seminar.skills.sign_off import SignOff
from seminar.web.mail_links import turn_off_token
from tests.cast import (
    ANSWERS,
    NOW,
    TODAY,
    Cast,
    a_cast,
    a_model,
    a_passkey,
    a_series,
    an_award,
    approving,
    asking,
    in_days,
    signed_in,
)
from tests.money.funding import a_code, a_rule, a_source
from tests.people.rosters import a_set, read_for, texts
from tests.pictures import a_png

EVERYBODY = ("ada", "cora", "pia", "tara", "kim", "eli", "olive")
PLANS = ("olive",)
ENROLLS = ("pia", "olive")
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
    "people.show_help": "public",
    "people.show_help_of_role": "public",
    "people.show_words": "public",
    "people.show_accessibility": "public",
    "people.show_accessibility_report": "public",
    "people.start_sign_on": "public",
    "people.finish_sign_on": "public",
    "people.show_address_link": "public",
    "people.confirm_address": "public",
    "series.show_catalog": "public",
    "series.show_series": "public",
    "series.show_feed": "public",
    "people.show_account": EVERYBODY,
    "people.change_password": EVERYBODY,
    "people.choose_theme": EVERYBODY,
    "people.show_own_mail": EVERYBODY,
    "people.save_own_mail": EVERYBODY,
    "people.show_turn_off": "public",
    "people.create_turn_off": "public",
    "people.show_mails": PLANS,
    "people.show_mail": PLANS,
    "people.show_mail_letter": PLANS,
    "people.show_code": "public",
    "people.sign_in_with_code": "public",
    "people.show_passkey_options": "public",
    "people.sign_in_with_passkey": "public",
    "people.show_sessions": EVERYBODY,
    "people.create_session_end": ("ada",),
    "people.create_other_sessions_end": EVERYBODY,
    "people.show_still_here": EVERYBODY,
    "people.show_passkeys": EVERYBODY,
    "people.show_new_passkey_options": EVERYBODY,
    "people.create_passkey": EVERYBODY,
    "people.create_passkey_removal": ("ada",),
    "people.show_second_step": EVERYBODY,
    "people.create_second_step": EVERYBODY,
    "people.create_second_step_removal": EVERYBODY,
    "people.show_recovery_codes": EVERYBODY,
    "people.create_recovery_codes": EVERYBODY,
    "people.create_second_step_reset": PLANS,
    "people.show_support_view": PLANS,
    "people.create_support_view": PLANS,
    "people.create_support_view_end": "public",
    "people.show_shared_devices": PLANS,
    "people.save_shared_devices": PLANS,
    "people.show_settings": ("eli", "olive"),
    "people.show_roster": PLANS,
    "people.create_roster_import": PLANS,
    "people.show_roster_import": PLANS,
    "people.show_roster_rows": PLANS,
    "people.create_roster_application": PLANS,
    "people.create_roster_dismissal": PLANS,
    "people.create_roster_return": PLANS,
    "people.show_roster_server": PLANS,
    "people.save_roster_server": PLANS,
    "people.create_roster_question": PLANS,
    "people.create_roster_server_removal": PLANS,
    "people.show_set_up": PLANS,
    "people.show_district": PLANS,
    "people.save_district": PLANS,
    "people.show_branding": PLANS,
    "people.save_colors": PLANS,
    "people.save_logo": PLANS,
    "people.create_branding_reset": PLANS,
    "people.show_logo": "public",
    "people.show_colors": "public",
    "people.show_schools": PLANS,
    "people.show_new_school": PLANS,
    "people.create_school": PLANS,
    "people.show_school_settings": PLANS,
    "people.save_school_settings": PLANS,
    "people.create_school_closing": PLANS,
    "people.create_school_reopening": PLANS,
    "people.show_calendar": PLANS,
    "people.show_new_year": PLANS,
    "people.create_year": PLANS,
    "people.show_year": PLANS,
    "people.save_edit_year": PLANS,
    "people.create_term": PLANS,
    "people.save_edit_term": PLANS,
    "people.create_term_ending": PLANS,
    "people.create_term_revival": PLANS,
    "people.show_new_closed_days": PLANS,
    "people.look_at_closed_days": PLANS,
    "people.look_at_calendar_file": PLANS,
    "people.create_closed_days": PLANS,
    "people.create_day_reopening": PLANS,
    "people.show_addresses": EVERYBODY,
    "people.create_address": EVERYBODY,
    "people.create_primary_address": ("ada",),
    "people.create_address_removal": ("ada",),
    "people.show_sign_on_settings": PLANS,
    "people.show_new_provider": PLANS,
    "people.create_provider": PLANS,
    "people.show_provider": PLANS,
    "people.save_provider": PLANS,
    "people.create_provider_check": PLANS,
    "people.create_provider_off": PLANS,
    "people.create_provider_on": PLANS,
    "people.show_other_records": PLANS,
    "people.show_merge": PLANS,
    "people.create_merge": PLANS,
    "people.create_identity_end": PLANS,
    "people.show_retention": PLANS,
    "people.save_retention": PLANS,
    "people.show_people": PLANS,
    "people.show_new_person": PLANS,
    "people.create_person": PLANS,
    "people.show_appointments": PLANS,
    "people.create_appointment": PLANS,
    "people.create_end": PLANS,
    "people.create_invitation": PLANS,
    "people.create_export": PLANS,
    "people.show_my_data": EVERYBODY,
    "people.create_my_export": EVERYBODY,
    "people.create_leaving": PLANS,
    "people.create_return": PLANS,
    "people.create_continuation": PLANS,
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
    "skills.show_starting_set": PLANS,
    "skills.save_starting_set": PLANS,
    "series.show_enrollment": EVERYBODY,
    "series.create_enrollment": EVERYBODY,
    "series.show_own_answers": ("ada",),
    # The others have enrolled by then.
    "series.save_own_answers": EVERYBODY,
    "series.show_answers": ("tara", "olive"),
    "series.create_withdrawal": EVERYBODY,
    "series.create_wait": EVERYBODY,
    "series.create_refusal": EVERYBODY,
    "series.enroll_somebody": PLANS,
    "series.create_cancellation": PLANS,
    "series.show_choose_series": ENROLLS,
    "series.show_enroll_people": ENROLLS,
    "series.create_preview": ENROLLS,
    "series.create_several": ENROLLS,
    "series.create_nominations": ENROLLS,
    # Of what they did themselves; here the program manager.
    "series.show_several": PLANS,
    "series.create_withdrawal_for": ENROLLS,
    "series.create_nomination_refusal": EVERYBODY,
    "series.show_set_asides": PLANS,
    "series.create_set_aside": PLANS,
    "series.save_set_aside": PLANS,
    "series.create_release": PLANS,
    # Ada's and Kim's group, which Pia put in line.
    "series.create_group_enrollment": ("ada", "kim", *ENROLLS),
    "series.create_group_refusal": ("ada", "kim", *ENROLLS),
    # Ada's seat: she, her principal, and who runs the program.
    "series.show_substitution": ("ada", *ENROLLS),
    "series.create_substitution": ("ada", *ENROLLS),
    "series.create_move": EVERYBODY,
    "series.show_approvals": EVERYBODY,
    # Ada's request: she, her principal, and who runs the program; deciding it isn't hers.
    "series.show_approval": ("ada", *ENROLLS),
    "series.create_approval": ENROLLS,
    "series.create_decline": ENROLLS,
    "series.create_delegate": EVERYBODY,
    "series.create_delegate_end": ("pia",),
    "series.show_approval_steps": PLANS,
    "series.save_approval_steps": PLANS,
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
    "series.show_series_cancellation": PLANS,
    "series.create_series_cancellation": PLANS,
    "series.create_go_ahead": PLANS,
    "series.create_answer": EVERYBODY,
    "series.show_new_message": ("tara", "olive"),
    "series.look_at_message": ("tara", "olive"),
    "series.create_message": ("tara", "olive"),
    "series.show_people_export": ("tara", "olive"),
    "series.show_series_export": ("tara", "kim", "olive"),
    "series.show_new_meeting": PLANS,
    "series.create_meeting": PLANS,
    "series.show_edit_meeting": PLANS,
    "series.save_edit_meeting": PLANS,
    "series.create_meeting_cancellation": PLANS,
    "money.show_order_of_place": ("ada", "olive"),
    "money.show_order": ("ada", "olive"),
    "money.show_my_orders": EVERYBODY,
    "money.show_orders": PLANS,
    "money.create_payment": ("ada",),
    "money.show_return": ("ada", "olive"),
    "money.create_refund": PLANS,
    "money.create_letting_go": PLANS,
    "money.create_try": PLANS,
    "money.show_refund_rule": PLANS,
    "money.save_refund_rule": PLANS,
    "money.show_funding": PLANS,
    "money.show_new_funding_source": PLANS,
    "money.create_funding_source": PLANS,
    "money.show_funding_source": PLANS,
    "money.save_funding_source": PLANS,
    "money.create_funding_ending": PLANS,
    "money.show_new_funding_rule": PLANS,
    "money.create_funding_rule": PLANS,
    "money.show_funding_rule": PLANS,
    "money.create_rule_ending": PLANS,
    "money.show_discount_codes": PLANS,
    "money.show_new_discount_code": PLANS,
    "money.create_discount_code": PLANS,
    "money.show_discount_code": PLANS,
    "money.create_code_ending": PLANS,
    "money.create_discount": ("ada",),
    "money.show_spend": PLANS,
    "money.show_spend_export": PLANS,
    "money.show_orders_export": PLANS,
    "money.create_event": "public",
    "money.create_purchase_order_choice": ("ada",),
    "money.show_pay_for_several": ENROLLS,
    "money.create_pay_for_several": ENROLLS,
    "money.show_purchase_order_file": PLANS,
    "money.show_purchase_orders": PLANS,
    "money.show_new_purchase_order": PLANS,
    "money.create_purchase_order": PLANS,
    "money.show_purchase_order": PLANS,
    "money.save_purchase_order": PLANS,
    "money.create_acceptance": PLANS,
    "money.create_covering": PLANS,
    "money.create_rejection": PLANS,
    "money.create_purchase_order_cancellation": PLANS,
    "money.create_invoice": PLANS,
    "money.create_remittance": PLANS,
    "money.create_sent_back": PLANS,
    "money.create_purchase_order_file": PLANS,
    "money.create_order_invoice": PLANS,
    "money.create_check": PLANS,
    "money.create_check_back": PLANS,
    "money.show_invoices": EVERYBODY,
    # Cora's, of the school whose principal Pia is.
    "money.show_invoice": ("cora", "pia", "olive"),
    "money.show_invoice_file": ("cora", "pia", "olive"),
    "money.show_po_settings": PLANS,
    "money.save_po_settings": PLANS,
    "coverage.show_staff": EVERYBODY,
    "coverage.show_school": ("ada", "cora", "pia", "tara", "kim", "olive"),
    "coverage.show_person": EVERYBODY,
    "coverage.show_new_year": PLANS,
    "coverage.show_new_year_days": PLANS,
    "coverage.save_new_year_days": PLANS,
    "coverage.show_new_year_moves": PLANS,
    "coverage.create_refused_moves": PLANS,
    "coverage.save_new_year_list": PLANS,
    "coverage.show_new_year_school": PLANS,
    "coverage.save_new_year_school": PLANS,
    "coverage.show_new_year_open": PLANS,
    "coverage.show_new_year_targets": PLANS,
    "coverage.save_new_year_targets": PLANS,
    "coverage.show_new_year_preview": PLANS,
    "coverage.create_new_year": PLANS,
    "coverage.show_targets": PLANS,
    "coverage.save_targets": PLANS,
    "coverage.save_targets_everywhere": PLANS,
    "inventory.show_depot_settings": ("eli", "olive"),
    "inventory.save_depot_settings": ("eli", "olive"),
    "inventory.create_depot_day": ("eli", "olive"),
    "inventory.create_depot_day_removal": ("eli", "olive"),
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
    "inventory.show_new_import": LENDS,
    "inventory.create_import": LENDS,
    "inventory.show_import_template": LENDS,
    "inventory.show_import": LENDS,
    "inventory.create_import_application": LENDS,
    "inventory.show_import_refused": LENDS,
    "inventory.save_item": LENDS,
    "inventory.create_item_retirement": LENDS,
    "inventory.create_item_revival": LENDS,
}
# What a page shows only when it is asked for more than the whole.
FILTERS = {
    "people.show_sign_in": ("?next=/my/learning", "?why=idle"),
    "people.show_people": ("?search=ada",),
    "people.show_schools": ("?search=school", "?search=nothing+like+it"),
    "people.show_other_records": ("?search=nobody",),
    "series.show_people_export": ("?format=csv",),
    "series.show_series_export": ("?format=csv&season=summer",),
    "series.show_catalog": ("?past=1", "?search=robotics&season=year-round&grades=K-2&open=1", "?search=nothing+like+it"),
    "money.show_orders": ("?show=all", "?search=ada", "?search=nobody"),
    "money.show_new_funding_rule": ("?series={series_id}", "?seminar={seminar_id}"),
    "money.show_new_discount_code": ("?series={series_id}", "?seminar={seminar_id}"),
    "money.show_spend": ("?year=2026",),
    "money.show_spend_export": ("?format=csv",),
    "money.show_orders_export": ("?format=csv",),
    "money.show_purchase_orders": ("?show=all", "?search=77120", "?search=nothing"),
    "money.show_new_purchase_order": ("?number=77121&school={school_id}",),
    "money.show_invoices": ("?show=open", "?show=overdue"),
    "series.show_choose_series": ("?person={person_id}", "?search=nothing+like+it"),
    "series.show_enroll_people": ("?person={person_id}",),
    "series.show_substitution": ("?colleague={other_id}", "?who=ben"),
    "coverage.show_staff": ("?badge={badge_id}", "?name=ada&badge={badge_id}&school={school_id}&day=2027-03-01", "?name=nobody"),
    "coverage.show_person": ("?badge={badge_id}",),
    "inventory.show_equipment": ("?from=2027-03-02&until=2027-03-03&search=printer", "?search=nothing+like+it"),
    "inventory.show_model": ("?month=2027-04-01",),
    "inventory.show_import_template": ("?format=csv",),
    "inventory.show_reserve": ("?quantity-1=1&first_day=2027-03-02&last_day=2027-03-03&responsible={person_id}",),
}
CLIENT = {"client_id": "pd", "secret_name": "ROSTER_SECRET"}
IN = (200, 204, 303, 409, 422)
# Out to another server and back: signed out it is no page of ours, and without a sign-in that was begun it is refused (400).
LEADS_AWAY = ("people.start_sign_on", "people.finish_sign_on")
NOBODY_LISTENS = "http://127.0.0.1:9"
Ids = dict[str, int | str]


def a_full_district() -> tuple[Ids, dict[str, str]]:
    """One record of each kind: what its URLs are built from, and by name the session keys of its people."""
    cast = a_cast()
    series, model = a_series(cast), a_model(cast)
    place = enroll(cast.ada, series, by=cast.ada, now=NOW)
    costs, payment, refund = an_order_of_each(cast)
    asked = enroll(cast.ada, approving(a_series(cast, "Pottery")), by=cast.ada, now=NOW)
    delegate = name_delegate(cast.pia, cast.kim, first_day=TODAY + timedelta(days=9), last_day=TODAY + timedelta(days=9), now=NOW)
    source, rule, code = paid_by_others(cast)
    purchase_order, invoice, file = a_purchase_order_of_each(cast)
    asking(series)
    give_answers(place, ANSWERS, by=cast.ada, now=NOW)
    nominated = nominate([cast.ben], series, note="Do come", by=cast.olive, now=NOW)
    group, aside = a_group_and_a_set_aside(cast)
    an_award(cast, cast.ada, last_day=TODAY)
    reservation = reserve(Asked(cast.school, cast.ada, {model: 1}, TODAY, TODAY), by=cast.cora, now=NOW, today=TODAY)
    elsewhere, passkey = signed_in(cast.ada, "key-elsewhere"), a_passkey(cast.ada)
    db.session.flush()
    db.session.add(
        RosterServer(district_id=cast.district.id, **dict.fromkeys(("address", "token_address"), "https://sis.example"), **CLIENT)
    )
    year = SchoolYear(district_id=cast.district.id, ends_in=2027, first_day=date(2026, 8, 12), last_day=date(2027, 6, 11))
    term = Term(district_id=cast.district.id, ends_in=2027, title="Spring", first_day=TODAY, last_day=TODAY)
    closed = ClosedDay(district_id=cast.district.id, day=date(2027, 4, 2), reason="Staff day")
    otherwise = DepotDay(district_id=cast.district.id, depot_id=cast.depot.id, day=date(2027, 4, 3), is_open=True, note="Open Saturday")
    db.session.add_all([year, term, closed, otherwise])
    put_logo(cast.district, a_png(), alt="A", by=cast.olive, now=NOW)
    db.session.flush()
    identity = SignOnIdentity(district_id=cast.district.id, person_id=cast.ada.id, issuer="https://id.example", subject="1", linked_at=NOW)
    provider = SignOnProvider(
        district_id=cast.district.id,
        slug="a-school",
        name="School",
        issuer=NOBODY_LISTENS,
        client_id="makerpd",
        secret_variable="OIDC_A__SECRET",
    )
    db.session.add_all([identity, provider])
    waiting = email_address.add_address(cast.ada, "ada@home.example", now=NOW)
    letter = db.session.scalars(select(Mail).where(Mail.kind == "address")).one()
    link = account.send_link(cast.ben, "invitation", by=cast.olive, now=NOW)
    ids = {
        "series_id": series.id,
        "seminar_id": series.seminar_id,
        "meeting_id": series.meetings[0].id,
        "enrollment_id": place.id,
        "money.show_order_of_place.enrollment_id": costs,
        "order_id": payment.order_id,
        "money.show_return.token": payment.token,
        "refund_id": refund.id,
        "source_id": source.id,
        "rule_id": rule.id,
        "code_id": code.id,
        "purchase_order_id": purchase_order.id,
        "invoice_id": invoice.id,
        "file_id": file.id,
        "deed_id": nominated.id,
        "request_id": db.session.scalars(select(ApprovalRequest.id).where(ApprovalRequest.enrollment_id == asked.id)).one(),
        "delegate_id": delegate.id,
        "group_id": group.id,
        "set_aside_id": aside.id,
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
        "import_id": a_sheet(cast).id,
        "skill_id": cast.skill.id,
        "roster_id": read_for(cast.district, texts(a_set())).id,
        "sign_off_id": db.session.scalars(select(SignOff.id)).first(),
        "mail_id": db.session.scalars(select(Mail.id)).first(),
        "device_session_id": elsewhere.id,
        "passkey_id": passkey.id,
        "year_id": year.id,
        "term_id": term.id,
        "closed_day_id": closed.id,
        "depot_day_id": otherwise.id,
        "digest": cast.district.logo_digest or "",
        "color": "12594b",
        "color_dark": "74cdb3",
        "token": cast.ada.feed_token,
        "role": "teacher",
        "people.show_link.token": link,
        "people.show_turn_off.token": turn_off_token(cast.ada.id, "reminder"),
        "people.create_turn_off.token": turn_off_token(cast.ada.id, "reminder"),
        "kind_name": "meeting_changed",
        "people.show_address_link.token": letter.context["token"],
        "people.start_sign_on.slug": provider.slug,
        "people.finish_sign_on.slug": provider.slug,
        "provider_id": provider.id,
        "identity_id": identity.id,
        "address_id": waiting.id,
        "other_id": cast.ben.id,
    }
    keys = {name: f"{person.id}:key-{name}" for name, person in cast.people.items()}
    db.session.commit()
    return ids, keys


def an_order_of_each(cast: Cast) -> tuple[int, Payment, Refund]:
    """A seat that Ada is to pay, with an attempt that Stripe never heard of; and one that Ben paid and has back in part."""
    series = a_series(cast, "Laser")
    series.price_cents = 12_000
    mine, bens = (enroll(person, series, by=person, now=NOW) for person in (cast.ada, cast.ben))
    payment, paid = (
        begin_payment(order_of(place.id).lines[0], token=f"token-{place.id}", page={}, by=place.person, now=NOW) for place in (mine, bens)
    )
    paid.payment_intent, paid.session_id = "pi_example", "cs_example"
    move(paid, "succeeded", now=NOW)
    write([entry(paid.line, "payment", 12_000, source=f"payment:{paid.id}", by=None, now=NOW)])
    take_paid_seat(bens, now=NOW)
    return mine.id, payment, request(paid, 2_000, why="office", by=cast.olive, now=NOW)


def a_group_and_a_set_aside(cast: Cast) -> tuple[WaitingGroup, SetAside]:
    """Ada and Tara wait together for a series with one free seat; in another, one is set aside for teachers."""
    weaving, sewing = a_series(cast, "Weaving", seats=2), in_days(a_series(cast, "Sewing"), 9)
    enroll(cast.ben, weaving, by=cast.ben, now=NOW)
    enroll_all_or_line_up_together([cast.ada, cast.kim], weaving, by=cast.pia, now=NOW)
    day = TODAY + timedelta(days=7)
    aside = set_aside(sewing, school=None, role="teacher", seats=1, released_on=day, by=cast.olive, now=NOW)
    return db.session.scalars(select(WaitingGroup)).one(), aside


def paid_by_others(cast: Cast) -> tuple[FundingSource, FundingRule, DiscountCode]:
    """Of a seat that Cora is to pay, a source pays half and the district a tenth; a code takes something off the rest."""
    series, source, code = a_series(cast, "Quilting"), a_source(cast), a_code(cast)
    series.price_cents = 10_000
    rule = a_rule(cast, series, source, percent=50)
    a_rule(cast, series.seminar, None, percent=10)
    place = enroll(cast.cora, series, by=cast.cora, now=NOW)
    use_code(order_of(place.id).lines[0], code.code, by=cast.cora, now=NOW)
    return source, rule, code
def a_purchase_order_of_each(cast: Cast) -> tuple[PurchaseOrder, Invoice, PurchaseOrderFile]:
    """One with its file that pays for Cora's seat, invoiced and paid in part; and a number that Kim typed and nobody has received."""
    series = a_series(cast, "Vinyl")
    series.price_cents = 12_000
    coras, kims = (enroll(person, series, by=person, now=NOW) for person in (cast.people["cora"], cast.people["kim"]))
    said = {"cap_cents": 50_000, "funding_code": "Title II", "expires_on": date(2027, 6, 30)}
    order = receive(cast.district, cast.school, "77120", **said, by=cast.people["olive"], now=NOW)
    for place, number in ((coras, "77120"), (kims, "77121")):
        pay_by_purchase_order(order_of(place.id).lines, Typed(number, cast.school), by=place.person, now=NOW)
    file = keep_file(a_png(), of=order, by=cast.people["olive"], now=NOW)
    accept(order, by=cast.people["olive"], now=NOW)
    invoice = invoice_purchase_order(order, by=cast.people["olive"], now=NOW)
    record_payment(order, Sent(2_000, TODAY, "Check 4711"), by=cast.people["olive"], now=NOW)
    return order, invoice, file


def a_sheet(cast: Cast) -> EquipmentImport:
    """Of equipment, looked at and not applied: a new item, and a row without a tag."""
    table = read_table(b"Model,Tag\nPrinter,0042\nPrinter,\n", "Example.csv", COLUMNS, NEEDED)
    return stage(table, cast.district.id, by=cast.people["eli"], now=NOW)


def rules(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every route of ours with the method to knock with: GET where it has one."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            yield rule, next(method for method in ("GET", "POST") if method in rule.methods)


def may_open(rule: Rule, name: str) -> bool:
    return TABLE[rule.endpoint] == "public" or name in TABLE[rule.endpoint]


def client_of(app: Flask, key: str | None) -> FlaskClient:
    """A client of who has this session key, or of nobody; a new one, so that nothing is left from another."""
    client = app.test_client()
    if key is not None:
        with client.session_transaction() as session:
            session["_user_id"], session["_fresh"] = key, True
    return client


def url_of(app: Flask, rule: Rule, ids: Ids) -> str:
    with app.test_request_context():
        return url_for(rule.endpoint, **{name: ids.get(f"{rule.endpoint}.{name}", ids[name]) for name in rule.arguments})


def pages_of(app: Flask, ids: Ids) -> Iterator[tuple[Rule, str]]:
    """Every route that is asked for by GET with its URL, and with the filters that show what else is on it."""
    for rule, method in rules(app):
        if method == "GET" and rule.endpoint not in LEADS_AWAY:
            url = url_of(app, rule, ids)
            yield from ((rule, url + filters.format(**ids)) for filters in ("", *FILTERS.get(rule.endpoint, ())))


def knock(app: Flask, rule: Rule, method: str, ids: Ids, key: str | None = None) -> TestResponse:
    """The answer at a rule's door."""
    data = {"badge": ids["badge_id"]} if method == "POST" else None
    return client_of(app, key).open(url_of(app, rule, ids), method=method, data=data)
