"""A badge for the PD office: its name, its rule, and the competencies that it asks for."""

from collections.abc import Callable

from flask import redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from wtforms import BooleanField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from seminar.ground import clock
from seminar.ground.db import db
from seminar.skills.access import edits_skills
from seminar.skills.badge import GLYPHS, Badge, Competency
from seminar.skills.editing import BadgeRule, add_competency, ask_again, retire_badge, retire_competency, save_badge, take_up_badge
from seminar.skills.skill import Skill
from seminar.skills.views import skills
from seminar.web.forms import Form, WholeNumberField, needed
from seminar.web.pages import told
from seminar.web.requires import requires
from seminar.web.saving import saved
from seminar.web.viewer import district_or_404, found_or_404, me


class BadgeForm(Form):
    name = StringField(lazy_gettext("Name"), [needed(), Length(max=120)])
    description = TextAreaField(lazy_gettext("What it stands for"), [Length(max=1000)])
    level = SelectField(
        lazy_gettext("Level"),
        coerce=int,
        choices=[(1, lazy_gettext("1, to begin with")), (2, lazy_gettext("2, builds on it")), (3, lazy_gettext("3, the most demanding"))],
    )
    glyph = SelectField(lazy_gettext("Sign"))
    valid_months = WholeNumberField(lazy_gettext("Valid, in months"), [needed(), NumberRange(1, 120)], default=24)
    attendance_percent = WholeNumberField(lazy_gettext("Attendance asked for, in percent"), [Optional(), NumberRange(1, 100)])
    prerequisites = SelectMultipleField(
        lazy_gettext("Badges that come first"), coerce=int, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )


class CompetencyForm(Form):
    name = StringField(lazy_gettext("New competency"), [needed(), Length(max=160)])
    is_safety = BooleanField(lazy_gettext("Safety-critical: shown in person, never waived"))


def _competency_form(*, blank: bool = False) -> CompetencyForm:
    # It stands beside the badge's own form, which has a name too.
    return CompetencyForm(formdata=None, prefix="competency-") if blank else CompetencyForm(prefix="competency-")


SIGNS = {
    "star": lazy_gettext("Star"),
    "shield": lazy_gettext("Goggles"),
    "printer": lazy_gettext("Printer"),
    "cube": lazy_gettext("Cube"),
    "blocks": lazy_gettext("Blocks"),
    "board": lazy_gettext("Circuit board"),
    "python": lazy_gettext("Code"),
    "robot": lazy_gettext("Robot"),
    "laser": lazy_gettext("Laser"),
    "cutter": lazy_gettext("Cutter"),
    "handtool": lazy_gettext("Hand tool"),
    "solder": lazy_gettext("Soldering iron"),
    "needle": lazy_gettext("Needle"),
    "idea": lazy_gettext("Light bulb"),
}


def _badge_or_404(badge_id: int) -> Badge:
    options = (joinedload(Badge.skill), selectinload(Badge.competencies), selectinload(Badge.prerequisites))
    badge: Badge = found_or_404(db.session.scalar(select(Badge).where(Badge.id == badge_id).options(*options)))
    return badge


def _others(badge: Badge | None) -> list[Badge]:
    query = select(Badge).where(Badge.district_id == district_or_404().id, Badge.id != (badge.id if badge else 0))
    return list(db.session.scalars(query.order_by(Badge.name)))


def _badge_form(badge: Badge | None = None, *, shown: bool = False) -> BadgeForm:
    """`shown` fills it with what the badge says now."""
    form = BadgeForm(obj=badge) if shown else BadgeForm()
    form.prerequisites.choices = [(other.id, other.name) for other in _others(badge)]
    form.glyph.choices = [(glyph, SIGNS[glyph]) for glyph in GLYPHS]
    if shown and badge is not None:
        form.prerequisites.data = [first.id for first in badge.prerequisites]
    return form


def _badge_page(badge: Badge, form: BadgeForm | None = None, competency_form: CompetencyForm | None = None) -> str:
    return render_template(
        "skills/badge.html",
        badge=badge,
        skill=badge.skill,
        form=form or _badge_form(badge, shown=True),
        competency_form=competency_form or _competency_form(blank=True),
    )


@skills.get("/badges/<int:badge_id>")
@requires(edits_skills)
def show_badge(badge_id: int) -> str:
    return _badge_page(_badge_or_404(badge_id))


@skills.get("/skills/<int:skill_id>/badges/new")
@requires(edits_skills)
def show_new_badge(skill_id: int) -> str:
    return _new_badge_page(found_or_404(db.session.get(Skill, skill_id)), _badge_form())


def _new_badge_page(skill: Skill, form: BadgeForm) -> str:
    return render_template("skills/badge.html", badge=None, skill=skill, form=form)


@skills.post("/skills/<int:skill_id>/badges/new")
@requires(edits_skills)
def create_badge(skill_id: int) -> object:
    skill: Skill = found_or_404(db.session.get(Skill, skill_id))
    badge = Badge(district_id=skill.district_id, skill_id=skill.id)
    return _save_badge(badge, _badge_form(), lambda form: _new_badge_page(skill, form), gettext("Added. Now say what it asks for."))


def _save_badge(badge: Badge, form: BadgeForm, page: Callable[[BadgeForm], str], done: str) -> object:
    def save() -> str:
        save_badge(badge, _rule(form), today=me().day, by=me().person, now=clock.now())
        return url_for("skills.show_badge", badge_id=badge.id)

    return saved(form, save, page, done)


def _rule(form: BadgeForm) -> BadgeRule:
    chosen = set(form.prerequisites.data)
    return BadgeRule(
        name=form.name.data.strip(),
        description=form.description.data or "",
        level=form.level.data,
        glyph=form.glyph.data,
        valid_months=form.valid_months.data,
        attendance_percent=form.attendance_percent.data,
        prerequisites=[badge for badge in _others(None) if badge.id in chosen],
    )


@skills.post("/badges/<int:badge_id>")
@requires(edits_skills)
def save_edit_badge(badge_id: int) -> object:
    badge, done = _badge_or_404(badge_id), gettext("Saved. Awards that are out keep their last day.")
    return _save_badge(badge, _badge_form(badge), lambda form: _badge_page(_badge_or_404(badge_id), form), done)


def _changed(badge_id: int, sentence: str) -> object:
    told(sentence)
    return redirect(url_for("skills.show_badge", badge_id=badge_id), 303)


@skills.post("/badges/<int:badge_id>/retirement")
@requires(edits_skills)
def create_badge_retirement(badge_id: int) -> object:
    retire_badge(_badge_or_404(badge_id), today=me().day, by=me().person, now=clock.now())
    db.session.commit()
    return _changed(badge_id, gettext("Retired: nobody earns it any more, and who holds it keeps it."))


@skills.post("/badges/<int:badge_id>/revival")
@requires(edits_skills)
def create_badge_revival(badge_id: int) -> object:
    take_up_badge(_badge_or_404(badge_id), today=me().day, by=me().person, now=clock.now())
    db.session.commit()
    return _changed(badge_id, gettext("It can be earned again."))


@skills.post("/badges/<int:badge_id>/competencies")
@requires(edits_skills)
def create_competency(badge_id: int) -> object:
    badge, form = _badge_or_404(badge_id), _competency_form()

    def save() -> str:
        name, is_safety = form.name.data.strip(), form.is_safety.data
        add_competency(badge, name=name, is_safety=is_safety, today=me().day, by=me().person, now=clock.now())
        return url_for("skills.show_badge", badge_id=badge_id)

    def page(refused: CompetencyForm) -> str:
        return _badge_page(_badge_or_404(badge_id), competency_form=refused)

    return saved(form, save, page, gettext("Added. Who holds the badge keeps it."))


def _competency_or_404(competency_id: int) -> Competency:
    competency: Competency = found_or_404(db.session.get(Competency, competency_id))
    return competency


@skills.post("/competencies/<int:competency_id>/retirement")
@requires(edits_skills)
def create_competency_retirement(competency_id: int) -> object:
    competency = _competency_or_404(competency_id)
    badge_id = competency.badge_id
    retire_competency(competency, today=me().day, by=me().person, now=clock.now())
    db.session.commit()
    return _changed(badge_id, gettext("The badge asks for it no more."))


@skills.post("/competencies/<int:competency_id>/revival")
@requires(edits_skills)
def create_competency_revival(competency_id: int) -> object:
    competency = _competency_or_404(competency_id)
    badge_id = competency.badge_id
    ask_again(competency, today=me().day, by=me().person, now=clock.now())
    db.session.commit()
    return _changed(badge_id, gettext("The badge asks for it again, from today."))
