"""Closing days in two steps: what was looked at is still there where nothing of it was checked."""

import re

from sqlalchemy import select

from seminar.ground.db import db
from seminar.people.calendar import ClosedDay
from tests.cast import a_cast
from tests.pages.as_who import as_who


def test_days_that_nobody_checked_are_shown_again_with_their_reasons(clean):
    with clean.app_context():
        a_cast()
        db.session.commit()
    olive = as_who(clean, "olive")
    days = {f"reason-2027-04-0{n}": "Spring break" for n in (5, 6)}
    refused = olive.post("/settings/calendar/closed-days", data=days)
    assert (refused.status_code, "No day is checked, so none was closed." in refused.text) == (422, True)
    assert re.findall(r'name="(reason-[\d-]+)" value="Spring break"', refused.text) == list(days)
    assert "checked>" not in refused.text
    assert olive.post("/settings/calendar/closed-days", data=days | {"day": "2027-04-06"}).status_code == 303
    with clean.app_context():
        assert [day.isoformat() for day in db.session.scalars(select(ClosedDay.day))] == ["2027-04-06"]
