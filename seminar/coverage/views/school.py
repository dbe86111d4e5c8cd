"""A school's page: its coverage, who is trained, what runs out, where one person stands alone."""

from datetime import datetime

from flask import abort, render_template

from seminar.coverage.access import sees_school, sees_who_is_close
from seminar.coverage.coverage import school_day
from seminar.coverage.views import coverage
from seminar.ground import clock
from seminar.ground.contributions import Card
from seminar.ground.db import db
from seminar.people.appointment import Standing
from seminar.people.school import School
from seminar.web.requires import anyone_signed_in, requires
from seminar.web.viewer import found_or_404, me


@coverage.get("/schools/<int:school_id>")
@requires(anyone_signed_in)
def show_school(school_id: int) -> str:
    school: School = found_or_404(db.session.get(School, school_id))
    if not sees_school(me(), school.id):
        abort(403)
    found = school_day(school, me().day, clock.now())
    return render_template("coverage/school.html", school=school, found=found, close=sees_who_is_close(me(), school.id))


def home_cards(standing: Standing, now: datetime) -> list[Card]:
    cards = []
    led = standing.school_ids("principal")
    for school in standing.schools:
        if school.id in led:
            cards.append(Card("coverage/card_school.html", {"school": school, "found": school_day(school, standing.day, now)}))
    others = [school for school in standing.schools if school.id not in led]
    if others:
        cards.append(Card("coverage/card_schools.html", {"schools": others}))
    return cards
