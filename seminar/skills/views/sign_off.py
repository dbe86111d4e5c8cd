"""Signing off outside a series: a cleared trainer, one person, several competencies of one badge."""

from flask import abort, redirect, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from seminar.ground import clock
from seminar.ground.db import db
from seminar.ground.refusal import Refused
from seminar.people.person import Person
from seminar.skills.access import may_sign_off_somewhere
from seminar.skills.badge import Badge
from seminar.skills.signing import Shown, sign_off
from seminar.skills.views import skills
from seminar.web.language import sentence_of
from seminar.web.pages import refusing, told
from seminar.web.requires import requires
from seminar.web.viewer import found_or_404, me


@skills.post("/people/<int:person_id>/sign-offs")
@requires(may_sign_off_somewhere)
def create_sign_offs(person_id: int) -> object:
    person: Person = found_or_404(db.session.get(Person, person_id))
    query = select(Badge).where(Badge.id == request.form.get("badge", type=int), Badge.district_id == person.district_id)
    badge = db.session.scalar(query.options(joinedload(Badge.skill), selectinload(Badge.competencies))) or abort(404)
    chosen = set(request.form.getlist("competency"))
    note = request.form.get("note", "").strip()[:500]
    try:
        with refusing():
            shown = [Shown(person, c, note) for c in badge.competencies if str(c.id) in chosen]
            awards = sign_off(shown, badge, by=me().person, series_id=None, now=clock.now(), day=me().day)
            told(
                gettext("Saved. %(name)s now holds %(badge)s.", name=person.name, badge=awards[0].badge.name)
                if awards
                else gettext("Saved: %(count)d signed off.", count=len(shown))
            )
            db.session.commit()
    except Refused as refused:
        told(sentence_of(refused), "bad")
    return redirect(url_for("coverage.show_person", person_id=person_id), 303)
