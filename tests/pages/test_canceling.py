"""What is canceled is canceled once: sent again, with a reason or without, the page says so and leads to no field that isn't there."""

import pytest

from seminar.ground.db import db
from seminar.series.enrolling import enroll
from tests.cast import NOW, a_cast, a_series
from tests.pages.as_who import as_who

SAID = {
    "/enrollments/1/cancellation": "This place in Robotics is over already.",
    "/meetings/1/cancellation": "This meeting is canceled already.",
    "/series/1/cancellation": "This series is canceled already.",
}


@pytest.mark.parametrize("path", SAID)
def test_what_is_over_is_not_canceled_again(clean, path):
    with clean.app_context():
        cast = a_cast()
        enroll(cast.ada, a_series(cast), by=cast.ada, now=NOW)
        db.session.commit()
    olive = as_who(clean, "olive")
    assert olive.post(path).status_code == 422
    assert olive.post(path, data={"reason": "Snow"}).status_code == 303
    for reason in ("", "Snow", "x" * 400):
        again = olive.post(path, data={"reason": reason})
        assert (again.status_code, SAID[path] in again.text) == (409, True)
