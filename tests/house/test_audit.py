"""`flask audit` finds what is broken behind the rules' back: each recount, on rows that were changed with plain SQL."""

import pytest
from sqlalchemy import text

from inventory.lending import hand_over
from inventory.reserving import Asked, reserve
from seminar.audit import broken_rules
from seminar.ground.db import db
from seminar.ground.triggers import drop_triggers, make_triggers
from seminar.series.enrolling import enroll
from seminar.series.substitution import substitute
from seminar.series.waitlist import join_waitlist
from seminar.skills.signing import Shown, sign_off
from tests.cast import NOW, TODAY, a_cast, a_model, a_series, approving
from tests.pages.doors import a_group_and_a_set_aside, a_purchase_order_of_each, an_order_of_each, paid_by_others

BREAKS = {
    "A mail that was gathered is in a digest of the same person.": "UPDATE mail SET state = 'gathered', digest_id = id",
    "The kept count of seats is the counted one.": "UPDATE series SET seats_taken = 0",
    "A seat that was given to a colleague is followed by one place in the same series.": "UPDATE enrollment SET successor_id = id",
    "Nobody waits while a seat is free that they may have.": "UPDATE series SET seats = 2",
    "Never more seats of a set-aside taken than it has, each in its own series, and its kept count is the counted one.": (
        "UPDATE set_aside SET seats_taken = 1"
    ),
    "No seat that is set aside is taken by somebody else.": "UPDATE set_aside SET seats = 6",
    "Who waits together is in one state, at one place in line.": "UPDATE waiting_group SET series_id = 1",
    "Every payment that came is on its order's ledger, once and as it was.": "UPDATE payment SET amount_cents = 12001 WHERE id = 2",
    "Every refund that went is on its order's ledger, once and as it was.": "UPDATE refund SET state = 'succeeded'",
    "The refunds of a payment are no more than it brought, and its kept count is the counted one.": "UPDATE payment SET refunded_cents = 1",
    "Nobody is charged twice: what was paid for a place and doesn't go back is no more than is charged for it, but for refunds that"
    " failed.": "UPDATE payment SET state = 'succeeded', line_id = 2",
    "Whoever is enrolled at a price has paid it, or is on an accepted purchase order, but for what the bank or Stripe's dashboard took"
    " back.": (
        "UPDATE enrollment SET state = 'enrolled' WHERE state = 'held'"
    ),
    "What a purchase order covers is no more than it is good for, and its kept count is the counted one.": (
        "UPDATE purchase_order SET used_cents = 1"
    ),
    "What a purchase order covers of a place is what is charged for it.": "UPDATE purchase_order_line SET covered_cents = 1",
    "What came by check or went back by one is on the ledger, to the cent.": "UPDATE remittance SET amount_cents = 1",
    "The total of an invoice is that of its lines.": (
        "INSERT INTO invoice_line (district_id, invoice_id, kind, position, line_id, person_id, title, amount_cents)"
        " SELECT district_id, invoice_id, 'invoice', 9, 1, person_id, title, 1 FROM invoice_line"
    ),
    "Invoices and credit notes ask for no more than what is charged.": (
        "INSERT INTO ledger_entry (district_id, order_id, line_id, kind, amount_cents, currency, source, at, note)"
        " SELECT 1, order_id, id, 'credit', -1, 'usd', 'x', '2027-03-01', '' FROM order_line WHERE id IN (SELECT line_id FROM invoice_line)"
    ),
    "The numbers of a district's invoices and credit notes have no gap.": "UPDATE invoice_number SET last = last + 1",
    "Nothing is charged for a seat that lapsed.": "UPDATE enrollment SET state = 'lapsed' WHERE state = 'held'",
    "Whoever is enrolled where a seat is approved first was approved.": (
        "UPDATE series SET asks_approval_since = '2027-01-01 00:00:00' WHERE id = 1"
    ),
    "Whoever waits for an approval has a request with one open step, and nobody decided about their own.": (
        "UPDATE approval_request SET round = 2"
    ),
    "Never more is given of a funding source than its cap, and its kept sum is the counted one.": (
        "UPDATE funding_source SET consumed_cents = consumed_cents - 1"
    ),
    "No funding rule pays for more seats than it has, and its kept count is the counted one.": "UPDATE funding_rule SET seats_used = 0",
    "No discount code is used oftener than it may be, and its kept count is the counted one.": "UPDATE discount_code SET used_count = 0",
    "What others pay of a seat is on its order's ledger, once and as it is, and only of a place that isn't over.": (
        "UPDATE seat_grant SET state = 'returned', returned_at = given_at"
    ),
    "Every day of a live loan is claimed, by that loan.": "DELETE FROM item_day",
    "Each reservation keeps what was checked.": "DELETE FROM gate_check",
    "Each sign-off is by a trainer cleared for the skill that day.": "UPDATE clearance SET first_day = '2028-01-01'",
    "Each award rests on sign-offs of all its competencies.": "DELETE FROM sign_off WHERE competency_id = 1",
    "Whoever was let through the gate held each badge that was asked for, through the last day.": "UPDATE award SET last_day = first_day",
}


@pytest.fixture
def district(db_session):
    cast = a_cast()
    model = a_model(cast)
    series = a_series(cast, seats=1)
    series.freeze_day = TODAY
    substitute(enroll(cast.cora, series, by=cast.cora, now=NOW), cast.ada, by=cast.cora, now=NOW)
    join_waitlist(cast.ben, series, by=cast.ben, now=NOW)
    an_order_of_each(cast)
    enroll(cast.ada, approving(a_series(cast, "Pottery")), by=cast.ada, now=NOW)
    paid_by_others(cast)
    a_group_and_a_set_aside(cast)
    a_purchase_order_of_each(cast)
    shown = [Shown(cast.ada, competency) for competency in cast.badge.competencies]
    sign_off(shown, cast.badge, by=cast.tara, series_id=None, now=NOW, day=TODAY)
    friday = TODAY.replace(day=5)
    reservation = reserve(Asked(cast.school, cast.ada, {model: 1}, TODAY, friday), by=cast.cora, now=NOW, today=TODAY)
    hand_over(reservation, by=cast.eli, now=NOW, today=TODAY)
    db.session.commit()


def broken():
    return [rule.sentence for rule in broken_rules() if rule.broken]


def test_a_district_that_the_verbs_made_is_clean(district):
    assert broken() == []
    assert all(rule.checked for rule in broken_rules())


@pytest.mark.parametrize("sentence", BREAKS)
def test_what_was_changed_behind_the_verbs_is_found(district, sentence):
    db.session.execute(text(BREAKS[sentence]))
    assert sentence in broken()


def test_lost_triggers_are_found(district):
    with db.engine.begin() as connection:
        drop_triggers(connection)
    try:
        assert broken() == ["What keeps the trail append-only and the seats counted is in place."]
        db.session.rollback()
    finally:
        with db.engine.begin() as connection:
            make_triggers(connection)
