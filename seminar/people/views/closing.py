"""Closing days of the school calendar: typed, or from a file; looked at first, with what stands on them, then closed."""

from datetime import date

from flask import redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import func, select
from wtforms import DateField, FileField, StringField
from wtforms.validators import Length, Optional

from seminar.ground import clock
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.access import runs_the_program
from seminar.people.calendar import ClosedDay, SchoolYear
from seminar.people.calendar_editing import close_days, closed_among, open_day_again, span, touched_by_closing
from seminar.people.calendar_file import MOST_DAYS, CalendarFile, read_calendar_file
from seminar.people.views import people
from seminar.web.asked import a_likely_day, typed_day
from seminar.web.forms import Form, needed
from seminar.web.language import sentence_of
from seminar.web.pages import done_once, refusing, told
from seminar.web.requires import requires
from seminar.web.viewer import district_or_404, found_or_404, me

# The field of a day's reason is called so, and by its day.
REASON = "reason-"


class DaysForm(Form):
    first_day = DateField(lazy_gettext("First day"), [needed(), a_likely_day])
    last_day = DateField(lazy_gettext("Last day, for more than one"), [Optional(), a_likely_day])
    reason = StringField(lazy_gettext("Reason"), [needed(), Length(max=120)])


class FileForm(Form):
    file = FileField(lazy_gettext("Calendar file (.ics)"))


def _closing_page(days: DaysForm | None = None, file: FileForm | None = None) -> str:
    return render_template("people/settings/closing.html", days=days or DaysForm(formdata=None), file=file or FileForm(formdata=None))


@people.get("/settings/calendar/closed-days/new")
@requires(runs_the_program)
def show_new_closed_days() -> str:
    return _closing_page()


def _look(reasons: dict[date, str], read: CalendarFile | None = None, *, chosen: set[date] | None = None, wrong: str = "") -> str:
    """What would be closed, and what stands on it; nothing is written yet. Every day is chosen at first."""
    district = district_or_404()
    there = closed_among(district, list(reasons))
    new = {day: reason for day, reason in sorted(reasons.items()) if day not in there}
    return render_template(
        "people/settings/closing_look.html",
        new=new,
        there=len(there),
        read=read,
        chosen=set(new) if chosen is None else chosen,
        wrong=wrong,
        touched=touched_by_closing(district, list(new), clock.now()),
    )


@people.post("/settings/calendar/closed-days/look")
@requires(runs_the_program)
def look_at_closed_days() -> object:
    form = DaysForm()
    if not form.validate():
        return _closing_page(days=form), 422
    try:
        days = span(form.first_day.data, form.last_day.data or form.first_day.data)
    except Refused as refused:
        form.refuse(refused)
        return _closing_page(days=form), refused.status
    return _look(dict.fromkeys(days, form.reason.data.strip()))


@people.post("/settings/calendar/closed-days/file")
@requires(runs_the_program)
def look_at_calendar_file() -> object:
    form, upload = FileForm(), request.files.get("file")
    if not form.validate():
        return _closing_page(file=form), 422
    try:
        if not upload:
            raise Refused(N_("Choose the calendar's file."), field="file")
        read = read_calendar_file(upload.read(), *_years_days())
    except Refused as refused:
        form.refuse(refused)
        return _closing_page(file=form), refused.status
    return _look(read.days, read)


def _years_days() -> tuple[date, date]:
    """From today to the end of the last school year; what is over is closed or open no more. Raises Refused without a year."""
    last = db.session.scalar(select(func.max(SchoolYear.last_day)).where(SchoolYear.district_id == district_or_404().id))
    if last is None or last < me().day:
        raise Refused(N_("Add the school year first: a file's days are looked for up to its end."), field="file")
    return me().day, last


@people.post("/settings/calendar/closed-days")
@requires(runs_the_program)
def create_closed_days() -> object:
    """The days that were looked at, and left checked."""
    looked_at = _days_looked_at()
    chosen = {day for day in map(typed_day, request.form.getlist("day")) if day in looked_at}
    try:
        with refusing():
            if not chosen:
                raise Refused(N_("No day is checked, so none was closed. Check at least one."))

            def close() -> str:
                close_days(district_or_404(), {day: looked_at[day] for day in sorted(chosen)}, by=me().person, now=clock.now())
                return url_for("people.show_calendar")

            address = done_once(close)
    except Refused as refused:
        return _look(looked_at, chosen=chosen, wrong=sentence_of(refused)), refused.status
    told(gettext("Closed. Turnaround was reckoned again, and who is touched was told."))
    return redirect(address, 303)


def _days_looked_at() -> dict[date, str]:
    """What the page of the look sends along, checked or not: each day with its reason."""
    sent = [(typed_day(name.removeprefix(REASON)), said) for name, said in request.form.items() if name.startswith(REASON)]
    return {day: reason for day, said in sent[:MOST_DAYS] if day is not None and (reason := said.strip()[:120])}


@people.post("/settings/calendar/closed-days/<int:closed_day_id>/reopening")
@requires(runs_the_program)
def create_day_reopening(closed_day_id: int) -> object:
    closed: ClosedDay = found_or_404(db.session.get(ClosedDay, closed_day_id))
    open_day_again(closed, district_or_404(), by=me().person, now=clock.now())
    db.session.commit()
    told(gettext("The day is open again."))
    return redirect(url_for("people.show_calendar"), 303)
