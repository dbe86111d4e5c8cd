"""Enrolling several people at once, or nominating them: a list and what would become of each, then one press, then what became of
each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import select
from wtforms import TextAreaField
from wtforms.validators import Length

from seminar.ground import clock
from seminar.ground.counting import MOST_COUNTED
from seminar.ground.db import db
from seminar.ground.history import History
from seminar.ground.refusal import N_, Refused
from seminar.people.person import Person
from seminar.series.access import enrolls_others, plans_series, theirs_to_enroll
from seminar.series.catalog import Wanted, catalog
from seminar.series.clash import who_is_elsewhere
from seminar.series.enrolling import withdraw
from seminar.series.enrolling_several import (
    Answers,
    enroll_all_or_line_up_together,
    enroll_or_line_up,
    enroll_several,
    foreseen,
    live_places,
)
from seminar.series.enrollment import Enrollment, seats_of, takes_enrollments
from seminar.series.free_seats import free_for
from seminar.series.nomination import nominate, open_nominations_for, takes_nominations
from seminar.series.pasted_list import MOST, Entry, Found, entries, look_up
from seminar.series.series import Meeting, Series, has_ended
from seminar.series.substitution import is_frozen
from seminar.series.views import series
from seminar.series.views.catalog import series_or_404
from seminar.web.asked import page_number
from seminar.web.forms import Form
from seminar.web.pages import PAGE_SIZE, page_of
from seminar.web.requires import requires
from seminar.web.saving import pressed, saved
from seminar.web.viewer import district_or_404, found_or_404, me

NOBODY = N_("Paste at least one name or email, or choose somebody.")
TOO_MANY = N_("These are {number} people, and {most} go at once. Take the rest after them.")
TOO_LATE = N_("This series takes no enrollments any more.")
NOBODY_CHOSEN = N_("Choose somebody of the list.")
NOT_THEIRS = N_("Somebody on the list isn't yours to enroll any more. Look at the list again.")

# By what is asked for where there aren't seats for all: some are left out otherwise.
FOR_THE_REST = {"wait": enroll_or_line_up, "together": enroll_all_or_line_up_together}


class ListForm(Form):
    people = TextAreaField(lazy_gettext("Emails or names, one to a line"), [Length(max=20_000)])
    note = TextAreaField(lazy_gettext("A note to those you nominate; it can stay empty"), [Length(max=500)])


@dataclass(frozen=True)
class Row:
    """Somebody of the list: what was typed, whom it means and what would become of them; or those whom it could mean."""

    typed: str
    person: Person | None = None
    becomes: str = ""
    elsewhere: Meeting | None = None
    could_be: tuple[Person, ...] = ()


@series.get("/enrollments/new")
@requires(enrolls_others)
def show_choose_series() -> str:
    """For people who are chosen already: which series they are enrolled in."""
    wanted = Wanted(search=request.args.get("search", "")[:200], open_only=True, standing=me())
    listed, total = catalog(district_or_404().id, wanted, now=clock.now(), page=page_number(), size=PAGE_SIZE)
    page = page_of(listed, total, page_number(), most=MOST_COUNTED)
    chosen = _theirs(_ids(request.args.getlist("person")))
    return render_template("series/choose_series.html", page=page, wanted=wanted, chosen=chosen)


@series.get("/series/<int:series_id>/enrollments/new")
@requires(enrolls_others)
def show_enroll_people(series_id: int) -> str:
    return _page(series_or_404(series_id), ListForm(formdata=None), ticked=_ids(request.args.getlist("person")))


@series.post("/series/<int:series_id>/enrollments/preview")
@requires(enrolls_others)
def create_preview(series_id: int) -> object:
    found, form = series_or_404(series_id), ListForm()
    ticked = _ids(request.form.getlist("person"))
    if form.validate():
        try:
            return _page(found, form, ticked=ticked, rows=_rows(found, form.people.data or "", ticked))
        except Refused as refused:
            form.refuse(refused)
    return _page(found, form, ticked=ticked), 422


def _ids(typed: Sequence[str]) -> list[int]:
    """Each once, in their order; what is no id is left out."""
    return list(dict.fromkeys(int(one) for one in typed[: MOST + 1] if one.isascii() and one.isdigit() and len(one) < 10))


def _theirs(ids: list[int]) -> list[Person]:
    """Those of them whom the reader may enroll, in the order of the ids."""
    if not ids:
        return []
    people = {person.id: person for person in db.session.scalars(select(Person).where(Person.id.in_(ids), theirs_to_enroll(me())))}
    return [people[one] for one in ids if one in people]


def _rows(found: Series, text: str, ticked: list[int]) -> list[Row]:
    """What would become of everybody who was typed, then of who was ticked. Raises Refused for nobody, and for too many."""
    now = clock.now()
    typed = look_up(entries(text), theirs_to_enroll(me()), found.district_id)
    listed = [*typed, *(Found(Entry(person.name), person) for person in _theirs(ticked))]
    people = list(dict.fromkeys(one.person for one in listed if one.person is not None))
    if not listed:
        raise Refused(NOBODY, field="people")
    if len(people) > MOST:
        raise Refused(TOO_MANY, field="people", number=len(people), most=MOST)
    becomes, elsewhere = foreseen(people, found, by=me().person, now=now), who_is_elsewhere([person.id for person in people], found, now)
    once_each = {one.person or one.entry: one for one in listed}
    return [
        Row(one.entry.typed, could_be=one.could_be)
        if one.person is None
        else Row(one.entry.typed, one.person, becomes[one.person.id], elsewhere.get(one.person.id))
        for one in once_each.values()
    ]


def _page(found: Series, form: ListForm, *, ticked: list[int], rows: list[Row] | None = None) -> str:
    now, standing = clock.now(), me()
    if form.errors and not takes_nominations(found, now):
        # There is no list any more that an error could stand in.
        form = ListForm(formdata=None)
        form.refuse(Refused(TOO_LATE))
    whose = theirs_to_enroll(standing)
    # The district's people are too many to choose from: of them, only those who were chosen before.
    of_these = Person.id.in_(ticked) if plans_series(standing) else whose
    staff = list(db.session.scalars(select(Person).where(whose, of_these).order_by(Person.family_name, Person.given_name, Person.id)))
    places = live_places(staff, found)
    seats = seats_of(found, now)
    free = free_for([], found, seats, now)
    return render_template(
        "series/enroll_people.html",
        series=found,
        form=form,
        of_staff=not plans_series(standing),
        rows=rows,
        ticked=ticked,
        chosen=_ids(request.form.getlist("chosen")) if "chosen" in request.form else None,
        rest=request.form.get("rest", ""),
        staff=[person for person in staff if person.id not in places],
        inside=[(person, places[person.id]) for person in staff if person.id in places],
        nominated={one.person_id: one.nominated_by for one in open_nominations_for(found)},
        left=sum(free.left.values()),
        free=free,
        kept=seats.kept,
        open=takes_enrollments(found, now),
        takes_nominations=takes_nominations(found, now),
        seats_can_be_given=bool(found.meetings) and not is_frozen(found, now),
        ended=has_ended(found, now),
    )


@series.post("/series/<int:series_id>/enrollments/several")
@requires(enrolls_others)
def create_several(series_id: int) -> object:
    found = series_or_404(series_id)
    verb = FOR_THE_REST.get(request.form.get("rest", ""), enroll_several)
    return _done_to_each(found, ListForm(), lambda people, now, _note: verb(people, found, by=me().person, now=now))


@series.post("/series/<int:series_id>/nominations")
@requires(enrolls_others)
def create_nominations(series_id: int) -> object:
    found = series_or_404(series_id)
    return _done_to_each(found, ListForm(), lambda people, now, note: nominate(people, found, note=note, by=me().person, now=now))


def _done_to_each(found: Series, form: ListForm, verb: Callable[[list[Person], datetime, str], History]) -> object:
    """Do it to everybody who was chosen, and go on to what became of each; or the list again, as it was."""
    series_id, chosen = found.id, _ids(request.form.getlist("chosen"))

    def save() -> str:
        people = _theirs(chosen)
        if not people:
            raise Refused(NOBODY_CHOSEN, field="people")
        if len(chosen) > MOST:
            raise Refused(TOO_MANY, field="people", number=len(chosen), most=MOST)
        if len(people) < len(chosen):
            raise Refused(NOT_THEIRS, status=409)
        done = verb(people, clock.now(), (form.note.data or "").strip())
        return url_for("series.show_several", series_id=series_id, deed_id=done.id)

    return saved(form, save, _list_again(series_id), gettext("Done. Here is what became of each."))


def _list_again(series_id: int) -> Callable[[ListForm], str]:
    def page(form: ListForm) -> str:
        found, ticked = series_or_404(series_id), _ids(request.form.getlist("person"))
        try:
            return _page(found, form, ticked=ticked, rows=_rows(found, form.people.data or "", ticked))
        except Refused as refused:
            form.refuse(refused)
            return _page(found, form, ticked=ticked)

    return page


@series.get("/series/<int:series_id>/enrollments/several/<int:deed_id>")
@requires(enrolls_others)
def show_several(series_id: int, deed_id: int) -> str:
    """What became of each, for who did it: as the audit trail has it."""
    found = series_or_404(series_id)
    deed: History = found_or_404(db.session.get(History, deed_id))
    is_theirs = deed.who_id == me().person.id and (deed.record, deed.record_id) == ("series", series_id) and "answers" in deed.details
    answers: Answers = dict(found_or_404(deed if is_theirs else None).details["answers"])
    people = {person.id: person for person in db.session.scalars(select(Person).where(Person.id.in_(list(answers))))}
    rows = [(people[person_id], answer) for person_id, answer in answers.items()]
    return render_template("series/several.html", series=found, rows=rows, counts=list(answers.values()))


@series.post("/enrollments/<int:enrollment_id>/withdrawal")
@requires(enrolls_others)
def create_withdrawal_for(enrollment_id: int) -> object:
    """A principal withdraws somebody of their staff, the program manager anyone."""
    query = select(Enrollment).join(Person, Person.id == Enrollment.person_id).where(Enrollment.id == enrollment_id)
    place: Enrollment = found_or_404(db.session.scalar(query.where(theirs_to_enroll(me()))))
    back = url_for("series.show_enroll_people", series_id=place.series_id)
    done = gettext("%(name)s is withdrawn, and was told by mail.", name=place.person.name)
    return pressed(lambda: withdraw(place, by=me().person, now=clock.now()), done, back=back)
