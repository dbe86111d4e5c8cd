"""The school calendar: years that don't overlap, terms whose ending is taken back, and closed days, typed or from a file."""

import io
import re
from datetime import date

import pytest
from sqlalchemy import select

from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.people.calendar import ClosedDay, SchoolYear, Term
from seminar.people.calendar_editing import close_days, end_term, open_day_again, save_term, save_year, span, take_up_term
from seminar.people.calendar_file import read_calendar_file
from tests.cast import NOW, TODAY, a_cast
from tests.pages.as_who import as_who

FIRST, LAST = date(2026, 8, 12), date(2027, 6, 11)


def a_year(cast, first=FIRST, last=LAST):
    year = SchoolYear(district_id=cast.district.id)
    save_year(year, first_day=first, last_day=last, by=cast.olive, now=NOW)
    return year


def events(*lines):
    body = "\r\n".join(f"BEGIN:VEVENT\r\nUID:{n}\r\nDTSTAMP:20260801T000000Z\r\n{one}\r\nEND:VEVENT" for n, one in enumerate(lines))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Tests//EN\r\n{body}\r\nEND:VCALENDAR\r\n".encode()


def test_years_are_named_by_their_end_and_dont_overlap(db_session):
    cast = a_cast()
    assert a_year(cast).ends_in == 2027
    for first, last, sentence in (
        (date(2027, 6, 11), date(2028, 6, 1), "is there already"),
        (date(2027, 8, 1), date(2027, 8, 1), "not after the first"),
        (date(2027, 8, 1), date(2028, 9, 1), "a year at most"),
    ):
        with pytest.raises(Refused, match=sentence):
            a_year(cast, first, last)
    assert a_year(cast, date(2027, 8, 1), date(2028, 6, 1)).ends_in == 2028


def test_a_term_lies_in_its_year_and_its_ending_is_taken_back(db_session):
    cast = a_cast()
    year, term = a_year(cast), Term(district_id=cast.district.id)
    with pytest.raises(Refused, match="lies within it"):
        save_term(term, year, title="Fall", first_day=date(2026, 8, 11), last_day=TODAY, by=cast.olive, now=NOW)
    save_term(term, year, title="Fall", first_day=FIRST, last_day=TODAY, by=cast.olive, now=NOW)
    with pytest.raises(Refused, match="called Fall already"):
        save_term(Term(district_id=cast.district.id), year, title="Fall", first_day=TODAY, last_day=LAST, by=cast.olive, now=NOW)
    with pytest.raises(Refused, match="Fall would be outside"):
        save_year(year, first_day=TODAY, last_day=LAST, by=cast.olive, now=NOW)
    end_term(term, today=TODAY, by=cast.olive, now=NOW)
    assert term.ended_on == TODAY
    take_up_term(term, by=cast.olive, now=NOW)
    assert term.ended_on is None


def test_days_are_closed_once_and_opened_again(db_session):
    cast = a_cast()
    days = dict.fromkeys(span(date(2027, 4, 5), date(2027, 4, 6)), "Spring break")
    assert close_days(cast.district, days, by=cast.olive, now=NOW) == [date(2027, 4, 5), date(2027, 4, 6)]
    assert close_days(cast.district, days, by=cast.olive, now=NOW) == []
    open_day_again(db.session.scalars(select(ClosedDay).order_by(ClosedDay.day)).first(), cast.district, by=cast.olive, now=NOW)
    assert db.session.scalars(select(ClosedDay.day)).all() == [date(2027, 4, 6)]
    with pytest.raises(Refused, match="before the first"):
        span(date(2027, 4, 6), date(2027, 4, 5))


def test_a_file_closes_whole_days_over_several_too_and_those_that_repeat():
    read = read_calendar_file(
        events(
            "DTSTART;VALUE=DATE:20261125\r\nDTEND;VALUE=DATE:20261128\r\nSUMMARY:Thanksgiving",
            "DTSTART;VALUE=DATE:20261225\r\nSUMMARY:Winter break",
            "DTSTART;VALUE=DATE:20270108\r\nRRULE:FREQ=MONTHLY;COUNT=3\r\nEXDATE;VALUE=DATE:20270208\r\nSUMMARY:Staff day",
            "DTSTART:20270110T160000Z\r\nDTEND:20270110T180000Z\r\nSUMMARY:Board meeting",
            "DTSTART;VALUE=DATE:20250101\r\nSUMMARY:Long ago",
            "DTSTART;VALUE=DATE:20270520\r\nSTATUS:CANCELLED\r\nSUMMARY:Not at all",
        ),
        FIRST,
        LAST,
    )
    assert read.days == {
        date(2026, 11, 25): "Thanksgiving",
        date(2026, 11, 26): "Thanksgiving",
        date(2026, 11, 27): "Thanksgiving",
        date(2026, 12, 25): "Winter break",
        date(2027, 1, 8): "Staff day",
        date(2027, 3, 8): "Staff day",
    }
    assert (read.timed, read.outside) == (1, 1)


def test_an_occurrence_that_was_moved_or_canceled_closes_its_new_day_or_none():
    weekly = "DTSTART;VALUE=DATE:20270108\r\nRRULE:FREQ=WEEKLY;COUNT=4\r\nSUMMARY:Staff day"
    moved = "RECURRENCE-ID;VALUE=DATE:20270115\r\nDTSTART;VALUE=DATE:20270114\r\nSUMMARY:Staff day, moved"
    canceled = "RECURRENCE-ID;VALUE=DATE:20270122\r\nDTSTART;VALUE=DATE:20270122\r\nSTATUS:CANCELLED\r\nSUMMARY:Staff day"
    content = re.sub(rb"UID:\d", b"UID:0", events(weekly, moved, canceled))
    assert read_calendar_file(content, FIRST, LAST).days == {
        date(2027, 1, 8): "Staff day",
        date(2027, 1, 14): "Staff day, moved",
        date(2027, 1, 29): "Staff day",
    }


def test_days_that_are_listed_one_by_one_are_closed_too():
    read = read_calendar_file(events("DTSTART;VALUE=DATE:20270108\r\nRDATE;VALUE=DATE:20270212,20270312\r\nSUMMARY:Half"), FIRST, LAST)
    assert sorted(read.days) == [date(2027, 1, 8), date(2027, 2, 12), date(2027, 3, 12)]


def test_from_midnight_to_midnight_is_a_whole_day_where_it_is_a_places_midnight():
    read = read_calendar_file(
        events(
            "DTSTART;TZID=America/Chicago:20270108T000000\r\nDTEND;TZID=America/Chicago:20270110T000000\r\nSUMMARY:Break",
            "DTSTART:20270115T000000\r\nDURATION:P1D\r\nSUMMARY:Floating",
            "DTSTART:20270122T000000Z\r\nDTEND:20270123T000000Z\r\nSUMMARY:Somewhere",
            "DTSTART:20270129T000000\r\nSUMMARY:A moment",
        ),
        FIRST,
        LAST,
    )
    assert (sorted(read.days), read.timed) == ([date(2027, 1, 8), date(2027, 1, 9), date(2027, 1, 15)], 2)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x00\xff nothing", "no iCalendar file"),
        (b"", "no iCalendar file|no event"),
        (events(), "no event"),
        (events("SUMMARY:Whenever"), "has no day"),
        (events("DTSTART;VALUE=PERIOD:20270101T000000Z/P1D"), "has no day"),
        (events("DTSTART;VALUE=DATE:20270101\r\nDTEND:tomorrow"), "has no day"),
        (events("DTSTART;VALUE=DATE:20270101\r\nDTSTART;VALUE=DATE:20270102"), "has no day"),
        (events("DTSTART;VALUE=DATE:20270108\r\nRRULE:FREQ=DAILY;INTERVAL=0\r\nSUMMARY:Never"), "“Never” repeats"),
        (events("DTSTART;VALUE=DATE:20270108\r\nRRULE:FREQ=SECONDLY\r\nSUMMARY:Odd"), "“Odd” repeats"),
        (events(*(f"DTSTART;VALUE=DATE:20260901\r\nDTEND;VALUE=DATE:20990101\r\nSUMMARY:{n}" for n in range(2001))), "2000 events"),
    ],
    ids=["nonsense", "empty", "no event", "no day", "a period", "no end", "two days", "never", "every second", "too many"],
)
def test_a_file_that_cant_be_read_says_why(content, sentence):
    with pytest.raises(Refused, match=sentence):
        read_calendar_file(content, FIRST, LAST)


def test_a_file_is_looked_at_first_and_applied_once(clean):
    with clean.app_context():
        cast = a_cast()
        a_year(cast)
        db.session.commit()
    olive = as_who(clean, "olive")
    content = events("DTSTART;VALUE=DATE:20270402\r\nDTEND;VALUE=DATE:20270404\r\nSUMMARY:Spring break")

    def look():
        data = {"file": (io.BytesIO(content), "holidays.ics")}
        return olive.post("/settings/calendar/closed-days/file", data=data, content_type="multipart/form-data")

    looked = look()
    assert (looked.status_code, "2 days to close" in looked.text, looked.text.count("Spring break")) == (200, True, 4)
    with clean.app_context():
        assert db.session.scalars(select(ClosedDay.day)).all() == []
    chosen = {"day": ["2027-04-02"], "reason-2027-04-02": "Spring break", "reason-2027-04-03": "Spring break"}
    assert olive.post("/settings/calendar/closed-days", data=chosen).location == "/settings/calendar"
    assert "1 of the days is closed already" in look().text
    with clean.app_context():
        assert db.session.scalars(select(ClosedDay.day)).all() == [date(2027, 4, 2)]


def test_without_a_year_a_file_says_what_is_first(clean):
    with clean.app_context():
        a_cast()
    data = {"file": (io.BytesIO(events("DTSTART;VALUE=DATE:20270402")), "holidays.ics")}
    refused = as_who(clean, "olive").post("/settings/calendar/closed-days/file", data=data, content_type="multipart/form-data")
    assert (refused.status_code, "Add the school year first" in refused.text) == (422, True)
