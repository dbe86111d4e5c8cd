"""What the pages for planning share: a form on a page of its own, and why something is canceled."""

from typing import Any

from flask import render_template
from flask_babel import lazy_gettext
from wtforms import StringField
from wtforms.validators import Length

from seminar.web.forms import Form, needed


class ReasonForm(Form):
    reason = StringField(
        lazy_gettext("Why it is canceled"), [needed(lazy_gettext("Say why; everybody enrolled is told.")), Length(max=300)]
    )


def plan_page(title: Any, form: Form, action: str, back: str, **extra: Any) -> str:
    return render_template("series/plan_form.html", title=title, form=form, action=action, back=back, **extra)
