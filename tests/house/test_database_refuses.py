"""The laws of product.md, broken with plain SQL around the code: the database itself says no, on both."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from seminar.ground import history
from seminar.ground.db import db
from seminar.series.answer import give_answers
from seminar.series.enrolling import enroll
from seminar.series.enrollment import Enrollment
from seminar.series.moved import MoveAnswer, ask
from tests.cast import NOW, TODAY, a_cast, a_model, a_series


def refused(sql: str, **values: object) -> None:
    with pytest.raises(DBAPIError):
        db.session.execute(text(sql), values)
    db.session.rollback()


ENROLLMENT = (
    "INSERT INTO enrollment (district_id, series_id, person_id, state, state_since, created_at, joined_at, offer_until)"
    " VALUES (:district, :series, :person, :state, '2027-03-01', '2027-03-01', '2027-03-01', '2027-03-02')"
)


def test_one_seat_too_many_is_refused(db_session):
    cast = a_cast()
    series = a_series(cast, seats=1)
    enroll(cast.ada, series, by=cast.ada, now=NOW)
    db.session.commit()
    for state in ("requested", "held", "awaiting_po", "offered", "enrolled"):
        refused(ENROLLMENT, district=cast.district.id, series=series.id, person=cast.ben.id, state=state)


def test_fewer_seats_than_taken_are_refused(db_session):
    cast = a_cast()
    series = a_series(cast, seats=2)
    for person in (cast.ada, cast.ben):
        enroll(person, series, by=person, now=NOW)
    db.session.commit()
    refused("UPDATE series SET seats = 1 WHERE id = :series", series=series.id)


def test_a_second_live_enrollment_is_refused(db_session):
    cast = a_cast()
    series = a_series(cast, seats=9)
    enroll(cast.ada, series, by=cast.ada, now=NOW)
    db.session.commit()
    refused(ENROLLMENT, district=cast.district.id, series=series.id, person=cast.ada.id, state="waitlisted")


@pytest.mark.parametrize(
    "half", ["minimum = 2", "decide_on = '2027-03-01'", "minimum = 0, decide_on = '2027-03-01'", "goes_ahead_at = '2027-03-01'"]
)
def test_half_a_minimum_and_a_decision_by_nobody_are_refused(db_session, half):
    series = a_series(a_cast())
    refused(f"UPDATE series SET {half} WHERE id = :series", series=series.id)


def test_somebody_answers_for_a_move_once(db_session):
    cast = a_cast()
    ask(a_series(cast).meetings[0], was_at=NOW, was_place="Lab", by=cast.olive, now=NOW)
    of = {"district_id": cast.district.id, "move_id": 1, "person_id": cast.ada.id, "answered_at": NOW}
    db.session.add(MoveAnswer(**of, comes=True))
    db.session.commit()
    again = "INSERT INTO move_answer (district_id, move_id, person_id, comes, answered_at) SELECT district_id, move_id, person_id, comes,"
    refused(f"{again} answered_at FROM move_answer")


@pytest.mark.parametrize("state", ["waitlisted", "offered", "passed"])
def test_nobody_waits_or_is_offered_a_seat_without_a_place_in_line(db_session, state):
    cast = a_cast()
    of = {"district": cast.district.id, "series": a_series(cast).id, "person": cast.ada.id, "state": state}
    refused(ENROLLMENT.replace("'2027-03-01', '2027-03-02')", "NULL, '2027-03-02')"), **of)


def test_an_offer_has_a_deadline(db_session):
    cast = a_cast()
    of = {"district": cast.district.id, "series": a_series(cast).id, "person": cast.ada.id, "state": "offered"}
    refused(ENROLLMENT.replace("'2027-03-02')", "NULL)"), **of)


def test_a_seat_that_was_given_on_has_one_successor(db_session):
    cast = a_cast()
    series = a_series(cast)
    first, second, third = (enroll(person, series, by=person, now=NOW).id for person in (cast.ada, cast.ben, cast.cora))
    db.session.commit()
    given = "UPDATE enrollment SET state = 'substituted', successor_id = :successor WHERE id = :id"
    refused(given, id=first, successor=None)
    refused(given, id=first, successor=999)
    db.session.execute(text(given), {"id": first, "successor": third})
    db.session.commit()
    refused(given, id=second, successor=third)


def test_whoever_writes_it_is_known_since_when_somebody_is_enrolled(db_session):
    """A process of the version before the waitlist names no enrolled_at."""
    cast = a_cast()
    series, other = a_series(cast), a_series(cast, "Sewing")
    of = {"district": cast.district.id, "person": cast.ada.id}
    db.session.execute(text(ENROLLMENT), {**of, "series": series.id, "state": "enrolled"})
    db.session.execute(text(ENROLLMENT), {**of, "series": other.id, "state": "offered"})
    db.session.execute(text("UPDATE enrollment SET state = 'enrolled', state_since = '2027-03-01' WHERE state = 'offered'"))
    assert [str(at)[:10] for at in db.session.scalars(select(Enrollment.enrolled_at).order_by(Enrollment.id))] == ["2027-03-01"] * 2


@pytest.mark.parametrize(
    ("question", "value"),
    [("confidence", "6"), ("experience", "much"), ("grade", "13"), ("shoe size", "9"), ("dietary", ""), ("dietary", "x" * 501)],
)
def test_an_answer_is_one_that_its_question_has(db_session, question, value):
    cast = a_cast()
    place = enroll(cast.ada, a_series(cast), by=cast.ada, now=NOW)
    of = {"district": cast.district.id, "place": place.id, "person": cast.ada.id}
    sql = "INSERT INTO enrollment_answer (district_id, enrollment_id, person_id, question, value, answered_at)"
    sql += " VALUES (:district, :place, :person, :question, :value, '2027-03-01')"
    db.session.execute(text(sql), {**of, "question": "confidence", "value": "5"})
    db.session.execute(text(sql), {**of, "question": "grade", "value": "several"})
    refused(sql, **of, question=question, value=value)


def test_a_question_is_answered_once(db_session):
    cast = a_cast()
    place = enroll(cast.ada, a_series(cast), by=cast.ada, now=NOW)
    give_answers(place, {"confidence": "5"}, by=cast.ada, now=NOW)
    db.session.commit()
    again = "INSERT INTO enrollment_answer (district_id, enrollment_id, person_id, question, value, answered_at)"
    again += " SELECT district_id, enrollment_id, person_id, question, '4', answered_at FROM enrollment_answer"
    refused(again)


def test_a_day_of_an_item_is_claimed_once(db_session):
    cast = a_cast()
    model = a_model(cast)
    values = {"d": cast.district.id, "s": cast.school.id, "p": cast.ada.id, "m": model.id, "i": model.items[0].id, "day": TODAY}
    reservation = (
        "INSERT INTO reservation (id, district_id, school_id, responsible_id, first_day, last_day, purpose, created_at, created_by_id)"
        " VALUES (1, :d, :s, :p, :day, :day, '', '2027-03-01', :p)"
    )
    line = (
        "INSERT INTO reservation_line (id, district_id, reservation_id, model_id, item_id, state, state_since, note)"
        " VALUES ({id}, :d, 1, :m, :i, '{state}', '2027-03-01', '')"
    )
    claim = "INSERT INTO item_day (item_id, day, district_id, line_id, claim) VALUES (:i, :day, :d, 1, 'loan')"
    for sql in (reservation, line.format(id=1, state="out"), claim):
        db.session.execute(text(sql), values)
    db.session.commit()
    db.session.execute(text(line.format(id=3, state="reserved")), values)
    db.session.commit()
    refused(claim, **values)
    refused(claim.replace(":d, 1,", ":d, 3,"), **values)
    refused(line.format(id=2, state="out"), **values)
    refused(line.format(id=2, state="in_check"), **values)


def test_the_audit_trail_is_append_only(db_session):
    cast = a_cast()
    history.record(cast.ada, "looked", cast.ada, NOW)
    db.session.commit()
    refused("UPDATE history SET what = 'nothing'")
    refused("DELETE FROM history")


def test_nobody_without_a_name_is_appointed_or_holds_something_again(db_session):
    cast = a_cast()
    db.session.execute(text("UPDATE appointment SET last_day = '2027-03-01'"))
    db.session.execute(text("UPDATE person SET pseudonymised_on = '2029-03-02', email = NULL WHERE id = :p"), {"p": cast.ada.id})
    db.session.commit()
    appointed = "INSERT INTO appointment (district_id, person_id, role, first_day, source) VALUES (:d, :p, 'trainer', '2030-01-01', 'hand')"
    refused(appointed, d=cast.district.id, p=cast.ada.id)
    refused("UPDATE appointment SET last_day = NULL WHERE person_id = :p", p=cast.ada.id)
    db.session.execute(text(appointed), {"d": cast.district.id, "p": cast.ben.id})


def test_nobody_signs_off_for_themselves(db_session):
    cast = a_cast()
    refused(
        "INSERT INTO sign_off (district_id, person_id, competency_id, trainer_id, day, at, note)"
        " VALUES (:d, :p, :c, :p, :day, '2027-03-01', '')",
        d=cast.district.id,
        p=cast.tara.id,
        c=cast.badge.competencies[0].id,
        day=TODAY,
    )


def test_what_is_withdrawn_keeps_its_reason(db_session):
    cast = a_cast()
    refused(
        "INSERT INTO sign_off (district_id, person_id, competency_id, trainer_id, day, at, note, withdrawn_at, withdrawn_by_id)"
        " VALUES (:d, :p, :c, :t, :day, '2027-03-01', '', '2027-03-01', :t)",
        d=cast.district.id,
        p=cast.ada.id,
        t=cast.tara.id,
        c=cast.badge.competencies[0].id,
        day=TODAY,
    )


def test_a_second_app_for_codes_is_refused(db_session):
    cast = a_cast()
    factor = (
        "INSERT INTO second_factor (district_id, person_id, secret, last_step, begun_at) VALUES (:district, :person, 's', 0, '2027-03-01')"
    )
    db.session.execute(text(factor), {"district": cast.district.id, "person": cast.olive.id})
    db.session.commit()
    refused(factor, district=cast.district.id, person=cast.olive.id)


def test_looking_as_oneself_or_without_a_reason_is_refused(db_session):
    cast = a_cast()
    db.session.commit()
    view = (
        "INSERT INTO support_view (district_id, by_id, person_id, reason, begun_at, until)"
        " VALUES (:district, :by, :person, :reason, '2027-03-01', '2027-03-02')"
    )
    refused(view, district=cast.district.id, by=cast.olive.id, person=cast.olive.id, reason="why")
    refused(view, district=cast.district.id, by=cast.olive.id, person=cast.ada.id, reason="")


def test_a_session_ends_with_a_reason(db_session):
    cast = a_cast()
    db.session.commit()
    refused("UPDATE device_session SET ended_at = '2027-03-01' WHERE person_id = :person", person=cast.ada.id)


def test_an_identity_is_one_persons_at_a_time(db_session):
    cast = a_cast()
    sql = (
        "INSERT INTO sign_on_identity (district_id, person_id, issuer, subject, linked_at, ended_at, ended_by_id)"
        " VALUES (:d, :p, 'https://id.example', '1', '2027-03-01', :ended, :by)"
    )
    ids = {"d": cast.district.id, "ben": cast.ben.id}
    db.session.execute(text(sql), {"d": ids["d"], "p": ids["ben"], "ended": "2027-03-01", "by": ids["ben"]})
    db.session.execute(text(sql), {"d": ids["d"], "p": cast.ada.id, "ended": None, "by": None})
    db.session.commit()
    refused(sql, d=ids["d"], p=ids["ben"], ended=None, by=None)
    refused("UPDATE sign_on_identity SET ended_at = NULL, ended_by_id = NULL WHERE person_id = :p", p=ids["ben"])


def test_a_record_that_went_into_another_opens_nothing(db_session):
    cast = a_cast()
    db.session.execute(text("UPDATE person SET merged_into_id = 1, email = NULL, may_sign_in = false WHERE id = 2"))
    db.session.commit()
    assert cast.ben.merged_into_id == cast.ada.id
    refused("UPDATE person SET may_sign_in = true WHERE id = 2")
    refused("UPDATE person SET email = 'again@a.example' WHERE id = 2")
    refused("UPDATE person SET merged_into_id = 2 WHERE id = 2")


def test_a_record_kept_for_no_year_and_a_report_of_nothing_are_refused(db_session):
    cast = a_cast()
    refused("INSERT INTO retention_rule (district_id, kind, years) VALUES (:d, 'loans', 0)", d=cast.district.id)
    refused("INSERT INTO retention_report (district_id, day, kind, count) VALUES (:d, :day, 'loans', 0)", d=cast.district.id, day=TODAY)
