"""The program manager's planning: seminars, series and meetings, and how each series fills."""

from datetime import date, datetime, time
from typing import Any

from flask import abort, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import func, select
from wtforms import DateField, DateTimeLocalField, IntegerField, SelectField, SelectMultipleField, StringField, TextAreaField, TimeField
from wtforms.validators import Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from seminar.ground import clock
from seminar.ground.clock import at_local
from seminar.ground.db import db
from seminar.ground.outbox import Mail
from seminar.ground.refusal import Refused
from seminar.people.appointment import Appointment, current_on
from seminar.people.person import Person
from seminar.series.access import plans_series
from seminar.series.planning import (
    cancel_meeting,
    cancel_series,
    change_meeting,
    change_series,
    publish_series,
    save_seminar,
)
from seminar.series.seminar import Seminar
from seminar.series.series import Meeting, Series
from seminar.series.teaching import planned_series
from seminar.series.views import series
from seminar.series.views.catalog import series_or_404
from seminar.skills.badge import Badge
from seminar.skills.skill import Skill
from seminar.web.forms import Form, grade_choices, needed
from seminar.web.language import local, sentence_of
from seminar.web.pages import refusing, told
from seminar.web.requires import requires
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
    learn_minutes = IntegerField(lazy_gettext("Learn, minutes"), [NumberRange(0, 600)], default=50)
    learn = TextAreaField(lazy_gettext("Learn as learners"), [Length(max=1000)])
    debrief_minutes = IntegerField(lazy_gettext("Debrief, minutes"), [NumberRange(0, 600)], default=25)
    debrief = TextAreaField(lazy_gettext("Debrief as educators"), [Length(max=1000)])
    plan_minutes = IntegerField(lazy_gettext("Plan, minutes"), [NumberRange(0, 600)], default=45)
    plan = TextAreaField(lazy_gettext("Plan a lesson"), [Length(max=1000)])


class SeriesForm(Form):
    season = SelectField(lazy_gettext("Season"), choices=[("year-round", lazy_gettext("School year")), ("summer", lazy_gettext("Summer"))])
    school_year = IntegerField(lazy_gettext("School year, by the year it ends in"), [needed(), NumberRange(2000, 2200)])
    seats = IntegerField(lazy_gettext("Seats"), [needed(), NumberRange(1, 1000)], default=24)
    enrollment_opens_at = DateTimeLocalField(lazy_gettext("Enrollment opens"), [needed()])
    enrollment_closes_at = DateTimeLocalField(lazy_gettext("Enrollment closes"), [needed()])
    trainers = SelectMultipleField(
        lazy_gettext("Trainers"), coerce=int, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )


class MeetingForm(Form):
    title = StringField(lazy_gettext("Title"), [Length(max=160)])
    day = DateField(lazy_gettext("Day"), [needed()])
    starts = TimeField(lazy_gettext("Starts"), [needed()])
    ends = TimeField(lazy_gettext("Ends"), [needed()])
    place = StringField(lazy_gettext("Place"), [needed(), Length(max=160)])
    room = StringField(lazy_gettext("Room"), [Length(max=80)])
    agenda = TextAreaField(lazy_gettext("Agenda"), [Length(max=1000), Optional()])


class ReasonForm(Form):
    reason = StringField(
        lazy_gettext("Why it is canceled"), [needed(lazy_gettext("Say why; everybody enrolled is told.")), Length(max=300)]
    )


@series.get("/program")
@requires(plans_series)
def show_program() -> str:
    district = district_or_404()
    year = me().day.year + (me().day.month >= 7)
    seminars = db.session.scalars(
        select(Seminar).where(Seminar.district_id == district.id, Seminar.retired_on.is_(None)).order_by(Seminar.title)
    ).all()
    dead = db.session.scalar(select(func.count()).where(Mail.district_id == district.id, Mail.state == "dead"))
    return render_template("series/program.html", series=planned_series(district.id, year), seminars=seminars, year=year, dead=dead)


def _seminar_form(seminar: Seminar | None = None) -> SeminarForm:
    form, district_id = SeminarForm(obj=seminar), district_or_404().id
    skills = db.session.scalars(select(Skill).where(Skill.district_id == district_id).order_by(Skill.position))
    badges = db.session.scalars(select(Badge).where(Badge.district_id == district_id, Badge.retired_on.is_(None)).order_by(Badge.name))
    form.skill_id.choices = [(skill.id, skill.name) for skill in skills]
    form.badge_id.choices = [(0, gettext("None")), *((badge.id, badge.name) for badge in badges)]
    form.grade_first.choices = form.grade_last.choices = grade_choices()
    return form


def _form_page(title: Any, form: Form, action: str, back: str, **extra: Any) -> str:
    return render_template("series/plan_form.html", title=title, form=form, action=action, back=back, **extra)


def _saved(form: Form, save: Any, page: Any, done: str) -> object:
    """Check the form's shape, do the verb, and go on to the address that it answers; else the page again."""
    if not form.validate():
        return page(form), 422
    try:
        with refusing():
            address = save()
            db.session.commit()
    except Refused as refused:
        form.refuse(refused)
        return page(form), refused.status
    told(done)
    return redirect(address, 303)


@series.get("/seminars/new")
@requires(plans_series)
def show_new_seminar() -> str:
    return _form_page(gettext("New seminar"), _seminar_form(), url_for("series.create_seminar"), url_for("series.show_program"))


@series.post("/seminars/new")
@requires(plans_series)
def create_seminar() -> object:
    return _save_seminar(_seminar_form(), None)


@series.get("/seminars/<int:seminar_id>/edit")
@requires(plans_series)
def show_edit_seminar(seminar_id: int) -> str:
    seminar: Seminar = found_or_404(db.session.get(Seminar, seminar_id))
    form = _seminar_form(seminar)
    form.badge_id.data = seminar.badge_id or 0
    return _form_page(seminar.title, form, url_for("series.save_edit_seminar", seminar_id=seminar.id), url_for("series.show_program"))


@series.post("/seminars/<int:seminar_id>/edit")
@requires(plans_series)
def save_edit_seminar(seminar_id: int) -> object:
    return _save_seminar(_seminar_form(), found_or_404(db.session.get(Seminar, seminar_id)))


def _save_seminar(form: SeminarForm, seminar: Seminar | None) -> object:
    action = url_for("series.save_edit_seminar", seminar_id=seminar.id) if seminar else url_for("series.create_seminar")
    title = seminar.title if seminar else gettext("New seminar")

    def save() -> str:
        target = seminar or Seminar(district_id=district_or_404().id)
        values = {name: value for name, value in form.data.items() if name != "csrf_token"}
        save_seminar(target, {**values, "badge_id": values["badge_id"] or None}, by=me().person, now=clock.now())
        return url_for("series.show_program")

    return _saved(form, save, lambda f: _form_page(title, f, action, url_for("series.show_program")), gettext("Saved."))


def _series_form(found: Series | None = None) -> SeriesForm:
    form = SeriesForm(obj=found)
    district, today = district_or_404(), me().day
    trainers = select(Person).join(Appointment, Appointment.person_id == Person.id)
    trainers = trainers.where(Person.district_id == district.id, Appointment.role.in_(("trainer", "coach")), current_on(today)).distinct()
    form.trainers.choices = [(person.id, person.name) for person in db.session.scalars(trainers.order_by(Person.family_name))]
    return form


@series.get("/seminars/<int:seminar_id>/series/new")
@requires(plans_series)
def show_new_series(seminar_id: int) -> str:
    seminar: Seminar = found_or_404(db.session.get(Seminar, seminar_id))
    form, today = _series_form(), me().day
    form.school_year.data = today.year + (today.month >= 7)
    form.enrollment_opens_at.data = datetime.combine(today, time(8, 0))
    return _form_page(
        gettext("New series: %(title)s", title=seminar.title),
        form,
        url_for("series.create_series", seminar_id=seminar.id),
        url_for("series.show_program"),
    )


@series.post("/seminars/<int:seminar_id>/series/new")
@requires(plans_series)
def create_series(seminar_id: int) -> object:
    seminar: Seminar = found_or_404(db.session.get(Seminar, seminar_id))
    return _save_series(
        _series_form(),
        Series(district_id=seminar.district_id, seminar_id=seminar.id),
        seminar,
        url_for("series.create_series", seminar_id=seminar.id),
    )


@series.get("/series/<int:series_id>/edit")
@requires(plans_series)
def show_edit_series(series_id: int) -> str:
    found = series_or_404(series_id)
    form = _series_form(found)
    form.trainers.data = [trainer.id for trainer in found.trainers]
    for field in (form.enrollment_opens_at, form.enrollment_closes_at):
        field.data = local(field.data).replace(tzinfo=None)
    return _edit_series_page(found, form)


def _edit_series_page(found: Series, form: Form) -> str:
    return _form_page(
        found.seminar.title,
        form,
        url_for("series.save_edit_series", series_id=found.id),
        url_for("series.show_series", series_id=found.id),
        series=found,
        reason_form=ReasonForm(formdata=None),
    )


@series.post("/series/<int:series_id>/edit")
@requires(plans_series)
def save_edit_series(series_id: int) -> object:
    found = series_or_404(series_id)
    return _save_series(_series_form(), found, found.seminar, url_for("series.save_edit_series", series_id=found.id))


def _utc(moment: datetime) -> datetime:
    """A time typed in the district's zone, in UTC."""
    return at_local(moment.date(), moment.hour, moment.minute, district_or_404().timezone)


def _save_series(form: SeriesForm, target: Series, seminar: Seminar, action: str) -> object:
    def save() -> str:
        trainers = db.session.scalars(
            select(Person).where(Person.id.in_(form.trainers.data), Person.district_id == target.district_id)
        ).all()
        change_series(
            target,
            {
                "season": form.season.data,
                "school_year": form.school_year.data,
                "seats": form.seats.data,
                "enrollment_opens_at": _utc(form.enrollment_opens_at.data),
                "enrollment_closes_at": _utc(form.enrollment_closes_at.data),
                "trainers": list(trainers),
            },
            by=me().person,
            now=clock.now(),
        )
        return url_for("series.show_series", series_id=target.id)

    title = seminar.title
    return _saved(form, save, lambda f: _form_page(title, f, action, url_for("series.show_program")), gettext("Saved."))


@series.post("/series/<int:series_id>/publication")
@requires(plans_series)
def create_publication(series_id: int) -> object:
    found = series_or_404(series_id)
    try:
        with refusing():
            publish_series(found, by=me().person, now=clock.now())
            db.session.commit()
            told(gettext("Published: it is in the catalog."))
    except Refused as refused:
        told(sentence_of(refused), "bad")
    return redirect(url_for("series.show_series", series_id=series_id), 303)


@series.post("/series/<int:series_id>/cancellation")
@requires(plans_series)
def create_series_cancellation(series_id: int) -> object:
    found, form = series_or_404(series_id), ReasonForm()

    def save() -> str:
        cancel_series(found, reason=form.reason.data, by=me().person, now=clock.now())
        return url_for("series.show_series", series_id=series_id)

    return _saved(
        form,
        save,
        lambda f: _form_page(
            gettext("Cancel the series"),
            f,
            url_for("series.create_series_cancellation", series_id=series_id),
            url_for("series.show_series", series_id=series_id),
        ),
        gettext("Canceled; everybody enrolled is told."),
    )


@series.get("/series/<int:series_id>/meetings/new")
@requires(plans_series)
def show_new_meeting(series_id: int) -> str:
    found = series_or_404(series_id)
    form = MeetingForm()
    if found.meetings:
        form.place.data, form.room.data = found.meetings[-1].place, found.meetings[-1].room
    return _form_page(
        gettext("Add a meeting"),
        form,
        url_for("series.create_meeting", series_id=series_id),
        url_for("series.show_series", series_id=series_id),
    )


@series.post("/series/<int:series_id>/meetings/new")
@requires(plans_series)
def create_meeting(series_id: int) -> object:
    found = series_or_404(series_id)
    return _save_meeting(
        MeetingForm(), Meeting(district_id=found.district_id, series_id=found.id), url_for("series.create_meeting", series_id=series_id)
    )


def _meeting_or_404(meeting_id: int) -> Meeting:
    meeting: Meeting = found_or_404(db.session.get(Meeting, meeting_id))
    return meeting


@series.get("/meetings/<int:meeting_id>/edit")
@requires(plans_series)
def show_edit_meeting(meeting_id: int) -> str:
    meeting = _meeting_or_404(meeting_id)
    form = MeetingForm(obj=meeting)
    form.day.data, form.starts.data, form.ends.data = (
        local(meeting.starts_at).date(),
        local(meeting.starts_at).time(),
        local(meeting.ends_at).time(),
    )
    return _form_page(
        gettext("Change this meeting"),
        form,
        url_for("series.save_edit_meeting", meeting_id=meeting_id),
        url_for("series.show_series", series_id=meeting.series_id),
        meeting=meeting,
        reason_form=ReasonForm(formdata=None),
    )


@series.post("/meetings/<int:meeting_id>/edit")
@requires(plans_series)
def save_edit_meeting(meeting_id: int) -> object:
    return _save_meeting(MeetingForm(), _meeting_or_404(meeting_id), url_for("series.save_edit_meeting", meeting_id=meeting_id))


def _at(day: date, at: time) -> datetime:
    return at_local(day, at.hour, at.minute, district_or_404().timezone)


def _save_meeting(form: MeetingForm, meeting: Meeting, action: str) -> object:
    series_id = meeting.series_id

    def save() -> str:
        change_meeting(
            meeting,
            {
                "title": form.title.data or "",
                "agenda": form.agenda.data or "",
                "starts_at": _at(form.day.data, form.starts.data),
                "ends_at": _at(form.day.data, form.ends.data),
                "place": form.place.data,
                "room": form.room.data or "",
            },
            by=me().person,
            now=clock.now(),
        )
        return url_for("series.show_series", series_id=series_id)

    back = url_for("series.show_series", series_id=series_id)
    return _saved(form, save, lambda f: _form_page(gettext("Meeting"), f, action, back), gettext("Saved. Calendars follow."))


@series.post("/meetings/<int:meeting_id>/cancellation")
@requires(plans_series)
def create_meeting_cancellation(meeting_id: int) -> object:
    meeting, form = _meeting_or_404(meeting_id), ReasonForm()
    back = url_for("series.show_series", series_id=meeting.series_id)
    if meeting.canceled_at is not None:
        abort(409)

    def save() -> str:
        cancel_meeting(meeting, reason=form.reason.data, by=me().person, now=clock.now())
        return back

    return _saved(
        form,
        save,
        lambda f: _form_page(gettext("Cancel the meeting"), f, url_for("series.create_meeting_cancellation", meeting_id=meeting_id), back),
        gettext("Canceled; everybody enrolled is told."),
    )
