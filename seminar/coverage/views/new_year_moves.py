"""Who moves school and who leaves with the new year: a school at a time, or by a list."""

import json
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from flask_wtf.file import FileField
from sqlalchemy import select
from wtforms import TextAreaField

from seminar.coverage.moves import Planned, Wanted, asked_again, counts_by_school, plan_moves, read_moves, teachers_of
from seminar.coverage.roll_over import RollOver
from seminar.coverage.views import coverage
from seminar.coverage.views.new_year import plan_in_hand, to_days
from seminar.ground import clock
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.ground.refused_row import RefusedRow, as_csv
from seminar.ground.sheets import Line, read_lines
from seminar.people.access import runs_the_program
from seminar.people.school import School
from seminar.web.forms import Form
from seminar.web.language import said
from seminar.web.pages import refusing, told
from seminar.web.requires import requires
from seminar.web.saving import saved
from seminar.web.uploads import takes_files
from seminar.web.viewer import found_or_404, me

MOST_REFUSED_SHOWN = 200


class ListForm(Form):
    typed = TextAreaField(render_kw={"rows": 8})
    file = FileField()


@coverage.get("/settings/new-school-year/moves")
@requires(runs_the_program)
def show_new_year_moves() -> object:
    plan = plan_in_hand()
    return to_days() if plan is None else _moves_page(plan, ListForm())


@dataclass(frozen=True)
class LeftOut:
    """The rows of a list that were left out, and as JSON what they are asked for again with: nothing is kept of a list."""

    rows: list[RefusedRow]
    again: str
    has_others: bool

    @property
    def shown(self) -> list[RefusedRow]:
        return self.rows[:MOST_REFUSED_SHOWN]


def _moves_page(plan: RollOver, form: ListForm, left_out: LeftOut | None = None) -> str:
    form.typed.label.text, form.file.label.text = gettext("The list"), gettext("Or a file, CSV or Excel")
    return render_template("coverage/new_year_moves.html", plan=plan, form=form, rows=counts_by_school(plan), left_out=left_out)


@coverage.post("/settings/new-school-year/moves")
@requires(runs_the_program)
def save_new_year_list() -> object:
    """Good rows don't wait for bad ones: those are shown, with what is wrong."""
    plan, form = plan_in_hand(), ListForm()
    if plan is None:
        return to_days()
    plan_id = plan.id
    try:
        with refusing():
            name, lines = _sent(form)
            people, wanted, refused = read_moves(plan, name, lines, today=me().day)
            changed = plan_moves(plan, people, wanted, by=me().person, today=me().day, now=clock.now())
            db.session.commit()
    except Refused as no:
        form.refuse(no)
        return _moves_page(db.session.get_one(RollOver, plan_id), form), no.status
    if changed or not refused:
        told(ngettext("%(num)d place was changed in the draft.", "%(num)d places were changed in the draft.", changed))
    if refused:
        left_out = LeftOut(refused, json.dumps([name, *asked_again(lines, refused)]), has_others=bool(people))
        return _moves_page(db.session.get_one(RollOver, plan_id), form, left_out), 422
    return redirect(url_for("coverage.show_new_year_moves"), 303)


def _sent(form: ListForm) -> tuple[str, list[Line]]:
    """The name and the rows of what was uploaded, or pasted. Raises Refused where there is neither, or no rows can be read."""
    sent = form.file.data
    if sent is not None and sent.filename:
        return read_lines(sent.read(), sent.filename[-100:])
    typed = (form.typed.data or "").strip()
    if not typed:
        raise Refused(N_("Paste the list, or choose a file."), field="typed")
    try:
        return read_lines(typed.encode(), gettext("The list"))
    except Refused as no:
        raise Refused(no.message, field="typed", **no.values) from None


@coverage.post("/settings/new-school-year/moves/refused")
@requires(runs_the_program)
@takes_files(megabytes=4)
def create_refused_moves() -> object:
    """All of the rows that were left out of a list as a CSV."""
    plan = plan_in_hand()
    if plan is None:
        return to_days()
    name, *rows = _asked_for_again()
    _, _, refused = read_moves(plan, name, [(line, [email, place]) for line, email, place in rows], today=me().day)
    headers = {"Content-Disposition": 'attachment; filename="refused-rows.csv"'}
    return Response(as_csv(refused, said).encode("utf-8-sig"), mimetype="text/csv", headers=headers)


def _asked_for_again() -> list[Any]:
    """The list's name and its rows, as LeftOut has them."""
    try:
        name, *rows = json.loads(request.form.get("again", ""))
        return [str(name), *((int(line), str(email), str(place)) for line, email, place in rows)]
    except (ValueError, TypeError, RecursionError):
        abort(400)


@coverage.get("/settings/new-school-year/schools/<int:school_id>")
@requires(runs_the_program)
def show_new_year_school(school_id: int) -> object:
    school: School = found_or_404(db.session.get(School, school_id))
    plan = plan_in_hand()
    return to_days() if plan is None else _school_page(plan, school, Form())


def _school_page(plan: RollOver, school: School, form: Form) -> str:
    others = select(School).where(School.district_id == school.district_id, School.closed_on.is_(None), School.id != school.id)
    return render_template(
        "coverage/new_year_school.html",
        plan=plan,
        school=school,
        form=form,
        rows=teachers_of(plan, school.id),
        schools=db.session.scalars(others.order_by(School.name)).all(),
        day=me().day,
    )


@coverage.post("/settings/new-school-year/schools/<int:school_id>")
@requires(runs_the_program)
def save_new_year_school(school_id: int) -> object:
    school: School = found_or_404(db.session.get(School, school_id))
    plan, form = plan_in_hand(), Form()
    if plan is None:
        return to_days()

    def save() -> str:
        rows = teachers_of(plan, school.id)
        plan_moves(plan, rows, _wanted(plan, rows), by=me().person, today=me().day, now=clock.now())
        return url_for("coverage.show_new_year_moves")

    return saved(form, save, lambda refused: _school_page(plan, school, refused), gettext("Saved in the draft. Nothing is applied yet."))


def _wanted(plan: RollOver, rows: list[Planned]) -> dict[int, Wanted]:
    """What was chosen for each; a place that isn't offered is none of theirs."""
    query = select(School.id).where(School.district_id == plan.district_id, School.closed_on.is_(None))
    open_schools = {str(school_id) for school_id in db.session.scalars(query)}
    found = {}
    for row in rows:
        number = row.appointment.id
        place, all_roles = request.form.get(f"place-{number}", ""), f"all-{number}" in request.form
        if place in ("stays", "leaves"):
            found[number] = Wanted(place, all_roles=all_roles)
        elif place in open_schools:
            found[number] = Wanted("moves", int(place))
        elif place:
            raise Refused(N_("Choose the place of {name} again."), name=row.appointment.person.name)
    return found
