"""How long the district keeps its records: its choices, what today's round would touch, and what the rounds did."""

from typing import Any

from flask import render_template, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import func, select

from seminar.ground import clock
from seminar.ground.contributions import Place
from seminar.ground.db import db
from seminar.ground.retention import KINDS, kinds_to_choose
from seminar.ground.retention_rule import RetentionReport, choose_years, times_of, would_touch
from seminar.people.access import runs_the_program
from seminar.people.views import people
from seminar.web.asked import page_number
from seminar.web.forms import Form, WholeNumberField, needed
from seminar.web.pages import PAGE_SIZE, Page, page_of
from seminar.web.requires import requires
from seminar.web.saving import saved
from seminar.web.viewer import district_or_404, me


def settings_pages() -> list[Place]:
    return [
        Place(
            lazy_gettext("How long records are kept"),
            lazy_gettext("When notes, reasons and names of old records go, and what went. It touches everybody, those who left above all."),
            "people.show_retention",
            runs_the_program,
        )
    ]


def _form(years: dict[str, int] | None = None) -> Any:
    """A field for each kind whose years are chosen; with these years, or as it was sent."""
    fields = {
        kind.name: WholeNumberField(
            lazy_gettext("Years: %(kind)s", kind=gettext(kind.title)), [needed(lazy_gettext("Type a whole number."))]
        )
        for kind in kinds_to_choose()
    }
    made = type("RetentionForm", (Form,), fields)
    return made() if years is None else made(formdata=None, data=years)


@people.get("/settings/retention")
@requires(runs_the_program)
def show_retention() -> str:
    times = times_of(district_or_404(), clock.now())
    return _page(_form({kind.name: times.years_of(kind.name) for kind in kinds_to_choose()}))


def _page(form: Any) -> str:
    times = times_of(district_or_404(), clock.now())
    kinds = list(KINDS.values())
    return render_template(
        "people/retention.html",
        form=form,
        chosen=kinds_to_choose(),
        fixed=[kind for kind in kinds if kind.days],
        for_good=[kind for kind in kinds if not kind.days and not kind.years],
        touches=would_touch(times),
        page=_reports(),
        kinds=KINDS,
    )


def _reports() -> Page:
    """What the rounds did, the newest first."""
    mine = RetentionReport.district_id == district_or_404().id
    total = db.session.scalar(select(func.count()).where(mine)) or 0
    query = select(RetentionReport).where(mine).order_by(RetentionReport.id.desc())
    shown = query.limit(PAGE_SIZE).offset((page_number() - 1) * PAGE_SIZE)
    return page_of(list(db.session.scalars(shown)), total, page_number())


@people.post("/settings/retention")
@requires(runs_the_program)
def save_retention() -> object:
    form = _form()

    def save() -> str:
        years = {kind.name: form[kind.name].data for kind in kinds_to_choose()}
        choose_years(district_or_404(), years, by=me().person, now=clock.now())
        return url_for("people.show_retention")

    return saved(form, save, _page, gettext("Saved. The next round, tonight or in the morning, keeps to it."))
