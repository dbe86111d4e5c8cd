"""What an address or a form asks for: read as it can be. A number that no column holds, or a day that no calendar needs, is
like one that can't be read."""

from datetime import date, datetime

from flask import request
from flask_babel import lazy_gettext
from wtforms import Field, ValidationError
from wtforms.form import BaseForm

LARGEST_ID = 2**31 - 1
FURTHEST_PAGE = 1_000_000
FIRST_YEAR, LAST_YEAR = 2000, 2100


def asked_id(name: str) -> int | None:
    """The number in the address, or in the form that was sent; None where it is left out."""
    number = request.values.get(name, type=int)
    return number if number is not None and 0 <= number <= LARGEST_ID else None


def asked_day(name: str, default: date) -> date:
    """The day in the address, or the default."""
    return typed_day(request.args.get(name, "")) or default


def page_number() -> int:
    return min(max(1, request.args.get("page", 1, type=int)), FURTHEST_PAGE)


def typed_day(typed: str) -> date | None:
    """An ISO day between 2000 and 2100; None for anything else."""
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def a_likely_day(_form: BaseForm, field: Field) -> None:
    """For a form's days and times: a slip of the year is told, and reckoning with it never overflows."""
    if isinstance(field.data, date | datetime) and not FIRST_YEAR <= field.data.year <= LAST_YEAR:
        raise ValidationError(str(lazy_gettext("Check the year.")))
