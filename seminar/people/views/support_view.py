"""Looking at the pages as somebody else sees them: saying why, and stopping."""

from flask import redirect, render_template, url_for
from flask_babel import lazy_gettext
from flask_login import current_user
from wtforms import StringField
from wtforms.validators import Length

from seminar.ground import clock
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.people.access import runs_the_program
from seminar.people.appointment import standing
from seminar.people.person import Person
from seminar.people.support_view import LASTS, begin_view, end_view
from seminar.people.views import people
from seminar.web.forms import Form, needed
from seminar.web.pages import refusing
from seminar.web.requires import leaving, requires
from seminar.web.viewer import found_or_404, me


class ReasonForm(Form):
    reason = StringField(
        lazy_gettext("Why you look"),
        [needed(lazy_gettext("Say why: the person can read it.")), Length(max=300)],
        render_kw={"maxlength": 300},
    )


def _page(person: Person, form: ReasonForm) -> str:
    return render_template("people/support_view.html", person=person, form=form, minutes=int(LASTS.total_seconds() // 60))


def _person_or_404(person_id: int) -> Person:
    person: Person = found_or_404(db.session.get(Person, person_id))
    return person


@people.get("/people/<int:person_id>/view")
@requires(runs_the_program)
def show_support_view(person_id: int) -> str:
    return _page(_person_or_404(person_id), ReasonForm(formdata=None))


@people.post("/people/<int:person_id>/view")
@requires(runs_the_program)
def create_support_view(person_id: int) -> object:
    person, form = _person_or_404(person_id), ReasonForm()
    if not form.validate():
        return _page(person, form), 422
    try:
        with refusing():
            device = current_user.device
            device.looking = begin_view(standing(person, me().day), by=me(), reason=form.reason.data, now=clock.now())
            db.session.commit()
    except Refused as refused:
        form.refuse(refused)
        return _page(_person_or_404(person_id), form), refused.status
    return redirect(url_for("home"), 303)


@people.post("/view/end")
@requires(leaving)
def create_support_view_end() -> object:
    view = current_user.device.looking if current_user.is_authenticated else None
    if view is None:
        return redirect(url_for("home"), 303)
    person_id = view.person_id
    end_view(view, now=clock.now())
    current_user.device.looking = None
    db.session.commit()
    return redirect(url_for("people.show_appointments", person_id=person_id), 303)
