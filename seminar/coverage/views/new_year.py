"""A new school year, step by step: its days, who moves, what is still open, targets; then what would change, and the change.

Each step is saved by itself, so that it can be left and taken up again.
"""

from datetime import date

from flask import redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import select
from wtforms import DateField, TextAreaField
from wtforms.validators import Length, Optional

from seminar.coverage.applying import apply, difference
from seminar.coverage.expiring import badges_running_out
from seminar.coverage.moves import counts_by_school
from seminar.coverage.roll_over import RollOver, closed_days, drafted_targets, in_hand, proposed_days, raise_targets, save_days
from seminar.coverage.views import coverage
from seminar.ground import clock, contributions
from seminar.ground.contributions import Place
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.access import runs_the_program
from seminar.people.calendar_editing import touched_by_closing
from seminar.skills.skill import Skill
from seminar.web.asked import a_likely_day, typed_day
from seminar.web.forms import Form, WholeNumberField, needed
from seminar.web.requires import requires
from seminar.web.saving import saved
from seminar.web.viewer import district_or_404, me

# So many points at most is a target raised or lowered in one year.
MOST_POINTS = 100


def settings_pages() -> list[Place]:
    return [
        Place(
            lazy_gettext("New school year"),
            lazy_gettext("The new year's days, who moves school or leaves, and targets: previewed, then applied at once for everybody."),
            "coverage.show_new_year",
            runs_the_program,
        )
    ]


def plan_in_hand() -> RollOver | None:
    return in_hand(district_or_404().id, me().day)


def to_days() -> object:
    """A step before there is a draft: the days come first."""
    return redirect(url_for("coverage.show_new_year_days"), 303)


@coverage.get("/settings/new-school-year")
@requires(runs_the_program)
def show_new_year() -> str:
    plan = plan_in_hand()
    found = difference(plan) if plan is not None else None
    counts = counts_by_school(plan) if plan is not None else []
    moving, leaving = sum(row[2] for row in counts), sum(row[3] for row in counts)
    return render_template("coverage/new_year.html", plan=plan, found=found, moving=moving, leaving=leaving)


class DaysForm(Form):
    first_day = DateField(lazy_gettext("First day"), [needed(), a_likely_day])
    last_day = DateField(lazy_gettext("Last day"), [needed(), a_likely_day])
    closed = TextAreaField(lazy_gettext("Closed days"), [Length(max=20_000)], render_kw={"rows": 16})


def _lines_of(closed: dict[date, str]) -> str:
    return "\n".join(f"{day.isoformat()} {reason}" for day, reason in sorted(closed.items()))


def _closed_of(text: str) -> dict[date, str]:
    """A day and its reason in each line. Raises Refused with the line that can't be read."""
    found: dict[date, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        typed, _, reason = line.strip().partition(" ")
        day = typed_day(typed)
        if day is None:
            sentence = N_("Line {number} has no day that can be read. One looks like 2027-09-06 Labor Day.")
            raise Refused(sentence, field="closed", number=number)
        if day in found:
            raise Refused(N_("Line {number} has a day that is there already."), field="closed", number=number)
        found[day] = reason.strip()[:200] or gettext("Closed")
    return found


@coverage.get("/settings/new-school-year/days")
@requires(runs_the_program)
def show_new_year_days() -> str:
    plan = plan_in_hand()
    if plan is None:
        _, first_day, last_day, closed = proposed_days(district_or_404(), me().day)
    else:
        first_day, last_day = plan.first_day, plan.last_day
        closed = {row.day: row.reason for row in closed_days(plan) if row.wanted}
    return _days_page(DaysForm(formdata=None, first_day=first_day, last_day=last_day, closed=_lines_of(closed)))


def _days_page(form: DaysForm) -> str:
    return render_template("coverage/new_year_days.html", form=form, plan=plan_in_hand())


@coverage.post("/settings/new-school-year/days")
@requires(runs_the_program)
def save_new_year_days() -> object:
    form, district, plan = DaysForm(), district_or_404(), plan_in_hand()
    ends_in = plan.ends_in if plan is not None else proposed_days(district, me().day)[0]

    def save() -> str:
        days = {"first_day": form.first_day.data, "last_day": form.last_day.data}
        save_days(district, ends_in=ends_in, **days, closed=_closed_of(form.closed.data or ""), by=me().person, now=clock.now())
        return url_for("coverage.show_new_year")

    return saved(form, save, _days_page, gettext("Saved in the draft. Nothing is applied yet."))


@coverage.get("/settings/new-school-year/still-open")
@requires(runs_the_program)
def show_new_year_open() -> object:
    plan, district = plan_in_hand(), district_or_404()
    if plan is None:
        return to_days()
    rows = badges_running_out(district.id, today=me().day, first_day=plan.first_day, last_day=plan.last_day)
    touches = [touch for touched in contributions.year_end_touches for touch in touched(district, clock.now())]
    return render_template("coverage/new_year_open.html", plan=plan, rows=rows, touches=touches)


EVERYWHERE = "everywhere"


@coverage.get("/settings/new-school-year/targets")
@requires(runs_the_program)
def show_new_year_targets() -> object:
    plan = plan_in_hand()
    return to_days() if plan is None else _targets_page(plan, Form())


def name_of(school_id: int) -> str:
    return f"points-{school_id}"


def _targets_page(plan: RollOver, form: Form, typed: dict[str, str] | None = None) -> str:
    skills = db.session.scalars(select(Skill).where(Skill.district_id == plan.district_id).order_by(Skill.position)).all()
    rows = [(school, targets) for school, targets in drafted_targets(plan) if targets]
    drafted = {name_of(school.id): str(_points_drafted(targets) or "") for school, targets in rows}
    return render_template(
        "coverage/new_year_targets.html",
        plan=plan,
        form=form,
        skills=skills,
        rows=rows,
        name_of=name_of,
        shown=typed or drafted,
        wrong=[name for name, text in (typed or {}).items() if _points_of(text) is None],
    )


def _points_drafted(targets: dict[int, tuple[int, int]]) -> int:
    """By how much a school's targets are raised: one that stops at 100 is raised by less than the others."""
    return max((then - before for before, then in targets.values()), key=abs)


@coverage.post("/settings/new-school-year/targets")
@requires(runs_the_program)
def save_new_year_targets() -> object:
    plan = plan_in_hand()
    if plan is None:
        return to_days()
    ids = [school.id for school, targets in drafted_targets(plan) if targets]
    typed = {name: request.form.get(name, "").strip()[:6] for name in (EVERYWHERE, *map(name_of, ids))}
    points = {name: _points_of(text) for name, text in typed.items()}
    if None in points.values():
        return _targets_page(plan, Form(), typed), 422

    def save() -> str:
        wanted = {number: points[EVERYWHERE if typed[EVERYWHERE] else name_of(number)] or 0 for number in ids}
        raise_targets(plan, wanted, by=me().person, now=clock.now())
        return url_for("coverage.show_new_year_targets")

    return saved(Form(), save, lambda refused: _targets_page(plan, refused, typed), gettext("Saved in the draft. Nothing is applied yet."))


def _points_of(text: str) -> int | None:
    """Whole points, 0 where nothing is typed; None for what is no such number."""
    digits = text.removeprefix("+").removeprefix("-")
    is_one = digits.isascii() and digits.isdigit() and len(digits) <= 3 and int(digits) <= MOST_POINTS
    return int(text or 0) if is_one or not text else None


class ApplyForm(Form):
    confirmed = WholeNumberField(lazy_gettext("How many leave"), [Optional()])


@coverage.get("/settings/new-school-year/preview")
@requires(runs_the_program)
def show_new_year_preview() -> object:
    plan = plan_in_hand()
    return to_days() if plan is None else _preview_page(plan, ApplyForm(formdata=None))


def _preview_page(plan: RollOver, form: ApplyForm) -> str:
    found = difference(plan)
    touched = touched_by_closing(district_or_404(), [row.day for row in found.closed_new], clock.now())
    return render_template("coverage/new_year_preview.html", plan=plan, found=found, touched=touched, form=form, listed=LISTED)


# The preview names so many of each kind, and counts the rest.
LISTED = 100


@coverage.post("/settings/new-school-year/preview")
@requires(runs_the_program)
def create_new_year() -> object:
    plan, form = plan_in_hand(), ApplyForm()
    if plan is None:
        return to_days()
    plan_id = plan.id

    def save() -> str:
        outcome = request.form.get("outcome", "")
        apply(db.session.get_one(RollOver, plan_id), outcome=outcome, confirmed=form.confirmed.data, by=me().person, now=clock.now())
        return url_for("coverage.show_new_year_preview")

    done = gettext("Applied. Applying it again would change nothing.")
    return saved(form, save, lambda refused: _preview_page(db.session.get_one(RollOver, plan_id), refused), done)
