"""The sign-off grid of a series: people × competencies, several at once."""

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext

from seminar.ground import clock
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.people.person import Person
from seminar.series.access import sees_grid, teaches
from seminar.series.enrollment import enrolled_people
from seminar.series.series import Series
from seminar.series.views import series
from seminar.series.views.catalog import series_or_404
from seminar.skills.award import Award, progress
from seminar.skills.badge import Badge, Competency
from seminar.skills.signing import Shown, cleared_skills, sign_off, withdraw_sign_offs
from seminar.web.language import sentence_of
from seminar.web.pages import refusing, told
from seminar.web.requires import anyone_signed_in, requires
from seminar.web.viewer import me


def _series_and_badge(series_id: int) -> tuple[Series, Badge]:
    found = series_or_404(series_id)
    if not sees_grid(me(), found):
        abort(403)
    return found, found.seminar.badge or abort(404)


@series.get("/series/<int:series_id>/skills")
@requires(anyone_signed_in)
def show_grid(series_id: int) -> str:
    return _grid_page(*_series_and_badge(series_id))


def _grid_page(found: Series, badge: Badge, refusal: str = "") -> str:
    standing = me()
    people = [person for person in enrolled_people(found) if person.id != standing.person.id]
    return render_template(
        "series/grid.html",
        series=found,
        badge=badge,
        people=people,
        competencies=_asked(badge),
        at=progress([person.id for person in people], [badge], standing.day),
        may_sign=teaches(standing, found) and badge.skill_id in cleared_skills(standing.person, standing.day),
        refusal=refusal,
        typed=set(request.form.getlist("cell")) if request.method == "POST" else None,
        reason=request.form.get("reason", ""),
        note_typed=request.form.get("note", ""),
    )


def _asked(badge: Badge) -> list[Competency]:
    return [competency for competency in badge.competencies if competency.retired_on is None]


@series.post("/series/<int:series_id>/skills")
@requires(anyone_signed_in)
def save_grid(series_id: int) -> object:
    found, badge = _series_and_badge(series_id)
    if not teaches(me(), found):
        abort(403)
    try:
        with refusing():
            awards = _save(found, badge)
            told(_what_followed(awards))
            db.session.commit()
    except Refused as refused:
        return _grid_page(*_series_and_badge(series_id), refusal=sentence_of(refused)), refused.status
    return redirect(url_for("series.show_grid", series_id=series_id), 303)


def _save(found: Series, badge: Badge) -> list[Award]:
    """Sign off what is newly checked, and withdraw what was checked when the page was opened and isn't now: what
    somebody else signed off meanwhile stays."""
    standing, now = me(), clock.now()
    people = {str(person.id): person for person in enrolled_people(found)}
    competencies = {str(competency.id): competency for competency in _asked(badge)}
    checked, was = set(request.form.getlist("cell")), set(request.form.getlist("was"))

    def pairs(cells: set[str]) -> list[tuple[Person, Competency]]:
        split = [cell.partition("-") for cell in sorted(cells)]
        return [(people[p], competencies[c]) for p, _, c in split if p in people and c in competencies]

    reason = request.form.get("reason", "")
    withdraw_sign_offs(pairs(was - checked), badge, reason=reason, by=standing.person, now=now, day=standing.day)
    note = request.form.get("note", "").strip()[:500]
    shown = [Shown(person, competency, note) for person, competency in pairs(checked - was)]
    return sign_off(shown, badge, by=standing.person, series_id=found.id, now=now, day=standing.day)


def _what_followed(awards: list[Award]) -> str:
    names = ", ".join(f"{award.person.name} ({award.badge.name})" for award in awards)
    return gettext("Saved. Badges earned: %(names)s.", names=names) if awards else gettext("Saved.")
