"""A new school year: drafted, previewed, applied once, corrected, and applied for the difference alone."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from inventory.calendar import ItemDay
from inventory.reserving import Asked, reserve
from seminar.coverage.applying import apply, difference
from seminar.coverage.expiring import badges_running_out
from seminar.coverage.moves import Wanted, asked_again, counts_by_school, plan_moves, read_moves, teachers_of
from seminar.coverage.roll_over import closed_days, in_hand, proposed_days, raise_targets, save_days, year_ahead
from seminar.coverage.target import CoverageTarget
from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.ground.sheets import read_lines
from seminar.people.appointment import Appointment, standing
from seminar.people.calendar import ClosedDay, SchoolYear
from seminar.people.directory import appoint
from seminar.people.leaving import last_leaving
from seminar.people.person import Person
from seminar.people.roster.outcome import Count
from seminar.people.school import School
from seminar.people.school_editing import close_school
from tests.cast import NOW, TODAY, a_cast, a_district, a_model, a_person, an_award
from tests.people.rosters import PEOPLE, a_set, roles, taken_on, users

FIRST, LAST = date(2027, 8, 11), date(2028, 6, 9)
EVE = FIRST - timedelta(days=1)
LABOR_DAY = date(2027, 9, 6)


def a_year(cast, closed=None):
    """A drafted year, a second school, and so many teachers that one who leaves isn't a tenth."""
    other = School(district_id=cast.district.id, code="T", name="School T", grade_first=6, grade_last=8)
    db.session.add(other)
    for n in range(19):
        a_person(cast.district, f"more{n}", "teacher", cast.school)
    db.session.flush()
    return drafted(cast, closed or {}), other


def drafted(cast, closed, first_day=FIRST):
    return save_days(cast.district, ends_in=2028, first_day=first_day, last_day=LAST, closed=closed, by=cast.olive, now=NOW)


def plan_for(cast, plan, person, wanted):
    """Plan somebody's teaching place, whichever school it is at."""
    rows = [row for school, *_ in counts_by_school(plan) for row in teachers_of(plan, school.id) if row.appointment.person_id == person.id]
    return plan_moves(plan, rows[:1], {rows[0].appointment.id: wanted}, by=cast.olive, today=TODAY, now=NOW)


def applied(cast, plan, confirmed=None):
    return apply(plan, outcome=difference(plan).outcome, confirmed=confirmed, by=cast.olive, now=NOW)


def read(plan, text, today=TODAY):
    return read_moves(plan, *read_lines(text.encode(), "list.csv"), today=today)


def schools_on(person, day):
    return [a.school.code for a in standing(person, day).appointments if a.school]


def everything():
    columns = (Appointment.id, Appointment.school_id, Appointment.first_day, Appointment.last_day)
    return db.session.execute(select(*columns).order_by(Appointment.id)).all()


def test_a_day_of_the_new_year_is_on_the_same_weekday_and_nearest_to_its_date():
    assert year_ahead(date(2026, 9, 7)) == date(2027, 9, 6)
    assert year_ahead(date(2026, 9, 1)) == date(2027, 8, 31)
    assert year_ahead(date(2028, 2, 29)).weekday() == date(2028, 2, 29).weekday()
    assert all(year_ahead(TODAY + timedelta(days=n)).weekday() == (TODAY + timedelta(days=n)).weekday() for n in range(400))


def test_the_new_year_is_proposed_from_the_old_one(db_session):
    cast = a_cast()
    db.session.add(SchoolYear(district_id=cast.district.id, ends_in=2027, first_day=date(2026, 8, 12), last_day=date(2027, 6, 11)))
    db.session.add(ClosedDay(district_id=cast.district.id, day=date(2026, 9, 7), reason="Labor Day"))
    db.session.flush()
    assert proposed_days(cast.district, TODAY) == (2028, FIRST, LAST, {LABOR_DAY: "Labor Day"})


def test_a_district_without_a_calendar_gets_a_proposal_too(db_session):
    ends_in, first, last, closed = proposed_days(a_cast().district, TODAY)
    assert (ends_in, first < last, closed) == (2027, True, {})


def test_a_draft_changes_nothing_and_is_there_when_taken_up_again(db_session):
    cast = a_cast()
    before = everything()
    plan, other = a_year(cast, {LABOR_DAY: "Labor Day"})
    plan_for(cast, plan, cast.ada, Wanted("moves", other.id))
    assert in_hand(cast.district.id, TODAY) is plan
    assert everything()[: len(before)] == before
    assert db.session.scalar(select(func.count(ClosedDay.id))) == 0


def test_who_moves_ends_here_on_the_eve_and_begins_there_on_the_first_day(db_session):
    cast = a_cast()
    plan, other = a_year(cast)
    plan_for(cast, plan, cast.ada, Wanted("moves", other.id))
    applied(cast, plan)
    assert (schools_on(cast.ada, EVE), schools_on(cast.ada, FIRST)) == (["S"], ["T"])
    assert schools_on(cast.ben, FIRST) == ["S"]


def test_applying_again_changes_nothing(db_session):
    cast = a_cast()
    plan, other = a_year(cast, {LABOR_DAY: "Labor Day"})
    plan_for(cast, plan, cast.ada, Wanted("moves", other.id))
    plan_for(cast, plan, cast.ben, Wanted("leaves"))
    applied(cast, plan)
    before, trail = everything(), db.session.scalar(select(func.count(History.id)))
    assert applied(cast, plan).is_nothing
    assert (everything(), db.session.scalar(select(func.count(History.id)))) == (before, trail)


@pytest.mark.parametrize("first", [Wanted("stays"), Wanted("moves", 2), Wanted("leaves"), Wanted("leaves", all_roles=True)])
@pytest.mark.parametrize(
    "then", [Wanted("stays"), Wanted("moves", 2), Wanted("moves", 3), Wanted("leaves"), Wanted("leaves", all_roles=True)]
)
def test_a_correction_leads_to_what_the_right_plan_would_have(db_session, first, then):
    cast = a_cast()
    plan, _ = a_year(cast)
    db.session.add(School(district_id=cast.district.id, code="U", name="School U", grade_first=6, grade_last=8))
    appoint(cast.ada, "coach", school=cast.school, grade=None, first_day=TODAY, by=cast.olive, now=NOW)
    for wanted in (first, then):
        plan_for(cast, plan, cast.ada, wanted)
        applied(cast, plan)
    teaches = {"stays": {"S"}, "leaves": set()}.get(then.kind, {"T"} if then.school_id == 2 else {"U"})
    held = standing(cast.ada, FIRST).appointments
    assert {a.school.code for a in held if a.role == "teacher"} == teaches
    assert len([a for a in held if a.role == "teacher"]) == len(teaches)
    assert {a.role for a in held} - {"teacher"} == (set() if then.all_roles else {"coach"})
    assert {(a.role, a.school.code) for a in standing(cast.ada, EVE).appointments} == {("teacher", "S"), ("coach", "S")}
    assert difference(plan).is_nothing


def test_who_leaves_keeps_what_they_hold_by_hand_unless_it_was_chosen(db_session):
    cast = a_cast()
    plan, _ = a_year(cast)
    appoint(cast.ada, "trainer", school=None, grade=None, first_day=TODAY, by=cast.olive, now=NOW)
    plan_for(cast, plan, cast.ada, Wanted("leaves"))
    plan_for(cast, plan, cast.ben, Wanted("leaves"))
    applied(cast, plan, confirmed=2)
    assert [a.role for a in standing(cast.ada, FIRST).appointments] == ["trainer"]
    assert last_leaving(cast.ada) is None
    assert last_leaving(cast.ben) is not None


def test_more_than_a_tenth_leaves_only_when_their_number_is_typed(db_session):
    cast = a_cast()
    plan, _ = a_year(cast)
    rows = teachers_of(plan, cast.school.id)
    plan_moves(plan, rows, {row.appointment.id: Wanted("leaves") for row in rows[:3]}, by=cast.olive, today=TODAY, now=NOW)
    for typed in (None, 2, 4):
        with pytest.raises(Refused, match="3 of 21 teachers would leave"):
            applied(cast, plan, confirmed=typed)
    assert applied(cast, plan, confirmed=3).leaving


def test_what_a_leaver_answers_for_is_told(db_session):
    cast = a_cast()
    plan, _ = a_year(cast)
    an_award(cast, cast.ada)
    model = a_model(cast)
    reserve(Asked(cast.school, cast.ada, {model: 1}, FIRST, FIRST), by=cast.cora, now=NOW, today=TODAY)
    plan_for(cast, plan, cast.ada, Wanted("leaves"))
    applied(cast, plan)
    assert cast.cora.id in db.session.scalars(select(Mail.person_id).where(Mail.kind == "at_risk")).all()


def test_the_year_and_its_closed_days_are_set_and_a_closed_day_taken_out_opens_again(db_session):
    cast = a_cast()
    plan, _ = a_year(cast, {LABOR_DAY: "Labor Day", date(2027, 12, 24): "Winter"})
    applied(cast, plan)
    assert db.session.scalars(select(SchoolYear.first_day)).all() == [FIRST]
    drafted(cast, {LABOR_DAY: "Labor Day, observed"})
    applied(cast, plan)
    assert db.session.execute(select(ClosedDay.day, ClosedDay.reason)).all() == [(LABOR_DAY, "Labor Day, observed")]
    assert difference(plan).is_nothing


def test_what_is_lent_follows_the_closed_days_of_the_new_year(db_session):
    cast = a_cast()
    an_award(cast, cast.ada, last_day=LAST)
    model = a_model(cast)
    model.turnaround_open_days = 1
    thursday = FIRST + timedelta(days=1)
    reservation = reserve(Asked(cast.school, cast.ada, {model: 1}, FIRST, FIRST), by=cast.cora, now=NOW, today=TODAY)
    plan, _ = a_year(cast, {thursday: "Staff day"})
    applied(cast, plan)
    days = select(ItemDay.day).where(ItemDay.line_id == reservation.lines[0].id, ItemDay.claim == "turnaround").order_by(ItemDay.day)
    assert db.session.scalars(days).all() == [thursday, thursday + timedelta(days=1)]
    drafted(cast, {FIRST: "Heat"})
    applied(cast, plan)
    assert db.session.scalars(days).all() == [thursday]
    assert cast.eli.id in db.session.scalars(select(Mail.person_id).where(Mail.kind == "at_risk")).all()


def test_what_is_applied_is_what_the_preview_said(db_session):
    cast = a_cast()
    plan, other = a_year(cast)
    plan_for(cast, plan, cast.ada, Wanted("moves", other.id))
    previewed = difference(plan).outcome
    plan_for(cast, plan, cast.ben, Wanted("leaves"))
    with pytest.raises(Refused, match="changed the draft since"):
        apply(plan, outcome=previewed, confirmed=None, by=cast.olive, now=NOW)
    assert schools_on(cast.ada, FIRST) == ["S"]


def test_a_school_that_closes_is_listed_until_everybody_of_it_has_a_place(db_session):
    cast = a_cast()
    plan, other = a_year(cast)
    appoint(cast.pia, "teacher", school=other, grade=None, first_day=TODAY, by=cast.olive, now=NOW)
    close_school(other, day=FIRST, reason="Merged", by=cast.olive, now=NOW)
    assert [(school.code, *counts) for school, *counts in counts_by_school(plan)] == [("S", 21, 0, 0), ("T", 1, 0, 0)]
    plan_for(cast, plan, cast.pia, Wanted("moves", cast.school.id))
    applied(cast, plan)
    assert schools_on(cast.pia, FIRST) == ["S", "S"]


def test_nobody_moves_to_a_school_that_was_closed_since(db_session):
    cast = a_cast()
    plan, other = a_year(cast)
    plan_for(cast, plan, cast.ada, Wanted("moves", other.id))
    close_school(other, day=FIRST, reason="Merged", by=cast.olive, now=NOW)
    with pytest.raises(Refused, match=r"School T is closed from 2027-08-11 on\. Choose another place for Ada Example"):
        applied(cast, plan)


def test_the_last_program_manager_doesnt_leave_with_the_old_year(db_session):
    cast = a_cast()
    plan, _ = a_year(cast)
    appoint(cast.olive, "teacher", school=cast.school, grade=None, first_day=TODAY, by=cast.olive, now=NOW)
    plan_for(cast, plan, cast.olive, Wanted("leaves", all_roles=True))
    with pytest.raises(Refused, match="Nobody else runs the program"):
        applied(cast, plan)
    plan_for(cast, plan, cast.olive, Wanted("leaves"))
    applied(cast, plan)
    assert [a.role for a in standing(cast.olive, FIRST).appointments] == ["program_manager"]


def test_a_year_that_was_added_meanwhile_isnt_overlapped_and_no_term_is_left_outside(db_session):
    cast = a_cast()
    plan, _ = a_year(cast)
    year = SchoolYear(district_id=cast.district.id, ends_in=2027, first_day=date(2026, 8, 12), last_day=FIRST)
    db.session.add(year)
    db.session.flush()
    with pytest.raises(Refused, match="is there already"):
        applied(cast, plan)
    db.session.rollback()


def test_the_year_is_named_by_its_last_day_until_it_is_applied(db_session):
    cast = a_cast()
    ends_in, *_ = proposed_days(cast.district, TODAY)
    days = {"first_day": FIRST, "last_day": LAST, "closed": {}, "by": cast.olive, "now": NOW}
    plan = save_days(cast.district, ends_in=ends_in, **days)
    assert (ends_in, plan.ends_in) == (2027, 2028)
    earlier = days | {"first_day": date(2026, 8, 12), "last_day": date(2027, 6, 11)}
    assert save_days(cast.district, ends_in=2028, **earlier) is plan
    assert plan.ends_in == 2027
    applied(cast, plan)
    with pytest.raises(Refused, match=r"ends in 2027\. Choose a last day in 2027"):
        save_days(cast.district, ends_in=2027, **earlier | {"last_day": date(2028, 1, 14)})
    following = save_days(cast.district, ends_in=2028, **days)
    with pytest.raises(Refused, match="ends in 2027 was prepared already"):
        save_days(cast.district, ends_in=2028, **earlier)
    assert following.ends_in == 2028


def test_a_closed_day_that_the_calendar_has_for_itself_stays(db_session):
    cast = a_cast()
    db.session.add(ClosedDay(district_id=cast.district.id, day=LABOR_DAY, reason="Labor Day"))
    plan, _ = a_year(cast)
    applied(cast, plan)
    assert db.session.scalar(select(func.count(ClosedDay.id))) == 1


def test_days_out_of_order_outside_or_over_another_year_are_refused(db_session):
    cast = a_cast()
    with pytest.raises(Refused, match="before the first"):
        drafted(cast, {}, first_day=LAST)
    with pytest.raises(Refused, match="outside of the new year"):
        drafted(cast, {EVE: "Before"})
    db.session.add(SchoolYear(district_id=cast.district.id, ends_in=2027, first_day=date(2026, 8, 12), last_day=FIRST))
    db.session.flush()
    with pytest.raises(Refused, match="overlaps"):
        drafted(cast, {})


def test_the_first_day_stays_once_it_was_applied(db_session):
    cast = a_cast()
    plan, _ = a_year(cast)
    applied(cast, plan)
    with pytest.raises(Refused, match="so the first day stays"):
        drafted(cast, {}, first_day=FIRST + timedelta(days=1))


def test_targets_are_raised_once_however_often_it_is_applied(db_session):
    cast = a_cast()
    plan, _ = a_year(cast)
    db.session.add(CoverageTarget(district_id=cast.district.id, school_id=cast.school.id, skill_id=cast.skill.id, percent=60))
    db.session.flush()
    percent = select(CoverageTarget.percent)
    for points, expected in ((5, 65), (5, 65), (50, 100), (0, 60)):
        raise_targets(plan, {cast.school.id: points}, by=cast.olive, now=NOW)
        applied(cast, plan)
        assert db.session.scalars(percent).all() == [expected]


def test_a_list_plans_its_good_rows_and_says_what_is_wrong_with_the_others(db_session):
    cast = a_cast()
    plan, other = a_year(cast)
    appoint(cast.ben, "teacher", school=other, grade=None, first_day=TODAY, by=cast.olive, now=NOW)
    text = (
        "Email,School\nADA@a.example,t\nben@a.example,T\npia@a.example,T\nmore1@a.example,X\nmore2@a.example,S\nmore3@a.example,leaves\n\n"
    )
    text += "more3@a.example,stays\nnobody\n"
    people, wanted, refused = read(plan, text)
    assert sorted((one.kind, one.school_id) for one in wanted.values()) == [("leaves", None), ("moves", other.id)]
    assert [(row.line, row.column, row.value) for row in refused] == [
        (3, "email", "ben@a.example"),
        (4, "email", "pia@a.example"),
        (5, "school", "X"),
        (6, "school", "S"),
        (9, "email", "more3@a.example"),
        (10, "email", "nobody"),
    ]
    assert plan_moves(plan, people, wanted, by=cast.olive, today=TODAY, now=NOW) == 2
    again, wanted, _ = read(plan, text)
    assert plan_moves(plan, again, wanted, by=cast.olive, today=TODAY, now=NOW) == 0
    alone = [(line, [email, place]) for line, email, place in asked_again(read_lines(text.encode(), "list.csv")[1], refused)]
    assert read_moves(plan, "list.csv", alone, today=TODAY)[2] == refused


def test_the_next_districts_teachers_are_nobodys_to_move(db_session):
    cast = a_cast()
    plan, _ = a_year(cast)
    a_cast("B", {"stan": "teacher", "boss": "program_manager"})
    _, wanted, refused = read(plan, "stan@b.example,leaves")
    assert (wanted, len(refused)) == ({}, 1)


def test_nobody_moves_to_where_they_are(db_session):
    cast = a_cast()
    plan, _ = a_year(cast)
    with pytest.raises(Refused, match="at this school already"):
        plan_for(cast, plan, cast.ada, Wanted("moves", cast.school.id))


def test_what_holds_since_the_first_day_is_planned_no_more(db_session):
    cast = a_cast()
    plan, other = a_year(cast)
    plan_for(cast, plan, cast.ada, Wanted("moves", other.id))
    applied(cast, plan)
    rows = [row for row in teachers_of(plan, cast.school.id) if row.appointment.person_id == cast.ada.id]
    assert plan_moves(plan, rows, {rows[0].appointment.id: Wanted("stays")}, by=cast.olive, today=FIRST, now=NOW) == 0
    _, _, refused = read(plan, "ada@a.example,stays", today=FIRST)
    assert len(refused) == 1


def test_a_badge_counts_as_running_out_with_its_longest_award(db_session):
    cast = a_cast()
    an_award(cast, cast.ada, last_day=EVE)
    an_award(cast, cast.ben, last_day=EVE)
    an_award(cast, cast.ben, first_day=date(2027, 2, 1), last_day=LAST)
    (row,) = badges_running_out(cast.district.id, today=TODAY, first_day=FIRST, last_day=LAST)
    assert (row.before, row.within) == (1, 1)


def test_the_draft_keeps_its_closed_days(db_session):
    cast = a_cast()
    plan, _ = a_year(cast, {LABOR_DAY: "Labor Day"})
    drafted(cast, {LABOR_DAY: "Labor Day", EVE + timedelta(days=9): "Start"})
    assert [row.day for row in closed_days(plan)] == [EVE + timedelta(days=9), LABOR_DAY]


def test_the_next_year_begins_while_the_applied_one_runs(db_session):
    cast = a_cast()
    plan, _ = a_year(cast)
    applied(cast, plan)
    in_spring = date(2028, 3, 1)
    assert in_hand(cast.district.id, FIRST + timedelta(days=120)) is plan
    assert in_hand(cast.district.id, in_spring) is None
    ends_in, first_day, last_day, _ = proposed_days(cast.district, in_spring)
    assert (ends_in, first_day.weekday()) == (2029, FIRST.weekday())
    save_days(cast.district, ends_in=ends_in, first_day=first_day, last_day=last_day, closed={}, by=cast.olive, now=NOW)
    assert in_hand(cast.district.id, in_spring).ends_in == 2029


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_the_old_years_roster_undoes_nothing_and_the_new_years_goes_on(db_session, version):
    """It comes every night, and tells of the old year until the new one begins."""
    district, old = a_district("R"), a_set(version)
    taken_on(TODAY, district, old, version)
    ada, ben, olga = (db.session.scalars(select(Person).where(Person.given_name == name)).one() for name in ("Ada", "Ben", "Olga"))
    oak_hill = db.session.scalars(select(School).where(School.code == "0102")).one()
    plan = save_days(district, ends_in=2028, first_day=FIRST, last_day=LAST, closed={}, by=olga, now=NOW)
    for person, wanted in ((ada, Wanted("moves", oak_hill.id)), (ben, Wanted("leaves"))):
        plan_for(SimpleNamespace(olive=olga), plan, person, wanted)
    applied(SimpleNamespace(olive=olga), plan, confirmed=1)

    before = everything()
    for night in (TODAY + timedelta(days=1), EVE):
        assert taken_on(night, district, old, version).appointments == Count(0, 0, 0, 0)
    assert everything() == before

    people = {**PEOPLE, "u1": ("Ada", "teacher", "S2")}
    del people["u2"]
    new = a_set(version, users=users(version, **people), roles=roles(**people) if version == "1.2" else None)
    assert taken_on(FIRST, district, new, version).appointments.ended == 0
    assert taken_on(FIRST, district, new, version).appointments == Count(0, 0, 0, 0)
    assert (schools_on(ada, FIRST), schools_on(ben, FIRST)) == (["0102"], [])
    assert everything() == before


def test_a_draft_that_was_never_applied_stays_until_its_year_is_over(db_session):
    cast = a_cast()
    plan, _ = a_year(cast)
    assert in_hand(cast.district.id, LAST) is plan
    assert in_hand(cast.district.id, LAST + timedelta(days=1)) is None
