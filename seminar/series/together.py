"""One answer for a group that is offered seats: all of them come.

Whoever made the group, one of its people, or the program manager gives it. All of it happens in one transaction, or nothing of it.
Their no is the waitlist's `turn_down`.
"""

from datetime import datetime

from seminar.ground.refusal import N_, Refused
from seminar.people.person import Person
from seminar.series.approval_asking import requests_for
from seminar.series.enrolling import take_seats
from seminar.series.enrollment import Enrollment, lock
from seminar.series.waiting_group import WaitingGroup, members, tell_makers
from seminar.series.waitlist import is_open

NO_OFFER = N_("No seats in {title} are kept for this group now.")


def enroll_group(group: WaitingGroup, *, by: Person, now: datetime) -> list[Enrollment]:
    """The seats that are kept for the group are theirs, or asked for where they are to be approved first; each is told by mail. Raises
    Refused when they are offered none, or a seat has come to cost something since they stood in line. Flushes."""
    series = group.series
    lock(series)
    title = series.seminar.title
    places = members(group.id)
    if not places or not all(is_open(place, now) for place in places):
        raise Refused(NO_OFFER, status=409, title=title)
    if series.price_cents:
        sentence = N_("A seat in {title} costs something by now, so each of you enrolls and pays alone, on its page.")
        raise Refused(sentence, status=409, title=title)
    people = [place.person for place in places]
    take_seats(places, requests_for(people, series, by=by, now=now), by=by, now=now)
    tell_makers([place for place in places if place.state == "enrolled"], "group_enrolled", by=by, now=now)
    return places
