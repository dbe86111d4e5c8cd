"""Writing to a series' people: what is written is looked at first, as they will read it, and then sent."""

from flask import abort, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import Length

from seminar.ground import clock
from seminar.ground.refusal import Refused
from seminar.series.access import looks_after
from seminar.series.message import AUDIENCE_WORDS, LONGEST_SUBJECT, LONGEST_TEXT, NOBODY, readers, readers_of_each, write_to
from seminar.series.series import Series
from seminar.series.views import series
from seminar.series.views.catalog import series_or_404
from seminar.web.forms import Form, needed
from seminar.web.requires import anyone_signed_in, requires
from seminar.web.saving import saved
from seminar.web.viewer import me


class MessageForm(Form):
    audience = SelectField(lazy_gettext("To"), choices=list(AUDIENCE_WORDS))
    subject = StringField(lazy_gettext("Subject"), [needed(), Length(max=LONGEST_SUBJECT)])
    text = TextAreaField(lazy_gettext("Text"), [needed(), Length(max=LONGEST_TEXT)])


def series_to_run_or_refuse(series_id: int) -> Series:
    """A series that they look after: 404 where there is none, 403 where it is somebody else's."""
    found = series_or_404(series_id)
    if not looks_after(me(), found):
        abort(403)
    return found


@series.get("/series/<int:series_id>/messages/new")
@requires(anyone_signed_in)
def show_new_message(series_id: int) -> str:
    return _message_page(series_to_run_or_refuse(series_id), MessageForm(formdata=None))


def _message_page(found: Series, form: MessageForm) -> str:
    numbers = readers_of_each(found)
    form.audience.choices = [(name, f"{gettext(words)} ({numbers[name]})") for name, words in AUDIENCE_WORDS.items()]
    return render_template("series/message_form.html", series=found, form=form, longest=LONGEST_TEXT)


@series.post("/series/<int:series_id>/messages/new")
@requires(anyone_signed_in)
def look_at_message(series_id: int) -> object:
    """As it will be read, and by whom. Nothing is sent yet."""
    found, form = series_to_run_or_refuse(series_id), MessageForm()
    if not form.validate():
        return _message_page(found, form), 422
    if "again" in request.form:
        return _message_page(found, form)
    reached = readers(found, form.audience.data)
    if not reached:
        form.refuse(Refused(NOBODY[form.audience.data], field="audience"))
        return _message_page(found, form), 422
    return render_template("series/message_preview.html", series=found, form=form, readers=reached, writer=me().person)


@series.post("/series/<int:series_id>/messages")
@requires(anyone_signed_in)
def create_message(series_id: int) -> object:
    found, form = series_to_run_or_refuse(series_id), MessageForm()

    def save() -> str:
        subject, text = " ".join(form.subject.data.split()), form.text.data.strip()
        write_to(found, form.audience.data, subject=subject, text=text, by=me().person, now=clock.now())
        return url_for("series.show_series", series_id=series_id)

    def page(refused: MessageForm) -> str:
        return _message_page(series_to_run_or_refuse(series_id), refused)

    return saved(form, save, page, gettext("Sent. A mail to each is on its way."))
