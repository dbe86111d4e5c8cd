"""The starting set: which of its skills, with their badges, the district takes over."""

from flask import render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select

from seminar.ground import clock
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.skills.access import edits_skills
from seminar.skills.badge import Badge
from seminar.skills.skill import Skill
from seminar.skills.starting_set import SKILLS, Asked, take_over
from seminar.skills.views import skills
from seminar.web.forms import Form
from seminar.web.requires import requires
from seminar.web.saving import saved
from seminar.web.viewer import district_or_404, me


@skills.get("/settings/starting-set")
@requires(edits_skills)
def show_starting_set() -> str:
    return _starting_page(Form())


def _starting_page(form: Form) -> str:
    district_id = district_or_404().id
    there = set(db.session.scalars(select(Skill.name).where(Skill.district_id == district_id)))
    badges = set(db.session.scalars(select(Badge.name).where(Badge.district_id == district_id)))
    rows = [(n, name, asked, _missing(name, asked, there, badges)) for n, (name, _, asked) in enumerate(SKILLS)]
    return render_template("skills/starting_set.html", form=form, rows=rows, there=there, badges=badges)


def _missing(name: str, asked: list[Asked], there: set[str], badges: set[str]) -> bool:
    """Whether taking the skill over would bring anything."""
    return name not in there or any(badge[0] not in badges for badge in asked)


@skills.post("/settings/starting-set")
@requires(edits_skills)
def save_starting_set() -> object:
    chosen = [SKILLS[n][0] for n in request.form.getlist("skill", type=int) if 0 <= n < len(SKILLS)]

    def save() -> str:
        if not chosen:
            raise Refused(N_("Choose at least one skill."))
        take_over(district_or_404().id, chosen, by=me().person, now=clock.now())
        return url_for("skills.show_skills")

    return saved(Form(), save, _starting_page, gettext("They are yours now. Change what you do differently."))
