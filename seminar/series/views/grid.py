"""The sign-off grid of a series: people × competencies, several at once; and the same for one person, as on a phone."""

from dataclasses import dataclass

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext

from seminar.ground import clock
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.people.person import Person
from seminar.series.access import looks_after, teaches
from seminar.series.attendance import here_on
from seminar.series.enrollment import enrolled_people
from seminar.series.series import Series
from seminar.series.views import series
from seminar.series.views.catalog import series_or_404
from seminar.skills.award import Award, progress
from seminar.skills.badge import Badge, Competency
from seminar.skills.signing import Shown, cleared_skills, sign_off, withdraw_sign_offs
from seminar.web.asked import asked_id
from seminar.web.language import local, sentence_of
from seminar.web.pages import refusing, told
from seminar.web.requires import anyone_signed_in, requires
from seminar.web.viewer import me


@dataclass(frozen=True)
class Room:
    """The people that a trainer signs off in a series, and which of them are here today (all, where no sheet is saved yet)."""

    series: Series
    badge: Badge
    people: list[Person]
    here: set[int]

    @property
    def competencies(self) -> list[Competency]:
        return [competency for competency in self.badge.competencies if competency.retired_on is None]


def _room_or_404(series_id: int) -> Room:
    found, standing = series_or_404(series_id), me()
    if not looks_after(standing, found):
        abort(403)
    people = [person for person in enrolled_people(found) if person.id != standing.person.id]
    here = here_on(found, standing.day)
    return Room(found, found.seminar.badge or abort(404), people, {p.id for p in people if here is None or p.id in here})


@series.get("/series/<int:series_id>/skills")
@requires(anyone_signed_in)
def show_grid(series_id: int) -> str:
    return _grid_page(_room_or_404(series_id))


def _grid_page(room: Room, refused: Refused | None = None) -> str:
    standing, alone = me(), asked_id("person")
    ids = [person.id for person in room.people]
    if alone is not None and alone not in ids:
        abort(404)
    at = ids.index(alone) if alone is not None else 0
    today = [meeting for meeting in room.series.meetings if local(meeting.starts_at).date() == standing.day]
    return render_template(
        "series/grid.html",
        series=room.series,
        badge=room.badge,
        people=room.people if alone is None else [room.people[at]],
        alone=alone is not None,
        place=at + 1,
        everybody=room.people,
        here=room.here,
        meeting=today[0] if today else None,
        competencies=room.competencies,
        at=progress(ids, [room.badge], standing.day),
        may_sign=teaches(standing, room.series) and room.badge.skill_id in cleared_skills(standing.person, standing.day),
        refusal=sentence_of(refused) if refused else "",
        refused_field=refused.field if refused else None,
        typed=set(request.form.getlist("cell")) if request.method == "POST" else None,
        everyone_typed=set(request.form.getlist("everyone", type=int)),
        reason=request.form.get("reason", ""),
        note_typed=request.form.get("note", ""),
    )


@series.post("/series/<int:series_id>/skills")
@requires(anyone_signed_in)
def save_grid(series_id: int) -> object:
    room = _room_or_404(series_id)
    if not teaches(me(), room.series):
        abort(403)
    try:
        with refusing():
            told(_what_followed(_save(room)))
            db.session.commit()
    except Refused as refused:
        return _grid_page(_room_or_404(series_id), refused), refused.status
    return redirect(url_for("series.show_grid", series_id=series_id, person=asked_id("person")), 303)


def _save(room: Room) -> list[Award]:
    """Sign off what is newly checked, and withdraw what was checked when the page was opened and isn't now: what
    somebody else signed off meanwhile stays."""
    standing, now = me(), clock.now()
    checked, was = set(request.form.getlist("cell")), set(request.form.getlist("was"))
    undone = _pairs(room, was - checked)
    withdraw_sign_offs(undone, room.badge, reason=request.form.get("reason", ""), by=standing.person, now=now, day=standing.day)
    note = request.form.get("note", "").strip()[:500]
    shown = {(person.id, c.id): Shown(person, c, note) for person, c in [*_pairs(room, checked - was), *_everyone(room)]}
    for person, competency in undone:
        shown.pop((person.id, competency.id), None)
    return sign_off(shown.values(), room.badge, by=standing.person, series_id=room.series.id, now=now, day=standing.day)


def _pairs(room: Room, cells: set[str]) -> list[tuple[Person, Competency]]:
    people = {str(person.id): person for person in room.people}
    competencies = {str(competency.id): competency for competency in room.competencies}
    split = [cell.partition("-") for cell in sorted(cells)]
    return [(people[p], competencies[c]) for p, _, c in split if p in people and c in competencies]


def _everyone(room: Room) -> list[tuple[Person, Competency]]:
    """What is checked in the row for everyone here; never what is safety-critical, which is shown one by one."""
    chosen = set(request.form.getlist("everyone", type=int))
    asked = [c for c in room.competencies if c.id in chosen and not c.is_safety]
    return [(person, competency) for person in room.people if person.id in room.here for competency in asked]


def _what_followed(awards: list[Award]) -> str:
    names = ", ".join(f"{award.person.name} ({award.badge.name})" for award in awards)
    return gettext("Saved. Badges earned: %(names)s.", names=names) if awards else gettext("Saved.")
