"""Adding, changing and canceling a meeting of a series."""

from collections.abc import Callable
from datetime import date, datetime, time

from flask import url_for
from flask_babel import gettext, lazy_gettext
from wtforms import DateField, StringField, TextAreaField, TimeField
from wtforms.validators import Length

from seminar.ground import clock
from seminar.ground.clock import at_local
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.series.access import plans_series
from seminar.series.planning import MEETING_CANCELED, cancel_meeting, change_meeting
from seminar.series.series import Meeting
from seminar.series.views import series
from seminar.series.views.catalog import series_or_404
from seminar.series.views.plan_form import ReasonForm, plan_page
from seminar.web.asked import a_likely_day
from seminar.web.forms import Form, needed
from seminar.web.language import local
from seminar.web.requires import requires
from seminar.web.saving import saved
from seminar.web.viewer import district_or_404, found_or_404, me


class MeetingForm(Form):
    title = StringField(lazy_gettext("Title"), [Length(max=160)])
    day = DateField(lazy_gettext("Day"), [needed(), a_likely_day])
    starts = TimeField(lazy_gettext("Starts"), [needed()])
    ends = TimeField(lazy_gettext("Ends"), [needed()])
    place = StringField(lazy_gettext("Place"), [needed(), Length(max=160)])
    room = StringField(lazy_gettext("Room"), [Length(max=80)])
    agenda = TextAreaField(lazy_gettext("Agenda"), [Length(max=1000)])


@series.get("/series/<int:series_id>/meetings/new")
@requires(plans_series)
def show_new_meeting(series_id: int) -> str:
    found, form = series_or_404(series_id), MeetingForm()
    if found.meetings:
        last = found.meetings[-1]
        form.place.data, form.room.data = last.place, last.room
        form.starts.data, form.ends.data = local(last.starts_at).time(), local(last.ends_at).time()
    return _new_page(series_id, form)


def _new_page(series_id: int, form: Form) -> str:
    back = url_for("series.show_series", series_id=series_id)
    return plan_page(gettext("Add a meeting"), form, url_for("series.create_meeting", series_id=series_id), back)


@series.post("/series/<int:series_id>/meetings/new")
@requires(plans_series)
def create_meeting(series_id: int) -> object:
    found = series_or_404(series_id)
    meeting = Meeting(district_id=found.district_id, series_id=found.id)
    return _save_meeting(MeetingForm(), meeting, lambda form: _new_page(series_id, form))


def _meeting_or_404(meeting_id: int) -> Meeting:
    meeting: Meeting = found_or_404(db.session.get(Meeting, meeting_id))
    return meeting


@series.get("/meetings/<int:meeting_id>/edit")
@requires(plans_series)
def show_edit_meeting(meeting_id: int) -> str:
    return _edit_page(_meeting_or_404(meeting_id))


def _edit_page(meeting: Meeting, form: Form | None = None, reason_form: Form | None = None) -> str:
    """The meeting as it is, or as it was typed; below it, canceling."""
    return plan_page(
        gettext("Change this meeting"),
        form or _as_it_is(meeting),
        url_for("series.save_edit_meeting", meeting_id=meeting.id),
        url_for("series.show_series", series_id=meeting.series_id),
        meeting=meeting,
        reason_form=reason_form or ReasonForm(formdata=None),
    )


def _as_it_is(meeting: Meeting) -> MeetingForm:
    form, starts, ends = MeetingForm(formdata=None, obj=meeting), local(meeting.starts_at), local(meeting.ends_at)
    form.day.data, form.starts.data, form.ends.data = starts.date(), starts.time(), ends.time()
    return form


@series.post("/meetings/<int:meeting_id>/edit")
@requires(plans_series)
def save_edit_meeting(meeting_id: int) -> object:
    return _save_meeting(MeetingForm(), _meeting_or_404(meeting_id), lambda form: _edit_page(_meeting_or_404(meeting_id), form))


def _at(day: date, at: time) -> datetime:
    return at_local(day, at.hour, at.minute, district_or_404().timezone)


def _save_meeting(form: MeetingForm, meeting: Meeting, page: Callable[[MeetingForm], str]) -> object:
    back = url_for("series.show_series", series_id=meeting.series_id)

    def save() -> str:
        values = {
            "title": form.title.data or "",
            "agenda": form.agenda.data or "",
            "starts_at": _at(form.day.data, form.starts.data),
            "ends_at": _at(form.day.data, form.ends.data),
            "place": form.place.data,
            "room": form.room.data or "",
        }
        change_meeting(meeting, values, by=me().person, now=clock.now())
        return back

    return saved(form, save, page, gettext("Saved. Calendars follow."))


@series.post("/meetings/<int:meeting_id>/cancellation")
@requires(plans_series)
def create_meeting_cancellation(meeting_id: int) -> object:
    meeting, form = _meeting_or_404(meeting_id), ReasonForm()
    if meeting.canceled_at is not None:
        # Its page asks for no reason any more, so none is missing.
        form.refuse(Refused(MEETING_CANCELED))
        return _edit_page(meeting, reason_form=form), 409

    def save() -> str:
        cancel_meeting(meeting, reason=form.reason.data.strip(), by=me().person, now=clock.now())
        return url_for("series.show_series", series_id=meeting.series_id)

    def page(refused: Form) -> str:
        return _edit_page(_meeting_or_404(meeting_id), reason_form=refused)

    return saved(form, save, page, gettext("Canceled; everybody enrolled is told."))
