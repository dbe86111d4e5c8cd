"""The program manager's skills: badges, their competencies, and who is cleared to sign off."""

from flask import redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from wtforms import BooleanField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, NumberRange, Optional

from seminar.ground import clock, history
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.appointment import Appointment, current_on
from seminar.people.person import Person
from seminar.skills.access import edits_skills
from seminar.skills.badge import Badge, Competency
from seminar.skills.skill import Clearance, Skill
from seminar.skills.views import skills
from seminar.web.forms import Form, needed
from seminar.web.pages import told
from seminar.web.requires import requires
from seminar.web.viewer import district_or_404, found_or_404, me


class BadgeForm(Form):
    name = StringField(lazy_gettext("Name"), [needed(), Length(max=120)])
    description = TextAreaField(lazy_gettext("What it stands for"), [Length(max=1000)])
    valid_months = IntegerField(lazy_gettext("Valid, in months"), [needed(), NumberRange(1, 120)])
    attendance_percent = IntegerField(lazy_gettext("Attendance asked for, in percent"), [Optional(), NumberRange(1, 100)])


class CompetencyForm(Form):
    name = StringField(lazy_gettext("New competency"), [needed(), Length(max=160)])
    is_safety = BooleanField(lazy_gettext("Safety-critical: shown in person, never waived"))


class ClearanceForm(Form):
    person = SelectField(lazy_gettext("Trainer"), coerce=int)
    skill = SelectField(lazy_gettext("Skill"), coerce=int)


@skills.get("/skills")
@requires(edits_skills)
def show_skills() -> str:
    return _skills_page(_clearance_form())


def _clearance_form() -> ClearanceForm:
    form, district_id = ClearanceForm(), district_or_404().id
    trainers = select(Person).join(Appointment, Appointment.person_id == Person.id)
    trainers = trainers.where(
        Person.district_id == district_id, Appointment.role.in_(("trainer", "coach")), current_on(me().day)
    ).distinct()
    form.person.choices = [(person.id, person.name) for person in db.session.scalars(trainers.order_by(Person.family_name))]
    of_district = select(Skill).where(Skill.district_id == district_id).order_by(Skill.position)
    form.skill.choices = [(skill.id, skill.name) for skill in db.session.scalars(of_district)]
    return form


def _skills_page(form: ClearanceForm) -> str:
    district_id = district_or_404().id
    badges = select(Badge).where(Badge.district_id == district_id).options(joinedload(Badge.skill), selectinload(Badge.competencies))
    clearances = select(Clearance).where(Clearance.district_id == district_id, Clearance.last_day.is_(None))
    return render_template(
        "skills/skills.html",
        badges=sorted(db.session.scalars(badges), key=lambda badge: (badge.skill.position, badge.level, badge.name)),
        clearances=db.session.scalars(clearances.options(joinedload(Clearance.person), joinedload(Clearance.skill))).all(),
        form=form,
    )


@skills.post("/skills/clearances")
@requires(edits_skills)
def create_clearance() -> object:
    form = _clearance_form()
    if not form.validate():
        return _skills_page(form), 422
    held = select(Clearance.id).where(
        Clearance.person_id == form.person.data, Clearance.skill_id == form.skill.data, Clearance.last_day.is_(None)
    )
    if db.session.scalar(held) is None:
        clearance = Clearance(district_id=district_or_404().id, person_id=form.person.data, skill_id=form.skill.data, first_day=me().day)
        db.session.add(clearance)
        db.session.flush()
        history.record(me().person, "cleared", clearance, clock.now())
        db.session.commit()
    told(gettext("Cleared from today."))
    return redirect(url_for("skills.show_skills"), 303)


@skills.post("/clearances/<int:clearance_id>/end")
@requires(edits_skills)
def end_clearance(clearance_id: int) -> object:
    clearance: Clearance = found_or_404(db.session.get(Clearance, clearance_id))
    clearance.last_day = max(me().day, clearance.first_day)
    history.record(me().person, "clearance ended", clearance, clock.now())
    db.session.commit()
    told(gettext("Ended with today."))
    return redirect(url_for("skills.show_skills"), 303)


def _badge_or_404(badge_id: int) -> Badge:
    badge: Badge = found_or_404(db.session.get(Badge, badge_id))
    return badge


def _badge_page(badge: Badge, form: BadgeForm | None = None, competency_form: CompetencyForm | None = None) -> str:
    return render_template(
        "skills/badge.html",
        badge=badge,
        form=form or BadgeForm(obj=badge),
        competency_form=competency_form or CompetencyForm(formdata=None),
    )


@skills.get("/badges/<int:badge_id>")
@requires(edits_skills)
def show_badge(badge_id: int) -> str:
    return _badge_page(_badge_or_404(badge_id))


@skills.post("/badges/<int:badge_id>")
@requires(edits_skills)
def save_badge(badge_id: int) -> object:
    badge, form = _badge_or_404(badge_id), BadgeForm()
    twin = select(Badge.id).where(Badge.district_id == badge.district_id, Badge.name == (form.name.data or ""), Badge.id != badge.id)
    if form.validate() and db.session.scalar(twin) is not None:
        form.refuse(Refused(N_("There is a badge called {name} already."), field="name", name=form.name.data))
    if form.errors or form.form_errors:
        return _badge_page(badge, form), 422
    badge.name, badge.description = form.name.data, form.description.data or ""
    badge.valid_months, badge.attendance_percent = form.valid_months.data, form.attendance_percent.data
    history.record(me().person, "badge saved", badge, clock.now())
    db.session.commit()
    told(gettext("Saved. Awards that are out keep their last day."))
    return redirect(url_for("skills.show_badge", badge_id=badge_id), 303)


@skills.post("/badges/<int:badge_id>/competencies")
@requires(edits_skills)
def create_competency(badge_id: int) -> object:
    badge, form = _badge_or_404(badge_id), CompetencyForm()
    if form.validate() and any(c.name == form.name.data for c in badge.competencies):
        form.refuse(Refused(N_("{badge} asks for that already."), field="name", badge=badge.name))
    if form.errors or form.form_errors:
        return _badge_page(badge, competency_form=form), 422
    competency = Competency(
        district_id=badge.district_id,
        badge_id=badge.id,
        name=form.name.data,
        is_safety=form.is_safety.data,
        position=1 + max((c.position for c in badge.competencies), default=0),
    )
    db.session.add(competency)
    db.session.flush()
    history.record(me().person, "competency added", competency, clock.now())
    db.session.commit()
    told(gettext("Added. Who holds the badge keeps it."))
    return redirect(url_for("skills.show_badge", badge_id=badge_id), 303)


@skills.post("/competencies/<int:competency_id>/retirement")
@requires(edits_skills)
def retire_competency(competency_id: int) -> object:
    competency: Competency = found_or_404(db.session.get(Competency, competency_id))
    competency.retired_on = None if request.form.get("back") else me().day
    badge_id = competency.badge_id
    history.record(me().person, "competency retired" if competency.retired_on else "competency taken up again", competency, clock.now())
    db.session.commit()
    told(gettext("Saved."))
    return redirect(url_for("skills.show_badge", badge_id=badge_id), 303)
