"""A person leaves, and the wrong ending of one is taken back where it was made."""

from collections.abc import Callable

from flask import redirect, url_for
from flask_babel import gettext

from seminar.ground import clock
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.people.access import runs_the_program
from seminar.people.appointment import Appointment
from seminar.people.leaving import leave, take_back_ending, take_back_leaving
from seminar.people.views import people
from seminar.people.views.directory import EndForm, appointments_page, person_or_404
from seminar.web.language import sentence_of
from seminar.web.pages import refusing, told
from seminar.web.requires import requires
from seminar.web.saving import saved
from seminar.web.viewer import found_or_404, me


@people.post("/people/<int:person_id>/leaving")
@requires(runs_the_program)
def create_leaving(person_id: int) -> object:
    person, form = person_or_404(person_id), EndForm()

    def save() -> str:
        leave(person, last_day=form.last_day.data, reason=(form.reason.data or "").strip(), by=me().person, now=clock.now())
        return url_for("people.show_appointments", person_id=person_id)

    done = gettext("Ended. What they answer for was looked at again.")
    return saved(form, save, lambda refused: appointments_page(person_or_404(person_id), leaving_form=refused), done)


@people.post("/people/<int:person_id>/return")
@requires(runs_the_program)
def create_return(person_id: int) -> object:
    person = person_or_404(person_id)
    return _taken_back(person_id, lambda: take_back_leaving(person, by=me().person, now=clock.now()))


@people.post("/appointments/<int:appointment_id>/continuation")
@requires(runs_the_program)
def create_continuation(appointment_id: int) -> object:
    appointment: Appointment = found_or_404(db.session.get(Appointment, appointment_id))
    return _taken_back(appointment.person_id, lambda: take_back_ending(appointment, by=me().person, now=clock.now()))


def _taken_back(person_id: int, take_back: Callable[[], None]) -> object:
    """Do it and go back to the person's page; where a rule says no, the page again with its sentence."""
    try:
        with refusing():
            take_back()
            db.session.commit()
    except Refused as refused:
        told(sentence_of(refused), "bad")
        return appointments_page(person_or_404(person_id)), refused.status
    told(gettext("Taken back: it holds again as before."))
    return redirect(url_for("people.show_appointments", person_id=person_id), 303)
