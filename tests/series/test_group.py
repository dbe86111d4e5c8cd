"""People who wait together: all of them come, or none; and a seat that isn't enough for them is nobody's to keep idle."""

from datetime import timedelta

import pytest
from flask import current_app
from sqlalchemy import select, text

from seminar.audit import broken_rules
from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.people.merging import merge
from seminar.series.enrolling import cancel_enrollment, enroll, withdraw
from seminar.series.enrolling_several import enroll_all_or_line_up_together, enroll_several
from seminar.series.enrollment import Enrollment, live_enrollment, seats_of
from seminar.series.free_seats import free_for
from seminar.series.planning import cancel_series, change_series
from seminar.series.setting_aside import set_aside
from seminar.series.together import enroll_group
from seminar.series.waiting_group import WaitingGroup, groups_in
from seminar.series.waitlist import join_waitlist, pass_on_offers, turn_down
from tests.cast import NOW, TODAY, a_cast, a_series, in_days

MINUTE = timedelta(minutes=1)


@pytest.fixture
def full(db_session):
    """Three seats, taken by Ben, Eli and Olive; Pia put Ada, Kim and Cora in line together, and Tara stands behind them."""
    cast = a_cast()
    cast.robotics = in_days(a_series(cast, seats=3), 9)
    cast.bens, cast.elis, cast.olives = (enroll(one, cast.robotics, by=one, now=NOW) for one in (cast.ben, cast.eli, cast.olive))
    together(cast, "ada", "kim", "cora")
    join_waitlist(cast.tara, cast.robotics, by=cast.tara, now=NOW + MINUTE)
    db.session.commit()
    cast.group = db.session.scalars(select(WaitingGroup)).one()
    return cast


def together(cast, *names, now=NOW, by="pia"):
    people = [cast.people[name] for name in names]
    answers = enroll_all_or_line_up_together(people, cast.robotics, by=cast.people[by], now=now).details["answers"]
    return [answer for _, answer in answers]


def states(cast, *names):
    rows = db.session.execute(select(Enrollment.person_id, Enrollment.state).order_by(Enrollment.id))
    newest = {person_id: state for person_id, state in rows}
    return [newest.get(cast.people[name].id) for name in names]


def place(cast, name, now=NOW):
    return live_enrollment(cast.people[name], cast.robotics, now)


def frees(cast, *places, now=NOW + 2 * MINUTE):
    for one in places:
        withdraw(one, by=one.person, now=now)


def mailed(kind):
    return db.session.scalars(select(Mail.person_id).where(Mail.kind == kind).order_by(Mail.id)).all()


def broken(now):
    current_app.extensions["makerpd_clock"].moment = now
    try:
        return [(rule.number, rule.broken) for rule in broken_rules() if rule.broken]
    finally:
        current_app.extensions["makerpd_clock"].moment = NOW


def test_all_are_enrolled_where_there_are_seats_for_all_and_else_all_wait_at_one_place_in_line(full):
    free = a_series(full, "Sewing", seats=2)
    answers = enroll_all_or_line_up_together([full.ada, full.kim], free, by=full.pia, now=NOW).details["answers"]
    assert [answer for _, answer in answers] == ["enrolled", "enrolled"]
    one_short = a_series(full, "Weaving", seats=2)
    enroll(full.ben, one_short, by=full.ben, now=NOW)
    answers = enroll_all_or_line_up_together([full.ada, full.kim], one_short, by=full.pia, now=NOW).details["answers"]
    assert [answer for _, answer in answers] == ["together", "together"]
    assert seats_of(one_short, NOW).taken == 1
    (waits,) = groups_in(full.robotics)
    assert (waits.names, waits.number) == (["Ada Example", "Kim Example", "Cora Example"], 1)
    assert len({one.joined_at for one in waits.places}) == 1


def test_fewer_seats_than_they_are_go_to_who_is_next_and_the_group_keeps_its_place(full):
    frees(full, full.bens)
    assert states(full, "ada", "kim", "cora", "tara") == ["waitlisted"] * 3 + ["offered"]
    frees(full, full.elis)
    assert states(full, "ada", "kim", "cora") == ["waitlisted"] * 3
    free = free_for([full.ben], full.robotics, seats_of(full.robotics, NOW), NOW)
    assert (groups_in(full.robotics)[0].number, free.of(full.ben.id), broken(NOW + 2 * MINUTE)) == (1, 1, [])
    enroll(full.ben, full.robotics, by=full.ben, now=NOW + 2 * MINUTE)


def test_as_many_seats_as_they_are_are_offered_to_all_of_them_at_once(full):
    turn = {"enrollment_opens_at": full.robotics.enrollment_opens_at, "enrollment_closes_at": full.robotics.enrollment_closes_at}
    change_series(full.robotics, {**turn, "seats": 6}, by=full.olive, now=NOW + 2 * MINUTE)
    assert states(full, "ada", "kim", "cora", "tara") == ["offered"] * 3 + ["waitlisted"]
    assert len({place(full, name).offer_until for name in ("ada", "kim", "cora")}) == 1
    assert mailed("offered") == [full.ada.id, full.kim.id, full.cora.id] and mailed("group_offered") == [full.pia.id]
    texts = db.session.scalars(select(Mail).where(Mail.kind.in_(("offered", "group_offered"))).order_by(Mail.id)).all()
    assert texts[0].context["together"] == ["Kim Example", "Cora Example"]
    assert texts[-1].context["names"] == ["Ada Example", "Kim Example", "Cora Example"]


@pytest.fixture
def offered(full):
    """The three seats are free, and offered to the group."""
    for one in (full.bens, full.elis, full.olives):
        one.state, one.state_since = "withdrawn", NOW
    db.session.flush()
    pass_on_offers(NOW + 2 * MINUTE)
    db.session.commit()
    assert states(full, "ada", "kim", "cora", "tara") == ["offered"] * 3 + ["waitlisted"]
    full.until = place(full, "ada").offer_until
    return full


@pytest.mark.parametrize("who", ["pia", "kim", "olive"])
def test_one_answer_enrolls_them_all(offered, who):
    enroll_group(offered.group, by=offered.people[who], now=NOW + 3 * MINUTE)
    assert states(offered, "ada", "kim", "cora") == ["enrolled"] * 3
    assert {offered.ada.id, offered.kim.id, offered.cora.id} <= set(mailed("enrolled"))
    assert mailed("group_enrolled") == ([] if who == "pia" else [offered.pia.id])
    with pytest.raises(Refused, match="No seats in Robotics are kept for this group now"):
        enroll_group(offered.group, by=offered.pia, now=NOW + 3 * MINUTE)


def test_none_of_them_comes_alone(offered):
    with pytest.raises(Refused, match="kept for all of your group"):
        enroll(offered.ada, offered.robotics, by=offered.ada, now=NOW + 3 * MINUTE)
    answers = enroll_several([offered.ada], offered.robotics, by=offered.olive, now=NOW + 3 * MINUTE).details["answers"]
    assert [answer for _, answer in answers] == ["in_line"]
    assert states(offered, "ada", "kim", "cora") == ["offered"] * 3


def test_one_no_is_everybodys_and_the_seats_go_on(offered):
    turn_down(place(offered, "kim"), by=offered.kim, now=NOW + 3 * MINUTE)
    assert states(offered, "ada", "kim", "cora", "tara") == ["passed"] * 3 + ["offered"]
    assert mailed("passed") == [offered.ada.id, offered.cora.id] and mailed("group_passed") == [offered.pia.id]


def test_without_an_answer_by_the_deadline_all_of_them_pass(offered):
    with pytest.raises(Refused, match="No seats"):
        enroll_group(offered.group, by=offered.pia, now=offered.until)
    pass_on_offers(offered.until)
    assert states(offered, "ada", "kim", "cora", "tara") == ["passed"] * 3 + ["offered"]
    assert len(mailed("passed")) == 3 and mailed("group_passed") == [offered.pia.id] and broken(offered.until) == []


def test_who_withdraws_or_is_canceled_leaves_the_others_together(offered):
    withdraw(place(offered, "kim"), by=offered.kim, now=NOW + 3 * MINUTE)
    assert states(offered, "ada", "kim", "cora", "tara") == ["offered", "withdrawn", "offered", "offered"]
    with pytest.raises(Refused, match="all of your group"):
        enroll(offered.ada, offered.robotics, by=offered.ada, now=NOW + 3 * MINUTE)
    cancel_enrollment(place(offered, "cora"), reason="No room", by=offered.olive, now=NOW + 3 * MINUTE)
    assert enroll(offered.ada, offered.robotics, by=offered.ada, now=NOW + 3 * MINUTE).state == "enrolled"


def test_two_who_are_left_need_two_seats(full):
    withdraw(place(full, "kim"), by=full.kim, now=NOW + 2 * MINUTE)
    withdraw(place(full, "tara"), by=full.tara, now=NOW + 2 * MINUTE)
    frees(full, full.bens)
    assert states(full, "ada", "cora") == ["waitlisted"] * 2
    frees(full, full.elis)
    assert (states(full, "ada", "cora"), broken(NOW + 2 * MINUTE)) == (["offered"] * 2, [])


def test_whoever_is_left_alone_waits_like_anybody(full):
    for name in ("kim", "cora"):
        withdraw(place(full, name), by=full.people[name], now=NOW + 2 * MINUTE)
    assert groups_in(full.robotics) == []
    frees(full, full.bens)
    assert states(full, "ada") == ["offered"]
    assert enroll(full.ada, full.robotics, by=full.ada, now=NOW + 3 * MINUTE).state == "enrolled"


def test_who_has_a_place_is_in_no_group_and_one_alone_waits_like_anybody(full):
    assert together(full, "ben", "tara", "pia") == ["in_it", "in_line", "waitlisted"]
    assert place(full, "pia").group_id is None


def test_more_people_than_the_series_has_seats_can_never_come_together(full):
    small = a_series(full, "Sewing", seats=1)
    with pytest.raises(Refused, match="Sewing has 1 seats, fewer than these 2 people"):
        enroll_all_or_line_up_together([full.ada, full.kim], small, by=full.pia, now=NOW)


def test_where_a_seat_has_come_to_cost_something_each_pays_alone(offered):
    offered.robotics.price_cents = 1_000
    with pytest.raises(Refused, match="each of you enrolls and pays alone"):
        enroll_group(offered.group, by=offered.pia, now=NOW + 3 * MINUTE)
    assert enroll(offered.ada, offered.robotics, by=offered.ada, now=NOW + 3 * MINUTE).state == "held"


def test_a_group_has_seats_of_a_set_aside_and_open_ones_together(full):
    cast = full
    cast.robotics = in_days(a_series(cast, "Sewing", seats=2), 9)
    day = TODAY + timedelta(days=5)
    set_aside(cast.robotics, school=None, role="coach", seats=1, released_on=day, by=cast.olive, now=NOW)
    bens = enroll(cast.ben, cast.robotics, by=cast.ben, now=NOW)
    assert together(cast, "kim", "ada") == ["together", "together"]
    frees(cast, bens)
    assert states(cast, "kim", "ada") == ["offered", "offered"]
    assert [place(cast, name).set_aside_id is None for name in ("kim", "ada")] == [False, True]


def test_a_canceled_series_ends_them_all_and_two_records_made_one_leave_the_rest(full):
    merge(full.kim, full.ada, reason="Twice", by=full.olive, now=NOW + 2 * MINUTE)
    (waits,) = groups_in(full.robotics)
    assert len(waits.places) == 2 and broken(NOW + 2 * MINUTE) == []
    cancel_series(full.robotics, reason="Snow", by=full.olive, now=NOW + 3 * MINUTE)
    assert (groups_in(full.robotics), states(full, "cora")) == ([], ["canceled"])


def test_the_audit_finds_a_group_that_is_torn_apart(offered):
    db.session.execute(text(f"UPDATE enrollment SET state = 'waitlisted' WHERE id = {place(offered, 'kim').id}"))
    assert (3, [f"group {offered.group.id}"]) in broken(NOW + 3 * MINUTE)
