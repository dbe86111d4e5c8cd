"""The program manager's page where two records of one person become one: find the other, look at what happens, say why."""

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import func, select
from wtforms import StringField
from wtforms.validators import Length

from seminar.ground import clock
from seminar.ground.db import db
from seminar.ground.refusal import N_
from seminar.people import merging
from seminar.people.access import runs_the_program
from seminar.people.person import Person, who_stays
from seminar.people.views import people
from seminar.web.forms import Form, needed
from seminar.web.pages import PAGE_SIZE
from seminar.web.requires import requires
from seminar.web.saving import saved
from seminar.web.viewer import district_or_404, found_or_404, me

# What a principal would ask after, in this order; all else counts together.
NAMED = {
    "appointment": N_("Appointments"),
    "enrollment": N_("Enrollments"),
    "attendance": N_("Attendance marks"),
    "sign_off": N_("Sign-offs"),
    "award": N_("Badges"),
    "reservation": N_("Reservations and loans"),
    "email_address": N_("Email addresses"),
    "sign_on_identity": N_("Linked sign-ons"),
    "mail": N_("Mails"),
}


class MergeForm(Form):
    reason = StringField(
        lazy_gettext("Why they are one person"),
        [needed(lazy_gettext("Say why these two are one person.")), Length(max=merging.LONGEST_REASON)],
    )


@dataclass(frozen=True)
class Row:
    what: str
    kept: int
    merged: int


def _person_or_404(person_id: int) -> Person:
    person: Person = found_or_404(db.session.get(Person, person_id))
    return person


@people.get("/people/<int:person_id>/merge")
@requires(runs_the_program)
def show_other_records(person_id: int) -> object:
    """Who could be the same person: the first guess is who has the same family name."""
    kept = _person_or_404(person_id)
    if kept.merged_into_id is not None:
        return redirect(url_for("people.show_other_records", person_id=kept.merged_into_id), 303)
    search = request.args.get("search", kept.family_name).strip()[:100]
    return render_template("people/other_records.html", kept=kept, search=search, found=_found(kept, search))


@people.get("/people/<int:person_id>/merge/<int:other_id>")
@requires(runs_the_program)
def show_merge(person_id: int, other_id: int) -> object:
    """What would happen, and nothing has yet."""
    kept, merged = _person_or_404(person_id), _person_or_404(other_id)
    if kept.id == merged.id or kept.merged_into_id is not None or merged.merged_into_id is not None:
        return redirect(url_for("people.show_other_records", person_id=who_stays(kept).id), 303)
    return _merge_page(kept, merged, MergeForm(formdata=None))


def _merge_page(kept: Person, merged: Person, form: MergeForm) -> str:
    meet = merging.collisions(kept, merged, now=clock.now())
    return render_template(
        "people/merge.html",
        kept=kept,
        merged=merged,
        form=form,
        rows=_rows(kept, merged),
        meet=[one for one in meet if one.solve is not None],
        against=[one for one in meet if one.solve is None],
    )


def _found(kept: Person, search: str) -> list[Person]:
    """The records whose name or address has these words; none without a word."""
    query = select(Person).where(Person.district_id == district_or_404().id, Person.id != kept.id)
    query = query.where(Person.merged_into_id.is_(None), Person.pseudonymised_on.is_(None))
    for word in search.split()[:5]:
        full = Person.given_name + " " + Person.family_name + " " + func.coalesce(Person.email, "")
        query = query.where(func.lower(full).contains(word.lower(), autoescape=True))
    if not search:
        return []
    return list(db.session.scalars(query.order_by(Person.family_name, Person.given_name, Person.id).limit(PAGE_SIZE)))


def _rows(kept: Person, merged: Person) -> list[Row]:
    counts = merging.rows_of([kept, merged])
    rows = [Row(gettext(says), counts[table][kept.id], counts[table][merged.id]) for table, says in NAMED.items()]
    rest = [by_person for table, by_person in counts.items() if table not in NAMED]
    rows.append(Row(gettext("Other records"), sum(one[kept.id] for one in rest), sum(one[merged.id] for one in rest)))
    return [row for row in rows if row.kept or row.merged]


@people.post("/people/<int:person_id>/merge/<int:other_id>")
@requires(runs_the_program)
def create_merge(person_id: int, other_id: int) -> object:
    kept, merged, form = _person_or_404(person_id), _person_or_404(other_id), MergeForm()

    def save() -> str:
        merging.merge(kept, merged, reason=form.reason.data or "", by=me().person, now=clock.now())
        return url_for("people.show_appointments", person_id=person_id)

    def again(refused: MergeForm) -> str:
        return _merge_page(_person_or_404(person_id), _person_or_404(other_id), refused)

    return saved(form, save, again, gettext("One person now. What the other record had is here."))
