"""What goes back, how much, and what becomes of it: by the rule, by the office, in Stripe's dashboard, and by a bank that disputes."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.money.asking import hear_of_events, send_refunds
from seminar.money.found import CardDispute
from seminar.money.ledger import LedgerEntry
from seminar.money.office import give_back, let_go
from seminar.money.order import order_of
from seminar.money.payment import Payment
from seminar.money.refund import Refund, try_again
from seminar.money.refund_rule import change_refund_rule, percent_back, school_days_before
from seminar.money.settling import NotYet, dispute_told, refund_told, shared_out
from seminar.people.calendar import ClosedDay
from seminar.series.enrolling import withdraw
from seminar.series.moved import MeetingMove, answer, ask
from tests.cast import NOW, a_cast
from tests.money.stripe import a_page, a_priced_series, balance_of, card_of, held, told

SOON = NOW + timedelta(minutes=1)


def a_paid_seat(cast, stripe, *, cents=12_000, who="ada", seats=2):
    place = held(cast, who, a_priced_series(cast, cents=cents, seats=seats), NOW)
    payment = a_page(stripe, place, NOW)
    stripe.pay(payment.session_id)
    told(stripe, "checkout.session.completed", NOW)
    return place, payment


def line_of(place):
    return order_of(place.id).lines[0]


def kinds():
    return [(entry.kind, entry.amount_cents) for entry in db.session.scalars(select(LedgerEntry).order_by(LedgerEntry.id))]


# The rule


@pytest.mark.parametrize(
    ("days", "percent"), [(None, 0), (0, 0), (4, 0), (5, 50), (13, 50), (14, 100), (90, 100)]
)
def test_the_tier_with_the_most_days_still_ahead_counts(days, percent):
    assert percent_back([[14, 100], [5, 50]], days) == percent


def test_school_days_are_neither_weekends_nor_closed(db_session):
    cast = a_cast()
    # NOW is a Monday; the Monday after it, with a Wednesday closed.
    first = NOW + timedelta(days=7)
    closed = {date(2027, 3, 3)}
    assert school_days_before(first, NOW, district=cast.district, closed=closed) == 4
    assert school_days_before(NOW + timedelta(hours=1), NOW, district=cast.district, closed=closed) == 0
    assert school_days_before(NOW, NOW, district=cast.district, closed=closed) is None


def test_the_rule_of_the_day_of_enrollment_stays(db_session, stripe):
    cast = a_cast()
    db.session.add(ClosedDay(district_id=cast.district.id, day=date(2027, 3, 9), reason="Snow"))
    change_refund_rule(cast.district, [(3, 80), (0, 25)], by=cast.olive, now=NOW)
    place, _ = a_paid_seat(cast, stripe, cents=9_999)
    change_refund_rule(cast.district, [(0, 0)], by=cast.olive, now=NOW)
    withdraw(place, by=cast.ada, now=NOW)
    db.session.commit()
    # Its meeting is today: 25 %, and the part of a cent stays with the district.
    assert kinds() == [("charge", 9_999), ("payment", -9_999), ("credit", -2_499)]
    send_refunds(card_of(stripe), SOON)
    assert (balance_of(place), [one["amount"] for one in stripe.objects("refund")]) == (0, [2_499])


def test_what_somebody_else_withdraws_comes_back_whole(db_session, stripe):
    cast = a_cast()
    change_refund_rule(cast.district, [(0, 0)], by=cast.olive, now=NOW)
    place, _ = a_paid_seat(cast, stripe)
    withdraw(place, by=cast.pia, now=NOW)
    assert kinds()[-1] == ("credit", -12_000)


def test_who_cannot_come_to_a_moved_meeting_has_all_of_it_back(db_session, stripe):
    cast = a_cast()
    change_refund_rule(cast.district, [(0, 0)], by=cast.olive, now=NOW)
    place, _ = a_paid_seat(cast, stripe)
    meeting = place.series.meetings[0]
    move = ask(meeting, was_at=meeting.starts_at, was_place="Lab", by=cast.olive, now=SOON)
    db.session.flush()
    answer(meeting, move_id=db.session.scalar(select(MeetingMove.id)), comes=False, by=cast.ada, now=SOON)
    assert (move, place.state, kinds()[-1]) == (None, "withdrawn", ("credit", -12_000))


def test_without_a_rule_all_of_it_comes_back_until_it_begins(db_session, stripe):
    cast = a_cast()
    place, _ = a_paid_seat(cast, stripe)
    withdraw(place, by=cast.ada, now=NOW + timedelta(hours=7, minutes=30))
    assert balance_of(place) == 0
    assert db.session.scalars(select(Refund)).all() == []


@pytest.mark.parametrize(("tiers", "says"), [([(3, 80), (3, 70)], "same number"), ([(3, 10), (0, 20)], "earlier")])
def test_a_rule_that_makes_no_sense_is_refused(db_session, tiers, says):
    cast = a_cast()
    with pytest.raises(Refused, match=says):
        change_refund_rule(cast.district, tiers, by=cast.olive, now=NOW)


# Sending


class Killed(BaseException):
    pass


def killed(*_args, **_named):
    raise Killed


def test_a_refund_that_nobody_heard_of_is_made_once(db_session, stripe, monkeypatch):
    """Killed after Stripe did it and before we wrote it down."""
    cast = a_cast()
    place, _ = a_paid_seat(cast, stripe)
    withdraw(place, by=cast.ada, now=NOW)
    db.session.commit()
    with monkeypatch.context() as dying, pytest.raises(Killed):
        dying.setattr("seminar.money.asking.refund_told", killed)
        send_refunds(card_of(stripe), SOON)
    db.session.rollback()
    assert (db.session.scalar(select(Refund.state)), balance_of(place)) == ("submitted", -12_000)
    send_refunds(card_of(stripe), SOON)
    send_refunds(card_of(stripe), SOON + timedelta(minutes=2))
    assert (db.session.scalar(select(Refund.state)), balance_of(place)) == ("succeeded", 0)
    assert len(stripe.objects("refund")) == 1
    told(stripe, "refund.created", SOON)
    assert (balance_of(place), db.session.scalar(select(func.count()).where(Mail.kind == "refunded"))) == (0, 1)


def test_a_refund_that_stripe_refuses_stands_on_the_list_and_frees_the_seat(db_session, stripe):
    cast = a_cast()
    place, payment = a_paid_seat(cast, stripe)
    withdraw(place, by=cast.ada, now=NOW)
    db.session.commit()
    stripe.fail_next(status=400, calls="POST /v1/refunds")
    send_refunds(card_of(stripe), SOON)
    refund = db.session.scalars(select(Refund)).one()
    assert (refund.state, place.state, balance_of(place)) == ("failed", "withdrawn", -12_000)
    try_again(refund, by=cast.olive, now=SOON)
    db.session.commit()
    send_refunds(card_of(stripe), SOON)
    db.session.refresh(refund)
    assert (refund.state, balance_of(place), payment.refunded_cents) == ("succeeded", 0, 12_000)
    with pytest.raises(Refused, match="didn't fail"):
        try_again(refund, by=cast.olive, now=SOON)


def test_a_refund_that_the_bank_sends_back_is_owed_again(db_session, stripe):
    cast = a_cast()
    place, payment = a_paid_seat(cast, stripe)
    withdraw(place, by=cast.ada, now=NOW)
    db.session.commit()
    stripe.next_refunds("failed")
    send_refunds(card_of(stripe), SOON)
    for type in ("refund.created", "refund.updated", "refund.failed"):
        told(stripe, type, SOON)
    db.session.refresh(payment)
    assert (db.session.scalar(select(Refund.state)), balance_of(place), payment.refunded_cents) == ("failed", -12_000, 0)


def test_a_pending_refund_is_written_when_it_is_done(db_session, stripe):
    cast = a_cast()
    place, _ = a_paid_seat(cast, stripe)
    withdraw(place, by=cast.ada, now=NOW)
    db.session.commit()
    stripe.next_refunds("pending")
    send_refunds(card_of(stripe), SOON)
    send_refunds(card_of(stripe), SOON + timedelta(hours=1))
    assert balance_of(place) == -12_000
    stripe.refund_succeeds(stripe.objects("refund")[0]["id"])
    told(stripe, "refund.updated", SOON)
    assert (balance_of(place), len(stripe.objects("refund"))) == (0, 1)


def test_a_second_try_is_another_refund_and_hears_nothing_of_the_first(db_session, stripe):
    cast = a_cast()
    place, _ = a_paid_seat(cast, stripe)
    withdraw(place, by=cast.ada, now=NOW)
    db.session.commit()
    stripe.next_refunds("failed")
    send_refunds(card_of(stripe), SOON)
    told(stripe, "refund.failed", SOON)
    refund = db.session.scalars(select(Refund)).one()
    try_again(refund, by=cast.olive, now=SOON)
    db.session.commit()
    # What the first try said comes once more, out of order.
    late = stripe.events("refund.failed")[0]["data"]["object"]["id"]
    found = next(one for one in card_of(stripe).refunds_of(stripe.objects("payment_intent")[0]["id"]) if one.id == late)
    refund_told(found, now=SOON)
    db.session.commit()
    send_refunds(card_of(stripe), SOON)
    db.session.refresh(refund)
    assert (refund.state, balance_of(place), len(stripe.objects("refund"))) == ("succeeded", 0, 2)


def test_what_went_back_otherwise_is_not_tried_again(db_session, stripe):
    cast = a_cast()
    place, payment = a_paid_seat(cast, stripe)
    give_back(line_of(place), 6_000, note="Half.", by=cast.olive, now=NOW)
    db.session.commit()
    stripe.fail_next(status=400, calls="POST /v1/refunds")
    send_refunds(card_of(stripe), SOON)
    stripe.refund(payment.session_id, 6_000)
    told(stripe, "refund.created", SOON)
    failed = db.session.scalars(select(Refund).where(Refund.state == "failed")).one()
    with pytest.raises(Refused, match="isn't owed any more"):
        try_again(failed, by=cast.olive, now=SOON)
    assert balance_of(place) == 0


def test_what_happened_to_a_payment_we_have_not_heard_of_is_told_again(db_session, stripe):
    """The webhook was down; somebody refunded in the dashboard meanwhile."""
    cast = a_cast()
    place = held(cast, "ada", a_priced_series(cast), NOW)
    payment = a_page(stripe, place, NOW)
    stripe.pay(payment.session_id)
    stripe.refund(payment.session_id, 2_000)
    db.session.commit()
    with pytest.raises(NotYet):
        told(stripe, "refund.created", NOW)
    db.session.rollback()
    told(stripe, "checkout.session.completed", NOW)
    told(stripe, "refund.created", NOW)
    assert (place.state, balance_of(place)) == ("enrolled", 2_000)


# The office


def test_money_is_given_back_in_parts_and_never_more_than_was_paid(db_session, stripe):
    """event-tickets PR #3095: the second part is not blocked by the first; emfcamp #413: part, then all that is left."""
    cast = a_cast()
    place, payment = a_paid_seat(cast, stripe)
    line = line_of(place)
    give_back(line, 5_000, note="Half the material.", by=cast.olive, now=NOW)
    give_back(line, 4_000, note="More.", by=cast.olive, now=NOW)
    with pytest.raises(Refused, match="No more than"):
        give_back(line, 3_001, note="Too much.", by=cast.olive, now=NOW)
    withdraw(place, by=cast.ada, now=NOW)
    db.session.commit()
    send_refunds(card_of(stripe), SOON)
    db.session.refresh(payment)
    assert sorted(one["amount"] for one in stripe.objects("refund")) == [3_000, 4_000, 5_000]
    assert (balance_of(place), payment.refunded_cents) == (0, 12_000)


def test_what_was_given_back_is_not_given_back_again_by_the_rule(db_session, stripe):
    cast = a_cast()
    change_refund_rule(cast.district, [(0, 50)], by=cast.olive, now=NOW)
    place, payment = a_paid_seat(cast, stripe)
    give_back(line_of(place), 5_000, note="Half the material.", by=cast.olive, now=NOW)
    withdraw(place, by=cast.ada, now=NOW)
    db.session.commit()
    send_refunds(card_of(stripe), SOON)
    db.session.refresh(payment)
    assert (balance_of(place), payment.refunded_cents) == (0, 6_000)


def test_more_than_was_paid_is_refused_by_the_database(db_session, stripe):
    cast = a_cast()
    _, payment = a_paid_seat(cast, stripe)
    of = {"district_id": payment.district_id, "payment_id": payment.id, "currency": "usd", "why": "office"}
    db.session.add(Refund(**of, amount_cents=12_001, state_since=NOW, created_at=NOW, next_try_at=NOW))
    with pytest.raises(IntegrityError, match="ck_payment_refunded"):
        db.session.flush()


# At Stripe


def test_a_refund_in_the_dashboard_is_written_down_and_takes_no_seat(db_session, stripe):
    cast = a_cast()
    place, payment = a_paid_seat(cast, stripe)
    stripe.refund(payment.session_id, 2_000)
    for type in ("refund.created", "refund.updated"):
        told(stripe, type, SOON)
    db.session.refresh(payment)
    assert (place.state, balance_of(place), payment.refunded_cents) == ("enrolled", 2_000, 2_000)
    let_go(line_of(place), note="Agreed on the phone.", by=cast.olive, now=SOON)
    assert balance_of(place) == 0
    with pytest.raises(Refused, match="Nothing is owed"):
        let_go(line_of(place), note="Again.", by=cast.olive, now=SOON)


def test_a_refund_in_the_dashboard_overtakes_one_of_ours(db_session, stripe):
    cast = a_cast()
    place, payment = a_paid_seat(cast, stripe)
    withdraw(place, by=cast.ada, now=NOW)
    db.session.commit()
    stripe.refund(payment.session_id)
    told(stripe, "refund.created", SOON)
    send_refunds(card_of(stripe), SOON)
    db.session.refresh(payment)
    assert (balance_of(place), payment.refunded_cents, len(stripe.objects("refund"))) == (0, 12_000, 1)


def test_a_refund_in_the_dashboard_waits_for_word_of_ours_that_a_bank_sent_back(db_session, stripe):
    """Told out of order, more would have gone back than came."""
    cast = a_cast()
    place, payment = a_paid_seat(cast, stripe)
    withdraw(place, by=cast.ada, now=NOW)
    db.session.commit()
    send_refunds(card_of(stripe), SOON)
    told(stripe, "refund.created", SOON)
    stripe.refund_fails(stripe.objects("refund")[0]["id"])
    stripe.refund(payment.session_id)
    db.session.commit()
    with pytest.raises(NotYet):
        told(stripe, "refund.created", SOON)
    db.session.rollback()
    told(stripe, "refund.failed", SOON)
    told(stripe, "refund.created", SOON)
    db.session.refresh(payment)
    assert (balance_of(place), payment.refunded_cents) == (0, 12_000)


def test_what_the_webhook_did_not_bring_is_asked_for(db_session, stripe):
    cast = a_cast()
    place, payment = a_paid_seat(cast, stripe)
    stripe.refund(payment.session_id, 2_000)
    db.session.commit()
    hear_of_events(card_of(stripe), SOON)
    db.session.commit()
    assert balance_of(place) == 2_000
    stripe.refund(payment.session_id, 1_000)
    db.session.commit()
    hear_of_events(card_of(stripe), SOON + timedelta(minutes=30))
    assert balance_of(place) == 2_000
    db.session.commit()
    hear_of_events(card_of(stripe), SOON + timedelta(minutes=61))
    assert balance_of(place) == 3_000


def test_events_of_one_second_are_taken_in_the_order_in_which_they_happened(db_session, stripe):
    cast = a_cast()
    series = a_priced_series(cast, seats=5)
    places = [held(cast, who, series, NOW) for who in ("ada", "ben", "pia", "kim", "cora")]
    for place in places:
        payment = a_page(stripe, place, NOW)
        stripe.pay(payment.session_id)
        stripe.refund(payment.session_id, 2_000)
    db.session.commit()
    hear_of_events(card_of(stripe), SOON)
    assert [balance_of(place) for place in places] == [2_000] * 5


@pytest.mark.parametrize(("won", "owed", "state"), [(True, 0, "won"), (False, 12_000, "lost")])
def test_a_dispute_takes_the_money_and_gives_it_again_when_it_is_won(db_session, stripe, won, owed, state):
    cast = a_cast()
    place, payment = a_paid_seat(cast, stripe)
    dispute = stripe.dispute(payment.session_id)
    told(stripe, "charge.dispute.created", SOON)
    assert (payment.state, balance_of(place), place.state) == ("disputed", 12_000, "enrolled")
    assert db.session.scalar(select(func.count()).where(Mail.kind == "disputed", Mail.person_id == cast.olive.id)) == 1
    with pytest.raises(Refused, match="disputed"):
        give_back(line_of(place), 100, note="No.", by=cast.olive, now=SOON)
    db.session.rollback()
    stripe.close_dispute(dispute["id"], won)
    told(stripe, "charge.dispute.closed", SOON)
    told(stripe, "charge.dispute.created", SOON)
    assert (payment.state, balance_of(place), place.state) == (state, owed, "enrolled")


def test_a_refund_waits_for_a_dispute_and_goes_when_it_is_won(db_session, stripe):
    """lago PR #6257: refunding a disputed charge fails for ever."""
    cast = a_cast()
    place, payment = a_paid_seat(cast, stripe)
    withdraw(place, by=cast.ada, now=NOW)
    db.session.commit()
    dispute = stripe.dispute(payment.session_id)
    told(stripe, "charge.dispute.created", SOON)
    send_refunds(card_of(stripe), SOON)
    assert (stripe.objects("refund"), db.session.scalar(select(Refund.state))) == ([], "requested")
    db.session.commit()
    stripe.close_dispute(dispute["id"], True)
    told(stripe, "charge.dispute.closed", SOON)
    send_refunds(card_of(stripe), SOON)
    assert (balance_of(place), len(stripe.objects("refund"))) == (0, 1)


def test_who_withdraws_while_it_is_disputed_is_paid_back_when_it_is_won(db_session, stripe):
    cast = a_cast()
    place, payment = a_paid_seat(cast, stripe)
    dispute = stripe.dispute(payment.session_id)
    told(stripe, "charge.dispute.created", SOON)
    withdraw(place, by=cast.ada, now=SOON)
    db.session.commit()
    assert balance_of(place) == 0
    stripe.close_dispute(dispute["id"], True)
    told(stripe, "charge.dispute.closed", SOON)
    send_refunds(card_of(stripe), SOON)
    assert (balance_of(place), [one["amount"] for one in stripe.objects("refund")]) == (0, [12_000])


# The ledger


@pytest.mark.parametrize("sql", ["UPDATE ledger_entry SET amount_cents = 1", "DELETE FROM ledger_entry"])
def test_an_entry_is_never_changed(db_session, stripe, sql):
    cast = a_cast()
    a_paid_seat(cast, stripe)
    with pytest.raises(DBAPIError):
        db.session.execute(text(sql))


@pytest.mark.parametrize("wrong", [{"amount_cents": -5}, {"amount_cents": 0}, {"kind": "gift"}, {"source": "charge:1"}])
def test_an_entry_has_its_kinds_sign_and_a_source_of_its_own(db_session, stripe, wrong):
    cast = a_cast()
    place, _ = a_paid_seat(cast, stripe)
    line = line_of(place)
    of = {"district_id": line.district_id, "order_id": line.order_id, "line_id": line.id, "currency": "usd", "at": NOW}
    db.session.add(LedgerEntry(**{**of, "kind": "charge", "amount_cents": 5, "source": "x", **wrong}))
    with pytest.raises(IntegrityError):
        db.session.flush()


def test_a_sum_is_shared_out_to_the_cent():
    payments = [Payment(amount_cents=cents, refunded_cents=back, state="succeeded") for cents, back in ((100, 40), (50, 50), (70, 0))]
    assert [cents for _, cents in shared_out(61, payments)] == [60, 1]
    assert [cents for _, cents in shared_out(999, payments)] == [60, 70]
    assert shared_out(-5, payments) == []


def test_a_dispute_of_nobody_is_no_error(db_session, stripe):
    dispute_told(CardDispute("dp_1", "", "open", 5, None), now=NOW)
