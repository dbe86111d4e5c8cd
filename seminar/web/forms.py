"""The base of every form: CSRF, sentences in the reader's language, and a rule's no placed beside its field."""

from typing import Any

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import validators

from seminar.ground.refusal import Refused
from seminar.web.language import sentence_of


class Form(FlaskForm):  # type: ignore[misc]
    """A form whose fields say in plain words what is missing."""

    def refuse(self, refused: Refused) -> None:
        """Put the rule's sentence beside its field, or on top of the form where it is about none."""
        sentence = sentence_of(refused)
        field = self._fields.get(refused.field) if refused.field else None
        if field is None:
            self.form_errors.append(sentence)
        else:
            field.errors = [*field.errors, sentence]


def needed(sentence: Any = None) -> validators.InputRequired:
    return validators.DataRequired(sentence or lazy_gettext("Fill this in."))


def grade_choices() -> list[tuple[int, Any]]:
    return [(0, lazy_gettext("K")), *((grade, str(grade)) for grade in range(1, 13))]
