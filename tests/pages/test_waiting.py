"""The waitlist as people meet it: each page says where they stand, and each button does its work once."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.series.enrolling import enroll
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series
from tests.cast import NOW, a_cast, a_series
from tests.pages.as_who import as_who
from tests.pages.doors import client_of

WAITS, OFFER = "/series/1/waitlist", "/series/1/offer/refusal"


@pytest.fixture
def full(clean):
    """A series (1) with one seat, Ben's."""
    with clean.app_context():
        cast = a_cast()
        enroll(cast.ben, a_series(cast, seats=1), by=cast.ben, now=NOW)
        db.session.commit()
    return clean


def states(app):
    with app.app_context():
        return db.session.scalars(select(Enrollment.state).order_by(Enrollment.id)).all()


def said(client, path="/series/1"):
    """The words of the page, without what only the machine reads."""
    text = re.sub(r"<[^>]+>", " ", client.get(path).get_data(as_text=True))
    return " ".join(text.replace("&#39;", "'").split())


def refused(answer):
    return answer.status_code, " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).replace("&#39;", "'").split())


def test_who_meets_a_full_series_joins_the_waitlist_and_sees_their_number(full):
    ada, cora = as_who(full, "ada"), as_who(full, "cora")
    assert "Nobody waits for a seat yet." in said(ada)
    assert ada.post(WAITS).status_code == cora.post(WAITS).status_code == 303
    assert "You're number 1 on the waitlist" in said(ada)
    assert "You're number 2 on the waitlist" in said(cora)
    assert "No earlier series of this seminar had a waitlist" in said(cora)
    assert "2 people wait for a seat." in said(as_who(full, "pia"))


def test_pressed_twice_somebody_stands_in_line_once(full):
    ada = as_who(full, "ada")
    ada.post(WAITS)
    status, page = refused(ada.post(WAITS))
    assert (status, states(full)) == (409, ["enrolled", "waitlisted"])
    assert "Ada Example is on the waitlist for Robotics already" in page and "You're number 1 on the waitlist" in page


def test_the_freed_seat_is_kept_on_the_page_on_the_home_and_in_my_learning_until_it_is_taken(full):
    ada = as_who(full, "ada")
    ada.post(WAITS)
    as_who(full, "ben").post("/series/1/enrollment/withdrawal")
    kept = "A seat is kept for you until Mon, Mar 1, 10:22 AM."
    assert kept in said(ada)
    assert "Until Mon, Mar 1, 10:22 AM" in said(ada, "/")
    assert "Kept for you until Mon, Mar 1, 10:22 AM" in said(ada, "/my/learning")
    assert ada.post("/series/1/enrollment").status_code == 303
    assert "You're enrolled" in said(ada)
    assert "A seat is kept for you" not in said(ada, "/")
    assert states(full) == ["withdrawn", "enrolled"]


def test_who_turns_the_seat_down_sees_the_line_again_and_the_next_one_has_it(full):
    ada, cora = as_who(full, "ada"), as_who(full, "cora")
    ada.post(WAITS)
    cora.post(WAITS)
    as_who(full, "ben").post("/series/1/enrollment/withdrawal")
    assert ada.post(OFFER).status_code == 303
    assert states(full) == ["withdrawn", "passed", "offered"]
    assert "Join the waitlist" in said(ada)
    assert "A seat is kept for you until" in said(cora)
    assert refused(ada.post(OFFER))[0] == 409


def test_after_the_deadline_the_page_offers_the_line_and_not_the_seat(full):
    ada, cora = as_who(full, "ada"), as_who(full, "cora")
    ada.post(WAITS)
    cora.post(WAITS)
    as_who(full, "ben").post("/series/1/enrollment/withdrawal")
    clock = full.extensions["makerpd_clock"]
    clock.moment = NOW + timedelta(hours=2)
    try:
        assert "A seat is kept for you" not in said(ada) + said(ada, "/") + said(ada, "/my/learning")
        status, page = refused(ada.post("/series/1/enrollment"))
        assert status == 409 and "Robotics is full. Join the waitlist on its page" in page
    finally:
        clock.moment = NOW


def test_who_waits_leaves_the_line_by_the_same_button_as_a_seat(full):
    ada = as_who(full, "ada")
    ada.post(WAITS)
    assert ada.post("/series/1/enrollment/withdrawal").status_code == 303
    assert "You've left the waitlist." in said(ada)
    assert states(full) == ["enrolled", "withdrawn"]


def test_the_program_manager_sees_the_line_in_its_order_apart_from_the_enrolled(full):
    for name in ("cora", "ada"):
        as_who(full, name).post(WAITS)
    page = said(as_who(full, "olive"))
    assert re.search(r"Enrolled 1 Ben Example .* Waitlist 2 1\. Cora Example .* 2\. Ada Example", page), page


def test_a_seat_that_is_free_after_all_is_no_reason_to_wait(full):
    as_who(full, "ben").post("/series/1/enrollment/withdrawal")
    status, page = refused(as_who(full, "ada").post(WAITS))
    assert status == 409 and "Robotics has a free seat: you can enroll." in page and "1 seats left of 1" in page


def test_who_waits_reads_when_no_seat_is_offered_any_more_and_nothing_of_it_once_it_is_over(full):
    ada = as_who(full, "ada")
    ada.post(WAITS)
    assert "Since Mon, Mar 1, 8:30 AM" in said(ada, "/my/learning")
    with full.app_context():
        db.session.get(Series, 1).enrollment_closes_at = NOW
        db.session.commit()
    closed = "Enrollment closed Mon, Mar 1, 8:30 AM, so no seat is offered any more."
    assert closed in said(ada) and closed in said(ada, "/my/learning")
    full.extensions["makerpd_clock"].moment = NOW + timedelta(days=1)
    try:
        assert "This series is over." in said(ada)
        assert "Robotics" not in said(ada, "/my/learning")
    finally:
        full.extensions["makerpd_clock"].moment = NOW


def test_a_stranger_is_led_to_sign_in_and_back_to_the_line(full):
    page = client_of(full, None).get("/series/1").get_data(as_text=True)
    assert "Sign in to join the waitlist" in page and "/sign-in?next=/series/1" in page
