"""What every page with a form of its own does: check what was typed, do the verb, and go on; or the page again, as it was typed. And
what a button without one does."""

from collections.abc import Callable
from typing import TypeVar

from flask import redirect

from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.web.forms import Form
from seminar.web.language import sentence_of
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


def pressed(act: Callable[[], object], done: str, *, back: str) -> object:
    """Do the verb and go back to the page of the button, which says that it is done, or what the rule says."""
    try:
        with refusing():
            act()
            db.session.commit()
    except Refused as refused:
        told(sentence_of(refused), "bad")
    else:
        told(done)
    return redirect(back, 303)
