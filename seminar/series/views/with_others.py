"""What a series' page says of others: who nominates the reader, to which series they can move, until when a seat can be given to a
colleague, and where a principal enrolls their staff."""

from datetime import datetime

from seminar.people.appointment import Standing
from seminar.series.access import enrolls_others
from seminar.series.clash import where_one_is_elsewhere
from seminar.series.enrollment import Enrollment
from seminar.series.moving import other_series
from seminar.series.nomination import nominations_of, takes_nominations
from seminar.series.series import Series
from seminar.series.substitution import freeze_day, is_frozen


def part_with_others(standing: Standing, found: Series, place: Enrollment | None, now: datetime) -> dict[str, object]:
    has_a_seat = place is not None and place.state == "enrolled" and bool(found.meetings) and found.meetings[-1].ends_at > now
    moves = other_series(found, standing, now) if has_a_seat else []
    asked = place is None and takes_nominations(found, now)
    return {
        "nominations": nominations_of(standing.person, now, found) if asked else [],
        "moves": moves,
        "elsewhere": where_one_is_elsewhere(standing.person, moves, now, leaving=found),
        "freeze_day": freeze_day(found),
        "seats_can_be_given": bool(found.meetings) and not is_frozen(found, now),
        "has_a_seat": has_a_seat,
        "may_enroll_others": enrolls_others(standing) and takes_nominations(found, now),
    }
