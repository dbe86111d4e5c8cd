"""What somebody says with the request for a seat that is to be approved: on the one page between Enroll and the seat."""

from typing import Self

from flask_babel import lazy_gettext
from wtforms import SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from seminar.ground import clock
from seminar.people.person import Person
from seminar.series.approval import LONGEST_CODE, LONGEST_NOTE
from seminar.series.approval_asking import fill_in, schools_of
from seminar.series.days_out import days_out_of_class
from seminar.series.enrollment import Enrollment
from seminar.series.series import Series
from seminar.web.forms import Form
from seminar.web.language import short_day


class RequestForm(Form):
    substitute_days = SelectMultipleField(
        lazy_gettext("A substitute teaches your class on"),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        description=lazy_gettext("The series meets on these days while school is on. Choose those on which you need somebody."),
    )
    funding_code = StringField(
        lazy_gettext("Funding code, if you know it"),
        [Length(max=LONGEST_CODE)],
        description=lazy_gettext("What the substitute, or the seat, is paid from."),
    )
    note = TextAreaField(lazy_gettext("What else to say to whoever decides"), [Length(max=LONGEST_NOTE)])

    @classmethod
    def of(cls, found: Series, *, shown: bool = False) -> Self:
        """With what was typed, or empty where it is only shown; without a day out of class it asks for no substitute."""
        form = cls(formdata=None) if shown else cls()
        days = days_out_of_class(found, clock.now())
        form.substitute_days.choices = [(day.isoformat(), short_day(day)) for day in days]
        if not days:
            del form.substitute_days
        return form

    def fill_in(self, place: Enrollment) -> None:
        chosen = self.substitute_days.data if "substitute_days" in self else []
        note, code = (self.note.data or "").strip(), " ".join((self.funding_code.data or "").split())
        fill_in(place, substitute_days=chosen, funding_code=code, note=note)


def request_form(found: Series, person: Person) -> RequestForm | None:
    """With what was typed; None where their seat needs no approval."""
    return RequestForm.of(found) if needs_approval(found, person) else None


def needs_approval(found: Series, person: Person) -> bool:
    """One statement, where the series itself doesn't ask."""
    if found.asks_approval:
        return True
    school = schools_of([person], found.district.day(clock.now())).get(person.id)
    return school is not None and school.asks_approval
