"""The base of every form: CSRF, sentences in the reader's language, and a rule's no placed beside its field."""

from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from flask_wtf.i18n import translations
from wtforms import Field, IntegerField, validators
from wtforms.form import BaseForm

from seminar.ground.refusal import N_, Refused
from seminar.web.asked import LARGEST_ID
from seminar.web.language import sentence_of

# What the form library says of a field that it can't read, as we say it: what to type.
IN_PLAIN_WORDS = {
    "Not a valid date value.": N_("There is no such day. Choose it from the calendar, or type it like 2027-09-06."),
    "Not a valid datetime value.": N_("There is no such day and time. Choose them from the calendar, or type them like 2027-09-06T16:00."),
    "Not a valid time value.": N_("There is no such time. Type it like 16:00."),
    "Not a valid integer value.": N_("Type a whole number."),
    "Not a valid choice.": N_("Choose one of the list."),
    "Invalid Choice: could not coerce.": N_("Choose one of the list."),
    "'%(value)s' is not a valid choice for this field.": N_("Choose one of the list."),
    "Number must be between %(min)s and %(max)s.": N_("Type a whole number from %(min)s to %(max)s."),
    "Field cannot be longer than %(max)d character.": N_("These are %(length)d characters, and %(max)d fit. Shorten it."),
}


class PlainWords:
    """The library's sentences in the reader's language, and ours in the place of those that don't say what to do."""

    def gettext(self, sentence: str) -> str:
        return gettext(IN_PLAIN_WORDS[sentence]) if sentence in IN_PLAIN_WORDS else str(translations.gettext(sentence))

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return gettext(IN_PLAIN_WORDS[singular]) if singular in IN_PLAIN_WORDS else str(translations.ngettext(singular, plural, number))


class Form(FlaskForm):  # type: ignore[misc]
    """A form whose fields say in plain words what is missing."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        def get_translations(self, _form: BaseForm) -> PlainWords:
            return PlainWords()

    def refuse(self, refused: Refused) -> None:
        """Put the rule's sentence beside its field, or on top of the form where it is about none."""
        sentence = sentence_of(refused)
        field = self._fields.get(refused.field) if refused.field else None
        if field is None:
            self.form_errors.append(sentence)
        else:
            field.errors = [*field.errors, sentence]


class WholeNumberField(IntegerField):  # type: ignore[misc]
    """Of a number that no column could hold, the largest one that it could stands for it: the validators say what to type."""

    data: Any

    def process_formdata(self, typed: list[str]) -> None:
        super().process_formdata(typed)
        number = self.data
        self.data = None if number is None else max(-LARGEST_ID, min(LARGEST_ID, number))


class Needed(validators.DataRequired):  # type: ignore[misc]
    """Asks for what is left empty. What was typed and can't be read keeps the sentence that says so, and a zero is a number."""

    def __call__(self, form: BaseForm, field: Field) -> None:
        if field.process_errors and any(str(typed).strip() for typed in field.raw_data or ()):
            raise validators.StopValidation
        if not (isinstance(field, IntegerField) and field.data is not None):
            super().__call__(form, field)


def needed(sentence: Any = None) -> Needed:
    return Needed(sentence or lazy_gettext("Fill this in."))


def grade_choices() -> list[tuple[int, Any]]:
    return [(0, lazy_gettext("K")), *((grade, str(grade)) for grade in range(1, 13))]
