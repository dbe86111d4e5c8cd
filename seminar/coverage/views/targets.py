"""The targets of coverage: a table of schools and skills, and one percentage for all schools at once."""

from flask import render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import func, select
from wtforms import SelectField
from wtforms.validators import NumberRange

from seminar.coverage.targets import Targets, set_everywhere, set_targets, targets_of
from seminar.coverage.views import coverage
from seminar.ground import clock
from seminar.ground.db import db
from seminar.people.access import runs_the_program
from seminar.people.school import School, schools_open_on
from seminar.skills.skill import Skill
from seminar.web.asked import page_number
from seminar.web.forms import Form, WholeNumberField, needed
from seminar.web.pages import PAGE_SIZE, page_of
from seminar.web.requires import requires
from seminar.web.saving import saved
from seminar.web.viewer import district_or_404, found_or_404, me


class EverywhereForm(Form):
    skill = SelectField(lazy_gettext("Skill"), coerce=int)
    percent = WholeNumberField(
        lazy_gettext("Percent"), [needed(), NumberRange(1, 100, message=lazy_gettext("Type a number from 1 to 100."))], default=50
    )


def _skills() -> list[Skill]:
    query = select(Skill).where(Skill.district_id == district_or_404().id)
    return list(db.session.scalars(query.order_by(Skill.position, Skill.name)))


def _everywhere_form(skills: list[Skill], *, blank: bool = False) -> EverywhereForm:
    form = EverywhereForm(formdata=None, prefix="all-") if blank else EverywhereForm(prefix="all-")
    form.skill.choices = [(skill.id, skill.name) for skill in skills]
    return form


def _schools() -> tuple[list[School], int]:
    """The page's schools, and how many there are."""
    query = schools_open_on(district_or_404().id, me().day)
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    return list(db.session.scalars(query.limit(PAGE_SIZE).offset((page_number() - 1) * PAGE_SIZE))), total


@coverage.get("/settings/targets")
@requires(runs_the_program)
def show_targets() -> str:
    return _targets_page()


def _targets_page(form: Form | None = None, everywhere: EverywhereForm | None = None, typed: dict[str, str] | None = None) -> str:
    skills, (schools, total) = _skills(), _schools()
    shown = typed or {name_of(*key): str(percent) for key, percent in targets_of(schools).items()}
    return render_template(
        "coverage/targets.html",
        form=form or Form(),
        everywhere=everywhere or _everywhere_form(skills, blank=True),
        skills=skills,
        page=page_of(schools, total, page_number()),
        shown=shown,
        wrong=[name for name, value in shown.items() if value and percent_of(value) is None],
        action=request.full_path if request.args else request.path,
    )


def name_of(school_id: int, skill_id: int) -> str:
    return f"target-{school_id}-{skill_id}"


def percent_of(typed: str) -> int | None:
    """A whole percentage, with or without its sign; None where it isn't one."""
    digits = typed.strip().rstrip("%").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 3 and 1 <= int(digits) <= 100 else None


@coverage.post("/settings/targets")
@requires(runs_the_program)
def save_targets() -> object:
    skills, (schools, _) = _skills(), _schools()
    names = {(school.id, skill.id): name_of(school.id, skill.id) for school in schools for skill in skills}
    typed = {name: request.form.get(name, "").strip()[:6] for name in names.values()}
    wanted: Targets = {}
    for key, name in names.items():
        percent = percent_of(typed[name])
        if percent is not None:
            wanted[key] = percent
    if any(value and percent_of(value) is None for value in typed.values()):
        return _targets_page(typed=typed), 422

    def save() -> str:
        set_targets(schools, wanted, by=me().person, now=clock.now())
        return url_for("coverage.show_targets", page=page_number() if page_number() > 1 else None)

    return saved(Form(), save, lambda refused: _targets_page(refused, typed=typed), gettext("Saved."))


@coverage.post("/settings/targets/everywhere")
@requires(runs_the_program)
def save_targets_everywhere() -> object:
    form = _everywhere_form(_skills())

    def save() -> str:
        skill: Skill = found_or_404(db.session.get(Skill, form.skill.data))
        set_everywhere(district_or_404(), skill, form.percent.data, by=me().person, now=clock.now())
        return url_for("coverage.show_targets")

    return saved(form, save, lambda refused: _targets_page(everywhere=refused), gettext("Saved for every school."))
