"""A seat that costs something: held, paid, late, twice, by a bank that takes days; whatever comes when, it is paid once."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from seminar.ground import contributions
from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.money.asking import ask_about_pages, send_refunds
from seminar.money.event import take
from seminar.money.ledger import LedgerEntry
from seminar.money.order import order_of
from seminar.money.payment import Payment, begin_payment
from seminar.money.refund import Refund
from seminar.money.refund_rule import change_refund_rule
from seminar.money.settling import NotAsAsked, page_told
from seminar.people.appointment import standing
from seminar.series.enrolling import KEPT_FOR_PAYING, cancel_enrollment, enroll, withdraw
from seminar.series.enrolling_several import enroll_all_or_line_up_together, enroll_several, foreseen
from seminar.series.enrollment import Enrollment, seats_of
from seminar.series.moving import change_to, other_series
from seminar.series.substitution import substitute
from seminar.series.waitlist import answered_by, join_waitlist, pass_on_offers
from tests.cast import NOW, TODAY, a_cast, a_series
from tests.money.stripe import a_page, a_priced_series, balance_of, card_of, held, told

PAID, EXPIRED = "checkout.session.completed", "checkout.session.expired"
AFTER_THE_HOLD = NOW + timedelta(minutes=41)


def mails(kind):
    return db.session.scalar(select(func.count()).where(Mail.kind == kind))


def states(series):
    query = select(Enrollment.state).where(Enrollment.series_id == series.id).order_by(Enrollment.id)
    return list(db.session.scalars(query))


def test_a_seat_that_costs_something_is_held_until_it_is_paid(db_session, stripe):
    cast = a_cast()
    series = a_priced_series(cast)
    place = held(cast, "ada", series, NOW)
    payment = a_page(stripe, place, NOW)
    assert (place.state, balance_of(place), mails("enrolled")) == ("held", 12_000, 0)
    assert seats_of(series, NOW).left == 1

    stripe.pay(payment.session_id)
    told(stripe, PAID, NOW)

    assert (place.state, payment.state, balance_of(place), mails("enrolled")) == ("enrolled", "succeeded", 0, 1)


def test_a_free_seat_has_no_order(db_session, stripe):
    cast = a_cast()
    place = held(cast, "ada", a_priced_series(cast, cents=0), NOW)
    assert (place.state, order_of(place.id), stripe.objects()) == ("enrolled", None, [])


def test_the_price_is_that_of_the_day_of_the_order(db_session, stripe):
    cast = a_cast()
    series = a_priced_series(cast)
    place = held(cast, "ada", series, NOW)
    series.price_cents = 99_000
    payment = a_page(stripe, place, NOW)
    assert payment.amount_cents == stripe.objects("checkout.session")[0]["amount_total"] == 12_000


def test_a_hold_that_ran_out_frees_the_seat_and_nothing_is_owed(db_session, stripe):
    cast = a_cast()
    series = a_priced_series(cast, seats=1)
    place = held(cast, "ada", series, NOW)
    assert seats_of(series, place.hold_until - timedelta(seconds=1)).left == 0
    assert seats_of(series, place.hold_until).left == 1

    pass_on_offers(place.hold_until)

    assert (place.state, balance_of(place), mails("lapsed")) == ("lapsed", 0, 1)
    enroll(cast.ada, series, by=cast.ada, now=place.hold_until)


def test_the_hold_outlives_the_page(db_session, stripe):
    cast = a_cast()
    place = held(cast, "ada", a_priced_series(cast), NOW)
    payment = a_page(stripe, place, NOW + timedelta(minutes=30))
    assert place.hold_until >= payment.page_until + timedelta(minutes=5)


def test_nobody_keeps_a_seat_by_opening_page_after_page(db_session, stripe):
    cast = a_cast()
    place = held(cast, "ada", a_priced_series(cast), NOW)
    now = NOW
    with pytest.raises(Refused, match="kept for long enough"):
        for _ in range(9):
            payment = a_page(stripe, place, now)
            stripe.expire(payment.session_id)
            told(stripe, EXPIRED, now)
            now = payment.page_until
    assert place.hold_until <= NOW + timedelta(hours=2, minutes=30)


def test_pressing_again_leads_to_the_same_page(db_session, stripe):
    cast = a_cast()
    place = held(cast, "ada", a_priced_series(cast), NOW)
    first = a_page(stripe, place, NOW)
    again = begin_payment(order_of(place.id).lines[0], token="another", page={}, by=cast.ada, now=NOW + timedelta(minutes=1))
    assert again.id == first.id


def test_a_call_that_nobody_heard_the_answer_of_is_made_again_as_it_was(db_session, stripe):
    """Killed between Stripe's answer and our commit: one page, whatever is pressed then (pretix #1230, alf.io #1254)."""
    cast = a_cast()
    place = held(cast, "ada", a_priced_series(cast), NOW)
    payment = a_page(stripe, place, NOW)
    payment.session_id, payment.page_url, payment.state = None, None, "created"
    parameters, token = payment.parameters, payment.token
    db.session.commit()
    found = card_of(stripe).open_page(parameters, token=token)
    assert found.id == stripe.objects("checkout.session")[0]["id"]
    assert len(stripe.objects("checkout.session")) == 1


def test_a_declined_card_is_tried_again_on_the_same_page(db_session, stripe):
    cast = a_cast()
    place = held(cast, "ada", a_priced_series(cast), NOW)
    payment = a_page(stripe, place, NOW)
    stripe.decline(payment.session_id)
    stripe.pay(payment.session_id)
    told(stripe, PAID, NOW)
    assert (place.state, balance_of(place)) == ("enrolled", 0)


def test_after_a_page_that_ran_out_there_is_another_attempt(db_session, stripe):
    cast = a_cast()
    place = held(cast, "ada", a_priced_series(cast), NOW)
    first = a_page(stripe, place, NOW)
    stripe.expire(first.session_id)
    told(stripe, EXPIRED, NOW)
    second = a_page(stripe, place, NOW + timedelta(minutes=3))
    stripe.pay(second.session_id)
    told(stripe, PAID, NOW + timedelta(minutes=4))
    assert (first.state, second.state, place.state) == ("expired", "succeeded", "enrolled")


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("order", list(permutations(["return page", "completed", "worker"])))
def test_whoever_hears_first_it_is_paid_once(db_session, stripe, order, times):
    """One charge, one seat, one mail (pretix #1189 and #1166, Hi.Events #598)."""
    cast = a_cast()
    place = held(cast, "ada", a_priced_series(cast), NOW)
    payment = a_page(stripe, place, NOW)
    session_id = payment.session_id
    stripe.pay(session_id)
    for hearing in order * times:
        if hearing == "completed":
            told(stripe, PAID, NOW)
        elif hearing == "worker":
            ask_about_pages(card_of(stripe), NOW + timedelta(minutes=35))
        else:
            db.session.commit()
            page_told(card_of(stripe).page(session_id), now=NOW)
            db.session.commit()
    assert (place.state, balance_of(place), mails("enrolled")) == ("enrolled", 0, 1)
    assert db.session.scalar(select(func.count()).where(LedgerEntry.kind == "payment")) == 1
    assert len(stripe.objects("charge")) == 1


def test_an_event_whose_work_failed_can_come_again(db_session, stripe, monkeypatch):
    """eventyay PR #3447: an event that was written down and not done is lost."""
    cast = a_cast()
    place = held(cast, "ada", a_priced_series(cast), NOW)
    payment = a_page(stripe, place, NOW)
    stripe.pay(payment.session_id)
    session_id = payment.session_id
    db.session.commit()
    found = card_of(stripe).page(session_id)
    with monkeypatch.context() as broken:
        broken.setattr("seminar.series.enrolling.record", lambda *_args, **_named: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            take("evt_1", PAID, found, now=NOW)
    db.session.rollback()
    take("evt_1", PAID, found, now=NOW)
    db.session.commit()
    assert (place.state, balance_of(place)) == ("enrolled", 0)
    assert not take("evt_1", PAID, found, now=NOW)


def test_an_event_of_another_version_of_stripes_api_is_taken(db_session, stripe):
    """alf.io #1159: what it carries may look otherwise, so that only its id counts, and Stripe is asked in the version that we know."""
    cast = a_cast()
    place = held(cast, "ada", a_priced_series(cast), NOW)
    payment = a_page(stripe, place, NOW)
    stripe.pay(payment.session_id)
    event = stripe.store.things[stripe.events(PAID)[0]["id"]]
    event.update(api_version="2019-12-03", data={"object": {"id": payment.session_id, "object": "checkout.session"}})
    told(stripe, PAID, NOW)
    assert (place.state, balance_of(place)) == ("enrolled", 0)


@pytest.mark.parametrize("wrong", [{"amount_cents": 11_999}, {"currency": "mxn"}, {"id": "cs_test_other"}])
def test_what_was_not_asked_for_gives_no_seat(db_session, stripe, wrong):
    cast = a_cast()
    place = held(cast, "ada", a_priced_series(cast), NOW)
    payment = a_page(stripe, place, NOW)
    stripe.pay(payment.session_id)
    session_id = payment.session_id
    db.session.commit()
    with pytest.raises(NotAsAsked):
        page_told(replace(card_of(stripe).page(session_id), **wrong), now=NOW)
    db.session.rollback()
    assert (place.state, balance_of(place)) == ("held", 12_000)


def test_stripe_is_never_asked_within_a_transaction(db_session, stripe):
    cast = a_cast()
    payment = a_page(stripe, held(cast, "ada", a_priced_series(cast), NOW), NOW)
    session_id = payment.session_id
    with pytest.raises(RuntimeError, match="transaction is open"):
        card_of(stripe).page(session_id)


# Late


def paid_late(stripe, cast, series):
    """Ada pays in time by Stripe's clock; we hear of it when her hold is over."""
    place = held(cast, "ada", series, NOW)
    payment = a_page(stripe, place, NOW)
    stripe.pay(payment.session_id)
    return place, payment


def test_a_late_payment_has_the_seat_while_one_is_free(db_session, stripe):
    """pretix #74, Hi.Events #513: paid, run out by our clock, and nobody has the seat."""
    cast = a_cast()
    series = a_priced_series(cast, seats=1)
    place, _ = paid_late(stripe, cast, series)
    pass_on_offers(AFTER_THE_HOLD)
    assert place.state == "lapsed"

    told(stripe, PAID, AFTER_THE_HOLD)

    assert (place.state, balance_of(place), mails("enrolled")) == ("enrolled", 0, 1)
    assert db.session.scalars(select(Refund)).all() == []


def test_a_late_payment_for_a_seat_that_is_gone_goes_back_and_its_payer_is_first_in_line(db_session, stripe):
    cast = a_cast()
    series = a_priced_series(cast, seats=1)
    place, payment = paid_late(stripe, cast, series)
    held(cast, "ben", series, AFTER_THE_HOLD)
    join_waitlist(cast.cora, series, by=cast.cora, now=AFTER_THE_HOLD)

    told(stripe, PAID, AFTER_THE_HOLD + timedelta(minutes=1))

    assert (place.state, balance_of(place), mails("paid_late")) == ("lapsed", -12_000, 1)
    line = select(Enrollment.person_id).where(Enrollment.state == "waitlisted").order_by(Enrollment.joined_at, Enrollment.id)
    assert list(db.session.scalars(line)) == [cast.ada.id, cast.cora.id]
    send_refunds(card_of(stripe), AFTER_THE_HOLD + timedelta(minutes=2))
    assert (balance_of(place), payment.refunded_cents, mails("refunded")) == (0, 12_000, 1)
    assert [refund["amount"] for refund in stripe.objects("refund")] == [12_000]


def test_a_late_payment_takes_no_seat_from_who_waits(db_session, stripe):
    """The seat that her hold set free is offered to the next in line, in the same transaction."""
    cast = a_cast()
    series = a_priced_series(cast, seats=1)
    paid_late(stripe, cast, series)
    join_waitlist(cast.ben, series, by=cast.ben, now=NOW)
    told(stripe, PAID, AFTER_THE_HOLD)
    assert states(series) == ["lapsed", "offered", "waitlisted"]


def test_who_withdrew_before_the_payment_came_has_it_back(db_session, stripe):
    cast = a_cast()
    series = a_priced_series(cast)
    place, _ = paid_late(stripe, cast, series)
    withdraw(place, by=cast.ada, now=NOW)
    assert balance_of(place) == 0
    told(stripe, PAID, NOW)
    assert (place.state, balance_of(place)) == ("withdrawn", -12_000)
    send_refunds(card_of(stripe), NOW)
    assert balance_of(place) == 0


def test_the_page_of_a_place_that_ended_is_closed(db_session, stripe):
    cast = a_cast()
    place = held(cast, "ada", a_priced_series(cast), NOW)
    payment = a_page(stripe, place, NOW)
    withdraw(place, by=cast.ada, now=NOW)
    db.session.commit()
    ask_about_pages(card_of(stripe), NOW)
    assert (stripe.objects("checkout.session")[0]["status"], payment.state) == ("expired", "expired")


def test_the_worker_asks_about_a_page_before_its_seat_lapses(db_session, stripe):
    """alf.io asks Stripe before a hold is given up; a webhook that was lost costs nobody a seat."""
    cast = a_cast()
    place = held(cast, "ada", a_priced_series(cast), NOW)
    payment = a_page(stripe, place, NOW)
    stripe.pay(payment.session_id)
    assert payment.page_until < place.hold_until
    ask_about_pages(card_of(stripe), payment.page_until)
    assert (place.state, balance_of(place)) == ("enrolled", 0)


def test_a_page_that_was_never_opened_runs_out(db_session, stripe):
    cast = a_cast()
    place = held(cast, "ada", a_priced_series(cast), NOW)
    payment = begin_payment(order_of(place.id).lines[0], token="t", page={}, by=cast.ada, now=NOW)
    db.session.commit()
    ask_about_pages(card_of(stripe), payment.page_until)
    assert payment.state == "expired"


def test_late_payers_stand_in_the_order_in_which_they_took_their_seats(db_session, stripe):
    cast = a_cast()
    series = a_priced_series(cast, seats=2)
    pages = [a_page(stripe, held(cast, who, series, NOW + timedelta(seconds=n)), NOW) for n, who in enumerate(("ada", "ben"))]
    for page in pages:
        stripe.pay(page.session_id)
    for who in ("pia", "kim"):
        held(cast, who, series, AFTER_THE_HOLD)
    told(stripe, PAID, AFTER_THE_HOLD)
    line = select(Enrollment.person_id).where(Enrollment.state == "waitlisted").order_by(Enrollment.joined_at, Enrollment.id)
    assert list(db.session.scalars(line)) == [cast.ada.id, cast.ben.id]


def test_a_bank_that_begins_to_pay_too_late_keeps_no_seat(db_session, stripe):
    cast = a_cast()
    series = a_priced_series(cast, seats=1)
    place = held(cast, "ada", series, NOW)
    payment = a_page(stripe, place, NOW)
    join_waitlist(cast.ben, series, by=cast.ben, now=NOW)
    stripe.pay_by_bank(payment.session_id)
    told(stripe, PAID, AFTER_THE_HOLD)
    assert (states(series), payment.state) == (["lapsed", "offered"], "pending")


def test_a_seat_that_is_kept_for_long_can_be_paid_to_the_last_minute(db_session, stripe):
    cast = a_cast()
    place = enroll(cast.ada, a_priced_series(cast), by=cast.olive, now=NOW)
    db.session.commit()
    last = place.hold_until - timedelta(minutes=1)
    stripe.pay(a_page(stripe, place, last).session_id)
    told(stripe, PAID, last + timedelta(minutes=20))
    assert place.state == "enrolled"


def test_one_payment_that_is_not_as_asked_holds_up_no_other(db_session, stripe):
    cast = a_cast()
    series = a_priced_series(cast)
    odd, right = (a_page(stripe, held(cast, who, series, NOW), NOW) for who in ("ada", "ben"))
    for page in (odd, right):
        stripe.pay(page.session_id)
    odd.amount_cents = 11_000
    db.session.commit()
    ask_about_pages(card_of(stripe), odd.page_until)
    assert states(series) == ["held", "enrolled"]


# Twice


def test_paid_twice_one_goes_back_and_the_seat_stays(db_session, stripe):
    """pretix #343: the refund of the second payment must not take the seat; #1233: paid, told it failed, paid again."""
    cast = a_cast()
    place = held(cast, "ada", a_priced_series(cast), NOW)
    first = a_page(stripe, place, NOW)
    # Its page ran out for us, and was paid all the same.
    first.state = "expired"
    db.session.commit()
    second = a_page(stripe, place, NOW + timedelta(seconds=1))
    stripe.pay(first.session_id)
    stripe.pay(second.session_id)

    told(stripe, PAID, NOW)
    send_refunds(card_of(stripe), NOW)

    assert (place.state, balance_of(place), mails("enrolled")) == ("enrolled", 0, 1)
    assert sorted([first.refunded_cents, second.refunded_cents]) == [0, 12_000]
    told(stripe, "refund.created", NOW)
    assert (place.state, balance_of(place)) == ("enrolled", 0)


# A bank that takes days


def test_a_bank_that_takes_days_keeps_the_seat_and_pays(db_session, stripe):
    """Hi.Events #510."""
    cast = a_cast()
    series = a_priced_series(cast, seats=1)
    place = held(cast, "ada", series, NOW)
    payment = a_page(stripe, place, NOW)
    stripe.pay_by_bank(payment.session_id)
    told(stripe, PAID, NOW)
    assert (place.state, payment.state) == ("held", "pending")
    assert seats_of(series, NOW + timedelta(days=13)).left == 0
    with pytest.raises(Refused, match="working on this payment"):
        begin_payment(order_of(place.id).lines[0], token="u", page={}, by=cast.ada, now=NOW)
    db.session.rollback()

    later = NOW + timedelta(hours=5)
    stripe.settle(payment.session_id)
    told(stripe, "checkout.session.async_payment_succeeded", later)

    assert (place.state, payment.state, balance_of(place)) == ("enrolled", "succeeded", 0)


def test_a_bank_that_says_no_days_later_leaves_time_for_a_card(db_session, stripe):
    cast = a_cast()
    place = held(cast, "ada", a_priced_series(cast), NOW)
    payment = a_page(stripe, place, NOW)
    stripe.pay_by_bank(payment.session_id)
    told(stripe, PAID, NOW)
    later = NOW + timedelta(hours=2)
    stripe.fail(payment.session_id)
    told(stripe, "checkout.session.async_payment_failed", later)
    assert (place.state, payment.state, mails("payment_failed")) == ("held", "failed", 1)
    assert later < place.hold_until <= later + timedelta(days=1)
    second = a_page(stripe, place, later)
    stripe.pay(second.session_id)
    db.session.commit()
    ask_about_pages(card_of(stripe), second.page_until)
    assert (place.state, balance_of(place)) == ("enrolled", 0)


# By somebody else, and ending


def test_who_is_enrolled_by_somebody_else_has_the_time_of_an_offer_to_pay(db_session, stripe):
    cast = a_cast()
    place = enroll(cast.ada, a_priced_series(cast), by=cast.olive, now=NOW)
    assert (place.state, mails("held")) == ("held", 1)
    assert place.hold_until > NOW + timedelta(minutes=60)


def test_an_offer_of_a_seat_that_costs_something_is_held_when_it_is_taken(db_session, stripe):
    cast = a_cast()
    series = a_priced_series(cast, seats=1)
    place = held(cast, "ada", series, NOW)
    join_waitlist(cast.ben, series, by=cast.ben, now=NOW)
    withdraw(place, by=cast.ada, now=NOW)
    taken = enroll(cast.ben, series, by=cast.ben, now=NOW)
    assert (taken.state, balance_of(taken)) == ("held", 12_000)


def test_what_the_district_cancels_comes_back_whole(db_session, stripe):
    cast = a_cast()
    place = held(cast, "ada", a_priced_series(cast), NOW)
    stripe.pay(a_page(stripe, place, NOW).session_id)
    told(stripe, PAID, NOW)
    cancel_enrollment(place, reason="Flooded.", by=cast.olive, now=NOW)
    db.session.commit()
    send_refunds(card_of(stripe), NOW)
    assert (place.state, balance_of(place)) == ("canceled", 0)
    assert [refund["amount"] for refund in stripe.objects("refund")] == [12_000]


def test_merging_gives_back_one_of_two_prices_whatever_the_rule(db_session, stripe):
    cast = a_cast()
    change_refund_rule(cast.district, [(0, 0)], by=cast.olive, now=NOW)
    series = a_priced_series(cast)
    one, other = held(cast, "ada", series, NOW), held(cast, "ben", series, NOW)
    for place in (one, other):
        stripe.pay(a_page(stripe, place, NOW).session_id)
    told(stripe, PAID, NOW)
    (collision,) = [c for of in contributions.merge_collisions for c in of(cast.ada, cast.ben, NOW)]
    collision.solve(cast.olive, NOW)
    db.session.commit()
    send_refunds(card_of(stripe), NOW)
    assert [refund["amount"] for refund in stripe.objects("refund")] == [12_000]
    assert [balance_of(one), balance_of(other)] == [0, 0]


def test_merging_ends_a_held_place_as_withdrawing_does(db_session, stripe):
    cast = a_cast()
    series = a_priced_series(cast)
    one, other = held(cast, "ada", series, NOW), held(cast, "ben", series, NOW)
    (collision,) = [c for of in contributions.merge_collisions for c in of(cast.ada, cast.ben, NOW)]
    collision.solve(cast.olive, NOW)
    assert sorted([balance_of(one), balance_of(other)]) == [0, 12_000]
    assert seats_of(series, NOW).taken == 1


def test_a_colleague_takes_a_paid_seat_and_what_comes_back_goes_to_who_paid(db_session, stripe):
    cast = a_cast()
    series = a_priced_series(cast)
    series.freeze_day = series.meetings[0].starts_at.date()
    place = held(cast, "ada", series, NOW)
    stripe.pay(a_page(stripe, place, NOW).session_id)
    told(stripe, PAID, NOW)
    successor = substitute(place, cast.ben, by=cast.ada, now=NOW)
    assert (place.state, successor.state, balance_of(successor)) == ("substituted", "enrolled", 0)
    withdraw(successor, by=cast.ben, now=NOW)
    db.session.commit()
    send_refunds(card_of(stripe), NOW)
    assert (balance_of(successor), mails("refunded")) == (0, 1)
    assert order_of(successor.id).person_id == cast.ada.id


def test_of_several_who_are_enrolled_each_has_a_seat_kept_and_is_told_to_pay_it(db_session, stripe):
    cast = a_cast()
    series, people = a_priced_series(cast), [cast.ada, cast.pia]
    assert set(foreseen(people, series, by=cast.pia, now=NOW).values()) == {"held"}
    done = enroll_several(people, series, by=cast.pia, now=NOW)
    assert dict(done.details["answers"]) == {cast.ada.id: "held", cast.pia.id: "held"}
    db.session.commit()
    of_ada, of_pia = db.session.scalars(select(Enrollment).where(Enrollment.series_id == series.id).order_by(Enrollment.id))
    assert (of_ada.hold_until, of_pia.hold_until) == (answered_by(series, NOW), NOW + KEPT_FOR_PAYING)
    assert (balance_of(of_ada), balance_of(of_pia), mails("held")) == (12_000, 12_000, 1)
    assert order_of(of_ada.id).person_id == cast.ada.id
    stripe.pay(a_page(stripe, of_ada, NOW).session_id)
    told(stripe, PAID, NOW)
    assert (of_ada.state, balance_of(of_ada)) == ("enrolled", 0)


def test_nobody_waits_as_a_group_where_each_pays(db_session, stripe):
    cast = a_cast()
    with pytest.raises(Refused, match="each pays alone"):
        enroll_all_or_line_up_together([cast.ada, cast.ben], a_priced_series(cast), by=cast.pia, now=NOW)


def test_a_paid_seat_is_not_moved_to_another_series(db_session, stripe):
    cast = a_cast()
    series = a_priced_series(cast)
    other = a_series(cast, "Sewing")
    other.seminar_id = series.seminar_id
    place = held(cast, "ada", series, NOW)
    stripe.pay(a_page(stripe, place, NOW).session_id)
    told(stripe, PAID, NOW)
    assert other_series(series, standing(cast.ada, TODAY), NOW) == []
    with pytest.raises(Refused, match="isn't moved"):
        change_to(other, place, by=cast.ada, now=NOW)


def test_one_open_attempt_per_order_by_the_database(db_session, stripe):
    cast = a_cast()
    payment = a_page(stripe, held(cast, "ada", a_priced_series(cast), NOW), NOW)
    of = {name: getattr(payment, name) for name in ("district_id", "order_id", "line_id", "amount_cents", "currency", "page_until")}
    db.session.add(Payment(**of, state="created", state_since=NOW, created_at=NOW, token="second", parameters={}))
    with pytest.raises(IntegrityError):
        db.session.flush()
