"""The program manager's year: how each series fills, the seminars, and mail that didn't arrive."""


from flask import redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import func, select
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import Length, NumberRange

from seminar.ground import clock
from seminar.ground.counting import MOST_COUNTED, count_of
from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.series.access import plans_series
from seminar.series.catalog import is_over
from seminar.series.go_ahead import to_decide
from seminar.series.planning import retire_seminar, save_seminar, take_up_seminar
from seminar.series.seminar import Seminar
from seminar.series.teaching import listed, planned_series, planned_years, year_of
from seminar.series.views import series
from seminar.series.views.plan_form import plan_page
from seminar.skills.badge import Badge
from seminar.skills.skill import Skill
from seminar.web.asked import asked_id, page_number
from seminar.web.forms import Form, WholeNumberField, grade_choices, needed
from seminar.web.pages import PAGE_SIZE, page_of, told
from seminar.web.requires import requires
from seminar.web.saving import saved
from seminar.web.viewer import district_or_404, found_or_404, me


class SeminarForm(Form):
    title = StringField(lazy_gettext("Title"), [needed(), Length(max=160)])
    summary = TextAreaField(lazy_gettext("Summary"), [needed(), Length(max=1000)])
    outcomes = TextAreaField(lazy_gettext("What people will be able to do, a line each"), [Length(max=2000)])
    skill_id = SelectField(lazy_gettext("Skill"), coerce=int)
    badge_id = SelectField(lazy_gettext("Badge that it leads to"), coerce=int)
    grade_first = SelectField(lazy_gettext("From grade"), coerce=int)
    grade_last = SelectField(lazy_gettext("To grade"), coerce=int)
    format = SelectField(
        lazy_gettext("Format"),
        choices=[
            ("in_person", lazy_gettext("In person")),
            ("online", lazy_gettext("Online")),
            ("hybrid", lazy_gettext("In person and online")),
        ],
    )
    learn_minutes = WholeNumberField(lazy_gettext("Learn, minutes"), [NumberRange(0, 600)], default=50)
    learn = TextAreaField(lazy_gettext("Learn as learners"), [Length(max=1000)])
    debrief_minutes = WholeNumberField(lazy_gettext("Debrief, minutes"), [NumberRange(0, 600)], default=25)
    debrief = TextAreaField(lazy_gettext("Debrief as educators"), [Length(max=1000)])
    plan_minutes = WholeNumberField(lazy_gettext("Plan, minutes"), [NumberRange(0, 600)], default=45)
    plan = TextAreaField(lazy_gettext("Plan a lesson"), [Length(max=1000)])


@series.get("/program")
@requires(plans_series)
def show_program() -> str:
    district, now = district_or_404(), clock.now()
    year = asked_id("year") or year_of(me().day)
    seminars = db.session.scalars(select(Seminar).where(Seminar.district_id == district.id).order_by(Seminar.title)).all()
    dead = db.session.scalar(select(func.count()).where(Mail.district_id == district.id, Mail.state == "dead"))
    over = is_over(district.id, now)
    shown = planned_series(district.id, year, over if request.args.get("show") == "over" else ~over)
    return render_template(
        "series/program.html",
        page=page_of(listed(shown, page=page_number(), size=PAGE_SIZE), count_of(shown), page_number(), most=MOST_COUNTED),
        shows_over=request.args.get("show") == "over",
        seminars=seminars,
        year=year,
        years=planned_years(district.id, year),
        dead=dead,
        undecided=to_decide(district.id, me().day, now),
    )


def _seminar_form(seminar: Seminar | None = None) -> SeminarForm:
    form, district_id = SeminarForm(obj=seminar), district_or_404().id
    skills = db.session.scalars(select(Skill).where(Skill.district_id == district_id).order_by(Skill.position))
    # A retired badge stays with the seminar that leads to it.
    offered = Badge.retired_on.is_(None) | (Badge.id == (seminar.badge_id if seminar else None))
    badges = db.session.scalars(select(Badge).where(Badge.district_id == district_id, offered).order_by(Badge.name))
    form.skill_id.choices = [(skill.id, skill.name) for skill in skills]
    form.badge_id.choices = [(0, gettext("None")), *((badge.id, badge.name) for badge in badges)]
    form.grade_first.choices = form.grade_last.choices = grade_choices()
    return form


@series.get("/seminars/new")
@requires(plans_series)
def show_new_seminar() -> str:
    return plan_page(gettext("New seminar"), _seminar_form(), url_for("series.create_seminar"), url_for("series.show_program"))


@series.post("/seminars/new")
@requires(plans_series)
def create_seminar() -> object:
    return _save_seminar(_seminar_form(), None)


def _seminar_or_404(seminar_id: int) -> Seminar:
    seminar: Seminar = found_or_404(db.session.get(Seminar, seminar_id))
    return seminar


@series.get("/seminars/<int:seminar_id>/edit")
@requires(plans_series)
def show_edit_seminar(seminar_id: int) -> str:
    seminar = _seminar_or_404(seminar_id)
    form = _seminar_form(seminar)
    form.badge_id.data = seminar.badge_id or 0
    action = url_for("series.save_edit_seminar", seminar_id=seminar.id)
    return plan_page(seminar.title, form, action, url_for("series.show_program"), seminar=seminar)


@series.post("/seminars/<int:seminar_id>/edit")
@requires(plans_series)
def save_edit_seminar(seminar_id: int) -> object:
    seminar = _seminar_or_404(seminar_id)
    return _save_seminar(_seminar_form(seminar), seminar)


def _save_seminar(form: SeminarForm, seminar: Seminar | None) -> object:
    action = url_for("series.save_edit_seminar", seminar_id=seminar.id) if seminar else url_for("series.create_seminar")
    title = seminar.title if seminar else gettext("New seminar")

    def save() -> str:
        target = seminar or Seminar(district_id=district_or_404().id)
        values = {name: value if value is not None else "" for name, value in form.data.items() if name != "csrf_token"}
        save_seminar(target, {**values, "badge_id": values["badge_id"] or None}, by=me().person, now=clock.now())
        return url_for("series.show_program")

    return saved(form, save, lambda f: plan_page(title, f, action, url_for("series.show_program")), gettext("Saved."))


@series.post("/seminars/<int:seminar_id>/retirement")
@requires(plans_series)
def create_seminar_retirement(seminar_id: int) -> object:
    retire_seminar(_seminar_or_404(seminar_id), today=me().day, by=me().person, now=clock.now())
    db.session.commit()
    told(gettext("Retired: no new series of it. Those that are planned go on."))
    return redirect(url_for("series.show_program"), 303)


@series.post("/seminars/<int:seminar_id>/revival")
@requires(plans_series)
def create_seminar_revival(seminar_id: int) -> object:
    take_up_seminar(_seminar_or_404(seminar_id), by=me().person, now=clock.now())
    db.session.commit()
    told(gettext("It can be taught again."))
    return redirect(url_for("series.show_program"), 303)
