"""The program manager's school calendar: school years and their terms, and the closed days that are coming."""

from datetime import date, timedelta

from flask import redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import select
from wtforms import DateField, StringField
from wtforms.validators import Length

from seminar.ground import clock
from seminar.ground.db import db
from seminar.people.access import runs_the_program
from seminar.people.calendar import ClosedDay, SchoolYear, Term
from seminar.people.calendar_editing import end_term, save_term, save_year, take_up_term, terms_of
from seminar.people.set_up import SOON
from seminar.people.views import people
from seminar.web.asked import a_likely_day
from seminar.web.forms import Form, needed
from seminar.web.pages import told
from seminar.web.requires import requires
from seminar.web.saving import saved
from seminar.web.viewer import district_or_404, found_or_404, me

# Closed days of this long ago are still shown.
LOOKS_BACK = timedelta(days=30)


class YearForm(Form):
    first_day = DateField(lazy_gettext("First day"), [needed(), a_likely_day])
    last_day = DateField(lazy_gettext("Last day"), [needed(), a_likely_day])


class TermForm(Form):
    title = StringField(lazy_gettext("Title"), [needed(), Length(max=80)])
    first_day = DateField(lazy_gettext("First day"), [needed(), a_likely_day])
    last_day = DateField(lazy_gettext("Last day"), [needed(), a_likely_day])


@people.get("/settings/calendar")
@requires(runs_the_program)
def show_calendar() -> str:
    district_id, day = district_or_404().id, me().day
    years = select(SchoolYear).where(SchoolYear.district_id == district_id).order_by(SchoolYear.ends_in.desc()).limit(12)
    closed = select(ClosedDay).where(ClosedDay.district_id == district_id, ClosedDay.day >= day - LOOKS_BACK).order_by(ClosedDay.day)
    return render_template(
        "people/settings/calendar.html",
        years=db.session.scalars(years).all(),
        closed=spans(list(db.session.scalars(closed.limit(1000)))),
        day=day,
    )


def spans(closed: list[ClosedDay]) -> list[list[ClosedDay]]:
    """Days that follow each other for one reason, together."""
    found: list[list[ClosedDay]] = []
    for row in closed:
        if found and found[-1][-1].reason == row.reason and row.day - found[-1][-1].day == timedelta(days=1):
            found[-1].append(row)
        else:
            found.append([row])
    return found


def _likely_year(day: date) -> YearForm:
    """What most districts would type: the year that comes next, or runs."""
    soon = day + SOON
    year = soon.year + ((soon.month, soon.day) > (6, 10))
    return YearForm(formdata=None, first_day=date(year - 1, 8, 15), last_day=date(year, 6, 10))


def _year_page(year: SchoolYear | None, form: YearForm, term_form: TermForm | None = None, term_id: int = 0) -> str:
    """`term_id` is the term that `term_form` was typed for; 0 is the new one."""
    terms = terms_of(year) if year is not None else []
    blank = [(term, TermForm(formdata=None, obj=term, prefix=f"term{term.id}-")) for term in terms]
    forms = [(term, term_form if term_form is not None and term.id == term_id else own) for term, own in blank]
    new = term_form if term_form is not None and term_id == 0 else TermForm(formdata=None, prefix="term0-")
    return render_template("people/settings/year.html", year=year, form=form, terms=forms, new_term=new, refused=term_form, opened=term_id)


@people.get("/settings/calendar/years/new")
@requires(runs_the_program)
def show_new_year() -> str:
    return _year_page(None, _likely_year(me().day))


@people.post("/settings/calendar/years/new")
@requires(runs_the_program)
def create_year() -> object:
    form = YearForm()

    def save() -> str:
        year = SchoolYear(district_id=district_or_404().id)
        save_year(year, first_day=form.first_day.data, last_day=form.last_day.data, by=me().person, now=clock.now())
        return url_for("people.show_year", year_id=year.id)

    return saved(form, save, lambda refused: _year_page(None, refused), gettext("Added. Its terms can be added below."))


def _year_or_404(year_id: int) -> SchoolYear:
    year: SchoolYear = found_or_404(db.session.get(SchoolYear, year_id))
    return year


@people.get("/settings/calendar/years/<int:year_id>")
@requires(runs_the_program)
def show_year(year_id: int) -> str:
    year = _year_or_404(year_id)
    return _year_page(year, YearForm(formdata=None, obj=year))


@people.post("/settings/calendar/years/<int:year_id>")
@requires(runs_the_program)
def save_edit_year(year_id: int) -> object:
    year, form = _year_or_404(year_id), YearForm()

    def save() -> str:
        save_year(year, first_day=form.first_day.data, last_day=form.last_day.data, by=me().person, now=clock.now())
        return url_for("people.show_year", year_id=year_id)

    return saved(form, save, lambda refused: _year_page(_year_or_404(year_id), refused), gettext("Saved."))


def _save_term(year_id: int, term: Term, form: TermForm, term_id: int, done: str) -> object:
    def save() -> str:
        title, days = form.title.data.strip(), {"first_day": form.first_day.data, "last_day": form.last_day.data}
        save_term(term, _year_or_404(year_id), title=title, **days, by=me().person, now=clock.now())
        return url_for("people.show_year", year_id=year_id)

    def page(refused: TermForm) -> str:
        year = _year_or_404(year_id)
        return _year_page(year, YearForm(formdata=None, obj=year), refused, term_id)

    return saved(form, save, page, done)


@people.post("/settings/calendar/years/<int:year_id>/terms")
@requires(runs_the_program)
def create_term(year_id: int) -> object:
    year = _year_or_404(year_id)
    return _save_term(year_id, Term(district_id=year.district_id), TermForm(prefix="term0-"), 0, gettext("Added."))


def _term_and_year(term_id: int) -> tuple[Term, int]:
    term: Term = found_or_404(db.session.get(Term, term_id))
    query = select(SchoolYear).where(SchoolYear.district_id == term.district_id, SchoolYear.ends_in == term.ends_in)
    year: SchoolYear = found_or_404(db.session.scalar(query))
    return term, year.id


@people.post("/settings/calendar/terms/<int:term_id>")
@requires(runs_the_program)
def save_edit_term(term_id: int) -> object:
    term, year_id = _term_and_year(term_id)
    return _save_term(year_id, term, TermForm(prefix=f"term{term_id}-"), term_id, gettext("Saved."))


@people.post("/settings/calendar/terms/<int:term_id>/ending")
@requires(runs_the_program)
def create_term_ending(term_id: int) -> object:
    term, year_id = _term_and_year(term_id)
    end_term(term, today=me().day, by=me().person, now=clock.now())
    db.session.commit()
    told(gettext("Ended. Take it back below if it was a mistake."))
    return redirect(url_for("people.show_year", year_id=year_id), 303)


@people.post("/settings/calendar/terms/<int:term_id>/revival")
@requires(runs_the_program)
def create_term_revival(term_id: int) -> object:
    term, year_id = _term_and_year(term_id)
    take_up_term(term, by=me().person, now=clock.now())
    db.session.commit()
    told(gettext("It is a term of the year again."))
    return redirect(url_for("people.show_year", year_id=year_id), 303)
