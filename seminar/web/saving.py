"""What every page with a form of its own does: check what was typed, do the verb, and go on; or the page again, as it was typed."""

from collections.abc import Callable
from typing import TypeVar

from flask import redirect

from seminar.ground.refusal import Refused
from seminar.web.forms import Form
from seminar.web.pages import done_once, refusing, told

F = TypeVar("F", bound=Form)


def saved(form: F, save: Callable[[], str], page: Callable[[F], str], done: object) -> object:
    """Check the form's shape, do the verb, and go on to the address that it answers; else the page again. What was done is said
    afterwards: lazily, where it may have changed the reader's language."""
    if not form.validate():
        return page(form), 422
    try:
        with refusing():
            address = done_once(save)
    except Refused as refused:
        form.refuse(refused)
        return page(form), refused.status
    told(str(done))
    return redirect(address, 303)
