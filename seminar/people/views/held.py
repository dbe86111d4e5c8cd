"""Everything that is held about a person, to take along: one's own, and anybody's for the program manager."""

import re

from flask import Response, render_template
from flask_babel import lazy_gettext

from seminar.ground import clock
from seminar.ground.contributions import Place
from seminar.ground.db import db
from seminar.people.access import runs_the_program
from seminar.people.held import as_zip, held_about, note_export
from seminar.people.person import Person
from seminar.people.views import people
from seminar.people.views.directory import person_or_404
from seminar.web.requires import anyone_signed_in, requires
from seminar.web.viewer import me


def account_pages() -> list[Place]:
    return [
        Place(
            lazy_gettext("Everything held about you"),
            lazy_gettext("Your badges, hours, loans, mail and all else that MakerPD keeps about you, as one file."),
            "people.show_my_data",
            anyone_signed_in,
        )
    ]


@people.get("/my/account/data")
@requires(anyone_signed_in)
def show_my_data() -> str:
    return render_template("people/my_data.html")


@people.post("/my/account/data")
@requires(anyone_signed_in)
def create_my_export() -> Response:
    return _export(me().person)


@people.post("/people/<int:person_id>/export")
@requires(runs_the_program)
def create_export(person_id: int) -> Response:
    return _export(person_or_404(person_id))


def _export(person: Person) -> Response:
    """The file, and on record that it was given out."""
    held, name = held_about(person), person.name
    summary = render_template("people/held.html", person=person, held=held)
    note_export(person, by=me().person, now=clock.now(), rows=sum(len(one.rows) for one in held))
    db.session.commit()
    file = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "person"
    return Response(
        as_zip(held, summary), mimetype="application/zip", headers={"Content-Disposition": f'attachment; filename="{file}.zip"'}
    )
