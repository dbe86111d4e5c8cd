"""What the pages for planning share: a form on a page of its own, saved by a verb, shown again with what was typed."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import redirect, render_template
from flask_babel import lazy_gettext
from wtforms import StringField
from wtforms.validators import Length

from seminar.ground.refusal import Refused
from seminar.web.forms import Form, needed
from seminar.web.pages import done_once, refusing, told

F = TypeVar("F", bound=Form)


class ReasonForm(Form):
    reason = StringField(
        lazy_gettext("Why it is canceled"), [needed(lazy_gettext("Say why; everybody enrolled is told.")), Length(max=300)]
    )


def plan_page(title: Any, form: Form, action: str, back: str, **extra: Any) -> str:
    return render_template("series/plan_form.html", title=title, form=form, action=action, back=back, **extra)


def saved(form: F, save: Callable[[], str], page: Callable[[F], str], done: str) -> object:
    """Check the form's shape, do the verb, and go on to the address that it answers; else the page again."""
    if not form.validate():
        return page(form), 422
    try:
        with refusing():
            address = done_once(save)
    except Refused as refused:
        form.refuse(refused)
        return page(form), refused.status
    told(done)
    return redirect(address, 303)
