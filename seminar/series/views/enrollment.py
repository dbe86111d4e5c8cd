"""Taking a seat and giving it back; standing in line for one, and turning down what is offered."""

from flask import redirect, request, url_for
from flask_babel import gettext
from sqlalchemy import select

from seminar.ground import clock
from seminar.ground.db import db, reading
from seminar.ground.refusal import N_, Refused
from seminar.people.person import Person
from seminar.series.access import plans_series
from seminar.series.answer import give_answers
from seminar.series.enrolling import cancel_enrollment, enroll, withdraw
from seminar.series.enrollment import LIVE, Enrollment, live_enrollment
from seminar.series.series import Series
from seminar.series.views import series
from seminar.series.views.answers import QuestionForm, asked_form, enrollment_page
from seminar.series.views.catalog import series_or_404, series_page
from seminar.series.views.requesting import request_form as request_form_of
from seminar.series.waitlist import join_waitlist, turn_down
from seminar.web.pages import refusing, told
from seminar.web.requires import anyone_signed_in, requires, works_here
from seminar.web.viewer import found_or_404, me


def _back_to(series_id: int) -> object:
    return redirect(url_for("series.show_series", series_id=series_id), 303)


def _refused(series_id: int, refused: Refused) -> object:
    # Most of a crowd is told no: while they are, the others' writes go on.
    with reading():
        return series_page(series_or_404(series_id), refused), refused.status


@series.post("/series/<int:series_id>/enrollment")
@requires(works_here)
def create_enrollment(series_id: int) -> object:
    person = me().person
    try:
        with refusing():
            found = series_or_404(series_id)
            form, request_form = asked_form(found), request_form_of(found, person)
            # Each says what is wrong with it.
            if not all([one.validate() for one in (form, request_form) if one is not None]):
                return enrollment_page(found, form or QuestionForm.asking([]), request_form), 422
            place = enroll(person, found, by=person, now=clock.now())
            if form is not None:
                give_answers(place, form.answers(), by=person, now=clock.now())
            if request_form is not None and place.state == "requested":
                request_form.fill_in(place)
            place_id, is_held, is_requested = place.id, place.state == "held", place.state == "requested"
            db.session.commit()
    except Refused as refused:
        return _refused(series_id, refused)
    if is_held:
        return redirect(url_for("money.show_order_of_place", enrollment_id=place_id), 303)
    asked = gettext("You've asked for a seat, and it is kept until that is decided.")
    enrolled = gettext("You're enrolled. The meetings are in your calendar feed, and a mail with them is on its way.")
    told(asked if is_requested else enrolled)
    return _back_to(series_id)


@series.post("/series/<int:series_id>/enrollment/withdrawal")
@requires(anyone_signed_in)
def create_withdrawal(series_id: int) -> object:
    person = me().person
    try:
        with refusing():
            enrollment = _own_place(person, series_or_404(series_id))
            waited = enrollment.state == "waitlisted"
            withdraw(enrollment, by=person, now=clock.now())
            db.session.commit()
    except Refused as refused:
        return _refused(series_id, refused)
    left, withdrawn = gettext("You've left the waitlist."), gettext("You've withdrawn, and the seat is free for somebody else.")
    told(left if waited else withdrawn)
    return _back_to(series_id)


def _own_place(person: Person, found: Series) -> Enrollment:
    """Their live place. Raises Refused where they have none."""
    place = live_enrollment(person, found, clock.now())
    if place is None:
        raise Refused(N_("You aren't enrolled in {title} now."), status=409, title=found.seminar.title)
    return place


@series.post("/series/<int:series_id>/waitlist")
@requires(works_here)
def create_wait(series_id: int) -> object:
    person = me().person
    try:
        with refusing():
            join_waitlist(person, series_or_404(series_id), by=person, now=clock.now())
            db.session.commit()
    except Refused as refused:
        return _refused(series_id, refused)
    told(gettext("You're on the waitlist. When a seat is free for you, a mail says until when it is kept."))
    return _back_to(series_id)


@series.post("/series/<int:series_id>/offer/refusal")
@requires(anyone_signed_in)
def create_refusal(series_id: int) -> object:
    person = me().person
    try:
        with refusing():
            turn_down(_own_place(person, series_or_404(series_id)), by=person, now=clock.now())
            db.session.commit()
    except Refused as refused:
        return _refused(series_id, refused)
    told(gettext("You've turned the seat down. It goes to the next in line."))
    return _back_to(series_id)


@series.post("/series/<int:series_id>/enrollments")
@requires(plans_series)
def enroll_somebody(series_id: int) -> object:
    """The program manager enrolls a person by their email."""
    try:
        with refusing():
            found = series_or_404(series_id)
            email = request.form.get("email", "").strip().lower()
            person = db.session.scalar(select(Person).where(Person.email == email, Person.district_id == found.district_id))
            if person is None:
                sentence = N_("Nobody in this district has the email {email}. Look it up under People.")
                raise Refused(sentence, field="email", email=email or "—")
            state = enroll(person, found, by=me().person, now=clock.now()).state
            db.session.commit()
    except Refused as refused:
        return _refused(series_id, refused)
    kept, enrolled = N_("A seat is kept for %(name)s, and a mail asks them to pay."), N_("%(name)s is enrolled, and was told by mail.")
    asked = N_("A seat is kept for %(name)s until somebody has approved it.")
    done = kept if state == "held" else asked if state == "requested" else enrolled
    told(gettext(done, name=person.name))
    return _back_to(series_id)


@series.post("/enrollments/<int:enrollment_id>/cancellation")
@requires(plans_series)
def create_cancellation(enrollment_id: int) -> object:
    enrollment: Enrollment = found_or_404(db.session.get(Enrollment, enrollment_id))
    series_id = enrollment.series_id
    try:
        with refusing():
            reason = request.form.get("reason", "").strip()
            if not reason and enrollment.state in LIVE:
                raise Refused(N_("Say why the place is canceled; the person is told."), field=f"reason-{enrollment_id}")
            cancel_enrollment(enrollment, reason=reason, by=me().person, now=clock.now())
            db.session.commit()
    except Refused as refused:
        return _refused(series_id, refused)
    told(gettext("The place is canceled, and the person was told by mail."))
    return _back_to(series_id)
