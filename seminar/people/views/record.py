"""The program manager's record: the audit trail, and mail that didn't arrive."""

from datetime import datetime, timedelta

from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from seminar.ground import clock, history
from seminar.ground.clock import at_local
from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.mail_kinds import KINDS
from seminar.ground.outbox import Mail, recipient_of
from seminar.ground.post import try_again
from seminar.people.access import runs_the_program
from seminar.people.person import Person
from seminar.people.views import people
from seminar.people.views.deeds import DEEDS, deed
from seminar.web.asked import page_number, typed_day
from seminar.web.pages import PAGE_SIZE, page_of, told
from seminar.web.requires import requires
from seminar.web.viewer import district_or_404, found_or_404, me

UNDELIVERED_SHOWN = 100


@people.get("/audit-trail")
@requires(runs_the_program)
def show_audit_trail() -> str:
    """Who did what to which record, and when: the newest first, by person, deed and day."""
    district = district_or_404()
    name, what, day = request.args.get("name", "").strip()[:100], request.args.get("what", ""), request.args.get("day", "")
    now_one = aliased(Person)
    query = select(History, Person, now_one).outerjoin(Person, Person.id == History.who_id).outerjoin(Person.merged_into.of_type(now_one))
    query = query.where(History.district_id == district.id)
    for word in name.split()[:5]:
        # What was done by a record that went into another one is found by either name.
        full = [func.lower(who.given_name + " " + who.family_name).contains(word.lower(), autoescape=True) for who in (Person, now_one)]
        query = query.where(or_(*full))
    if what in DEEDS:
        query = query.where(History.what == what)
    until = _end_of(day)
    if until is not None:
        query = query.where(History.at < until)
    shown = query.order_by(History.id.desc()).limit(PAGE_SIZE + 1).offset((page_number() - 1) * PAGE_SIZE)
    rows = db.session.execute(shown).all()
    # The trail is never counted: it only grows. One row more than a page says whether there is another.
    total = (page_number() - 1) * PAGE_SIZE + len(rows)
    page = page_of(list(rows[:PAGE_SIZE]), total, page_number())
    values = {"name": name, "what": what, "day": day if until else "", "deeds": _deeds(), "deed": deed}
    return render_template("people/audit_trail.html", page=page, unnamed=_unnamed([row[0] for row in page.rows]), **values)


def _unnamed(rows: list[History]) -> set[int]:
    """The lines about somebody whose name is gone (seminar.people.pseudonym): their details may still say it."""
    about = {row.id: row.record_id if row.record == "person" else row.details.get("person") for row in rows}
    gone = select(Person.id).where(Person.id.in_(set(about.values()) - {None}), Person.pseudonymised_on.is_not(None))
    ids = set(db.session.scalars(gone))
    return {line for line, person_id in about.items() if person_id in ids}


def _deeds() -> list[tuple[str, str]]:
    return sorted(((what, deed(what)) for what in DEEDS), key=lambda one: one[1])


def _end_of(day: str) -> datetime | None:
    """The end of a typed day in the district's zone; None where it can't be read."""
    typed = typed_day(day)
    return None if typed is None else at_local(typed + timedelta(days=1), 0, 0, district_or_404().timezone)


@people.get("/mail")
@requires(runs_the_program)
def show_undelivered() -> str:
    """Mail that was given up after its last try, the newest first."""
    dead = (Mail.district_id == district_or_404().id, Mail.state == "dead")
    query = select(Mail, Person).join(Person, Person.id == Mail.person_id).where(*dead).order_by(Mail.id.desc()).limit(UNDELIVERED_SHOWN)
    rows = [(mail, person, recipient_of(mail, person), _title(mail)) for mail, person in db.session.execute(query)]
    total = db.session.scalar(select(func.count()).select_from(Mail).where(*dead)) or 0
    return render_template("people/undelivered.html", rows=rows, total=total)


def _title(mail: Mail) -> str:
    """What its kind is called; its bare name where an older version wrote it and no room knows it now."""
    return gettext(KINDS[mail.kind].title) if mail.kind in KINDS else mail.kind


@people.post("/mail/<int:mail_id>/retry")
@requires(runs_the_program)
def create_retry(mail_id: int) -> object:
    mail: Mail = found_or_404(db.session.get(Mail, mail_id))
    if mail.state == "dead":
        try_again(mail, now=clock.now())
        history.record(me().person, "mail tried again", mail, clock.now(), kind=mail.kind)
        db.session.commit()
    told(gettext("It is tried again within a minute."))
    return redirect(url_for("people.show_undelivered"), 303)
