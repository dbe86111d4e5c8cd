"""One's own learning, and the calendar feed."""

from flask import Response, abort, render_template
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from seminar.ground import clock, contributions
from seminar.ground.db import db
from seminar.people.person import Person, who_stays
from seminar.series.enrollment import Enrollment
from seminar.series.invitation import calendar_of
from seminar.series.seminar import Seminar
from seminar.series.series import Series
from seminar.series.teaching import next_meeting_of
from seminar.series.views import series
from seminar.series.waitlist import is_in_line
from seminar.skills.award import RUNS_OUT_WITHIN, Progress, awards_of, progress
from seminar.skills.badge import Badge
from seminar.web.requires import anyone_signed_in, public, requires
from seminar.web.viewer import me


@series.get("/my/learning")
@requires(anyone_signed_in)
def show_learning() -> str:
    standing, now = me(), clock.now()
    enrollments = own_enrollments(standing.person)
    awards = awards_of(standing.person)
    return render_template(
        "series/learning.html",
        person=standing.person,
        next=next_meeting_of(standing.person.id, now),
        to_pay=[e for e in enrollments if e.state in ("held", "awaiting_po") and e.hold_until is not None and e.hold_until > now],
        requested=[e for e in enrollments if e.state == "requested" and e.hold_until is not None and e.hold_until > now],
        waiting=[e for e in enrollments if is_in_line(e, now)],
        coming=[e for e in enrollments if e.state == "enrolled" and e.series.meetings and e.series.meetings[-1].ends_at > now],
        past=[e for e in enrollments if e.state == "enrolled" and e.series.meetings and e.series.meetings[-1].ends_at <= now],
        held=[award for award in awards if award.last_day >= standing.day],
        run_out=[award for award in awards if award.last_day < standing.day],
        soon=standing.day + RUNS_OUT_WITHIN,
        owed=next_badges(standing.person, enrollments, standing.day),
    )


def own_enrollments(person: Person) -> list[Enrollment]:
    query = (
        select(Enrollment)
        .where(Enrollment.person_id == person.id)
        .options(
            joinedload(Enrollment.series).joinedload(Series.seminar).joinedload(Seminar.skill),
            joinedload(Enrollment.series).selectinload(Series.meetings),
        )
        .order_by(Enrollment.id.desc())
    )
    return list(db.session.scalars(query))


def next_badges(person: Person, enrollments: list[Enrollment], day: object) -> list[Progress]:
    """The badges that the person has begun or is enrolled for, and doesn't hold: the furthest first."""
    badges = db.session.scalars(
        select(Badge)
        .where(Badge.district_id == person.district_id, Badge.retired_on.is_(None))
        .options(joinedload(Badge.skill), selectinload(Badge.competencies), selectinload(Badge.prerequisites))
    ).all()
    aimed_at = {e.series.seminar.badge_id for e in enrollments if e.state == "enrolled"}
    found = progress([person.id], badges, day).values()  # type: ignore[arg-type]
    begun = [p for p in found if p.award is None and p.owed and (p.shown or p.badge.id in aimed_at)]
    return sorted(begun, key=lambda p: (-len(p.shown), p.badge.name))[:3]


@series.get("/calendar/<token>.ics")
@requires(public)
def show_feed(token: str) -> Response:
    """The feed's secret is its key."""
    person = db.session.scalar(select(Person).where(Person.feed_token == token)) or abort(404)
    person = who_stays(person)
    events = [event for events_of in contributions.feed_events for event in events_of(person, clock.now())]
    text = calendar_of(events, name=f"MakerPD · {person.name}").to_ical()
    return Response(text, mimetype="text/calendar", headers={"Content-Disposition": "inline; filename=makerpd.ics"})
