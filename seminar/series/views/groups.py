"""The answer of a group that waits together: all of it enrolls, or the seats go on."""

from flask import url_for
from flask_babel import gettext, ngettext

from seminar.ground import clock
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.series.together import NO_OFFER, enroll_group
from seminar.series.views import series
from seminar.series.waiting_group import WaitingGroup, answers_for, everybody_of, members
from seminar.series.waitlist import turn_down
from seminar.web.requires import requires, works_here
from seminar.web.saving import pressed
from seminar.web.viewer import found_or_404, me


def _group_or_404(group_id: int) -> WaitingGroup:
    group = db.session.get(WaitingGroup, group_id)
    theirs = group is not None and answers_for(me(), group, everybody_of(group.id))
    found: WaitingGroup = found_or_404(group if theirs else None)
    return found


@series.post("/groups/<int:group_id>/enrollment")
@requires(works_here)
def create_group_enrollment(group_id: int) -> object:
    group = _group_or_404(group_id)
    back, number = url_for("series.show_series", series_id=group.series_id), len(members(group_id))
    done = ngettext("%(num)d person is enrolled now.", "%(num)d people are enrolled now.", number)
    return pressed(lambda: enroll_group(group, by=me().person, now=clock.now()), done, back=back)


@series.post("/groups/<int:group_id>/refusal")
@requires(works_here)
def create_group_refusal(group_id: int) -> object:
    group = _group_or_404(group_id)
    back, done = url_for("series.show_series", series_id=group.series_id), gettext("The seats of your group go to the next in line.")

    def pass_all() -> None:
        places = members(group_id)
        if not places:
            raise Refused(NO_OFFER, status=409, title=group.series.seminar.title)
        turn_down(places[0], by=me().person, now=clock.now())

    return pressed(pass_all, done, back=back)
