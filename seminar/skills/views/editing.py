"""The PD office's skills: the skills themselves, their badges at a glance, and who is cleared to sign off."""

from flask import redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from wtforms import SelectField, StringField
from wtforms.validators import Length

from seminar.ground import clock
from seminar.ground.db import db
from seminar.people.appointment import Appointment, current_on
from seminar.people.person import Person
from seminar.skills.access import edits_skills
from seminar.skills.badge import Badge
from seminar.skills.editing import clear, end_clearance, save_skill
from seminar.skills.skill import Clearance, Skill
from seminar.skills.views import skills
from seminar.web.forms import Form, needed
from seminar.web.pages import told
from seminar.web.requires import requires
from seminar.web.saving import saved
from seminar.web.viewer import district_or_404, found_or_404, me


class ClearanceForm(Form):
    person = SelectField(lazy_gettext("Trainer"), coerce=int)
    skill = SelectField(lazy_gettext("Skill"), coerce=int)


class SkillForm(Form):
    name = StringField(lazy_gettext("Name"), [needed(), Length(max=80)])
    look = SelectField(
        lazy_gettext("Shape and color"),
        choices=[
            ("print", lazy_gettext("Hexagon, blue")),
            ("code", lazy_gettext("Code block, violet")),
            ("fab", lazy_gettext("Jointed panel, orange")),
            ("think", lazy_gettext("Circle, magenta")),
            ("safety", lazy_gettext("Shield, gray")),
        ],
    )


def of_district() -> list[Skill]:
    query = select(Skill).where(Skill.district_id == district_or_404().id)
    return list(db.session.scalars(query.order_by(Skill.position, Skill.name)))


@skills.get("/skills")
@requires(edits_skills)
def show_skills() -> str:
    return _skills_page(_clearance_form())


def _clearance_form() -> ClearanceForm:
    form = ClearanceForm()
    trainers = select(Person).join(Appointment, Appointment.person_id == Person.id)
    trainers = trainers.where(
        Person.district_id == district_or_404().id, Appointment.role.in_(("trainer", "coach")), current_on(me().day)
    ).distinct()
    form.person.choices = [(person.id, person.name) for person in db.session.scalars(trainers.order_by(Person.family_name))]
    form.skill.choices = [(skill.id, skill.name) for skill in of_district()]
    return form


def _skills_page(form: ClearanceForm) -> str:
    district_id = district_or_404().id
    badges = select(Badge).where(Badge.district_id == district_id).options(joinedload(Badge.skill), selectinload(Badge.competencies))
    ordered = sorted(db.session.scalars(badges), key=lambda badge: (badge.level, badge.name))
    clearances = select(Clearance).where(Clearance.district_id == district_id, Clearance.last_day.is_(None))
    return render_template(
        "skills/skills.html",
        skills=[(skill, [badge for badge in ordered if badge.skill_id == skill.id]) for skill in of_district()],
        clearances=db.session.scalars(clearances.options(joinedload(Clearance.person), joinedload(Clearance.skill))).all(),
        form=form,
    )


@skills.post("/skills/clearances")
@requires(edits_skills)
def create_clearance() -> object:
    form = _clearance_form()

    def save() -> str:
        trainer = found_or_404(db.session.get(Person, form.person.data))
        clear(trainer, found_or_404(db.session.get(Skill, form.skill.data)), today=me().day, by=me().person, now=clock.now())
        return url_for("skills.show_skills")

    return saved(form, save, _skills_page, gettext("Cleared from today."))


@skills.post("/clearances/<int:clearance_id>/end")
@requires(edits_skills)
def create_clearance_end(clearance_id: int) -> object:
    clearance: Clearance = found_or_404(db.session.get(Clearance, clearance_id))
    end_clearance(clearance, today=me().day, by=me().person, now=clock.now())
    db.session.commit()
    told(gettext("Ended with today."))
    return redirect(url_for("skills.show_skills"), 303)


def _skill_or_404(skill_id: int) -> Skill:
    skill: Skill = found_or_404(db.session.get(Skill, skill_id))
    return skill


def _skill_page(form: SkillForm, skill: Skill | None) -> str:
    return render_template("skills/skill.html", form=form, skill=skill)


@skills.get("/skills/new")
@requires(edits_skills)
def show_new_skill() -> str:
    return _skill_page(SkillForm(), None)


@skills.post("/skills/new")
@requires(edits_skills)
def create_skill() -> object:
    return _save(SkillForm(), Skill(district_id=district_or_404().id))


@skills.get("/skills/<int:skill_id>")
@requires(edits_skills)
def show_skill(skill_id: int) -> str:
    skill = _skill_or_404(skill_id)
    return _skill_page(SkillForm(obj=skill), skill)


@skills.post("/skills/<int:skill_id>")
@requires(edits_skills)
def save_edit_skill(skill_id: int) -> object:
    return _save(SkillForm(), _skill_or_404(skill_id))


def _save(form: SkillForm, skill: Skill) -> object:
    known = skill if skill.id is not None else None

    def save() -> str:
        save_skill(skill, name=form.name.data.strip(), look=form.look.data, by=me().person, now=clock.now())
        return url_for("skills.show_skills")

    return saved(form, save, lambda refused: _skill_page(refused, known), gettext("Saved."))
