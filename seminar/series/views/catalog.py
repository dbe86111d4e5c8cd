"""The public catalog and a series' page."""

from datetime import datetime

from flask import abort, render_template, request
from sqlalchemy import bindparam, select
from sqlalchemy.orm import joinedload

from seminar.ground import clock, contributions
from seminar.ground.counting import MOST_COUNTED
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.people.appointment import Standing
from seminar.people.school import GRADE_BANDS
from seminar.series.access import looks_after, plans_series, sees_series
from seminar.series.answer import answers_of, has_begun
from seminar.series.catalog import Wanted, catalog
from seminar.series.clash import meetings_at_the_same_time, meetings_on_closed_days
from seminar.series.enrollment import live_enrollment, places, seats_of, takes_enrollments
from seminar.series.free_seats import free_for
from seminar.series.go_ahead import decision_on
from seminar.series.message import AUDIENCE_WORDS, messages_of
from seminar.series.moved import answers_in, open_questions
from seminar.series.question import asked_by
from seminar.series.seminar import Seminar
from seminar.series.series import Series, has_ended, read_lists
from seminar.series.views import series
from seminar.series.views.with_approval import approval_part
from seminar.series.views.with_others import part_with_others
from seminar.series.waiting_group import groups_in, groups_of
from seminar.series.waitlist import chances, number_in_line
from seminar.skills.skill import Skill
from seminar.web.asked import asked_id, page_number
from seminar.web.language import sentence_of
from seminar.web.pages import PAGE_SIZE, page_of
from seminar.web.requires import public, requires
from seminar.web.viewer import district_or_404, found_or_404, signed_in_standing


@series.get("/seminars")
@requires(public)
def show_catalog() -> str:
    district = district_or_404()
    skills = db.session.scalars(select(Skill).where(Skill.district_id == district.id).order_by(Skill.position, Skill.name)).all()
    wanted = Wanted(
        search=request.args.get("search", "")[:200],
        skill_id=asked_id("skill"),
        season=request.args.get("season", ""),
        grades=GRADE_BANDS.get(request.args.get("grades", "")),
        open_only=request.args.get("open") == "1",
        past=request.args.get("past") == "1",
        standing=signed_in_standing(),
    )
    listed, total = catalog(district.id, wanted, now=clock.now(), page=page_number(), size=PAGE_SIZE)
    page = page_of(listed, total, page_number(), most=MOST_COUNTED)
    return render_template("series/catalog.html", page=page, wanted=wanted, skills=skills, grade_bands=GRADE_BANDS, filtered=_is_filtered())


def _is_filtered() -> bool:
    return any(request.args.get(name) for name in ("search", "skill", "season", "grades", "open", "page"))


# What every use of a series asks for; its lists are read where they are used.
_SERIES = (
    select(Series)
    .where(Series.id == bindparam("series_id"))
    .options(
        joinedload(Series.seminar).joinedload(Seminar.skill),
        joinedload(Series.seminar).joinedload(Seminar.badge),
    )
)


def series_or_404(series_id: int) -> Series:
    """A series of this district; a draft is only there for who plans."""
    found: Series = found_or_404(db.session.scalar(_SERIES, {"series_id": series_id}))
    if not sees_series(signed_in_standing(), found, clock.now()):
        abort(404)
    return found


@series.get("/series/<int:series_id>")
@requires(public)
def show_series(series_id: int) -> str:
    return series_page(series_or_404(series_id))


def series_page(found: Series, refused: Refused | None = None) -> str:
    standing = signed_in_standing()
    now = clock.now()
    read_lists(found)
    seats, is_open = seats_of(found, now), takes_enrollments(found, now)
    free = free_for([standing.person] if standing else [], found, seats, now)
    return render_template(
        "series/series.html",
        series=found,
        left=free.of(standing.person.id if standing else None),
        left_in_all=sum(free.left.values()),
        free=free,
        kept=seats.kept,
        waiting=seats.waiting,
        open=is_open,
        asks=asked_by(found),
        ended=has_ended(found, now),
        decision=decision_on(found, found.district.day(now)),
        refusal=sentence_of(refused) if refused else "",
        refused_field=refused.field if refused else None,
        **(own_part(standing, found, is_open=is_open) if standing else {"enrollment": None}),
    )


def running_part(found: Series, now: datetime) -> dict[str, object]:
    """What who runs the series sees besides: who can still come to what was moved, and what was written to its people."""
    return {"runs": True, "answers": answers_in(found, now), "messages": messages_of(found), "to_whom": AUDIENCE_WORDS}


def own_part(standing: Standing, found: Series, *, is_open: bool) -> dict[str, object]:
    """What the page says to the person who is signed in; what is at the same time only where there is something to take."""
    planner, person, now = plans_series(standing), standing.person, clock.now()
    enrollment = live_enrollment(person, found, now)
    state = enrollment.state if enrollment else ""
    number = number_in_line(enrollment) if enrollment and state == "waitlisted" else 0
    groups = groups_of(standing, groups_in(found))
    may_take = state == "offered" or (is_open and not state)
    return {
        "enrollment": enrollment,
        "number": number,
        "groups": groups,
        "own_group": next((one for one in groups if one.has(person.id)), None),
        "chances": chances(found, number, now) if number else None,
        "clashes": meetings_at_the_same_time(person, found, now) if may_take else [],
        "on_closed_days": meetings_on_closed_days(found, now) if may_take else [],
        "answers": answers_of(enrollment) if enrollment and state in ("enrolled", "requested") else {},
        "costs": [costs([person], found, now)[person.id] for costs in contributions.seat_costs] if may_take and found.price_cents else [],
        "begun": has_begun(found, now),
        "may_take_attendance": looks_after(standing, found),
        "may_see_grid": looks_after(standing, found) and found.seminar.badge_id is not None,
        "may_plan": planner,
        "places": places(found) if planner else [],
        "asked": open_questions(standing.person.id, now, series_id=found.id) if state == "enrolled" else [],
        **(running_part(found, now) if looks_after(standing, found) else {}),
        **approval_part(standing, found, enrollment, now, may_take=may_take),
        **part_with_others(standing, found, enrollment, now),
    }
