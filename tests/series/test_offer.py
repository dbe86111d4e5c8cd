"""Until when a freed seat is kept. All times are Los Angeles's, in March 2027; the 14th is 23 hours long."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seminar.series.offer import offer_until

ZONE = ZoneInfo("America/Los_Angeles")
AFAR = datetime(2027, 4, 20, 16, tzinfo=ZONE)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2027, 3, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("asked", "ends", "until"),
    [
        (at(2, 10), AFAR, at(3, 10)),
        # At night it counts from the morning, and does not end before people had one to answer in.
        (at(2, 23), AFAR, at(4, 7)),
        (at(2, 3), AFAR, at(3, 7)),
        # A Friday's is Monday's, and the 8th is closed; near the series a weekend is as good as any day.
        (at(5, 10), AFAR, at(9, 10)),
        (at(5, 10), at(11, 16), at(6, 10)),
        # Over a break that would take half of the time that is left it waits for nobody.
        (at(5, 10), at(14, 16), at(6, 10)),
        # Over the change of clocks it ends at the same hour of the clock.
        (at(12, 10), AFAR, at(15, 10)),
        # A quarter of the time left; what would end at night has until nine; and an hour at least.
        (at(2, 8), at(2, 16), at(2, 10)),
        (at(2, 16), at(3, 16), at(3, 9)),
        (at(2, 14), at(2, 16), at(2, 15)),
        # Never beyond the series itself.
        (at(2, 15, 30), at(2, 16), at(2, 16)),
        (at(2, 23), at(3, 6), at(3, 6)),
    ],
)
def test_an_offer_stands(asked, ends, until):
    assert offer_until(asked, ends, timezone="America/Los_Angeles", closed={date(2027, 3, 8)}) == until


@given(
    st.datetimes(datetime(2027, 1, 1), datetime(2027, 12, 31), timezones=st.just(ZoneInfo("UTC"))),
    st.timedeltas(timedelta(seconds=1), timedelta(days=90)),
)
def test_there_is_time_to_answer_it_and_none_after_the_series_begins(asked, left):
    until = offer_until(asked, asked + left, timezone="America/Los_Angeles", closed=())
    assert asked < until <= asked + left
    assert until == asked + left or until - asked >= min(timedelta(hours=1), left)
    assert until == asked + left or 7 <= until.astimezone(ZONE).hour <= 21
    if left > timedelta(days=16):
        assert until.astimezone(ZONE).weekday() < 5
