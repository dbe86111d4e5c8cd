"""Purchase orders: a number that is typed, one that the office accepts, what it covers and how far, and what comes off it again."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, true
from sqlalchemy.exc import DBAPIError

from seminar.audit import broken_rules
from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.money.canceling import what_purchase_orders_lose
from seminar.money.choosing_po import Typed, pay_by_purchase_order, seats_to_pay
from seminar.money.covering import PurchaseOrderLine, accept, cancel, cover_waiting, reject
from seminar.money.invoice import Invoice, open_of
from seminar.money.office import let_go
from seminar.money.overdue import tell_of_awaited_orders
from seminar.money.payment import begin_payment
from seminar.money.po_file import LARGEST_BYTES, keep_file, kind_of
from seminar.money.po_settings import HowTaken, awaited_until, change_po_settings
from seminar.money.purchase_order import as_number, change, receive
from seminar.money.refund_rule import change_refund_rule
from seminar.money.remittance import Sent, record_payment, record_sent_back, split
from seminar.money.work_lists import counts_of, work_of
from seminar.people.calendar import ClosedDay
from seminar.people.school import School
from seminar.series.enrolling import cancel_enrollment, withdraw
from seminar.series.enrolling_several import enroll_several
from seminar.series.enrollment import seats_of
from seminar.series.planning import cancel_series
from seminar.series.substitution import substitute
from seminar.series.waitlist import pass_on_offers
from tests.cast import NOW, TODAY, a_cast
from tests.money.funding import a_rule, a_source
from tests.money.purchase_orders import a_purchase_order, accepted, awaiting, chosen, invoiced, line_of, paid, waits_for_the_money
from tests.money.stripe import a_page, a_priced_series, balance_of, held, told
from tests.pictures import a_png

SOON = NOW + timedelta(minutes=1)
PDF = b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n"


@pytest.fixture
def cast(db_session):
    return a_cast()


@pytest.fixture
def series(cast):
    """It costs $120, has three seats, and meets in two weeks."""
    found = a_priced_series(cast, seats=3)
    for meeting in found.meetings:
        meeting.starts_at, meeting.ends_at = meeting.starts_at + timedelta(days=14), meeting.ends_at + timedelta(days=14)
    found.enrollment_closes_at += timedelta(days=14)
    db.session.commit()
    return found


def mails(kind):
    return db.session.scalar(select(func.count()).where(Mail.kind == kind))


def clean():
    return [rule.sentence for rule in broken_rules() if rule.broken] == []


# Choosing


def test_a_number_that_is_typed_keeps_the_seat_for_school_days_and_enrolls_nobody(cast, series):
    db.session.add(ClosedDay(district_id=cast.district.id, day=TODAY + timedelta(days=1), reason="Snow"))
    change_po_settings(cast.district, HowTaken(school_days=5), by=cast.olive, now=NOW)
    place = held(cast, "ada", series, NOW)

    cover = chosen(cast, place, " po  77120 ")

    # Tuesday is closed and a weekend comes between: through Tuesday of the next week, in Los Angeles.
    assert (place.state, place.hold_until.isoformat(), cover.number) == ("awaiting_po", "2027-03-10T08:00:00+00:00", "PO 77120")
    assert (balance_of(place), mails("awaiting_po"), mails("enrolled"), seats_of(series, SOON).taken) == (12_000, 1, 0, 1)
    assert clean()


def several(cast, series, *names, number="77120"):
    """Pia enrolls these people, and says of their seats that this purchase order of the school pays for them."""
    enroll_several([cast.people[name] for name in names], series, by=cast.pia, now=NOW)
    lines = [seat.line for seat in seats_to_pay(series, true(), NOW)]
    pay_by_purchase_order(lines, Typed(number, cast.school), by=cast.pia, now=NOW)
    db.session.commit()
    return [line.enrollment for line in lines]


def test_one_purchase_order_is_said_of_several_seats_and_covers_the_first_ones(cast, series):
    accepted(cast, cents=25_000)
    places = several(cast, series, "ada", "ben", "cora")
    assert [place.state for place in places] == ["enrolled", "enrolled", "awaiting_po"]
    assert (mails("held"), mails("enrolled"), mails("awaiting_po")) == (3, 2, 1)
    assert [seat.awaits for seat in seats_to_pay(series, true(), NOW)] == ["77120"] and clean()


def test_of_several_seats_all_are_said_of_or_none(cast, series):
    places = several(cast, series, "ada", "ben", number="77121")
    withdraw(places[1], by=cast.pia, now=NOW)
    db.session.commit()
    with pytest.raises(Refused, match="Nothing is to be paid for the seat of Ben Example now"):
        pay_by_purchase_order([line_of(place) for place in places], Typed("77120", cast.school), by=cast.pia, now=NOW)
    db.session.rollback()
    assert [cover.number for cover in db.session.scalars(select(PurchaseOrderLine))] == ["77121", "77121"]


def test_seats_that_a_purchase_order_covers_or_a_bank_pays_are_not_to_be_paid(cast, series):
    change_po_settings(cast.district, HowTaken(accepted_confirms=False), by=cast.olive, now=NOW)
    accepted(cast)
    covered, with_a_bank, elsewhere = several(cast, series, "ada")[0], held(cast, "ben", series, NOW), held(cast, "cora", series, NOW)
    payment = begin_payment(line_of(with_a_bank), token="token", page={}, by=with_a_bank.person, now=NOW)
    assert len(seats_to_pay(series, true(), NOW)) == 2
    payment.on_its_way_at = NOW
    db.session.commit()
    assert covered.state == "awaiting_po" and [seat.place for seat in seats_to_pay(series, true(), NOW)] == [elsewhere]
    assert seats_to_pay(series, true(), elsewhere.hold_until) == []


def test_no_seat_waits_longer_than_until_its_next_meeting_begins(cast):
    series = a_priced_series(cast)
    assert awaited_until(series, 10, NOW) == series.meetings[0].starts_at
    assert awaiting(cast, "ada", series).hold_until == series.meetings[0].starts_at


def test_a_purchase_order_that_does_not_come_frees_the_seat_and_nothing_is_owed(cast, series):
    place = awaiting(cast, "ada", series)
    pass_on_offers(place.hold_until - timedelta(seconds=1))
    assert place.state == "awaiting_po"

    pass_on_offers(place.hold_until)

    cover = db.session.scalars(select(PurchaseOrderLine)).one()
    assert (place.state, balance_of(place), cover.state, mails("lapsed")) == ("lapsed", 0, "over", 1)
    assert clean()


@pytest.mark.parametrize("number", ["", "   ", "7" * 41])
def test_a_number_is_something_and_not_too_long(cast, series, number):
    place = held(cast, "ada", series, NOW)
    with pytest.raises(Refused) as refused:
        chosen(cast, place, number)
    assert (refused.value.field, place.state) == ("number", "held")


def test_who_typed_a_wrong_number_types_another_and_the_seat_waits_no_longer_for_it(cast, series):
    place = awaiting(cast, "ada", series, "77102")
    until = place.hold_until
    chosen(cast, place, "77120", NOW + timedelta(days=3))
    assert [cover.state for cover in db.session.scalars(select(PurchaseOrderLine).order_by(PurchaseOrderLine.id))] == ["over", "awaited"]
    assert place.hold_until == until


def test_nothing_can_be_chosen_for_a_seat_that_is_paid_or_gone(cast, series):
    place = awaiting(cast, "ada", series)
    withdraw(place, by=cast.ada, now=NOW)
    with pytest.raises(Refused, match="Nothing is to be paid"):
        chosen(cast, place)
    order = accepted(cast)
    covered = awaiting(cast, "ben", series)
    assert covered.state == "enrolled" and order.used_cents == 12_000
    with pytest.raises(Refused, match="Nothing is to be paid"):
        chosen(cast, covered, "88")


# Accepting


def test_an_accepted_purchase_order_enrolls_who_waits_for_it(cast, series):
    mine, bens = awaiting(cast, "ada", series), awaiting(cast, "ben", series)
    elsewhere = awaiting(cast, "cora", series, "5")
    order = a_purchase_order(cast, number="77120 ")
    assert (order.state, mine.state, order.used_cents) == ("received", "awaiting_po", 0)

    assert accept(order, by=cast.olive, now=SOON) == []

    assert [place.state for place in (mine, bens, elsewhere)] == ["enrolled", "enrolled", "awaiting_po"]
    assert (order.state, order.used_cents, order.left_cents, mails("enrolled")) == ("accepted", 24_000, 26_000, 2)
    assert balance_of(mine) == 12_000 and clean()


def test_the_same_number_of_another_buyer_is_another_purchase_order(cast, series):
    other = School(district_id=cast.district.id, code="T", name="Other", grade_first=0, grade_last=5)
    db.session.add(other)
    place = awaiting(cast, "ada", series)
    said = {"cap_cents": 50_000, "funding_code": "", "expires_on": None, "by": cast.olive, "now": NOW}
    accept(receive(cast.district, other, "77120", **said), by=cast.olive, now=NOW)
    accept(receive(cast.district, None, "77120", **said), by=cast.olive, now=NOW)
    assert place.state == "awaiting_po"
    accept(a_purchase_order(cast), by=cast.olive, now=NOW)
    assert place.state == "enrolled"


def test_a_number_is_entered_once_while_it_stands(cast):
    order = a_purchase_order(cast)
    with pytest.raises(Refused, match="entered already"):
        a_purchase_order(cast, number="77120")
    reject(order, reason="No signature", by=cast.olive, now=NOW)
    assert a_purchase_order(cast).state == "received"


@pytest.mark.parametrize(
    ("said", "field"),
    [({"number": " "}, "number"), ({"cents": 0}, "cap"), ({"expires_on": TODAY - timedelta(days=1)}, "expires_on")],
)
def test_one_without_sense_is_not_entered(cast, said, field):
    with pytest.raises(Refused) as refused:
        a_purchase_order(cast, **said)
    assert refused.value.field == field


def test_one_that_is_too_small_covers_the_first_ones_and_says_who_waits_on(cast, series):
    places = [awaiting(cast, who, series) for who in ("ada", "ben", "cora")]
    order = a_purchase_order(cast, cents=24_001)

    over = accept(order, by=cast.olive, now=SOON)

    assert [place.state for place in places] == ["enrolled", "enrolled", "awaiting_po"]
    assert ([cover.line.enrollment_id for cover in over], order.used_cents) == ([places[2].id], 24_000)
    change(order, cap_cents=36_000, funding_code="T1", expires_on=None, by=cast.olive, now=SOON)
    assert cover_waiting(order, by=cast.olive, now=SOON) == []
    assert (places[2].state, order.left_cents) == ("enrolled", 0) and clean()


def test_its_amount_is_never_less_than_what_it_covers(cast, series):
    awaiting(cast, "ada", series)
    order = accepted(cast)
    with pytest.raises(Refused, match="covers more than that"):
        change(order, cap_cents=11_999, funding_code="", expires_on=None, by=cast.olive, now=NOW)
    change(order, cap_cents=12_000, funding_code="", expires_on=None, by=cast.olive, now=NOW)
    with pytest.raises(DBAPIError):
        db.session.execute(text("UPDATE purchase_order SET cap_cents = 11999"))


def test_the_database_counts_what_it_covers_and_refuses_more(cast, series):
    place = awaiting(cast, "ada", series)
    order = accepted(cast, cents=12_000)
    covered = "UPDATE purchase_order_line SET covered_cents = :cents"
    with pytest.raises(DBAPIError):
        db.session.execute(text(covered), {"cents": 12_001})
    db.session.rollback()
    db.session.execute(text(covered), {"cents": 11_000})
    assert db.session.scalar(text("SELECT used_cents FROM purchase_order")) == 11_000
    db.session.execute(text("UPDATE purchase_order_line SET state = 'over'"))
    assert db.session.scalar(text("SELECT used_cents FROM purchase_order")) == 0
    assert (place.state, order.number) == ("enrolled", "77120")


def test_whoever_chooses_an_accepted_one_with_room_is_enrolled_at_once(cast, series):
    order = accepted(cast, cents=12_000)
    first, second = awaiting(cast, "ada", series), awaiting(cast, "ben", series)
    assert (first.state, second.state, order.left_cents) == ("enrolled", "awaiting_po", 0)
    assert (mails("enrolled"), mails("awaiting_po")) == (1, 1)


def test_one_that_expired_takes_nobody_and_its_last_day_counts(cast, series):
    order = a_purchase_order(cast, expires_on=TODAY)
    tomorrow = NOW + timedelta(days=1)
    with pytest.raises(Refused, match="was good through"):
        accept(order, by=cast.olive, now=tomorrow)
    accept(order, by=cast.olive, now=NOW)
    place = held(cast, "ada", series, tomorrow)
    with pytest.raises(Refused, match="was good through") as refused:
        chosen(cast, place, "77120", tomorrow)
    assert (refused.value.field, place.state) == ("number", "held")


def test_one_that_is_rejected_tells_who_waits_and_their_seats_wait_on(cast, series):
    place = awaiting(cast, "ada", series)
    order = a_purchase_order(cast)
    with pytest.raises(Refused, match="Say why"):
        reject(order, reason="", by=cast.olive, now=NOW)
    reject(order, reason="No signature", by=cast.olive, now=NOW)
    assert (order.state, place.state, mails("po_rejected")) == ("rejected", "awaiting_po", 1)
    for verb in (accept, cover_waiting):
        with pytest.raises(Refused):
            verb(order, by=cast.olive, now=NOW)


def test_one_that_covers_a_place_is_not_canceled_under_it(cast, series):
    place = awaiting(cast, "ada", series)
    order = accepted(cast)
    with pytest.raises(Refused, match="It covers places"):
        cancel(order, reason="Taken back", by=cast.olive, now=NOW)
    cancel_enrollment(place, reason="Taken back", by=cast.olive, now=NOW)
    cancel(order, reason="Taken back", by=cast.olive, now=NOW)
    assert order.state == "canceled"


def test_who_lapsed_a_moment_before_is_not_enrolled_by_it(cast, series):
    place = awaiting(cast, "ada", series)
    order = a_purchase_order(cast)
    accept(order, by=cast.olive, now=place.hold_until)
    assert (place.state, order.used_cents) == ("lapsed", 0)


# With cards


def test_who_waits_for_a_purchase_order_can_pay_by_card(cast, series, stripe):
    place = awaiting(cast, "ada", series)
    until = place.hold_until
    payment = a_page(stripe, place, SOON)
    assert place.hold_until == until
    stripe.pay(payment.session_id)
    told(stripe, "checkout.session.completed", SOON)
    cover = db.session.scalars(select(PurchaseOrderLine)).one()
    assert (place.state, balance_of(place), cover.state) == ("enrolled", 0, "over")
    accept(a_purchase_order(cast), by=cast.olive, now=SOON)
    assert (balance_of(place), cover.purchase_order_id) == (0, None) and clean()


def test_a_card_page_that_is_open_meanwhile_pays_nothing_twice(cast, series, stripe):
    """Chosen in another tab, accepted, and then paid by card all the same: that goes back."""
    place = held(cast, "ada", series, NOW)
    payment = a_page(stripe, place, NOW)
    chosen(cast, place)
    accept(a_purchase_order(cast), by=cast.olive, now=SOON)
    stripe.pay(payment.session_id)
    told(stripe, "checkout.session.completed", SOON)
    cover = db.session.scalars(select(PurchaseOrderLine)).one()
    assert (place.state, payment.refunded_cents, cover.state) == ("enrolled", 12_000, "covered")
    assert clean()


def test_while_a_bank_works_on_it_no_purchase_order_is_chosen(cast, series, stripe):
    place = held(cast, "ada", series, NOW)
    payment = a_page(stripe, place, NOW)
    payment.on_its_way_at = NOW
    with pytest.raises(Refused, match="It needn't be paid again"):
        chosen(cast, place)


def test_a_bank_that_says_no_leaves_the_time_of_the_purchase_order(cast, series, stripe):
    change_po_settings(cast.district, HowTaken(school_days=2), by=cast.olive, now=NOW)
    place = awaiting(cast, "ada", series)
    until, payment = place.hold_until, a_page(stripe, place, SOON)
    stripe.pay_by_bank(payment.session_id)
    told(stripe, "checkout.session.completed", SOON)
    assert place.hold_until > until
    stripe.fail(payment.session_id)
    told(stripe, "checkout.session.async_payment_failed", SOON)
    assert (place.state, place.hold_until) == ("awaiting_po", until)


# Where the district waits for the money


def test_where_the_district_says_so_they_wait_until_it_is_paid(cast, series):
    waits_for_the_money(cast)
    place = awaiting(cast, "ada", series)
    order = accepted(cast)
    assert (place.state, order.used_cents, mails("enrolled")) == ("awaiting_po", 12_000, 0)
    assert place.hold_until == series.meetings[0].ends_at
    invoiced(cast, order)
    paid(cast, order, 5_000)
    assert place.state == "awaiting_po"
    paid(cast, order, 7_000)
    assert (place.state, order.state, mails("enrolled")) == ("enrolled", "paid", 1) and clean()


def test_a_bank_that_says_no_leaves_a_covered_seat_until_the_money_comes(cast, series, stripe):
    waits_for_the_money(cast)
    place = awaiting(cast, "ada", series)
    accepted(cast)
    payment = a_page(stripe, place, SOON)
    stripe.pay_by_bank(payment.session_id)
    told(stripe, "checkout.session.completed", SOON)
    stripe.fail(payment.session_id)
    told(stripe, "checkout.session.async_payment_failed", SOON)
    assert (place.state, place.hold_until) == ("awaiting_po", series.meetings[0].ends_at)


def test_a_seat_that_waits_for_money_lapses_with_its_room_and_a_credit_note(cast, series):
    waits_for_the_money(cast)
    place = awaiting(cast, "ada", series)
    order = accepted(cast)
    invoice = invoiced(cast, order)
    pass_on_offers(place.hold_until)
    assert (place.state, order.used_cents, open_of([invoice])) == ("lapsed", 0, {invoice.id: 0})
    assert db.session.scalars(select(Invoice.kind).order_by(Invoice.number)).all() == ["invoice", "credit_note"] and clean()


# What comes off again


def test_who_withdraws_gives_its_room_back_and_nothing_is_owed(cast, series):
    place = awaiting(cast, "ada", series)
    order = accepted(cast, cents=12_000)
    withdraw(place, by=cast.ada, now=SOON)
    assert (balance_of(place), order.used_cents) == (0, 0)
    assert awaiting(cast, "ben", series).state == "enrolled" and clean()


def test_what_the_refund_rule_keeps_stays_on_it(cast, series):
    change_refund_rule(cast.district, [(30, 100), (1, 25)], by=cast.olive, now=NOW)
    place = awaiting(cast, "ada", series)
    order = accepted(cast)
    invoice = invoiced(cast, order)
    withdraw(place, by=cast.ada, now=SOON)
    note = db.session.scalars(select(Invoice).where(Invoice.kind == "credit_note")).one()
    assert (balance_of(place), order.used_cents, note.total_cents, note.invoice_id) == (9_000, 9_000, 3_000, invoice.id)
    paid(cast, order, 9_000)
    assert (balance_of(place), order.state) == (0, "paid") and clean()


def test_it_covers_what_a_grant_leaves_and_keeps_the_rules_share_of_that_alone(cast, series):
    change_refund_rule(cast.district, [(30, 100), (1, 25)], by=cast.olive, now=NOW)
    source = a_source(cast)
    a_rule(cast, series, source, percent=40)
    place = awaiting(cast, "ada", series)
    order = accepted(cast)
    assert (invoiced(cast, order).total_cents, order.used_cents, source.consumed_cents) == (7_200, 7_200, 4_800)
    withdraw(place, by=cast.ada, now=SOON)
    db.session.commit()
    note = db.session.scalars(select(Invoice).where(Invoice.kind == "credit_note")).one()
    assert (balance_of(place), order.used_cents, note.total_cents, source.consumed_cents) == (5_400, 5_400, 1_800, 0) and clean()


def test_what_was_paid_for_a_place_that_ended_is_sent_back_once(cast, series):
    place = awaiting(cast, "ada", series)
    order = accepted(cast)
    invoiced(cast, order)
    paid(cast, order, 12_000)
    assert work_of(cast.district.id, TODAY).to_send_back == []
    cancel_enrollment(place, reason="Ill", by=cast.olive, now=SOON)
    assert (balance_of(place), order.used_cents, work_of(cast.district.id, TODAY).to_send_back) == (-12_000, 0, [order])
    for cents in (12_001, 0, None):
        with pytest.raises(Refused) as refused:
            record_sent_back(order, Sent(cents, TODAY, "Check 1"), by=cast.olive, now=SOON)
        assert refused.value.field == "amount"
    record_sent_back(order, Sent(12_000, TODAY, "Check 1"), by=cast.olive, now=SOON)
    assert (balance_of(place), work_of(cast.district.id, TODAY).to_send_back) == (0, [])
    with pytest.raises(Refused, match="Nothing is to be sent back"):
        record_sent_back(order, Sent(1, TODAY, "Check 1"), by=cast.olive, now=SOON)
    assert clean()


def test_a_colleague_who_takes_the_seat_stays_on_the_purchase_order(cast, series):
    place = awaiting(cast, "ada", series)
    order = accepted(cast)
    successor = substitute(place, cast.ben, by=cast.ada, now=SOON)
    assert (successor.state, order.used_cents) == ("enrolled", 12_000)
    withdraw(successor, by=cast.ben, now=SOON)
    assert (order.used_cents, balance_of(successor)) == (0, 0) and clean()


def test_what_the_office_lets_go_of_comes_off_it(cast, series):
    place = awaiting(cast, "ada", series)
    order = accepted(cast)
    invoice = invoiced(cast, order)
    let_go(line_of(place), note="Gift", by=cast.olive, now=SOON)
    assert (place.state, order.used_cents, order.state, open_of([invoice])) == ("enrolled", 0, "paid", {invoice.id: 0}) and clean()


def test_a_canceled_series_says_before_what_comes_off_and_writes_one_credit_note_for_each_invoice(cast, series):
    for who in ("ada", "ben"):
        awaiting(cast, who, series)
    awaiting(cast, "cora", series, "9")
    order = accepted(cast)
    invoiced(cast, order)
    (touched,) = what_purchase_orders_lose(series, SOON)
    assert (touched.says.values["number"], touched.says.values["amount"], touched.says.values["waiting"]) == (2, "$240.00", 1)
    cancel_series(series, reason="Snow", by=cast.olive, now=SOON)
    note = db.session.scalars(select(Invoice).where(Invoice.kind == "credit_note")).one()
    assert (note.total_cents, len(note.lines), order.used_cents, order.state) == (24_000, 2, 0, "paid") and clean()


# Money


def test_what_came_is_split_over_the_places_to_the_cent(cast, series):
    places = [awaiting(cast, who, series) for who in ("ada", "ben", "cora")]
    order = accepted(cast)
    invoiced(cast, order)
    paid(cast, order, 10_000)
    assert [12_000 - balance_of(place) for place in places] == [3_334, 3_333, 3_333]
    assert order.state == "invoiced"
    paid(cast, order, 26_000)
    assert ([balance_of(place) for place in places], order.state) == ([0, 0, 0], "paid") and clean()


@pytest.mark.parametrize(("cents", "parts"), [(1, [1, 1, 1]), (2, [5, 1, 7]), (13, [5, 1, 7]), (10, [9, 9, 2]), (7, [1, 1, 1, 9])])
def test_a_split_is_whole_and_gives_no_line_more_than_it_owes(cents, parts):
    owed = dict(enumerate(parts))
    shares = split(cents, owed)
    assert sum(shares.values()) == cents and all(0 < share <= owed[line] for line, share in shares.items())


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (Sent(12_001, TODAY, "1"), "amount"),
        (Sent(0, TODAY, "1"), "amount"),
        (Sent(None, TODAY, "1"), "amount"),
        (Sent(1, None, "1"), "day"),
        (Sent(1, TODAY + timedelta(days=1), "1"), "day"),
        (Sent(1, TODAY, ""), "reference"),
    ],
)
def test_more_than_is_owed_and_what_nobody_can_trace_is_not_written_down(cast, series, sent, field):
    awaiting(cast, "ada", series)
    order = accepted(cast)
    with pytest.raises(Refused, match="Nothing that was invoiced"):
        record_payment(order, sent, by=cast.olive, now=NOW)
    invoiced(cast, order)
    with pytest.raises(Refused) as refused:
        record_payment(order, sent, by=cast.olive, now=NOW)
    assert refused.value.field == field


# The office's lists, and who is told


def test_the_lists_hold_what_waits_for_the_office(cast, series):
    awaiting(cast, "ada", series, "9")
    awaiting(cast, "ben", series, "9")
    entered = a_purchase_order(cast, number="10", expires_on=TODAY)
    awaiting(cast, "cora", series, "10")
    work = work_of(cast.district.id, TODAY + timedelta(days=1))
    (nine,) = work.awaited
    assert (nine.number, nine.places, nine.cents, nine.school) == ("9", 2, 24_000, cast.school)
    assert (work.to_accept, work.expired, work.overdue, work.to_invoice) == ([entered], [entered], [], [])
    counts = counts_of(cast.district.id, TODAY)
    assert (counts.to_accept, counts.awaited, counts.overdue) == (1, 3, 0)
    accept(entered, by=cast.olive, now=NOW)
    assert work_of(cast.district.id, TODAY).to_invoice == [entered]
    invoiced(cast, entered)
    assert work_of(cast.district.id, TODAY).to_invoice == []


def test_who_waits_is_told_once_three_days_before(cast, series):
    place = awaiting(cast, "ada", series)
    for days in (4, 2, 1):
        tell_of_awaited_orders(cast.district, TODAY, place.hold_until - timedelta(days=days))
        assert mails("po_reminder") == (0 if days == 4 else 1)


# Files


@pytest.mark.parametrize(("content", "kind"), [(PDF, "application/pdf"), (a_png(), "image/png")])
def test_a_file_is_what_its_bytes_say(content, kind):
    assert kind_of(content) == kind


TOO_LARGE = b"%PDF-" + b" " * LARGEST_BYTES + b"%%EOF"


@pytest.mark.parametrize("content", [b"", b"<html>", b"%PDF-1.7 without an end", a_png()[:-4], a_png() + b"<script>", TOO_LARGE])
def test_anything_else_is_no_purchase_order(cast, content):
    with pytest.raises(Refused) as refused:
        keep_file(content, of=a_purchase_order(cast), by=cast.olive, now=NOW)
    assert refused.value.field == "file"


def test_a_number_is_read_however_it_is_typed():
    assert as_number("  po\t 77 ") == "PO 77"
