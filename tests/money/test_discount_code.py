"""Discount codes: what they take off, who can't use them, and that the last use is one person's."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from seminar.audit import broken_rules
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.money.asking import send_refunds
from seminar.money.discount_code import end_code, use_code
from seminar.money.order import order_of
from seminar.money.refund_rule import change_refund_rule
from seminar.series.enrolling import withdraw
from seminar.series.waitlist import pass_on_offers
from tests.cast import NOW, TODAY, a_cast
from tests.money.funding import a_code, a_rule, a_source
from tests.money.stripe import a_page, a_priced_series, balance_of, card_of, held, told
from tests.money.test_funding import kinds


@pytest.fixture(autouse=True)
def audited(db_session):
    """Whatever was done, every rule holds after it."""
    yield
    db.session.rollback()
    assert [rule.sentence for rule in broken_rules() if rule.broken] == []


def use(place, typed="summer", now=NOW):
    return use_code(order_of(place.id).lines[0], typed, by=place.person, now=now)


def used(code):
    db.session.refresh(code)
    return code.used_count


def test_a_code_takes_its_part_off_however_it_is_typed_and_the_card_pays_the_rest(db_session, stripe):
    cast = a_cast()
    series, code = a_priced_series(cast, cents=9_999), a_code(cast, percent=50)
    place = held(cast, "ada", series, NOW)
    assert use(place, " Summer ") == 4_999
    db.session.commit()
    payment = a_page(stripe, place, NOW)
    stripe.pay(payment.session_id)
    told(stripe, "checkout.session.completed", NOW)
    assert stripe.objects("checkout.session")[0]["amount_total"] == 5_000
    assert (place.state, balance_of(place), used(code)) == ("enrolled", 0, 1)


def test_a_code_that_takes_all_of_it_gives_the_seat_and_stripe_hears_nothing(db_session, stripe):
    cast = a_cast()
    a_code(cast, percent=None, most_cents=50_000)
    place = held(cast, "ada", a_priced_series(cast), NOW)
    assert use(place) == 12_000
    db.session.commit()
    assert (place.state, balance_of(place), stripe.objects()) == ("enrolled", 0, [])


def test_a_code_takes_off_what_the_person_pays_themselves(db_session):
    cast = a_cast()
    series = a_priced_series(cast)
    a_rule(cast, series, a_source(cast), percent=50)
    a_code(cast, percent=10)
    place = held(cast, "ada", series, NOW)
    assert (use(place), balance_of(place)) == (600, 5_400)
    db.session.commit()


def test_a_seat_has_one_code(db_session):
    cast = a_cast()
    a_code(cast), a_code(cast, "SPRING")
    place = held(cast, "ada", a_priced_series(cast), NOW)
    use(place)
    db.session.commit()
    for again in ("summer", "spring"):
        with pytest.raises(Refused, match="has it already"):
            use(place, again)


def test_the_last_use_is_one_persons_and_free_again_when_their_place_ends(db_session):
    cast = a_cast()
    series, code = a_priced_series(cast, seats=3), a_code(cast, most_uses=1)
    ada, ben = held(cast, "ada", series, NOW), held(cast, "ben", series, NOW)
    use(ada)
    db.session.commit()
    with pytest.raises(Refused, match="used up"):
        use(ben)
    pass_on_offers(ada.hold_until)
    db.session.commit()
    assert (ada.state, used(code), kinds(ada)[2:]) == ("lapsed", 0, [("discount_back", 6_000), ("credit", -12_000)])
    bens = held(cast, "ben", series, ada.hold_until)
    assert use(bens, now=ada.hold_until) == 6_000
    db.session.commit()


def test_the_database_counts_and_refuses_one_use_too_many_whoever_writes(db_session):
    cast = a_cast()
    series, code = a_priced_series(cast), a_code(cast, most_uses=1)
    ada, ben = held(cast, "ada", series, NOW), held(cast, "ben", series, NOW)
    use(ada)
    db.session.commit()
    of = "INSERT INTO code_use (district_id, used_at, state, amount_cents, discount_code_id, line_id) VALUES"
    for refused in (
        f"{of} ({cast.district.id}, '2027-03-01 00:00:00', 'used', 1, {code.id}, {order_of(ben.id).lines[0].id})",
        f"{of} ({cast.district.id}, '2027-03-01 00:00:00', 'used', 1, {a_code(cast, 'X').id}, {order_of(ada.id).lines[0].id})",
        "UPDATE discount_code SET code = 'summer'",
    ):
        with pytest.raises(IntegrityError):
            db.session.execute(text(refused))
        db.session.rollback()


def test_what_cannot_be_used_says_so_and_not_what_there_is_elsewhere(db_session):
    cast, stan = a_cast(), a_cast("B", {"olive": "program_manager", "ada": "teacher"})
    series = a_priced_series(cast)
    other = a_priced_series(cast, title="Sewing")
    a_code(stan, "NEXTDOOR")
    a_code(cast, "SEWING", seminar_id=other.seminar_id)
    a_code(cast, "THATONE", series_id=other.id)
    a_code(cast, "LATE", last_day=TODAY - timedelta(days=1))
    a_code(cast, "TINY", percent=None, most_cents=1)
    end_code(a_code(cast, "OVER"), reason="Spent", by=cast.olive, now=NOW)
    db.session.commit()
    place = held(cast, "ada", series, NOW)
    for typed in ("nextdoor", "sewing", "thatone", "over", "", "nothing like it"):
        with pytest.raises(Refused, match="No discount code like that") as refused:
            use(place, typed)
        assert refused.value.field == "code"
    with pytest.raises(Refused, match="counted through"):
        use(place, "late")
    assert use(place, "tiny") == 1
    db.session.commit()


def test_a_code_is_used_before_paying_and_while_the_seat_is_kept(db_session, stripe):
    cast = a_cast()
    a_code(cast)
    place = held(cast, "ada", a_priced_series(cast), NOW)
    payment = a_page(stripe, place, NOW)
    with pytest.raises(Refused, match="on its way"):
        use(place)
    db.session.rollback()
    stripe.expire(payment.session_id)
    told(stripe, "checkout.session.expired", NOW)
    with pytest.raises(Refused, match="Nothing is to be paid"):
        use(place, now=NOW + timedelta(hours=3))


def test_a_page_that_was_paid_all_the_same_gives_back_what_is_too_much(db_session, stripe):
    """It was over by our clock when the code was used, and Stripe took the whole price."""
    cast = a_cast()
    a_code(cast)
    place = held(cast, "ada", a_priced_series(cast), NOW)
    payment = a_page(stripe, place, NOW)
    payment.state = "expired"
    db.session.commit()
    use(place)
    db.session.commit()
    stripe.pay(payment.session_id)
    told(stripe, "checkout.session.completed", NOW)
    send_refunds(card_of(stripe), NOW)
    assert [one["amount"] for one in stripe.objects("refund")] == [6_000]
    assert (place.state, balance_of(place)) == ("enrolled", 0)


def test_a_late_withdrawal_keeps_of_what_was_paid_after_the_discount(db_session, stripe):
    cast = a_cast()
    change_refund_rule(cast.district, [(0, 50)], by=cast.olive, now=NOW)
    code = a_code(cast)
    place = held(cast, "ada", a_priced_series(cast), NOW)
    use(place)
    db.session.commit()
    payment = a_page(stripe, place, NOW)
    stripe.pay(payment.session_id)
    told(stripe, "checkout.session.completed", NOW)
    withdraw(place, by=cast.ada, now=NOW)
    db.session.commit()
    send_refunds(card_of(stripe), NOW)
    assert [one["amount"] for one in stripe.objects("refund")] == [3_000]
    assert (balance_of(place), used(code)) == (0, 0)


def test_a_code_that_makes_no_sense_is_refused(db_session):
    cast = a_cast()
    code = a_code(cast)
    with pytest.raises(Refused, match="is a code SUMMER already"):
        a_code(cast, "summer")
    db.session.rollback()
    for values in ({"most_cents": 5}, {"percent": None}):
        with pytest.raises(Refused, match="one of the two"):
            a_code(cast, "OTHER", **values)
        db.session.rollback()
    with pytest.raises(Refused, match="Say why"):
        end_code(code, reason="", by=cast.olive, now=NOW)
    end_code(code, reason="Over", by=cast.olive, now=NOW)
    db.session.commit()
    with pytest.raises(Refused, match="ended already"):
        end_code(code, reason="Over", by=cast.olive, now=NOW)
    assert a_code(cast, "summer").code == "SUMMER"
