"""The program manager's roster: choose a set, look at what it would do, apply it, and take back what it ended wrongly."""

from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import BinaryIO, cast

from flask import Response, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext, ngettext
from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload
from werkzeug.datastructures import FileStorage

from seminar.ground import clock
from seminar.ground.contributions import Card, Place
from seminar.ground.db import db
from seminar.ground.refusal import N_, Refused
from seminar.ground.refused_row import as_csv
from seminar.people.access import runs_the_program
from seminar.people.appointment import Standing
from seminar.people.roster import importing, listing, taking_back
from seminar.people.roster.files import RosterSet, in_files, unzipped
from seminar.people.roster.outcome import outcome_from
from seminar.people.roster.server import RosterServer
from seminar.people.roster.staged import RosterImport
from seminar.people.views import people
from seminar.web.language import said, sentence_of
from seminar.web.pages import refusing, told
from seminar.web.requires import requires
from seminar.web.uploads import sent_files, takes_files
from seminar.web.viewer import district_or_404, found_or_404, me, today

SHOWN = 20
FINDINGS_SHOWN = 50
LARGEST_MEGABYTES = 256


def settings_pages() -> list[Place]:
    return [
        Place(
            lazy_gettext("Roster"),
            lazy_gettext("Who works where, from the student information system. It adds, changes and ends people, schools and terms."),
            "people.show_roster",
            runs_the_program,
        )
    ]


def home_cards(standing: Standing, _now: object) -> list[Card]:
    """A roster that waits for somebody to say yes, or that went wrong in the night."""
    if not standing.has("program_manager"):
        return []
    newest = db.session.scalar(_imports(standing.person.district_id).limit(1))
    waits = newest is not None and newest.state in ("read", "wrong")
    return [Card("people/card_roster.html", {"one": newest})] if waits else []


def _imports(district_id: int) -> Select[RosterImport]:
    return select(RosterImport).where(RosterImport.district_id == district_id).order_by(RosterImport.id.desc())


@people.get("/settings/roster")
@requires(runs_the_program)
def show_roster() -> str:
    return _roster_page()


def _roster_page(wrong: str = "") -> str:
    shown = _imports(district_or_404().id).options(joinedload(RosterImport.by)).limit(SHOWN)
    server = db.session.get(RosterServer, district_or_404().id)
    return render_template(
        "people/roster.html", imports=db.session.scalars(shown).all(), wrong=wrong, outcome_from=outcome_from, server=server
    )


@people.post("/settings/roster")
@requires(runs_the_program)
@takes_files(megabytes=LARGEST_MEGABYTES)
def create_roster_import() -> object:
    files = sent_files(request.files.getlist("files"))
    try:
        with refusing():
            one = _read(files)
            db.session.commit()
    except Refused as refused:
        if files:
            importing.keep_wrong(refused, named=_name_of(files), district=district_or_404(), by=me().person, now=clock.now())
            db.session.commit()
        return _roster_page(sentence_of(refused)), 422
    return redirect(url_for("people.show_roster_import", roster_id=one.id), 303)


def _read(files: list[FileStorage]) -> RosterImport:
    if not files:
        raise Refused(N_("Choose the zip of the roster, or all of its CSV files."))
    with ExitStack() as stack:
        source = _set_of(files, stack)
        return importing.read(source, named=_name_of(files), district=district_or_404(), by=me().person, now=clock.now())


def _set_of(files: list[FileStorage], stack: ExitStack) -> RosterSet:
    """One zip, or the files themselves: each is read more than once, so they are put into a folder that goes with the request."""
    if len(files) == 1 and not (files[0].filename or "").lower().endswith(".csv"):
        return stack.enter_context(unzipped(cast(BinaryIO, files[0].stream)))
    folder, paths = Path(stack.enter_context(TemporaryDirectory())), dict[str, Path]()
    for number, one in enumerate(files):
        paths[_plain_name(one)] = folder / str(number)
        one.save(folder / str(number))
    return in_files(paths)


def _plain_name(one: FileStorage) -> str:
    """Without the folders that some browsers send too, and without what no text has. It names nothing on our disk."""
    return PurePosixPath((one.filename or "").replace("\\", "/").replace("\x00", "")).name


def _name_of(files: list[FileStorage]) -> str:
    return ", ".join(_plain_name(one) for one in files)


def _import_or_404(roster_id: int) -> RosterImport:
    one: RosterImport = found_or_404(db.session.get(RosterImport, roster_id))
    return one


@people.get("/settings/roster/<int:roster_id>")
@requires(runs_the_program)
def show_roster_import(roster_id: int) -> str:
    return _import_page(_import_or_404(roster_id))


def _import_page(one: RosterImport, wrong: str = "") -> str:
    outcome = outcome_from(one.outcome) if one.outcome else None
    waits = one.state == "read"
    return render_template(
        "people/roster_import.html",
        one=one,
        outcome=outcome,
        wrong=wrong,
        findings=list(importing.findings(one, limit=FINDINGS_SHOWN)),
        lists=listing.what_is_to_come(one, today()) if waits else None,
        ended=listing.what_was_ended(one) if one.state == "applied" else [],
        closed_schools=taking_back.closed_schools(one) if one.state == "applied" else [],
        ended_terms=taking_back.ended_terms(one) if one.state == "applied" else [],
        shown=listing.SHOWN,
    )


@people.get("/settings/roster/<int:roster_id>/rows.csv")
@requires(runs_the_program)
def show_roster_rows(roster_id: int) -> Response:
    rows = as_csv(importing.findings(_import_or_404(roster_id)), said)
    return Response(rows, mimetype="text/csv", headers={"Content-Disposition": f"attachment; filename=roster-{roster_id}-rows.csv"})


@people.post("/settings/roster/<int:roster_id>/application")
@requires(runs_the_program)
def create_roster_application(roster_id: int) -> object:
    one = _import_or_404(roster_id)
    try:
        with refusing():
            importing.apply(one, end_many="end_many" in request.form, by=me().person, today=today(), now=clock.now())
            db.session.commit()
    except Refused as refused:
        again = _import_or_404(roster_id)
        if refused.message == importing.CHANGED_MEANWHILE:
            importing.look(again, today=today())
            db.session.commit()
        return _import_page(again, sentence_of(refused)), refused.status
    told(gettext("Done. What people answer for was looked at again."))
    return redirect(url_for("people.show_roster_import", roster_id=roster_id), 303)


@people.post("/settings/roster/<int:roster_id>/dismissal")
@requires(runs_the_program)
def create_roster_dismissal(roster_id: int) -> object:
    one = _import_or_404(roster_id)
    try:
        with refusing():
            importing.leave(one, by=me().person, now=clock.now())
            db.session.commit()
    except Refused as refused:
        return _import_page(_import_or_404(roster_id), sentence_of(refused)), refused.status
    told(gettext("It isn't applied. Nothing of it was done."))
    return redirect(url_for("people.show_roster"), 303)


@people.post("/settings/roster/<int:roster_id>/return")
@requires(runs_the_program)
def create_roster_return(roster_id: int) -> object:
    """Take back what it ended: the person, the school or the term that the button names, or all of it."""
    one = _import_or_404(roster_id)
    people, schools, terms = (_chosen(name, among) for name, among in _ended_by(one).items())
    did = taking_back.take_back(one, people, by=me().person, today=today(), now=clock.now())
    again = did.held_again
    again += taking_back.open_again(one, schools, by=me().person, now=clock.now())
    again += taking_back.take_up_again(one, terms, by=me().person, now=clock.now())
    db.session.commit()
    if again:
        told(gettext("Taken back: it holds again as it did. The next roster ends it again, unless it tells of it."))
    if did.stay:
        told(
            ngettext(
                "%(num)d appointment was changed or begun anew since, and stays as it is.",
                "%(num)d appointments were changed or begun anew since, and stay as they are.",
                did.stay,
            ),
            "warn",
        )
    return redirect(url_for("people.show_roster_import", roster_id=roster_id), 303)


def _ended_by(one: RosterImport) -> dict[str, list[int]]:
    return {
        "person": [row.person_id for row in listing.what_was_ended(one, limit=None)],
        "school": [school.id for school in taking_back.closed_schools(one)],
        "term": [term.id for term in taking_back.ended_terms(one)],
    }


def _chosen(name: str, among: list[int]) -> list[int]:
    """Of one kind, what the form asks for: what it names, all where it names nothing, none where it names something else."""
    if not {"person", "school", "term"} & request.form.keys():
        return among
    return [one for one in among if str(one) == request.form.get(name)]
