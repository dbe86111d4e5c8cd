"""The program manager's schools: the list, adding and changing one, closing it, and taking that back."""

from flask import redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import func, select
from wtforms import BooleanField, DateField, SelectField, StringField
from wtforms.validators import Length

from seminar.ground import clock
from seminar.ground.db import db
from seminar.people.access import runs_the_program
from seminar.people.school import School
from seminar.people.school_editing import SchoolRule, close_school, closed_already, goes_on_at, reopen_school, save_school
from seminar.people.views import people
from seminar.web.asked import a_likely_day, page_number
from seminar.web.forms import Form, grade_choices, needed
from seminar.web.pages import PAGE_SIZE, page_of, told
from seminar.web.requires import requires
from seminar.web.saving import saved
from seminar.web.viewer import district_or_404, found_or_404, me


class SchoolForm(Form):
    name = StringField(lazy_gettext("Name"), [needed(), Length(max=120)])
    code = StringField(lazy_gettext("Code"), [needed(), Length(max=30)])
    grade_first = SelectField(lazy_gettext("From grade"), coerce=int, default=0)
    grade_last = SelectField(lazy_gettext("To grade"), coerce=int, default=5)
    address = StringField(lazy_gettext("Address"), [Length(max=200)])
    delivery_stop = StringField(lazy_gettext("Delivery stop"), [Length(max=120)])
    asks_approval = BooleanField(lazy_gettext("Its people's seats in series are approved first"))
    title_one = BooleanField(lazy_gettext("A Title I school: some funding pays for seats of its people alone"))

    @property
    def rule(self) -> SchoolRule:
        return SchoolRule(
            code=self.code.data.strip(),
            name=self.name.data.strip(),
            grade_first=self.grade_first.data,
            grade_last=self.grade_last.data,
            address=(self.address.data or "").strip(),
            delivery_stop=(self.delivery_stop.data or "").strip(),
            asks_approval=bool(self.asks_approval.data),
            title_one=bool(self.title_one.data),
        )


class ClosingForm(Form):
    day = DateField(lazy_gettext("Closed from"), [needed(), a_likely_day])
    reason = StringField(lazy_gettext("Why it closes"), [needed(lazy_gettext("Say why; it stays on record.")), Length(max=300)])


def _school_form(school: School | None = None, *, shown: bool = False) -> SchoolForm:
    form = SchoolForm(formdata=None, obj=school) if shown else SchoolForm()
    form.grade_first.choices = form.grade_last.choices = grade_choices()
    return form


@people.get("/settings/schools")
@requires(runs_the_program)
def show_schools() -> str:
    search = request.args.get("search", "").strip()[:100]
    query = select(School).where(School.district_id == district_or_404().id)
    for word in search.split()[:5]:
        query = query.where(func.lower(School.name + " " + School.code).contains(word.lower(), autoescape=True))
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    shown = query.order_by(School.closed_on.is_not(None), School.name).limit(PAGE_SIZE).offset((page_number() - 1) * PAGE_SIZE)
    page = page_of(list(db.session.scalars(shown)), total, page_number())
    return render_template("people/settings/schools.html", page=page, search=search, day=me().day)


@people.get("/settings/schools/new")
@requires(runs_the_program)
def show_new_school() -> str:
    return _school_page(None, _school_form())


def _school_page(school: School | None, form: SchoolForm, closing: ClosingForm | None = None) -> str:
    day = me().day
    appointed, touched = goes_on_at(school, day, clock.now()) if school is not None else (0, [])
    return render_template(
        "people/settings/school.html",
        school=school,
        form=form,
        closing=closing or ClosingForm(formdata=None, prefix="closing-", day=day),
        appointed=appointed,
        touched=touched,
    )


@people.post("/settings/schools/new")
@requires(runs_the_program)
def create_school() -> object:
    form = _school_form()

    def save() -> str:
        save_school(School(district_id=district_or_404().id), form.rule, by=me().person, now=clock.now())
        return url_for("people.show_schools")

    return saved(form, save, lambda refused: _school_page(None, refused), gettext("Added."))


def _school_or_404(school_id: int) -> School:
    school: School = found_or_404(db.session.get(School, school_id))
    return school


@people.get("/settings/schools/<int:school_id>")
@requires(runs_the_program)
def show_school_settings(school_id: int) -> str:
    school = _school_or_404(school_id)
    return _school_page(school, _school_form(school, shown=True))


@people.post("/settings/schools/<int:school_id>")
@requires(runs_the_program)
def save_school_settings(school_id: int) -> object:
    school, form = _school_or_404(school_id), _school_form()

    def save() -> str:
        save_school(school, form.rule, by=me().person, now=clock.now())
        return url_for("people.show_schools")

    return saved(form, save, lambda refused: _school_page(_school_or_404(school_id), refused), gettext("Saved."))


@people.post("/settings/schools/<int:school_id>/closing")
@requires(runs_the_program)
def create_school_closing(school_id: int) -> object:
    school, form = _school_or_404(school_id), ClosingForm(prefix="closing-")

    def save() -> str:
        close_school(school, day=form.day.data, reason=form.reason.data.strip(), by=me().person, now=clock.now())
        return url_for("people.show_school_settings", school_id=school_id)

    def page(refused: ClosingForm) -> str:
        again = _school_or_404(school_id)
        if again.closed_on is not None:
            # Its page has no fields to close it, so this is what is said, whatever was typed into them.
            refused = ClosingForm(formdata=None, prefix="closing-")
            refused.refuse(closed_already(again))
        return _school_page(again, _school_form(again, shown=True), refused)

    return saved(form, save, page, gettext("Closed. Take it back below if it was a mistake."))


@people.post("/settings/schools/<int:school_id>/reopening")
@requires(runs_the_program)
def create_school_reopening(school_id: int) -> object:
    reopen_school(_school_or_404(school_id), by=me().person, now=clock.now())
    db.session.commit()
    told(gettext("It is open again."))
    return redirect(url_for("people.show_school_settings", school_id=school_id), 303)
