"""The depot's day: each reservation under its kind of work, the first ones shown, and all of them counted."""

from datetime import date

from inventory.lending import hand_over, take_back
from inventory.reserving import Asked, reserve
from inventory.views.depot import SHOWN, days_work
from seminar.people.appointment import standing
from tests.cast import NOW, TODAY, a_cast, a_model, an_award

WEDNESDAY, FRIDAY, NEXT_MONDAY = date(2027, 3, 3), date(2027, 3, 5), date(2027, 3, 8)


def test_each_is_under_its_kind_of_work_and_what_isnt_shown_is_counted(db_session):
    cast = a_cast()
    an_award(cast, cast.ada)
    model = a_model(cast, items=8 + SHOWN["ahead"])

    def reserved(first, last, quantity=1):
        return reserve(Asked(cast.school, cast.ada, {model: quantity}, first, last), by=cast.cora, now=NOW, today=TODAY)

    def out(first, last, quantity=1):
        reservation = reserved(first, last, quantity)
        hand_over(reservation, by=cast.eli, now=NOW, today=first)
        return reservation

    made = {
        "late": out(TODAY, WEDNESDAY, quantity=2),
        "pick_ups": reserved(FRIDAY, FRIDAY),
        "returns": out(TODAY, FRIDAY),
        "missed": reserved(WEDNESDAY, FRIDAY),
        "checks": out(TODAY, FRIDAY),
    }
    take_back(made["checks"], by=cast.eli, now=NOW)
    ahead = [reserved(NEXT_MONDAY, NEXT_MONDAY) for _ in range(SHOWN["ahead"] + 2)]
    db_session.flush()

    work = days_work(standing(cast.eli, FRIDAY))
    assert {kind: [one.id for one in work[kind].rows] for kind in made} == {kind: [one.id] for kind, one in made.items()}
    assert {kind: work[kind].count for kind in made} == dict.fromkeys(made, 1)
    assert [one.id for one in work["ahead"].rows] == [one.id for one in ahead[: SHOWN["ahead"]]]
    assert work["ahead"].count == len(ahead)


def test_a_quiet_day_has_nothing_under_any_kind(db_session):
    cast = a_cast()
    assert {(len(work.rows), work.count) for work in days_work(standing(cast.eli, TODAY)).values()} == {(0, 0)}
