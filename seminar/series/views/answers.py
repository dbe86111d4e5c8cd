"""The questions of a series: before somebody enrolls, as they look at their answers again, and as its trainers read them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from flask import abort, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from wtforms import RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from seminar.ground import clock
from seminar.people.appointment import Standing, pd_office
from seminar.people.person import Person
from seminar.series.access import looks_after
from seminar.series.answer import answered, answers_of, change_answers, has_begun
from seminar.series.clash import IS_IN, meetings_at_the_same_time, meetings_on_closed_days
from seminar.series.enrollment import Enrollment, live_enrollment, seats_of, takes_enrollments
from seminar.series.free_seats import free_for
from seminar.series.question import (
    CONFIDENCE,
    DIETARY,
    EXPERIENCE,
    GRADES,
    KEPT_DAYS,
    LONGEST_ANSWER,
    LONGEST_WORDS,
    NEEDS,
    QUESTIONS,
    SEVERAL_GRADES,
    asked_by,
)
from seminar.series.series import Series
from seminar.series.views import series
from seminar.series.views.catalog import series_or_404
from seminar.series.views.requesting import RequestForm, needs_approval
from seminar.web.forms import Form, grade_choices
from seminar.web.requires import anyone_signed_in, requires, works_here
from seminar.web.saving import saved
from seminar.web.viewer import me

CHOICES = {"dietary": DIETARY, "grade": GRADES, "experience": EXPERIENCE, "confidence": CONFIDENCE}
NO_ANSWER = ("", lazy_gettext("Prefer not to say"))


def _label(question: str) -> Any:
    return lazy_gettext(QUESTIONS[question])


def _said(choices: Mapping[str, str]) -> list[tuple[str, Any]]:
    return [(value, lazy_gettext(label)) for value, label in choices.items()]


class QuestionForm(Form):
    """All that a series can ask; `asking` keeps what one does."""

    dietary = SelectMultipleField(
        _label("dietary"),
        choices=_said(DIETARY),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        description=lazy_gettext("So that there is something for you when the room eats."),
    )
    dietary_words = StringField(
        lazy_gettext("Anything else the kitchen needs to know"),
        [Length(max=LONGEST_WORDS)],
        description=lazy_gettext("It reads this without your name."),
    )
    accommodation = TextAreaField(
        _label("accommodation"),
        [Length(max=LONGEST_ANSWER)],
        description=lazy_gettext("So that you can take part: step-free access, an interpreter, large print, a seat near the front."),
    )
    grade = SelectField(
        _label("grade"),
        [Optional()],
        description=lazy_gettext("So that the examples fit your classes."),
    )
    experience = RadioField(
        _label("experience"),
        [Optional()],
        choices=[*_said(EXPERIENCE), NO_ANSWER],
        description=lazy_gettext("So that it begins where the room is."),
    )
    confidence = RadioField(
        _label("confidence"),
        [Optional()],
        choices=[*_said(CONFIDENCE), NO_ANSWER],
        description=lazy_gettext("How sure you are today that you could teach with it. It shows what the series changes."),
    )

    @classmethod
    def asking(cls, questions: list[str], known: Mapping[str, str] | None = None) -> Self:
        """With what was typed, or, where it is only shown, with what is known."""
        form = cls() if known is None else cls(formdata=None)
        form.grade.choices = [NO_ANSWER, *((str(grade), label) for grade, label in grade_choices()), SEVERAL]
        if known is not None:
            form.know(known)
        for name in [field.name for field in form]:
            if name in {*QUESTIONS, "dietary_words"} and name.partition("_")[0] not in questions:
                del form[name]
        return form

    def know(self, answers: Mapping[str, str]) -> None:
        needs = [need for need in answers.get("dietary", "").split("\n") if need]
        self.dietary.data = [need for need in needs if need in DIETARY]
        self.dietary_words.data = ", ".join(need for need in needs if need not in DIETARY)
        self.accommodation.data = answers.get("accommodation", "")
        for field in (self.grade, self.experience, self.confidence):
            field.data = answers.get(field.name, "")

    def answers(self) -> dict[str, str]:
        """By question that is asked, what was typed."""
        typed = {name: (self[name].data or "").strip() for name in QUESTIONS if name in self and name != "dietary"}
        if "dietary" in self:
            words = " ".join((self.dietary_words.data or "").split())
            typed["dietary"] = "\n".join(filter(None, [*(self.dietary.data or []), words]))
        return typed


SEVERAL = (SEVERAL_GRADES, lazy_gettext("Several grades, or none"))


def asked_form(found: Series) -> QuestionForm | None:
    """The questions with what was typed; None where the series asks nothing."""
    questions = asked_by(found)
    return QuestionForm.asking(questions) if questions else None


@series.get("/series/<int:series_id>/enrollment")
@requires(works_here)
def show_enrollment(series_id: int) -> object:
    found, standing, now = series_or_404(series_id), me(), clock.now()
    questions, place = asked_by(found), live_enrollment(standing.person, found, now)
    asks = bool(questions) or needs_approval(found, standing.person)
    is_offered = place is not None and place.state == "offered"
    is_free = place is None and takes_enrollments(found, now) and _is_left(found, standing.person, now)
    if not (asks and (is_offered or is_free)):
        # Its page says what there is instead.
        return redirect(url_for("series.show_series", series_id=series_id), 303)
    request = RequestForm.of(found, shown=True) if needs_approval(found, standing.person) else None
    return enrollment_page(found, QuestionForm.asking(questions, known_of(standing)), request)


def _is_left(found: Series, person: Person, now: datetime) -> bool:
    return free_for([person], found, seats_of(found, now), now).of(person.id) > 0


def known_of(standing: Standing) -> dict[str, str]:
    """The grade of their appointment; what they need is never carried over from another series."""
    grades = {str(appointment.grade) for appointment in standing.appointments if appointment.grade is not None}
    return {"grade": grades.pop() if len(grades) == 1 else SEVERAL_GRADES} if grades else {}


def enrollment_page(found: Series, form: QuestionForm, request: RequestForm | None) -> str:
    """What the series asks, what goes with a request where one is needed, and the button that enrolls."""
    person, now = me().person, clock.now()
    ahead = [meeting for meeting in found.meetings if meeting.ends_at > now and meeting.canceled_at is None]
    return render_template(
        "series/enrollment.html",
        first=ahead[0] if ahead else None,
        clashes=meetings_at_the_same_time(person, found, now),
        on_closed_days=meetings_on_closed_days(found, now),
        request_form=request,
        **_asking(found, form),
    )


def _asking(found: Series, form: QuestionForm) -> dict[str, object]:
    return {
        "series": found,
        "form": form,
        "needs": [name for name in ("dietary", "dietary_words", "accommodation") if name in form],
        "others": [name for name in QUESTIONS if name in form and name not in NEEDS],
        "trainers": [trainer.name for trainer in found.trainers],
        "office": [person.name for person in pd_office(found.district_id, me().day)],
        "kept_days": KEPT_DAYS,
    }


def _own_place_or_404(found: Series) -> Enrollment:
    place = live_enrollment(me().person, found, clock.now())
    if place is None or place.state not in IS_IN:
        abort(404)
    return place


@series.get("/series/<int:series_id>/enrollment/answers")
@requires(anyone_signed_in)
def show_own_answers(series_id: int) -> str:
    found = series_or_404(series_id)
    return _own_page(found, QuestionForm.asking(*_own(found)))


def _own(found: Series) -> tuple[list[str], dict[str, str]]:
    """What is asked, or was and is answered; and the answers."""
    answers = answers_of(_own_place_or_404(found))
    asked = asked_by(found)
    return [question for question in QUESTIONS if question in asked or question in answers], answers


def _own_page(found: Series, form: QuestionForm) -> str:
    begun = has_begun(found, clock.now())
    said = {"answers": answers_of(_own_place_or_404(found)) if begun else {}, "questions": QUESTIONS, "choices": CHOICES}
    return render_template("series/own_answers.html", begun=begun, **said, **_asking(found, form))


@series.post("/series/<int:series_id>/enrollment/answers")
@requires(anyone_signed_in)
def save_own_answers(series_id: int) -> object:
    found = series_or_404(series_id)
    place, form = _own_place_or_404(found), QuestionForm.asking(_own(found)[0])

    def save() -> str:
        change_answers(place, form.answers(), by=me().person, now=clock.now())
        return url_for("series.show_series", series_id=series_id)

    return saved(form, save, lambda refused: _own_page(series_or_404(series_id), refused), gettext("Saved. What you emptied is removed."))


@series.get("/series/<int:series_id>/answers")
@requires(anyone_signed_in)
def show_answers(series_id: int) -> str:
    found = series_or_404(series_id)
    if not looks_after(me(), found):
        abort(403)
    said = answered(found)
    return render_template(
        "series/answers.html",
        series=found,
        said=said,
        asked=[question for question in QUESTIONS if question in asked_by(found) or said.number(question)],
        choices=CHOICES,
        questions=QUESTIONS,
        kept_days=KEPT_DAYS,
    )
