"""Signing off outside a series: a cleared trainer, one person, several competencies of one badge; and undoing a slip."""

from flask import abort, redirect, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from seminar.ground import clock
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.people.person import Person
from seminar.skills.access import may_sign_off_somewhere
from seminar.skills.badge import Badge, Competency
from seminar.skills.sign_off import SignOff
from seminar.skills.signing import Shown, sign_off, withdraw_sign_off
from seminar.skills.views import skills
from seminar.web.asked import asked_id
from seminar.web.language import sentence_of
from seminar.web.pages import refusing, told
from seminar.web.requires import requires
from seminar.web.saving import pressed
from seminar.web.viewer import found_or_404, me


@skills.post("/people/<int:person_id>/sign-offs")
@requires(may_sign_off_somewhere)
def create_sign_offs(person_id: int) -> object:
    person: Person = found_or_404(db.session.get(Person, person_id))
    query = select(Badge).where(Badge.id == asked_id("badge"), Badge.district_id == person.district_id)
    badge = db.session.scalar(query.options(joinedload(Badge.skill), selectinload(Badge.competencies))) or abort(404)
    try:
        with refusing():
            told(_sign_off(person, badge))
            db.session.commit()
    except Refused as refused:
        told(sentence_of(refused), "bad")
        return redirect(url_for("coverage.show_person", person_id=person_id, badge=badge.id, _anchor="sign-off"), 303)
    return redirect(url_for("coverage.show_person", person_id=person_id), 303)


def _sign_off(person: Person, badge: Badge) -> str:
    """Signs off what is checked, and answers what followed."""
    chosen, note = set(request.form.getlist("competency")), request.form.get("note", "").strip()[:500]
    shown = [Shown(person, c, note) for c in badge.competencies if str(c.id) in chosen]
    if not shown:
        raise Refused(N_("Check what {name} showed, then save."), name=person.name)
    awards = sign_off(shown, badge, by=me().person, series_id=None, now=clock.now(), day=me().day)
    if awards:
        return gettext("Saved. %(name)s now holds %(badge)s.", name=person.name, badge=awards[0].badge.name)
    return gettext("Saved: %(count)d signed off.", count=len(shown))


@skills.post("/sign-offs/<int:sign_off_id>/withdrawal")
@requires(may_sign_off_somewhere)
def create_sign_off_withdrawal(sign_off_id: int) -> object:
    query = select(SignOff).where(SignOff.id == sign_off_id).options(joinedload(SignOff.person))
    found: SignOff = found_or_404(db.session.scalar(query.options(joinedload(SignOff.competency).joinedload(Competency.badge))))
    reason = request.form.get("reason", "").strip()[:500]

    def withdraw() -> None:
        withdraw_sign_off(found, found.competency.badge, reason=reason, by=me().person, now=clock.now(), day=me().day)

    back = url_for("coverage.show_person", person_id=found.person_id, _anchor="sign-offs")
    return pressed(withdraw, gettext("Undone. The record keeps both."), back=back)
