"""Who pays for a seat besides the person: funding sources with a cap, free seats, and what becomes of them when the place ends."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from seminar.audit import broken_rules
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.money.asking import send_refunds
from seminar.money.funding_rule import Terms, add_rule, end_rule
from seminar.money.funding_source import FundingSource, end_source, save_source
from seminar.money.ledger import LedgerEntry
from seminar.money.office import give_back
from seminar.money.order import order_of
from seminar.money.payment import begin_payment
from seminar.money.refund_rule import change_refund_rule
from seminar.money.seat_grant import Cost, SeatGrant, costs_of
from seminar.series.enrolling import cancel_enrollment, enroll, withdraw
from seminar.series.enrolling_several import enroll_several, foreseen
from seminar.series.enrollment import Enrollment
from seminar.series.substitution import substitute
from seminar.series.waitlist import pass_on_offers
from tests.cast import NOW, TODAY, a_cast
from tests.money.funding import TERMS, a_rule, a_source, another_school
from tests.money.stripe import a_page, a_priced_series, balance_of, card_of, held, told

SOON = NOW + timedelta(minutes=1)
PAID = "checkout.session.completed"


def kinds(place):
    order = order_of(place.id)
    entries = db.session.scalars(select(LedgerEntry).where(LedgerEntry.order_id == order.id).order_by(LedgerEntry.id))
    return [(entry.kind, entry.amount_cents) for entry in entries]


def cost_of(person, series, now):
    return costs_of([person], series, now)[person.id]


def consumed(source):
    db.session.refresh(source)
    return source.consumed_cents


def paid(stripe, place):
    payment = a_page(stripe, place, NOW)
    stripe.pay(payment.session_id)
    told(stripe, PAID, NOW)
    return payment


@pytest.fixture(autouse=True)
def audited(db_session):
    """Whatever was done, every rule holds after it."""
    yield
    assert [rule.sentence for rule in broken_rules() if rule.broken] == []


def test_a_seat_that_a_source_pays_whole_is_theirs_at_once_and_stripe_hears_nothing(db_session, stripe):
    cast = a_cast()
    series, source = a_priced_series(cast), a_source(cast)
    a_rule(cast, series, source)
    assert cost_of(cast.ada, series, NOW) == Cost(0, [("Title I", 12_000)])

    place = held(cast, "ada", series, NOW)

    assert (place.state, kinds(place), consumed(source)) == ("enrolled", [("charge", 12_000), ("grant", -12_000)], 12_000)
    with pytest.raises(Refused, match="Nothing is to be paid"):
        begin_payment(order_of(place.id).lines[0], token="t", page={}, by=cast.ada, now=NOW)
    assert stripe.objects() == []


def test_of_a_part_funded_seat_the_card_pays_the_rest_to_the_cent(db_session, stripe):
    cast = a_cast()
    series, source = a_priced_series(cast, cents=9_999), a_source(cast)
    a_rule(cast, series, source, percent=33)
    place = held(cast, "ada", series, NOW)
    assert (place.state, consumed(source), balance_of(place)) == ("held", 3_299, 6_700)
    paid(stripe, place)
    assert stripe.objects("checkout.session")[0]["amount_total"] == 6_700
    assert (place.state, balance_of(place)) == ("enrolled", 0)


def test_what_is_left_of_a_cap_is_given_and_not_a_cent_more(db_session):
    cast = a_cast()
    series, source = a_priced_series(cast), a_source(cast, cents=20_001)
    a_rule(cast, series, source)
    places = [held(cast, who, series, NOW) for who in ("ada", "ben")]
    assert [balance_of(place) for place in places] == [0, 3_999]
    assert (consumed(source), cost_of(cast.cora, series, NOW).cents) == (20_001, 12_000)


def test_the_database_gives_no_more_than_there_is_whoever_writes(db_session):
    cast = a_cast()
    series, source = a_priced_series(cast), a_source(cast, cents=12_001)
    one_seat, any_seat = a_rule(cast, series, source, seats=1), a_rule(cast, series, source)
    adas, bens = (order_of(held(cast, who, series, NOW).id).lines[0].id for who in ("ada", "ben"))
    columns = "district_id, given_at, state, amount_cents, line_id, funding_rule_id, funding_source_id"
    of = f"INSERT INTO seat_grant ({columns}) VALUES ({cast.district.id}, '2027-03-01 00:00:00', 'given', 1,"
    for refused in (
        f"{of} {adas}, {any_seat.id}, {source.id})",
        f"{of} {bens}, {one_seat.id}, NULL)",
        f"{of} {bens}, {any_seat.id}, NULL)",
        "UPDATE funding_source SET cap_cents = 12000",
        "UPDATE seat_grant SET amount_cents = amount_cents + 1",
    ):
        with pytest.raises(IntegrityError):
            db.session.execute(text(refused))
        db.session.rollback()
    assert consumed(source) == 12_001


def test_free_seats_are_for_people_of_title_one_schools_while_there_are_any(db_session):
    """The district gives them away: there is no source."""
    cast = a_cast()
    another_school(cast, title_one=True)
    series = a_priced_series(cast, seats=4)
    a_rule(cast, series.seminar, None, for_whom="title_one", seats=1)
    assert cost_of(cast.ada, series, NOW) == Cost(12_000, [])
    assert cost_of(cast.tito, series, NOW) == Cost(0, [("", 12_000)])
    tito, ada = held(cast, "tito", series, NOW), held(cast, "ada", series, NOW)
    assert [(place.state, kinds(place)[1:]) for place in (tito, ada)] == [("enrolled", [("waiver", -12_000)]), ("held", [])]
    cast.school.title_one = True
    db.session.commit()
    assert cost_of(cast.ben, series, NOW).cents == 12_000
    withdraw(tito, by=cast.tito, now=NOW)
    db.session.commit()
    assert cost_of(cast.ben, series, NOW).cents == 0


def test_a_rule_of_one_school_is_for_its_people_alone(db_session):
    cast = a_cast()
    school = another_school(cast, title_one=False)
    series = a_priced_series(cast)
    a_rule(cast, series, a_source(cast), for_whom="school", school=school)
    assert [cost_of(cast.people[who], series, NOW).cents for who in ("ada", "tito", "olive")] == [12_000, 0, 12_000]


def test_rules_pay_one_after_the_other_and_never_more_than_the_price(db_session):
    cast = a_cast()
    series, first, second = a_priced_series(cast), a_source(cast), a_source(cast, code="II-A", name="Title II-A")
    a_rule(cast, series, first, percent=None, most_cents=5_000)
    a_rule(cast, series.seminar, second)
    place = held(cast, "ada", series, NOW)
    assert (place.state, kinds(place)[1:]) == ("enrolled", [("grant", -5_000), ("grant", -7_000)])
    assert (consumed(first), consumed(second)) == (5_000, 7_000)


@pytest.mark.parametrize("days", [(-9, -1), (1, 9)])
def test_a_source_pays_within_its_days_alone(db_session, days):
    cast = a_cast()
    series, source = a_priced_series(cast), a_source(cast)
    a_rule(cast, series, source)
    source.first_day, source.last_day = (TODAY + timedelta(days=day) for day in days)
    db.session.commit()
    assert (cost_of(cast.ada, series, NOW).cents, balance_of(held(cast, "ada", series, NOW))) == (12_000, 12_000)


def test_what_ended_pays_nothing_more_and_what_it_paid_stays(db_session):
    cast = a_cast()
    series, source = a_priced_series(cast, seats=3), a_source(cast)
    rule = a_rule(cast, series, source)
    place = held(cast, "ada", series, NOW)
    end_rule(rule, reason="Spent", by=cast.olive, now=NOW)
    db.session.commit()
    assert held(cast, "ben", series, NOW).state == "held"
    a_rule(cast, series, source)
    end_source(source, reason="Year is over", by=cast.olive, now=NOW)
    db.session.commit()
    assert held(cast, "cora", series, NOW).state == "held"
    assert (place.state, consumed(source)) == ("enrolled", 12_000)
    for end, ended in ((end_rule, rule), (end_source, source)):
        with pytest.raises(Refused, match="ended already"):
            end(ended, reason="Again", by=cast.olive, now=NOW)


def lapse(cast, place):
    pass_on_offers(place.hold_until)


ENDS = {
    "withdrawn": lambda cast, place: withdraw(place, by=place.person, now=NOW),
    "canceled": lambda cast, place: cancel_enrollment(place, reason="Snow", by=cast.olive, now=NOW),
    "lapsed": lapse,
}


@pytest.mark.parametrize("state", ENDS)
def test_when_the_place_ends_the_money_is_there_for_others_again(db_session, state):
    cast = a_cast()
    series, source = a_priced_series(cast), a_source(cast)
    rule = a_rule(cast, series, source, percent=50, seats=1)
    place = held(cast, "ada", series, NOW)
    assert (consumed(source), cost_of(cast.ben, series, NOW).cents) == (6_000, 12_000)
    ENDS[state](cast, place)
    db.session.commit()
    db.session.refresh(rule)
    assert (place.state, consumed(source), rule.seats_used, balance_of(place)) == (state, 0, 0, 0)
    assert kinds(place)[2:] == [("grant_back", 6_000), ("credit", -12_000)]
    assert cost_of(cast.ben, series, place.hold_until).cents == 6_000


def test_a_late_withdrawal_keeps_of_the_persons_own_part_alone(db_session, stripe):
    cast = a_cast()
    change_refund_rule(cast.district, [(0, 25)], by=cast.olive, now=NOW)
    series, source = a_priced_series(cast), a_source(cast)
    a_rule(cast, series, source, percent=50)
    place = held(cast, "ada", series, NOW)
    paid(stripe, place)
    withdraw(place, by=cast.ada, now=NOW)
    db.session.commit()
    send_refunds(card_of(stripe), SOON)
    assert [one["amount"] for one in stripe.objects("refund")] == [1_500]
    assert (consumed(source), balance_of(place)) == (0, 0)


def test_the_office_gives_back_no_more_than_the_card_paid(db_session, stripe):
    cast = a_cast()
    series = a_priced_series(cast)
    a_rule(cast, series, a_source(cast), percent=50)
    place = held(cast, "ada", series, NOW)
    paid(stripe, place)
    with pytest.raises(Refused, match="No more than"):
        give_back(order_of(place.id).lines[0], 6_001, note="Sick", by=cast.olive, now=NOW)
    give_back(order_of(place.id).lines[0], 6_000, note="Sick", by=cast.olive, now=NOW)
    db.session.commit()
    assert (place.state, balance_of(place)) == ("enrolled", -6_000)


@pytest.mark.parametrize("is_left", [True, False])
def test_who_pays_too_late_for_a_funded_seat_owes_no_more_than_they_were_asked_for(db_session, stripe, is_left):
    """The source pays its part again where it can; else the district bears it."""
    cast = a_cast()
    series, source = a_priced_series(cast), a_source(cast)
    a_rule(cast, series, source, percent=50)
    place = held(cast, "ada", series, NOW)
    payment = a_page(stripe, place, NOW)
    stripe.pay(payment.session_id)
    late = place.hold_until + timedelta(minutes=1)
    pass_on_offers(late)
    if not is_left:
        end_source(source, reason="Spent", by=cast.olive, now=late)
    db.session.commit()
    told(stripe, PAID, late)
    assert (place.state, balance_of(place), consumed(source)) == ("enrolled", 0, 6_000 if is_left else 0)


def test_what_was_given_stays_with_the_seat_when_a_colleague_takes_it(db_session):
    cast = a_cast()
    series, source = a_priced_series(cast), a_source(cast)
    series.freeze_day = TODAY
    a_rule(cast, series, source, for_whom="school", school=cast.school)
    place = held(cast, "ada", series, NOW)
    bens = substitute(place, cast.ben, by=cast.ada, now=NOW)
    db.session.commit()
    assert (bens.state, balance_of(bens), consumed(source)) == ("enrolled", 0, 12_000)
    withdraw(bens, by=cast.ben, now=NOW)
    assert consumed(source) == 0


def test_whom_the_office_enrolls_pays_nothing_either(db_session):
    cast = a_cast()
    series = a_priced_series(cast)
    a_rule(cast, series, a_source(cast))
    assert enroll(cast.ada, series, by=cast.olive, now=NOW).state == "enrolled"


def test_spend_by_school_stays_where_the_person_worked_then(db_session):
    cast = a_cast()
    series = a_priced_series(cast)
    a_rule(cast, series, a_source(cast))
    held(cast, "ada", series, NOW)
    assert db.session.scalars(select(SeatGrant.school_id)).all() == [cast.school.id]


def test_a_source_that_makes_no_sense_is_refused(db_session):
    cast = a_cast()
    series, source = a_priced_series(cast), a_source(cast)
    a_rule(cast, series, source)
    held(cast, "ada", series, NOW)
    days = (source.first_day, source.last_day)

    def save(one, says, **changed):
        values = {"name": "N", "code": "C", "cap_cents": 12_000, "days": days} | changed
        with pytest.raises(Refused, match=says):
            save_source(one, **values, by=cast.olive, now=NOW)

    new = FundingSource(district_id=cast.district.id)
    save(new, "before the first", days=(days[1], days[0]))
    save(new, "has the code", code="010-3010")
    save(source, r"of it is given already", cap_cents=11_999)
    save_source(source, name="N", code="C", cap_cents=12_000, days=days, by=cast.olive, now=NOW)
    with pytest.raises(Refused, match="Say why"):
        end_source(source, reason="", by=cast.olive, now=NOW)
    db.session.commit()


def test_a_rule_that_makes_no_sense_is_refused(db_session):
    cast = a_cast()
    series, source = a_priced_series(cast), a_source(cast)

    def add(says, **terms):
        with pytest.raises(Refused, match=says):
            add_rule(series, Terms(source, **{**TERMS, **terms}), by=cast.olive, now=NOW)

    add("one of the two", most_cents=100)
    add("one of the two", percent=None)
    add("Choose the school", for_whom="school")
    add("A school is chosen only", school=cast.school)
    with pytest.raises(Refused, match="Say why"):
        end_rule(a_rule(cast, series, source), reason="", by=cast.olive, now=NOW)
    end_source(source, reason="Spent", by=cast.olive, now=NOW)
    add("ended already")
    db.session.commit()


@pytest.mark.parametrize(("cents", "left_to_ada"), [(36_000, 0), (24_000, 0), (21_000, 3_000)])
def test_of_several_the_first_ones_have_what_a_source_pays_and_never_more_than_it_has(db_session, cents, left_to_ada):
    """It pays for two of three seats, and for the second as far as it goes."""
    cast = a_cast()
    series, source = a_priced_series(cast, seats=3), a_source(cast, cents=cents)
    a_rule(cast, series, source, seats=2)
    people = [cast.ben, cast.ada, cast.cora]
    becomes = {cast.ben.id: "enrolled", cast.ada.id: "held" if left_to_ada else "enrolled", cast.cora.id: "held"}
    assert foreseen(people, series, by=cast.olive, now=NOW) == becomes
    assert dict(enroll_several(people, series, by=cast.olive, now=NOW).details["answers"]) == becomes
    db.session.commit()
    owed = {place.person_id: balance_of(place) for place in db.session.scalars(select(Enrollment))}
    assert owed == {cast.ben.id: 0, cast.ada.id: left_to_ada, cast.cora.id: 12_000}
    assert consumed(source) == 24_000 - left_to_ada


def test_what_is_too_little_for_a_card_is_not_asked_for(db_session):
    cast = a_cast()
    change_refund_rule(cast.district, [(0, 0)], by=cast.olive, now=NOW)
    series, source = a_priced_series(cast), a_source(cast)
    a_rule(cast, series, source, percent=None, most_cents=11_951)
    assert cost_of(cast.ada, series, NOW).cents == 0
    place = held(cast, "ada", series, NOW)
    assert (place.state, kinds(place)[2:], balance_of(place)) == ("enrolled", [("credit", -49)], 0)
    withdraw(place, by=cast.ada, now=NOW)
    db.session.commit()
    assert (balance_of(place), consumed(source)) == (0, 0)
