"""A rule says no: the sentence that the person will read, and where it belongs."""

from typing import Any


def N_(message: str) -> str:
    """Mark a sentence for translation where it is written; it is translated where it is read."""
    return message


class Refused(Exception):
    """A rule's no, in a sentence that says what is wrong and what to do.

    `message` is an untranslated gettext string with {named} values; `field` is the form field that it is about;
    `status` is 409 for a conflict with what others did, and 422 for what was asked.
    """

    def __init__(self, message: str, *, field: str | None = None, status: int = 422, **values: Any) -> None:
        super().__init__(message.format(**values))
        self.message, self.field, self.status, self.values = message, field, status, values
