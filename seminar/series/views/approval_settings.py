"""The settings page of approvals: who decides, in which order, and within how many school days."""

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import select

from seminar.ground import clock
from seminar.ground.contributions import Place
from seminar.ground.db import db
from seminar.people.person import Person
from seminar.series.access import plans_series
from seminar.series.approval_step import DECIDERS, MOST_DAYS, MOST_STEPS, Step, change_steps, steps_of
from seminar.series.views import series
from seminar.web.forms import Form
from seminar.web.requires import requires
from seminar.web.saving import saved
from seminar.web.viewer import district_or_404, me


def settings_pages() -> list[Place]:
    says = lazy_gettext("Who approves a seat where a series or a school asks for it: in which order, and within how many school days.")
    return [Place(lazy_gettext("Approvals"), says, "series.show_approval_steps", plans_series)]


@series.get("/settings/approvals")
@requires(plans_series)
def show_approval_steps() -> str:
    return _steps_page(Form(formdata=None), _as_they_are(), {})


def _as_they_are() -> dict[str, str]:
    shown: dict[str, str] = {}
    for n, step in enumerate(steps_of(district_or_404().id)):
        shown |= {f"role_{n}": step.role, f"days_{n}": str(step.school_days)}
        shown[f"email_{n}"] = (step.approver.email or "") if step.approver else ""
    return shown


def _steps_page(form: Form, shown: dict[str, str], wrong: dict[str, str]) -> str:
    return render_template("series/approval_settings.html", form=form, shown=shown, wrong=wrong, rows=range(MOST_STEPS), deciders=DECIDERS)


def _typed() -> tuple[list[Step], dict[str, Any]]:
    """The steps, and by field what is wrong."""
    steps, wrong = [], {}
    for n in range(MOST_STEPS):
        role, days, email = (request.form.get(f"{name}_{n}", "").strip() for name in ("role", "days", "email"))
        if not role:
            continue
        if role not in DECIDERS:
            wrong[f"role_{n}"] = gettext("Choose one of the list.")
        if not (days.isascii() and days.isdigit() and len(days) < 5 and 1 <= int(days) <= MOST_DAYS):
            wrong[f"days_{n}"] = gettext("Type a whole number from %(min)s to %(max)s.", min=1, max=MOST_DAYS)
        approver = colleague_with(email) if role == "person" else None
        if role == "person" and approver is None:
            wrong[f"email_{n}"] = gettext("Nobody in this district has this email. Look it up under People.")
        if not wrong:
            steps.append(Step(role, int(days), approver))
    return steps, wrong


def colleague_with(email: str) -> Person | None:
    """Who has this address in the reader's district."""
    of_district = Person.district_id == district_or_404().id
    return db.session.scalar(select(Person).where(of_district, Person.email == email.lower(), Person.merged_into_id.is_(None)))


@series.post("/settings/approvals")
@requires(plans_series)
def save_approval_steps() -> object:
    typed = dict(request.form.items())
    steps, wrong = _typed()
    if wrong:
        return _steps_page(Form(), typed, wrong), 422

    def save() -> str:
        change_steps(district_or_404(), steps, by=me().person, now=clock.now())
        return url_for("series.show_approval_steps")

    return saved(Form(), save, lambda form: _steps_page(form, typed, {}), gettext("Saved. It counts for requests from now on."))
