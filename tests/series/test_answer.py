"""What people answer to a series' questions: theirs until it begins, its trainers' to read, and gone when it is over."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.refusal import Refused
from seminar.ground.retention_rule import apply_retention, times_of, would_touch
from seminar.people.appointment import pd_office
from seminar.people.calendar import ClosedDay
from seminar.people.held import held_about
from seminar.people.merging import merge
from seminar.series.answer import EnrollmentAnswer, answered, answers_of, change_answers, give_answers
from seminar.series.clash import meetings_on_closed_days
from seminar.series.enrolling import enroll, withdraw
from seminar.series.planning import cancel_series
from seminar.series.question import NEEDS, QUESTIONS, asked_by
from seminar.series.series import Meeting
from seminar.series.waitlist import join_waitlist
from tests.cast import ANSWERS, NOW, a_cast, a_series, asking

KEPT = {question: value for question, value in ANSWERS.items() if question not in NEEDS}


@pytest.fixture
def cast(db_session):
    made = a_cast()
    made.series = asking(a_series(made))
    return made


def a_place(cast, person, answers=ANSWERS, series=None):
    place = enroll(person, series or cast.series, by=person, now=NOW)
    give_answers(place, answers, by=person, now=NOW)
    return place


def forget(cast, now):
    apply_retention(cast.district, cast.district.day(now), now)
    db.session.expire_all()


def trail():
    return db.session.scalars(select(History.what).where(History.what.like("answers%")).order_by(History.id)).all()


def test_a_new_series_asks_nothing_and_one_that_asks_does_so_in_order(cast):
    assert asked_by(a_series(cast, "Sewing")) == []
    assert asked_by(asking(a_series(cast, "Saws"), "confidence", "dietary")) == ["dietary", "confidence"]
    assert asked_by(cast.series) == list(QUESTIONS)


def test_nobody_has_to_answer(cast):
    place = a_place(cast, cast.ada, dict.fromkeys(QUESTIONS, ""))
    assert (place.state, answers_of(place), trail()) == ("enrolled", {}, [])


def test_answers_are_changed_and_taken_away_and_the_trail_tells_only_that(cast):
    place = a_place(cast, cast.ada)
    change_answers(place, {"dietary": "vegan", "accommodation": "", "confidence": "3"}, by=cast.ada, now=NOW)
    change_answers(place, {"dietary": "vegan"}, by=cast.ada, now=NOW)
    assert answers_of(place) == {"dietary": "vegan", "grade": "4", "experience": "tried", "confidence": "3"}
    assert trail() == ["answers given", "answers changed"]
    details = db.session.scalars(select(History.details).where(History.what.like("answers%")))
    assert [sorted(said) for said in details] == [["person", "series"]] * 2


def test_they_stay_as_they_are_from_the_moment_at_which_the_series_begins(cast):
    place, begins = a_place(cast, cast.ada), cast.series.meetings[0].starts_at
    change_answers(place, {"confidence": "3"}, by=cast.ada, now=begins - timedelta(seconds=1))
    with pytest.raises(Refused, match="Robotics has begun"):
        change_answers(place, {"confidence": "5"}, by=cast.ada, now=begins)
    assert answers_of(place)["confidence"] == "3"


def test_a_place_that_is_over_is_answered_for_no_more(cast):
    place = a_place(cast, cast.ada)
    withdraw(place, by=cast.ada, now=NOW)
    with pytest.raises(Refused, match="over already"):
        change_answers(place, {"confidence": "5"}, by=cast.ada, now=NOW)


def test_who_comes_back_starts_without_answers(cast):
    withdraw(a_place(cast, cast.ada), by=cast.ada, now=NOW)
    assert answers_of(enroll(cast.ada, cast.series, by=cast.ada, now=NOW)) == {}


def test_trainers_read_the_plates_the_needs_by_name_and_how_many_said_what_of_those_who_are_in(cast):
    cast.series.seats = 4
    a_place(cast, cast.ada)
    a_place(cast, cast.ben, {"dietary": "vegetarian\nNo mushrooms", "confidence": "2"})
    a_place(cast, cast.pia, {"dietary": "vegan", "confidence": "5"})
    a_place(cast, cast.kim, {})
    withdraw(a_place(cast, cast.eli, series=asking(a_series(cast, "Sewing"))), by=cast.eli, now=NOW)
    join_waitlist(cast.cora, cast.series, by=cast.cora, now=NOW)
    said = answered(cast.series)
    assert said.people == 4
    assert said.dietary == [("vegetarian\nNo mushrooms", 2), ("vegan", 1)]
    assert said.accommodation == [("Ada Example", "Interpreter")]
    assert {question: dict(counts) for question, counts in said.counts.items()} == {
        "grade": {"4": 1},
        "experience": {"tried": 1},
        "confidence": {"2": 2, "5": 1},
    }
    assert [said.number(question) for question in QUESTIONS] == [3, 1, 1, 1, 3]
    withdraw(db.session.get_one(type(a_place(cast, cast.olive, series=a_series(cast, "Saws"))), 1), by=cast.ada, now=NOW)
    assert answered(cast.series).accommodation == []


def test_the_pd_office_is_named_as_it_is_on_the_day(cast):
    today = cast.district.day(NOW)
    assert [person.name for person in pd_office(cast.district.id, today)] == ["Olive Example"]
    assert pd_office(a_cast("B", {"stan": "trainer"}).district.id, today) == []
    assert pd_office(cast.district.id, date(2019, 1, 1)) == []


def test_what_somebody_needs_is_kept_fourteen_days_after_the_last_meeting_and_the_rest_with_the_place(cast):
    last = cast.series.meetings[0]
    place = a_place(cast, cast.ada)
    forget(cast, last.ends_at + timedelta(days=14))
    assert answers_of(place) == ANSWERS
    after = last.ends_at + timedelta(days=15)
    assert would_touch(times_of(cast.district, after))["answers"] == 2
    forget(cast, after)
    assert answers_of(place) == KEPT
    assert would_touch(times_of(cast.district, after))["answers"] == 0
    forget(cast, NOW.replace(year=NOW.year + 30))
    assert answers_of(place) == KEPT


def test_a_meeting_to_come_keeps_them(cast):
    place, first = a_place(cast, cast.ada), cast.series.meetings[0]
    later = {"starts_at": first.starts_at + timedelta(days=30), "ends_at": first.ends_at + timedelta(days=30), "place": "Lab"}
    db.session.add(Meeting(district_id=cast.district.id, series_id=cast.series.id, **later))
    forget(cast, first.ends_at + timedelta(days=44))
    assert answers_of(place) == ANSWERS
    forget(cast, first.ends_at + timedelta(days=45))
    assert answers_of(place) == KEPT


@pytest.mark.parametrize("ends", ["withdrawn", "series canceled"])
def test_of_a_place_that_is_over_they_go_though_the_series_has_meetings_to_come(cast, ends):
    place, meeting = a_place(cast, cast.ada), cast.series.meetings[0]
    meeting.starts_at, meeting.ends_at = NOW + timedelta(days=90), NOW + timedelta(days=90, hours=2)
    if ends == "withdrawn":
        withdraw(place, by=cast.ada, now=NOW)
    else:
        cancel_series(cast.series, reason="Snow", by=cast.olive, now=NOW)
    stays = a_place(cast, cast.ben, series=asking(a_series(cast, "Sewing")))
    stays.series.meetings[0].ends_at = NOW + timedelta(days=90)
    db.session.flush()
    forget(cast, NOW + timedelta(days=14))
    assert answers_of(place) == ANSWERS
    forget(cast, NOW + timedelta(days=15))
    assert (answers_of(place), answers_of(stays)) == (KEPT, ANSWERS)


def test_the_next_district_keeps_its_own(cast):
    other = a_cast("B")
    place = a_place(other, other.ada, series=asking(a_series(other)))
    forget(cast, NOW + timedelta(days=90))
    assert answers_of(place) == ANSWERS


def test_the_persons_own_export_holds_their_answers_and_nobody_elses_does(cast):
    a_place(cast, cast.ada)
    db.session.commit()
    (own,) = [one for one in held_about(cast.ada) if one.table == "enrollment_answer"]
    assert {row["question"]: row["value"] for row in own.rows} == ANSWERS
    for name in ("ben", "tara", "olive", "pia"):
        assert "Interpreter" not in str(held_about(cast.people[name]))


def test_of_two_records_of_one_person_what_only_the_other_place_said_goes_on(cast):
    kept = a_place(cast, cast.ada, {"dietary": "vegan"})
    ended = a_place(cast, cast.ben)
    elsewhere = a_place(cast, cast.ben, {"confidence": "5"}, series=asking(a_series(cast, "Sewing")))
    merge(cast.ada, cast.ben, reason="A typing slip", by=cast.olive, now=NOW)
    db.session.commit()
    assert answers_of(kept) == {**ANSWERS, "dietary": "vegan"}
    assert answers_of(ended) == {"dietary": ANSWERS["dietary"]}
    assert answers_of(elsewhere) == {"confidence": "5"}
    assert set(db.session.scalars(select(EnrollmentAnswer.person_id))) == {cast.ada.id}
    assert db.session.scalar(select(func.count(EnrollmentAnswer.id))) == 7


def test_meetings_on_closed_days_are_found_by_the_districts_own_day(cast):
    # 17:00 of March 1 in Los Angeles is March 2 in UTC.
    cast.series.meetings[0].starts_at = NOW + timedelta(hours=8, minutes=30)
    for day, reason in ((date(2027, 3, 2), "Tomorrow"), (date(2027, 3, 1), "Staff day")):
        assert meetings_on_closed_days(cast.series, NOW) == []
        db.session.add(ClosedDay(district_id=cast.district.id, day=day, reason=reason))
        db.session.flush()
    meeting = cast.series.meetings[0]
    assert meetings_on_closed_days(cast.series, NOW) == [(meeting, "Staff day")]
    assert meetings_on_closed_days(cast.series, meeting.ends_at) == []
    meeting.canceled_at, meeting.canceled_reason = NOW, "Snow"
    assert meetings_on_closed_days(cast.series, NOW) == []
