"""When days are closed: what stands on them is listed, turnaround is reckoned anew, and who is touched is told."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from inventory.at_risk import too_late_to_be_ready, why_at_risk
from inventory.calendar import ItemDay
from inventory.depot import DepotDay, open_days
from inventory.depot_keeping import DepotRule, forget_depot_day, save_depot, set_depot_day
from inventory.equipment import add_item
from inventory.following import reckon_every_turnaround
from inventory.reserving import Asked, reserve
from seminar.audit import broken_rules
from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.people.calendar import ClosedDay
from seminar.people.calendar_editing import close_days, open_day_again, touched_by_closing
from seminar.people.district import District
from seminar.people.person import Person
from tests.cast import NOW, TODAY, a_cast, a_model, a_series, an_award
from tests.pages.as_who import as_who

# TODAY is a Monday.
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (TODAY + timedelta(days=n) for n in range(1, 5))


@pytest.fixture
def cast(db_session):
    made = a_cast()
    an_award(made, made.ada)
    return made


def lent(cast, items, turnaround):
    model = a_model(cast, items=items)
    model.turnaround_open_days = turnaround
    return model


def reserved(cast, model, first, last):
    return reserve(Asked(cast.school, cast.ada, {model: 1}, first, last), by=cast.cora, now=NOW, today=TODAY)


def turnaround(reservation):
    query = select(ItemDay.day).where(ItemDay.line_id == reservation.lines[0].id, ItemDay.claim == "turnaround")
    return db.session.scalars(query.order_by(ItemDay.day)).all()


def told(kind="at_risk"):
    return sorted(db.session.scalars(select(Mail.person_id).where(Mail.kind == kind)))


def test_turnaround_goes_round_a_day_that_is_closed_and_comes_back(cast):
    reservation = reserved(cast, lent(cast, 1, 1), TODAY, TUESDAY)
    close_days(cast.district, {WEDNESDAY: "Staff day"}, by=cast.olive, now=NOW)
    assert turnaround(reservation) == [WEDNESDAY, THURSDAY]
    open_day_again(db.session.scalars(select(ClosedDay)).one(), cast.district, by=cast.olive, now=NOW)
    assert turnaround(reservation) == [WEDNESDAY]
    assert told() == []


def test_a_turnaround_that_grows_gives_the_next_school_another_item(cast):
    model = lent(cast, 2, 1)
    first, following = reserved(cast, model, TODAY, TUESDAY), reserved(cast, model, THURSDAY, FRIDAY)
    assert first.lines[0].item_id == following.lines[0].item_id
    close_days(cast.district, {WEDNESDAY: "Staff day"}, by=cast.olive, now=NOW)
    assert first.lines[0].item_id != following.lines[0].item_id
    assert turnaround(first) == [WEDNESDAY, THURSDAY]
    assert told() == []
    assert [rule.number for rule in broken_rules() if rule.broken] == []


def test_where_no_other_item_is_free_the_school_and_the_depot_are_told(cast):
    model = lent(cast, 1, 1)
    first, following = reserved(cast, model, TODAY, TUESDAY), reserved(cast, model, THURSDAY, FRIDAY)
    close_days(cast.district, {WEDNESDAY: "Staff day"}, by=cast.olive, now=NOW)
    assert first.lines[0].item_id == following.lines[0].item_id
    assert turnaround(first) == [WEDNESDAY]
    assert told() == sorted([cast.ada.id, cast.cora.id, cast.eli.id])
    assert list(too_late_to_be_ready(cast.district.id, TODAY, open_days(cast.district.id))) == [following.id]


def test_a_turnaround_that_would_reach_a_pick_up_is_listed_before_its_days_are_closed(cast):
    model = lent(cast, 1, 1)
    reserved(cast, model, TODAY, TUESDAY)
    reserved(cast, model, THURSDAY, FRIDAY)
    listed = touched_by_closing(cast.district, [WEDNESDAY], NOW)
    says = "Printer-0 would come back too shortly before to be made ready."
    assert [(one.what, one.day, str(one.says)) for one in listed] == [("School A: Printer", THURSDAY, says)]
    close_days(cast.district, {WEDNESDAY: "Staff day"}, by=cast.olive, now=NOW)
    assert touched_by_closing(cast.district, [WEDNESDAY], NOW) == []


def test_what_was_too_late_to_be_ready_has_another_item_once_there_is_one(cast):
    model = lent(cast, 1, 1)
    first, following = reserved(cast, model, TODAY, TUESDAY), reserved(cast, model, THURSDAY, FRIDAY)
    close_days(cast.district, {WEDNESDAY: "Staff day"}, by=cast.olive, now=NOW)
    reckon_every_turnaround(cast.district, TODAY, NOW)
    deeds = db.session.scalars(select(History.what).where(History.what.in_(["turnaround changed", "item replaced"])))
    assert deeds.all() == []
    add_item(model, tag="Printer-9", serial="", by=cast.eli, now=NOW)
    reckon_every_turnaround(cast.district, TODAY, NOW)
    assert (following.lines[0].item.tag, turnaround(first)) == ("Printer-9", [WEDNESDAY, THURSDAY])
    assert too_late_to_be_ready(cast.district.id, TODAY, open_days(cast.district.id)) == {}


def test_a_turnaround_that_is_too_short_stands_on_the_reservation_and_with_the_depots_days(clean):
    with clean.app_context():
        cast = a_cast()
        an_award(cast, cast.ada)
        model = lent(cast, 1, 1)
        reserved(cast, model, TODAY, TUESDAY)
        address = f"/reservations/{reserved(cast, model, THURSDAY, FRIDAY).id}"
        db.session.commit()
    cora, eli = as_who(clean, "cora"), as_who(clean, "eli")
    assert "made ready" not in cora.get(address).text + eli.get("/settings/depot").text
    with clean.app_context():
        district, olive = db.session.get_one(District, 1), db.session.scalars(select(Person).where(Person.email == "olive@a.example")).one()
        close_days(district, {WEDNESDAY: "Staff day"}, by=olive, now=NOW)
        db.session.commit()
    says = "Printer-0 comes back so shortly before that it can&#39;t be made ready"
    assert says in cora.get(address).text
    assert says in eli.get("/settings/depot").text


def test_what_stands_on_a_day_is_listed_before_and_told_after(cast):
    a_series(cast)
    model = lent(cast, 1, 0)
    reservation = reserved(cast, model, TUESDAY, THURSDAY)
    listed = touched_by_closing(cast.district, [TODAY, TUESDAY, WEDNESDAY, THURSDAY], NOW)
    assert [(one.what, one.day) for one in listed] == [("Robotics", TODAY), ("School A: Printer", TUESDAY), ("School A: Printer", THURSDAY)]
    close_days(cast.district, {TUESDAY: "Staff day"}, by=cast.olive, now=NOW)
    assert "the pick-up day" in str(why_at_risk([reservation], TODAY)[reservation.id])
    assert told() == sorted([cast.ada.id, cast.cora.id, cast.eli.id])


def test_the_depots_own_days_are_followed_too(cast):
    reservation = reserved(cast, lent(cast, 1, 1), TODAY, TUESDAY)
    set_depot_day(cast.depot, cast.district, day=WEDNESDAY, is_open=False, note="Count", by=cast.eli, now=NOW)
    assert turnaround(reservation) == [WEDNESDAY, THURSDAY]
    forget_depot_day(db.session.scalars(select(DepotDay)).one(), cast.depot, cast.district, by=cast.eli, now=NOW)
    assert turnaround(reservation) == [WEDNESDAY]
    save_depot(cast.depot, a_rule([1, 2, 5]), cast.district, by=cast.eli, now=NOW)
    assert turnaround(reservation) == [WEDNESDAY, THURSDAY, FRIDAY]
    with pytest.raises(Refused, match="That day is over"):
        set_depot_day(cast.depot, cast.district, day=date(2027, 2, 28), is_open=True, note="", by=cast.eli, now=NOW)


def a_rule(weekdays, opens=time(8), closes=time(16)):
    return DepotRule(name="Depot", address="", weekdays=weekdays, opens=opens, closes=closes)


def test_a_depot_without_a_day_or_with_hours_the_wrong_way_round_is_refused(cast):
    for rule, sentence in ((a_rule([]), "at least one weekday"), (a_rule([1], time(9), time(9)), "closes before it opens")):
        with pytest.raises(Refused, match=sentence):
            save_depot(cast.depot, rule, cast.district, by=cast.eli, now=NOW)


def test_the_first_depot_is_made_on_its_page_and_an_exception_is_added(clean):
    with clean.app_context():
        cast = a_cast()
        db.session.delete(cast.depot)
        db.session.commit()
    eli = as_who(clean, "eli")
    assert eli.post("/settings/depot/days", data={"day-day": "2027-03-06"}).status_code == 404
    typed = {"name": "Depot", "weekdays": ["1", "2"], "opens": "08:00", "closes": "16:00"}
    assert eli.post("/settings/depot", data=typed | {"weekdays": []}).status_code == 422
    assert eli.post("/settings/depot", data=typed).status_code == 303
    day = {"day-day": "2027-03-06", "day-is_open": "open", "day-note": "Saturday"}
    assert eli.post("/settings/depot/days", data=day).status_code == 303
    assert "Saturday, March 6 2027" in eli.get("/settings/depot").text
