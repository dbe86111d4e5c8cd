"""Running a series: it goes ahead, or is canceled with all that follows; and who answers that they can come to a moved meeting."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from wtforms import TextAreaField
from wtforms.validators import Length

from seminar.ground import clock
from seminar.ground.db import db, reading
from seminar.ground.refusal import N_, Refused
from seminar.series.access import plans_series
from seminar.series.canceling import consequences_of
from seminar.series.go_ahead import go_ahead
from seminar.series.moved import answer
from seminar.series.planning import CANCELED, cancel_series
from seminar.series.series import Meeting, Series, read_lists
from seminar.series.views import series
from seminar.series.views.catalog import series_or_404, series_page
from seminar.series.views.plan_form import ReasonForm
from seminar.web.asked import asked_id
from seminar.web.pages import refusing, told
from seminar.web.requires import anyone_signed_in, requires
from seminar.web.saving import pressed, saved
from seminar.web.viewer import found_or_404, me


class CancellationForm(ReasonForm):
    message = TextAreaField(lazy_gettext("What else to tell them, if anything"), [Length(max=1000)])


@series.post("/series/<int:series_id>/go-ahead")
@requires(plans_series)
def create_go_ahead(series_id: int) -> object:
    found = series_or_404(series_id)
    back = url_for("series.show_series", series_id=series_id)
    return pressed(lambda: go_ahead(found, by=me().person, now=clock.now()), gettext("It goes ahead; its page says so."), back=back)


@series.get("/series/<int:series_id>/cancellation")
@requires(plans_series)
def show_series_cancellation(series_id: int) -> str:
    return _cancellation_page(series_or_404(series_id), CancellationForm(formdata=None))


def _cancellation_page(found: Series, form: CancellationForm) -> str:
    read_lists(found)
    return render_template("series/cancellation.html", series=found, form=form, would=consequences_of(found, clock.now()))


@series.post("/series/<int:series_id>/cancellation")
@requires(plans_series)
def create_series_cancellation(series_id: int) -> object:
    found, form = series_or_404(series_id), CancellationForm()
    if found.canceled_at is not None:
        # Its page asks for no reason any more, so none is missing.
        form.refuse(Refused(CANCELED))
        return _cancellation_page(found, form), 409

    def save() -> str:
        reason, message = form.reason.data.strip(), (form.message.data or "").strip()
        cancel_series(found, reason=reason, message=message, by=me().person, now=clock.now())
        return url_for("series.show_series", series_id=series_id)

    def page(refused: CancellationForm) -> str:
        return _cancellation_page(series_or_404(series_id), refused)

    return saved(form, save, page, gettext("Canceled; everybody who had a place or waited for one is told by mail."))


@series.post("/meetings/<int:meeting_id>/answer")
@requires(anyone_signed_in)
def create_answer(meeting_id: int) -> object:
    meeting: Meeting = found_or_404(db.session.get(Meeting, meeting_id))
    series_id, said = series_or_404(meeting.series_id).id, request.form.get("comes")
    comes = said == "yes"
    try:
        with refusing():
            if said not in ("yes", "no"):
                raise Refused(N_("Say whether you can still come: yes or no."), status=409)
            answer(meeting, move_id=asked_id("move"), comes=comes, by=me().person, now=clock.now())
            db.session.commit()
    except Refused as refused:
        with reading():
            page: Any = series_page(series_or_404(series_id), refused)
            return page, refused.status
    stays, leaves = gettext("Good: you're still coming."), gettext("You've withdrawn, and the seat is free for somebody else.")
    told(stays if comes else leaves)
    return redirect(url_for("series.show_series", series_id=series_id), 303)
